//! Licences through groups: what a group hands on, and how a user's licences are brought in line with it
//! (microsoft-graph.md 5.4). Where the documents are silent: docs/decisions/0025.

use super::super::object::CloudObject;
use super::super::property::{ObjectKind, Property};
use super::super::{AddLicense, CallContext, Tenant, TenantError};
use super::assignment::{AssignmentError, AssignmentState, LicenseAssignment};
use super::check::{Attempt, Obstacle, is_sound, plan_faults};
use super::check_disabled_plans;
use crate::clock::SimTime;
use crate::ids::Guid;
use std::collections::{BTreeMap, BTreeSet};

/// A user's licences after an attempt, and what stood in the way.
struct Settled {
    licenses: Vec<LicenseAssignment>,
    obstacle: Option<Obstacle>,
}

impl Tenant {
    /// `POST /groups/{id}/assignLicense`: all of it or nothing. Members get the licences later.
    ///
    /// # Errors
    /// 404 for an unknown group; 400 for a product that the tenant does not have, a plan that the product
    /// does not have, a licence that the group does not have, a group that cannot have licences.
    pub fn assign_group_license(
        &mut self,
        ctx: &CallContext,
        group: Guid,
        add: &[AddLicense],
        remove: &[Guid],
    ) -> Result<(), TenantError> {
        let slot = self.slot_of(group, &[ObjectKind::Group])?;
        let Some(before) = self.store.at(slot) else {
            return Err(TenantError::not_found(&group.to_string()));
        };
        if before.boolean(Property::SecurityEnabled) != Some(true) {
            return Err(TenantError::of("group-not-licensable", &[]));
        }
        for license in add {
            check_disabled_plans(self.owned(license.sku_id)?, license)?;
        }
        if remove.iter().any(|sku| !before.holds(*sku)) {
            return Err(TenantError::of("group-license-absent", &[]));
        }
        let mut licenses = before.licenses.clone();
        licenses.retain(|license| !remove.contains(&license.sku_id));
        for license in add {
            let new = LicenseAssignment::new(license.sku_id, &license.disabled_plans, None, ctx.now);
            match licenses.iter_mut().find(|known| known.sku_id == new.sku_id) {
                Some(known) if known.disabled_plans == new.disabled_plans => {}
                Some(known) => *known = new,
                None => licenses.push(new),
            }
        }
        if licenses != before.licenses {
            self.store.edit(slot, |object| object.licenses = licenses);
            self.queue_group(group, ctx.now);
            self.audit_object(ctx, "Set group license", group);
        }
        Ok(())
    }

    /// `POST /users/{id}/reprocessLicenseAssignment`: tries every licensed group of the user again, at once.
    ///
    /// # Errors
    /// 404 for an unknown user; 400 with the text of the first error that remains.
    pub fn reprocess_license_assignment(&mut self, ctx: &CallContext, user: Guid) -> Result<(), TenantError> {
        let slot = self.slot_of(user, &[ObjectKind::User])?;
        let Some(before) = self.store.at(slot) else {
            return Err(TenantError::not_found(&user.to_string()));
        };
        let from = before.licenses.iter().filter_map(|license| license.group);
        let groups: BTreeSet<Guid> = before.member_of.iter().copied().chain(from).collect();
        let mut first = None;
        for group in groups {
            let obstacle = self.settle(user, group, ctx.now);
            first = first.or(obstacle);
        }
        first.map_or(Ok(()), |obstacle| Err(obstacle.refusal()))
    }

    /// The users with an error of one of a group's licences, by id (`membersWithLicenseErrors`).
    pub fn members_with_license_errors(&self, group: Guid) -> impl Iterator<Item = Guid> {
        self.licensing.errors.get(&group).into_iter().flatten().copied()
    }

    /// Whether a group has such users (`hasMembersWithLicenseErrors`).
    pub fn has_members_with_license_errors(&self, group: Guid) -> bool {
        self.licensing.errors.contains_key(&group)
    }

    /// Brings the licences that a user has from a group in line with what the group hands on now. Returns what
    /// stood in the way.
    pub(super) fn settle(&mut self, user: Guid, group: Guid, now: SimTime) -> Option<Obstacle> {
        let slot = self.slot_of(user, &[ObjectKind::User]).ok()?;
        let before = self.store.at(slot)?.clone();
        let handed = self.handed_on(&before, group);
        let mine = before.licenses.iter().any(|license| license.group == Some(group));
        if handed.is_empty() && !mine {
            return None;
        }
        let own = before.text(Property::UsageLocation);
        let inherited = self.organization.country_letter_code.as_str();
        let inherited = self.switches.group_license_inherits_country.then_some(inherited);
        let attempt = Attempt { tenant: self, slot, before: &before, location: own.or(inherited) };
        let Settled { licenses, obstacle } = attempt.settle(group, &handed, now);
        if licenses != before.licenses {
            let failed = obstacle.as_ref().map(Obstacle::refusal);
            self.commit_licenses(slot, &before, licenses, now, &super::Cause::Group(failed));
        }
        obstacle
    }

    /// What a group hands on to a user: its licences to a direct member, nothing to anybody else.
    fn handed_on(&self, user: &CloudObject, group: Guid) -> Vec<LicenseAssignment> {
        let member = user.member_of.binary_search(&group).is_ok();
        let source = self.object(group).filter(|object| member && object.kind == ObjectKind::Group);
        source.map_or_else(Vec::new, |source| source.licenses.clone())
    }

