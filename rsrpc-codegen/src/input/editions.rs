//! Lowers files of editions to proto2 or proto3, the only syntaxes that prost-build and the rest of the generator
//! support. Edition features become labels, types and options. For proto2 and proto3, implied settings (`packed`,
//! closed enums) are made explicit.
//!
//! The raw bytes of the file are unchanged, because reflection serves them.

use super::descriptor::path::to_i32;
use super::descriptor::{self, FeatureSet, FieldDescriptor, FileDescriptor, MessageDescriptor, path};
use super::features::{
    Edition, EnumType, Features, MessageEncoding, Presence, RepeatedEncoding, UnknownValue, Utf8Validation,
};
use super::finding::EditionFinding;
use super::required_cycles;
use crate::Severity;
use crate::naming::join;

/// Lowers a file and returns the problems found. Lowering continues after a problem, because problems of files that are
/// only imported do not matter.
pub(super) fn lower(file: &mut FileDescriptor) -> Vec<EditionFinding> {
    let mut lowering = EditionLowering {
        edition: Edition::Proto3,
        findings: Vec::new(),
    };
    lowering.edition = match file.syntax.as_str() {
        "" | "proto2" => Edition::Proto2,
        "editions" => Edition::from_number(file.edition).unwrap_or_else(|| {
            lowering.error(&[path::FILE_SYNTAX], &file.package, unsupported(file.edition));
            Edition::Edition2026
        }),
        // A later check rejects unknown syntaxes.
        _ => Edition::Proto3,
    };
    if lowering.uses_edition() {
        "proto3".clone_into(&mut file.syntax);
    }
    lowering.file(file);
    lowering.findings.extend(required_cycles::make_optional(file));
    lowering.findings
}

fn unsupported(number: i32) -> String {
    let known = "the editions are 2023, 2024 and 2026";
    match (Edition::name(number), number) {
        (Some(name), _) => format!("edition {name} is not supported; {known}"),
        (None, 0) => format!("the descriptor does not say which edition the file uses; {known}"),
        (None, _) => format!("the descriptor has the unknown edition number {number}; {known}"),
    }
}

struct EditionLowering {
    edition: Edition,
    findings: Vec<EditionFinding>,
}

impl EditionLowering {
    fn uses_edition(&self) -> bool {
        matches!(
            self.edition,
            Edition::Edition2023 | Edition::Edition2024 | Edition::Edition2026
        )
    }

    fn error(&mut self, place: &[i32], element: &str, message: impl Into<String>) {
        self.report(Severity::Error, place, element, message.into());
    }

    fn warning(&mut self, place: &[i32], element: &str, message: impl Into<String>) {
        self.report(Severity::Warning, place, element, message.into());
    }

    fn report(&mut self, severity: Severity, place: &[i32], element: &str, message: String) {
        self.findings.push(EditionFinding {
            severity,
            place: place.to_vec(),
            element: element.to_owned(),
            message,
        });
    }

    fn file(&mut self, file: &mut FileDescriptor) {
        let set = file
            .options
            .as_ref()
            .and_then(|options| options.features.as_ref());
        let at_utf8 = [path::FILE_OPTIONS, FILE_FEATURES, FEATURE_UTF8_VALIDATION];
        self.warn_of_utf8(set, &at_utf8, &file.package);
        let features = Features::defaults(self.edition);
        let features = self.resolve(features, set, &[path::FILE_OPTIONS, FILE_FEATURES], &file.package);
        for (index, message) in file.message_type.iter_mut().enumerate() {
            self.message(
                message,
                &[path::FILE_MESSAGE, to_i32(index)],
                &file.package,
                features,
            );
        }
        for (index, item) in file.enum_type.iter_mut().enumerate() {
            self.enumeration(item, &[path::FILE_ENUM, to_i32(index)], &file.package, features);
        }
    }

    fn message(&mut self, message: &mut MessageDescriptor, place: &[i32], scope: &str, features: Features) {
        if message.is_map_entry() {
            // A map entry has the features of its field and is always length-prefixed.
            return;
        }
        let full_name = join(scope, &message.name);
        let set = message
            .options
            .as_ref()
            .and_then(|options| options.features.as_ref());
        let features = self.resolve(features, set, place, &full_name);
        if message
            .options
            .as_ref()
            .is_some_and(|options| options.message_set_wire_format)
        {
            let text = format!(
                "`{full_name}` is a message set: it holds only extensions, which are skipped, so it decodes as \
                 empty"
            );
            self.warning(place, &full_name, text);
        }
        let oneofs = message.oneof_decl.iter().enumerate().map(|(index, oneof)| {
            let set = oneof
                .options
                .as_ref()
                .and_then(|options| options.features.as_ref());
            let place = inside(place, path::MESSAGE_ONEOF, index);
            self.resolve(features, set, &place, &join(&full_name, &oneof.name))
        });
        let oneofs: Vec<_> = oneofs.collect();
        let nested = message.nested_type.iter();
        let maps: Vec<_> = nested
            .filter(|nested| nested.is_map_entry())
            .map(|nested| format!(".{full_name}.{}", nested.name))
            .collect();
        for (index, field) in message.field.iter_mut().enumerate() {
            let place = inside(place, path::MESSAGE_FIELD, index);
            let oneof = field.oneof_index.and_then(|index| usize::try_from(index).ok());
            let features = oneof
                .and_then(|index| oneofs.get(index))
                .copied()
                .unwrap_or(features);
            let element = join(&full_name, &field.name);
            let set = field
                .options
                .as_ref()
                .and_then(|options| options.features.as_ref());
            self.warn_of_utf8(set, &place, &element);
            let features = self.resolve(features, set, &place, &element);
            set_packed(field, features);
            if self.uses_edition() && !maps.contains(&field.type_name) {
                self.field(field, features, &place, &element);
            }
        }
        for (index, nested) in message.nested_type.iter_mut().enumerate() {
            self.message(
                nested,
                &inside(place, path::MESSAGE_NESTED, index),
                &full_name,
                features,
            );
        }
        for (index, item) in message.enum_type.iter_mut().enumerate() {
            self.enumeration(
                item,
                &inside(place, path::MESSAGE_ENUM, index),
                &full_name,
                features,
            );
        }
    }

