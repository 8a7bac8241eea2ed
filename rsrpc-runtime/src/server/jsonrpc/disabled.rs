//! Replaces JSON-RPC when the feature `jsonrpc` is disabled. No request is claimed.

pub(super) mod dispatch {
    use crate::server::cors::AllowedOrigins;
    use crate::server::limits::Limits;
    use crate::server::routes::Routes;
    use crate::server::serve_error::ServeError;

    use super::settings::JsonRpcSettings;

    pub(crate) struct JsonRpc;

    impl JsonRpc {
        pub(crate) fn new(
            _: &mut Routes,
            _: JsonRpcSettings,
            _: AllowedOrigins,
            _: Limits,
        ) -> Result<Self, ServeError> {
            Ok(Self)
        }
    }
}

pub(super) mod http {
    use http::{Request, Response};

    use super::dispatch::JsonRpc;
    use crate::server::body::Body;
    use crate::server::caller::CallerInfo;
    use crate::server::refusal::{NOT_FOUND, Refusal};
    use crate::server::shutdown::CallGuard;

    pub(crate) enum JsonRpcClaim {
        Responded(Response<Body>),
        Call(JsonPost),
        Refused(Refusal),
    }

    /// A call that is never created.
    pub(crate) enum JsonPost {}

    impl JsonRpc {
        pub(crate) fn claim<B>(&self, _: &Request<B>, _: Option<&CallGuard>) -> JsonRpcClaim {
            JsonRpcClaim::Refused(NOT_FOUND)
        }
    }

    impl JsonPost {
        pub(crate) async fn respond(self, _: &JsonRpc, _: Request<Body>, _: CallerInfo) -> Response<Body> {
            match self {}
        }
    }
}

pub(super) mod names {
    use crate::call::ServiceDescriptor;
    use crate::server::route::SharedRoute;

    #[derive(Default)]
    pub(crate) struct JsonMethods;

    impl JsonMethods {
        pub(crate) fn unary<T, F, Rx, Tx, Req, Rep>(&mut self, _: SharedRoute<T, F, Rx, Tx, Req, Rep>) {}

        pub(crate) fn streaming<T, F, Rx, Tx, Req, Rep>(&mut self, _: SharedRoute<T, F, Rx, Tx, Req, Rep>) {}

        pub(crate) fn aliases(&mut self, _: &'static ServiceDescriptor, _: &[(String, String)]) {}
    }
}

pub(super) mod settings {
    use crate::call::JsonContext;

    #[derive(Default)]
    pub(crate) struct JsonRpcSettings;

    impl JsonRpcSettings {
        pub(in crate::server) fn grpc_json(&self) -> JsonContext {
            JsonContext::new()
        }
    }
}
