//! Assigns JSON names to fields. proto2 and `json_format = LEGACY_BEST_EFFORT` allow two fields with the same JSON
//! name, but a JSON object does not.

use std::collections::HashMap;

use super::descriptor::{FieldDescriptor, MessageDescriptor};
use crate::naming;

/// The JSON names of a message's fields, by their index.
pub(crate) struct JsonNames {
    pub(crate) names: Vec<String>,
    /// Fields that lost their name, each with the field that keeps it.
    pub(crate) renamed: Vec<(usize, usize)>,
}

/// Returns unique JSON names. The field whose proto name equals the JSON name keeps it, otherwise the first one. The
/// others use their proto names, which JSON readers always accept.
pub(crate) fn json_names(message: &MessageDescriptor) -> JsonNames {
    let mut names: Vec<String> = message.field.iter().map(json_name).collect();
    let mut owners: HashMap<&str, usize> = HashMap::new();
    for (index, (field, name)) in message.field.iter().zip(&names).enumerate() {
        let owner = owners.entry(name).or_insert(index);
        let is_literal = |index: usize| message.field.get(index).is_some_and(|field| field.name == *name);
        if field.name == *name && !is_literal(*owner) {
            *owner = index;
        }
    }
    let lost = names.iter().enumerate().filter_map(|(index, name)| {
        let owner = *owners.get(name.as_str())?;
        (owner != index).then_some((index, owner))
    });
    let renamed: Vec<_> = lost.collect();
    for (index, _) in &renamed {
        if let (Some(name), Some(field)) = (names.get_mut(*index), message.field.get(*index)) {
            name.clone_from(&field.name);
        }
    }
    JsonNames { names, renamed }
}

fn json_name(field: &FieldDescriptor) -> String {
    match field.json_name.as_str() {
        "" => naming::json(&field.name),
        given => given.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fields: &[(&str, &str)], expected: &[&str], renamed: &[(usize, usize)]) {
        let field = |&(name, json_name): &(&str, &str)| FieldDescriptor {
            name: name.to_owned(),
            json_name: json_name.to_owned(),
            ..Default::default()
        };
        let message = MessageDescriptor {
            field: fields.iter().map(field).collect(),
            ..Default::default()
        };
        let found = json_names(&message);
        assert_eq!(
            (found.names.iter().map(String::as_str).collect(), &*found.renamed),
            (expected.to_vec(), renamed)
        );
    }

    #[test]
    fn names_are_of_one_field() {
        check(&[("foo_bar", ""), ("x", "@")], &["fooBar", "@"], &[]);
        check(
            &[("foo_bar", ""), ("fooBar", "")],
            &["foo_bar", "fooBar"],
            &[(0, 1)],
        );
        check(
            &[("fooBar", ""), ("foo_bar", "")],
            &["fooBar", "foo_bar"],
            &[(1, 0)],
        );
        check(
            &[("foo_bar", ""), ("foo__bar", "")],
            &["fooBar", "foo__bar"],
            &[(1, 0)],
        );
        check(
            &[("foo_bar", ""), ("foo__bar", ""), ("fooBar", "")],
            &["foo_bar", "foo__bar", "fooBar"],
            &[(0, 2), (1, 2)],
        );
        check(&[("a", "x"), ("b", "x")], &["x", "b"], &[(1, 0)]);
    }
}
