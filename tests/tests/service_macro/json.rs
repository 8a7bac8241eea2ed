//! `#[service(codec = "json")]`: serde types over JSON-RPC.

use std::collections::HashMap;

use rsrpc_runtime::{Context, Protocol, Server, Status, service};
use serde::{Deserialize, Serialize};

use crate::Running;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
    #[serde(default)]
    tags: Vec<String>,
}

/// Answers like a wallet.
#[service(codec = "json", package = "wallet")]
trait Wallet {
    /// Adds two numbers.
    async fn add(&self, a: u64, b: u64) -> Result<u64, Status>;

    /// Pays, perhaps with a note.
    #[rpc(jsonrpc_name = "wallet_pay", timeout = "5s")]
    async fn pay(
        &self,
        cx: &Context,
        to_user: u64,
        amount: i128,
        note: Option<String>,
    ) -> Result<String, Status>;

    /// Gives a user back, renamed.
    async fn rename(&self, user: User) -> Result<User, Status>;

    /// Nothing in, nothing out.
    async fn ping(&self) -> Result<(), Status>;

    /// A list in, a map out.
    async fn count(&self, words: Vec<String>) -> Result<HashMap<String, usize>, Status>;

    /// A tuple, and a type of serde's own.
    async fn odd(&self, pair: (u8, char), any: serde_json::Value) -> Result<Option<(u8, char)>, Status> {
        if any.is_null() { Ok(None) } else { Ok(Some(pair)) }
    }
}

struct MyWallet;

impl Wallet for MyWallet {
    async fn add(&self, a: u64, b: u64) -> Result<u64, Status> {
        a.checked_add(b).ok_or_else(|| Status::out_of_range("too much"))
    }

    async fn pay(
        &self,
        cx: &Context,
        to_user: u64,
        amount: i128,
        note: Option<String>,
    ) -> Result<String, Status> {
        assert!(cx.method().is_some());
        Ok(format!("{amount} to {to_user}: {}", note.unwrap_or_default()))
    }

    async fn rename(&self, user: User) -> Result<User, Status> {
        let name = format!("{}!", user.name);
        Ok(User { name, ..user })
    }

    async fn ping(&self) -> Result<(), Status> {
        Ok(())
    }

    async fn count(&self, words: Vec<String>) -> Result<HashMap<String, usize>, Status> {
        Ok(words.into_iter().map(|word| (word.clone(), word.len())).collect())
    }
}

async fn start() -> Running {
    Running::start(Server::new().add_service(WalletServer::new(MyWallet))).await
}

