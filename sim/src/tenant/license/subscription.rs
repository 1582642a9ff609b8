//! What the tenant owns: seats of a product, and the states that a subscription goes through.

use super::super::skus::Sku;
use crate::Error;
use crate::clock::SimTime;
use crate::ids::Guid;
use std::sync::LazyLock;
use std::time::Duration;

/// A product that the tenant owns seats of, by one commerce subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The product.
    pub sku: &'static Sku,
    /// Seats bought.
    pub seats: u32,
    /// Its state, which says what the seats are good for.
    pub status: SubscriptionStatus,
    /// Distinct users that hold it (`consumedUnits`).
    pub consumed: u32,
    /// The commerce subscription's id (`subscriptionIds`).
    pub subscription_id: Guid,
    /// When it was bought.
    pub created: SimTime,
    /// When it goes to its next state by itself (`nextLifecycleDateTime`); none says never.
    pub next_lifecycle: Option<SimTime>,
    /// Whether it is on trial.
    pub is_trial: bool,
}

/// The state of a subscription (microsoft-graph.md 2.4, `capabilityStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubscriptionStatus {
    /// It is paid for.
    Enabled,
    /// It has ended and goes on for a while.
    Warning,
    /// Who has it cannot use it, and nobody new gets it.
    Suspended,
    /// Its data is gone.
    Deleted,
    /// It was taken away.
    LockedOut,
}

struct Row {
    status: SubscriptionStatus,
    assignable: bool,
    serves: bool,
    next: Option<(SubscriptionStatus, Option<Duration>)>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let table = include_str!("../../../data/subscription-states.tsv").lines();
    let row = |line: &'static str| {
        let cells: Vec<&'static str> = line.split('\t').collect();
        let [name, _units, assignable, serves, next, days, ..] = cells[..] else { return None };
        let after = days.parse().ok().map(|days: u64| Duration::from_secs(days * 24 * 3600));
        Some(Row {
            status: SubscriptionStatus::parse(name)?,
            assignable: assignable == "yes",
            serves: serves == "yes",
            next: SubscriptionStatus::parse(next).map(|next| (next, after)),
        })
    };
    table.filter(|line| !line.starts_with('#')).skip(1).filter_map(row).collect()
});

impl SubscriptionStatus {
    /// Every state.
    pub const ALL: [SubscriptionStatus; 5] = [
        SubscriptionStatus::Enabled,
        SubscriptionStatus::Warning,
        SubscriptionStatus::Suspended,
        SubscriptionStatus::Deleted,
        SubscriptionStatus::LockedOut,
    ];

    /// As Graph spells it.
    pub fn name(self) -> &'static str {
        match self {
            SubscriptionStatus::Enabled => "Enabled",
            SubscriptionStatus::Warning => "Warning",
            SubscriptionStatus::Suspended => "Suspended",
            SubscriptionStatus::Deleted => "Deleted",
            SubscriptionStatus::LockedOut => "LockedOut",
        }
    }

    /// From Graph's name, in any case.
    pub fn parse(name: &str) -> Option<SubscriptionStatus> {
        SubscriptionStatus::ALL.into_iter().find(|status| status.name().eq_ignore_ascii_case(name))
    }

    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.status == self)
    }

    /// Whether its seats can be given to somebody who has none.
    pub fn is_assignable(self) -> bool {
        self.row().is_some_and(|row| row.assignable)
    }

    /// Whether who has a licence of it may use it.
    pub fn serves(self) -> bool {
        self.row().is_some_and(|row| row.serves)
    }
}

impl Subscription {
    /// Seats, when they are of this state (`prepaidUnits`).
    pub fn units(&self, status: SubscriptionStatus) -> u32 {
        if self.status == status { self.seats } else { 0 }
    }

    /// Seats of which users may hold one: `prepaidUnits.enabled` and `warning`.
    pub fn capacity(&self) -> u32 {
        if self.status.is_assignable() { self.seats } else { 0 }
    }

    /// Seats that nobody holds.
    pub fn available(&self) -> u32 {
        self.capacity().saturating_sub(self.consumed)
    }

    /// Takes a state at an instant, and finds when the next one comes: an enabled one keeps its date, if that
    /// is still to come.
    pub(super) fn take_status(&mut self, status: SubscriptionStatus, now: SimTime) {
        self.status = status;
        let after = status.row().and_then(|row| row.next).and_then(|(_, after)| after);
        self.next_lifecycle = match after {
            Some(after) => Some(now.plus(after)),
            None => self.next_lifecycle.filter(|next| status == SubscriptionStatus::Enabled && *next > now),
        };
    }

    /// What it becomes by itself.
    pub(super) fn next_status(&self) -> Option<SubscriptionStatus> {
        self.status.row().and_then(|row| row.next).map(|(next, _)| next)
    }
}

/// What happens to a subscription; what is none stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SubscriptionChange {
    /// Seats.
    pub seats: Option<u32>,
    /// State.
    pub status: Option<SubscriptionStatus>,
    /// When an enabled one ends.
    pub ends: Option<SimTime>,
    /// Whether it is on trial.
    pub trial: Option<bool>,
}

impl SubscriptionChange {
    /// Applies it at an instant.
    ///
    /// # Errors
    /// When an end is set for one that is not enabled: its dates follow from its state.
    pub(crate) fn apply(&self, subscription: &mut Subscription, now: SimTime) -> Result<(), Error> {
        subscription.seats = self.seats.unwrap_or(subscription.seats);
        subscription.is_trial = self.trial.unwrap_or(subscription.is_trial);
        if let Some(status) = self.status.filter(|status| *status != subscription.status) {
            subscription.take_status(status, now);
        }
        if let Some(ends) = self.ends {
            if subscription.status != SubscriptionStatus::Enabled {
                let name = subscription.sku.part_number;
                return Err(Error::invalid_spec(format!(
                    "the subscription of {name} is {} and has no end of its own",
                    subscription.status.name()
                ))
                .with_help("set an end for an enabled subscription only"));
            }
            subscription.next_lifecycle = Some(ends);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_row_that_says_where_it_comes_from() {
        let table = include_str!("../../../data/subscription-states.tsv");
        let lines: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
        assert_eq!((lines.len(), ROWS.len()), (5, 5));
        for line in lines {
            let cells: Vec<&str> = line.split('\t').collect();
            assert!(["observed", "documented", "assumed"].contains(&cells[6]), "{line}");
            let status = SubscriptionStatus::parse(cells[0]).unwrap();
            assert_eq!(status.name(), cells[0]);
            assert_eq!(cells[1].eq_ignore_ascii_case(cells[0]), cells[1] != "-", "{line}");
        }
        // microsoft-graph.md 5.3: "suspended/lockedOut not assignable"
        for (status, assignable) in [
            (SubscriptionStatus::Enabled, true),
            (SubscriptionStatus::Warning, true),
            (SubscriptionStatus::Suspended, false),
            (SubscriptionStatus::LockedOut, false),
        ] {
            assert_eq!(status.is_assignable(), assignable, "{status:?}");
        }
    }
}