    /// Lowers a field of an edition that is not a map field.
    fn field(&mut self, field: &mut FieldDescriptor, features: Features, place: &[i32], element: &str) {
        if field.r#type == descriptor::TYPE_MESSAGE && features.message == MessageEncoding::Delimited {
            field.r#type = descriptor::TYPE_GROUP;
        }
        if field.label != descriptor::LABEL_OPTIONAL {
            return;
        }
        let in_oneof = field.oneof_index.is_some();
        match features.presence {
            Presence::LegacyRequired if in_oneof => self.error(
                place,
                element,
                "feature `field_presence` is LEGACY_REQUIRED, but a member of a oneof cannot be required; leave \
                 the \
                 feature out",
            ),
            _ if in_oneof => {}
            Presence::LegacyRequired => field.label = descriptor::LABEL_REQUIRED,
            Presence::Explicit => field.proto3_optional = true,
            Presence::Implicit if is_message(field) => field.proto3_optional = true,
            Presence::Implicit if !field.default_value.is_empty() => self.error(
                place,
                element,
                "feature `field_presence` is IMPLICIT, which a field with a default value cannot have; set it to \
                 EXPLICIT, or leave the default value out",
            ),
            Presence::Implicit => {}
        }
    }

    fn enumeration(
        &mut self,
        item: &mut descriptor::EnumDescriptor,
        place: &[i32],
        scope: &str,
        features: Features,
    ) {
        let full_name = join(scope, &item.name);
        let set = item
            .options
            .as_ref()
            .and_then(|options| options.features.as_ref());
        let features = self.resolve(features, set, place, &full_name);
        let options = item.options.get_or_insert_default();
        options.features.get_or_insert_default().enum_type = Some(match features.enum_type {
            EnumType::Open => descriptor::ENUM_OPEN,
            EnumType::Closed => descriptor::ENUM_CLOSED,
        });
    }

    fn resolve(
        &mut self,
        inherited: Features,
        set: Option<&FeatureSet>,
        place: &[i32],
        element: &str,
    ) -> Features {
        if !self.uses_edition() {
            return inherited;
        }
        let (features, unknown) = inherited.with(set);
        for UnknownValue {
            feature,
            value,
            known,
        } in unknown
        {
            let text = format!("feature `{feature}` has the unknown value {value}; it takes {known}");
            self.error(place, element, text);
        }
        features
    }

    fn warn_of_utf8(&mut self, set: Option<&FeatureSet>, place: &[i32], element: &str) {
        let off = |set: &FeatureSet| {
            Features::defaults(self.edition).with(Some(set)).0.utf8 == Utf8Validation::None
        };
        if self.uses_edition() && set.is_some_and(off) {
            self.warning(
                place,
                element,
                "feature `utf8_validation` is NONE, but a Rust `String` is always UTF-8: other bytes fail to \
                 decode; declare such fields as `bytes`",
            );
        }
    }
}

/// Makes the `packed` option explicit. An existing option overrides the feature.
fn set_packed(field: &mut FieldDescriptor, features: Features) {
    if field.label == descriptor::LABEL_REPEATED && !is_message(field) {
        let options = field.options.get_or_insert_default();
        options.packed = Some(match options.packed {
            Some(packed) => packed,
            None => features.repeated == RepeatedEncoding::Packed,
        });
    }
}

fn is_message(field: &FieldDescriptor) -> bool {
    matches!(field.r#type, descriptor::TYPE_MESSAGE | descriptor::TYPE_GROUP)
}

fn inside(place: &[i32], field: i32, index: usize) -> Vec<i32> {
    [place, &[field, to_i32(index)]].concat()
}

/// `FileOptions.features`.
const FILE_FEATURES: i32 = 50;
/// `FeatureSet.utf8_validation`.
const FEATURE_UTF8_VALIDATION: i32 = 4;
