//! Services whose names collide with Rust, generated code and each other.

fn everything() -> rsrpc_clash::clash::prelude::Everything {
    use rsrpc_clash::clash::prelude as items;

    let everything = items::Everything {
        r: items::R::One.into(),
        w: items::W::One.into(),
        maybe_r: Some(items::R::Zero.into()),
        many_w: vec![0, 1, 7],
        map_r: [("r".to_owned(), 1)].into(),
        choice: Some(items::everything::Choice::ChosenInner(items::Inner::One.into())),
        inner: items::Inner::One.into(),
        maybe_inner: Some(items::Inner::One.into()),
        many_inner: vec![0, 1],
        map_inner: [("inner".to_owned(), 1)].into(),
        scalar_wrapper: items::ScalarWrapper::One.into(),
        maybe_scalar_wrapper: Some(items::ScalarWrapper::One.into()),
        many_scalar_wrapper: vec![0, 1],
        map_scalar_wrapper: [("scalar".to_owned(), 1)].into(),
        map_wrapper: items::MapWrapper::One.into(),
        map_map_wrapper: [(3, 1)].into(),
        key_wrapper: items::KeyWrapper::One.into(),
        map_key_wrapper: [("key".to_owned(), 1)].into(),
        value_wrapper: items::ValueWrapper::One.into(),
        map_value_wrapper: [("value".to_owned(), 1)].into(),
        ordering: items::Ordering::Crate.into(),
    };
    // prost's derived `Debug` names enums; here an enum has the name of a struct in the prelude.
    assert!(format!("{everything:?}").contains("many_inner: [Zero, One]"));
    everything
}

echo! {
    prelude: clash::prelude, Prelude, PreludeServer, PreludeClient;
    option: items::Option = items::Option { value: "an Option".into(), maybe: None };
    result: items::Result = items::Result { value: "a Result".into() };
    context: items::Context = items::Context { value: "a Context".into() };
    status: items::Status = items::Status { value: "a Status".into() };
    streaming: items::Streaming = items::Streaming { value: "a Streaming".into() };
    none: items::None = items::None { value: "a None".into() };
    ok: items::Ok = items::Ok { value: "a Ok".into() };
    err: items::Err = items::Err { value: "a Err".into() };
    default: items::Default = items::Default { value: "a Default".into() };
    send: items::Send = items::Send { value: "a Send".into() };
    future: items::Future = items::Future { value: "a Future".into() };
    t: items::T = items::T { value: "a T".into() };
    channel: items::Channel = items::Channel { value: "a Channel".into() };
    string: items::String = items::String { value: "one".into(), strings: vec![items::String { value: "two".into(), strings: vec![] }] };
    vec: items::Vec = items::Vec { value: vec!["one".into(), "two".into()] };
    r#box: items::Box = items::Box { value: Some(Box::new(items::Box::default())), option: Some(items::Option { value: "in".into(), maybe: Some(String::new()) }) };
    self_: items::Self2 = items::Self2 { value: "me".into(), self_: Some(items::self_2::Self_ { self_: Some(Box::default()) }) };
    self_self: items::self_2::Self_ = items::self_2::Self_ { self_: Some(Box::default()) };
    other_self: items::Self_ = items::Self_ { value: "other".into() };
    some: items::Some = items::Some { some: Some(items::some::Some::None(Box::new(items::Some { some: Some(items::some::Some::Text("deep".into())) }))) };
    hash_map: items::HashMap = items::HashMap { map: [("a".to_owned(), items::HashMap::default())].into(), value: "map".into() };
    v: items::V = items::V { map: [("a".to_owned(), items::V::default())].into(), value: "v".into() };
    everything: items::Everything = everything();
}

fn m(text: &str) -> rsrpc_clash::clash::methods::M {
    rsrpc_clash::clash::methods::M {
        text: text.to_owned(),
    }
}

echo! {
    keywords: clash::methods, Keywords, KeywordsServer, KeywordsClient;
    r#move: items::M = m("r#move");
    r#async: items::M = m("r#async");
    r#await: items::M = m("r#await");
    self_: items::M = m("self_");
    crate_: items::M = m("crate_");
    super_: items::M = m("super_");
    r#type: items::M = m("r#type");
    r#fn: items::M = m("r#fn");
    r#gen: items::M = m("r#gen");
    r#try: items::M = m("r#try");
    r#dyn: items::M = m("r#dyn");
    underscore: items::M = m("underscore");
    underscore_2: items::M = m("underscore_2");
    _1: items::M = m("_1");
}

