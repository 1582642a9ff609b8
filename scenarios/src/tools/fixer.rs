//! The reference fixer: checks every forest by the documented rules and repairs what a rule can name.

use super::directory::{DirectoryClient, DirectoryEntry};
use super::graph::GraphClient;
use crate::tool::{BoxFuture, Finding as Reported, Tool, ToolEnv, ToolError, ToolOutcome, ToolReport};
use forestbed_sim::rules::{self, Finding, ObjectView, Settings, Severity};
use ldap3::Mod;
use std::collections::{BTreeMap, BTreeSet};

/// A repair can bring another defect to light (a mail that differed from an address that could not be read):
/// so many rounds at most.
const ROUNDS: usize = 5;
/// Lines about single objects that a report holds.
const LINES: usize = 20;

/// What the fixer is told beyond its environment.
#[derive(Debug, Clone, Copy)]
pub struct FixerOptions {
    /// What is done about a finding: the values that its attribute shall have, or nothing. The default takes
    /// the rule's suggestion.
    pub review: fn(&Finding, &ObjectView) -> Option<Vec<String>>,
}

impl Default for FixerOptions {
    fn default() -> FixerOptions {
        FixerOptions { review: |finding, _| finding.suggestion.clone() }
    }
}

/// The reference fixer.
///
/// Each object is changed by one modify request: it is atomic, and it names the old values, so that a value
/// that somebody else changed meanwhile is left alone.
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
        Box::pin(repair(env, Some(self.options)))
    }
}

/// The reference checker: the fixer's findings, and nothing changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReferenceChecker;

impl Tool for ReferenceChecker {
    fn name(&self) -> &str {
        "reference checker"
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(repair(env, None))
    }
}

#[derive(Default)]
struct Tally {
    changed: u64,
    refused: u64,
    lines: Vec<String>,
}

async fn repair(env: &ToolEnv, options: Option<FixerOptions>) -> Result<ToolOutcome, ToolError> {
    let mut clients = Vec::new();
    for forest in &env.forests {
        clients.push(DirectoryClient::connect(env, forest).await?);
    }
    let settings = settings(env, &mut clients).await?;
    let mut reported: BTreeMap<(String, String, String), Reported> = BTreeMap::new();
    let mut tally = Tally::default();
    // an object that was refused once is not tried again
    let mut refused = BTreeSet::new();
    for _ in 0..ROUNDS {
        let (views, origin) = read(&mut clients).await?;
        let findings = rules::check(&views, &settings);
        for finding in &findings {
            let key = (finding.dn.clone(), finding.attribute.to_string(), finding.rule.to_string());
            reported.entry(key).or_insert_with(|| report(finding));
        }
        let Some(options) = options else { break };
        let repairs = repairs(&findings, &views, options);
        let mut wrote = false;
        for (index, changes) in repairs {
            let (client, dn) = (&mut clients[origin[index]], &views[index].dn);
            if refused.contains(dn) {
                continue;
            }
            match client.modify(dn, changes).await {
                Ok(()) => (tally.changed, wrote) = (tally.changed + 1, true),
                Err(error) => {
                    tally.refused += 1;
                    refused.insert(dn.clone());
                    tally.lines.push(error.to_string());
                }
            }
        }
        if !wrote {
            break;
        }
    }
    let findings: Vec<Reported> = reported.into_values().collect();
    let left = findings.iter().filter(|finding| finding.left).count() as u64;
    let found = findings.len() as u64;
    ToolReport::new(findings).write(&env.report_file)?;
    tally.lines.truncate(LINES);
    let said = format!(
        "{found} findings, {} changes, {left} left for a decision, {} refused\n{}",
        tally.changed,
        tally.refused,
        tally.lines.join("\n")
    );
    Ok(ToolOutcome { exit: i32::from(tally.refused > 0), ..ToolOutcome::done(said) }
        .with_count("findings", found)
        .with_count("changes", tally.changed)
        .with_count("left for a decision", left)
        .with_count("refused", tally.refused))
}

