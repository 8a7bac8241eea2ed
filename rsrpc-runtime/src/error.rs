//! The erased error that crosses module boundaries before it becomes a `Status`.

/// An error of any type, as bodies and tower services produce it.
#[cfg_attr(
    not(feature = "server"),
    allow(unreachable_pub, reason = "the module `server` re-exports it")
)]
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
