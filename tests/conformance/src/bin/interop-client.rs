//! The client for interoperability servers in other languages. Runs one test case.

use std::process::ExitCode;
use std::time::Duration;

use rsrpc_conformance::Failure;
use rsrpc_conformance::interop::arguments::Arguments;
use rsrpc_conformance::interop::cases;

/// Time limit of a test case.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let arguments = Arguments::of_process()?;
    tokio::time::timeout(PATIENCE, cases::run(&arguments))
        .await
        .map_err(|_| format!("{} did not end within {PATIENCE:?}", arguments.test_case))?
}
