// Written by `cargo xtask snapshot`.

/// What 0.1.0 generated.
pub mod v0_1_0 {
    include!("0.1.0/cases.rs");
}
