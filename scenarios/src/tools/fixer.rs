//! The reference checker: what the rules find, and nothing changed.

use crate::checker::settings_of_estate;
use crate::checker::source::ldap::LdapTarget;
use crate::fixer::{LdapServers, Repair, Source as _, report};
use crate::tool::{BoxFuture, Tool, ToolEnv, ToolError, ToolOutcome};
use forestbed_sim::rules;

/// The reference checker: the fixer's findings, and nothing changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReferenceChecker;

impl Tool for ReferenceChecker {
    fn name(&self) -> &str {
        "reference checker"
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(check(env))
    }
}

async fn check(env: &ToolEnv) -> Result<ToolOutcome, ToolError> {
    let cannot = |error: crate::Error| ToolError::CannotStart(error.to_string());
    let mut servers = LdapServers::connect(LdapTarget::of_env(env)).await.map_err(cannot)?;
    let settings = settings_of_estate(env, servers.open()).await?;
    let views = servers.views().await.map_err(ToolError::failed)?;
    let findings = rules::check(&views, &settings);
    let found = findings.len() as u64;
    let left = findings.iter().filter(|finding| finding.needs_decision()).count() as u64;
    report(&Repair { findings, ..Repair::default() }).write(&env.report_file)?;
    Ok(ToolOutcome::done(format!("{found} findings, {left} of them for a decision"))
        .with_count("findings", found)
        .with_count("left for a decision", left))
}
