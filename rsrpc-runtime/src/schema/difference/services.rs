//! Services and their methods.

use prost_types::method_options::IdempotencyLevel;
use prost_types::{MethodDescriptorProto, ServiceDescriptorProto};

use super::{FileComparison, is_deprecated, option_identifier};
use crate::schema::names;

impl FileComparison<'_> {
    pub(super) fn services(&mut self) {
        let (old, new) = (self.old.file, self.new.file);
        for service in &old.service {
            let name = names::join(old.package(), service.name());
            match new.service.iter().find(|other| other.name == service.name) {
                Some(other) => self.service(&name, service, other),
                None => self.breaking(format!("service {name} was removed")),
            }
        }
        for service in &new.service {
            if !old.service.iter().any(|other| other.name == service.name) {
                let name = names::join(new.package(), service.name());
                self.compatible(format!("service {name} was added"));
            }
        }
    }

    fn service(&mut self, name: &str, old: &ServiceDescriptorProto, new: &ServiceDescriptorProto) {
        for method in &old.method {
            match new.method.iter().find(|other| other.name == method.name) {
                Some(other) => self.method(name, method, other),
                None => self.breaking(format!("method `{}` of {name} was removed", method.name())),
            }
        }
        for method in &new.method {
            if !old.method.iter().any(|other| other.name == method.name) {
                self.compatible(format!("method `{}` of {name} was added", method.name()));
            }
        }
        let deprecated = |service: &ServiceDescriptorProto| {
            let options = service.options.as_ref();
            options.is_some_and(|options| is_deprecated(options.deprecated, &options.uninterpreted_option))
        };
        self.deprecation(&format!("service {name}"), deprecated(old), deprecated(new));
    }

    fn method(&mut self, service: &str, old: &MethodDescriptorProto, new: &MethodDescriptorProto) {
        let name = format!("method `{}` of {service}", old.name());
        let (old_kind, new_kind) = (kind(old), kind(new));
        if old_kind != new_kind {
            self.breaking(format!("{name} changed from {old_kind} to {new_kind}"));
        }
        for (role, old, new) in [
            ("request type", old.input_type(), new.input_type()),
            ("reply type", old.output_type(), new.output_type()),
        ] {
            let (old, new) = (self.old.resolve(old, service), self.new.resolve(new, service));
            if old != new {
                self.breaking(format!("{name} changed its {role} from {old} to {new}"));
            }
        }
        let level = |method: &MethodDescriptorProto| {
            let options = method.options.as_ref()?;
            let written = option_identifier(&options.uninterpreted_option, "idempotency_level");
            let level = written.map_or(Some(options.idempotency_level()), IdempotencyLevel::from_str_name);
            level.filter(|level| *level != IdempotencyLevel::IdempotencyUnknown)
        };
        if level(old) != level(new) {
            self.compatible(format!("{name} changed its idempotency level"));
        }
        let deprecated = |method: &MethodDescriptorProto| {
            let options = method.options.as_ref();
            options.is_some_and(|options| is_deprecated(options.deprecated, &options.uninterpreted_option))
        };
        self.deprecation(&name, deprecated(old), deprecated(new));
    }
}

fn kind(method: &MethodDescriptorProto) -> &'static str {
    match (method.client_streaming(), method.server_streaming()) {
        (false, false) => "unary",
        (false, true) => "server streaming",
        (true, false) => "client streaming",
        (true, true) => "bidirectional",
    }
}
