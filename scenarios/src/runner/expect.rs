//! The expect step: what was asked for against what the scores say.

use super::{Check, Runner, StepReport};
use crate::format::{Expectations, LicenseError, Number};
use forestbed_sim::ids::Guid;
use forestbed_sim::journal::Side;
use forestbed_sim::score::{CostScore, Scorecard};
use forestbed_sim::tenant::{AssignmentError, CloudObject, ObjectKind, Tenant};
use forestbed_sim::world::World;
use std::collections::BTreeMap;
use std::fmt::Display;

/// How two numbers are compared.
#[derive(Debug, Clone, Copy)]
enum Bound {
    AtLeast,
    AtMost,
    Exactly,
}

impl Runner<'_> {
    pub(super) async fn expect(&mut self, expectations: &Expectations, report: &mut StepReport) {
        let score = self.judged.take().unwrap_or_else(|| self.lab.score());
        let mut checks = Vec::new();
        judge_scores(expectations, &score, &mut checks);
        super::objects::judge(&expectations.objects, self.lab.world(), &mut checks);
        judge_licenses(expectations, self.lab.world(), &mut checks);
        if let Some(cost) = &score.cost {
            judge_cost(expectations, cost, &mut checks);
        }
        judge_last_run(expectations, self.last_cost.as_ref(), &mut checks);
        checks.into_iter().for_each(|check| report.check(check));
        self.judged = Some(score);
        if let Some(most) = expectations.sync.as_ref().and_then(|sync| sync.second_run_writes) {
            self.second_run(most.0, report).await;
        }
    }
}

fn judge_scores(expectations: &Expectations, score: &Scorecard, checks: &mut Vec<Check>) {
    if let Some(wanted) = &expectations.repairs {
        let part = score.repairs.as_ref();
        let count = |tally: fn(&forestbed_sim::score::RepairScore) -> u64| part.map(|p| tally(p) as f64);
        number(checks, "repairs.recall", Bound::AtLeast, wanted.recall.map(|s| s.0), part.map(|p| p.recall));
        number(
            checks,
            "repairs.collateral",
            Bound::AtMost,
            wanted.collateral.map(whole),
            count(|p| p.collateral.count),
        );
        let decoys = count(|p| p.decoys_touched.count);
        number(checks, "repairs.decoys_touched", Bound::AtMost, wanted.decoys_touched.map(whole), decoys);
    }
    if let Some(wanted) = &expectations.detection {
        let part = score.detection.as_ref();
        number(
            checks,
            "detection.recall",
            Bound::AtLeast,
            wanted.recall.map(|s| s.0),
            part.map(|p| p.recall),
        );
        let precision = part.map(|p| p.precision);
        number(checks, "detection.precision", Bound::AtLeast, wanted.precision.map(|s| s.0), precision);
    }
    if let Some(wanted) = expectations.sync.as_ref().and_then(|sync| sync.converged) {
        let actual = score.sync.as_ref().map(|part| part.converged);
        checks.push(Check {
            what: "sync.converged".to_owned(),
            expected: wanted.to_string(),
            actual: shown(actual),
            passed: actual == Some(wanted),
        });
    }
}

fn judge_licenses(expectations: &Expectations, world: &World, checks: &mut Vec<Check>) {
    let tenant = world.tenant();
    for (name, wanted) in &expectations.licenses {
        let subscription = tenant.skus().iter().find(|subscription| {
            subscription.sku.part_number.eq_ignore_ascii_case(name)
                || subscription.sku.id.to_string().eq_ignore_ascii_case(name)
        });
        let consumed = subscription.map(|subscription| f64::from(subscription.consumed));
        let what = format!("licenses.{name}.consumed");
        number(checks, &what, Bound::Exactly, wanted.consumed.map(whole), consumed);
        if let Some(errors) = &wanted.errors {
            let count = |(error, count): (&LicenseError, &Number)| (error.name(), count.0);
            let wanted: BTreeMap<&str, u64> =
                errors.iter().map(count).filter(|(_, count)| *count > 0).collect();
            let actual = subscription.map(|subscription| erring(&tenant, subscription.sku.id));
            checks.push(Check {
                what: format!("licenses.{name}.errors"),
                expected: counted(&wanted),
                actual: shown(actual.as_ref().map(counted)),
                passed: actual.as_ref() == Some(&wanted),
            });
        }
    }
}

