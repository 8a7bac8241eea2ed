//! The reflection service, `grpc.reflection.v1.ServerReflection` and `v1alpha`.

use rsrpc_runtime::health::Health;
use rsrpc_runtime::interceptor::interceptor;
use rsrpc_runtime::prost::Message as _;
use rsrpc_runtime::prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};
use rsrpc_runtime::reflection::v1::server_reflection_request::MessageRequest as Ask;
use rsrpc_runtime::reflection::v1::server_reflection_response::MessageResponse as Answer;
use rsrpc_runtime::reflection::v1::{ExtensionRequest, ServerReflectionRequest, ServerReflectionResponse};
use rsrpc_runtime::reflection::{Reflection, v1, v1alpha};
use rsrpc_runtime::{Code, DescriptorSet, Server, ServiceDescriptor, Status, Streaming};
use rsrpc_tests::soon;
use rsrpc_tests::steered::Steered;
use rsrpc_tests::testing::TestingServer;
use rsrpc_tests::trait_first::{CatalogServer, MyCatalog};

use super::Serving;

static EVERYTHING: ServiceDescriptor = ServiceDescriptor {
    name: "reflected.Everything",
    methods: &[],
    file: "reflected/everything.proto",
    descriptor_set: DescriptorSet::built(|| compiled("reflected/everything.proto")),
};

/// Compiles a file and its imports into a descriptor set.
fn compiled(file: &str) -> Vec<u8> {
    let mut compiler = protox::Compiler::new([concat!(env!("CARGO_MANIFEST_DIR"), "/proto")]).unwrap();
    compiler.include_imports(true).open_file(file).unwrap();
    compiler.encode_file_descriptor_set()
}

fn question(ask: Ask) -> ServerReflectionRequest {
    ServerReflectionRequest {
        host: "a host".to_owned(),
        message_request: Some(ask),
    }
}

fn symbol(name: &str) -> Ask {
    Ask::FileContainingSymbol(name.to_owned())
}

fn extension(containing_type: &str, extension_number: i32) -> Ask {
    Ask::FileContainingExtension(ExtensionRequest {
        containing_type: containing_type.to_owned(),
        extension_number,
    })
}

fn numbers(name: &str) -> Ask {
    Ask::AllExtensionNumbersOfType(name.to_owned())
}

fn services() -> Ask {
    Ask::ListServices(String::new())
}

/// Summary of a reply, without the bytes of files.
fn said(answer: &ServerReflectionResponse) -> String {
    match answer.message_response.as_ref().expect("an answer") {
        Answer::FileDescriptorResponse(answer) => {
            let files = answer.file_descriptor_proto.iter();
            let names = files.map(|bytes| FileDescriptorProto::decode(bytes.clone()).unwrap().name.unwrap());
            names.collect::<Vec<_>>().join(" ")
        }
        Answer::AllExtensionNumbersResponse(answer) => {
            format!("{} {:?}", answer.base_type_name, answer.extension_number)
        }
        Answer::ListServicesResponse(answer) => {
            let names = answer.service.iter().map(|service| service.name.as_str());
            names.collect::<Vec<_>>().join(" ")
        }
        Answer::ErrorResponse(answer) => format!("{}: {}", answer.error_code, answer.error_message),
    }
}

/// Sends questions on one stream.
async fn ask(serving: &Serving, questions: Vec<Ask>) -> Vec<ServerReflectionResponse> {
    let client = v1::ServerReflectionClient::new(serving.channel());
    let questions: Vec<_> = questions.into_iter().map(question).collect();
    let answers = soon(
        client
            .server_reflection_info()
            .send(questions.clone())
            .into_future(),
    )
    .await;
    let answers = drain(answers.unwrap()).await.unwrap();
    for (question, answer) in questions.iter().zip(&answers) {
        assert_eq!(answer.original_request.as_ref(), Some(question));
        assert_eq!(answer.valid_host, "a host");
    }
    answers
}

async fn drain(
    mut answers: Streaming<ServerReflectionResponse>,
) -> Result<Vec<ServerReflectionResponse>, Status> {
    let mut all = Vec::new();
    while let Some(answer) = soon(answers.message()).await? {
        all.push(answer);
    }
    Ok(all)
}

/// Sends each question on its own stream.
async fn check(serving: &Serving, cases: &[(Ask, &str)]) {
    for (question, expected) in cases {
        let answers = ask(serving, vec![question.clone()]).await;
        let answers: Vec<_> = answers.iter().map(said).collect();
        assert_eq!(answers, [*expected], "{question:?}");
    }
}

