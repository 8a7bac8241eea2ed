//! Calls over both protocols to a server in the same process.

use std::net::SocketAddr;

use calc::proto::{CalcClient, CountItem, CountRequest, FailRequest, SubtractRequest};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rsrpc_runtime::transport::Address;
use rsrpc_runtime::{Channel, Streaming};

use crate::{Failure, server};

pub(crate) async fn run() -> Result<(), Failure> {
    let server = server().bind("127.0.0.1:0").await?;
    let Address::Tcp(addr) = *server.local_addr() else {
        return Err("a TCP address was asked for".into());
    };
    println!("listening {addr}");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_until(async { drop(stopped.await) }));

    over_grpc(addr).await?;
    over_jsonrpc(addr).await?;

    drop(stop);
    serving.await??;
    Ok(())
}

async fn over_grpc(addr: SocketAddr) -> Result<(), Failure> {
    println!("gRPC");
    let client = CalcClient::new(Channel::builder(addr.to_string()).build()?);

    let request = SubtractRequest {
        minuend: 42,
        subtrahend: 23,
    };
    println!("  Subtract 42 23    {}", client.subtract(request).await?);

    let mut items = client.count(CountRequest { n: 3 }).await?;
    let mut counted = Vec::new();
    while let Some(item) = items.message().await? {
        counted.push(item.i.to_string());
    }
    println!("  Count 3           {}", counted.join(" "));

    let items = Streaming::iter((1..=100).map(|i| CountItem { i }));
    println!("  Collect 1..=100   {}", client.collect(items).await?);

    let request = FailRequest {
        code: 5,
        message: "no such thing".to_owned(),
    };
    match client.fail(request).await {
        Ok(()) => return Err("Fail did not fail".into()),
        Err(status) => println!("  Fail 5            {status}"),
    }
    Ok(())
}

/// Raw JSON-RPC requests: by alias, by canonical name, as a batch, and invalid ones.
const TEXTS: [&str; 5] = [
    r#"{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}"#,
    r#"{"jsonrpc":"2.0","method":"rsrpc.test.Calc/Diff","params":{"minuend":42,"subtrahend":23},"id":"a"}"#,
    r#"[{"jsonrpc":"2.0","method":"sum","params":[1,2,4],"id":2},{"jsonrpc":"2.0","method":"update","params":[[1]]}]"#,
    r#"{"jsonrpc":"2.0","method":"helloworld.Greeter/SayHello","params":{"name":"World"},"id":3}"#,
    r#"{"jsonrpc":"2.0","method":"subtract","params":{"minuend":"many"},"id":4}"#,
];

async fn over_jsonrpc(addr: SocketAddr) -> Result<(), Failure> {
    println!("JSON-RPC");
    let socket = tokio::net::TcpStream::connect(addr).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
    let driving = tokio::spawn(connection);
    for text in TEXTS {
        println!("  > {text}");
        let request = Request::post("/")
            .header("host", addr.to_string())
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from_static(text.as_bytes())))?;
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        let body = response.into_body().collect().await?.to_bytes();
        println!("  < {}", String::from_utf8_lossy(&body));
    }
    drop(sender);
    driving.await??;
    Ok(())
}
