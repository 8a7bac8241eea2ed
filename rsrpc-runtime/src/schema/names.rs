//! Proto names.

/// `scope.name`, or the name alone in the empty package.
pub(super) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        format!("{scope}.{name}")
    }
}

/// The scope of a full name, and what is left: `a.b.C` is `C` in `a.b`.
pub(super) fn split(full_name: &str) -> (&str, &str) {
    full_name.rsplit_once('.').unwrap_or(("", full_name))
}

/// The lowerCamelCase name that proto3 JSON gives a field: each underscore goes, the letter after it is capital.
pub(super) fn json(name: &str) -> String {
    without_underscores(name, false)
}

/// The name that protoc gives the entry of a map: `user_names` is `UserNamesEntry`.
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

/// The path of the file that holds what a package defines in Rust.
pub(super) fn file(package: &str) -> String {
    if package.is_empty() {
        "_.proto".to_owned()
    } else {
        package.replace('.', "/") + ".proto"
    }
}
