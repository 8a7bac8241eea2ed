//! Build cost of generated code compared with tonic's: time of `cargo check`, lines of code, and for the greeter
//! crates time of a cold build and size.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};

use super::scratch;
use crate::workspace::Workspace;
use crate::{Outcome, process};

/// Number of services in `many.proto`; each has ten methods.
const SERVICES: usize = 200;

/// A row of the table: one figure of rsrpc and of tonic.
pub(super) struct FootprintRow {
    pub(super) what: &'static str,
    pub(super) rsrpc: f64,
    pub(super) tonic: f64,
}

/// Measures CPU time of `cargo check` of many services, and lines per method.
pub(super) fn compile(workspace: &Workspace, quick: bool) -> Outcome<Vec<FootprintRow>> {
    let services = if quick { SERVICES / 4 } else { SERVICES };
    let folder = scratch::many(workspace, services)?;
    let cargo = Scratch::new(&folder);
    let mut measured = Vec::new();
    for options in ["tonic", "json=off", "defaults"] {
        let crate_name = if options == "tonic" {
            "many-tonic"
        } else {
            "many-rsrpc"
        };
        process::run(&mut cargo.command(&["run", "--quiet", "--package", "generate", "--", options]))?;
        let source = folder.join(crate_name).join("src");
        let lines = fs::read_to_string(source.join("many.rs"))?.lines().count();
        process::run(&mut cargo.command(&["check", "--quiet", "--package", crate_name]))?;
        // The minimum of several runs: other load only adds.
        let mut seconds = f64::INFINITY;
        for _ in 0..3 {
            fs::write(source.join("lib.rs"), scratch::LIB)?;
            let mut check = cargo.command(&["check", "--quiet", "--package", crate_name]);
            seconds = seconds.min(cpu_of(&mut check)?);
        }
        measured.push((seconds, lines as f64 / (services * 10) as f64));
    }
    let [tonic, json_off, defaults] = measured[..] else {
        return Err("three were measured".into());
    };
    let row = |what, rsrpc, tonic| FootprintRow { what, rsrpc, tonic };
    Ok(vec![
        row("cargo check, json=off, CPU s", json_off.0, tonic.0),
        row("cargo check, defaults, CPU s", defaults.0, tonic.0),
        row("lines per method, json=off", json_off.1, tonic.1),
        row("lines per method, defaults", defaults.1, tonic.1),
    ])
}

/// Measures crates, cold build and size of a greeter with client and server in one program, with default features and
/// without JSON-RPC, each with protox and with protoc.
pub(super) fn size(workspace: &Workspace) -> Outcome<Vec<FootprintRow>> {
    let folder = scratch::greeters(workspace)?;
    let mut measured = Vec::new();
    for name in scratch::GREETERS {
        let mut cargo = Scratch::new(&folder);
        cargo.target = folder.join("target").join(name);
        let tree = process::output(
            &mut cargo.command(&[
                "tree",
                "--package",
                name,
                "--edges",
                "normal,build",
                "--prefix",
                "none",
            ]),
            std::time::Duration::from_secs(60),
        )?;
        let crates: BTreeSet<&str> = tree
            .stdout
            .lines()
            .map(|line| line.trim_end_matches(" (*)"))
            .collect();
        let _ = fs::remove_dir_all(&cargo.target);
        let mut build = cargo.command(&["build", "--quiet", "--release", "--package", name]);
        build.env("PROTOC", protoc_bin_vendored::protoc_bin_path()?);
        let seconds = cpu_of(&mut build)?;
        let bytes = fs::metadata(cargo.target.join("release").join(name))?.len();
        measured.push([crates.len() as f64, seconds, bytes as f64 / 1024.0]);
    }
    let [defaults, defaults_protoc, grpc, grpc_protoc, tonic] = measured[..] else {
        return Err("five were measured".into());
    };
    // protoc affects only the build, so the sizes are equal.
    let [crates, seconds, kib] = [0, 1, 2];
    let rows = [
        ("crates", defaults, crates),
        ("crates, with protoc", defaults_protoc, crates),
        ("crates, without JSON-RPC", grpc, crates),
        ("crates, without JSON-RPC, with protoc", grpc_protoc, crates),
        ("cold release build, CPU s", defaults, seconds),
        ("cold release build, with protoc, CPU s", defaults_protoc, seconds),
        ("cold release build, without JSON-RPC, CPU s", grpc, seconds),
        (
            "cold release build, without JSON-RPC, with protoc, CPU s",
            grpc_protoc,
            seconds,
        ),
        ("stripped binary, KiB", defaults, kib),
        ("stripped binary, without JSON-RPC, KiB", grpc, kib),
    ];
    Ok(rows
        .map(|(what, rsrpc, column)| FootprintRow {
            what,
            rsrpc: rsrpc[column],
            tonic: tonic[column],
        })
        .into())
}

struct Scratch<'a> {
    folder: &'a Path,
    target: PathBuf,
}

impl<'a> Scratch<'a> {
    fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            target: folder.join("target"),
        }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command
            .current_dir(self.folder)
            .args(words)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "0");
        command
    }
}

/// Returns user and system time of a program and its children.
fn cpu_of(command: &mut Command) -> Outcome<f64> {
    let seconds = || -> Outcome<f64> {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let times = [usage.user_time(), usage.system_time()];
        let of = |time: &nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        Ok(times.iter().map(of).sum())
    };
    let before = seconds()?;
    process::run(command)?;
    Ok(seconds()? - before)
}

pub(super) fn table(rows: &[FootprintRow]) -> String {
    let mut table = String::from("| | rsrpc | tonic | ratio |\n|---|---|---|---|\n");
    for FootprintRow { what, rsrpc, tonic } in rows {
        let ratio = rsrpc / tonic;
        let _ = writeln!(table, "| {what} | {rsrpc:.1} | {tonic:.1} | {ratio:.2} |");
    }
    table
}

pub(super) fn json(rows: &[FootprintRow]) -> Vec<Value> {
    let row = |row: &FootprintRow| json!({ "what": row.what, "rsrpc": row.rsrpc, "tonic": row.tonic });
    rows.iter().map(row).collect()
}
