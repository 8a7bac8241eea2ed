//! Identifiers of generated items that several emitters name.

use proc_macro2::Ident;
use quote::format_ident;

use crate::model::{MethodKind, Service};
use crate::naming;

/// `GreeterMethods`.
pub(super) fn methods_ident(service: &Service) -> Ident {
    format_ident!("{}Methods", service.ident)
}

/// `GREETER_SERVICE`.
pub(super) fn service_ident(service: &Service) -> Ident {
    naming::ident(&format!("{}_SERVICE", naming::shouty(&service.ident.to_string())))
}

/// Returns the runtime's method name for a kind of rpc.
pub(super) fn kind(kind: MethodKind) -> Ident {
    format_ident!(
        "{}",
        match kind {
            MethodKind::Unary => "unary",
            MethodKind::ServerStreaming => "server_streaming",
            MethodKind::ClientStreaming => "client_streaming",
            MethodKind::Bidi => "bidi",
        }
    )
}

/// Returns the type parameter of implementations: `T`, or `S` for a service named `T`.
pub(super) fn implementation_ident(service: &Service) -> Ident {
    if service.ident == "T" {
        format_ident!("S")
    } else {
        format_ident!("T")
    }
}
