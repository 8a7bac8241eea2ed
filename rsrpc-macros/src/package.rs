//! The proto package that definitions of a crate belong to.
