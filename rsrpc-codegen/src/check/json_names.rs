//! Warns of fields that have the same JSON name.

use crate::input::descriptor::path;
use crate::input::{Files, definitions, json_names};
use crate::{Diagnostic, naming};

pub(super) fn check(files: &Files, warnings: &mut Vec<Diagnostic>) {
    for (_, source) in files.generated() {
        for at in definitions::messages(&source.file) {
            let found = json_names(at.item);
            for (lost, owner) in found.renamed {
                let (Some(field), Some(other)) = (at.item.field.get(lost), at.item.field.get(owner)) else {
                    continue;
                };
                let Some(name) = found.names.get(owner) else {
                    continue;
                };
                let full_name = naming::join(&at.full_name, &field.name);
                let text = format!(
                    "field `{full_name}` and field `{}` have the same JSON name, `{name}`; in JSON the first is \
                     named `{}`; set its `json_name`",
                    naming::join(&at.full_name, &other.name),
                    field.name
                );
                warnings.push(source.warning(&at.inside(path::MESSAGE_FIELD, lost), &full_name, text));
            }
        }
    }
}
