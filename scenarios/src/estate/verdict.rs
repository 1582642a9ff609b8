//! The record of an estate handed to the world's judges.

use super::judge::SyncRecord;
use crate::tool::ToolReport;
use forestbed_sim::defects::Ledger;
use forestbed_sim::directory::Directory;
use forestbed_sim::oracle::{self, Switches};
use forestbed_sim::rules::{Finding, Severity};
use forestbed_sim::score::{self, DetectionScore, LicenseScore, RepairScore, SyncScore};
use forestbed_sim::spec::Synchronize;
use forestbed_sim::tenant::ObjectKind;
use forestbed_sim::world::World;

/// A tool's findings in the world's own form.
pub(super) fn findings(report: &ToolReport) -> Vec<Finding> {
    let own = |finding: &crate::tool::Finding| Finding {
        object: 0,
        dn: finding.dn.clone(),
        guid: (!finding.object.is_empty()).then(|| finding.object.clone()),
        attribute: finding.attribute.clone().into(),
        rule: finding.rule.clone().into(),
        severity: match finding.severity.as_str() {
            "warning" => Severity::Warning,
            _ => Severity::Error,
        },
        value: Some(finding.value.clone()).filter(|value| !value.is_empty()),
        suggestion: finding.suggestion.clone().map(|value| vec![value]),
        others: finding.others.clone(),
        owner: None,
        reason: String::new(),
    };
    report.findings.iter().map(own).collect()
}

/// The findings against the ledgers of all domains.
pub(super) fn detection(world: &World, before: &[Directory], findings: &[Finding]) -> DetectionScore {
    score::detection(findings, &ledgers(world), before)
}

fn ledgers(world: &World) -> Vec<&Ledger> {
    world.domains().iter().map(|cell| &*cell.ledger).collect()
}

/// The fixer's work in all domains.
pub(super) fn repairs(
    world: &World,
    before: &[Directory],
    after: &[Directory],
    reported: &[Finding],
) -> RepairScore {
    score::repair(before, after, &ledgers(world), reported)
}

/// The tenant against the oracle, and its licences against the plan. An engine that the harness did not run
/// itself is judged from the first state of the tenant, once it has synchronized something.
pub(super) fn cloud(
    world: &World,
    record: Option<&SyncRecord>,
    wanted: &Synchronize,
    licensed: bool,
) -> (Option<SyncScore>, Option<LicenseScore>) {
    let spec = &world.spec.tenant;
    // generation has checked them
    let switches = Switches::of(&spec.profile, &spec.switches).unwrap_or_default();
    let tenant = world.tenant().clone();
    let synchronized =
        ObjectKind::ALL.into_iter().any(|kind| tenant.iter(kind).any(|object| object.is_synchronized()));
    let present;
    let (before, directories, wanted) = match record {
        Some(record) => (&record.before, &record.directories, &record.wanted),
        None if synchronized => {
            present = world.converged();
            (&world.initial().tenant, &present, wanted)
        }
        None => return (None, None),
    };
    let directories: Vec<&Directory> = directories.iter().collect();
    let switches = switches.as_set(before);
    let expected = oracle::expected_by(&world.spec.people_match, wanted, &directories, before, &switches);
    let consumed = |tenant: &forestbed_sim::tenant::Tenant| -> u64 {
        tenant.skus().iter().map(|subscription| u64::from(subscription.consumed)).sum()
    };
    let judged = licensed || consumed(&tenant) != consumed(&world.initial().tenant);
    let plan = &spec.license_plan;
    let licenses = (judged && !plan.is_empty()).then(|| score::licensing(plan, &expected, &tenant));
    (Some(score::sync(&expected, &tenant)), licenses)
}
