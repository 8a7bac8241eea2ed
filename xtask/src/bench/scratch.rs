//! Generates the measured crates: many services, and greeters of rsrpc and tonic.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::workspace::Workspace;

/// `src/lib.rs` of the crates.
pub(super) const LIB: &str = "#[allow(missing_docs)]\npub mod many {\n    include!(\"many.rs\");\n}\n";

/// Programs of [`greeters`].
pub(super) const GREETERS: &[&str] = &[
    "greeter-rsrpc",
    "greeter-rsrpc-protoc",
    "greeter-rsrpc-grpc",
    "greeter-rsrpc-grpc-protoc",
    "greeter-tonic",
];

const GENERATE: &str = r#"
fn main() {
    let options = std::env::args().nth(1).unwrap();
    if options == "tonic" {
        let descriptors = protox::compile(["many.proto"], ["."]).unwrap();
        tonic_prost_build::configure().out_dir("many-tonic/src").compile_fds(descriptors).unwrap();
        return;
    }
    rsrpc_build::configure()
        .json(options != "json=off")
        .out_dir("many-rsrpc/src")
        .compile(&["many.proto"], &["."])
        .unwrap();
}
"#;

/// The same program as [`TONIC_GREETER`].
const RSRPC_GREETER: &str = r#"
use helloworld::{Greeter, GreeterClient, GreeterServer, HelloReply, HelloRequest};
use rsrpc_runtime::{Channel, Context, Server, Status, Streaming};

mod helloworld {
    rsrpc_runtime::include_proto!("helloworld");
}

struct MyGreeter;

fn hello(request: &HelloRequest) -> HelloReply {
    HelloReply { message: format!("Hello {}", request.name) }
}

impl Greeter for MyGreeter {
    async fn say_hello(&self, _: &Context, request: HelloRequest) -> Result<HelloReply, Status> {
        Ok(hello(&request))
    }

    async fn stream_hello(&self, _: &Context, request: HelloRequest) -> Result<Streaming<HelloReply>, Status> {
        Ok(Streaming::iter((0..10).map(move |_| hello(&request))))
    }

    async fn chat(&self, _: &Context, requests: Streaming<HelloRequest>) -> Result<Streaming<HelloReply>, Status> {
        Ok(requests.map_ok(|request| hello(&request)))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(name) = std::env::args().nth(1) {
        let client = GreeterClient::new(Channel::builder("http://127.0.0.1:50051").build()?);
        println!("{}", client.say_hello(HelloRequest { name: name.clone() }).await?.message);
        let mut replies = client.stream_hello(HelloRequest { name: name.clone() }).await?;
        while let Some(reply) = replies.message().await? {
            println!("{}", reply.message);
        }
        let (mut requests, mut replies) = client.chat().open().await?;
        requests.send(HelloRequest { name }).await?;
        requests.finish();
        while let Some(reply) = replies.message().await? {
            println!("{}", reply.message);
        }
        return Ok(());
    }
    let server = Server::new().add_service(GreeterServer::new(MyGreeter)).bind("127.0.0.1:50051").await?;
    server.serve_until(async { drop(tokio::signal::ctrl_c().await) }).await?;
    Ok(())
}
"#;

const TONIC_GREETER: &str = r#"
use helloworld::greeter_client::GreeterClient;
use helloworld::greeter_server::{Greeter, GreeterServer};
use helloworld::{HelloReply, HelloRequest};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};
use std::pin::Pin;

mod helloworld {
    tonic::include_proto!("helloworld");
}

struct MyGreeter;
type Replies = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

fn hello(request: &HelloRequest) -> HelloReply {
    HelloReply { message: format!("Hello {}", request.name) }
}

#[tonic::async_trait]
impl Greeter for MyGreeter {
    type StreamHelloStream = Replies;
    type ChatStream = Replies;

