//! Enums and their values.

use prost_types::EnumDescriptorProto;

use super::{FileComparison, contains, is_deprecated};

impl FileComparison<'_> {
    pub(super) fn enumeration(&mut self, name: &str, old: &EnumDescriptorProto, new: &EnumDescriptorProto) {
        let (old_ranges, new_ranges) = (ranges(old), ranges(new));
        for value in &old.value {
            let same_number = new.value.iter().find(|other| other.number == value.number);
            let same_name = new.value.iter().find(|other| other.name == value.name);
            let (called, number) = (value.name(), value.number());
            match (same_number, same_name) {
                (Some(other), _) if other.name == value.name => {}
                (_, Some(moved)) => self.breaking(format!(
                    "value `{called}` of {name} changed its number from {number} to {}",
                    moved.number()
                )),
                (Some(other), None) => self.breaking(format!(
                    "value {number} of {name} was renamed from `{called}` to `{}`, which changes its JSON name",
                    other.name()
                )),
                (None, None) if contains(&new_ranges, number) => self.compatible(format!(
                    "value `{called}` of {name} was removed, and its number {number} is reserved"
                )),
                (None, None) => self.breaking(format!(
                    "value `{called}` of {name} was removed without reserving its number {number}: add \
                     #[rpc(reserved({number}))]"
                )),
            }
        }
        for value in &new.value {
            let mut known = old.value.iter();
            if known.any(|other| other.number == value.number || other.name == value.name) {
                continue;
            }
            let (called, number) = (value.name(), value.number());
            if contains(&old_ranges, number) {
                self.breaking(format!(
                    "value `{called}` of {name} has the number {number}, which was reserved"
                ));
            } else {
                self.compatible(format!(
                    "value `{called}` of {name} was added with the number {number}"
                ));
            }
        }
        let deprecated = |item: &EnumDescriptorProto| {
            let options = item.options.as_ref();
            options.is_some_and(|options| is_deprecated(options.deprecated, &options.uninterpreted_option))
        };
        self.deprecation(&format!("enum {name}"), deprecated(old), deprecated(new));
        let names = [old.reserved_name.as_slice(), new.reserved_name.as_slice()];
        self.reserved(&format!("enum {name}"), [&old_ranges, &new_ranges], names);
    }
}

/// Returns the reserved ranges, which include both ends.
fn ranges(item: &EnumDescriptorProto) -> Vec<(i32, i32)> {
    let ranges = item.reserved_range.iter();
    ranges.map(|range| (range.start(), range.end())).collect()
}
