//! The client before the interoperability servers of other languages: one test case, then it ends.

use std::process::ExitCode;
use std::time::Duration;

use rsrpc_conformance::Failure;
use rsrpc_conformance::interop::arguments::Arguments;
use rsrpc_conformance::interop::cases;

/// For a whole test case: none may hang.
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
