//! Packages whose names collide with crates, keywords, messages and each other.

echo! {
    nest: clash::nest, Nest, NestServer, NestClient;
    get: items::Bar = items::Bar {
        inner: Some(items::bar_types::Inner { text: "one".into() }),
        other: Some(items::bar::Inner { text: "two".into(), inner: None }),
        choice: Some(items::bar_types::Choice::Third(items::bar_2::Inner { text: "three".into(), kind: 0 })),
    };
    => types: items::BarTypes = items::BarTypes { inner: Some(items::bar_types_types::Inner { text: "in".into() }) }
        => items::bar_types_types::Inner = items::bar_types_types::Inner { text: "out".into() };
    => other: items::bar::Inner = items::bar::Inner { text: "two".into(), inner: Some(Box::default()) }
        => items::bar_2::Inner = items::bar_2::Inner { text: "three".into(), kind: 0 };
}

echo! {
    nest_bar: clash::nest::bar, Nested, NestedServer, NestedClient;
    get: items::Inner = items::Inner { text: "bar".into(), inner: None };
}

echo! {
    nest_other_bar: clash::nest::bar_2, Nested, NestedServer, NestedClient;
    get: items::Inner = items::Inner { text: "BAR".into(), kind: items::inner::Kind::Zero.into() };
}

echo! {
    inside: clash::core::std::self_::crate_, Inside, InsideServer, InsideClient;
    get: items::Things = items::Things {
        core: Some(rsrpc_clash::core::Thing { text: "core".into(), ..Default::default() }),
        crate_: Some(rsrpc_clash::crate_::Thing { text: "crate".into(), ..Default::default() }),
        ..Default::default()
    };
    => core: rsrpc_clash::core::Thing = rsrpc_clash::core::Thing::default()
        => rsrpc_clash::crate_::Thing = rsrpc_clash::crate_::Thing { text: "crate".into(), ..Default::default() };
}

echo! {
    package_core: core, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "core".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_std: std, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "std".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_alloc: alloc, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "alloc".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_crate: crate_, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "crate_".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_self: self_, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "self_".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_super: super_, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "super_".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_prost: prost, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "prost".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_rsrpc_runtime: rsrpc_runtime, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "rsrpc_runtime".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_bytes: bytes, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "bytes".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_serde: serde, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "serde".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_async: r#async, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "async".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_prost_types: prost_types, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "prost_types".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_type: r#type, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "type".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}

echo! {
    package_mod: r#mod, Service, ServiceServer, ServiceClient;
    get: items::Thing = items::Thing {
        text: "mod".into(),
        things: vec![items::Thing::default()],
        choice: Some(items::thing::Choice::Thing(Box::default())),
    };
}
