//! Names of generated files.

/// What the file of a package is called, without `.rs`: `google.api`, or `_` where there is no name.
pub(crate) fn file_stem(package: &str) -> &str {
    match package {
        "" => "_",
        // Not to be mistaken for the module tree.
        "mod" => "r#mod",
        _ => package,
    }
}
