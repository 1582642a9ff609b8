//! The checker in a role of a scenario.

use super::output::Format;
use super::run::Check;
use crate::tool::{BoxFuture, Tool, ToolEnv, ToolError, ToolOutcome};
use forestbed_sim::rules::RuleSet;
use std::fs::File;
use std::io::BufWriter;

/// The reference checker: finds what is wrong in every forest by the documented rules, and changes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReferenceChecker;

impl Tool for ReferenceChecker {
    fn name(&self) -> &str {
        "reference checker"
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(check(env, RuleSet::Documented))
    }
}

/// The reference checker by another rule set.
#[derive(Debug, Clone, Copy)]
pub struct RuleSetChecker(pub RuleSet);

impl Tool for RuleSetChecker {
    fn name(&self) -> &str {
        match self.0 {
            RuleSet::Documented => "documented rules",
            RuleSet::IdFix => "IdFix's rules",
        }
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(check(env, self.0))
    }
}

async fn check(env: &ToolEnv, rules: RuleSet) -> Result<ToolOutcome, ToolError> {
    let mut check = Check::of_estate(env).await?;
    check.settings.rules = rules;
    let mut report = BufWriter::new(File::create(&env.report_file)?);
    let tally =
        check.run(Format::Json, None, &mut report, &mut |_| {}).await.map_err(ToolError::failed)?.tally;
    Ok(ToolOutcome::done(tally.summary())
        .with_count("findings", tally.findings())
        .with_count("left for a decision", tally.decisions))
}
