//! Licences, direct and through groups: assignment by Microsoft's rules, and what a user's licences show.

mod assignment;
mod check;
mod group;
mod queue;
mod rules;
mod show;
mod subscription;

pub use assignment::{AssignedLicense, AssignmentError, AssignmentState, LicenseAssignment};
pub(crate) use queue::Licensing;
pub(crate) use show::shown;
pub use show::{LicenseDetail, PlanState};
pub use subscription::{Subscription, SubscriptionChange, SubscriptionStatus};

use super::audit::{AuditEvent, AuditTarget, Initiator};
use super::mail::differences;
use super::object::CloudObject;
use super::property::ObjectKind;
use super::store::Slot;
use super::{AddLicense, CallContext, ChangeKind, Property, Tenant, TenantError};
use crate::Error;
use crate::clock::SimTime;
use crate::ids::Guid;
use assignment::enabled_plans;
use check::Attempt;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// The usage locations that a licence may be used in: ISO 3166-1 alpha-2.
static LOCATIONS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let table = include_str!("../../../data/usage-locations.tsv").lines();
    table.filter(|line| !line.starts_with('#')).skip(1).filter_map(|line| line.split('\t').next()).collect()
});

/// Whether this is a country's two-letter code, in any case.
pub(crate) fn is_location(code: &str) -> bool {
    LOCATIONS.iter().any(|known| known.eq_ignore_ascii_case(code))
}

/// Whether one of a user's licences gives it a mailbox.
pub(crate) fn has_exchange(user: &CloudObject) -> bool {
    has_mailbox(&user.licenses)
}

fn has_mailbox(licenses: &[LicenseAssignment]) -> bool {
    enabled_plans(licenses).iter().any(|(plan, ..)| rules::gives_mailbox(plan.name))
}

/// Who changes a user's licences.
enum Cause {
    /// A call, or the harness.
    Direct(CallContext),
    /// The processing of a group; with what Graph tells when it failed.
    Group(Option<TenantError>),
}

impl Cause {
    /// The entry of the audit log (microsoft-graph.md 2.4: activity, actor and status of a failure).
    fn event(&self, now: SimTime) -> AuditEvent {
        let none = CallContext { now, app: None };
        match self {
            Cause::Direct(ctx) => AuditEvent::new(ctx, "Change user license"),
            Cause::Group(failed) => {
                let event = AuditEvent::new(&none, "Change user license");
                let event = event.by(Initiator::Service("Microsoft Entra ID Group-Based Licensing"));
                failed.iter().fold(event, |event, error| event.failed(&error.message))
            }
        }
    }
}

impl Tenant {
    /// `POST /users/{id}/assignLicense`: all of it or nothing.
    ///
    /// # Errors
    /// 404 for an unknown user; 400 with the texts of microsoft-graph.md 5.3.
    pub fn assign_license(
        &mut self,
        ctx: &CallContext,
        user: Guid,
        add: &[AddLicense],
        remove: &[Guid],
    ) -> Result<(), TenantError> {
        let slot = self.slot_of(user, &[ObjectKind::User])?;
        let Some(before) = self.store.at(slot).cloned() else {
            return Err(TenantError::not_found(&user.to_string()));
        };
        let licenses = self.resulting_licenses(&before, slot, add, remove, ctx.now)?;
        if licenses != before.licenses {
            self.commit_licenses(slot, &before, licenses, ctx.now, &Cause::Direct(*ctx));
        }
        Ok(())
    }

    /// The checks of microsoft-graph.md, Appendix B, in its order.
    fn resulting_licenses(
        &self,
        user: &CloudObject,
        slot: Slot,
        add: &[AddLicense],
        remove: &[Guid],
        now: SimTime,
    ) -> Result<Vec<LicenseAssignment>, TenantError> {
        let location = user.text(Property::UsageLocation);
        if !add.is_empty() && !location.is_some_and(is_location) {
            return Err(TenantError::of("usage-location", &[]));
        }
        for license in add {
            check_disabled_plans(self.owned(license.sku_id)?, license)?;
        }
        for sku in remove {
            let has = |direct: bool| {
                user.licenses.iter().any(|own| own.sku_id == *sku && own.group.is_none() == direct)
            };
            match (has(true), has(false)) {
                (true, _) => {}
                (false, true) => return Err(TenantError::of("license-inherited", &[])),
                (false, false) => return Err(TenantError::of("license-absent", &[])),
            }
        }
        let goes = |own: &LicenseAssignment| own.group.is_none() && remove.contains(&own.sku_id);
        let mut licenses: Vec<LicenseAssignment> =
            user.licenses.iter().filter(|own| !goes(own)).cloned().collect();
        let mut asked: Vec<LicenseAssignment> = Vec::with_capacity(add.len());
        for license in add {
            let new = LicenseAssignment::new(license.sku_id, &license.disabled_plans, None, now);
            let same = |own: &&mut LicenseAssignment| own.group.is_none() && own.sku_id == new.sku_id;
            match licenses.iter_mut().find(same) {
                Some(known) if known.disabled_plans == new.disabled_plans => {}
                Some(known) => *known = new.clone(),
                None => licenses.push(new.clone()),
            }
            asked.push(new);
        }
        match (Attempt { tenant: self, slot, before: user, location }).first(&asked, &licenses) {
            None => Ok(licenses),
            Some(obstacle) => Err(obstacle.refusal()),
        }
    }

    /// The tenant's subscription of a product.
    pub fn subscription(&self, sku: Guid) -> Option<&Subscription> {
        self.subscriptions.iter().find(|subscription| subscription.sku.id == sku)
    }

    fn owned(&self, sku: Guid) -> Result<&Subscription, TenantError> {
        self.subscription(sku).ok_or_else(|| TenantError::of("sku-not-owned", &[("sku", &sku.to_string())]))
    }

