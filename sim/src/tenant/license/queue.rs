//! What waits to be done about licences, each with the instant when it falls due. Nothing here reads a clock:
//! [`Tenant::run_licenses`] is told what time it is.

use super::super::property::{Property, PropertySet, Stored};
use super::super::{ChangeKind, Tenant};
use crate::clock::SimTime;
use crate::ids::Guid;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How often a group that is in progress goes on.
const ROUND: Duration = Duration::from_secs(1);

/// Waiting work, and who has errors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Licensing {
    /// Groups whose licences changed.
    runs: BTreeMap<Guid, Run>,
    /// Users that joined or left a licensed group, in order of arrival: user, group.
    pairs: BTreeMap<(SimTime, u64), (Guid, Guid)>,
    arrivals: u64,
    /// Products of which units were freed while there were none.
    retries: BTreeMap<Guid, SimTime>,
    /// Users whose new plans become provisioned, in order of time.
    provisioning: VecDeque<(SimTime, Guid)>,
    /// By group, the live users with an error of one of its licences.
    pub(super) errors: BTreeMap<Guid, BTreeSet<Guid>>,
}

/// Where the processing of a group stands.
#[derive(Debug, Clone, Copy)]
struct Run {
    due: SimTime,
    step: Step,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Queued,
    /// Those after this user, or all, are still to come.
    After(Option<Guid>),
}

/// What falls due first; of things at one instant, the order is that of the variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Lifecycle(Guid),
    Retry(Guid),
    Run(Guid),
    Pair(u64),
    Provisioning,
}

impl Licensing {
    fn next(&self, tenant: &Tenant) -> Option<(SimTime, Due)> {
        let lifecycles = tenant.subscriptions.iter();
        let lifecycle = lifecycles.filter_map(|s| Some((s.next_lifecycle?, Due::Lifecycle(s.sku.id)))).min();
        let retry = self.retries.iter().map(|(sku, due)| (*due, Due::Retry(*sku))).min();
        let run = self.runs.iter().map(|(group, run)| (run.due, Due::Run(*group))).min();
        let pair = self.pairs.keys().next().map(|(due, arrival)| (*due, Due::Pair(*arrival)));
        let provisioning = self.provisioning.front().map(|(due, _)| (*due, Due::Provisioning));
        [lifecycle, retry, run, pair, provisioning].into_iter().flatten().min()
    }
}

impl Tenant {
    fn queue(&mut self) -> &mut Licensing {
        Arc::make_mut(&mut self.licensing)
    }

    /// Lets a group be processed after the delay; what was still to be done of an earlier change is not.
    pub(super) fn queue_group(&mut self, group: Guid, now: SimTime) {
        let due = now.plus(self.switches.license_processing_delay);
        self.queue().runs.insert(group, Run { due, step: Step::Queued });
        self.show_state(group, "QueuedForProcessing", Some(Property::AssignedLicenses), now);
    }

    /// Lets the licences that a user has from a group be brought in line with its membership after the delay.
    pub(crate) fn queue_pair(&mut self, user: Guid, group: Guid, now: SimTime) {
        let due = now.plus(self.switches.license_processing_delay);
        let queue = self.queue();
        queue.arrivals += 1;
        let arrival = queue.arrivals;
        queue.pairs.insert((due, arrival), (user, group));
    }

    pub(super) fn queue_retry(&mut self, sku: Guid, now: SimTime) {
        let due = now.plus(self.switches.license_processing_delay);
        self.queue().retries.entry(sku).or_insert(due);
    }

    pub(super) fn queue_provisioning(&mut self, user: Guid, now: SimTime) {
        let due = now.plus(self.switches.license_provisioning_lag);
        self.queue().provisioning.push_back((due, user));
    }

    /// Does what falls due until an instant, in the order in which it does: the result is the same in however
    /// many steps the time moves.
    pub(crate) fn run_licenses(&mut self, now: SimTime) {
        while let Some((due, what)) = self.licensing.next(self).filter(|(due, _)| *due <= now) {
            // the change log runs forward, and a write may lie between the due instant and now
            let last =
                self.changes_since(self.last_change().saturating_sub(1)).last().map(|change| change.at);
            let at = last.map_or(due, |last| last.max(due));
            match what {
                Due::Lifecycle(sku) => self.end_phase(sku, due, at),
                Due::Retry(sku) => {
                    self.queue().retries.remove(&sku);
                    self.retry(sku, at);
                }
                Due::Run(group) => self.run_group(group, due, at),
                Due::Pair(arrival) => {
                    if let Some((user, group)) = self.queue().pairs.remove(&(due, arrival)) {
                        self.settle(user, group, at);
                    }
                }
                Due::Provisioning => {
                    if let Some((due, user)) = self.queue().provisioning.pop_front() {
                        self.provisioned(user, due.minus(self.switches.license_provisioning_lag), at);
                    }
                }
            }
        }
    }