#[tokio::test]
async fn reflection_finds_every_kind_of_symbol() {
    let extensions = compiled("reflected/extensions.proto");
    let reflection = Reflection::of([&EVERYTHING])
        .descriptor_set(extensions)
        .unwrap()
        .service("behind.the.Fallback");
    let serving = Serving::start(Server::new().add_service(reflection));
    let everything = "reflected/everything.proto google/protobuf/descriptor.proto reflected/common.proto";
    let common = "reflected/common.proto";
    let more = "reflected/extensions.proto reflected/common.proto";
    let cases = [
        (
            Ask::FileByFilename("reflected/everything.proto".to_owned()),
            everything,
        ),
        (symbol("reflected.Everything"), everything),
        (symbol("reflected.Everything.Do"), everything),
        (symbol("reflected.Outer"), everything),
        (symbol("reflected.Outer.field"), everything),
        (symbol("reflected.Outer.choice"), everything),
        (symbol("reflected.Outer.Inner"), everything),
        (symbol("reflected.Outer.Inner.common"), everything),
        (symbol("reflected.Outer.Inner.Deep"), everything),
        (symbol("reflected.Outer.Inner.DEEP_ZERO"), everything),
        (symbol("reflected.Outer.nested_extension"), everything),
        (symbol("reflected.Kind"), everything),
        (symbol("reflected.KIND_ZERO"), everything),
        (symbol("reflected.Kind.KIND_ZERO"), everything),
        (symbol("reflected.secret"), everything),
        (symbol("reflected.Common"), common),
        (
            symbol("google.protobuf.FieldOptions"),
            "google/protobuf/descriptor.proto",
        ),
        (symbol("reflected.more.later"), more),
        (extension("reflected.Common", 101), everything),
        (extension("reflected.Common", 150), more),
        (extension("google.protobuf.MethodOptions", 50001), everything),
        (numbers("reflected.Common"), "reflected.Common [101, 120, 150]"),
        (numbers("reflected.Outer"), "reflected.Outer []"),
        (services(), "behind.the.Fallback reflected.Everything"),
        (
            Ask::FileByFilename("nothing.proto".to_owned()),
            "5: file not found: nothing.proto",
        ),
        (symbol("reflected"), "5: symbol not found: reflected"),
        (
            symbol(".reflected.Outer"),
            "5: symbol not found: .reflected.Outer",
        ),
        (symbol(""), "5: symbol not found: "),
        (
            extension("reflected.Common", 102),
            "5: extension not found: 102 of reflected.Common",
        ),
        (
            extension("reflected.None", -1),
            "5: extension not found: -1 of reflected.None",
        ),
        (numbers("reflected.None"), "5: message not found: reflected.None"),
        (numbers("reflected.Kind"), "5: message not found: reflected.Kind"),
    ];
    check(&serving, &cases).await;
    serving.stop().await;
}

/// Files are returned unchanged, including custom options, which prost-types drops.
#[tokio::test]
async fn reflection_returns_files_unchanged() {
    let serving = Serving::start(Server::new().add_service(Reflection::of([&EVERYTHING])));
    let answers = ask(&serving, vec![symbol("reflected.Everything")]).await;
    let Some(Answer::FileDescriptorResponse(answer)) = &answers[0].message_response else {
        panic!("{answers:?}")
    };
    let set = FileDescriptorSet::decode(EVERYTHING.descriptor_set.bytes()).unwrap();
    assert_eq!(set.file.len(), answer.file_descriptor_proto.len());
    let (whole, file) = (
        EVERYTHING.descriptor_set.bytes(),
        &answer.file_descriptor_proto[0],
    );
    assert!(whole.windows(file.len()).any(|window| window == file));
    let option = b"kept as it is";
    assert!(file.windows(option.len()).any(|window| window == option));
    serving.stop().await;
}

#[tokio::test]
async fn reflection_lists_only_registered_services() {
    let (health, _) = Health::new();
    let server = Server::new()
        .add_service(Reflection::new())
        .add_service(TestingServer::new(Steered::default()))
        .add_service(CatalogServer::new(MyCatalog))
        .add_service(health);
    let serving = Serving::start(server);
    let cases = [
        (
            services(),
            "grpc.health.v1.Health grpc.reflection.v1.ServerReflection \
             grpc.reflection.v1alpha.ServerReflection rsrpc.testing.Testing trait_first.Catalog",
        ),
        (
            symbol("grpc.health.v1.Health.Watch"),
            "grpc/health/v1/health.proto",
        ),
        (
            symbol("grpc.reflection.v1.ServerReflectionRequest.host"),
            "grpc/reflection/v1/reflection.proto",
        ),
        (
            symbol("grpc.reflection.v1alpha.ErrorResponse"),
            "grpc/reflection/v1alpha/reflection.proto",
        ),
        (symbol("rsrpc.testing.Request"), "testing.proto"),
        (
            symbol("reflected.Everything"),
            "5: symbol not found: reflected.Everything",
        ),
    ];
    check(&serving, &cases).await;
    let answers = ask(&serving, vec![symbol("trait_first.Catalog")]).await;
    let files = said(&answers[0]);
    assert!(files.starts_with("trait_first.proto "), "{files}");
    assert!(files.contains("google/protobuf/timestamp.proto"), "{files}");
    serving.stop().await;
}