    /// Gives a user other licences, with all that follows: units, addresses, plans, errors, the change log.
    fn commit_licenses(
        &mut self,
        slot: Slot,
        before: &CloudObject,
        licenses: Vec<LicenseAssignment>,
        now: SimTime,
        cause: &Cause,
    ) {
        let mut after = before.clone();
        after.licenses = licenses;
        let mut shown = vec![Property::LicenseAssignmentStates];
        if before.licenses() != after.licenses() {
            self.refresh_addresses(&mut after, slot, now);
            shown.extend([Property::AssignedLicenses, Property::AssignedPlans, Property::ProvisionedPlans]);
            if after.licenses.iter().any(|license| license.since == now) {
                self.queue_provisioning(before.id, now);
            }
        }
        let mut changed = differences(before, &after);
        shown.into_iter().for_each(|property| changed.insert(property));
        self.account(before, &after, now);
        self.store.edit(slot, |object| *object = after);
        self.store.record(slot, now, ChangeKind::Licensed(changed));
        let Some(after) = self.store.at(slot) else { return };
        let value = |object| self.property(object, Property::AssignedLicenses).to_json();
        let target = AuditTarget::of(after);
        let target = target.modified("AssignedLicense", &value(before), &value(after));
        self.audit(cause.event(now).target(target));
    }

    /// Moves the counts of consumed units and the lists of errors from one state of a user to another.
    pub(crate) fn account(&mut self, before: &CloudObject, after: &CloudObject, now: SimTime) {
        if before.kind != ObjectKind::User
            || (before.deleted == after.deleted && before.licenses == after.licenses)
        {
            return;
        }
        self.count_units(before, after, now);
        let erring = |object: &CloudObject| -> BTreeSet<Guid> {
            let wrong = object.licenses.iter().filter(|own| own.error != AssignmentError::None);
            let live = wrong.filter(|_| object.deleted.is_none());
            live.filter_map(|license| license.group).collect()
        };
        let (old, new) = (erring(before), erring(after));
        if old == new {
            return;
        }
        let errors = &mut Arc::make_mut(&mut self.licensing).errors;
        for group in old.difference(&new) {
            if let Some(users) = errors.get_mut(group) {
                users.remove(&before.id);
                if users.is_empty() {
                    errors.remove(group);
                }
            }
        }
        for group in new.difference(&old) {
            errors.entry(*group).or_default().insert(after.id);
        }
    }

    fn count_units(&mut self, before: &CloudObject, after: &CloudObject, now: SimTime) {
        let holds = |object: &CloudObject, sku: Guid| object.deleted.is_none() && object.holds(sku);
        let skus = self.subscriptions.iter().map(|s| s.sku.id);
        let changed: Vec<Guid> = skus.filter(|sku| holds(before, *sku) != holds(after, *sku)).collect();
        for sku in changed {
            self.change_units(sku, now, |subscription| {
                subscription.consumed = match holds(after, sku) {
                    true => subscription.consumed + 1,
                    false => subscription.consumed.saturating_sub(1),
                };
            });
        }
    }

    /// Changes a subscription; when that frees units of which there were none, who waits for them is tried
    /// again where the tenant does so, and when it changes what users may use, they show it.
    fn change_units(&mut self, sku: Guid, now: SimTime, change: impl FnOnce(&mut Subscription)) {
        let subscriptions = Arc::make_mut(&mut self.subscriptions);
        let Some(subscription) = subscriptions.iter_mut().find(|known| known.sku.id == sku) else { return };
        let (none, status) = (subscription.available() == 0, subscription.status);
        change(subscription);
        let (some, new_status) = (subscription.available() > 0, subscription.status);
        if none && some && self.switches.freed_seats_retry {
            self.queue_retry(sku, now);
        }
        if status != new_status {
            self.show_status(sku, now);
        }
    }

    fn show_status(&mut self, sku: Guid, now: SimTime) {
        let holders: Vec<Slot> = self
            .iter(ObjectKind::User)
            .filter(|user| user.holds(sku))
            .filter_map(|u| self.store.slot(u.id))
            .collect();
        let mut changed = super::PropertySet::default();
        [Property::AssignedPlans, Property::ProvisionedPlans, Property::LicenseAssignmentStates]
            .into_iter()
            .for_each(|property| changed.insert(property));
        holders.into_iter().for_each(|slot| self.store.record(slot, now, ChangeKind::Licensed(changed)));
    }

    /// Changes a subscription: its seats, its state, its end.
    ///
    /// # Errors
    /// A product that the tenant does not own; an end for a subscription that is not enabled.
    pub fn change_subscription(
        &mut self,
        sku: Guid,
        change: &SubscriptionChange,
        now: SimTime,
    ) -> Result<(), Error> {
        let known = self.subscription(sku);
        let known = known.ok_or_else(|| Error::invalid_spec(format!("the tenant does not own {sku}")))?;
        change.apply(&mut known.clone(), now)?;
        let mut refused = Ok(());
        self.change_units(sku, now, |subscription| refused = change.apply(subscription, now));
        refused
    }
}

fn check_disabled_plans(subscription: &Subscription, license: &AddLicense) -> Result<(), TenantError> {
    let has = |id: &Guid| subscription.sku.plans.iter().any(|plan| plan.id == *id);
    match license.disabled_plans.iter().find(|id| !has(id)) {
        None => Ok(()),
        Some(id) => {
            let values = [("plan", id.to_string()), ("sku", license.sku_id.to_string())];
            Err(TenantError::of(
                "plan-not-in-sku",
                &values.each_ref().map(|(name, value)| (*name, value.as_str())),
            ))
        }
    }
}
