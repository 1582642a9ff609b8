//! What a run found.

use crate::format::Scenario;
use forestbed_sim::score::{Comparison, CostScore, Scorecard};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepStatus {
    /// Everything held.
    #[default]
    Passed,
    /// An expectation, a snapshot or an exit code did not hold; the run goes on.
    Failed,
    /// The tool could not start or ran out of time, or the harness could not do its work; the run ends.
    Broken,
}

/// One thing that was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What: `repairs.recall`.
    pub what: String,
    /// What was asked for: `>= 1`.
    pub expected: String,
    /// What it was.
    pub actual: String,
    /// Whether it held.
    pub passed: bool,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct StepReport {
    /// Its number, from 1 on.
    pub number: usize,
    /// What it did: `run fixer`.
    pub title: String,
    /// How it ended.
    pub status: StepStatus,
    /// A line that says more.
    pub note: String,
    /// What it expected.
    pub checks: Vec<Check>,
    /// Name of the tool that ran, and how it exited.
    pub tool: Option<String>,
    /// Its exit code.
    pub exit: Option<i32>,
    /// What the tool counted itself.
    pub counts: BTreeMap<String, u64>,
    /// The end of its output.
    pub output: String,
    /// What the step cost, when it ran a tool.
    pub cost: Option<CostScore>,
}

impl StepReport {
    pub(super) fn new(number: usize, title: String) -> StepReport {
        StepReport { number, title, ..StepReport::default() }
    }

    /// It did not hold, for this reason.
    pub(super) fn fail(&mut self, reason: impl Into<String>) {
        self.status = self.status.worse(StepStatus::Failed);
        self.note = reason.into();
    }

    /// The run cannot go on, for this reason.
    pub(super) fn break_off(&mut self, reason: impl Into<String>) {
        self.status = StepStatus::Broken;
        self.note = reason.into();
    }

    pub(super) fn check(&mut self, check: Check) {
        if !check.passed {
            self.status = self.status.worse(StepStatus::Failed);
        }
        self.checks.push(check);
    }
}

impl StepStatus {
    fn worse(self, other: StepStatus) -> StepStatus {
        if self == StepStatus::Broken { self } else { other }
    }
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// Version of the format: 1.
    pub format: u32,
    /// Name of the scenario.
    pub scenario: String,
    /// Its file.
    pub file: String,
    /// The seed.
    pub seed: u64,
    /// How many steps the file has.
    pub planned: usize,
    /// The steps that ran, in order.
    pub steps: Vec<StepReport>,
    /// All scores at the end.
    pub score: Scorecard,
    /// The same file played by others, where somebody was named to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
}

/// A second play of the file, and both beside each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Against {
    /// The roles that were filled otherwise.
    pub roles: Vec<String>,
    /// The steps of the second play. What it failed fails nothing: it is there to be compared.
    pub steps: Vec<StepReport>,
    /// Its scores at the end.
    pub score: Scorecard,
    /// Both plays, number by number.
    pub comparison: Comparison,
}

impl RunReport {
    pub(super) fn new(scenario: &Scenario, file: &Path, seed: u64) -> RunReport {
        RunReport {
            format: 1,
            scenario: scenario.name.0.clone(),
            file: file.display().to_string(),
            seed,
            planned: scenario.steps.len(),
            steps: Vec::new(),
            score: Scorecard::default(),
            against: None,
        }
    }

    /// Whether all expectations, snapshots and exit codes held.
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|step| step.status == StepStatus::Passed)
    }

    /// 0 when everything held, 1 when something did not, 3 when a tool or the harness could not run. Of a second play
    /// it counts only that a tool could not run.
    pub fn exit_code(&self) -> u8 {
        let any = |status| self.steps.iter().any(|step| step.status == status);
        let others = self.against.iter().flat_map(|against| &against.steps);
        if any(StepStatus::Broken) || others.into_iter().any(|step| step.status == StepStatus::Broken) {
            3
        } else if any(StepStatus::Failed) {
            1
        } else {
            0
        }
    }
}
