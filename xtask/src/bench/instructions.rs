//! User-space instructions per unary call, counted by callgrind. This is the most stable figure. It excludes the
//! kernel.

use serde_json::{Value, json};

use super::programs::{Implementation, Load, Programs, Rsrpc, Tonic};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

const CALLGRIND: &[&str] = &["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];

/// A case with the instructions per call of both implementations.
pub(crate) struct InstructionsRow {
    pub(crate) case: String,
    pub(crate) rsrpc: f64,
    pub(crate) tonic: f64,
}

impl InstructionsRow {
    pub(crate) fn ratio(&self) -> f64 {
        self.rsrpc / self.tonic
    }
}

enum Side {
    Server,
    Client,
}

struct InstructionsCase {
    name: &'static str,
    side: Side,
    connections: usize,
    concurrency: usize,
}

const CASES: &[InstructionsCase] = &[
    InstructionsCase {
        name: "server, 8 connections × 32 streams, 5 B",
        side: Side::Server,
        connections: 8,
        concurrency: 256,
    },
    InstructionsCase {
        name: "client, 64 callers on one connection, 5 B",
        side: Side::Client,
        connections: 1,
        concurrency: 64,
    },
    InstructionsCase {
        name: "client, 1 caller, 5 B",
        side: Side::Client,
        connections: 1,
        concurrency: 1,
    },
];

/// Measures every case on both implementations.
pub(crate) fn measure(workspace: &Workspace, quick: bool) -> Outcome<Vec<InstructionsRow>> {
    tools::system("valgrind", "valgrind")?;
    let programs = Programs::build(workspace)?;
    let counted = programs.under(CALLGRIND);
    let mut rows = Vec::new();
    for case in CASES {
        let cost = |implementation| {
            let (few, many) = if quick { (1_000, 6_000) } else { (4_000, 24_000) };
            let once = |calls| match case.side {
                Side::Server => server(&programs, &counted, implementation, &case.load(calls)),
                Side::Client => client(&programs, &counted, implementation, &case.load(calls)),
            };
            // The difference of two runs excludes start, connecting and shutdown.
            let (short, long): (f64, f64) = (once(few)?, once(many)?);
            Outcome::Ok((long - short) / (many - few) as f64)
        };
        let (rsrpc, tonic) = (cost(Rsrpc)?, cost(Tonic)?);
        println!("{}: rsrpc {rsrpc:.0}, tonic {tonic:.0}", case.name);
        rows.push(InstructionsRow {
            case: case.name.to_owned(),
            rsrpc,
            tonic,
        });
    }
    Ok(rows)
}

impl InstructionsCase {
    fn load(&self, calls: usize) -> Load {
        let (connections, concurrency) = (self.connections, self.concurrency);
        Load {
            mode: "unary",
            payload: 5,
            concurrency,
            connections,
            calls,
        }
    }
}

/// Counts the instructions of a server run. The load comes from tonic's client for both.
fn server(
    programs: &Programs<'_>,
    counted: &Programs<'_>,
    which: Implementation,
    load: &Load,
) -> Outcome<f64> {
    let (process, addr) = counted.server(which)?;
    programs.client(Tonic, &addr, load)?;
    collected(&process.stop()?.stderr)
}

/// Counts the instructions of a client run. The server is tonic's for both.
fn client(
    programs: &Programs<'_>,
    counted: &Programs<'_>,
    which: Implementation,
    load: &Load,
) -> Outcome<f64> {
    let (process, addr) = programs.server(Tonic)?;
    let (_, finished) = counted.client(which, &addr, load)?;
    process.stop()?;
    collected(&finished.stderr)
}

/// Reads the instruction count from callgrind's output.
fn collected(text: &str) -> Outcome<f64> {
    let count = text
        .split_once("Collected : ")
        .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
    count.ok_or_else(|| format!("callgrind gave no count:\n{text}").into())
}

/// Formats the rows as a table.
pub(crate) fn table(rows: &[InstructionsRow]) -> String {
    let mut text =
        String::from("| instructions per unary call | rsrpc | tonic | rsrpc ÷ tonic |\n|---|---|---|---|\n");
    for row in rows {
        text += &format!(
            "| {} | {:.0} | {:.0} | {:.2} |\n",
            row.case,
            row.rsrpc,
            row.tonic,
            row.ratio()
        );
    }
    text
}

/// Formats the rows as JSON.
pub(crate) fn json(rows: &[InstructionsRow]) -> Vec<Value> {
    let row = |row: &InstructionsRow| json!({"case": row.case, "rsrpc": row.rsrpc, "tonic": row.tonic, "ratio": row.ratio()});
    rows.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::collected;

    #[test]
    fn the_count_is_read_from_callgrinds_summary() {
        assert_eq!(
            collected("==1== Events    : Ir\n==1== Collected : 98765\n==1==").unwrap(),
            98765.0
        );
        assert!(collected("==1== killed").is_err());
    }
}