/// The verified domains come from the tenant. A forest's own domain is replaced by the first of its UPN
/// suffixes that is verified, or by the tenant's default domain where none is.
async fn settings(env: &ToolEnv, clients: &mut [DirectoryClient]) -> Result<Settings, ToolError> {
    let mut domains = GraphClient::new(env)?.list("/domains").await?;
    domains.retain(|domain| domain["isVerified"].as_bool() == Some(true));
    domains.sort_by_key(|domain| {
        let is = |name: &str| domain[name].as_bool() == Some(true);
        (is("isInitial"), !is("isDefault"))
    });
    let verified: Vec<String> =
        domains.iter().filter_map(|domain| domain["id"].as_str().map(str::to_owned)).collect();
    let mut domain_map = BTreeMap::new();
    for (forest, client) in env.forests.iter().zip(clients) {
        let is_verified = |name: &String| verified.iter().any(|known| known.eq_ignore_ascii_case(name));
        let own = client.partitions().await?.upn_suffixes.into_iter().find(is_verified);
        if let Some(domain) = own.or_else(|| verified.first().cloned())
            && !is_verified(&forest.domain)
        {
            domain_map.insert(forest.domain.clone(), domain);
        }
    }
    Ok(Settings { verified_domains: verified, domain_map, ..Settings::default() })
}

/// People, contacts and groups of all forests as the rules see them, and which forest each came from.
async fn read(clients: &mut [DirectoryClient]) -> Result<(Vec<ObjectView>, Vec<usize>), ToolError> {
    let filter =
        "(|(&(objectCategory=person)(|(objectClass=user)(objectClass=contact)))(objectCategory=group))";
    let attributes: Vec<&str> =
        rules::ATTRIBUTES.iter().copied().chain(["objectClass", "objectGUID"]).collect();
    let (mut views, mut origin) = (Vec::new(), Vec::new());
    for (index, client) in clients.iter_mut().enumerate() {
        for entry in client.search(filter, &attributes).await?.iter().filter(|entry| !entry.is("computer")) {
            views.push(view(entry));
            origin.push(index);
        }
    }
    Ok((views, origin))
}

fn view(entry: &DirectoryEntry) -> ObjectView {
    let class = entry.texts("objectClass").last().copied().unwrap_or_default().to_owned();
    let mut view = ObjectView::new(entry.dn.clone(), class);
    view.guid = entry.guid();
    for attribute in rules::ATTRIBUTES {
        view.set_octets(attribute, entry.octets(attribute).to_vec());
    }
    view
}

/// One modify request an object: what to take away by value, what to add.
fn repairs(
    findings: &[Finding],
    views: &[ObjectView],
    options: FixerOptions,
) -> BTreeMap<usize, Vec<Mod<Vec<u8>>>> {
    let mut wanted: BTreeMap<(usize, &str), Vec<String>> = BTreeMap::new();
    for finding in findings {
        if let Some(values) = (options.review)(finding, &views[finding.object]) {
            wanted.insert((finding.object, &finding.attribute), values);
        }
    }
    let mut repairs: BTreeMap<usize, Vec<Mod<Vec<u8>>>> = BTreeMap::new();
    for ((object, attribute), values) in wanted {
        let present = views[object].all(attribute);
        let without = |from: &[String], these: &[String]| {
            from.iter().filter(|value| !these.contains(value)).map(|v| v.clone().into_bytes()).collect()
        };
        let (gone, new) = (without(present, &values), without(&values, present));
        let changes = repairs.entry(object).or_default();
        if !is_empty(&gone) {
            changes.push(Mod::Delete(attribute.as_bytes().to_vec(), gone));
        }
        if !is_empty(&new) {
            changes.push(Mod::Add(attribute.as_bytes().to_vec(), new));
        }
    }
    repairs.retain(|_, changes| !changes.is_empty());
    repairs
}

fn is_empty(values: &std::collections::HashSet<Vec<u8>>) -> bool {
    values.is_empty()
}

fn report(finding: &Finding) -> Reported {
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
