//! The greeter for browsers. `grpc-web serve` serves the greeter and the page on two ports, as two origins. Without
//! arguments a Rust client makes the same calls as the page.

use std::convert::Infallible;
use std::error::Error;
use std::process::ExitCode;

use greeter::helloworld::{GreeterClient, GreeterServer, HelloRequest};
use greeter::{MyGreeter, shutdown_signal};
use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use rsrpc_runtime::client::GrpcWeb;
use rsrpc_runtime::server::{Body, BoundServer};
use rsrpc_runtime::{Channel, Server, Status};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => demo().await,
        ["serve"] => serve().await,
        _ => {
            eprintln!("usage: grpc-web [serve]");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("grpc-web: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves the page, and the greeter for this origin only.
async fn serve() -> Result<(), Failure> {
    let shutdown = shutdown_signal()?;
    let page_port = std::net::TcpListener::bind("127.0.0.1:0")?;
    let origin = format!("http://{}", page_port.local_addr()?);
    page_port.set_nonblocking(true)?;

    let api = greeter().allow_origin(&origin).bind("127.0.0.1:0").await?;
    let page = page(format!("http://{}", api.local_addr())).listen_std(page_port)?;
    println!("listening {}", page.local_addr());
    println!("open {origin}");

    let (stop, stopped) = tokio::sync::watch::channel(());
    let until_stopped = |server: BoundServer| {
        let mut stopped = stopped.clone();
        server.serve_until(async move { drop(stopped.changed().await) })
    };
    let serving = tokio::spawn(until_stopped(api));
    let showing = tokio::spawn(until_stopped(page));
    shutdown.await;
    drop(stop);
    serving.await??;
    showing.await??;
    Ok(())
}

/// gRPC and gRPC-Web on one port.
fn greeter() -> Server {
    Server::new()
        .add_service(GreeterServer::new(MyGreeter))
        .grpc_web()
}

/// The page's site. The page is told the address of the greeter.
fn page(api: String) -> Server {
    let html = include_str!("../page/index.html").replace("{{api}}", &api);
    Server::new().fallback(tower::service_fn(move |request: Request<Body>| {
        if request.uri().path() == "/log" {
            tokio::spawn(print_log(request.into_body()));
            return std::future::ready(Ok(Response::new(Body::empty())));
        }
        let response = match request.uri().path() {
            "/" => file("text/html; charset=utf-8", html.clone()),
            "/greeter.js" => file(
                "text/javascript; charset=utf-8",
                include_str!("../page/greeter.js"),
            ),
            _ => {
                let mut response = file("text/plain", "there is no such file\n");
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        };
        std::future::ready(Ok::<_, Infallible>(response))
    }))
}

/// Prints the log that the page posts when it was opened as `/?report`.
async fn print_log(body: Body) {
    if let Ok(log) = body.collect().await {
        println!("log {:?}", String::from_utf8_lossy(&log.to_bytes()));
    }
}

fn file(content_type: &'static str, text: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(Body::from(text.into()));
    let content_type = http::HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Makes the page's calls from Rust.
async fn demo() -> Result<(), Failure> {
    let server = greeter().bind("127.0.0.1:0").await?;
    let address = server.local_addr().to_string();
    println!("listening {address}");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_until(async { drop(stopped.await) }));
    let ways = [
        ("binary, HTTP/1.1", GrpcWeb::new()),
        ("text, HTTP/1.1", GrpcWeb::new().text()),
        ("binary, HTTP/2", GrpcWeb::new().http2()),
    ];
    for (name, way) in ways {
        let channel = Channel::builder(&address).grpc_web(way).build()?;
        println!("{name}: {}", greet(GreeterClient::new(channel)).await?);
    }
    drop(stop);
    serving.await??;
    Ok(())
}

async fn greet(client: GreeterClient) -> Result<String, Status> {
    let request = HelloRequest {
        name: "World".to_owned(),
    };
    let reply = client.say_hello(request.clone()).await?;
    let mut replies = client.stream_hello(request).await?;
    let mut count = 0;
    while replies.message().await?.is_some() {
        count += 1;
    }
    Ok(format!("{}, and {count} more", reply.message))
}
