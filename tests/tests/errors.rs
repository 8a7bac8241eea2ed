//! Application errors from handler to caller, over every protocol.

use std::net::SocketAddr;
use std::time::Duration;

use rsrpc_runtime::details::bad_request::FieldViolation;
use rsrpc_runtime::details::quota_failure::Violation;
use rsrpc_runtime::details::{
    BadRequest, DebugInfo, ErrorInfo, Help, LocalizedMessage, PreconditionFailure, QuotaFailure, RequestInfo,
    ResourceInfo, RetryInfo,
};
use rsrpc_runtime::{Channel, Code, Context, Protocol, RpcError, Server, Status, service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[service(proto = "proto/errors.proto")]
trait Users {}

#[derive(Debug, PartialEq, thiserror::Error, RpcError)]
#[rpc(domain = "users.example.com")]
enum UserError {
    #[error("user {id} is gone")]
    #[rpc(not_found, reason = "USER_GONE")]
    Gone { id: u64 },
}

/// A service that fails as requested.
struct Failing;

impl Users for Failing {
    async fn find(&self, _cx: &Context, request: FindRequest) -> Result<FindReply, Status> {
        match request.name.as_str() {
            "gone" => Err(UserError::Gone { id: 7 })?,
            "own" => Err(Status::jsonrpc(-7, "out of stock", [1, 2])),
            "text" => Err(Status::jsonrpc(-8, "sold", "to Tom")),
            "plain" => Err(Status::jsonrpc(1000, "no data", ())),
            "by hand" => Err(Status::aborted("x").with(ErrorInfo::new("LOCKED", "d").with("by", "Tom"))),
            "every detail" => Err(every_detail()),
            "known" => Err(Status::jsonrpc(5, "not here", "see there")),
            _ => Ok(FindReply {}),
        }
    }
}

/// A status with every kind of detail and every field.
fn every_detail() -> Status {
    Status::internal("all")
        .with(ErrorInfo::new("R", "d").with("k", "v"))
        .with(RetryInfo::after(Duration::from_millis(1_500)))
        .with(DebugInfo::new("poisoned").stack(["f (a.rs:1)", "main"]))
        .with(
            QuotaFailure::violation("project:7", "too much")
                .and("user:3", "more")
                .and("", "x"),
        )
        .with(QuotaFailure::from_iter([Violation {
            api_service: "s".into(),
            quota_metric: "m".into(),
            quota_id: "i".into(),
            quota_dimensions: [("region".to_owned(), "eu".to_owned())].into(),
            quota_value: 10,
            future_quota_value: Some(0),
            ..Violation::new("project:7", "too much")
        }]))
        .with(PreconditionFailure::violation("TOS", "cloud", "accept").and("AGE", "you", "wait"))
        .with(BadRequest::violation("name", "is empty").and("age", "is negative"))
        .with(BadRequest::from_iter([FieldViolation {
            reason: "EMPTY".into(),
            localized_message: Some(LocalizedMessage::new("de", "fehlt")),
            ..FieldViolation::new("name", "is empty")
        }]))
        .with(RequestInfo {
            serving_data: "xyz".into(),
            ..RequestInfo::new("r-1")
        })
        .with(
            ResourceInfo::new("book", "b/7")
                .owner("user:3")
                .description("locked"),
        )
        .with(Help::link("how to", "https://a.example").and("why", "https://b.example"))
        .with(LocalizedMessage::new("fr-CH", "tout"))
}

async fn running() -> SocketAddr {
    let server = Server::new()
        .add_service(UsersServer::new(Failing))
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let address = server.local_addr().to_string().parse().unwrap();
    tokio::spawn(server.serve_until(std::future::pending()));
    address
}

/// Statuses of a failed call, one per protocol.
async fn failures(name: &str) -> [Status; 2] {
    let address = running().await.to_string();
    let call = async |protocol| {
        let channel = Channel::builder(&address).protocol(protocol).build().unwrap();
        let request = FindRequest { name: name.into() };
        UsersClient::new(channel).find(request).await.unwrap_err()
    };
    [call(Protocol::Grpc).await, call(Protocol::JsonRpc).await]
}

/// The error object of a JSON-RPC response.
async fn error_object(name: &str) -> String {
    let mut socket = TcpStream::connect(running().await).await.unwrap();
    let body = format!(r#"{{"jsonrpc":"2.0","method":"users.Users/Find","params":["{name}"],"id":1}}"#);
    let request = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let error = body.strip_prefix(r#"{"jsonrpc":"2.0","error":"#).unwrap();
    error.strip_suffix(r#","id":1}"#).unwrap().to_owned()
}

#[tokio::test]
async fn rpc_error_enum_round_trips() {
    for status in failures("gone").await {
        assert_eq!(
            (status.code(), status.message()),
            (Code::NotFound, "user 7 is gone")
        );
        assert_eq!(UserError::from_status(&status), Some(UserError::Gone { id: 7 }));
        assert_eq!(status.jsonrpc_error(), None);
    }
    assert_eq!(
        error_object("gone").await,
        r#"{"code":5,"message":"user 7 is gone","data":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"USER_GONE","domain":"users.example.com","metadata":{"id":"7"}}]}"#
    );
}

#[tokio::test]
async fn error_details_round_trip() {
    for status in failures("by hand").await {
        let info = status.detail::<ErrorInfo>().unwrap().unwrap();
        assert_eq!(info, ErrorInfo::new("LOCKED", "d").with("by", "Tom"));
        assert_eq!(UserError::from_status(&status), None);
    }
}

#[tokio::test]
async fn every_error_detail_round_trips() {
    let expected = every_detail();
    for status in failures("every detail").await {
        assert_eq!(status.details(), expected.details());
    }
    let quota = expected.detail::<QuotaFailure>().unwrap().unwrap();
    assert_eq!(
        quota,
        [
            Violation::new("project:7", "too much"),
            Violation::new("user:3", "more"),
            Violation::new("", "x")
        ]
        .into_iter()
        .collect()
    );
    let data = [
        r#"ErrorInfo","reason":"R","domain":"d","metadata":{"k":"v"}}"#,
        r#"RetryInfo","retryDelay":"1.500s"}"#,
        r#"DebugInfo","stackEntries":["f (a.rs:1)","main"],"detail":"poisoned"}"#,
        r#"QuotaFailure","violations":[{"subject":"project:7","description":"too much"},{"subject":"user:3","description":"more"},{"description":"x"}]}"#,
        r#"QuotaFailure","violations":[{"subject":"project:7","description":"too much","apiService":"s","quotaMetric":"m","quotaId":"i","quotaDimensions":{"region":"eu"},"quotaValue":"10","futureQuotaValue":"0"}]}"#,
        r#"PreconditionFailure","violations":[{"type":"TOS","subject":"cloud","description":"accept"},{"type":"AGE","subject":"you","description":"wait"}]}"#,
        r#"BadRequest","fieldViolations":[{"field":"name","description":"is empty"},{"field":"age","description":"is negative"}]}"#,
        r#"BadRequest","fieldViolations":[{"field":"name","description":"is empty","reason":"EMPTY","localizedMessage":{"locale":"de","message":"fehlt"}}]}"#,
        r#"RequestInfo","requestId":"r-1","servingData":"xyz"}"#,
        r#"ResourceInfo","resourceType":"book","resourceName":"b/7","owner":"user:3","description":"locked"}"#,
        r#"Help","links":[{"description":"how to","url":"https://a.example"},{"description":"why","url":"https://b.example"}]}"#,
        r#"LocalizedMessage","locale":"fr-CH","message":"tout"}"#,
    ];
    let data = data.map(|detail| format!(r#"{{"@type":"type.googleapis.com/google.rpc.{detail}"#));
    assert_eq!(
        error_object("every detail").await,
        format!(r#"{{"code":13,"message":"all","data":[{}]}}"#, data.join(","))
    );
}

#[tokio::test]
async fn custom_jsonrpc_error_object_round_trips() {
    let check = async |name: &str, code: Code, object: (i64, &str, Option<&str>)| {
        for status in failures(name).await {
            assert_eq!((status.code(), status.message()), (code, object.1), "{name}");
            let error = status.jsonrpc_error().expect(name);
            assert_eq!((error.code(), error.message(), error.data()), object);
        }
    };
    check("own", Code::Unknown, (-7, "out of stock", Some("[1,2]"))).await;
    check("text", Code::Unknown, (-8, "sold", Some("\"to Tom\""))).await;
    check("plain", Code::Unknown, (1000, "no data", None)).await;
    check("known", Code::NotFound, (5, "not here", Some("\"see there\""))).await;
    assert_eq!(
        error_object("own").await,
        r#"{"code":-7,"message":"out of stock","data":[1,2]}"#
    );
    assert_eq!(
        error_object("plain").await,
        r#"{"code":1000,"message":"no data"}"#
    );
}

/// A gateway that returns the back end's errors.
struct Gateway(UsersClient);

impl Users for Gateway {
    async fn find(&self, cx: &Context, request: FindRequest) -> Result<FindReply, Status> {
        self.0.find(request).within(cx).await
    }
}

#[tokio::test]
async fn errors_pass_through_gateways() {
    let behind = running().await.to_string();
    for inner in [Protocol::Grpc, Protocol::JsonRpc] {
        let channel = Channel::builder(&behind).protocol(inner).build().unwrap();
        let server = Server::new()
            .add_service(UsersServer::new(Gateway(UsersClient::new(channel))))
            .bind("127.0.0.1:0")
            .await
            .unwrap();
        let target = server.local_addr().to_string();
        let serving = tokio::spawn(server.serve_until(std::future::pending()));
        for outer in [Protocol::Grpc, Protocol::JsonRpc] {
            let channel = Channel::builder(&target).protocol(outer).build().unwrap();
            let client = UsersClient::new(channel);
            let find = async |name: &str| {
                let request = FindRequest { name: name.into() };
                client.find(request).await.unwrap_err()
            };
            let error = find("own").await.jsonrpc_error().unwrap();
            assert_eq!(
                (error.code(), error.data()),
                (-7, Some("[1,2]")),
                "{inner:?} {outer:?}"
            );
            let gone = UserError::from_status(&find("gone").await);
            assert_eq!(gone, Some(UserError::Gone { id: 7 }), "{inner:?} {outer:?}");
        }
        serving.abort();
    }
}
