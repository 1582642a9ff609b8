//! What a run cost.

use crate::clock::SimTime;
use crate::journal::{Side, Totals};
use serde::Serialize;
use std::collections::BTreeMap;

/// Requests by side and the virtual time that passed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CostScore {
    /// By side: `ldap`, `graph`, `login`, `provisioning`. The control API is no part of a tool's cost.
    pub sides: BTreeMap<String, SideCost>,
    /// Virtual milliseconds from the first request to the last.
    pub virtual_ms: u64,
}

/// The cost on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SideCost {
    /// Requests.
    pub requests: u64,
    /// Requests that may change the world.
    pub writes: u64,
    /// `$batch` requests.
    pub batches: u64,
    /// Requests that failed.
    pub failures: u64,
    /// Requests that were told to wait.
    pub throttled: u64,
    /// Retry-After values that were kept.
    pub retry_after_kept: u64,
    /// Retry-After values that were broken.
    pub retry_after_broken: u64,
    /// Entries and objects that were read.
    pub returned: u64,
}

impl From<Totals> for SideCost {
    fn from(totals: Totals) -> SideCost {
        SideCost {
            requests: totals.requests,
            writes: totals.writes,
            batches: totals.batches,
            failures: totals.failures,
            throttled: totals.throttled,
            retry_after_kept: totals.retry_after_kept,
            retry_after_broken: totals.retry_after_broken,
            returned: totals.returned,
        }
    }
}

/// The sides that a tool pays for.
const PAID: [Side; 4] = [Side::Ldap, Side::Graph, Side::Login, Side::Provisioning];

impl CostScore {
    /// What came between two readings of the journal's totals.
    ///
    /// `before` and `after` give the totals of a side at the start and at the end.
    pub fn between(
        before: impl Fn(Side) -> Totals,
        after: impl Fn(Side) -> Totals,
        start: SimTime,
        end: SimTime,
    ) -> CostScore {
        let sides = PAID
            .into_iter()
            .map(|side| (side.to_string(), SideCost::from(after(side).since(before(side)))))
            .collect();
        let virtual_ms = u64::try_from(end.since(start).as_millis()).unwrap_or(u64::MAX);
        CostScore { sides, virtual_ms }
    }

    /// Adds another step's cost.
    pub fn add(&mut self, other: &CostScore) {
        self.virtual_ms += other.virtual_ms;
        for (side, cost) in &other.sides {
            let sum = self.sides.entry(side.clone()).or_default();
            sum.requests += cost.requests;
            sum.writes += cost.writes;
            sum.batches += cost.batches;
            sum.failures += cost.failures;
            sum.throttled += cost.throttled;
            sum.retry_after_kept += cost.retry_after_kept;
            sum.retry_after_broken += cost.retry_after_broken;
            sum.returned += cost.returned;
        }
    }

    /// Writes on all sides.
    pub fn writes(&self) -> u64 {
        self.sides.values().map(|side| side.writes).sum()
    }

    /// Requests on all sides.
    pub fn requests(&self) -> u64 {
        self.sides.values().map(|side| side.requests).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::DEFAULT_START;
    use crate::journal::{Entry, Journal};
    use std::time::Duration;

    #[test]
    fn a_step_pays_for_its_own_requests_only() {
        let journal = Journal::new(10);
        let record = |side, write| {
            let mut entry = Entry::new(DEFAULT_START, side, "", "");
            entry.write = write;
            journal.record(entry);
        };
        record(Side::Graph, true);
        let before: BTreeMap<Side, Totals> =
            PAID.into_iter().map(|side| (side, journal.totals(side))).collect();
        record(Side::Graph, true);
        record(Side::Ldap, false);
        let end = DEFAULT_START.plus(Duration::from_millis(30));
        let mut cost =
            CostScore::between(|side| before[&side], |side| journal.totals(side), DEFAULT_START, end);
        assert_eq!((cost.requests(), cost.writes(), cost.virtual_ms), (2, 1, 30));
        cost.add(&cost.clone());
        assert_eq!((cost.requests(), cost.writes(), cost.virtual_ms), (4, 2, 60));
        assert_eq!(cost.sides["graph"].requests, 2);
    }
}
