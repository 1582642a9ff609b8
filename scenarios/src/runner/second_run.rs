//! A second run of the sync engine, on a state that is put back afterwards: it must write nothing.

use super::{Check, Runner, StepReport};
use crate::estate::Reading;
use crate::report::escape_lines;
use std::fs;
use std::io;
use std::path::Path;

impl Runner<'_> {
    /// Runs the last sync step once more. Neither its effects nor its cost remain.
    pub(super) async fn second_run(&mut self, most: u64, report: &mut StepReport) {
        let Some(step) = self.last_sync.clone() else {
            report.fail("second_run_writes: no sync step has run yet");
            return;
        };
        let env = match self.env_of(&step) {
            Ok(env) => env,
            Err(error) => return report.break_off(format!("cannot make the engine's folder: {error}")),
        };
        let copy = self.lab.folder().join("state-before-second-run");
        if let Err(error) = copy_folder(&env.state_dir, &copy) {
            report.break_off(format!("cannot keep the state of the tools: {error}"));
            return;
        }
        let estate = self.lab.estate().clone();
        let world = &estate.world;
        let checkpoint = world.snapshot();
        estate.judge().begin_excursion(world);
        let before = Reading::take(world);
        let tool = self.options.tool_of(step.role, self.lab.program_variables());
        let ended = tokio::time::timeout(step.timeout, tool.run(&env)).await;
        let writes = before.until(&Reading::take(world)).writes();
        world.go_to(&checkpoint, true);
        estate.judge().end_excursion(world);
        let restored = fs::remove_dir_all(&env.state_dir).and_then(|()| fs::rename(&copy, &env.state_dir));
        if let Err(error) = restored {
            report.break_off(format!("cannot put back the state of the tools: {error}"));
            return;
        }
        match ended {
            Ok(Ok(outcome)) if step.exit.allows(outcome.exit) => {}
            Ok(Ok(outcome)) => {
                report.output = escape_lines(&outcome.output);
                report.fail(format!("the second run ended with exit code {}", outcome.exit));
            }
            Ok(Err(error)) => {
                report.fail(format!("the second run failed: {}", escape_lines(&error.to_string())))
            }
            Err(_) => {
                report.break_off(format!("the second run ran out of time: {} s", step.timeout.as_secs_f64()))
            }
        }
        report.check(Check {
            what: "sync.second_run_writes".to_owned(),
            expected: format!("<= {most}"),
            actual: writes.to_string(),
            passed: writes <= most,
        });
    }
}

/// Copies a folder of files and folders; a link is copied as what it points to, and never followed out of it
/// more than once.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_folder(&source, &target)?;
        } else if source.is_file() {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}
