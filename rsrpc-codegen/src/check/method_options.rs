//! Checks the method options of `rsrpc/options.proto`.

use std::collections::HashMap;

use crate::input::descriptor::path;
use crate::input::{Files, method_options, to_i32};
use crate::{Diagnostic, naming};

pub(super) fn check(files: &Files, errors: &mut Vec<Diagnostic>) {
    for (_, source) in files.generated() {
        for (index, service) in source.file.service.iter().enumerate() {
            let service_name = naming::join(&source.file.package, &service.name);
            // Names are unique per service only, because services may be on different servers.
            let mut names = HashMap::new();
            for (number, method) in service.method.iter().enumerate() {
                let place = [
                    path::FILE_SERVICE,
                    to_i32(index),
                    path::SERVICE_METHOD,
                    to_i32(number),
                ];
                let full_name = naming::join(&service_name, &method.name);
                let (options, problems) = method_options(files, source, method);
                for problem in problems {
                    let at = problem.place(source, &place);
                    errors.push(source.error(&at, &full_name, problem.message));
                }
                let Some(name) = options.jsonrpc_name else {
                    continue;
                };
                if let Some(other) = names.insert(name.clone(), full_name.clone()) {
                    let message = format!(
                        "rpc `{full_name}` and rpc `{other}` both have the `jsonrpc_name` {name:?}; a server cannot tell \
                         them apart"
                    );
                    errors.push(source.error(&place, &full_name, message));
                }
            }
        }
    }
}
