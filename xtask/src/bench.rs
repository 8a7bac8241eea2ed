//! `cargo xtask bench`: measures rsrpc and tonic in one run on one machine.

mod footprint;
pub(crate) mod instructions;
mod memory;
mod programs;
mod scratch;
mod timed;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::Outcome;
use crate::workspace::Workspace;

/// Options of `cargo xtask bench`.
#[derive(Debug, Default)]
pub(crate) struct BenchOptions {
    compile: bool,
    size: bool,
    memory: bool,
    instructions: bool,
    quick: bool,
    rounds: Option<usize>,
    json: Option<PathBuf>,
}

impl BenchOptions {
    pub(crate) fn parse(args: &[&str]) -> Outcome<Self> {
        let mut options = Self::default();
        let mut args = args.iter();
        while let Some(&arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg {
                "--compile" => options.compile = true,
                "--size" => options.size = true,
                "--memory" => options.memory = true,
                "--instructions" => options.instructions = true,
                "--quick" => options.quick = true,
                "--rounds" => {
                    let rounds = value()?.parse().ok().filter(|&rounds| rounds > 0);
                    options.rounds = Some(rounds.ok_or("--rounds takes a number from 1")?);
                }
                "--json" => options.json = Some(PathBuf::from(value()?)),
                _ => return Err(crate::USAGE.into()),
            }
        }
        Ok(options)
    }
}

/// Measures, prints a table, and writes the figures as JSON to `--json FILE` or the target folder.
pub(crate) fn run(workspace: &Workspace, options: &BenchOptions) -> Outcome {
    let (name, table, json) = if options.compile || options.size || options.memory {
        let mut rows = Vec::new();
        if options.compile {
            rows.extend(footprint::compile(workspace, options.quick)?);
        }
        if options.size {
            rows.extend(footprint::size(workspace)?);
        }
        if options.memory {
            rows.extend(memory::measure(workspace)?);
        }
        ("footprint", footprint::table(&rows), footprint::json(&rows))
    } else if options.instructions {
        let rows = instructions::measure(workspace, options.quick)?;
        (
            "instructions",
            instructions::table(&rows),
            instructions::json(&rows),
        )
    } else {
        let rounds = options.rounds.unwrap_or(if options.quick { 2 } else { 5 });
        let rows = timed::measure(workspace, rounds, options.quick)?;
        ("timed", timed::table(&rows), timed::json(&rows))
    };
    println!("\n{table}");
    let path = match &options.json {
        Some(path) => path.clone(),
        None => workspace.target.join(format!("bench-{name}.json")),
    };
    fs::write(&path, serde_json::to_string_pretty(&Value::Array(json))? + "\n")?;
    println!("as JSON: {}", path.display());
    Ok(())
}
