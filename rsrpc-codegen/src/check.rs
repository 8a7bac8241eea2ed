//! Checks an input and reports every problem at once, before any code is generated.

mod duplicates;
mod features;
mod json_names;
mod jsonrpc;
mod method_options;
mod options;
mod references;
mod structure;
mod well_known;

use crate::input::Files;
use crate::types::RustTypes;
use crate::{Diagnostic, Options};

/// Returns warnings if code can be generated. `given` holds the user's options, `options` the effective ones.
///
/// # Errors
/// Returns every error found.
pub(crate) fn check(
    files: &Files,
    types: &RustTypes<'_>,
    given: &Options,
    options: &Options,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let mut errors = given.check();
    structure::check(files, types, &mut errors);
    duplicates::check(files, &mut errors);
    if !errors.is_empty() {
        // Name checks on an invalid structure would report follow-up errors only.
        return Err(errors);
    }
    method_options::check(files, &mut errors);
    well_known::check(files, types, options, &mut errors);
    options::check_references(files, types, options, &mut errors);
    let mut warnings = given.without_effect();
    options::check_use(files, types, options, &mut warnings);
    features::check(files, &mut errors, &mut warnings);
    if options.json {
        json_names::check(files, &mut warnings);
    }
    if options.jsonrpc {
        jsonrpc::check(files, &mut errors, &mut warnings);
    }
    if errors.is_empty() {
        Ok(warnings)
    } else {
        Err(errors)
    }
}
