//! The identifiers of one Rust scope.

use std::collections::HashSet;

/// The identifiers of one namespace of one scope.
#[derive(Default)]
pub(super) struct Scope {
    taken: HashSet<String>,
}

impl Scope {
    /// Takes an identifier and returns whether it was free.
    pub(super) fn take(&mut self, ident: &str) -> bool {
        self.taken.insert(ident.to_owned())
    }

    /// Returns whether an identifier is free.
    pub(super) fn is_free(&self, ident: &str) -> bool {
        !self.taken.contains(ident)
    }

    /// Takes the first free identifier of `base`, `base2`, `base3`, …, as formatted by `number`.
    pub(super) fn take_numbered(&mut self, base: &str, number: fn(&str, usize) -> String) -> String {
        let mut ident = base.to_owned();
        let mut next = 2;
        while !self.take(&ident) {
            ident = number(base, next);
            next += 1;
        }
        ident
    }
}

/// Returns `FooBar2`, or `Self2` for the base `Self_`.
pub(super) fn camel_number(base: &str, number: usize) -> String {
    format!("{}{number}", base.trim_end_matches('_'))
}

/// Returns `foo_bar_2`, also for a raw base.
pub(super) fn snake_number(base: &str, number: usize) -> String {
    format!("{}_{number}", base.trim_start_matches("r#").trim_end_matches('_'))
}
