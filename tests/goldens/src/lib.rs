//! The golden files of the generator, compiled as a user's crate would: without a warning, and though the crate demands
//! docs.
#![deny(missing_docs, warnings)]

macro_rules! goldens {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("The case `", stringify!($name), "`.")]
            pub mod $name {
                include!(concat!("../../../rsrpc-codegen/tests/golden/", stringify!($name), "/mod.rs"));
            }
        )*
    };
}

pub use rsrpc_runtime as runtime;

/// What earlier versions generated: today's runtime compiles it, with a warning at most where something is deprecated.
#[allow(deprecated)]
pub mod releases {
    include!("../releases/releases.rs");
}

/// The case `mod_file`, whose tree has a name of its own.
pub mod mod_file {
    include!("../../../rsrpc-codegen/tests/golden/mod_file/tree.rs");
}

/// The case `messages_none`, whose messages another generator may have put into this module.
pub mod messages_none {
    pub use crate::json_off::helloworld::{HelloReply, HelloRequest};
    include!("../../../rsrpc-codegen/tests/golden/messages_none/helloworld.rs");
}

goldens! {
    greeter kinds proto2 proto2_corners editions method_options names no_package comments packages client_off server_off messages_only json_off
    descriptor_off default_stubs extern_path bytes bytes_of_one runtime_path jsonrpc_off mock_off dyn_off btree_map
    boxed boxed_all type_attribute field_attribute enum_attribute client_feature server_feature both_features layout_file
    include_only exclude config messages_none_jsonrpc
}
