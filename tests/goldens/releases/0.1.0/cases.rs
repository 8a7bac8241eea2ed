// Written by `cargo xtask snapshot`.

/// The case `greeter`.
pub mod greeter {
    include!("greeter/mod.rs");
}

/// The case `kinds`.
pub mod kinds {
    include!("kinds/mod.rs");
}

/// The case `proto2`.
pub mod proto2 {
    include!("proto2/mod.rs");
}

/// The case `packages`.
pub mod packages {
    include!("packages/mod.rs");
}

/// The case `bytes`.
pub mod bytes {
    include!("bytes/mod.rs");
}

/// The case `json_off`.
pub mod json_off {
    include!("json_off/mod.rs");
}

/// The case `default_stubs`.
pub mod default_stubs {
    include!("default_stubs/mod.rs");
}
