//! The protoc plugin of rsrpc. Reads a `CodeGeneratorRequest` from stdin and writes a `CodeGeneratorResponse` with
//! code or errors to stdout. Warnings go to stderr, which protoc passes on.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::panic::catch_unwind;
use std::process::ExitCode;

use rsrpc_codegen::{Diagnostic, Diagnostics, OPTIONS_PROTO, Options, Output, plugin};

/// Syntax trees are hundreds of thousands of small allocations. mimalloc saves a third of the plugin's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        None if io::stdin().is_terminal() => {
            eprintln!("protoc-gen-rsrpc is started by protoc; see protoc-gen-rsrpc --help");
            return ExitCode::FAILURE;
        }
        None => answer(),
        Some("--version" | "-V") => writeln!(io::stdout(), "protoc-gen-rsrpc {}", env!("CARGO_PKG_VERSION")),
        Some("--options-proto") => io::stdout().write_all(OPTIONS_PROTO.as_bytes()),
        Some("--help" | "-h") => io::stdout().write_all(help().as_bytes()),
        Some(other) => {
            eprintln!("unknown argument `{other}`; the arguments are --version, --help and --options-proto");
            return ExitCode::FAILURE;
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("protoc-gen-rsrpc: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Replies to protoc. Errors of the input are part of the reply; only I/O fails.
fn answer() -> io::Result<()> {
    let mut request = Vec::new();
    io::stdin().lock().read_to_end(&mut request)?;
    let result = catch_unwind(|| generate(&request)).unwrap_or_else(|_| {
        Err(Diagnostic::error("protoc-gen-rsrpc panicked, which is a bug; the reason is on stderr").into())
    });
    let warnings = result.as_ref().map_or(&[][..], |output| &output.warnings);
    for warning in warnings {
        // A closed stderr does not stop the generator.
        let _ = writeln!(io::stderr(), "{warning}");
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(&plugin::encode_response(result))?;
    stdout.flush()
}

fn generate(request: &[u8]) -> Result<Output, Diagnostics> {
    rsrpc_codegen::generate(&plugin::decode_request(request)?)
}

fn help() -> String {
    format!(
        "protoc-gen-rsrpc {version}: generates rsrpc services from .proto files

Usage: protoc --rsrpc_out=DIR [--rsrpc_opt=OPTION,OPTION…] -I PROTO_DIR FILE.proto…

protoc finds the plugin on the PATH, or by --plugin=protoc-gen-rsrpc=PATH. DIR gets one file for each proto
package and a module tree mod.rs, so that `mod DIR;` is all that a crate needs.

protoc-gen-rsrpc --options-proto prints rsrpc/options.proto, for .proto files that import it.

Options (the name of a switch alone means on; a comma within brackets or quotes separates nothing; a path is
.package.Message.field and all below, or the end of one without the leading dot, or `.` for everything):
{options}",
        version = env!("CARGO_PKG_VERSION"),
        options = Options::help(),
    )
}
