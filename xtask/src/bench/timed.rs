//! Time and CPU per call. Each round runs every case on both implementations, so that other load affects both. The
//! results are medians.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::programs::{Implementation, Load, Programs, Rsrpc, Tonic, cpu_seconds};
use crate::Outcome;
use crate::workspace::Workspace;

const IMPLEMENTATIONS: [Implementation; 2] = [Rsrpc, Tonic];

/// Figures of one run. Streams have no round-trip times.
#[derive(Clone, Copy)]
struct Sample {
    per_second: f64,
    client_us: f64,
    server_us: f64,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
}

/// A case with the samples of both implementations.
pub(super) struct TimedRow {
    case: String,
    rsrpc: Vec<Sample>,
    tonic: Vec<Sample>,
}

/// Selects a figure of a sample.
type Figure = fn(&Sample) -> Option<f64>;

const FIGURES: &[(&str, Figure)] = &[
    ("calls/s", |sample| Some(sample.per_second)),
    ("client CPU µs", |sample| Some(sample.client_us)),
    ("server CPU µs", |sample| Some(sample.server_us)),
    ("p50 µs", |sample| sample.p50_us),
    ("p99 µs", |sample| sample.p99_us),
];

fn cases() -> Vec<Load> {
    let load = |mode, payload, concurrency| Load {
        mode,
        payload,
        concurrency,
        connections: 1,
        calls: 0,
    };
    let mut cases = Vec::new();
    for payload in [5, 1024, 65536] {
        cases.extend([1, 64].map(|concurrency| load("unary", payload, concurrency)));
    }
    for mode in ["server_stream", "client_stream"] {
        cases.extend([5, 1024, 65536].map(|payload| load(mode, payload, 1)));
    }
    cases.push(load("ping_pong", 5, 1));
    cases
}

/// Runs every case `rounds` times on both implementations, each client with its own server.
pub(super) fn measure(workspace: &Workspace, rounds: usize, quick: bool) -> Outcome<Vec<TimedRow>> {
    let programs = Programs::build(workspace)?;
    let seconds = if quick { 0.3 } else { 1.5 };
    let mut calls = HashMap::new();
    let mut rows: Vec<TimedRow> = Vec::new();
    for round in 0..rounds {
        println!("round {} of {rounds}", round + 1);
        let servers = [programs.server(Rsrpc)?, programs.server(Tonic)?];
        for (index, case) in cases().into_iter().enumerate() {
            let name = format!("{}, {} B, {} at once", case.mode, case.payload, case.concurrency);
            if round == 0 {
                rows.push(TimedRow {
                    case: name,
                    rsrpc: Vec::new(),
                    tonic: Vec::new(),
                });
            }
            for turn in 0..2 {
                let implementation = IMPLEMENTATIONS[(round + turn) % 2];
                let (server, addr) = &servers[implementation as usize];
                let calls = match calls.get(&(implementation, index)) {
                    Some(&calls) => calls,
                    None => *calls.entry((implementation, index)).or_insert(calibrate(
                        &programs,
                        implementation,
                        addr,
                        &case,
                        seconds,
                    )?),
                };
                let cpu = cpu_seconds(server)?;
                let (result, _) = programs.client(implementation, addr, &Load { calls, ..case })?;
                let sample = sample(&result, calls as f64, cpu_seconds(server)? - cpu)?;
                match implementation {
                    Rsrpc => rows[index].rsrpc.push(sample),
                    Tonic => rows[index].tonic.push(sample),
                }
            }
        }
        for (server, _) in servers {
            server.stop()?;
        }
    }
    Ok(rows)
}

/// Determines the number of calls that take about `seconds`, which also warms up the server.
fn calibrate(
    programs: &Programs<'_>,
    implementation: Implementation,
    addr: &str,
    case: &Load,
    seconds: f64,
) -> Outcome<usize> {
    const TRIAL: usize = 2_000;
    let (trial, _) = programs.client(
        implementation,
        addr,
        &Load {
            calls: TRIAL,
            ..*case
        },
    )?;
    let taken = number(&trial, "seconds")?.max(1e-6);
    Ok(((TRIAL as f64 * seconds / taken) as usize).clamp(200, 5_000_000))
}

fn sample(result: &Value, calls: f64, server_seconds: f64) -> Outcome<Sample> {
    Ok(Sample {
        per_second: calls / number(result, "seconds")?,
        client_us: number(result, "cpu_seconds")? * 1e6 / calls,
        server_us: server_seconds * 1e6 / calls,
        p50_us: result["p50_us"].as_f64(),
        p99_us: result["p99_us"].as_f64(),
    })
}

fn number(result: &Value, name: &str) -> Outcome<f64> {
    result[name]
        .as_f64()
        .ok_or_else(|| format!("a client's result has no number {name}: {result}").into())
}

/// Returns the median.
fn median(samples: &[Sample], figure: Figure) -> Option<f64> {
    let mut values: Vec<f64> = samples.iter().filter_map(figure).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        len if len % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// Formats medians and ratios as a table: more calls per second are better, fewer microseconds are better.
pub(super) fn table(rows: &[TimedRow]) -> String {
    let mut text = String::from("| case |");
    for (name, _) in FIGURES {
        let _ = write!(text, " {name}: rsrpc | tonic | ÷ |");
    }
    text += &format!("\n|---|{}\n", "---|".repeat(FIGURES.len() * 3));
    for row in rows {
        let _ = write!(text, "| {} |", row.case);
        for &(_, figure) in FIGURES {
            match (median(&row.rsrpc, figure), median(&row.tonic, figure)) {
                (Some(rsrpc), Some(tonic)) => {
                    let _ = write!(
                        text,
                        " {} | {} | {:.2} |",
                        short(rsrpc),
                        short(tonic),
                        rsrpc / tonic
                    );
                }
                _ => text += " - | - | - |",
            }
        }
        text.push('\n');
    }
    text
}

/// Formats three significant digits.
fn short(value: f64) -> String {
    match value {
        v if v >= 10_000_000.0 => format!("{:.1}M", v / 1e6),
        v if v >= 10_000.0 => format!("{:.1}k", v / 1e3),
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

/// Formats the rows as JSON.
pub(super) fn json(rows: &[TimedRow]) -> Vec<Value> {
    let figures = |row: &TimedRow| {
        let figure = |&(name, figure): &(&str, Figure)| {
            let (rsrpc, tonic) = (median(&row.rsrpc, figure), median(&row.tonic, figure));
            let ratio = rsrpc.zip(tonic).map(|(rsrpc, tonic)| rsrpc / tonic);
            (
                name.to_owned(),
                json!({"rsrpc": rsrpc, "tonic": tonic, "ratio": ratio}),
            )
        };
        FIGURES.iter().map(figure).collect::<serde_json::Map<_, _>>()
    };
    rows.iter()
        .map(|row| json!({"case": row.case, "rounds": row.rsrpc.len(), "figures": figures(row)}))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_an_even_number_of_values() {
        let samples = |values: &[f64]| -> Vec<Sample> {
            let sample = |&per_second| Sample {
                per_second,
                client_us: 0.0,
                server_us: 0.0,
                p50_us: None,
                p99_us: None,
            };
            values.iter().map(sample).collect()
        };
        let median = |values: &[f64]| median(&samples(values), FIGURES[0].1);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }
}
