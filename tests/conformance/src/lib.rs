//! What the programs in `bin/` share. Each is driven by a suite that others wrote:
//!
//! | program | suite |
//! |---|---|
//! | `conformance-server`, `conformance-client` | [connectrpc.com/conformance](https://github.com/connectrpc/conformance) |
//! | `interop-server`, `interop-client` | [gRPC's interoperability tests](https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md) |

pub mod interop;
pub mod suite;

/// An error of a program: a sentence for its log.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
