//! Names of generated files.

/// Returns the name of a package's file without `.rs`: `google.api`, or `_` for the unnamed package.
pub(crate) fn file_stem(package: &str) -> &str {
    match package {
        "" => "_",
        // `mod.rs` is the module tree.
        "mod" => "r#mod",
        _ => package,
    }
}
