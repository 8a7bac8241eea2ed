//! JSON-RPC on the server: one text in, at most one text out.
//!
//! [`http`] applies the rules of HTTP and [`body`] reads the request. [`dispatch`] prepares the calls, [`names`]
//! looks up their methods, [`route`] and [`call`] run one call, and [`batch`] runs several.

mod batch;
mod body;
mod call;
pub(super) mod dispatch;
pub(super) mod http;
pub(super) mod names;
mod route;
pub(super) mod settings;
