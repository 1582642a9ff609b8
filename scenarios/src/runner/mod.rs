//! The runner: replays a scenario file against the tools that fill its roles, and judges what it expects.

mod expect;
mod objects;
mod options;
mod outcome;
mod progress;
mod second_run;
mod snapshot;
mod steps;

pub use options::{RunOptions, SnapshotMode, Tools};
pub use outcome::{Against, Check, RunReport, StepReport, StepStatus};

use crate::format::{self, Scenario, Step};
use crate::report::escape_lines;
use crate::{EndSignals, Error, Lab};
use forestbed_sim::score::{CostScore, Scorecard, compare};
use progress::Progress;
use std::path::Path;

/// Runs a scenario file.
///
/// The report says what held and what did not; its [`RunReport::exit_code`] is the command's.
///
/// # Errors
/// Before the first step only: the file is wrong, the estate cannot be made, or a port is taken. From then on
/// whatever goes wrong is part of the report, and the lab is torn down.
pub async fn run(file: &Path, options: RunOptions) -> Result<RunReport, Error> {
    let scenario = Scenario::load(file)?;
    let mut signals = EndSignals::listen()?;
    let mut report = play(&scenario, file, &options, false, &mut signals).await?;
    if !options.against.is_empty() {
        let others = play(&scenario, file, &options.of_the_others(), true, &mut signals).await?;
        let names = options.names().map(|name| escape_lines(&name));
        let comparison = compare(names.each_ref().map(String::as_str), [&report.score, &others.score]);
        let roles = options.against.roles().map(|role| role.to_string()).collect();
        report.against = Some(Against { roles, steps: others.steps, score: others.score, comparison });
    }
    Ok(report)
}

/// Plays a scenario once, on an estate of its own. Of `others`, who are only compared, no snapshot is looked at.
async fn play(
    scenario: &Scenario,
    file: &Path,
    options: &RunOptions,
    others: bool,
    signals: &mut EndSignals,
) -> Result<RunReport, Error> {
    let mut spec = scenario.estate();
    options.override_spec(&mut spec);
    let seed = spec.seed;
    let starting = Lab::builder().spec(spec).ports(options.ports).threads(options.threads).start();
    let lab = tokio::select! {
        lab = starting => lab.map_err(|error| format::explain(file, error))?,
        signal = signals.next() => return Err(Error::harness(format!("ended by {signal} before the first step"))),
    };
    let progress = Progress::new(scenario, options.progress);
    let report = RunReport::new(scenario, file, seed);
    let mut runner = Runner {
        scenario,
        file,
        options,
        lab: &lab,
        report,
        progress,
        others,
        last_sync: None,
        judged: None,
        last_cost: None,
    };
    // dropping the steps ends the tool under way with its whole process group
    let interrupted = tokio::select! {
        () = runner.all_steps() => None,
        signal = signals.next() => Some(signal),
    };
    let Runner { mut report, progress, judged, .. } = runner;
    progress.finish();
    report.score = judged.unwrap_or_else(|| lab.score());
    lab.shutdown().await;
    match interrupted {
        None => Ok(report),
        Some(signal) => {
            Err(Error::harness(format!("ended by {signal}: {} steps were done", report.steps.len())))
        }
    }
}

/// A run under way.
struct Runner<'a> {
    scenario: &'a Scenario,
    file: &'a Path,
    options: &'a RunOptions,
    lab: &'a Lab,
    report: RunReport,
    progress: Progress,
    /// Who plays is only compared with somebody.
    others: bool,
    /// The last step that ran a sync engine: what a second run repeats.
    last_sync: Option<crate::format::RunStep>,
    /// The scores of this instant, until something happens: to judge a large estate takes seconds.
    judged: Option<Scorecard>,
    /// What the last run of a tool cost.
    last_cost: Option<CostScore>,
}

impl Runner<'_> {
    async fn all_steps(&mut self) {
        for (index, step) in self.scenario.steps.iter().enumerate() {
            let mut report = StepReport::new(index + 1, steps::title(step));
            self.progress.begin(&report.title);
            self.step(step, &mut report).await;
            self.progress.end();
            let broken = report.status == StepStatus::Broken;
            self.report.steps.push(report);
            if broken {
                return;
            }
        }
    }

    async fn step(&mut self, step: &Step, report: &mut StepReport) {
        if !matches!(step, Step::Snapshot(_) | Step::Expect(_)) {
            self.judged = None;
        }
        match step {
            Step::Run(step) => self.run_tool(step, report).await,
            Step::Snapshot(_) if self.others => {
                report.note = "not compared: it shows the other play".to_owned()
            }
            Step::Snapshot(name) => self.snapshot(name, report),
            Step::Expect(expectations) => self.expect(expectations, report).await,
            Step::Advance(span) => {
                let now = self.lab.world().advance(span.0);
                report.note = format!("it is {now}");
            }
            Step::Change(change) => self.change(change, report),
            Step::Fault(fault) => match fault.fault() {
                Some(fault) => drop(self.lab.world().faults.add(fault)),
                None => self.lab.world().faults.clear(),
            },
        }
    }
}