#[tokio::test]
async fn reflection_v1alpha_matches_v1() {
    let serving = Serving::start(Server::new().add_service(Reflection::of([&EVERYTHING])));
    let client = v1alpha::ServerReflectionClient::new(serving.channel());
    let questions = [services(), symbol("reflected.Common"), symbol("x")].map(question);
    let answers = drain(client.server_reflection_info().send(questions).await.unwrap()).await;
    let answers: Vec<_> = answers.unwrap().iter().map(said).collect();
    let expected = [
        "reflected.Everything",
        "reflected/common.proto",
        "5: symbol not found: x",
    ];
    assert_eq!(answers, expected);
    serving.stop().await;
}

#[tokio::test]
async fn invalid_reflection_requests_keep_the_stream() {
    let serving = Serving::start(Server::new().add_service(Reflection::new()));
    let client = v1::ServerReflectionClient::new(serving.channel());
    let questions = [
        question(services()),
        ServerReflectionRequest::default(),
        question(services()),
    ];
    let mut answers = client.server_reflection_info().send(questions).await.unwrap();
    assert!(soon(answers.message()).await.unwrap().is_some());
    let end = soon(answers.message()).await.unwrap_err();
    assert_eq!(end.code(), Code::InvalidArgument);
    assert_eq!(
        end.message(),
        "the request has no message_request: set one of file_by_filename, file_containing_symbol, \
         file_containing_extension, all_extension_numbers_of_type and list_services"
    );
    serving.stop().await;
}

/// Tools such as grpcui keep the stream open.
#[tokio::test]
async fn open_reflection_stream_does_not_block_shutdown() {
    let server = Server::new().drain_timeout(std::time::Duration::from_secs(3600));
    let serving = Serving::start(server.add_service(Reflection::new()));
    let client = v1::ServerReflectionClient::new(serving.channel());
    let (mut questions, mut answers) = client.server_reflection_info().open().await.unwrap();
    questions.send(question(services())).await.unwrap();
    assert!(soon(answers.message()).await.unwrap().is_some());
    serving.stop().await;
    let end = soon(answers.message()).await.unwrap_err();
    assert_eq!(
        (end.code(), end.message()),
        (Code::Unavailable, "the server is shutting down")
    );
}

#[tokio::test]
async fn interceptor_guards_both_reflection_versions() {
    let closed = interceptor(|_, _| async { Err(Status::permission_denied("not for you")) });
    let serving = Serving::start(Server::new().add_service(Reflection::new().intercept(closed)));
    let questions = || vec![question(services())];
    let v1 = v1::ServerReflectionClient::new(serving.channel());
    let v1alpha = v1alpha::ServerReflectionClient::new(serving.channel());
    for call in [
        v1.server_reflection_info().send(questions()).into_future(),
        v1alpha.server_reflection_info().send(questions()).into_future(),
    ] {
        let end = match soon(call).await {
            Ok(answers) => drain(answers).await.unwrap_err(),
            Err(status) => status,
        };
        assert_eq!(end.code(), Code::PermissionDenied);
    }
    serving.stop().await;
}

/// A hand-made descriptor set: name, imports, one message each, and minimum size in bytes.
fn set(files: &[(&str, &[&str], &str, usize)]) -> Vec<u8> {
    let file = |&(name, imports, message, size): &(&str, &[&str], &str, usize)| FileDescriptorProto {
        name: Some(name.to_owned()),
        package: Some("made".to_owned()),
        dependency: imports.iter().map(|&import| import.to_owned()).collect(),
        message_type: vec![DescriptorProto {
            name: Some(message.to_owned()),
            reserved_name: vec!["x".repeat(size)],
            ..DescriptorProto::default()
        }],
        ..FileDescriptorProto::default()
    };
    let file = files.iter().map(file).collect();
    FileDescriptorSet { file }.encode_to_vec()
}

macro_rules! service {
    ($name:ident = $full_name:literal, $file:literal, $set:expr) => {
        static $name: ServiceDescriptor = ServiceDescriptor {
            name: $full_name,
            methods: &[],
            file: $file,
            descriptor_set: $set,
        };
    };
}

