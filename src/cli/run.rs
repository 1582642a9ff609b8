//! `run`: replay scenario files and judge the tools.

use clap::Args;
use forestbed_scenarios::runner::{self, RunOptions, RunReport, SnapshotMode};
use forestbed_scenarios::{Error, ErrorKind, report};
use forestbed_sim::clock::ClockMode;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Replays each file in turn. Exits with 0 when all expectations and snapshots hold, 1 when one does not, 2 when a
/// file is wrong, 3 when a tool or the harness could not run; of several files the highest counts.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Scenario files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Fill a role (checker, fixer, sync, licenser) with a command, run by `sh -c` in this folder; other roles
    /// are filled by the reference tools.
    #[arg(long = "tool", value_name = "ROLE=COMMAND")]
    tools: Vec<String>,
    /// Play each file a second time with this command in a role, or without a command with the reference tool, and
    /// show both plays side by side. The other roles are filled as in the first play; the exit code is the first
    /// play's, unless a tool of the second one cannot run.
    #[arg(long = "against", value_name = "ROLE[=COMMAND]")]
    against: Vec<String>,
    /// Another seed than the file's.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Another clock than the file's: frozen, stepped or realtime.
    #[arg(long, value_name = "MODE")]
    clock: Option<ClockMode>,
    /// Where snapshots lie [default: snapshots/ beside the file].
    #[arg(long, value_name = "FOLDER")]
    snapshots: Option<PathBuf>,
    /// Accept missing and different snapshots.
    #[arg(long)]
    update_snapshots: bool,
    /// Threads to grow estates on; the result does not depend on them [default: the machine's].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=512))]
    threads: Option<u16>,
    /// Also write the report as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write the report as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Run {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        let options = self.options()?;
        let mut reports: Vec<RunReport> = Vec::new();
        let mut code = 0;
        let mut broken = None;
        for file in &self.files {
            match super::block_on(runner::run(file, options.clone())) {
                Ok(report) => {
                    super::print(&report::terminal(&report))?;
                    code = code.max(report.exit_code());
                    reports.push(report);
                }
                // one wrong file does not keep the others from their reports; an interrupt ends them all
                Err(error) if error.kind() == ErrorKind::Input => {
                    eprint!("{}", error.render());
                    code = code.max(error.exit_code());
                }
                // what ran before it keeps its report
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        if let Some(path) = &self.json {
            write(path, &report::json(&reports))?;
        }
        if let Some(path) = &self.junit {
            write(path, &report::junit(&reports))?;
        }
        broken.map_or_else(|| Ok(ExitCode::from(code)), Err)
    }

    fn options(&self) -> Result<RunOptions, Error> {
        let mode = if self.update_snapshots { SnapshotMode::Update } else { SnapshotMode::Compare };
        let options = RunOptions::default()
            .seed(self.seed)
            .clock(self.clock)
            .snapshots(self.snapshots.clone(), mode)
            .threads(self.threads.map_or(0, usize::from));
        let options = self
            .tools
            .iter()
            .try_fold(options, |options, tool| options.tool_argument(tool))
            .map_err(Error::input)?;
        let against = |options: RunOptions, tool: &String| options.against_argument(tool);
        self.against.iter().try_fold(options, against).map_err(Error::input)
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|e| Error::harness(format!("cannot write {}: {e}", path.display())))
}
