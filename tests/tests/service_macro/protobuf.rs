//! `#[service]` with protobuf messages: every form of a method, over gRPC and JSON-RPC.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use rsrpc_runtime::generated::IdempotencyLevel;
use rsrpc_runtime::{Code, Context, Message, Protocol, Server, Status, Streaming, service};

use crate::Running;

/// A person.
#[derive(Clone, PartialEq, Debug, Message)]
#[rpc(package = "shapes.v1")]
pub(crate) struct Person {
    /// What they are called.
    #[rpc(tag = 1)]
    pub name: String,
    #[rpc(tag = 2)]
    pub age: u64,
}

/// Every shape of a method.
#[service(package = "shapes.v1")]
pub(crate) trait Shapes {
    /// A message each way.
    #[rpc(idempotent, timeout = "1m30s")]
    async fn rename(&self, cx: &Context, person: Person) -> Result<Person, Status>;

    /// Plain arguments and a scalar.
    #[rpc(jsonrpc_name = "add")]
    async fn add(&self, a: i32, b: i32) -> Result<i32, Status>;

    /// One plain argument.
    #[rpc(no_side_effects, name = "Double")]
    async fn twice(&self, big_number: i64) -> Result<i64, Status>;

    /// Nothing each way.
    async fn ping(&self) -> Result<(), Status>;

    /// Also nothing, with a context.
    async fn who(&self, cx: &Context) -> Result<String, Status>;

    /// Containers each way.
    async fn names(&self, people: Vec<Person>) -> Result<Vec<String>, Status>;

    /// Maps each way.
    async fn turn(&self, map: HashMap<String, i32>) -> Result<BTreeMap<i32, String>, Status>;

    /// What may be missing.
    async fn first(&self, list: Vec<i32>, or: Option<i32>) -> Result<Option<i32>, Status>;

    /// Bytes each way.
    async fn reverse(&self, bytes: Vec<u8>) -> Result<Vec<u8>, Status>;

    /// A stream of replies, by a plain argument.
    async fn count(&self, to: i32) -> Result<Streaming<i32>, Status>;

    /// A stream of requests.
    async fn sum(&self, numbers: Streaming<i64>) -> Result<i64, Status>;

    /// Streams both ways.
    async fn greet(&self, cx: &Context, people: Streaming<Person>) -> Result<Streaming<String>, Status>;

    /// By default, what others have written.
    async fn shout(&self, cx: &Context, text: String) -> Result<String, Status> {
        let who = self.who(cx).await?;
        Ok(format!("{who}: {}", text.to_uppercase()))
    }

    /// A word that Rust keeps for itself.
    async fn r#move(&self, r#type: String) -> Result<String, Status> {
        Ok(r#type)
    }
}

struct MyShapes;

impl Shapes for MyShapes {
    async fn rename(&self, cx: &Context, person: Person) -> Result<Person, Status> {
        let title = cx.metadata().get("title").unwrap_or("Dr.").to_owned();
        let name = format!("{title} {}", person.name);
        Ok(Person { name, ..person })
    }

    async fn add(&self, a: i32, b: i32) -> Result<i32, Status> {
        a.checked_add(b).ok_or_else(|| Status::out_of_range("too much"))
    }

    async fn twice(&self, big_number: i64) -> Result<i64, Status> {
        Ok(2 * big_number)
    }

    async fn ping(&self) -> Result<(), Status> {
        Ok(())
    }

    async fn who(&self, _: &Context) -> Result<String, Status> {
        Ok("me".to_owned())
    }

    async fn names(&self, people: Vec<Person>) -> Result<Vec<String>, Status> {
        Ok(people.into_iter().map(|person| person.name).collect())
    }

    async fn turn(&self, map: HashMap<String, i32>) -> Result<BTreeMap<i32, String>, Status> {
        Ok(map.into_iter().map(|(key, value)| (value, key)).collect())
    }

    async fn first(&self, list: Vec<i32>, or: Option<i32>) -> Result<Option<i32>, Status> {
        Ok(list.first().copied().or(or))
    }

    async fn reverse(&self, mut bytes: Vec<u8>) -> Result<Vec<u8>, Status> {
        bytes.reverse();
        Ok(bytes)
    }

    async fn count(&self, to: i32) -> Result<Streaming<i32>, Status> {
        Ok(Streaming::iter(0..to))
    }

