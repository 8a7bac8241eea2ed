//! Compiles the examples of the pages in `docs/` as doc tests.

macro_rules! pages {
    ($($name:ident = $path:literal;)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../../../docs/", $path))]
            mod $name {}
        )*
    };
}

pages! {
    contents = "README.md";
    status = "status.md";
    serving = "serving.md";
    channels = "channels.md";
    streaming = "streaming.md";
    interceptors = "interceptors.md";
    errors = "errors.md";
    glossary = "glossary.md";
    generated_api = "generated-api.md";
    build_script = "build-script.md";
    protoc = "protoc.md";
    options = "options.md";
    method_options = "method-options.md";
    protobuf = "protobuf.md";
    names = "names.md";
    mocks = "mocks.md";
    type_erased = "dyn.md";
    macros_service = "macros/service.md";
    macros_messages = "macros/messages.md";
    macros_proto = "macros/proto.md";
    macros_rpc_error = "macros/rpc-error.md";
    jsonrpc = "jsonrpc.md";
    grpc_web = "grpc-web.md";
    grpc_messages = "messages.md";
    deployment = "deployment.md";
    tls = "tls.md";
    limits = "limits.md";
    health = "health.md";
    reflection = "reflection.md";
    reconnecting = "reconnecting.md";
    diagnostics_options = "diagnostics/options.md";
    diagnostics_names = "diagnostics/names.md";
    diagnostics_editions = "diagnostics/editions.md";
    diagnostics_messages = "diagnostics/messages.md";
    diagnostics_service = "diagnostics/service.md";
    diagnostics_proto_macro = "diagnostics/proto-macro.md";
    diagnostics_rpc_error = "diagnostics/rpc-error.md";
    from_tonic = "from-tonic.md";
    from_jsonrpsee = "from-jsonrpsee.md";
    from_go = "from-go.md";
    comparison = "comparison.md";
    prost_versions = "prost-versions.md";
    internals_index = "internals/README.md";
    internals_server_calls = "internals/server-calls.md";
    internals_client_calls = "internals/client-calls.md";
    internals_connections_and_limits = "internals/connections-and-limits.md";
    internals_tls = "internals/tls.md";
    internals_json = "internals/json.md";
    internals_compile_time_and_size = "internals/compile-time-and-size.md";
    internals_generator = "internals/generator.md";
    internals_generated_code = "internals/generated-code.md";
    internals_definitions_in_rust = "internals/definitions-in-rust.md";
}