#[tokio::test]
async fn descriptor_sets_are_merged() {
    service!(
        FIRST = "made.First",
        "first.proto",
        DescriptorSet::built(|| set(&[
            ("common.proto", &[], "Old", 0),
            ("shared.proto", &[], "Shared", 0),
            ("idle.proto", &[], "Idle", 0),
            ("first.proto", &["common.proto", "shared.proto"], "First", 0),
        ]))
    );
    service!(
        SECOND = "made.Second",
        "common.proto",
        DescriptorSet::built(|| set(&[
            ("shared.proto", &[], "Other", 0),
            (
                "common.proto",
                &["shared.proto", "common.proto", "lost.proto"],
                "New",
                0
            ),
        ]))
    );
    let serving = Serving::start(Server::new().add_service(Reflection::of([&FIRST, &SECOND])));
    let cases = [
        // The file that defines a service, not an import of the same name in another set.
        (symbol("made.New"), "common.proto shared.proto"),
        (symbol("made.Old"), "5: symbol not found: made.Old"),
        // The first of several imports with the same name.
        (symbol("made.Shared"), "shared.proto"),
        (symbol("made.Other"), "5: symbol not found: made.Other"),
        (symbol("made.First"), "first.proto common.proto shared.proto"),
        // In the set, but not imported by the service's file.
        (symbol("made.Idle"), "5: symbol not found: made.Idle"),
    ];
    check(&serving, &cases).await;
    serving.stop().await;
}

#[tokio::test]
async fn service_without_descriptors_is_listed() {
    service!(OFF = "made.Off", "off.proto", DescriptorSet::none());
    service!(
        BROKEN = "made.Broken",
        "broken.proto",
        DescriptorSet::encoded(b"\x0a\x05abc")
    );
    service!(
        LOST = "made.Lost",
        "lost.proto",
        DescriptorSet::built(|| set(&[("other.proto", &[], "Other", 0)]))
    );
    let serving = Serving::start(Server::new().add_service(Reflection::of([&OFF, &BROKEN, &LOST])));
    let off = "5: made.Off has no descriptor: generate its code without descriptor=off";
    let cases = [
        (services(), "made.Broken made.Lost made.Off"),
        (symbol("made.Off"), off),
        (symbol("made.Off.Method"), off),
        (symbol("made.Offer"), "5: symbol not found: made.Offer"),
        (
            symbol("made.Broken"),
            "5: the descriptor set of made.Broken is invalid: failed to decode Protobuf message: RawDescriptorSet.file: \
             buffer underflow",
        ),
        (
            symbol("made.Lost"),
            "5: the descriptor set of made.Lost does not contain lost.proto",
        ),
    ];
    check(&serving, &cases).await;
    serving.stop().await;
    assert!(
        Reflection::new()
            .descriptor_set(b"\x0a\x05abc".as_slice())
            .is_err()
    );
}

#[tokio::test]
async fn reflection_sends_each_import_once_in_bounded_replies() {
    const SIZE: usize = 600 * 1024;
    service!(
        LARGE = "made.Large",
        "large.proto",
        DescriptorSet::built(|| set(&[
            ("a.proto", &["b.proto"], "A", SIZE),
            ("b.proto", &[], "B", SIZE),
            ("c.proto", &[], "C", 0),
            ("large.proto", &["a.proto", "c.proto"], "Large", SIZE),
        ]))
    );
    let serving = Serving::start(Server::new().add_service(Reflection::of([&LARGE])));
    let questions = vec![symbol("made.Large"); 100];
    let answers = ask(&serving, questions).await;
    let answers: Vec<_> = answers.iter().map(said).collect();
    assert_eq!(answers[0], "large.proto a.proto c.proto");
    // Imports that exceed the reply's size are sent later or on request.
    assert_eq!(answers[1], "large.proto b.proto");
    assert!(
        answers[2..].iter().all(|answer| answer == "large.proto"),
        "{answers:?}"
    );
    serving.stop().await;
}

#[tokio::test]
async fn unknown_symbol_name_is_truncated() {
    let serving = Serving::start(Server::new().add_service(Reflection::new()));
    let long = "ä".repeat(1 << 20);
    let shown = "ä".repeat(256);
    let answers = ask(
        &serving,
        vec![
            symbol(&long),
            numbers(&long),
            extension(&long, 1),
            Ask::FileByFilename(long.clone()),
        ],
    )
    .await;
    let answers: Vec<_> = answers.iter().map(said).collect();
    let expected = [
        format!("5: symbol not found: {shown}"),
        format!("5: message not found: {shown}"),
        format!("5: extension not found: 1 of {shown}"),
        format!("5: file not found: {shown}"),
    ];
    assert_eq!(answers, expected);
    serving.stop().await;
}
