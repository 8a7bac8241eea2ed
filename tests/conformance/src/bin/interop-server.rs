//! The server for interoperability clients in other languages: `--port P [--use_tls]`, on 127.0.0.1.

use std::process::ExitCode;

use rsrpc_conformance::Failure;
use rsrpc_conformance::interop::arguments::Arguments;
use rsrpc_conformance::interop::certificates;
use rsrpc_conformance::interop::proto::TestServiceServer;
use rsrpc_conformance::interop::service::Interop;
use rsrpc_runtime::tls::ServerTls;
use rsrpc_runtime::{Compression, Server};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("interop-server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let mut stop = signal(SignalKind::terminate())?;
    let arguments = Arguments::of_process()?;
    // Java's very_large_request sends 10 MB. Calls choose compression whatever the size of the message.
    let mut server = Server::new()
        .add_service(TestServiceServer::new(Interop))
        .max_request_size(16 << 20)
        .accept_compression([Compression::Gzip, Compression::Deflate, Compression::Zstd])
        .compress_from(0);
    if arguments.use_tls {
        let (certificate, key) = (
            certificates::read("server1.pem")?,
            certificates::read("server1.key")?,
        );
        server = server.tls(ServerTls::new(certificate, key)?);
    }
    let server = server.bind(format!("127.0.0.1:{}", arguments.port)).await?;
    println!("listening {}", server.local_addr());
    let stopped = async move {
        stop.recv().await;
    };
    Ok(server.serve_until(stopped).await?)
}
