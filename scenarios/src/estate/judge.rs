//! The record that scores are made from. The judging itself is the world's: `forestbed_sim::score`.

use super::verdict;
use crate::tool::ToolReport;
use forestbed_sim::clock::SimTime;
use forestbed_sim::directory::Directory;
use forestbed_sim::journal::{Side, Totals};
use forestbed_sim::score::{CostScore, Scorecard};
use forestbed_sim::spec::Synchronize;
use forestbed_sim::tenant::Tenant;
use forestbed_sim::world::World;
use std::collections::BTreeMap;

/// The sides that a tool pays for.
const SIDES: [Side; 4] = [Side::Ldap, Side::Graph, Side::Login, Side::Provisioning];

/// A reading of the journal's totals and of the clock.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    totals: BTreeMap<Side, Totals>,
    time: SimTime,
}

impl Reading {
    pub(crate) fn take(world: &World) -> Reading {
        let totals = SIDES.into_iter().map(|side| (side, world.journal.totals(side))).collect();
        Reading { totals, time: world.clock.now() }
    }

    /// What was spent from this reading until a later one.
    pub(crate) fn until(&self, later: &Reading) -> CostScore {
        let of = |reading: &Reading, side| reading.totals.get(&side).copied().unwrap_or_default();
        CostScore::between(|side| of(self, side), |side| of(later, side), self.time, later.time)
    }
}

/// What the scores are made from beside the present state.
#[derive(Debug, Clone)]
pub(crate) struct Judge {
    /// The directories that a fixer was given.
    before: Vec<Directory>,
    /// The directories as the last fixer left them; none while no fixer ran.
    repaired: Option<Vec<Directory>>,
    /// What the last checker or fixer reported.
    report: Option<ToolReport>,
    /// The tenant as the sync engine that runs now found it.
    sync_began: Option<Tenant>,
    /// The last run of a sync engine; none while none was run by the harness.
    sync: Option<SyncRecord>,
    /// A licenser has run.
    licensed: bool,
    /// What was spent in the accounts that are closed.
    spent: CostScore,
    /// Where the open account began; none while an excursion runs.
    account: Option<Reading>,
}

/// What a synchronization is judged by.
#[derive(Debug, Clone)]
pub(super) struct SyncRecord {
    /// The tenant just before the run.
    pub(super) before: Tenant,
    /// The directories when the run was done: what changes later is not its business.
    pub(super) directories: Vec<Directory>,
    /// What it was asked to synchronize.
    pub(super) wanted: Synchronize,
}

impl Judge {
    /// Nothing on record yet.
    pub(crate) fn new(world: &World) -> Judge {
        Judge {
            before: world.initial_directories(),
            repaired: None,
            report: None,
            sync_began: None,
            sync: None,
            licensed: false,
            spent: CostScore::default(),
            account: Some(Reading::take(world)),
        }
    }

    /// A checker or fixer is done; a fixer's work is judged by the state that it leaves.
    pub(crate) fn checked(&mut self, world: &World, report: Option<ToolReport>, repaired: bool) {
        self.report = report;
        if repaired {
            self.repaired = Some(world.converged());
        }
    }

    /// A sync engine begins.
    pub(crate) fn sync_begins(&mut self, world: &World) {
        self.sync_began = Some(world.tenant().clone());
    }

    /// A sync engine is done, however it ended.
    pub(crate) fn synchronized(&mut self, world: &World, wanted: Synchronize) {
        let before = self.sync_began.take().unwrap_or_else(|| world.initial().tenant.clone());
        self.sync = Some(SyncRecord { before, directories: world.converged(), wanted });
    }

    /// A licenser is done.
    pub(crate) fn licensed(&mut self) {
        self.licensed = true;
    }

    /// A report that a tool left outside any run; one on record goes first.
    pub(crate) fn found_beside(&mut self, report: ToolReport) {
        self.report.get_or_insert(report);
    }

    /// Life changed the directories, which held `previous` until then. Until a fixer has written, what they hold
    /// now is what it is given; one that wrote outside any role is judged by what it had left by then.
    pub(super) fn changed(&mut self, world: &World, previous: Vec<Directory>) {
        if self.repaired.is_some() {
            return;
        }
        if wrote(&self.cost(world), Side::Ldap) {
            self.repaired = Some(previous);
        } else {
            self.before = world.converged();
        }
    }

    /// Stops the account: what follows is rolled back and costs nobody anything.
    pub(crate) fn begin_excursion(&mut self, world: &World) {
        if let Some(account) = self.account.take() {
            self.spent.add(&account.until(&Reading::take(world)));
        }
    }

    /// Goes on with the account.
    pub(crate) fn end_excursion(&mut self, world: &World) {
        self.account = Some(Reading::take(world));
    }

    /// What tools have spent so far.
    pub(crate) fn cost(&self, world: &World) -> CostScore {
        let mut cost = self.spent.clone();
        if let Some(account) = &self.account {
            cost.add(&account.until(&Reading::take(world)));
        }
        cost
    }

    /// All scores: of what has not been done yet, none. An engine that nobody ran in a role was to synchronize `wanted`.
    pub(crate) fn score(&self, world: &World, wanted: &Synchronize) -> Scorecard {
        let findings = self.report.as_ref().map(verdict::findings);
        // leaving a value alone is right only for a tool that says it did so on purpose
        let left: Vec<_> = self
            .report
            .iter()
            .flat_map(|report| verdict::findings(report).into_iter().zip(&report.findings))
            .filter(|(_, reported)| reported.left)
            .map(|(finding, _)| finding)
            .collect();
        let cost = self.cost(world);
        // a fixer that nobody ran in a role is judged by what the directories hold now
        let present = (self.repaired.is_none() && wrote(&cost, Side::Ldap)).then(|| world.converged());
        let repaired = self.repaired.as_deref().or(present.as_deref());
        let (sync, licenses) = verdict::cloud(world, self.sync.as_ref(), wanted, self.licensed);
        Scorecard {
            detection: findings.as_deref().map(|found| verdict::detection(world, &self.before, found)),
            repairs: repaired.map(|after| verdict::repairs(world, &self.before, after, &left)),
            sync,
            licenses,
            cost: Some(cost),
        }
    }
}

/// Whether a client has sent a side anything that may change it.
fn wrote(cost: &CostScore, side: Side) -> bool {
    cost.sides.get(&side.to_string()).is_some_and(|cost| cost.writes > 0)
}