echo! {
    inherent: clash::methods, Inherent, InherentServer, InherentClient;
    new_: items::M = m("new_");
    new_2: items::M = m("new_2");
    clone: items::M = m("clone");
    into: items::M = m("into");
    from: items::M = m("from");
    drop: items::M = m("drop");
    within: items::M = m("within");
    channel: items::M = m("channel");
    intercept: items::M = m("intercept");
    register: items::M = m("register");
    from_arc: items::M = m("from_arc");
    timeout: items::M = m("timeout");
    metadata: items::M = m("metadata");
    detailed: items::M = m("detailed");
    fmt: items::M = m("fmt");
    eq: items::M = m("eq");
    cmp: items::M = m("cmp");
    hash: items::M = m("hash");
    type_id: items::M = m("type_id");
    to_owned: items::M = m("to_owned");
    borrow: items::M = m("borrow");
    as_ref: items::M = m("as_ref");
    poll: items::M = m("poll");
    service: items::M = m("service");
    request: items::M = m("request");
    requests: items::M = m("requests");
    cx: items::M = m("cx");
}

fn bar() -> rsrpc_clash::clash::types::FooBar {
    use rsrpc_clash::clash::types as items;

    items::FooBar {
        text: "bar".into(),
        one: Some(items::foo_bar::In { text: "one".into() }),
        other: Some(items::foo_bar::In2 { text: "other".into() }),
    }
}

fn bar_3() -> rsrpc_clash::clash::types::FooBar3 {
    use rsrpc_clash::clash::types as items;

    items::FooBar3 {
        text: "3".into(),
        one: Some(items::foo_bar_3::In { text: "one".into() }),
    }
}

fn bar_2() -> rsrpc_clash::clash::types::FooBar2 {
    use rsrpc_clash::clash::types as items;

    items::FooBar2 {
        one: Some(bar()),
        two: Some(bar_3()),
        three: Some(items::FooBar4 { text: "4".into() }),
        four: items::Foobar2::One.into(),
        five: items::Foobar::Two.into(),
    }
}

echo! {
    message_of_the_service: clash::types, GreeterService, GreeterServiceServer, GreeterServiceClient;
    greet: items::Greeter = items::Greeter { text: "hi".into() };
}

echo! {
    message_of_the_client: clash::types, OtherService, OtherServiceServer, OtherServiceClient;
    greet: items::OtherClient = items::OtherClient { text: "hi".into() };
}

echo! {
    messages_of_mock_and_dyn: clash::types, MockedService2, MockedService2Server, MockedService2Client;
    => greet: items::MockedMock = items::MockedMock { text: "hi".into() } => items::MockedService = items::MockedService { text: "hello".into() };
}

echo! {
    services_of_one_name: clash::types, Thing, ThingServer, ThingClient;
    get: items::FooBar = bar();
}

echo! {
    services_of_one_name_second: clash::types, ThingService, ThingServiceServer, ThingServiceClient;
    get: items::FooBar3 = bar_3();
}

echo! {
    service_of_an_item: clash::types, ThingServerService, ThingServerServiceServer, ThingServerServiceClient;
    => get: items::FooBar4 = items::FooBar4 { text: "4".into() } => items::FooBar2 = bar_2();
}

echo! {
    services_of_one_static: clash::types, AB, ABServer, ABClient;
    get: items::Underscore = items::Underscore { text: "_".into(), inner: Some(items::underscore::Underscore { text: "in".into() }) };
}

echo! {
    services_of_one_static_second: clash::types, AbService, AbServiceServer, AbServiceClient;
    get: items::_1 = items::_1 { text: "_".into(), inner: Some(items::_1_types::_1 { text: "in".into() }) };
}

fn fields() -> rsrpc_clash::clash::fields::Fields {
    use rsrpc_clash::clash::fields as items;

    let text = |text: &str| Some(text.to_owned());
    let fields = items::Fields {
        foo_bar_7: text("7"),
        foo_bar: text("2"),
        foo_bar_3_2: text("3"),
        foo_bar_3: text("4"),
        kind: Some(items::Kind::Unknown2.into()),
        other: Some(items::Kind2::Zero.into()),
        foo: Some(items::fields::FooOneOf::AB9("9".into())),
        foo_one_of: Some(items::fields::FooOneOf2::D(Box::default())),
        kind_one_of: Some(items::fields::Kind::E("13".into())),
        nested: Some(items::fields::Foo { text: text("14") }),
        underscore: text("15"),
        underscore_16: text("16"),
        self_: text("17"),
        self_18: text("18"),
        r#type: text("19"),
        type_20: text("20"),
    };
    let none = items::Fields::default();
    assert_eq!(
        (none.kind(), none.other()),
        (items::Kind::Unknown2, items::Kind2::Zero1)
    );
    fields
}

