//! The summary that a terminal shows.

use super::escape_terminal;
use crate::runner::{Against, Check, RunReport, StepReport, StepStatus};
use std::fmt::{self, Write as _};

/// How many lines of a tool's last output a failed step shows.
const LAST_LINES: usize = 12;

/// The summary of a run: a line a step, what failed in full, then the scorecard. It is the same for two equal
/// runs.
pub fn terminal(report: &RunReport) -> String {
    let mut out = String::new();
    // writing to a String cannot fail
    let _ = write(&mut out, report);
    out
}

fn write(out: &mut String, report: &RunReport) -> fmt::Result {
    writeln!(out, "{} (seed {})", report.scenario, report.seed)?;
    for step in &report.steps {
        write_step(out, step)?;
    }
    let left = report.planned - report.steps.len();
    if left > 0 {
        writeln!(out, "  {left} more steps did not run")?;
    }
    writeln!(out, "\n{}", report.score)?;
    if let Some(against) = &report.against {
        write_against(out, report, against)?;
    }
    let (passed, failed) = report
        .steps
        .iter()
        .flat_map(|step| &step.checks)
        .fold((0, 0), |(yes, no), check| if check.passed { (yes + 1, no) } else { (yes, no + 1) });
    let verdict = match report.exit_code() {
        0 => "passed",
        1 => "FAILED",
        _ => "BROKEN OFF",
    };
    writeln!(out, "{verdict}: {passed} expectations held, {failed} did not")
}

/// The second play, and both beside each other.
fn write_against(out: &mut String, report: &RunReport, against: &Against) -> fmt::Result {
    writeln!(out, "The second play, with another {}", against.roles.join(" and "))?;
    for step in &against.steps {
        write_step(out, step)?;
    }
    let left = report.planned - against.steps.len();
    if left > 0 {
        writeln!(out, "  {left} more steps did not run")?;
    }
    writeln!(out, "\nSide by side\n{}", against.comparison)
}

fn write_step(out: &mut String, step: &StepReport) -> fmt::Result {
    let mark = match step.status {
        StepStatus::Passed => "ok    ",
        StepStatus::Failed => "FAILED",
        StepStatus::Broken => "BROKEN",
    };
    write!(out, "  {mark} {:>2} {}", step.number, escape_terminal(&step.title))?;
    if let Some(cost) = &step.cost {
        write!(out, ": {} requests, {} writes", cost.requests(), cost.writes())?;
    }
    for (what, count) in &step.counts {
        write!(out, ", {count} {}", escape_terminal(what))?;
    }
    if !step.note.is_empty() {
        write!(out, ": {}", escape_terminal(&step.note))?;
    }
    out.push('\n');
    for Check { what, expected, actual, passed } in &step.checks {
        let mark = if *passed { "ok    " } else { "FAILED" };
        writeln!(out, "         {mark} {} {expected}: {actual}", escape_terminal(what))?;
    }
    if step.status != StepStatus::Passed && !step.output.is_empty() {
        let lines: Vec<&str> = step.output.lines().collect();
        for line in &lines[lines.len().saturating_sub(LAST_LINES)..] {
            writeln!(out, "         | {}", escape_terminal(line))?;
        }
    }
    Ok(())
}
