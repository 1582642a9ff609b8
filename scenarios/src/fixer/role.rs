//! The reference fixer: the fixer in a role of a scenario.

use super::decisions::Decisions;
use super::ldap::{LdapServer, Pause};
use super::mistakes::{FixerMistake, Misdirected};
use super::plan::{Review, take_suggestion};
use super::run::{Orders, Repair, repair};
use super::servers::LdapServers;
use super::{State, Target};
use crate::checker::settings_of_estate;
use crate::checker::source::ldap::LdapTarget;
use crate::tool::{BoxFuture, Finding as Reported, Tool, ToolEnv, ToolError, ToolOutcome, ToolReport};
use forestbed_sim::rules::{Finding, RuleSet, Severity};

/// Lines about single objects that a report holds.
const LINES: usize = 20;

/// What the fixer is told beyond its environment.
#[derive(Debug, Clone, Copy)]
pub struct FixerOptions {
    /// What is done about a finding: the values that its attribute shall have, or nothing. The default takes
    /// the rule's suggestion.
    pub review: Review,
    /// Which rules it goes by: the documented ones unless said.
    pub rules: RuleSet,
    /// A mistake that it makes, for tests of those who judge fixers.
    pub mistake: Option<FixerMistake>,
}

impl Default for FixerOptions {
    fn default() -> FixerOptions {
        FixerOptions { review: take_suggestion, rules: RuleSet::Documented, mistake: None }
    }
}

/// The reference fixer: checks every forest by the documented rules and repairs what a rule can name.
///
/// Each object is changed by one modify request: it is atomic, and it names the old values, so that a value
/// that somebody else changed meanwhile is left alone. In a role there is no limit and no journal: the estate
/// is there to be changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReferenceFixer {
    options: FixerOptions,
}

impl ReferenceFixer {
    /// A fixer with options of its own.
    pub fn with_options(options: FixerOptions) -> ReferenceFixer {
        ReferenceFixer { options }
    }
}

impl Tool for ReferenceFixer {
    fn name(&self) -> &str {
        "reference fixer"
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(fix(env, self.options))
    }
}

async fn fix(env: &ToolEnv, options: FixerOptions) -> Result<ToolOutcome, ToolError> {
    let targets = LdapTarget::of_env(env);
    let cannot = |error: crate::Error| ToolError::CannotStart(error.to_string());
    let mut servers = LdapServers::connect(targets.clone()).await.map_err(cannot)?;
    let mut settings = settings_of_estate(env, servers.open()).await?;
    let mistaken = |mistake| options.mistake == Some(mistake);
    settings.rules = if mistaken(FixerMistake::RepairsLookAlikes) { RuleSet::IdFix } else { options.rules };
    let pause = Pause::of_env(env);
    let mut targets: Vec<Box<dyn Target>> = targets
        .into_iter()
        .map(|target| Box::new(LdapServer::new(target, pause.clone())) as Box<dyn Target>)
        .map(|target| match mistaken(FixerMistake::EditsMailNotUpn) {
            true => Box::new(Misdirected(target)),
            false => target,
        })
        .collect();
    let decisions = Decisions::none();
    let review = options.mistake.and_then(FixerMistake::review).unwrap_or(options.review);
    let orders = Orders { settings: &settings, decisions: &decisions, review, limit: None };
    let mut done = repair(&mut servers, &mut targets, None, orders).await.map_err(ToolError::failed)?;
    if mistaken(FixerMistake::LeavesWithoutWord) {
        done.findings.retain(|finding| !finding.needs_decision());
    }
    report(&done).write(&env.report_file)?;
    Ok(outcome(&done))
}

fn outcome(done: &Repair) -> ToolOutcome {
    let (found, changed) = (done.findings.len() as u64, done.count(State::Done) as u64);
    let left = done.findings.iter().filter(|finding| finding.needs_decision()).count() as u64;
    let failed: Vec<String> = done
        .applied
        .iter()
        .filter(|applied| !matches!(applied.state, State::Done | State::Already))
        .map(|applied| format!("{}: {}: {}", applied.state.name(), applied.dn, applied.text))
        .chain(done.stopped.clone())
        .collect();
    let refused = failed.len() as u64;
    let lines: Vec<String> = failed.into_iter().take(LINES).collect();
    let said = format!(
        "{found} findings, {changed} changes, {left} left for a decision, {refused} refused\n{}",
        lines.join("\n")
    );
    ToolOutcome { exit: i32::from(!done.is_complete()), ..ToolOutcome::done(said) }
        .with_count("findings", found)
        .with_count("changes", changed)
        .with_count("left for a decision", left)
        .with_count("refused", refused)
}

/// What a scenario reads of a repair: everything that was found at any time.
pub fn report(done: &Repair) -> ToolReport {
    let mut findings: Vec<Reported> = done.findings.iter().map(reported).collect();
    findings.sort_by(|a, b| (&a.dn, &a.attribute, &a.rule).cmp(&(&b.dn, &b.attribute, &b.rule)));
    ToolReport::new(findings)
}

fn reported(finding: &Finding) -> Reported {
    Reported {
        object: finding.guid.clone().unwrap_or_default(),
        dn: finding.dn.clone(),
        attribute: finding.attribute.to_string(),
        rule: finding.rule.to_string(),
        severity: match finding.severity {
            Severity::Error => "error".to_owned(),
            Severity::Warning => "warning".to_owned(),
        },
        value: finding.value.clone().unwrap_or_default(),
        suggestion: finding.suggestion.as_ref().map(|values| values.join(", ")),
        others: finding.others.clone(),
        left: finding.needs_decision(),
    }
}
