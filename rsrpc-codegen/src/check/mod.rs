//! Finds everything that is wrong with an input before anything is generated, all of it in one go.

mod duplicates;
mod features;
mod json_names;
mod jsonrpc;
pub(crate) mod limits;
mod method_options;
mod structure;
mod well_known;

use crate::input::Files;
use crate::types::Types;
use crate::{Diagnostic, Options};

/// Warnings, when code can be generated.
///
/// # Errors
/// Every reason why none can.
pub(crate) fn check(
    files: &Files,
    types: &Types<'_>,
    options: &Options,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let mut errors = options.check();
    structure::check(files, types, &mut errors);
    duplicates::check(files, &mut errors);
    if !errors.is_empty() {
        // Names of a broken structure would only add noise.
        return Err(errors);
    }
    method_options::check(files, &mut errors);
    well_known::check(files, types, &mut errors);
    let mut warnings = Vec::new();
    features::check(files, &mut errors, &mut warnings);
    if options.json {
        json_names::check(files, &mut warnings);
        jsonrpc::check(files, &mut errors, &mut warnings);
    }
    if errors.is_empty() {
        Ok(warnings)
    } else {
        Err(errors)
    }
}