/// How many assignments of a product to live users have an error, by its name.
fn erring(tenant: &Tenant, sku: Guid) -> BTreeMap<&'static str, u64> {
    let mut found = BTreeMap::new();
    for assignment in tenant.iter(ObjectKind::User).flat_map(CloudObject::license_assignments) {
        if assignment.sku_id == sku && assignment.error != AssignmentError::None {
            *found.entry(assignment.error.name()).or_default() += 1;
        }
    }
    found
}

fn counted(errors: &BTreeMap<&'static str, u64>) -> String {
    let texts: Vec<String> = errors.iter().map(|(name, count)| format!("{count} {name}")).collect();
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

fn judge_cost(expectations: &Expectations, cost: &CostScore, checks: &mut Vec<Check>) {
    let Some(wanted) = &expectations.cost else { return };
    let (mut failures, mut throttled, mut broken) = (0, 0, 0);
    for side in cost.sides.values() {
        failures += side.failures;
        throttled += side.throttled;
        broken += side.retry_after_broken;
    }
    for (what, most, actual) in [
        ("cost.requests", wanted.requests, cost.requests()),
        ("cost.writes", wanted.writes, cost.writes()),
        ("cost.failures", wanted.failures, failures),
        ("cost.throttled", wanted.throttled, throttled),
        ("cost.retry_after_broken", wanted.retry_after_broken, broken),
    ] {
        number(checks, what, Bound::AtMost, most.map(whole), Some(actual as f64));
    }
    let most = wanted.virtual_time.as_ref().map(|span| span.0.as_secs_f64());
    number(
        checks,
        "cost.virtual_time in seconds",
        Bound::AtMost,
        most,
        Some(cost.virtual_ms as f64 / 1000.0),
    );
}

fn judge_last_run(expectations: &Expectations, cost: Option<&CostScore>, checks: &mut Vec<Check>) {
    let Some(wanted) = &expectations.last_run else { return };
    let read = |cost: &CostScore| cost.sides.get(&Side::Ldap.to_string()).map_or(0, |side| side.returned);
    for (what, most, actual) in [
        ("last_run.requests", wanted.requests, cost.map(CostScore::requests)),
        ("last_run.writes", wanted.writes, cost.map(CostScore::writes)),
        ("last_run.entries_read", wanted.entries_read, cost.map(read)),
    ] {
        number(checks, what, Bound::AtMost, most.map(whole), actual.map(|actual| actual as f64));
    }
}

fn whole(number: crate::format::Number) -> f64 {
    number.0 as f64
}

fn shown(value: Option<impl Display>) -> String {
    value.map_or_else(|| "nothing to judge".to_owned(), |value| value.to_string())
}

/// Judges one number, if one was asked for; what nobody earned never holds.
fn number(checks: &mut Vec<Check>, what: &str, bound: Bound, wanted: Option<f64>, actual: Option<f64>) {
    let Some(wanted) = wanted else { return };
    let (sign, holds): (&str, fn(f64, f64) -> bool) = match bound {
        Bound::AtLeast => (">=", |actual, wanted| actual >= wanted),
        Bound::AtMost => ("<=", |actual, wanted| actual <= wanted),
        Bound::Exactly => ("=", |actual, wanted| actual == wanted),
    };
    checks.push(Check {
        what: what.to_owned(),
        expected: format!("{sign} {wanted}"),
        actual: shown(actual),
        passed: actual.is_some_and(|actual| holds(actual, wanted)),
    });
}
