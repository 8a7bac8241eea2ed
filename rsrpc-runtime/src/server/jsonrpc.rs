//! JSON-RPC on the server's side: one text in, at most one text out.
//!
//! [`dispatch`] prepares calls, [`http`] has the rules of HTTP, [`names`] finds the method, [`route`] and [`call`] run one call, [`batch`] several.

mod batch;
mod body;
mod call;
pub(super) mod dispatch;
pub(super) mod http;
pub(super) mod names;
mod route;
pub(super) mod settings;
