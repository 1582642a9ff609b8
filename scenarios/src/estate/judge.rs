//! The record that scores are made from. The judging itself is the world's: `forestbed_sim::score`.

use crate::tool::ToolReport;
use forestbed_sim::clock::SimTime;
use forestbed_sim::directory::Directory;
use forestbed_sim::journal::{Side, Totals};
use forestbed_sim::score::{CostScore, Scorecard};
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
    /// What was spent in the accounts that are closed.
    spent: CostScore,
    /// Where the open account began; none while an excursion runs.
    account: Option<Reading>,
}

impl Judge {
    /// Nothing on record yet.
    pub(crate) fn new(world: &World) -> Judge {
        Judge {
            before: world.initial().directories.clone(),
            repaired: None,
            report: None,
            spent: CostScore::default(),
            account: Some(Reading::take(world)),
        }
    }

    /// A checker or fixer is done; a fixer's work is judged by the state that it leaves.
    pub(crate) fn checked(&mut self, world: &World, report: Option<ToolReport>, repaired: bool) {
        self.report = report;
        if repaired {
            self.repaired = Some(world.snapshot().directories);
        }
    }

    /// Life changed the directories: until a fixer has run, what they hold now is what it is given.
    pub(crate) fn changed(&mut self, world: &World) {
        if self.repaired.is_none() {
            self.before = world.snapshot().directories;
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

    /// All scores.
    pub(crate) fn score(&self, world: &World) -> Scorecard {
        Scorecard { cost: Some(self.cost(world)), ..Scorecard::default() }
    }
}
