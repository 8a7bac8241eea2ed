//! The server under attack. It runs in its own process so that a test can read its memory and CPU time.
//!
//! Arguments are options of [`Server`] as `name=value`, durations in milliseconds: `header_timeout=200`. `tls=1`
//! enables TLS, `compression=1` accepts compressed requests. Prints its address and, with TLS, its root certificate.
//! Ends when standard input is closed. Warnings go to standard error.

use std::error::Error;
use std::time::Duration;

use rsrpc_runtime::{Compression, Server};
use rsrpc_tests::certificates::LOCALHOST;
use rsrpc_tests::steered::Steered;
use rsrpc_tests::testing::TestingServer;
use tokio::io::AsyncReadExt as _;

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .init();
    let mut root = String::new();
    let mut server = Server::new().add_service(TestingServer::new(Steered::default()));
    for argument in std::env::args().skip(1) {
        let (name, value) = argument.split_once('=').ok_or("an argument is no option=value")?;
        if name == "tls" {
            server = server.tls(LOCALHOST.server_tls());
            root = LOCALHOST.authority.pem().to_owned();
        } else {
            server = with(server, name, value.parse()?)?;
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let bound = server.bind("127.0.0.1:0").await?;
        println!("{}\n{root}", bound.local_addr());
        let ended = async {
            let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
        };
        Ok(bound.serve_until(ended).await?)
    })
}

fn with(server: Server, option: &str, value: u64) -> Result<Server, Box<dyn Error>> {
    let time = Duration::from_millis(value);
    Ok(match option {
        "max_connections" => server.max_connections(value as usize),
        "max_concurrent_streams" => server.max_concurrent_streams(value as u32),
        "max_request_size" => server.max_request_size(value as usize),
        "max_header_list_size" => server.max_header_list_size(value as u32),
        "handshake_timeout" => server.handshake_timeout(time),
        "first_request_timeout" => server.first_request_timeout(time),
        "compression" => server.accept_compression([Compression::Gzip, Compression::Zstd]),
        "header_timeout" => server.header_timeout(time),
        "body_timeout" => server.body_timeout(time),
        "write_timeout" => server.write_timeout(time),
        "drain_timeout" => server.drain_timeout(time),
        "max_connection_idle" => server.max_connection_idle(time),
        "max_connection_age" => server.max_connection_age(time),
        "max_connection_age_grace" => server.max_connection_age_grace(time),
        "keepalive" => server.keepalive(time, time),
        "keepalive_min_time" => server.keepalive_min_time(time),
        "keepalive_permit_without_calls" => server.keepalive_permit_without_calls(),
        _ => return Err(format!("no option {option}").into()),
    })
}
