//! The edition features that affect generated code: their defaults per edition and their inheritance.

use super::descriptor::FeatureSet;

/// The syntax or supported edition of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edition {
    Proto2,
    Proto3,
    Edition2023,
    Edition2024,
    Edition2026,
}

impl Edition {
    /// The supported editions by number in `google.protobuf.Edition`. The plugin reports the first and the last to
    /// protoc.
    pub(crate) const NUMBERS: [(i32, Self); 3] = [
        (1000, Self::Edition2023),
        (1001, Self::Edition2024),
        (1002, Self::Edition2026),
    ];

    /// Returns the edition with this number.
    pub(crate) fn from_number(number: i32) -> Option<Self> {
        let mut known = Self::NUMBERS.into_iter();
        known
            .find(|(known, _)| *known == number)
            .map(|(_, edition)| edition)
    }

    /// Returns the name of a known edition number in .proto files.
    pub(crate) fn name(number: i32) -> Option<&'static str> {
        Some(match number {
            1000 => "2023",
            1001 => "2024",
            1002 => "2026",
            9999 => "UNSTABLE",
            99_997 => "99997_TEST_ONLY",
            99_998 => "99998_TEST_ONLY",
            99_999 => "99999_TEST_ONLY",
            _ => return None,
        })
    }
}

/// Field presence: explicit presence distinguishes an unset field from its default value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Explicit,
    Implicit,
    LegacyRequired,
}

/// Openness of an enum. An open enum accepts numbers without a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EnumType {
    Open,
    Closed,
}

/// The wire encoding of repeated numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RepeatedEncoding {
    Packed,
    Expanded,
}

/// UTF-8 validation of strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Utf8Validation {
    Verify,
    None,
}

/// The wire encoding of nested messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageEncoding {
    LengthPrefixed,
    /// Encoded like a proto2 group.
    Delimited,
}

/// JSON support of a message. With `Allow` the compiler guarantees unique JSON names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonFormat {
    Allow,
    LegacyBestEffort,
}

/// The effective features of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Features {
    pub(crate) presence: Presence,
    pub(crate) enum_type: EnumType,
    pub(crate) repeated: RepeatedEncoding,
    pub(crate) utf8: Utf8Validation,
    pub(crate) message: MessageEncoding,
    pub(crate) json: JsonFormat,
}

/// A feature with an unknown value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownValue {
    pub(crate) feature: &'static str,
    pub(crate) value: i32,
    /// The valid values.
    pub(crate) known: &'static str,
}

impl Features {
    /// Returns the defaults of a file: the `edition_defaults` of `google/protobuf/descriptor.proto`.
    pub(crate) fn defaults(edition: Edition) -> Self {
        match edition {
            Edition::Proto2 => Self {
                presence: Presence::Explicit,
                enum_type: EnumType::Closed,
                repeated: RepeatedEncoding::Expanded,
                utf8: Utf8Validation::None,
                message: MessageEncoding::LengthPrefixed,
                json: JsonFormat::LegacyBestEffort,
            },
            Edition::Proto3 => Self {
                presence: Presence::Implicit,
                ..Self::defaults(Edition::Edition2023)
            },
            // Later editions change compiler behavior only: naming style, symbol visibility, limits.
            Edition::Edition2023 | Edition::Edition2024 | Edition::Edition2026 => Self {
                presence: Presence::Explicit,
                enum_type: EnumType::Open,
                repeated: RepeatedEncoding::Packed,
                utf8: Utf8Validation::Verify,
                message: MessageEncoding::LengthPrefixed,
                json: JsonFormat::Allow,
            },
        }
    }

