//! Doc comments and `#[deprecated]`.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns the lines of the doc comment without their leading space.
pub(super) fn docs(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
    {
        let Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) = &meta.value
        else {
            continue;
        };
        let text = text.value();
        lines.extend(
            text.lines()
                .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()),
        );
        if text.is_empty() {
            lines.push(String::new());
        }
    }
    lines.join("\n")
}

/// Returns true if `#[deprecated]` is present.
pub(super) fn is_deprecated(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("deprecated"))
}
