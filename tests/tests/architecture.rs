//! Checks the runtime's import table: the modules that each module may use (see ARCHITECTURE.md).
//!
//! Every file under `rsrpc-runtime/src` is read as tokens, so that paths in macro calls, attributes and macro
//! definitions count. `crate::…`, `super::…` and the crate's own name resolve to a top-level module; a name that
//! `lib.rs` re-exports belongs to its defining module. The runtime's own tests are checked, too.

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/imports.rs"]
mod imports;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use imports::{Import, Root, imports};

/// Modules that a module may use besides itself.
enum Allowed {
    Only(&'static [&'static str]),
    All,
}
use Allowed::{All, Only};

const TABLE: &[(&str, Allowed)] = &[
    ("error", Only(&[])),
    ("sync", Only(&[])),
    ("call", Only(&[])),
    ("json", Only(&["call"])),
    ("schema", Only(&["call"])),
    ("message", Only(&["call", "json", "schema"])),
    ("interceptor", Only(&["call"])),
    ("wire", Only(&["call", "json"])),
    ("transport", Only(&[])),
    ("channel", Only(&["call", "transport"])),
    (
        "client",
        Only(&["call", "interceptor", "wire", "channel", "transport"]),
    ),
    ("server", Only(&["call", "interceptor", "wire", "transport"])),
    ("services", All),
    // Re-exports for generated code; no module uses it.
    ("generated", All),
    // Entry points of the fuzz targets, behind a hidden feature.
    ("fuzz", All),
];

/// Modules that every other may use: the erased error, and locks that ignore poisoning.
const SHARED: &[&str] = &["error", "sync"];

/// Protocols within `wire` that must not use each other, in either direction.
const STRANGERS: &[(&str, &str)] = &[
    ("wire::grpc", "wire::jsonrpc"),
    ("wire::grpc_web", "wire::jsonrpc"),
];

/// Crates that a module must not name: the channel never sees messages, and the values of a call do no I/O.
const FOREIGN: &[(&str, &[&str])] = &[
    ("channel", &["prost", "prost_types"]),
    ("call", &["h2", "hyper", "hyper_util"]),
];

#[test]
fn runtime_imports_follow_the_table() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rsrpc-runtime/src");
    let violations = violations(&sources(&src));
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

/// Reads every file of the crate: relative path and text.
fn sources(src: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![src.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a readable file");
                files.insert(path.strip_prefix(src).expect("a path below src").to_owned(), text);
            }
        }
    }
    files
}

fn violations(files: &BTreeMap<PathBuf, String>) -> Vec<String> {
    let root = Root::read(files);
    let mut violations = Vec::new();
    for (path, text) in files {
        let module = module_of(path);
        let Some(top) = module.first() else { continue };
        let Some((_, allowed)) = TABLE.iter().find(|(name, _)| name == top) else {
            violations.push(format!(
                "{}: the module `{top}` has no row in the import table",
                path.display()
            ));
            continue;
        };
        for import in imports(text, &module) {
            if let Some(reason) = objection(&module, allowed, &import, &root) {
                violations.push(format!(
                    "rsrpc-runtime/src/{}:{}: {reason}",
                    path.display(),
                    import.line
                ));
            }
        }
    }
    violations
}

/// Returns the reason if `import` is not allowed in `module`.
fn objection(module: &[String], allowed: &Allowed, import: &Import, root: &Root) -> Option<String> {
    let top = &module[0];
    if import.foreign {
        let (_, forbidden) = FOREIGN.iter().find(|(name, _)| name == top)?;
        let name = &import.path[0];
        return forbidden
            .contains(&name.as_str())
            .then(|| format!("`{top}` must not use the crate `{name}`"));
    }
    // `use crate::*` does not name a module.
    let Some(first) = import.path.first() else {
        return Some(format!(
            "`{top}` imports the crate's root whole: name what is used"
        ));
    };
    let Some(used) = root.module_of(first) else {
        return Some(format!(
            "`crate::{first}` is neither a module nor re-exported by name: import it from its module"
        ));
    };
    if let Only(modules) = allowed
        && used != top
        && !SHARED.contains(&used)
        && !modules.contains(&used)
    {
        let modules = if modules.is_empty() {
            "nothing".into()
        } else {
            format!("`{}`", modules.join("`, `"))
        };
        return Some(format!(
            "`{top}` uses `{used}` (`{}`); it may use {modules}",
            import.path.join("::")
        ));
    }
    let (here, there) = (module.join("::"), import.path.join("::"));
    let within = |path: &str, name: &str| path == name || path.starts_with(&format!("{name}::"));
    STRANGERS
        .iter()
        .flat_map(|&(a, b)| [(a, b), (b, a)])
        .find_map(|(a, b)| {
            (within(&here, a) && within(&there, b)).then(|| format!("`{a}` uses `{b}`: they never meet"))
        })
}