    async fn sum(&self, mut numbers: Streaming<i64>) -> Result<i64, Status> {
        let mut sum = 0;
        while let Some(number) = numbers.message().await? {
            sum += number;
        }
        Ok(sum)
    }

    async fn greet(&self, _: &Context, people: Streaming<Person>) -> Result<Streaming<String>, Status> {
        Ok(people.map_ok(|person| format!("Hello {}", person.name)))
    }
}

async fn start() -> Running {
    Running::start(Server::new().add_service(ShapesServer::new(MyShapes))).await
}

fn person(name: &str) -> Person {
    Person {
        name: name.to_owned(),
        age: 7,
    }
}

async fn collect<T>(mut stream: Streaming<T>) -> Vec<T> {
    let mut items = Vec::new();
    while let Some(item) = stream.message().await.unwrap() {
        items.push(item);
    }
    items
}

/// Calls every unary method through a client.
async fn check_unary(client: &ShapesClient) {
    let renamed = client.rename(person("Ada")).metadata("title", "Lady").await;
    assert_eq!(renamed.unwrap(), person("Lady Ada"));
    assert_eq!(client.add(1, 2).await.unwrap(), 3);
    assert_eq!(
        client.add(i32::MAX, 1).await.unwrap_err().code(),
        Code::OutOfRange
    );
    assert_eq!(client.twice(i64::MAX / 2).await.unwrap(), i64::MAX - 1);
    client.ping().await.unwrap();
    assert_eq!(client.who().await.unwrap(), "me");
    let names = client.names(vec![person("Ada"), person("Grace")]).await;
    assert_eq!(names.unwrap(), ["Ada", "Grace"]);
    assert_eq!(client.names(vec![]).await.unwrap(), Vec::<String>::new());
    let turned = client.turn(HashMap::from([("a".to_owned(), 1)])).await;
    assert_eq!(turned.unwrap(), BTreeMap::from([(1, "a".to_owned())]));
    assert_eq!(client.first(vec![5], Some(6)).await.unwrap(), Some(5));
    assert_eq!(client.first(vec![], Some(0)).await.unwrap(), Some(0));
    assert_eq!(client.first(vec![], None).await.unwrap(), None);
    assert_eq!(client.reverse(vec![1, 2, 255]).await.unwrap(), [255, 2, 1]);
    assert_eq!(client.shout("hey".into()).await.unwrap(), "me: HEY");
    assert_eq!(client.r#move("x".into()).await.unwrap(), "x");
    // Code written for the trait accepts the client.
    assert_eq!(through_the_trait(client).await.unwrap(), 4);
}

async fn through_the_trait(shapes: &impl Shapes) -> Result<i32, Status> {
    shapes.rename(&Context::new(), person("Ada")).await?;
    shapes.add(2, 2).await
}

#[tokio::test]
async fn unary_methods_over_both_protocols() {
    let running = start().await;
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        check_unary(&ShapesClient::new(running.channel(protocol))).await;
    }
    running.stop().await;
}

#[tokio::test]
async fn streams_over_grpc() {
    let running = start().await;
    let client = ShapesClient::new(running.channel(Protocol::Grpc));
    assert_eq!(collect(client.count(3).await.unwrap()).await, [0, 1, 2]);
    assert_eq!(client.sum([1_i64, 2, 3]).await.unwrap(), 6);
    let greeted = client.greet().send([person("Ada"), person("Grace")]).await;
    assert_eq!(collect(greeted.unwrap()).await, ["Hello Ada", "Hello Grace"]);
    let through = Shapes::count(&client, 2).await.unwrap();
    assert_eq!(collect(through).await, [0, 1]);
    running.stop().await;
}

