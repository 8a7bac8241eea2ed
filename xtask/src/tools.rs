//! External programs: those of the system, and those installed in the cache at pinned versions.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::workspace::Workspace;
use crate::{Outcome, process};

const CARGO_DENY: &str = "0.20.2";
/// Plugins that together generate the equivalent of ours.
pub(crate) const PEER_PLUGINS: [(&str, &str); 3] = [
    ("protoc-gen-prost", "0.5.0"),
    ("protoc-gen-prost-serde", "0.4.0"),
    ("protoc-gen-tonic", "0.5.0"),
];
const UNPACKING: Duration = Duration::from_secs(60);
/// Time limit for downloading a Go module.
const DOWNLOADING: Duration = Duration::from_secs(300);

/// Finds a program of the system. `requirements` has installed it before the steps of `cargo xtask test`.
///
/// # Errors
/// The program is missing. The text names the Debian package that contains it.
pub(crate) fn system(program: &str, package: &str) -> Outcome<PathBuf> {
    find(program)
        .ok_or_else(|| format!("{program} is missing; get it with `apt-get install -y {package}`").into())
}

/// Searches `PATH` for a program.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// Builds `cargo-deny` once per version.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Outcome<PathBuf> {
    let home = workspace.cache.join(format!("cargo-deny-{CARGO_DENY}"));
    let program = home.join("bin/cargo-deny");
    if !program.exists() {
        let home = home.to_str().ok_or("the cache's path is no UTF-8")?;
        let version = format!("cargo-deny@{CARGO_DENY}");
        // An unoptimised build takes a minute and is fast enough. It goes to its own target folder, since ours would
        // not reuse it.
        let mut install = workspace.cargo(["install", "--locked", "--debug", "--root", home, &version]);
        install
            .env_remove("CARGO_TARGET_DIR")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        process::run(&mut install)?;
    }
    Ok(program)
}

/// Builds a program of a Go module once per version. `package` is its import path, such as
/// `github.com/summerwind/h2spec/cmd/h2spec`; its last segment is the program's name.
pub(crate) fn go_program(workspace: &Workspace, package: &str, version: &str) -> Outcome<PathBuf> {
    let name = package.rsplit('/').next().unwrap_or(package);
    // Many programs are named `client` or `server`, so the folder contains the whole path.
    let folder = format!("go-{}-{version}", package.replace('/', "-"));
    let home = workspace.cache.join(folder);
    let program = home.join(name);
    if !program.exists() {
        let mut install = Command::new(go()?);
        install
            .args(["install", &format!("{package}@{version}")])
            .env("GOBIN", &home);
        process::run(&mut install)?;
    }
    Ok(program)
}

/// Returns the source folder of a Go module such as `google.golang.org/grpc`, which has test data and .proto files.
pub(crate) fn go_module(workspace: &Workspace, module: &str, version: &str) -> Outcome<PathBuf> {
    let mut download = Command::new(go()?);
    download
        .args(["mod", "download", "-json", &format!("{module}@{version}")])
        .current_dir(&workspace.root);
    let answer = process::output(&mut download, DOWNLOADING)?.stdout;
    let answer: serde_json::Value = serde_json::from_str(&answer)?;
    let folder = answer["Dir"]
        .as_str()
        .ok_or_else(|| format!("go mod download does not say where {module} is"))?;
    Ok(folder.into())
}

fn go() -> Outcome<PathBuf> {
    find("go").ok_or_else(|| "go is missing; get Go 1.26 or newer from https://go.dev/dl".into())
}

/// Returns the interpreter of a virtual environment with exactly the packages of a requirements file.
pub(crate) fn python(workspace: &Workspace, requirements: &Path) -> Outcome<PathBuf> {
    let text =
        fs::read_to_string(requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let home = workspace.cache.join(format!("python-{:016x}", hasher.finish()));
    let interpreter = home.join("bin/python");
    // Written last: an interrupted installation starts over.
    let complete = home.join("complete");
    if !complete.exists() {
        let system = system("python3", "python3-venv")?;
        process::run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&home))
            .map_err(|error| format!("{error}\nget what it needs with `apt-get install -y python3-venv`"))?;
        let mut install = Command::new(&interpreter);
        install.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--requirement",
        ]);
        process::run(install.arg(requirements))?;
        fs::write(complete, text)?;
    }
    Ok(interpreter)
}

/// A file of a package registry, whose content never changes.
pub(crate) struct Archive {
    /// Folder in the cache, including the version.
    pub(crate) name: &'static str,
    pub(crate) url: &'static str,
    pub(crate) sha256: &'static str,
}

/// Downloads and unpacks an archive once. Returns its folder.
pub(crate) fn archive(workspace: &Workspace, archive: &Archive) -> Outcome<PathBuf> {
    let home = workspace.cache.join(archive.name);
    // Written last: an interrupted download starts over.
    let complete = home.join("complete");
    if complete.exists() {
        return Ok(home);
    }
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    fs::create_dir_all(&home)?;
    let file = home.join("archive");
    let curl = system("curl", "curl")?;
    let mut download = Command::new(curl);
    download
        .args(["-sSfL", "--retry", "3", "-o"])
        .arg(&file)
        .arg(archive.url);
    process::run(&mut download)?;
    let digest = process::output(Command::new("sha256sum").arg(&file), UNPACKING)?.stdout;
    let digest = digest.split_whitespace().next().unwrap_or_default();
    if digest != archive.sha256 {
        return Err(format!("{} is not what it was: its SHA-256 is {digest}", archive.url).into());
    }
    let mut unpack = if archive.url.ends_with(".zip") {
        let mut unpack = Command::new(system("python3", "python3")?);
        unpack.args(["-m", "zipfile", "-e"]).arg(&file).arg(&home);
        unpack
    } else {
        let mut unpack = Command::new("tar");
        unpack.arg("-xzf").arg(&file).arg("-C").arg(&home);
        unpack
    };
    process::run(&mut unpack)?;
    fs::remove_file(&file)?;
    fs::write(complete, archive.url)?;
    Ok(home)
}

/// Builds the programs of [`PEER_PLUGINS`] in order.
pub(crate) fn peer_plugins(workspace: &Workspace) -> Outcome<Vec<PathBuf>> {
    let install = |(name, version): (&str, &str)| {
        let home = workspace.cache.join(format!("{name}-{version}"));
        let program = home.join("bin").join(name);
        if !program.exists() {
            let root = home.to_str().ok_or("the cache's path is no UTF-8")?;
            let version = format!("{name}@{version}");
            let mut install = workspace.cargo(["install", "--locked", "--root", root, &version]);
            process::run(install.env_remove("CARGO_TARGET_DIR"))?;
        }
        Ok(program)
    };
    PEER_PLUGINS.into_iter().map(install).collect()
}
