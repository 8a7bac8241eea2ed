//! protoc with our plugin over published .proto files, and a crate that compiles the output.

mod google;
mod protos;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{self, run as run_command};
use crate::tools::Archive;
use crate::workspace::Workspace;
use crate::{Outcome, tools};

pub(super) use google::{compile_many as google_many, run as google, speed as google_speed};

pub(super) const PLUGIN: &str = "protoc-gen-rsrpc";
const PATIENCE: Duration = Duration::from_secs(120);
/// File of the plugin's output with a module per package.
const MODULE_TREE: &str = "mod.rs";
/// Minimum number of files in `googleapis-common-protos`.
const LEAST: usize = 50;
const ETCD: Archive = Archive {
    name: "etcd-api-3.6.5",
    url: "https://proxy.golang.org/go.etcd.io/etcd/api/v3/@v/v3.6.5.zip",
    sha256: "83ea408c96dc8fba87ed7e54382caa486090871e908d22bd47367e48a287e91b",
};
const GOGO: Archive = Archive {
    name: "gogo-protobuf-1.3.2",
    url: "https://proxy.golang.org/github.com/gogo/protobuf/@v/v1.3.2.zip",
    sha256: "dd2b73f163c8183941626360196c8f844addd95423d341a0412e1b22d0104ff7",
};
const GATEWAY: Archive = Archive {
    name: "grpc-gateway-2.27.2",
    url: "https://proxy.golang.org/github.com/grpc-ecosystem/grpc-gateway/v2/@v/v2.27.2.zip",
    sha256: "6dae1ad81ee4d0941b9eee20d0899886c32747de8c71565a7310a039d81e13be",
};
/// The last version that contains the .proto files.
const OPENTELEMETRY: Archive = Archive {
    name: "otlp-grpc-exporter-base-0.36.1",
    url: "https://registry.npmjs.org/@opentelemetry/otlp-grpc-exporter-base/-/otlp-grpc-exporter-base-0.36.1.tgz",
    sha256: "5f360a286c5808f11ca6e5e4012fcb7641e75c6af7e5892733a83221cd75a808",
};

pub(super) fn run(workspace: &Workspace) -> Outcome {
    let python = tools::python(workspace, &workspace.root.join("tests/foreign/requirements.txt"))?;
    run_command(&mut workspace.cargo(["build", "--quiet", "-p", "protoc-gen-rsrpc"]))?;

    let own = workspace.root.join("tests/proto");
    let theirs = site_packages(&python)?;
    let mut files: Vec<PathBuf> = ["helloworld.proto", "route_guide.proto"]
        .map(|name| own.join(name))
        .into();
    let googleapis = protos::files(&theirs.join("google"))?;
    if googleapis.len() < LEAST {
        return Err(format!(
            "only {} .proto files below {}",
            googleapis.len(),
            theirs.display()
        )
        .into());
    }
    files.extend(googleapis);
    let (mut includes, etcd) = etcd(workspace)?;
    files.extend(etcd);
    let (opentelemetry, more) = opentelemetry(workspace)?;
    files.extend(more);
    includes.splice(0..0, [own, theirs, opentelemetry]);

    let crate_folder = workspace.target.join("corpus");
    let generated = crate_folder.join("src/generated");
    if crate_folder.exists() {
        fs::remove_dir_all(&crate_folder)?;
    }
    fs::create_dir_all(&generated)?;
    generate(&workspace.program("debug", PLUGIN), &includes, &files, &generated)?;
    check_output(&files, &generated)?;
    let lib = "//! Everything the plugin makes of the corpus.\n\n\
               #[path = \"generated/mod.rs\"]\npub mod generated;\n\n\
               pub use generated::etcdserverpb::{Kv, KvClient, KvServer, PutRequest};\n\
               pub use generated::google::rpc::Status;\n\
               pub use generated::helloworld::{Greeter, GreeterClient, GreeterServer, HelloReply};\n\
               pub use generated::opentelemetry::proto::collector::trace::v1::{TraceService, TraceServiceClient};\n\
               pub use generated::routeguide::{RouteGuide, RouteGuideClient, RouteGuideServer, RouteSummary};\n";
    write_crate(workspace, &crate_folder, lib)?;
    // Clippy includes rustc's checks. Rustdoc checks the foreign comments.
    for words in [&["clippy"][..], &["doc", "--no-deps"]] {
        check_crate(workspace, &crate_folder, words)?;
    }
    Ok(())
}

