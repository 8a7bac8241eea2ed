//! Code from the macro `proto!` compared with code from plugin and build script (the goldens): same API, same bytes,
//! same descriptors.

use rsrpc_goldens as by_files;
use rsrpc_runtime::generated::ServiceDescriptor;
use rsrpc_runtime::json::{Json, from_str, to_string};
use rsrpc_runtime::prost::Message;
use rsrpc_runtime::{Channel, Context, JsonContext, Protocol, Server, Status, Streaming, service};

/// All golden .proto files in one macro call.
mod by_macro {
    rsrpc_runtime::proto!(
        "../rsrpc-codegen/tests/golden/proto/helloworld.proto",
        "../rsrpc-codegen/tests/golden/proto/kinds.proto",
        "../rsrpc-codegen/tests/golden/proto/proto2.proto",
        "../rsrpc-codegen/tests/golden/proto/names.proto",
        "../rsrpc-codegen/tests/golden/proto/generic.proto",
        "../rsrpc-codegen/tests/golden/proto/comments.proto",
        "../rsrpc-codegen/tests/golden/proto/blobs.proto",
        // By its import path. Its imports are included.
        "packages/main.proto",
        "packages/more.proto",
        includes = ["../rsrpc-codegen/tests/golden/proto"],
    );
}

/// Asserts that both types read this JSON to the same bytes and write it equally.
#[track_caller]
fn same<A, B>(text: &str)
where
    A: Json + Message + Default,
    B: Json + Message + Default,
{
    let cx = JsonContext::new();
    let one: A = from_str(text, &cx).expect("JSON of the message");
    let other: B = from_str(text, &cx).expect("JSON of the message");
    assert!(text == "{}" || !one.encode_to_vec().is_empty(), "{text}");
    assert_eq!(one.encode_to_vec(), other.encode_to_vec(), "{text}");
    assert_eq!(to_string(&one, &cx).unwrap(), to_string(&other, &cx).unwrap());
    let back = B::decode(one.encode_to_vec().as_slice()).unwrap();
    assert_eq!(back.encode_to_vec(), other.encode_to_vec(), "{text}");
}