    async fn say_hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        Ok(Response::new(hello(request.get_ref())))
    }

    async fn stream_hello(&self, request: Request<HelloRequest>) -> Result<Response<Replies>, Status> {
        let request = request.into_inner();
        let replies = (0..10).map(move |_| Ok(hello(&request)));
        Ok(Response::new(Box::pin(tokio_stream::iter(replies))))
    }

    async fn chat(&self, requests: Request<Streaming<HelloRequest>>) -> Result<Response<Replies>, Status> {
        let replies = requests.into_inner().map(|request| request.map(|request| hello(&request)));
        Ok(Response::new(Box::pin(replies)))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(name) = std::env::args().nth(1) {
        let mut client = GreeterClient::connect("http://127.0.0.1:50051").await?;
        println!("{}", client.say_hello(HelloRequest { name: name.clone() }).await?.into_inner().message);
        let mut replies = client.stream_hello(HelloRequest { name: name.clone() }).await?.into_inner();
        while let Some(reply) = replies.message().await? {
            println!("{}", reply.message);
        }
        let requests = tokio_stream::iter([HelloRequest { name }]);
        let mut replies = client.chat(requests).await?.into_inner();
        while let Some(reply) = replies.message().await? {
            println!("{}", reply.message);
        }
        return Ok(());
    }
    let server = tonic::transport::Server::builder().add_service(GreeterServer::new(MyGreeter));
    server
        .serve_with_shutdown("127.0.0.1:50051".parse()?, async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    Ok(())
}
"#;

/// Creates a workspace with `many.proto`, its generators, and a crate per generator.
pub(super) fn many(workspace: &Workspace, services: usize) -> Outcome<PathBuf> {
    let folder = workspace.target.join("bench-compile");
    let root = workspace.root.display();
    let package = |name: &str, dependencies: &str| manifest(name, dependencies);
    write(
        &folder,
        "Cargo.toml",
        &workspace_manifest(&["generate", "many-rsrpc", "many-tonic"]),
    )?;
    write(&folder, "many.proto", &proto(services))?;
    let generate = format!(
        "rsrpc-build = {{ path = \"{root}/rsrpc-build\" }}\ntonic-prost-build = \"=0.14.9\"\n\
         protox = {{ version = \"0.10\", default-features = false }}\n"
    );
    write(&folder, "generate/Cargo.toml", &package("generate", &generate))?;
    write(&folder, "generate/src/main.rs", GENERATE)?;
    let rsrpc = format!("rsrpc-runtime = {{ path = \"{root}/rsrpc-runtime\" }}\n");
    write(&folder, "many-rsrpc/Cargo.toml", &package("many-rsrpc", &rsrpc))?;
    let tonic = "tonic = \"=0.14.9\"\ntonic-prost = \"=0.14.9\"\nprost = \"0.14.1\"\n";
    write(&folder, "many-tonic/Cargo.toml", &package("many-tonic", tonic))?;
    for name in ["many-rsrpc", "many-tonic"] {
        write(&folder, &format!("{name}/src/lib.rs"), LIB)?;
    }
    fs::copy(workspace.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(folder)
}

/// Creates a workspace with equivalent greeters: `greeter-rsrpc` with default features, `greeter-rsrpc-grpc` without
/// JSON-RPC, and `greeter-tonic`, built with protoc like tonic's examples. The rsrpc greeters named so use protoc,
/// too.
pub(super) fn greeters(workspace: &Workspace) -> Outcome<PathBuf> {
    let folder = workspace.target.join("bench-size");
    let root = workspace.root.display();
    write(&folder, "Cargo.toml", &workspace_manifest(GREETERS))?;
    let proto = fs::read_to_string(workspace.root.join("examples/greeter/proto/helloworld.proto"))?;
    let tokio = "tokio = { version = \"1.48\", features = [\"macros\", \"rt-multi-thread\", \"signal\"] }\n";
    let rsrpc = |features: &str, build_features: &str| {
        format!(
            "rsrpc-runtime = {{ path = \"{root}/rsrpc-runtime\"{features} }}\n{tokio}\
             [build-dependencies]\nrsrpc-build = {{ path = \"{root}/rsrpc-build\"{build_features} }}\n"
        )
    };
    let protoc = ", default-features = false";
    let grpc = ", default-features = false, features = [\"grpc\", \"server\", \"client\"]";
    let tonic = format!(
        "tonic = \"=0.14.9\"\ntonic-prost = \"=0.14.9\"\nprost = \"0.14.1\"\ntokio-stream = \"0.1.17\"\n{tokio}\
         [build-dependencies]\ntonic-prost-build = \"=0.14.9\"\n"
    );
    let rsrpc_build = |options: &str| {
        format!(
            "fn main() {{\n    rsrpc_build::configure(){options}.compile(&[\"proto/helloworld.proto\"], \
             &[\"proto\"]).unwrap();\n}}\n"
        )
    };
    let tonic_build =
        "fn main() {\n    tonic_prost_build::compile_protos(\"proto/helloworld.proto\").unwrap();\n}\n";
    let programs = [
        (rsrpc("", ""), RSRPC_GREETER, rsrpc_build("")),
        (rsrpc("", protoc), RSRPC_GREETER, rsrpc_build("")),
        (rsrpc(grpc, ""), RSRPC_GREETER, rsrpc_build(".json(false)")),
        (rsrpc(grpc, protoc), RSRPC_GREETER, rsrpc_build(".json(false)")),
        (tonic, TONIC_GREETER, tonic_build.to_owned()),
    ];
    for (name, (dependencies, main, build)) in GREETERS.iter().zip(&programs) {
        write(
            &folder,
            &format!("{name}/Cargo.toml"),
            &manifest(name, dependencies),
        )?;
        write(&folder, &format!("{name}/src/main.rs"), main)?;
        write(&folder, &format!("{name}/build.rs"), build)?;
        write(&folder, &format!("{name}/proto/helloworld.proto"), &proto)?;
    }
    fs::copy(workspace.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(folder)
}

/// Writes services with ten methods: of every five, three are unary, one is server-streaming and one bidirectional.
fn proto(services: usize) -> String {
    let mut proto = String::from("syntax = \"proto3\";\npackage many;\n");
    for service in 0..services {
        let methods: String = (0..10)
            .map(|method| {
                let requests = if method % 5 == 3 { "stream " } else { "" };
                let replies = if method % 5 == 2 || method % 5 == 3 {
                    "stream "
                } else {
                    ""
                };
                format!(" rpc Method{method}({requests}Req{service}) returns ({replies}Rep{service});")
            })
            .collect();
        proto.push_str(&format!(
            "message Req{service} {{ string name = 1; int32 n = 2; repeated string tags = 3; }}\n\
             message Rep{service} {{ string text = 1; int64 v = 2; }}\n\
             service Svc{service} {{{methods} }}\n"
        ));
    }
    proto
}

fn workspace_manifest(members: &[&str]) -> String {
    format!(
        "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\
         [profile.release]\nlto = \"thin\"\ncodegen-units = 1\nstrip = true\n"
    )
}

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\n{dependencies}"
    )
}

/// Writes a file if its text changed, so that Cargo does not rebuild needlessly.
fn write(folder: &Path, name: &str, text: &str) -> Outcome {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    if fs::read_to_string(&path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    Ok(fs::write(path, text)?)
}
