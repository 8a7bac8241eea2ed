//! Maps proto names to Rust names by prost's rules. prost-build names messages, so names of the generator must match
//! wherever a path refers to a message.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// The Rust name of a name that consists of underscores.
const UNDERSCORE: &str = "underscore";

/// Reserved prefixes of JSON-RPC names: those of the specification, of streams, and of `$/cancelRequest`.
pub(crate) const RESERVED_IN_JSONRPC: [&str; 3] = ["rpc.", "rsrpc_", "$/"];

/// Returns the name of a field, module or method: `say_hello` for `SayHello`.
pub(crate) fn snake(name: &str) -> String {
    sanitize(expressible(name).to_snake_case())
}

/// Returns the name of a type or variant: `HelloRequest` for `hello_request`.
pub(crate) fn camel(name: &str) -> String {
    sanitize(expressible(name).to_upper_camel_case())
}

/// Returns the name of a constant: `SAY_HELLO` for `SayHello`. No keyword is in upper case.
pub(crate) fn shouty(name: &str) -> String {
    let name = expressible(name).to_shouty_snake_case();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("_{name}")
    } else {
        name
    }
}

/// Returns the variant of an enum value, without the enum's name as a prefix unless the remainder would not start with
/// an upper-case letter.
pub(crate) fn variant(enum_ident: &str, value: &str) -> String {
    let value = camel(value);
    let stripped = value
        .strip_prefix(enum_ident)
        .filter(|rest| rest.starts_with(char::is_uppercase));
    sanitize(stripped.unwrap_or(&value).to_owned())
}

/// Returns the method name in trait and client. An rpc named `New` becomes `new_`, because clients have a constructor
/// `new`.
pub(crate) fn method(name: &str) -> String {
    match snake(name) {
        new if new == "new" => "new_".to_owned(),
        other => other,
    }
}

/// Returns `scope.name`, or the name alone in the unnamed package.
pub(crate) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        format!("{scope}.{name}")
    }
}

/// Returns whether a name is an identifier of the proto grammar.
#[must_use]
pub fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first == b'_' || first.is_ascii_alphabetic())
        && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

fn expressible(name: &str) -> &str {
    if has_letters_or_digits(name) {
        name
    } else {
        UNDERSCORE
    }
}

/// Formats an arbitrary name for an error: escaped, and truncated to one line.
pub(crate) fn for_display(name: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = name.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if name.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Returns whether the name has characters other than underscores.
pub(crate) fn has_letters_or_digits(name: &str) -> bool {
    name.bytes().any(|byte| byte != b'_')
}

/// Returns the lowerCamelCase name of a field in proto3 JSON: underscores are removed, and the letter after each is
/// upper case.
#[must_use]
pub fn json(name: &str) -> String {
    let mut result = String::with_capacity(name.len());
    let mut capital = false;
    for character in name.chars() {
        if character == '_' {
            capital = true;
        } else if std::mem::take(&mut capital) {
            result.push(character.to_ascii_uppercase());
        } else {
            result.push(character);
        }
    }
    result
}

/// Returns the identifier of a sanitized name.
pub(crate) fn ident(name: &str) -> proc_macro2::Ident {
    match name.strip_prefix("r#") {
        Some(raw) => proc_macro2::Ident::new_raw(raw, proc_macro2::Span::call_site()),
        None => proc_macro2::Ident::new(name, proc_macro2::Span::call_site()),
    }
}

fn sanitize(name: String) -> String {
    match name.as_str() {
        "as" | "break" | "const" | "continue" | "else" | "enum" | "false" | "fn" | "for" | "if" | "impl"
        | "in" | "let" | "loop" | "match" | "mod" | "move" | "mut" | "pub" | "ref" | "return" | "static"
        | "struct" | "trait" | "true" | "type" | "unsafe" | "use" | "where" | "while" | "dyn"
        | "abstract" | "become" | "box" | "do" | "final" | "macro" | "override" | "priv" | "typeof"
        | "unsized" | "virtual" | "yield" | "async" | "await" | "try" | "gen" => format!("r#{name}"),
        // These words cannot be raw identifiers.
        "_" | "super" | "self" | "Self" | "extern" | "crate" => format!("{name}_"),
        digit if digit.starts_with(|first: char| first.is_ascii_digit()) => format!("_{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_rust() {
        for (proto, expected) in [
            ("SayHello", "say_hello"),
            ("Move", "r#move"),
            ("Self", "self_"),
            ("crate", "crate_"),
            ("super", "super_"),
            ("XMLHttp2", "xml_http2"),
            ("_1", "_1"),
            ("New", "new_"),
        ] {
            assert_eq!(method(proto), expected);
        }
        assert_eq!(camel("self"), "Self_");
        assert_eq!(camel("google_api"), "GoogleApi");
        assert_eq!(shouty("SayHello"), "SAY_HELLO");
        assert_eq!(shouty("_1"), "_1");
        assert_eq!(snake("New"), "new");
    }

    #[test]
    fn json_names_follow_protoc() {
        for (proto, expected) in [
            ("big_number", "bigNumber"),
            ("a__b", "aB"),
            ("_x", "X"),
            ("x_", "x"),
            ("f_1", "f1"),
            ("aB", "aB"),
        ] {
            assert_eq!(json(proto), expected);
        }
    }
}
