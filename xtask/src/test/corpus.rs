//! protoc with our plugin over .proto files that others wrote, and a crate that compiles all of the output.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{self, run as run_command};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

const PATIENCE: Duration = Duration::from_secs(120);
/// The file of the plugin's output that declares a module for each package.
const MODULE_TREE: &str = "mod.rs";
/// Fewer files of `googleapis-common-protos` than this were not found, rather than not there.
const LEAST: usize = 50;

pub(super) fn run(workspace: &Workspace) -> Outcome {
    let python = tools::python(workspace, &workspace.root.join("tests/foreign/requirements.txt"))?;
    run_command(&mut workspace.cargo(["build", "--quiet", "-p", "protoc-gen-rsrpc"]))?;

    let own = workspace.root.join("tests/proto");
    let theirs = site_packages(&python)?;
    let mut files: Vec<PathBuf> = ["helloworld.proto", "route_guide.proto"]
        .map(|name| own.join(name))
        .into();
    let googleapis = proto_files(&theirs.join("google"))?;
    if googleapis.len() < LEAST {
        return Err(format!(
            "only {} .proto files below {}",
            googleapis.len(),
            theirs.display()
        )
        .into());
    }
    files.extend(googleapis);

    let crate_folder = workspace.target.join("corpus");
    let generated = crate_folder.join("src/generated");
    if crate_folder.exists() {
        fs::remove_dir_all(&crate_folder)?;
    }
    fs::create_dir_all(&generated)?;
    generate(workspace, &[&own, &theirs], &files, &generated)?;
    check_packages(&files, &generated)?;
    compile(workspace, &crate_folder)
}

/// Where the pinned `googleapis-common-protos` lies.
fn site_packages(python: &Path) -> Outcome<PathBuf> {
    let script = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let printed = process::output(Command::new(python).args(["-c", script]), PATIENCE)?.stdout;
    Ok(PathBuf::from(printed.trim()))
}

fn proto_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(proto_files(&path)?);
        } else if path.extension() == Some(OsStr::new("proto")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn generate(workspace: &Workspace, include: &[&Path], files: &[PathBuf], out: &Path) -> Outcome {
    let plugin = workspace.program("debug", "protoc-gen-rsrpc");
    let mut protoc = Command::new(protoc_bin_vendored::protoc_bin_path()?);
    protoc.arg(format!("--plugin=protoc-gen-rsrpc={}", plugin.display()));
    protoc.arg(format!("--rsrpc_out={}", out.display()));
    for folder in include
        .iter()
        .copied()
        .chain([protoc_bin_vendored::include_path()?.as_path()])
    {
        protoc.arg("-I").arg(folder);
    }
    // The list goes through a file: an error that repeats the command line stays readable.
    let list = out.with_file_name("files.txt");
    let lines: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    fs::write(&list, lines.join("\n"))?;
    println!("$ protoc --rsrpc_out over {} files", files.len());
    let said = process::output(protoc.arg(format!("@{}", list.display())), PATIENCE)?;
    print!("{}{}", said.stdout, said.stderr);
    Ok(())
}

/// The two files of each package, and none for nothing.
fn check_packages(files: &[PathBuf], out: &Path) -> Outcome {
    let mut expected = BTreeSet::from([MODULE_TREE.to_owned()]);
    for file in files {
        let text = fs::read_to_string(file)?;
        let line = text.lines().find_map(|line| line.strip_prefix("package "));
        let package = line.ok_or_else(|| format!("{} names no package", file.display()))?;
        let package = package.trim_end_matches(';').trim();
        expected.insert(format!("{package}.rs"));
        expected.insert(format!("{package}-descriptor.rs"));
    }
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(out)? {
        found.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    if found == expected {
        return Ok(());
    }
    let missing: Vec<_> = expected.difference(&found).collect();
    let surplus: Vec<_> = found.difference(&expected).collect();
    Err(format!("the plugin's output lacks {missing:?} and has {surplus:?} for no package").into())
}

/// Compiles a crate outside the workspace that holds the output, warnings denied, and names something in it.
fn compile(workspace: &Workspace, folder: &Path) -> Outcome {
    let runtime = workspace.root.join("rsrpc-runtime");
    // The versions, the profile and the target folder of the workspace, so that its compiled dependencies serve.
    let manifest = format!(
        "[package]\nname = \"rsrpc-corpus\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\n\n[lints.rust]\nwarnings = \"deny\"\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n\n\
         [dependencies]\nrsrpc-runtime = {{ path = {runtime:?} }}\n"
    );
    let lib = "//! Everything the plugin makes of the corpus.\n\n\
               #[path = \"generated/mod.rs\"]\npub mod generated;\n\n\
               pub use generated::helloworld::{Greeter, GreeterClient, GreeterServer, HelloReply};\n\
               pub use generated::routeguide::{RouteGuide, RouteGuideClient, RouteGuideServer, RouteSummary};\n\
               pub use generated::google::rpc::Status;\n";
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/lib.rs"), lib)?;
    fs::copy(workspace.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let mut check = workspace.cargo(["check", "--quiet", "--manifest-path"]);
    check
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&workspace.target);
    run_command(&mut check)
}
