//! From proto names to Rust names, by prost's rules: messages are named by prost-build, and what we name must agree
//! with it wherever a path leads to a message.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// What a name of underscores alone is called.
const UNDERSCORE: &str = "underscore";

/// The beginnings of JSON-RPC names that are not a user's: the specification's own, those of streams, those of
/// `$/cancelRequest` and its like.
pub(crate) const RESERVED_IN_JSONRPC: [&str; 3] = ["rpc.", "rsrpc_", "$/"];

/// A field, module or method: `SayHello` is `say_hello`.
pub(crate) fn snake(name: &str) -> String {
    sanitize(expressible(name).to_snake_case())
}

/// A type or variant: `hello_request` is `HelloRequest`.
pub(crate) fn camel(name: &str) -> String {
    sanitize(expressible(name).to_upper_camel_case())
}

/// A constant: `SayHello` is `SAY_HELLO`. No keyword is in capitals.
pub(crate) fn shouty(name: &str) -> String {
    let name = expressible(name).to_shouty_snake_case();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("_{name}")
    } else {
        name
    }
}

/// A value of an enum: without the enum's name in front, unless what is left would not begin with a capital.
pub(crate) fn variant(enum_ident: &str, value: &str) -> String {
    let value = camel(value);
    let stripped = value
        .strip_prefix(enum_ident)
        .filter(|rest| rest.starts_with(char::is_uppercase));
    sanitize(stripped.unwrap_or(&value).to_owned())
}

/// A method of a service's trait and client. Its client has a constructor `new`, so an rpc of that name gives way.
pub(crate) fn method(name: &str) -> String {
    match snake(name) {
        new if new == "new" => "new_".to_owned(),
        other => other,
    }
}

/// `scope.name`, or the name alone in the empty package.
pub(crate) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        format!("{scope}.{name}")
    }
}

/// Whether a name is what the proto grammar calls an identifier.
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

/// A name that may be anything, as an error shows it: escaped, and not longer than a line.
pub(crate) fn for_display(name: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = name.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if name.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether something is left of a name once its underscores are gone.
pub(crate) fn has_letters_or_digits(name: &str) -> bool {
    name.bytes().any(|byte| byte != b'_')
}

/// The lowerCamelCase name that proto3 JSON gives a field: each underscore goes, the letter after it is capital.
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

/// The identifier of a name that [`sanitize`] has passed.
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
        // No raw identifiers exist for these.
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
