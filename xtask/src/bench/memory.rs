//! Memory of a server per idle connection and per open stream: growth of its resident set, including memory that the
//! allocator keeps.

use std::fs;
use std::time::Duration;

use super::footprint::FootprintRow;
use super::programs::{Implementation, Load, Programs, Rsrpc, Tonic};
use crate::Outcome;
use crate::process::Process;
use crate::workspace::Workspace;

/// Number of idle connections. Each had one call.
const CONNECTIONS: usize = 2_000;
/// Number of open streams. Each had one message in either direction.
const STREAMS: usize = 10_000;
/// Number of connections shared by the streams.
const SHARED: usize = 100;
/// Time limit for opening all of them.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures both implementations.
pub(super) fn measure(workspace: &Workspace) -> Outcome<Vec<FootprintRow>> {
    let programs = Programs::build(workspace)?;
    let [rsrpc, tonic] = [held(&programs, Rsrpc)?, held(&programs, Tonic)?];
    let row = |what, index: usize| FootprintRow {
        what,
        rsrpc: rsrpc[index] / 1024.0,
        tonic: tonic[index] / 1024.0,
    };
    Ok(vec![
        row("KiB per idle connection", 0),
        row("KiB per open stream", 1),
    ])
}

/// Returns bytes per connection and per stream.
fn held(programs: &Programs<'_>, implementation: Implementation) -> Outcome<[f64; 2]> {
    // Each measurement uses a new server: freed memory would be reused.
    let connection = grown(programs, implementation, CONNECTIONS, 0)? / CONNECTIONS as f64;
    let shared = grown(programs, implementation, SHARED, STREAMS)? - connection * SHARED as f64;
    Ok([connection, shared / STREAMS as f64])
}

/// Returns the growth of a server in bytes. The client is tonic's for both.
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
    // A first connection excludes one-time allocations.
    let _first = programs.hold(&addr, &hold(1, 1), PATIENCE)?;
    let before = resident(&server)?;
    let _all = programs.hold(&addr, &hold(connections, streams), PATIENCE)?;
    Ok(resident(&server)? - before)
}

/// Returns the anonymous resident memory of a process in bytes.
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
    fn resident_memory_is_parsed() {
        let status = "VmRSS:\t    9000 kB\nRssAnon:\t    3100 kB\nRssFile:\t    5900 kB\n";
        assert_eq!(anonymous(status), Some(3100.0 * 1024.0));
        assert_eq!(anonymous("VmRSS:\t 9000 kB\n"), None);
    }
}
