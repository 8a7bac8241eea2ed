//! User-space instructions per unary call, counted by callgrind: the steadiest figure there is. What the kernel does
//! for a call is not in it.

use serde_json::{Value, json};

use super::programs::{Implementation, Load, Programs, Rsrpc, Tonic};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

const CALLGRIND: &[&str] = &["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];

/// A case, and the instructions per call of both implementations.
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) rsrpc: f64,
    pub(crate) tonic: f64,
}

impl Row {
    pub(crate) fn ratio(&self) -> f64 {
        self.rsrpc / self.tonic
    }
}

enum Side {
    Server,
    Client,
}

struct Case {
    name: &'static str,
    side: Side,
    connections: usize,
    concurrency: usize,
}

const CASES: &[Case] = &[
    Case {
        name: "server, 8 connections × 32 streams, 5 B",
        side: Side::Server,
        connections: 8,
        concurrency: 256,
    },
    Case {
        name: "client, 64 callers on one connection, 5 B",
        side: Side::Client,
        connections: 1,
        concurrency: 64,
    },
    Case {
        name: "client, 1 caller, 5 B",
        side: Side::Client,
        connections: 1,
        concurrency: 1,
    },
];

/// Measures every case on both implementations.
pub(crate) fn measure(workspace: &Workspace, quick: bool) -> Outcome<Vec<Row>> {
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
            // The difference of two runs: start, connections and end are in both.
            let (short, long): (f64, f64) = (once(few)?, once(many)?);
            Outcome::Ok((long - short) / (many - few) as f64)
        };
        let (rsrpc, tonic) = (cost(Rsrpc)?, cost(Tonic)?);
        println!("{}: rsrpc {rsrpc:.0}, tonic {tonic:.0}", case.name);
        rows.push(Row {
            case: case.name.to_owned(),
            rsrpc,
            tonic,
        });
    }
    Ok(rows)
}

impl Case {
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

/// The instructions of a whole server run. Both servers get their load from the same client, tonic's.
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

/// The instructions of a whole client run. Both clients call the same server, tonic's.
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

/// What callgrind says it has counted.
fn collected(text: &str) -> Outcome<f64> {
    let count = text
        .split_once("Collected : ")
        .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
    count.ok_or_else(|| format!("callgrind gave no count:\n{text}").into())
}

/// The rows for people.
pub(crate) fn table(rows: &[Row]) -> String {
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

/// The rows for programs.
pub(crate) fn json(rows: &[Row]) -> Vec<Value> {
    let row =
        |row: &Row| json!({"case": row.case, "rsrpc": row.rsrpc, "tonic": row.tonic, "ratio": row.ratio()});
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