fn invalid(why: &str) -> String {
    format!(r#""error":{{"code":-32602,"message":"Invalid params","data":"{why}"}}"#)
}

#[tokio::test]
async fn jsonrpc_params_are_arguments() {
    let running = start().await;
    for (method, params, expected) in [
        ("wallet.Wallet/Add", "[1,2]", r#""result":3"#.to_owned()),
        (
            "wallet.Wallet/Add",
            r#"{"a":1,"b":2}"#,
            r#""result":3"#.to_owned(),
        ),
        (
            "wallet.Wallet/Add",
            r#"[{"a":1,"b":2}]"#,
            r#""result":3"#.to_owned(),
        ),
        (
            "wallet.Wallet/Add",
            "[18446744073709551615,0]",
            r#""result":18446744073709551615"#.to_owned(),
        ),
        ("wallet.Wallet/Add", "[1]", invalid("the argument `b` is missing")),
        ("wallet.Wallet/Add", "", invalid("the argument `a` is missing")),
        (
            "wallet.Wallet/Add",
            "[1,2,3]",
            invalid("too many positional params: the method has 2"),
        ),
        (
            "wallet.Wallet/Add",
            r#"{"a":1,"b":2,"c":3}"#,
            invalid("unknown argument `c`"),
        ),
        (
            "wallet.Wallet/Add",
            r#"["1",2]"#,
            invalid(r#"a: invalid type: string \"1\", expected u64"#),
        ),
        (
            "wallet.Wallet/Add",
            "[18446744073709551615,1]",
            r#""error":{"code":11,"message":"too much"}"#.to_owned(),
        ),
        (
            "wallet_pay",
            r#"{"toUser":7,"amount":-5}"#,
            r#""result":"-5 to 7: ""#.to_owned(),
        ),
        (
            "wallet_pay",
            r#"{"to_user":7,"amount":5,"note":"x"}"#,
            r#""result":"5 to 7: x""#.to_owned(),
        ),
        ("wallet_pay", "[7,5,null]", r#""result":"5 to 7: ""#.to_owned()),
        ("wallet_pay", "[7,5]", r#""result":"5 to 7: ""#.to_owned()),
        (
            "wallet.Wallet.Rename",
            r#"{"id":1,"name":"Ada"}"#,
            r#""result":{"id":1,"name":"Ada!","tags":[]}"#.to_owned(),
        ),
        (
            "wallet.Wallet.Rename",
            r#"[{"id":1,"name":"Ada"}]"#,
            r#""result":{"id":1,"name":"Ada!","tags":[]}"#.to_owned(),
        ),
        ("wallet.Wallet.Rename", "{}", invalid("missing field `id`")),
        ("wallet.Wallet.Rename", "", invalid("missing field `id`")),
        ("wallet.Wallet/Ping", "", r#""result":null"#.to_owned()),
        ("wallet.Wallet/Ping", "[]", r#""result":null"#.to_owned()),
        ("wallet.Wallet/Ping", "{}", r#""result":null"#.to_owned()),
        (
            "wallet.Wallet/Ping",
            "[1]",
            invalid("the method takes no arguments"),
        ),
        (
            "wallet.Wallet/Count",
            r#"[["ab"]]"#,
            r#""result":{"ab":2}"#.to_owned(),
        ),
        (
            "wallet.Wallet/Count",
            r#"{"words":["ab"]}"#,
            r#""result":{"ab":2}"#.to_owned(),
        ),
        (
            "wallet.Wallet/Odd",
            r#"[[1,"x"],{}]"#,
            r#""result":[1,"x"]"#.to_owned(),
        ),
        (
            "wallet.Wallet/Odd",
            r#"{"pair":[1,"x"],"any":null}"#,
            r#""result":null"#.to_owned(),
        ),
    ] {
        assert_eq!(running.call(method, params).await, expected, "{method} {params}");
    }
    running.stop().await;
}

#[tokio::test]
async fn serde_client_implements_the_trait() {
    let running = start().await;
    let client = WalletClient::new(running.channel(Protocol::JsonRpc));
    assert_eq!(client.add(u64::MAX - 1, 1).await.unwrap(), u64::MAX);
    let paid = client.pay(7, i128::from(u64::MAX) + 1, Some("x".into())).await;
    assert_eq!(paid.unwrap(), "18446744073709551616 to 7: x");
    let user = User {
        id: 1,
        name: "Ada".into(),
        tags: vec!["a".into()],
    };
    assert_eq!(client.rename(user).await.unwrap().name, "Ada!");
    client.ping().await.unwrap();
    let counted = client.count(vec!["ab".into(), "c".into()]).await.unwrap();
    assert_eq!(counted, HashMap::from([("ab".into(), 2), ("c".into(), 1)]));
    assert_eq!(
        client.odd((1, 'x'), serde_json::json!(1)).await.unwrap(),
        Some((1, 'x'))
    );
    assert_eq!(client.odd((1, 'x'), serde_json::Value::Null).await.unwrap(), None);

    // Through the trait, too.
    let paid = Wallet::pay(&client, &Context::new(), 7, 5, None).await;
    assert_eq!(paid.unwrap(), "5 to 7: ");
    running.stop().await;
}

#[tokio::test]
async fn serde_service_over_grpc_uses_json() {
    let running = start().await;
    let client = WalletClient::new(running.channel(Protocol::Grpc));
    assert_eq!(client.add(1, 2).await.unwrap(), 3);

    // A generic gRPC client without the JSON codec.
    let mut connection = {
        let socket = tokio::net::TcpStream::connect(running.address).await.unwrap();
        let (requests, connection) = h2::client::handshake(socket).await.unwrap();
        tokio::spawn(connection);
        requests
    };
    let request = http::Request::post("http://test/wallet.Wallet/Add")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .unwrap();
    let (response, mut body) = connection.send_request(request, false).unwrap();
    body.send_data(bytes::Bytes::from_static(b"\0\0\0\0\0"), true)
        .unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "12");
    assert_eq!(
        response.headers()["grpc-message"],
        "wallet.Wallet/Add supports application/grpc+json"
    );
    running.stop().await;
}

#[test]
fn serde_service_has_no_descriptors() {
    assert!(WALLET_SERVICE.descriptor_set.bytes().is_empty());
    assert_eq!(WALLET_SERVICE.name, "wallet.Wallet");
    let options = WalletMethods::PAY.descriptor().options();
    assert_eq!(options.timeout, Some(std::time::Duration::from_secs(5)));
    assert_eq!(options.jsonrpc_name, Some("wallet_pay"));
}
