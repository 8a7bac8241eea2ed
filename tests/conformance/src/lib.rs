//! Shared code of the programs in `bin/`, each driven by an external suite:
//!
//! | program | suite |
//! |---|---|
//! | `conformance-server`, `conformance-client` | [connectrpc.com/conformance](https://github.com/connectrpc/conformance) |
//! | `interop-server`, `interop-client` | [gRPC's interoperability tests](https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md) |

pub mod interop;
pub mod suite;

/// An error of a program, for its log.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
