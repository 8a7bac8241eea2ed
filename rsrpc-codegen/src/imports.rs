//! Finds the imports that need generated code when all code is in one place.

use std::collections::{HashMap, HashSet};

use crate::input::{Files, SourceFile, definitions};
use crate::types::RustTypes;
use crate::{Diagnostics, Request};

impl Request {
    /// Adds the imported files that define messages or enums used by the generated files, directly or indirectly,
    /// unless Rust code exists for them.
    ///
    /// # Errors
    /// Returns an error if a descriptor cannot be decoded.
    pub fn with_imports(mut self) -> Result<Self, Diagnostics> {
        let files = Files::load(&self).map_err(Diagnostics::new)?;
        let types = RustTypes::new(&files, &self.options);
        let mut defined = HashMap::new();
        for source in files.all() {
            let messages = definitions::messages(&source.file)
                .into_iter()
                .map(|at| at.full_name);
            let enums = definitions::enums(&source.file)
                .into_iter()
                .map(|at| at.full_name);
            defined.extend(messages.chain(enums).map(|name| (name, source)));
        }
        let mut seen: HashSet<_> = self.generate.iter().cloned().collect();
        let mut open: Vec<_> = files.generated().map(|(_, source)| source).collect();
        while let Some(source) = open.pop() {
            for name in referred(source) {
                let file = defined
                    .get(name)
                    .filter(|_| types.external(name).is_none())
                    .filter(|file| !seen.contains(&file.file.name));
                if let Some(file) = file {
                    seen.insert(file.file.name.clone());
                    self.generate.push(file.file.name.clone());
                    open.push(file);
                }
            }
        }
        Ok(self)
    }
}

/// Returns the full names of all types that a file's fields and methods use.
fn referred(source: &SourceFile) -> Vec<&str> {
    let messages = definitions::messages(&source.file);
    let fields = messages.iter().flat_map(|at| &at.item.field);
    let methods = source.file.service.iter().flat_map(|service| &service.method);
    fields
        .map(|field| &field.type_name)
        .chain(methods.flat_map(|method| [&method.input_type, &method.output_type]))
        .map(|name| name.trim_start_matches('.'))
        .filter(|name| !name.is_empty())
        .collect()
}
