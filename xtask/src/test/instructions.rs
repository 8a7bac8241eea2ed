//! The one claim about speed that is asserted: instructions, which do not depend on the machine's mood.

use crate::Outcome;
use crate::bench::instructions;
use crate::workspace::Workspace;

/// What a unary call of rsrpc may cost, of tonic's instructions, on the server and on the client.
const LIMIT: f64 = 0.9;

pub(super) fn run(workspace: &Workspace) -> Outcome {
    let rows = instructions::measure(workspace, true)?;
    println!("{}", instructions::table(&rows));
    check(&rows)
}

fn check(rows: &[instructions::Row]) -> Outcome {
    if rows.is_empty() {
        return Err("nothing was measured".into());
    }
    let over: Vec<String> = rows
        .iter()
        .filter(|row| row.ratio() > LIMIT || !row.ratio().is_normal())
        .map(|row| {
            format!(
                "{}: {:.3} of tonic's instructions, at most {LIMIT} is due",
                row.case,
                row.ratio()
            )
        })
        .collect();
    if over.is_empty() {
        Ok(())
    } else {
        Err(over.join("\n").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_limit_fails_and_so_does_nonsense() {
        let row = |rsrpc, tonic| instructions::Row {
            case: "unary".into(),
            rsrpc,
            tonic,
        };
        assert!(check(&[row(90.0, 100.0)]).is_ok());
        assert!(check(&[row(50.0, 100.0), row(91.0, 100.0)]).is_err());
        assert!(check(&[row(0.0, 0.0)]).is_err());
        assert!(check(&[]).is_err());
    }
}
