//! Compiles .proto files from build.rs.
