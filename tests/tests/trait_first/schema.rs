//! Schemas that mix derived and generated types, and schemas that no .proto file can express.

use rsrpc_runtime::prost::{Message as _, Name as _};
use rsrpc_runtime::prost_types::FileDescriptorSet;
use rsrpc_runtime::schema::Schema;
use rsrpc_runtime::{Enum, JsonContext, Message, Oneof, json};
use rsrpc_tests::testing;

/// Messages that were generated from a file, as fields.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "mixed.v1")]
struct Mixed {
    #[rpc(tag = 1)]
    request: testing::Request,
    #[rpc(tag = 2)]
    replies: Vec<testing::Reply>,
    #[rpc(oneof)]
    either: Option<Either>,
}

#[derive(Oneof, Clone, PartialEq, Debug)]
enum Either {
    #[rpc(tag = 3)]
    Reply(Box<testing::Reply>),
    #[rpc(tag = 4)]
    Other(other::Thing),
}

/// A second package.
mod other {
    use rsrpc_runtime::Message;

    #[derive(Message, Clone, PartialEq, Debug)]
    #[rpc(package = "mixed.v1.rsrpc")]
    pub(super) struct Thing {}
}

fn mixed() -> Mixed {
    Mixed {
        request: testing::Request {
            text: "a".to_owned(),
            ..Default::default()
        },
        replies: vec![testing::Reply::default()],
        either: Some(Either::Reply(Box::default())),
    }
}

#[test]
fn generated_messages_are_imported() {
    let schema = Schema::of::<Mixed>();
    // A relative name would resolve within `mixed.v1.rsrpc`.
    assert_eq!(
        schema.to_proto("mixed.v1").expect("a file"),
        "// Exported by rsrpc from definitions in Rust: change those.\n\n\
         syntax = \"proto3\";\n\n\
         package mixed.v1;\n\n\
         import \"mixed/v1/rsrpc.proto\";\n\
         import \"testing.proto\";\n\n\
         // Messages that were generated from a file, as fields.\n\
         message Mixed {\n  \
           .rsrpc.testing.Request request = 1;\n  \
           repeated .rsrpc.testing.Reply replies = 2;\n  \
           oneof either {\n    \
             .rsrpc.testing.Reply reply = 3;\n    \
             rsrpc.Thing other = 4;\n  \
           }\n\
         }\n"
    );
    let set = FileDescriptorSet::decode(schema.file_descriptor_set().as_slice()).expect("a descriptor set");
    let names: Vec<_> = set.file.iter().map(|file| file.name()).collect();
    assert_eq!(names, ["mixed/v1/rsrpc.proto", "testing.proto", "mixed/v1.proto"]);
    assert_eq!(
        schema.packages().collect::<Vec<_>>(),
        ["mixed.v1", "mixed.v1.rsrpc"]
    );
    assert_eq!(Schema::file_name("mixed.v1"), "mixed/v1.proto");
}

#[test]
fn generated_messages_as_fields_of_derived_ones() {
    let mixed = mixed();
    assert_eq!(Mixed::decode(mixed.encode_to_vec().as_slice()), Ok(mixed.clone()));
    let text = json::to_string(&mixed, &JsonContext::new()).expect("JSON");
    assert_eq!(text, r#"{"request":{"text":"a"},"replies":[{}],"reply":{}}"#);
    assert_eq!(
        json::from_str::<Mixed>(&text, &JsonContext::new()).expect("what was written"),
        mixed
    );
    assert_eq!(Mixed::full_name(), "mixed.v1.Mixed");
    assert_eq!(Mixed::type_url(), "type.googleapis.com/mixed.v1.Mixed");
}

#[test]
fn default_package_is_the_crate_name() {
    #[derive(Message)]
    struct Unsaid {}
    assert_eq!(Unsaid::full_name(), "rsrpc_tests.Unsaid");
}

/// Errors of the schema of a type and its dependencies.
fn check<T: rsrpc_runtime::schema::Describe>(expected: &[&str]) {
    let schema = Schema::of::<T>();
    let package = schema.packages().next().expect("a package").to_owned();
    let error = schema.to_proto(&package).expect_err("a problem");
    assert_eq!(error.problems(), expected);
}

mod clash {
    use super::{Enum, Message};

    #[derive(Message)]
    #[rpc(package = "clash")]
    pub(super) struct Both {
        #[rpc(tag = 1)]
        one: Option<one::Same>,
        #[rpc(tag = 2)]
        two: Option<two::Same>,
    }

    mod one {
        #[derive(super::Message)]
        #[rpc(package = "clash")]
        pub(super) struct Same {}
    }

    mod two {
        #[derive(super::Message)]
        #[rpc(package = "clash")]
        pub(super) struct Same {}
    }

    #[derive(Message)]
    #[rpc(package = "circle.a")]
    pub(super) struct Circle {
        #[rpc(tag = 1)]
        back: Vec<Back>,
    }

    #[derive(Message)]
    #[rpc(package = "circle.b")]
    struct Back {
        #[rpc(tag = 1)]
        forth: Vec<Circle>,
    }

    #[derive(Message)]
    #[rpc(package = "testing")]
    pub(super) struct SameFile {
        #[rpc(tag = 1)]
        request: Option<rsrpc_tests::testing::Request>,
    }

    #[derive(Message)]
    #[rpc(package = "values")]
    pub(super) struct Values {
        #[rpc(tag = 1)]
        one: One,
        #[rpc(tag = 2)]
        two: Two,
    }

    /// A message of code that was generated with `descriptor=off`.
    pub(super) struct Undescribed;

    impl rsrpc_runtime::schema::Describe for Undescribed {
        fn describe(schema: &mut rsrpc_runtime::schema::Schema) {
            schema.add_compiled::<Self>("generated.Undescribed", &[]);
        }
    }

    #[derive(Enum)]
    #[rpc(package = "values")]
    enum One {
        #[rpc(number = 0, name = "NOTHING")]
        Nothing,
        Unknown(i32),
    }

    #[derive(Enum)]
    #[rpc(package = "values")]
    enum Two {
        #[rpc(number = 0, name = "NOTHING")]
        Nothing,
        Unknown(i32),
    }
}

#[test]
fn inexpressible_schemas_are_reported() {
    check::<clash::Both>(&[
        "clash.Same is defined by two Rust types, `trait_first::schema::clash::one::Same` and \
         `trait_first::schema::clash::two::Same`: rename one of them with #[rpc(name = \"…\")]",
    ]);
    check::<clash::Circle>(&[
        "import cycle between circle/a.proto, circle/b.proto: move these types into one package",
    ]);
    check::<clash::SameFile>(&[
        "cannot export the package `testing`: testing.proto is also the source of generated code; give the Rust \
         definitions another package with #[rpc(package = \"…\")]",
    ]);
    check::<clash::Values>(&[
        "NOTHING is a value of both values.One and values.Two, but enum values of a package share one scope: rename \
         one of them with #[rpc(name = \"…\")]",
    ]);
    let error = Schema::of::<clash::Undescribed>()
        .to_proto("generated")
        .expect_err("a problem");
    assert_eq!(
        error.problems(),
        ["generated.Undescribed has no descriptor: generate its code without descriptor=off"]
    );
    let error = Schema::of::<Mixed>().to_proto("nothing").expect_err("a problem");
    assert_eq!(
        error.to_string(),
        "the package `nothing` has no definitions in Rust"
    );
}
