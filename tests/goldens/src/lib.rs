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

goldens! {
    greeter kinds proto2 proto2_corners editions method_options names no_package comments packages client_off server_off messages_only json_off
    descriptor_off default_stubs extern_path bytes bytes_of_one runtime_path
}
