//! Names services next to the messages of their package, and their methods.

use super::scope::{Scope, camel_number, snake_number};
use super::{RustNames, record_rename};
use crate::input::SourceFile;
use crate::input::descriptor::ServiceDescriptor;
use crate::naming;

/// Suffixes of a service's items. All count regardless of options, so that enabling mocks never renames an item.
const ITEMS: [&str; 6] = ["", "Methods", "Server", "Client", "Mock", "Dyn"];

impl RustNames {
    /// Names the services of a package; `scope` holds its types and modules.
    pub(super) fn services(&mut self, sources: &[&SourceFile], scope: &mut Scope) {
        let mut statics = Scope::default();
        let services = sources.iter().flat_map(|source| {
            let package = &source.file.package;
            let services = source.file.service.iter();
            services.map(move |service| (naming::join(package, &service.name), service))
        });
        let mut services: Vec<_> = services
            .map(|(full_name, service)| (naming::camel(&service.name), full_name, service))
            .collect();
        services.sort_by_key(|(plain, _, service)| *plain != service.name);
        let mut renumbered = Vec::new();
        for (plain, full_name, service) in services {
            self.methods(&full_name, service);
            if take_items(&plain, scope, &mut statics) {
                record_rename(&mut self.services, full_name, &plain, plain.clone());
            } else {
                renumbered.push((plain, full_name));
            }
        }
        for (plain, full_name) in renumbered {
            let base = format!("{plain}Service");
            let mut ident = base.clone();
            let mut number = 2;
            while !take_items(&ident, scope, &mut statics) {
                ident = camel_number(&base, number);
                number += 1;
            }
            record_rename(&mut self.services, full_name, &plain, ident);
        }
    }

    /// Names the methods of a service. Names that follow protobuf's style guide take precedence.
    fn methods(&mut self, service_name: &str, service: &ServiceDescriptor) {
        let mut scope = Scope::default();
        let mut methods: Vec<_> = service.method.iter().map(|method| method.name.as_str()).collect();
        methods.sort_by_key(|name| naming::camel(name) != *name);
        let mut renumbered = Vec::new();
        for name in methods {
            let plain = naming::method(name);
            let full_name = naming::join(service_name, name);
            if scope.take(&plain) {
                record_rename(&mut self.methods, full_name, &plain, plain.clone());
            } else {
                renumbered.push((plain, full_name));
            }
        }
        for (plain, full_name) in renumbered {
            let ident = scope.take_numbered(&plain, snake_number);
            record_rename(&mut self.methods, full_name, &plain, ident);
        }
    }
}

/// Takes the names of all items, if all are free.
fn take_items(ident: &str, scope: &mut Scope, statics: &mut Scope) -> bool {
    let idents = ITEMS.map(|suffix| format!("{ident}{suffix}"));
    let constant = naming::shouty(ident);
    let free = idents.iter().all(|ident| scope.is_free(ident)) && statics.is_free(&constant);
    if free {
        statics.take(&constant);
        for ident in &idents {
            scope.take(ident);
        }
    }
    free
}