    /// Returns the features of an element that inherits from `self`, and the unknown values that it sets.
    pub(crate) fn with(mut self, set: Option<&FeatureSet>) -> (Self, Vec<UnknownValue>) {
        let mut unknown = Vec::new();
        let Some(set) = set else {
            return (self, unknown);
        };
        let mut take = |feature, known, value: Option<i32>, put: &mut dyn FnMut(i32) -> bool| {
            if let Some(value) = value.filter(|&value| !put(value)) {
                unknown.push(UnknownValue {
                    feature,
                    value,
                    known,
                });
            }
        };
        take(
            "field_presence",
            "EXPLICIT, IMPLICIT or LEGACY_REQUIRED",
            set.field_presence,
            &mut |value| {
                let values = [Presence::Explicit, Presence::Implicit, Presence::LegacyRequired];
                put(&mut self.presence, 1, &values, value)
            },
        );
        take("enum_type", "OPEN or CLOSED", set.enum_type, &mut |value| {
            put(&mut self.enum_type, 1, &[EnumType::Open, EnumType::Closed], value)
        });
        take(
            "repeated_field_encoding",
            "PACKED or EXPANDED",
            set.repeated_field_encoding,
            &mut |value| {
                let values = [RepeatedEncoding::Packed, RepeatedEncoding::Expanded];
                put(&mut self.repeated, 1, &values, value)
            },
        );
        take(
            "utf8_validation",
            "VERIFY or NONE",
            set.utf8_validation,
            &mut |value| {
                let values = [Utf8Validation::Verify, Utf8Validation::None];
                put(&mut self.utf8, 2, &values, value)
            },
        );
        take(
            "message_encoding",
            "LENGTH_PREFIXED or DELIMITED",
            set.message_encoding,
            &mut |value| {
                let values = [MessageEncoding::LengthPrefixed, MessageEncoding::Delimited];
                put(&mut self.message, 1, &values, value)
            },
        );
        take(
            "json_format",
            "ALLOW or LEGACY_BEST_EFFORT",
            set.json_format,
            &mut |value| {
                let values = [JsonFormat::Allow, JsonFormat::LegacyBestEffort];
                put(&mut self.json, 1, &values, value)
            },
        );
        (self, unknown)
    }
}

/// Stores the value with this number, where the first of `values` has the number `first`. Returns `false` for unknown
/// numbers.
fn put<T: Copy>(place: &mut T, first: i32, values: &[T], number: i32) -> bool {
    let index = number
        .checked_sub(first)
        .and_then(|index| usize::try_from(index).ok());
    match index.and_then(|index| values.get(index)) {
        Some(value) => {
            *place = *value;
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_override_what_they_inherit() {
        let file = Features::defaults(Edition::Edition2023);
        let (message, unknown) = file.with(Some(&FeatureSet {
            field_presence: Some(2),
            enum_type: Some(2),
            message_encoding: Some(2),
            ..Default::default()
        }));
        assert_eq!(unknown, []);
        let expected = Features {
            presence: Presence::Implicit,
            enum_type: EnumType::Closed,
            message: MessageEncoding::Delimited,
            ..file
        };
        assert_eq!(message, expected);
        let (field, _) = message.with(Some(&FeatureSet {
            field_presence: Some(3),
            repeated_field_encoding: Some(2),
            utf8_validation: Some(3),
            json_format: Some(2),
            ..Default::default()
        }));
        let expected = Features {
            presence: Presence::LegacyRequired,
            repeated: RepeatedEncoding::Expanded,
            utf8: Utf8Validation::None,
            json: JsonFormat::LegacyBestEffort,
            ..expected
        };
        assert_eq!(field, expected);
        assert_eq!(field.with(None).0, field);
    }

    #[test]
    fn unknown_values_are_told() {
        let file = Features::defaults(Edition::Edition2024);
        let (same, unknown) = file.with(Some(&FeatureSet {
            field_presence: Some(0),
            enum_type: Some(3),
            repeated_field_encoding: Some(-1),
            utf8_validation: Some(1),
            message_encoding: Some(i32::MIN),
            json_format: Some(9),
        }));
        assert_eq!(same, file);
        let found: Vec<_> = unknown
            .iter()
            .map(|unknown| (unknown.feature, unknown.value))
            .collect();
        assert_eq!(
            found,
            [
                ("field_presence", 0),
                ("enum_type", 3),
                ("repeated_field_encoding", -1),
                ("utf8_validation", 1),
                ("message_encoding", i32::MIN),
                ("json_format", 9)
            ]
        );
    }
}