fn invalid(why: &str) -> String {
    format!(r#""error":{{"code":-32602,"message":"Invalid params","data":"{why}"}}"#)
}

#[tokio::test]
async fn jsonrpc_params_are_arguments() {
    let running = start().await;
    let result = |json: &str| format!(r#""result":{json}"#);
    for (method, params, expected) in [
        ("add", "[1,2]", result("3")),
        ("add", r#"{"a":1,"b":2}"#, result("3")),
        ("add", r#"[{"a":1,"b":2}]"#, result("3")),
        ("shapes.v1.Shapes/Add", r#"{"b":2}"#, result("2")),
        ("add", "[1]", result("1")),
        ("add", "", result("0")),
        (
            "add",
            "[1,2,3]",
            invalid("too many positional params: the message has 2"),
        ),
        ("add", r#"{"a":1,"c":2}"#, invalid("unknown field `c`")),
        (
            "shapes.v1.Shapes/Double",
            r#"{"bigNumber":"21"}"#,
            result(r#""42""#),
        ),
        (
            "shapes.v1.Shapes/Double",
            r#"{"big_number":21}"#,
            result(r#""42""#),
        ),
        ("shapes.v1.Shapes/Ping", "", result("{}")),
        ("shapes.v1.Shapes/Who", "{}", result(r#""me""#)),
        (
            "shapes.v1.Shapes/Rename",
            r#"{"name":"Ada","age":1}"#,
            result(r#"{"name":"Dr. Ada","age":"1"}"#),
        ),
        (
            "shapes.v1.Shapes/Rename",
            r#"["Ada"]"#,
            result(r#"{"name":"Dr. Ada"}"#),
        ),
        (
            "shapes.v1.Shapes/Names",
            r#"[[{"name":"Ada"}]]"#,
            result(r#"{"value":["Ada"]}"#),
        ),
        (
            "shapes.v1.Shapes/Turn",
            r#"{"map":{"a":1}}"#,
            result(r#"{"value":{"1":"a"}}"#),
        ),
        ("shapes.v1.Shapes/First", "[[],null]", result("{}")),
        ("shapes.v1.Shapes/First", "[[],0]", result(r#"{"value":0}"#)),
        ("shapes.v1.Shapes/Reverse", r#"["AQI="]"#, result(r#""AgE=""#)),
        (
            "shapes.v1.Shapes/Count",
            "[3]",
            r#""error":{"code":-32004,"message":"Method needs a streaming transport"}"#.to_owned(),
        ),
        ("shapes.v1.Shapes/Move", r#"{"type":"x"}"#, result(r#""x""#)),
    ] {
        assert_eq!(running.call(method, params).await, expected, "{method} {params}");
    }
    running.stop().await;
}

#[test]
fn attributes_are_in_the_descriptor() {
    let options = |method: &'static rsrpc_runtime::MethodDescriptor| *method.options();
    let rename = options(ShapesMethods::RENAME.descriptor());
    assert_eq!(rename.timeout, Some(Duration::from_secs(90)));
    assert_eq!(rename.idempotency, IdempotencyLevel::Idempotent);
    let twice = ShapesMethods::TWICE.descriptor();
    assert_eq!(options(twice).idempotency, IdempotencyLevel::NoSideEffects);
    assert_eq!(twice.path(), "/shapes.v1.Shapes/Double");
    let add = options(ShapesMethods::ADD.descriptor());
    assert_eq!(add.jsonrpc_name, Some("add"));
    assert_eq!((add.timeout, add.idempotency), (None, IdempotencyLevel::Unknown));
    assert_eq!(SHAPES_SERVICE.name, "shapes.v1.Shapes");
    assert_eq!(SHAPES_SERVICE.file, "shapes/v1.proto");
    let names: Vec<_> = SHAPES_SERVICE
        .methods
        .iter()
        .map(|method| method.name())
        .collect();
    assert_eq!(
        names.join(" "),
        "Rename Add Double Ping Who Names Turn First Reverse Count Sum Greet Shout Move"
    );
}

#[tokio::test(start_paused = true)]
async fn definition_timeout_ends_a_call() {
    #[service(package = "slow")]
    trait Slow {
        #[rpc(timeout = "250ms")]
        async fn wait(&self) -> Result<(), Status>;
    }
    struct Never;
    impl Slow for Never {
        async fn wait(&self) -> Result<(), Status> {
            std::future::pending().await
        }
    }
    let (listener, connector) = rsrpc_runtime::transport::memory();
    let server = Server::new()
        .add_service(SlowServer::new(Never))
        .listen(listener)
        .unwrap();
    tokio::spawn(server.serve());
    let channel = rsrpc_runtime::Channel::builder("memory:").connector(connector);
    let client = SlowClient::new(channel.build().unwrap());
    let began = tokio::time::Instant::now();
    assert_eq!(client.wait().await.unwrap_err().code(), Code::DeadlineExceeded);
    let took = began.elapsed();
    assert!(
        took >= Duration::from_millis(250) && took < Duration::from_millis(300),
        "{took:?}"
    );
}
