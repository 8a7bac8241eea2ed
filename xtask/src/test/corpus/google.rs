//! protoc with our plugin over `google-proto-files`: more than 8,000 files, one run per proto package.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::protos::Tree;
use super::{PATIENCE, PLUGIN, check_crate, generate, write_crate};
use crate::Outcome;
use crate::process::{self, run as run_command};
use crate::tools::{self, Archive};
use crate::workspace::Workspace;

const GOOGLE: Archive = Archive {
    name: "google-proto-files-5.0.3",
    url: "https://registry.npmjs.org/google-proto-files/-/google-proto-files-5.0.3.tgz",
    sha256: "73a90e656be2ef3ba03fabc82bbb3b5213d29bd4ceb41e25364250d25606200c",
};
/// Number of files in the archive.
const FILES: usize = 8051;
const PACKAGES: usize = 652;
/// Packages that protoc refuses: imports are missing, or names are defined twice.
const REFUSED: [&str; 3] = ["A.B.C", "one.two.a_three", "proto3"];
const SEED: u64 = 0x5EED_0F90_06EA_9150;
/// Number of compiled packages without and with `--full`.
const SOME: usize = 30;
const MANY: usize = 400;
/// Number of packages per crate.
const TOGETHER: usize = 15;

/// Generates all packages and compiles some.
pub(in crate::test) fn run(workspace: &Workspace) -> Outcome {
    let tree = read(workspace)?;
    let plugin = plugin(workspace)?;
    let out = workspace.target.join("corpus-google/out");
    clear(&out)?;
    let packages = tree.packages();
    let (mut refused, mut failures) = (BTreeSet::new(), Vec::new());
    let start = Instant::now();
    for (package, files) in &packages {
        let folder = out.join(package);
        fs::create_dir_all(&folder)?;
        let mut protoc = protoc(&tree, files)?;
        protoc.arg(format!("--plugin={PLUGIN}={}", plugin.display()));
        protoc.arg(format!("--rsrpc_out={}", folder.display()));
        if let Err(error) = process::output(&mut protoc, PATIENCE) {
            let mut alone = self::protoc(&tree, files)?;
            alone.arg("--descriptor_set_out=/dev/null");
            match process::output(&mut alone, PATIENCE) {
                Ok(_) => failures.push(format!("{package}: {error}")),
                Err(_) => _ = refused.insert(*package),
            }
        } else if !folder.join(format!("{package}.rs")).is_file() {
            failures.push(format!("{package}: no file was written for it"));
        }
    }
    println!(
        "{} packages generated in {:.1} s",
        packages.len(),
        start.elapsed().as_secs_f64()
    );
    clear(&out)?;
    if !failures.is_empty() {
        return Err(format!("{} packages failed:\n{}", failures.len(), failures.join("\n")).into());
    }
    if !refused.iter().eq(&REFUSED) {
        return Err(format!("protoc itself refuses {refused:?}, not {REFUSED:?}").into());
    }
    compile(workspace, &tree, &plugin, &chosen(&tree, SOME))
}

/// Compiles many packages.
pub(in crate::test) fn compile_many(workspace: &Workspace) -> Outcome {
    let tree = read(workspace)?;
    let plugin = plugin(workspace)?;
    compile(workspace, &tree, &plugin, &chosen(&tree, MANY))
}

fn read(workspace: &Workspace) -> Outcome<Tree> {
    let tree = Tree::read(tools::archive(workspace, &GOOGLE)?.join("package"))?;
    let (files, packages) = (tree.heads.len(), tree.packages().len());
    if (files, packages) != (FILES, PACKAGES) {
        return Err(format!("found {files} files of {packages} packages, not {FILES} of {PACKAGES}").into());
    }
    Ok(tree)
}

/// Builds an optimised plugin, since the input is large.
fn plugin(workspace: &Workspace) -> Outcome<PathBuf> {
    run_command(&mut workspace.cargo(["build", "--quiet", "--release", "-p", PLUGIN]))?;
    Ok(workspace.program("release", PLUGIN))
}

