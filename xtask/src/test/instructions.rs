//! The asserted speed: instructions, which do not depend on the load of the machine.

use crate::Outcome;
use crate::bench::instructions;
use crate::workspace::Workspace;

/// Maximum instructions of a unary call relative to tonic, for server and client.
const LIMIT: f64 = 0.9;

pub(super) fn run(workspace: &Workspace) -> Outcome {
    let rows = instructions::measure(workspace, true)?;
    println!("{}", instructions::table(&rows));
    check(&rows)
}

fn check(rows: &[instructions::InstructionsRow]) -> Outcome {
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
    fn instruction_ratio_over_the_limit_fails() {
        let row = |rsrpc, tonic| instructions::InstructionsRow {
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
