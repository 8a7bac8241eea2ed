//! The pages of `docs/`, their snippets as doc tests.

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
    generated_api = "generated-api.md";
    options = "options.md";
    limits = "limits.md";
    grpc_web = "grpc-web.md";
    from_tonic = "from-tonic.md";
    from_jsonrpsee = "from-jsonrpsee.md";
    from_go = "from-go.md";
    prost_versions = "prost-versions.md";
    mocks = "mocks.md";
    one_type = "dyn.md";
    tls = "tls.md";
    health = "health.md";
    reflection = "reflection.md";
    macros_service = "macros/service.md";
    macros_messages = "macros/messages.md";
    macros_proto = "macros/proto.md";
    macros_rpc_error = "macros/rpc-error.md";
    diagnostics_service = "diagnostics/service.md";
    names = "names.md";
    diagnostics_names = "diagnostics/names.md";
    protobuf = "protobuf.md";
    method_options = "method-options.md";
    grpc_messages = "messages.md";
    errors = "errors.md";
    build_script = "build-script.md";
    diagnostics_editions = "diagnostics/editions.md";
    diagnostics_messages = "diagnostics/messages.md";
    diagnostics_proto_macro = "diagnostics/proto-macro.md";
    diagnostics_rpc_error = "diagnostics/rpc-error.md";
    diagnostics_options = "diagnostics/options.md";
}
