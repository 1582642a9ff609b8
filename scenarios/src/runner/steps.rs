//! The steps that act: running a tool, changing the directory.

use super::{Runner, StepReport};
use crate::estate::{ChangeRefusal, Reading};
use crate::format::{ChangeStep, RunStep, Step};
use crate::report::escape_lines;
use crate::tool::{Role, Tool, ToolEnv, ToolError, ToolOutcome};

/// How a step is called in reports.
pub(super) fn title(step: &Step) -> String {
    match step {
        Step::Run(run) => {
            let cycle = (run.role == Role::Sync).then(|| run.cycle.name().to_owned());
            let staging = run.staging.then(|| "staging".to_owned());
            let engine = run.engine.as_ref().map(|name| format!("engine {}", name.0));
            let said: Vec<String> = [cycle, staging, engine].into_iter().flatten().collect();
            let said = if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) };
            format!("run {}{said}", run.role)
        }
        Step::Snapshot(name) => format!("snapshot {}", name.0),
        Step::Expect(_) => "expect".to_owned(),
        Step::Advance(span) => format!("advance {} s", span.0.as_secs_f64()),
        Step::Change(_) => "change".to_owned(),
        Step::Fault(fault) => fault.title(),
    }
}

impl Runner<'_> {
    pub(super) async fn run_tool(&mut self, step: &RunStep, report: &mut StepReport) {
        let world = self.lab.world().clone();
        let before = Reading::take(&world);
        if step.role == Role::Sync {
            self.last_sync = Some(step.clone());
        }
        let tool = self.options.tool_of(step.role, self.lab.program_variables());
        report.tool = Some(tool.name().to_owned());
        self.drive(step, &*tool, report).await;
        let cost = before.until(&Reading::take(&world));
        self.last_cost = Some(cost.clone());
        report.cost = Some(cost);
    }

    /// What the tool of a step is told. An engine with a name has a folder of its own beneath the others'.
    pub(super) fn env_of(&self, step: &RunStep) -> std::io::Result<ToolEnv> {
        let mut env = ToolEnv { staging: step.staging, ..self.lab.tool_env(step.cycle) };
        if let Some(engine) = &step.engine {
            env.state_dir.push(format!("engine-{}", engine.0));
            std::fs::create_dir_all(&env.state_dir)?;
        }
        Ok(env)
    }

    /// Runs a tool within its time, and judges how it ended.
    async fn drive(&self, step: &RunStep, tool: &dyn Tool, report: &mut StepReport) {
        let env = match self.env_of(step) {
            Ok(env) => env,
            Err(error) => return report.break_off(format!("cannot make the engine's folder: {error}")),
        };
        let running = self.lab.run_as(step.role, tool, &env);
        let ended = tokio::time::timeout(step.timeout, running).await;
        match ended {
            Ok(Ok(outcome)) => judge_exit(step, outcome, report),
            Ok(Err(ToolError::CannotStart(reason))) => {
                report.output = escape_lines(&tool.last_output().unwrap_or_default());
                report.break_off(format!("the tool cannot start: {}", escape_lines(&reason)));
            }
            Ok(Err(ToolError::Failed(reason))) => {
                let output = tool.last_output().unwrap_or_default();
                judge_exit(step, ToolOutcome { exit: 1, output, ..ToolOutcome::default() }, report);
                let separator = if report.note.is_empty() { "" } else { ": " };
                report.note.push_str(separator);
                report.note.push_str(&escape_lines(&reason));
            }
            Err(_) => {
                report.output = escape_lines(&tool.last_output().unwrap_or_default());
                report.break_off(format!("the tool ran out of time: {} s", step.timeout.as_secs_f64()));
                // it is scored for what it did; that it is late is what the report says
                if !step.staging {
                    let _ = self.lab.record(step.role);
                }
            }
        }
    }

    pub(super) fn change(&mut self, change: &ChangeStep, report: &mut StepReport) {
        match self.lab.estate().change(change) {
            Ok(done) => report.note = done.to_string(),
            // the tenant is what tools made of it: what an administrator finds there is theirs to answer for
            Err(refusal @ ChangeRefusal::Tenant(_)) => report.fail(escape_lines(&refusal.to_string())),
            Err(refusal) => report.break_off(escape_lines(&refusal.to_string())),
        }
    }
}

fn judge_exit(step: &RunStep, outcome: ToolOutcome, report: &mut StepReport) {
    report.exit = Some(outcome.exit);
    report.output = escape_lines(&outcome.output);
    report.counts = outcome.counts;
    if step.exit.allows(outcome.exit) {
        return;
    }
    let signal = match outcome.exit {
        129..=192 => format!(" (ended by signal {})", outcome.exit - 128),
        _ => String::new(),
    };
    report.fail(format!("exit code {}{signal}, expected {}", outcome.exit, step.exit));
}