/// Folder of the pinned `googleapis-common-protos`.
fn site_packages(python: &Path) -> Outcome<PathBuf> {
    let script = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let printed = process::output(Command::new(python).args(["-c", script]), PATIENCE)?.stdout;
    Ok(PathBuf::from(printed.trim()))
}

/// Include folders and files of etcd's API and its imports.
fn etcd(workspace: &Workspace) -> Outcome<(Vec<PathBuf>, Vec<PathBuf>)> {
    let module = |archive, path: &str| {
        Ok::<_, Box<dyn std::error::Error>>(tools::archive(workspace, archive)?.join(path))
    };
    let api = module(&ETCD, "go.etcd.io/etcd/api/v3@v3.6.5")?;
    let gogo = module(&GOGO, "github.com/gogo/protobuf@v1.3.2")?;
    let gateway = module(&GATEWAY, "github.com/grpc-ecosystem/grpc-gateway/v2@v2.27.2")?;
    // etcd's files import each other by repository path, some by file name only.
    let include = workspace.target.join("corpus-etcd");
    let mut files = Vec::new();
    for file in protos::files(&api)? {
        let name = Path::new("etcd/api").join(file.strip_prefix(&api)?);
        let copy = include.join(&name);
        let (from, folder) = (file.with_file_name(""), name.with_file_name(""));
        fs::create_dir_all(copy.with_file_name(""))?;
        fs::write(&copy, whole_imports(&fs::read_to_string(&file)?, &from, &folder))?;
        files.push(copy);
    }
    if files.len() < 7 {
        return Err(format!("only {} .proto files of etcd", files.len()).into());
    }
    // gogo's folder also contains files of google, so it comes last.
    Ok((vec![include, gateway, gogo], files))
}

