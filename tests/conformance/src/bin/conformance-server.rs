//! The server under test of connectconformance. The suite starts one for each configuration.

use std::process::ExitCode;

use rsrpc_conformance::Failure;
use rsrpc_conformance::suite::proto::{ConformanceServiceServer, ServerCompatRequest, ServerCompatResponse};
use rsrpc_conformance::suite::service::Conformance;
use rsrpc_conformance::suite::{COMPRESSIONS, json_context, talk};
use rsrpc_runtime::Server;
use rsrpc_runtime::transport::tls::ServerTls;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("conformance-server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let mut stop = signal(SignalKind::terminate())?;
    let request: ServerCompatRequest = talk::read(&mut tokio::io::stdin())
        .await?
        .ok_or("nothing was asked for")?;
    let mut server = Server::new()
        .grpc_web()
        .add_service(ConformanceServiceServer::new(Conformance))
        .json_context(json_context())
        .accept_compression(COMPRESSIONS)
        .send_compression(COMPRESSIONS)
        .compress_from(0);
    if request.message_receive_limit > 0 {
        server = server.max_request_size(request.message_receive_limit as usize);
    }
    let creds = request.server_creds.unwrap_or_default();
    if request.use_tls {
        let mut tls = ServerTls::new(&creds.cert, &creds.key)?;
        if !request.client_tls_cert.is_empty() {
            tls = tls.require_client_certificates(&request.client_tls_cert)?;
        }
        server = server.tls(tls);
    }
    let server = server.bind("127.0.0.1:0").await?;
    let response = ServerCompatResponse {
        host: "127.0.0.1".to_owned(),
        port: server
            .local_addr()
            .to_string()
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok())
            .ok_or("the server has no port")?,
        pem_cert: if request.use_tls { creds.cert } else { Vec::new() },
    };
    talk::write(&mut tokio::io::stdout(), &response).await?;
    let stopped = async move {
        stop.recv().await;
    };
    Ok(server.serve_until(stopped).await?)
}
