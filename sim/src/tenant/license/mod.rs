//! Direct licences: assignment by Microsoft's rules, and what a user's licences show.

mod rules;

use super::mail::differences;
use super::object::{CloudObject, DirectLicense};
use super::property::ObjectKind;
use super::skus::{ServicePlan, Subscription};
use super::{AddLicense, CallContext, Catalogue, ChangeKind, Property, Tenant, TenantError};
use crate::clock::SimTime;
use crate::ids::Guid;
use rules::Violation;
use serde_json::{Value, json};
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
    enabled_plans(&user.licenses).iter().any(|(plan, _)| rules::gives_mailbox(plan.name))
}

/// The plans that are on, each once with the time of its first licence, in the order of the licences.
fn enabled_plans(licenses: &[DirectLicense]) -> Vec<(ServicePlan, SimTime)> {
    let mut plans: Vec<(ServicePlan, SimTime)> = Vec::new();
    for license in licenses {
        let Some(sku) = Catalogue::get().by_id(license.sku_id) else { continue };
        for plan in &sku.plans {
            let known = plans.iter().any(|(other, _)| other.id == plan.id);
            if !known && license.disabled_plans.binary_search(&plan.id).is_err() {
                plans.push((*plan, license.updated));
            }
        }
    }
    plans
}

