//! Protobuf names.

/// Returns `scope.name`, or only the name in the empty package.
pub(super) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        format!("{scope}.{name}")
    }
}

/// Splits a full name into scope and name: `a.b.C` into `a.b` and `C`.
pub(super) fn split(full_name: &str) -> (&str, &str) {
    full_name.rsplit_once('.').unwrap_or(("", full_name))
}

/// Returns the proto3 JSON name of a field: lowerCamelCase, without underscores.
pub(super) fn json(name: &str) -> String {
    without_underscores(name, false)
}

/// Returns protoc's name of a map entry: `UserNamesEntry` for `user_names`.
pub(super) fn entry(field: &str) -> String {
    without_underscores(field, true) + "Entry"
}

fn without_underscores(name: &str, mut capital: bool) -> String {
    let mut result = String::with_capacity(name.len());
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

/// Returns the path of the file that a package defined in Rust is exported to.
pub(super) fn file(package: &str) -> String {
    if package.is_empty() {
        "_.proto".to_owned()
    } else {
        package.replace('.', "/") + ".proto"
    }
}
