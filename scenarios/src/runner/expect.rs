//! The expect step: what was asked for against what the scores say.

use super::{Check, Runner, StepReport};
use crate::format::Expectations;
use forestbed_sim::score::{CostScore, Scorecard};
use forestbed_sim::world::World;
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
        let score = self.lab.score();
        let mut checks = Vec::new();
        judge_scores(expectations, &score, &mut checks);
        super::objects::judge(&expectations.objects, self.lab.world(), &mut checks);
        judge_licenses(expectations, self.lab.world(), &mut checks);
        if let Some(cost) = &score.cost {
            judge_cost(expectations, cost, &mut checks);
        }
        checks.into_iter().for_each(|check| report.check(check));
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
    }
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