    fn end_phase(&mut self, sku: Guid, due: SimTime, at: SimTime) {
        let next = self.subscription(sku).and_then(super::Subscription::next_status);
        let change = |subscription: &mut super::Subscription| match next {
            Some(next) => subscription.take_status(next, due),
            None => subscription.next_lifecycle = None,
        };
        self.change_units(sku, at, change);
    }

    fn run_group(&mut self, group: Guid, due: SimTime, at: SimTime) {
        let Some(run) = self.licensing.runs.get(&group).copied() else { return };
        let next = due.plus(ROUND);
        let Step::After(last) = run.step else {
            self.show_state(group, "ProcessingInProgress", None, at);
            self.queue().runs.insert(group, Run { due: next, step: Step::After(None) });
            return;
        };
        let rate = self.switches.license_processing_rate;
        let users = self.users_after(group, last, rate);
        for user in &users {
            self.settle(*user, group, at);
        }
        match users.last().filter(|_| users.len() == rate) {
            Some(last) => {
                self.queue().runs.insert(group, Run { due: next, step: Step::After(Some(*last)) });
            }
            None => {
                self.queue().runs.remove(&group);
                self.show_state(group, "ProcessingComplete", None, at);
            }
        }
    }

    /// The next members of a group, and those who have left it and could not lose its licences, by id.
    fn users_after(&self, group: Guid, last: Option<Guid>, most: usize) -> Vec<Guid> {
        let members = self.members(group);
        let first = last.map_or(0, |last| members.partition_point(|member| *member <= last));
        let stuck = self.licensing.errors.get(&group);
        let stuck = stuck.into_iter().flat_map(|users| match last {
            Some(last) => users.range((std::ops::Bound::Excluded(last), std::ops::Bound::Unbounded)),
            None => users.range(..),
        });
        let mut users: Vec<Guid> =
            members[first..].iter().take(most).chain(stuck.take(most)).copied().collect();
        users.sort_unstable();
        users.dedup();
        users.truncate(most);
        users
    }

    fn show_state(&mut self, group: Guid, state: &str, also: Option<Property>, now: SimTime) {
        let Some(slot) = self.store.slot(group) else { return };
        let value = Stored::Json(Box::new(json!({ "state": state })));
        self.store.edit(slot, |object| object.set(Property::LicenseProcessingState, Some(value)));
        let mut changed = PropertySet::default();
        also.into_iter().chain([Property::LicenseProcessingState]).for_each(|p| changed.insert(p));
        self.store.record(slot, now, ChangeKind::Updated(changed));
    }

    /// The plans that a user had at an instant are provisioned by now.
    fn provisioned(&mut self, user: Guid, until: SimTime, now: SimTime) {
        let Some(slot) = self.store.slot(user) else { return };
        let Some(object) = self.store.at(slot) else { return };
        let new = object.provisioned.is_none_or(|known| known < until);
        let live =
            object.deleted.is_none() && object.licenses.iter().any(super::LicenseAssignment::is_active);
        if !new {
            return;
        }
        self.store.edit(slot, |object| object.provisioned = Some(until));
        if live {
            let mut changed = PropertySet::default();
            changed.insert(Property::ProvisionedPlans);
            self.store.record(slot, now, ChangeKind::Licensed(changed));
        }
    }

    /// Tries again, user by user, what failed for want of units of a product.
    fn retry(&mut self, sku: Guid, now: SimTime) {
        let waits = |object: &super::CloudObject, group: Guid| {
            object.licenses.iter().any(|license| {
                license.group == Some(group)
                    && license.sku_id == sku
                    && license.error == super::AssignmentError::CountViolation
            })
        };
        let mut waiting: BTreeSet<(Guid, Guid)> = BTreeSet::new();
        for (group, users) in &self.licensing.errors {
            let here = users.iter().filter(|user| self.object(**user).is_some_and(|o| waits(o, *group)));
            waiting.extend(here.map(|user| (*user, *group)));
        }
        for (user, group) in waiting {
            if self.subscription(sku).is_none_or(|subscription| subscription.available() == 0) {
                break;
            }
            self.settle(user, group, now);
        }
    }
}