fn accessors() -> rsrpc_clash::clash::fields::Accessors {
    use rsrpc_clash::clash::fields as items;

    let mut accessors = items::Accessors {
        set_kind_2: Some("2".into()),
        get_map_7: Some("7".into()),
        encode: Some(0),
        clone: Some(-1),
        eq: Some(3),
        ..Default::default()
    };
    accessors.set_kind(items::Kind::AB);
    accessors.push_kinds(items::Kind::ABMinus2);
    accessors.set_push_kinds_4(items::Kind::Underscore);
    accessors.insert_type_5("a".to_owned(), items::Kind::Unknown1);
    accessors.insert_map("b".to_owned(), items::Kind::Unknown);
    accessors.set_insert_map_8(items::Kind::AB);
    accessors.set_set_set_kind(items::Kind::AB);
    accessors.push_clear(items::Kind::AB);
    assert_eq!(accessors.set_kind_2(), "2");
    accessors
}

echo! {
    field_names: clash::fields, FieldService, FieldServiceServer, FieldServiceClient;
    fields: items::Fields = fields();
    accessors: items::Accessors = accessors();
}

echo! {
    recursion: clash::recursion, Recursion, RecursionServer, RecursionClient;
    direct: items::Direct = items::Direct { direct: Some(Box::default()), many: vec![items::Direct::default()], text: None };
    ping: items::Ping = items::Ping { pong: Some(Box::new(items::Pong { ping: Some(Box::default()) })), text: None };
    by_oneof: items::ByOneof = items::ByOneof { choice: Some(items::by_oneof::Choice::One(Box::new(items::ByOneof {
        choice: Some(items::by_oneof::Choice::Text("deep".into())),
    }))) };
    by_map: items::ByMap = items::ByMap { map: [("a".to_owned(), items::ByMap::default())].into(), text: None };
    by_group: items::ByGroup = items::ByGroup { outer: Some(items::by_group::Outer {
        middle: Some(items::by_group::outer::Middle { again: Some(items::ByGroup { text: Some("deep".into()), outer: None }) }.into()),
    }.into()), text: None };
    by_group_in_oneof: items::ByGroupInOneof = items::ByGroupInOneof { choice: Some(items::by_group_in_oneof::Choice::Member(items::by_group_in_oneof::Member {
        deeper: Some(items::by_group_in_oneof::member::Deeper { again: Some(items::ByGroupInOneof {
            choice: Some(items::by_group_in_oneof::Choice::Text("deep".into())),
        }) }.into()),
    }.into())) };
    by_required: items::ByRequired = items::ByRequired { maybe: Some(Box::default()), item: vec![items::by_required::Item { again: Some(items::ByRequired::default()) }], text: Some("t".into()) };
}

/// Methods of the same name and of every kind. JSON-RPC has only the unary ones.
#[tokio::test]
async fn case() {
    use rsrpc_clash::clash::methods::{Case, CaseClient, CaseServer, M};
    use rsrpc_runtime::{Protocol, Streaming};

    use super::{Context, Server, Status};

    struct Named;

    impl Case for Named {
        async fn get_foo(&self, _: &Context, _: M) -> Result<M, Status> {
            Ok(m("GetFoo"))
        }

        async fn get_foo_2(&self, _: &Context, _: M) -> Result<M, Status> {
            Ok(m("get_foo_2"))
        }

        async fn get_foo_3(&self, _: &Context, _: M) -> Result<M, Status> {
            Ok(m("getFoo"))
        }

        async fn get_foo_4(&self, _: &Context, _: M) -> Result<M, Status> {
            Ok(m("get_foo"))
        }

        async fn get_foo_5(&self, _: &Context, _: M) -> Result<M, Status> {
            Ok(m("GET_FOO"))
        }

        async fn get(&self, _: &Context, mut requests: Streaming<M>) -> Result<M, Status> {
            let first = requests.message().await?;
            first.ok_or_else(|| Status::invalid_argument("nothing came"))
        }

        async fn get_2(&self, _: &Context, request: M) -> Result<Streaming<M>, Status> {
            Ok([request].into())
        }

        async fn get_3(&self, _: &Context, requests: Streaming<M>) -> Result<Streaming<M>, Status> {
            Ok(requests)
        }
    }

    super::serve(
        Server::new().add_service(CaseServer::new(Named)),
        async |channel| {
            let protocol = channel.protocol();
            let client = CaseClient::new(channel);
            for (reply, expected) in [
                (client.get_foo(m("")).await, "GetFoo"),
                (client.get_foo_2(m("")).await, "get_foo_2"),
                (client.get_foo_3(m("")).await, "getFoo"),
                (client.get_foo_4(m("")).await, "get_foo"),
                (client.get_foo_5(m("")).await, "GET_FOO"),
            ] {
                assert_eq!(reply.unwrap().text, expected);
            }
            if protocol != Protocol::JsonRpc {
                assert_eq!(client.get([m("Get")]).await.unwrap().text, "Get");
                let mut replies = client.get_2(m("get")).await.unwrap();
                assert_eq!(replies.message().await.unwrap().unwrap().text, "get");
                let mut replies = client.get_3().send([m("GET")]).await.unwrap();
                assert_eq!(replies.message().await.unwrap().unwrap().text, "GET");
            }
        },
    )
    .await;
}
