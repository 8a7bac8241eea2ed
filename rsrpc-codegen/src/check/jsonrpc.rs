//! Checks definitions against the rules of JSON-RPC.

use std::collections::HashSet;

use crate::Diagnostic;
use crate::input::definitions::{self, Located};
use crate::input::descriptor::{self, path};
use crate::input::{Files, SourceFile, method_options};

pub(super) fn check(files: &Files, errors: &mut Vec<Diagnostic>, warnings: &mut Vec<Diagnostic>) {
    for (_, source) in files.generated() {
        let methods = source.file.service.iter().flat_map(|service| &service.method);
        let mut without_alias =
            methods.filter(|method| method_options(files, source, method).0.jsonrpc_name.is_none());
        if source.file.package == "rpc" && without_alias.next().is_some() {
            errors.push(source.error(
                &[path::FILE_PACKAGE],
                "rpc",
                "JSON-RPC reserves method names that begin with `rpc.`, so services of a package `rpc` cannot be \
                 called; rename the package, give each method a `jsonrpc_name`, or generate with json=off",
            ));
        }
    }
    let requests = requests(files);
    for (_, source) in files.generated() {
        for message in definitions::messages(&source.file) {
            if requests.contains(message.full_name.as_str()) {
                warnings.extend(gap_warning(source, &message));
            }
        }
    }
}

/// Returns the full names of messages whose fields can be positional params.
fn requests(files: &Files) -> HashSet<&str> {
    let services = files.generated().flat_map(|(_, source)| &source.file.service);
    let methods = services
        .flat_map(|service| &service.method)
        .filter(|method| !method.client_streaming);
    methods
        .map(|method| method.input_type.trim_start_matches('.'))
        .collect()
}

/// Warns of gaps in the field numbers of a request. Positional params follow ascending field numbers, so a field added
/// in a gap shifts the params after it.
fn gap_warning(source: &SourceFile, at: &Located<'_, descriptor::MessageDescriptor>) -> Option<Diagnostic> {
    let message = at.item;
    let fields = message.field.iter().map(|field| (field.number, field.number));
    let ranges = message.reserved_range.iter().chain(&message.extension_range);
    let mut taken: Vec<_> = fields
        .chain(ranges.map(|range| (range.start, range.end.saturating_sub(1))))
        .collect();
    taken.sort_unstable();
    let last = message.field.iter().map(|field| field.number).max()?;
    let mut next = 1;
    let mut gaps = Vec::new();
    for (first, end) in taken {
        match first.saturating_sub(1) {
            _ if first > last => break,
            before if before == next => gaps.push(format!("{next}")),
            before if before > next => gaps.push(format!("{next} to {before}")),
            _ => {}
        }
        next = next.max(end.saturating_add(1));
    }
    if gaps.is_empty() {
        return None;
    }
    let text = format!(
        "the request `{}` skips field numbers ({}): a field added there would shift the positional JSON-RPC \
         params after it; reserve the numbers",
        at.full_name,
        gaps.join(", ")
    );
    Some(source.warning(&at.place, &at.full_name, text))
}