    /// A user's licences after its deletion was undone: those that units are left for, all of one group or
    /// none. Each group is looked at again soon.
    pub(crate) fn restored_licenses(&self, user: &CloudObject) -> Vec<LicenseAssignment> {
        let mut bundles: BTreeMap<(Option<Guid>, usize), Vec<&LicenseAssignment>> = BTreeMap::new();
        for (place, license) in user.licenses.iter().enumerate() {
            // each direct one stands for itself, a group's stand together
            let key = license.group.map_or((None, place), |group| (Some(group), 0));
            bundles.entry(key).or_default().push(license);
        }
        let mut kept: Vec<LicenseAssignment> = Vec::new();
        for bundle in bundles.values() {
            let free = |license: &&LicenseAssignment| {
                let held = kept.iter().any(|known| known.sku_id == license.sku_id);
                held || self.subscription(license.sku_id).is_some_and(|s| s.available() > 0)
            };
            if bundle.iter().all(|license| license.is_active()) && bundle.iter().all(free) {
                kept.extend(bundle.iter().map(|license| (*license).clone()));
            }
        }
        // without what could not be had, the rest may not go together
        while let Some(fault) = plan_faults(&kept).first() {
            let skus = fault.skus(&kept);
            kept.retain(|license| !skus.contains(&license.sku_id));
        }
        kept.sort_by_key(|license| user.licenses.iter().position(|known| known == license));
        kept
    }
}

impl Attempt<'_> {
    fn settle(&self, group: Guid, handed: &[LicenseAssignment], now: SimTime) -> Settled {
        let (mine, others): (Vec<_>, Vec<_>) =
            self.before.licenses.iter().cloned().partition(|license| license.group == Some(group));
        let is_handed = |sku: Guid| handed.iter().any(|license| license.sku_id == sku);
        let obsolete: Vec<LicenseAssignment> =
            mine.iter().filter(|own| own.is_active() && !is_handed(own.sku_id)).cloned().collect();
        let known = |sku: Guid| mine.iter().find(|own| own.is_active() && own.sku_id == sku);
        let wanted: Vec<LicenseAssignment> = handed
            .iter()
            .map(|license| match known(license.sku_id) {
                Some(own) if own.disabled_plans == license.disabled_plans => {
                    own.clone().in_state(AssignmentState::Active, AssignmentError::None, now)
                }
                _ => LicenseAssignment::new(license.sku_id, &license.disabled_plans, Some(group), now),
            })
            .collect();
        let whole = [others.clone(), wanted.clone()].concat();
        let mut found = self.obstacles(&wanted, &whole);
        if found.is_empty() {
            return self.settled(whole, None);
        }
        if !obsolete.is_empty() {
            // what is taken away may be what something else stands on
            let with = [others.clone(), wanted.clone(), obsolete.clone()].concat();
            found = self.obstacles(&wanted, &with);
            if found.is_empty() {
                let (stuck, obstacle) = still_needed(&whole, obsolete, now);
                return self.settled([whole, stuck].concat(), obstacle);
            }
        }
        let failed: Vec<LicenseAssignment> = wanted
            .iter()
            .map(|license| {
                let error = found.get(&license.sku_id).map_or(AssignmentError::Others, Obstacle::error);
                match known(license.sku_id) {
                    // what the user has it keeps
                    Some(own) => own.clone().in_state(AssignmentState::ActiveWithError, error, now),
                    None => self.failed(license, error, now),
                }
            })
            .collect();
        let kept = [others, failed].concat();
        let (stuck, _) = still_needed(&kept, obsolete, now);
        let first = found.into_iter().min_by_key(|(sku, obstacle)| {
            (obstacle.error(), wanted.iter().position(|license| license.sku_id == *sku))
        });
        self.settled([kept, stuck].concat(), first.map(|(_, obstacle)| obstacle))
    }

    /// An entry for what the user does not get; one that said so before keeps its time.
    fn failed(&self, license: &LicenseAssignment, error: AssignmentError, now: SimTime) -> LicenseAssignment {
        let new = license.clone().in_state(AssignmentState::Error, error, now);
        let same = |own: &&LicenseAssignment| {
            (own.sku_id, own.group, own.state, own.error, &own.disabled_plans)
                == (new.sku_id, new.group, new.state, new.error, &new.disabled_plans)
        };
        self.before.licenses.iter().find(same).cloned().unwrap_or(new)
    }

    /// In the order in which the user had them, new ones last.
    fn settled(&self, mut licenses: Vec<LicenseAssignment>, obstacle: Option<Obstacle>) -> Settled {
        let place = |license: &LicenseAssignment| {
            let same =
                |known: &LicenseAssignment| (known.sku_id, known.group) == (license.sku_id, license.group);
            self.before.licenses.iter().position(same).unwrap_or(usize::MAX)
        };
        licenses.sort_by_key(place);
        Settled { licenses, obstacle }
    }
}

/// Of what should go, what cannot: something that stays depends on it. With the fault that its going would make.
fn still_needed(
    staying: &[LicenseAssignment],
    mut going: Vec<LicenseAssignment>,
    now: SimTime,
) -> (Vec<LicenseAssignment>, Option<Obstacle>) {
    let Some(fault) = plan_faults(staying).into_iter().next() else { return (Vec::new(), None) };
    let without = |going: &[LicenseAssignment], place: usize| {
        let rest =
            going.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, license)| license.clone());
        staying.iter().cloned().chain(rest).collect::<Vec<_>>()
    };
    while let Some(place) = (0..going.len()).find(|place| is_sound(&without(&going, *place))) {
        going.remove(place);
    }
    let (state, error) = (AssignmentState::ActiveWithError, AssignmentError::DependencyViolation);
    (going.into_iter().map(|one| one.in_state(state, error, now)).collect(), Some(Obstacle::Plans(fault)))
}