#[test]
fn macro_messages_have_the_same_bytes() {
    use by_files::kinds::golden::kinds as files;
    use by_macro::golden::kinds;

    same::<by_files::greeter::helloworld::HelloRequest, by_macro::helloworld::HelloRequest>(
        r#"{"name":"Tom"}"#,
    );
    same::<files::Scalars, kinds::Scalars>(
        r#"{"aDouble":0.1,"anInt64":"-9","aSint32":-3,"aFixed64":"7","aBool":true,"aString":"ü","someBytes":"AAE=",
            "kind":"KIND_NEGATIVE"}"#,
    );
    same::<files::Optionals, kinds::Optionals>(r#"{"number":0,"text":"","blob":"","kind":0,"scalars":{}}"#);
    same::<files::Repeated, kinds::Repeated>(
        r#"{"packed":[1,2],"unpacked":[1,2],"kinds":[1,2],"blobs":["AA=="]}"#,
    );
    same::<files::Maps, kinds::Maps>(
        r#"{"texts":{"a":"b"},"kinds":{"true":1},"times":{"t":"1970-01-01T00:00:01Z"}}"#,
    );
    same::<files::Oneofs, kinds::Oneofs>(r#"{"again":{"again":{"wrapped":0}},"number":0}"#);
    same::<files::Recursive, kinds::Recursive>(r#"{"child":{"children":[{}]},"pair":{"left":{}}}"#);
    same::<files::Outer, kinds::Outer>(r#"{"inner":{"deep":{"kind":"Known","up":{}}},"kind":1}"#);
    same::<files::WellKnowns, kinds::WellKnowns>(
        r#"{"duration":"1.5s","struct":{"a":[null]},"listValue":[1],"int64Value":"5","texts":["a"]}"#,
    );
    same::<files::JsonNames, kinds::JsonNames>(r#"{"snakeCase":1,"other":2,"old":3}"#);
    same::<by_files::proto2::golden::proto2::Proto2, by_macro::golden::proto2::Proto2>(
        r#"{"id":1,"kind":"TWO","numbers":[1],"part":[{"text":"x"}]}"#,
    );
    same::<by_files::bytes::golden::blobs::Blob, by_macro::golden::blobs::Blob>(
        r#"{"one":"AQ==","many":["Ag=="],"named":{"a":"Aw=="},"chosen":""}"#,
    );
    same::<by_files::packages::golden::packages::Place, by_macro::golden::packages::Place>(
        r#"{"shared":{},"leaf":{},"sibling":{},"time":"1970-01-01T00:00:01Z"}"#,
    );
}

#[test]
fn macro_services_and_descriptors_are_equal() {
    let same = |one: &ServiceDescriptor, other: &ServiceDescriptor| {
        let methods = |service: &ServiceDescriptor| format!("{:?}", service.methods);
        assert_eq!((one.name, one.file), (other.name, other.file));
        assert_eq!(methods(one), methods(other));
        assert!(!one.descriptor_set.bytes().is_empty());
        assert_eq!(one.descriptor_set.bytes(), other.descriptor_set.bytes());
    };
    same(
        &by_files::greeter::helloworld::GREETER_SERVICE,
        &by_macro::helloworld::GREETER_SERVICE,
    );
    same(
        &by_files::kinds::golden::kinds::WELL_KNOWN_SERVICE,
        &by_macro::golden::kinds::WELL_KNOWN_SERVICE,
    );
    same(
        &by_files::proto2::golden::proto2::OLD_SERVICE,
        &by_macro::golden::proto2::OLD_SERVICE,
    );
    same(
        &by_files::packages::golden::packages::MAIN_SERVICE,
        &by_macro::golden::packages::MAIN_SERVICE,
    );
}

/// A service trait with another name, private to this module.
#[service(
    proto = "../rsrpc-codegen/tests/golden/proto/helloworld.proto",
    service = "helloworld.Greeter",
    descriptor = off,
    default_stubs
)]
trait Hello {}

struct Polite;

impl Hello for Polite {
    async fn say_hello(&self, _cx: &Context, request: HelloRequest) -> Result<HelloReply, Status> {
        let message = format!("Good evening, {}.", request.name);
        Ok(HelloReply { message })
    }

    async fn stream_hello(
        &self,
        _cx: &Context,
        request: HelloRequest,
    ) -> Result<Streaming<HelloReply>, Status> {
        let message = format!("Good night, {}.", request.name);
        Ok(Streaming::iter([HelloReply { message }]))
    }
}

#[tokio::test]
async fn macro_client_calls_generated_server() {
    use by_files::greeter::helloworld::{GreeterClient, HelloRequest};

    let server = Server::new()
        .add_service(HelloServer::new(Polite))
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let target = server.local_addr().to_string();
    let serving = tokio::spawn(server.serve_until(std::future::pending()));
    let request = || HelloRequest { name: "Ada".into() };
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let channel = Channel::builder(&target).protocol(protocol).build().unwrap();
        let reply = GreeterClient::new(channel).say_hello(request()).await.unwrap();
        assert_eq!(reply.message, "Good evening, Ada.");
    }
    let client = GreeterClient::new(Channel::builder(&target).build().unwrap());
    let mut replies = client.stream_hello(request()).await.unwrap();
    assert_eq!(
        replies.message().await.unwrap().unwrap().message,
        "Good night, Ada."
    );
    serving.abort();
}

#[test]
fn macro_options_apply() {
    assert!(HELLO_SERVICE.descriptor_set.bytes().is_empty());
    let _: fn(Polite) -> HelloServer<Polite> = HelloServer::new;
    let _: fn(Channel) -> HelloClient = HelloClient::new;
}

#[test]
fn macros_work_inside_functions() {
    rsrpc_runtime::proto!(
        "../rsrpc-codegen/tests/golden/proto/packages/more.proto",
        "../rsrpc-codegen/tests/golden/proto/helloworld.proto",
        includes = ["../rsrpc-codegen/tests/golden/proto"],
        client = off,
        server = off,
    );
    assert_eq!(helloworld::HelloRequest::default().name, "");

    #[service(proto = "proto/helloworld.proto")]
    trait Greeter {}
    let _ = HelloRequest::default();
    fn is_greeter<T: Greeter>() {}
    is_greeter::<GreeterClient>();
}
