//! Other types with the names of the file's types.

use rsrpc_runtime::{Context, Status, service};

mod other {
    pub struct Question;
    pub struct Answer;
}

#[service(proto = "protos/one.proto")]
pub trait One {
    async fn ask(&self, cx: &Context, request: other::Question) -> Result<other::Answer, Status>;
}

fn main() {}