fn clear(folder: &Path) -> Outcome {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

fn protoc(tree: &Tree, files: &[&str]) -> Outcome<Command> {
    let mut protoc = Command::new(protoc_bin_vendored::protoc_bin_path()?);
    protoc.arg("-I").arg(&tree.root).args(files);
    Ok(protoc)
}

/// Selects packages pseudo-randomly, the same in every run.
fn chosen(tree: &Tree, count: usize) -> Vec<&str> {
    let packages = tree.packages();
    let mut names: Vec<_> = packages
        .into_keys()
        .filter(|name| !REFUSED.contains(name))
        .collect();
    let mut state = SEED;
    for last in (1..names.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = state % (last as u64 + 1);
        names.swap(last, other as usize);
    }
    names.truncate(count);
    names
}

/// Generates packages with their imports, several per crate, and runs cargo check on them.
fn compile(workspace: &Workspace, tree: &Tree, plugin: &Path, names: &[&str]) -> Outcome {
    let packages = tree.packages();
    for (index, names) in names.chunks(TOGETHER).enumerate() {
        let start = Instant::now();
        let wanted = names
            .iter()
            .filter_map(|name| packages.get(name))
            .flatten()
            .copied();
        let files: Vec<_> = tree
            .closure(wanted)
            .into_iter()
            .map(|name| tree.root.join(name))
            .collect();
        let folder = workspace.target.join(format!("corpus-google/crate-{index}"));
        let generated = folder.join("src/generated");
        clear(&folder)?;
        fs::create_dir_all(&generated)?;
        generate(plugin, std::slice::from_ref(&tree.root), &files, &generated)?;
        let lib =
            "//! Packages of google-proto-files.\n\n#[path = \"generated/mod.rs\"]\npub mod generated;\n";
        write_crate(workspace, &folder, lib)?;
        check_crate(workspace, &folder, &["check"]).map_err(|error| format!("{error}\nin {names:?}"))?;
        println!(
            "{} packages, {} files with imports, compile in {:.1} s",
            names.len(),
            files.len(),
            start.elapsed().as_secs_f64()
        );
        fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

/// Reports the time of protoc with our plugin and with the equivalent peers. Files with an edition are left out:
/// prost's plugins refuse them.
pub(in crate::test) fn speed(workspace: &Workspace) -> Outcome {
    let (tree, plugin) = (read(workspace)?, plugin(workspace)?);
    let peers = tools::peer_plugins(workspace)?;
    let out = workspace.target.join("corpus-google/speed");
    let (mut alone, mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut runs = 0;
    for (package, files) in tree.packages() {
        let is_edition = |name: &&str| tree.heads.get(*name).is_some_and(|head| head.is_edition);
        let files: Vec<_> = files.into_iter().filter(|name| !is_edition(name)).collect();
        if files.is_empty() || REFUSED.contains(&package) {
            continue;
        }
        runs += 1;
        // Alternates, so that other load affects both.
        let timed = |arguments: &dyn Fn(&mut Command)| {
            clear(&out)?;
            let mut protoc = protoc(&tree, &files)?;
            arguments(&mut protoc);
            let start = Instant::now();
            let finished = protoc.output()?;
            let took = start.elapsed();
            if !finished.status.success() {
                return Err(format!("{package}: {}", String::from_utf8_lossy(&finished.stderr)).into());
            }
            Ok::<_, Box<dyn std::error::Error>>(took)
        };
        alone += timed(&|protoc| _ = protoc.arg("--descriptor_set_out=/dev/null"))?;
        ours += timed(&|protoc| {
            protoc.arg(format!("--plugin={PLUGIN}={}", plugin.display()));
            protoc.arg(format!("--rsrpc_out={}", out.display()));
        })?;
        theirs += timed(&|protoc| {
            for ((name, _), program) in tools::PEER_PLUGINS.iter().zip(&peers) {
                let kind = name.trim_start_matches("protoc-gen-");
                protoc.arg(format!("--plugin={name}={}", program.display()));
                protoc.arg(format!("--{kind}_out={}", out.display()));
                if kind != "prost" {
                    protoc.arg(format!("--{kind}_opt=no_include=true"));
                }
            }
        })?;
    }
    clear(&out)?;
    println!(
        "{runs} packages: protoc alone {:.1} s, with our plugin {:.1} s, with prost's and tonic's {:.1} s; ratio {:.2} \
         (wanted: at most 0.50)",
        alone.as_secs_f64(),
        ours.as_secs_f64(),
        theirs.as_secs_f64(),
        ours.as_secs_f64() / theirs.as_secs_f64()
    );
    Ok(())
}
