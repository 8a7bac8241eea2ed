//! Resolves options that imply or exclude each other.

use super::{Messages, Options};
use crate::Diagnostic;

impl Options {
    /// Returns the options with all implications applied.
    pub(crate) fn effective(&self) -> Self {
        let mut effective = self.clone();
        if self.messages == Messages::None {
            effective.json = false;
        }
        effective.jsonrpc = match (self.messages, self.json) {
            (_, false) => false,
            // No messages are generated, so only the user knows whether they support JSON.
            (Messages::None, true) => self.jsonrpc && self.is_explicit("jsonrpc"),
            (Messages::Prost, true) => self.jsonrpc,
        };
        if !self.client && !self.server {
            // Both need the trait, which is not generated.
            effective.mock = false;
            effective.r#dyn = false;
        }
        effective.explicit.clear();
        effective
    }

    /// Returns an error for each invalid value and each contradiction.
    pub(crate) fn check(&self) -> Vec<Diagnostic> {
        let mut errors = self.check_values();
        let mut contradict = |one: &str, other: &str, why: &str| {
            errors.push(Diagnostic::error(format!(
                "options `{one}` and `{other}` contradict each other: {why}"
            )));
        };
        let none = self.messages == Messages::None;
        if none && self.is_explicit("json") {
            contradict(
                "messages=none",
                "json=on",
                "JSON conversions are generated with the messages; leave out `json`, and set `jsonrpc=on` if \
                 the existing messages have them",
            );
        }
        if !self.json && self.is_explicit("jsonrpc") {
            contradict(
                "jsonrpc=on",
                "json=off",
                "JSON-RPC needs the JSON of the messages",
            );
        }
        if !self.client && !self.server {
            for name in ["mock", "dyn"] {
                if self.is_explicit(name) {
                    contradict(
                        &format!("{name}=on"),
                        "client=off,server=off",
                        "without clients and servers there is no trait",
                    );
                }
            }
        }
        errors
    }

    /// Returns a warning for each option without effect.
    pub(crate) fn without_effect(&self) -> Vec<Diagnostic> {
        let mut without_effect = Vec::new();
        if self.messages == Messages::None {
            let about_messages = [
                ("bytes", self.bytes.is_empty()),
                ("btree_map", self.btree_map.is_empty()),
                ("boxed", self.boxed.is_empty()),
                ("type_attribute", self.type_attribute.is_empty()),
                ("field_attribute", self.field_attribute.is_empty()),
                ("enum_attribute", self.enum_attribute.is_empty()),
            ];
            let given = about_messages.into_iter().filter(|(_, empty)| !empty);
            without_effect.extend(given.map(|(name, _)| (name, "messages=none")));
        }
        if self.client_feature.is_some() && !self.client {
            without_effect.push(("client_feature", "client=off"));
        }
        if self.server_feature.is_some() && !self.server {
            without_effect.push(("server_feature", "server=off"));
        }
        if self.default_stubs && !self.client && !self.server {
            without_effect.push(("default_stubs", "client=off,server=off"));
        }
        let warning = |(name, other): (&str, &str)| {
            Diagnostic::warning(format!("option `{name}` has no effect with `{other}`"))
        };
        without_effect.into_iter().map(warning).collect()
    }

    fn is_explicit(&self, name: &str) -> bool {
        self.explicit.contains(&name)
    }
}
