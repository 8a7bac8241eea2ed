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
    from_tonic = "from-tonic.md";
    from_jsonrpsee = "from-jsonrpsee.md";
    from_go = "from-go.md";
    prost_versions = "prost-versions.md";
    macros_service = "macros/service.md";
    diagnostics_service = "diagnostics/service.md";
    diagnostics_options = "diagnostics/options.md";
}