/// Completes imports of files in the same folder with the folder's path.
fn whole_imports(text: &str, beside: &Path, folder: &Path) -> String {
    let line = |line: &str| {
        let name = line
            .strip_prefix("import \"")
            .and_then(|rest| rest.split_once('"'))
            .filter(|(name, _)| beside.join(name).exists());
        match name {
            Some((name, rest)) => format!("import \"{}\"{rest}\n", folder.join(name).display()),
            None => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

fn opentelemetry(workspace: &Workspace) -> Outcome<(PathBuf, Vec<PathBuf>)> {
    let include = tools::archive(workspace, &OPENTELEMETRY)?.join("package/build/protos");
    let files = protos::files(&include)?;
    if files.len() < 9 {
        return Err(format!("only {} .proto files of OpenTelemetry", files.len()).into());
    }
    Ok((include, files))
}

pub(super) fn generate(plugin: &Path, include: &[PathBuf], files: &[PathBuf], out: &Path) -> Outcome {
    let mut protoc = Command::new(protoc_bin_vendored::protoc_bin_path()?);
    protoc.arg(format!("--plugin=protoc-gen-rsrpc={}", plugin.display()));
    protoc.arg(format!("--rsrpc_out={}", out.display()));
    for folder in include.iter().chain([&protoc_bin_vendored::include_path()?]) {
        protoc.arg("-I").arg(folder);
    }
    // The list is passed as a file, which keeps the command line of errors short.
    let list = out.with_file_name("files.txt");
    let lines: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    fs::write(&list, lines.join("\n"))?;
    println!("$ protoc --rsrpc_out over {} files", files.len());
    let said = process::output(protoc.arg(format!("@{}", list.display())), PATIENCE)?;
    print!("{}{}", said.stdout, said.stderr);
    Ok(())
}

/// Top-level definitions of a .proto file by full name, as in generated code. Parsed from the text, since every
/// proper parser is under test here.
struct Definitions {
    package: String,
    names: Vec<String>,
}

impl Definitions {
    fn read(file: &Path) -> Outcome<Self> {
        let text = fs::read_to_string(file)?;
        let mut package = None;
        let mut service = String::new();
        let mut names = Vec::new();
        for line in text.lines() {
            let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
            let (keyword, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            match (keyword, package.as_deref()) {
                ("package", None) => package = Some(name.to_owned()),
                ("message", Some(package)) => names.push(format!("\"{package}.{name}\"")),
                ("service", Some(package)) => {
                    service = format!("{package}.{name}");
                    names.push(format!("\"{service}\""));
                }
                _ => {
                    if let Some(rpc) = line.trim_start().strip_prefix("rpc ") {
                        let rpc = rpc.split('(').next().unwrap_or_default().trim_end();
                        names.push(format!("\"/{service}/{rpc}\""));
                    }
                }
            }
        }
        let package = package.ok_or_else(|| format!("{} names no package", file.display()))?;
        Ok(Self { package, names })
    }
}

/// Checks that each package has its two files, which contain every message, service and method.
fn check_output(files: &[PathBuf], out: &Path) -> Outcome {
    let mut packages = BTreeMap::<String, Vec<String>>::new();
    for file in files {
        let definitions = Definitions::read(file)?;
        packages
            .entry(definitions.package)
            .or_default()
            .extend(definitions.names);
    }
    let mut expected = BTreeSet::from([MODULE_TREE.to_owned()]);
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(out)? {
        found.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    for package in packages.keys() {
        expected.extend([format!("{package}.rs"), format!("{package}-descriptor.rs")]);
    }
    if found != expected {
        let missing: Vec<_> = expected.difference(&found).collect();
        let surplus: Vec<_> = found.difference(&expected).collect();
        return Err(
            format!("the plugin's output lacks {missing:?} and has {surplus:?} for no package").into(),
        );
    }
    let mut counted = 0;
    for (package, names) in &packages {
        let text = fs::read_to_string(out.join(format!("{package}.rs")))?;
        let missing: Vec<_> = names.iter().filter(|name| !text.contains(*name)).collect();
        if !missing.is_empty() {
            return Err(format!("{package}.rs lacks {missing:?}").into());
        }
        // Items that prost and rsrpc write for each message, including nested ones. Long paths are on their own line.
        let count = |item: &str| {
            text.split(item)
                .skip(1)
                .filter(|rest| rest.trim_start().starts_with("for "))
                .count()
        };
        let (messages, json) = (count("::prost::Name"), count("::json::JsonMessage"));
        if messages != json {
            return Err(format!("{package}.rs has {messages} messages, and JSON for {json}").into());
        }
        counted += names.len();
    }
    println!(
        "found {counted} messages, services and rpcs in {} packages",
        packages.len()
    );
    Ok(())
}

/// Writes a crate outside the workspace that denies warnings.
fn write_crate(workspace: &Workspace, folder: &Path, lib: &str) -> Outcome {
    let runtime = workspace.root.join("rsrpc-runtime");
    // Uses the workspace's versions, profile and target folder to share compiled dependencies.
    let manifest = format!(
        "[package]\nname = \"rsrpc-corpus\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\n\n[lints.rust]\nwarnings = \"deny\"\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n\n\
         [dependencies]\nrsrpc-runtime = {{ path = {runtime:?} }}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/lib.rs"), lib)?;
    fs::copy(workspace.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(())
}

/// Runs cargo on such a crate.
pub(super) fn check_crate(workspace: &Workspace, folder: &Path, words: &[&str]) -> Outcome {
    let mut cargo = workspace.cargo(words.iter().copied());
    cargo.args(["--quiet", "--manifest-path"]);
    cargo.arg(folder.join("Cargo.toml"));
    cargo.arg("--target-dir").arg(&workspace.target);
    // Incremental data of a crate that is checked once wastes gigabytes.
    run_command(
        cargo
            .env("RUSTDOCFLAGS", "-D warnings")
            .env("CARGO_INCREMENTAL", "0"),
    )
}
