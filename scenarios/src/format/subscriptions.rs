//! What a file says of a subscription beside its seats, at the start and as a change.

use super::scalars::{Instant, Whole};
use forestbed_sim::tenant::{SubscriptionChange, SubscriptionStatus};
use schemars::JsonSchema;
use serde::Deserialize;

/// A subscription's seats, state and end; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionSection {
    /// Seats bought.
    pub seats: Option<Whole<0, 10_000_000>>,
    /// Its state.
    pub status: Option<Status>,
    /// When an enabled one ends: it then goes to warning, 30 days later to suspended, 90 days later to deleted.
    pub ends: Option<Instant>,
    /// Whether it is on trial.
    pub trial: Option<bool>,
}

/// The state of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
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

impl From<Status> for SubscriptionStatus {
    fn from(status: Status) -> SubscriptionStatus {
        match status {
            Status::Enabled => SubscriptionStatus::Enabled,
            Status::Warning => SubscriptionStatus::Warning,
            Status::Suspended => SubscriptionStatus::Suspended,
            Status::Deleted => SubscriptionStatus::Deleted,
            Status::LockedOut => SubscriptionStatus::LockedOut,
        }
    }
}

impl SubscriptionSection {
    /// What it does to a subscription.
    pub fn change(&self) -> SubscriptionChange {
        SubscriptionChange {
            seats: self.seats.map(Whole::get),
            status: self.status.map(SubscriptionStatus::from),
            ends: self.ends.as_ref().map(Instant::time),
            trial: self.trial,
        }
    }
}