/// One licence of a user, as `licenseDetails` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseDetail {
    /// The product.
    pub sku: &'static super::Sku,
    /// Its service plans and whether each is on.
    pub plans: Vec<(ServicePlan, bool)>,
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
        let licenses = self.resulting_licenses(&before, add, remove, ctx.now)?;
        if same_licenses(&licenses, &before.licenses) {
            return Ok(());
        }
        let mut after = before.clone();
        after.licenses = licenses;
        self.refresh_addresses(&mut after, slot, ctx.now);
        self.count_units(&before, &after);
        let mut changed = differences(&before, &after);
        [
            Property::AssignedLicenses,
            Property::AssignedPlans,
            Property::ProvisionedPlans,
            Property::LicenseAssignmentStates,
        ]
        .into_iter()
        .for_each(|property| changed.insert(property));
        self.store.edit(slot, |object| *object = after);
        self.store.record(slot, ctx.now, ChangeKind::Licensed(changed));
        Ok(())
    }

    /// The checks of microsoft-graph.md, Appendix B, in its order.
    fn resulting_licenses(
        &self,
        user: &CloudObject,
        add: &[AddLicense],
        remove: &[Guid],
        now: SimTime,
    ) -> Result<Vec<DirectLicense>, TenantError> {
        let location = user.text(Property::UsageLocation);
        if !add.is_empty() && !location.is_some_and(is_location) {
            return Err(TenantError::of("usage-location", &[]));
        }
        let owned = |sku: Guid| {
            let missing = || TenantError::of("sku-not-owned", &[("sku", &sku.to_string())]);
            self.subscription(sku).ok_or_else(missing)
        };
        for license in add {
            check_disabled_plans(owned(license.sku_id)?, license)?;
        }
        let held = |sku: Guid| user.licenses.iter().any(|license| license.sku_id == sku);
        if remove.iter().any(|sku| !held(*sku)) {
            return Err(TenantError::of("license-absent", &[]));
        }
        let mut licenses: Vec<DirectLicense> =
            user.licenses.iter().filter(|license| !remove.contains(&license.sku_id)).cloned().collect();
        for license in add {
            let subscription = owned(license.sku_id)?;
            if !held(license.sku_id) && subscription.available() == 0 {
                return Err(TenantError::of("no-units", &[("sku", &license.sku_id.to_string())]));
            }
            let mut disabled_plans = license.disabled_plans.clone();
            disabled_plans.sort_unstable();
            disabled_plans.dedup();
            let new = DirectLicense { sku_id: license.sku_id, disabled_plans, updated: now };
            match licenses.iter_mut().find(|known| known.sku_id == license.sku_id) {
                Some(known) if known.disabled_plans == new.disabled_plans => {}
                Some(known) => *known = new,
                None => licenses.push(new),
            }
        }
        check_rules(&licenses)?;
        Ok(licenses)
    }

    /// The tenant's subscription of a product.
    pub fn subscription(&self, sku: Guid) -> Option<&Subscription> {
        self.subscriptions.iter().find(|subscription| subscription.sku.id == sku)
    }

    /// Moves the counts of consumed units from one state of a user to another.
    pub(crate) fn count_units(&mut self, before: &CloudObject, after: &CloudObject) {
        let holds = |object: &CloudObject, sku: Guid| {
            object.deleted.is_none() && object.licenses.iter().any(|license| license.sku_id == sku)
        };
        let changes = self.subscriptions.iter().any(|s| holds(before, s.sku.id) != holds(after, s.sku.id));
        if !changes {
            return;
        }
        for subscription in Arc::make_mut(&mut self.subscriptions) {
            match (holds(before, subscription.sku.id), holds(after, subscription.sku.id)) {
                (false, true) => subscription.consumed += 1,
                (true, false) => subscription.consumed = subscription.consumed.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// The licences of a user with the state of every service plan; none for an unknown user.
    pub fn license_details(&self, user: Guid) -> Option<Vec<LicenseDetail>> {
        let user = self.object(user).filter(|object| object.kind == ObjectKind::User)?;
        let detail = |license: &DirectLicense| {
            let sku = Catalogue::get().by_id(license.sku_id)?;
            let on = |plan: &ServicePlan| license.disabled_plans.binary_search(&plan.id).is_err();
            Some(LicenseDetail { sku, plans: sku.plans.iter().map(|plan| (*plan, on(plan))).collect() })
        };
        Some(user.licenses.iter().filter_map(detail).collect())
    }
}

fn same_licenses(a: &[DirectLicense], b: &[DirectLicense]) -> bool {
    let plain = |license: &DirectLicense| (license.sku_id, license.disabled_plans.clone());
    a.iter().map(plain).eq(b.iter().map(plain))
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

fn check_rules(licenses: &[DirectLicense]) -> Result<(), TenantError> {
    let plans = enabled_plans(licenses);
    let names: Vec<&str> = plans.iter().map(|(plan, _)| plan.name).collect();
    // the texts name plans by id: the one that the user would have, else the first of that name
    let id = |name: &str| {
        let own = plans.iter().map(|(plan, _)| plan).find(|plan| plan.name.eq_ignore_ascii_case(name));
        let known = own.or_else(|| Catalogue::get().plan_named(name));
        known.map_or_else(|| name.to_owned(), |plan| plan.id.to_string())
    };
    match rules::violation(&names) {
        None => Ok(()),
        Some(Violation::Depends { plan, needs }) => {
            let needs: Vec<String> = needs.iter().map(|name| id(name)).collect();
            Err(TenantError::of("license-dependency", &[("plan", &id(plan)), ("needs", &needs.join(", "))]))
        }
        Some(Violation::Exclusive { plan, other }) => {
            Err(TenantError::of("license-exclusive", &[("plan", &id(plan)), ("other", &id(other))]))
        }
    }
}

/// `assignedLicenses`.
pub(crate) fn assigned_licenses(user: &CloudObject) -> Value {
    let one = |license: &DirectLicense| json!({ "disabledPlans": texts(&license.disabled_plans), "skuId": license.sku_id.to_string() });
    user.licenses.iter().map(one).collect()
}

/// `licenseAssignmentStates`.
pub(crate) fn assignment_states(user: &CloudObject) -> Value {
    let one = |license: &DirectLicense| {
        json!({
            "assignedByGroup": null,
            "disabledPlans": texts(&license.disabled_plans),
            "error": "None",
            "lastUpdatedDateTime": license.updated.rfc3339(),
            "skuId": license.sku_id.to_string(),
            "state": "Active",
        })
    };
    user.licenses.iter().map(one).collect()
}

/// `assignedPlans`.
pub(crate) fn assigned_plans(user: &CloudObject) -> Value {
    let one = |(plan, since): (ServicePlan, SimTime)| {
        json!({
            "assignedDateTime": since.rfc3339(),
            "capabilityStatus": "Enabled",
            "service": rules::service(plan.name),
            "servicePlanId": plan.id.to_string(),
        })
    };
    enabled_plans(&user.licenses).into_iter().map(one).collect()
}

impl ServicePlan {
    /// The service that runs it, as `assignedPlans` names it: `exchange`.
    pub fn service(&self) -> &'static str {
        rules::service(self.name)
    }
}

/// `provisionedPlans`.
pub(crate) fn provisioned_plans(user: &CloudObject) -> Value {
    let one = |(plan, _): (ServicePlan, SimTime)| {
        json!({
            "capabilityStatus": "Enabled",
            "provisioningStatus": "Success",
            "service": rules::service(plan.name),
        })
    };
    enabled_plans(&user.licenses).into_iter().map(one).collect()
}

fn texts(ids: &[Guid]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
