//! The client under test of connectconformance. Makes many calls concurrently.

use std::process::ExitCode;
use std::sync::Arc;

use rsrpc_conformance::Failure;
use rsrpc_conformance::suite::proto::client_compat_response::Result as Outcome;
use rsrpc_conformance::suite::proto::{ClientCompatRequest, ClientCompatResponse, ClientErrorResult};
use rsrpc_conformance::suite::{calls, channels::Channels, talk};
use tokio::io::BufReader;
use tokio::sync::{Semaphore, mpsc};

/// Concurrent calls. Some calls of the suite wait for seconds and must not delay others.
const CALLS: usize = 64;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("conformance-client: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let (outcomes, mut ended) = mpsc::channel::<ClientCompatResponse>(CALLS);
    let writing = tokio::spawn(async move {
        let mut output = tokio::io::stdout();
        while let Some(outcome) = ended.recv().await {
            talk::write(&mut output, &outcome).await?;
        }
        Ok::<_, Failure>(())
    });
    let channels = Arc::new(Channels::default());
    let turns = Arc::new(Semaphore::new(CALLS));
    let mut input = BufReader::new(tokio::io::stdin());
    while let Some(request) = talk::read::<ClientCompatRequest>(&mut input).await? {
        let turn = turns.clone().acquire_owned().await?;
        let (channels, outcomes) = (channels.clone(), outcomes.clone());
        tokio::spawn(async move {
            let test_name = request.test_name.clone();
            let made = calls::make(&channels, request).await;
            let result = made.map_or_else(
                |error| {
                    Outcome::Error(ClientErrorResult {
                        message: error.to_string(),
                    })
                },
                Outcome::Response,
            );
            let result = Some(result);
            // Sending fails only after the writer has failed, which ends the program.
            let _ = outcomes.send(ClientCompatResponse { test_name, result }).await;
            drop(turn);
        });
    }
    drop(outcomes);
    writing.await?
}
