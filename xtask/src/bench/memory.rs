//! What a server holds for a connection on which nothing happens, and for a stream that is open: by what more the kernel
//! says that it has, so that what the allocator does not give back is in it.

use std::fs;
use std::time::Duration;

use super::footprint::Row;
use super::programs::{Implementation, Load, Programs, Rsrpc, Tonic};
use crate::Outcome;
use crate::process::Process;
use crate::workspace::Workspace;

/// Each had a call.
const CONNECTIONS: usize = 2_000;
/// Each had a message in either direction.
const STREAMS: usize = 10_000;
/// Connections for all the streams.
const SHARED: usize = 100;
/// How long all of them may take to be there.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures both, on both implementations.
pub(super) fn measure(workspace: &Workspace) -> Outcome<Vec<Row>> {
    let programs = Programs::build(workspace)?;
    let [rsrpc, tonic] = [held(&programs, Rsrpc)?, held(&programs, Tonic)?];
    let row = |what, index: usize| Row {
        what,
        rsrpc: rsrpc[index] / 1024.0,
        tonic: tonic[index] / 1024.0,
    };
    Ok(vec![
        row("KiB per idle connection", 0),
        row("KiB per open stream", 1),
    ])
}

/// Bytes per connection and per stream.
fn held(programs: &Programs<'_>, implementation: Implementation) -> Outcome<[f64; 2]> {
    // A server of its own for each: memory that was given back would be used again.
    let connection = grown(programs, implementation, CONNECTIONS, 0)? / CONNECTIONS as f64;
    let shared = grown(programs, implementation, SHARED, STREAMS)? - connection * SHARED as f64;
    Ok([connection, shared / STREAMS as f64])
}

/// By how many bytes a server grows with these. The client is tonic's for both.
fn grown(
    programs: &Programs<'_>,
    implementation: Implementation,
    connections: usize,
    streams: usize,
) -> Outcome<f64> {
    let hold = |connections, concurrency| Load {
        mode: "hold",
        payload: 5,
        concurrency,
        connections,
        calls: 0,
    };
    let (server, addr) = programs.server(implementation)?;
    // What is there once is not counted.
    let _first = programs.hold(&addr, &hold(1, 1), PATIENCE)?;
    let before = resident(&server)?;
    let _all = programs.hold(&addr, &hold(connections, streams), PATIENCE)?;
    Ok(resident(&server)? - before)
}

/// Bytes of memory that a process has and that are no file's.
fn resident(process: &Process) -> Outcome<f64> {
    let path = format!("/proc/{}/status", process.id());
    anonymous(&fs::read_to_string(&path)?).ok_or_else(|| format!("{path} has no RssAnon").into())
}

fn anonymous(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::anonymous;

    #[test]
    fn memory_is_read_from_the_kernels_text() {
        let status = "VmRSS:\t    9000 kB\nRssAnon:\t    3100 kB\nRssFile:\t    5900 kB\n";
        assert_eq!(anonymous(status), Some(3100.0 * 1024.0));
        assert_eq!(anonymous("VmRSS:\t 9000 kB\n"), None);
    }
}
