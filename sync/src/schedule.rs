//! When the next cycle begins, and which kind it is (directory-sync.md, section 1.1, item 6; section 6).

use crate::step::SyncKind;

/// Seconds in a minute.
const MINUTE: u64 = 60;
/// Longest time between two cycles after which a delta cycle still does, in seconds: seven days.
pub const MAX_GAP: u64 = 7 * 24 * 60 * MINUTE;

/// What the scheduler is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Shortest interval that the tenant allows, in minutes (`AllowedSyncCycleInterval`).
    pub allowed_minutes: u64,
    /// Interval that was asked for, in minutes (`CustomizedSyncCycleInterval`).
    pub customized_minutes: Option<u64>,
    /// Whether the next cycle was asked to be a full one (`NextSyncCyclePolicyType`).
    pub next_is_initial: bool,
    /// `SyncCycleEnabled`, and not `SchedulerSuspended`.
    pub enabled: bool,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { allowed_minutes: 30, customized_minutes: None, next_is_initial: false, enabled: true }
    }
}

/// A cycle to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextCycle {
    /// When it begins, in the seconds of the caller's clock; never before now.
    pub at: u64,
    /// Full for an initial cycle: full imports too.
    pub kind: SyncKind,
}

impl Schedule {
    /// The interval in force, in minutes (`CurrentlyEffectiveSyncCycleInterval`): what was asked for, but not
    /// below what is allowed.
    pub fn effective_minutes(&self) -> u64 {
        self.customized_minutes.unwrap_or(self.allowed_minutes).max(self.allowed_minutes)
    }

    /// The next cycle; none while the scheduler is off. `last` is when the last complete cycle began, in seconds
    /// of the same clock as `now`.
    pub fn next(&self, last: Option<u64>, now: u64) -> Option<NextCycle> {
        if !self.enabled {
            return None;
        }
        let Some(last) = last else { return Some(NextCycle { at: now, kind: SyncKind::Full }) };
        let at = last.saturating_add(self.effective_minutes().saturating_mul(MINUTE)).max(now);
        let late = at.saturating_sub(last) > MAX_GAP;
        let kind = if late || self.next_is_initial { SyncKind::Full } else { SyncKind::Delta };
        Some(NextCycle { at, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_comes_every_thirty_minutes_and_a_gap_of_more_than_seven_days_needs_a_full_one() {
        let schedule = Schedule::default();
        let next = |last: Option<u64>, now: u64| schedule.next(last, now).expect("it is on");
        assert_eq!(next(None, 5), NextCycle { at: 5, kind: SyncKind::Full });
        assert_eq!(next(Some(0), 10), NextCycle { at: 1_800, kind: SyncKind::Delta });
        assert_eq!(next(Some(0), 4_000), NextCycle { at: 4_000, kind: SyncKind::Delta });
        assert_eq!(next(Some(0), 604_800).kind, SyncKind::Delta);
        assert_eq!(next(Some(0), 604_801).kind, SyncKind::Full);
    }

    #[test]
    fn an_interval_of_ones_own_is_not_below_the_allowed_one() {
        let of = |minutes| Schedule { customized_minutes: Some(minutes), ..Schedule::default() };
        assert_eq!(of(5).effective_minutes(), 30);
        assert_eq!(of(180).effective_minutes(), 180);
        assert_eq!(of(180).next(Some(0), 0).map(|next| next.at), Some(10_800));
        let off = Schedule { enabled: false, ..Schedule::default() };
        assert_eq!(off.next(None, 0), None);
        let asked = Schedule { next_is_initial: true, ..Schedule::default() };
        assert_eq!(asked.next(Some(0), 0).map(|next| next.kind), Some(SyncKind::Full));
    }
}