/// `call/status.rs` is `call::status`, `call.rs` is `call`, `lib.rs` is the root.
fn module_of(path: &Path) -> Vec<String> {
    let mut module: Vec<String> = path
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

/// Returns the violations of a crate with ordinary files and a file `path` with `text`.
fn check(path: &str, text: &str) -> Vec<String> {
    let lib = "pub mod call; mod server; mod client; mod wire; mod channel; mod transport;
               pub use call::{Status, metadata::Metadata as Meta}; pub use server::*;";
    let server = "pub struct Server; pub use self::listener::Bound; mod listener;
                  #[macro_export] macro_rules! answer { () => {} }";
    let files = [("lib.rs", lib), ("server.rs", server), (path, text)];
    violations(
        &files
            .into_iter()
            .map(|(path, text)| (path.into(), text.into()))
            .collect(),
    )
}

#[test]
fn allowed_imports_pass() {
    for (path, text) in [
        (
            "client.rs",
            "use crate::{Status, Meta, call::metadata, wire::{self, grpc}};",
        ),
        (
            "client/call.rs",
            "use super::stub; mod tests { use super::*; use super::super::pool; }",
        ),
        ("services/health.rs", "use crate::{Server, client::Call};"),
        (
            "wire/grpc_web.rs",
            "use crate::wire::grpc::Frame; use super::grpc;",
        ),
        (
            "transport/tcp.rs",
            "use tokio::net::TcpStream; fn f() { self::g(); Self::h(); }",
        ),
        (
            "channel.rs",
            "use h2::client; // crate::server::Server in a comment\nconst S: &str = \"crate::server\";",
        ),
    ] {
        assert_eq!(check(path, text), [""; 0], "{path}: {text}");
    }
}

#[test]
fn forbidden_imports_are_found_in_every_form() {
    for (path, text) in [
        ("client.rs", "use crate::server::Bound;"),
        ("client.rs", "use crate::{call::Code, server};"),
        ("client.rs", "use crate::{self as root};"),
        ("client.rs", "use crate::*;"),
        ("client.rs", "use crate::Server;"),
        ("client.rs", "use crate::Bound;"),
        ("client.rs", "use ::rsrpc_runtime::server::Bound;"),
        ("client.rs", "use rsrpc_runtime::server::Bound;"),
        ("client.rs", "use super::server;"),
        ("client/a/b.rs", "use super::super::super::server;"),
        ("client/a.rs", "mod tests { use super::super::super::server; }"),
        ("client/a.rs", "use super::{stub, super::server};"),
        ("client/a.rs", "fn f() { println!(\"{}\", crate::server::NAME); }"),
        ("client/a.rs", "macro_rules! m { () => { $crate::server::f() } }"),
        ("client/a.rs", "fn f() { crate::answer!() }"),
        ("client/a.rs", "fn f(x: &dyn ::rsrpc_runtime::server::Router) {}"),
        ("client/a.rs", "fn f(x: &dyn crate::server::Router) {}"),
        (
            "client/a.rs",
            "fn f() { let x: Vec<crate::server::Router> = g::<crate::server::X>(); }",
        ),
        (
            "client/a.rs",
            "/// [`X`](crate::call)\nfn f() -> impl Into<crate::server::Y> {}",
        ),
        ("client/a.rs", "use crate::nowhere::X;"),
        ("call/status.rs", "use crate::transport;"),
        ("call/status.rs", "use hyper::Body;"),
        ("channel.rs", "use prost::Message;"),
        ("channel.rs", "fn f<M: ::prost::Message>() {}"),
        ("wire/grpc.rs", "use crate::wire::jsonrpc;"),
        ("wire/grpc.rs", "use super::jsonrpc::Id;"),
        ("wire/jsonrpc.rs", "use super::grpc_web;"),
        ("helpers.rs", ""),
    ] {
        let found = check(path, text);
        assert!(!found.is_empty(), "{path}: {text}");
    }
}

#[test]
fn violation_names_file_line_and_allowed_modules() {
    assert_eq!(
        check("server.rs", "\n\nuse crate::{\n    client,\n};"),
        [
            "rsrpc-runtime/src/server.rs:4: `server` uses `client` (`client`); \
          it may use `call`, `interceptor`, `wire`, `transport`"
        ]
    );
}

/// Folders whose files import each other in one direction only: crate, and module path of the folder.
const FOLDERS: &[(&str, &[&str])] = &[
    ("rsrpc-runtime", &["server"]),
    ("rsrpc-runtime", &["client"]),
    ("rsrpc-runtime", &["channel"]),
    ("rsrpc-codegen", &["emit"]),
    ("rsrpc-codegen", &["input"]),
];

#[test]
fn folders_have_no_import_circles() {
    let mut found = Vec::new();
    for (package, folder) in FOLDERS {
        let src = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(package)
            .join("src");
        for circle in circles::circles(&sources(&src), folder) {
            let files: Vec<_> = circle.iter().map(|file| file.display().to_string()).collect();
            found.push(format!("{package}/src: {} → {}", files.join(" → "), files[0]));
        }
    }
    assert!(found.is_empty(), "import circles:\n{}", found.join("\n"));
}

/// Returns the circles among planted files below `server`.
fn planted(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let lib = ("lib.rs", "mod server; mod wire;");
    let files = files.iter().chain([&lib]);
    let files = files.map(|&(path, text)| (path.into(), text.into())).collect();
    let names = |circle: Vec<PathBuf>| circle.iter().map(|file| file.display().to_string()).collect();
    circles::circles(&files, &["server"])
        .into_iter()
        .map(names)
        .collect()
}

#[test]
fn planted_import_circles_are_found() {
    let head = (
        "server.rs",
        "mod a; mod b; pub(crate) use a::A; pub(crate) use b::B;",
    );
    for (a, b) in [
        ("use super::b::B; pub struct A;", "use super::a::A; pub struct B;"),
        ("use super::B; pub struct A;", "use super::A; pub struct B;"),
        (
            "use crate::server::b; pub struct A; pub fn h() { b::g() }",
            "pub struct B; pub fn g() { super::a::h() }",
        ),
        (
            "pub struct A; fn f(b: &super::B) {}",
            "pub struct B; fn g() { println!(\"{}\", crate::server::A::x()) }",
        ),
        (
            "pub struct A; impl A { fn f() -> super::b::B {} }",
            "use super::a as other; pub struct B; fn g() { other::A::f() }",
        ),
    ] {
        let found = planted(&[head, ("server/a.rs", a), ("server/b.rs", b)]);
        assert_eq!(found, [["server/a.rs", "server/b.rs"]], "{a} {b}");
    }
    let parent = planted(&[
        ("server.rs", "mod a; pub struct Server; fn f() { a::g() }"),
        ("server/a.rs", "use super::Server; pub fn g() {}"),
    ]);
    assert_eq!(parent, [["server/a.rs", "server.rs"]]);
    let three = planted(&[
        ("server.rs", "mod a; mod b; mod c;"),
        ("server/a.rs", "use super::b::B; pub struct A;"),
        ("server/b.rs", "use super::c::C; pub struct B;"),
        ("server/c.rs", "use super::a::A; pub struct C;"),
    ]);
    assert_eq!(three, [["server/a.rs", "server/b.rs", "server/c.rs"]]);
}

#[test]
fn one_way_imports_are_not_a_circle() {
    for (head, a, b) in [
        // A parent that lists its children, which use each other in one direction.
        (
            "mod a; mod b; pub use a::A; pub use b::B;",
            "pub struct A;",
            "use super::A; pub struct B;",
        ),
        // A child that uses its parent's items.
        (
            "mod a; mod b; pub struct Server;",
            "use super::Server;",
            "use super::Server;",
        ),
        // Tests.
        (
            "mod a; mod b;",
            "use super::b::B; pub struct A;",
            "pub struct B; #[cfg(test)] mod tests { use super::super::a::A; }",
        ),
        // Another folder.
        (
            "mod a; mod b;",
            "use crate::wire::W; pub struct A;",
            "use super::a::A;",
        ),
    ] {
        let wire = ("wire.rs", "use crate::server::a::A; pub struct W;");
        let found = planted(&[("server.rs", head), ("server/a.rs", a), ("server/b.rs", b), wire]);
        assert!(found.is_empty(), "{found:?}");
    }
}
