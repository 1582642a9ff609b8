//! What users, groups and `licenseDetails` show of licences.

use super::super::object::CloudObject;
use super::super::property::{ObjectKind, Property, PropertyValue};
use super::super::skus::{ServicePlan, Sku};
use super::super::{Catalogue, Tenant};
use super::assignment::{AssignmentState, LicenseAssignment, enabled_plans};
use super::{SubscriptionStatus, rules};
use crate::ids::Guid;
use serde_json::{Value, json};

/// One licence of a user, as `licenseDetails` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseDetail {
    /// The product.
    pub sku: &'static Sku,
    /// Its service plans, each with its state.
    pub plans: Vec<(ServicePlan, PlanState)>,
}

/// `servicePlanInfo/provisioningStatus` (microsoft-graph.md 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanState {
    /// It is on, and its service knows.
    Success,
    /// It is off.
    Disabled,
    /// It is on, and its service does not know yet.
    PendingInput,
}

impl PlanState {
    /// As Graph spells it.
    pub fn name(self) -> &'static str {
        match self {
            PlanState::Success => "Success",
            PlanState::Disabled => "Disabled",
            PlanState::PendingInput => "PendingInput",
        }
    }
}

impl ServicePlan {
    /// The service that runs it, as `assignedPlans` names it: `exchange`.
    pub fn service(&self) -> &'static str {
        rules::service(self.name)
    }
}

impl Tenant {
    /// The licences of a user with the state of every service plan; none for an unknown user.
    pub fn license_details(&self, user: Guid) -> Option<Vec<LicenseDetail>> {
        let user = self.object(user).filter(|object| object.kind == ObjectKind::User)?;
        let on = enabled_plans(&user.licenses);
        let state = |plan: &ServicePlan, disabled: &[Guid]| {
            if disabled.binary_search(&plan.id).is_ok() {
                return PlanState::Disabled;
            }
            let since = on.iter().find(|(known, ..)| known.id == plan.id).map(|(.., since)| *since);
            let provisioned = since.is_some_and(|since| user.provisioned.is_some_and(|until| since <= until));
            if provisioned { PlanState::Success } else { PlanState::PendingInput }
        };
        let detail = |license: super::AssignedLicense| {
            let sku = Catalogue::get().by_id(license.sku_id)?;
            let plans = sku.plans.iter().map(|plan| (*plan, state(plan, &license.disabled_plans))).collect();
            Some(LicenseDetail { sku, plans })
        };
        Some(user.licenses().into_iter().filter_map(detail).collect())
    }

    fn status_of(&self, sku: Guid) -> SubscriptionStatus {
        self.subscription(sku).map_or(SubscriptionStatus::Deleted, |subscription| subscription.status)
    }

    /// The best state among the subscriptions that give a user a plan.
    fn capability(&self, user: &CloudObject, plan: Guid) -> &'static str {
        let gives = |one: &&LicenseAssignment| {
            let plans = Catalogue::get().by_id(one.sku_id).map_or(&[][..], |sku| &sku.plans[..]);
            one.is_active()
                && plans.iter().any(|known| known.id == plan)
                && one.disabled_plans.binary_search(&plan).is_err()
        };
        let states = user.licenses.iter().filter(gives).map(|one| self.status_of(one.sku_id));
        states.min().unwrap_or(SubscriptionStatus::Deleted).name()
    }
}

/// The properties that licences make, as far as this is one of them.
pub(crate) fn shown(
    tenant: &Tenant,
    object: &CloudObject,
    property: Property,
) -> Option<PropertyValue<'static>> {
    let value = match property {
        Property::AssignedLicenses => assigned_licenses(object),
        Property::LicenseAssignmentStates => assignment_states(tenant, object),
        Property::AssignedPlans => assigned_plans(tenant, object),
        Property::ProvisionedPlans => provisioned_plans(tenant, object),
        Property::HasMembersWithLicenseErrors if object.kind == ObjectKind::Group => {
            return Some(PropertyValue::Bool(tenant.has_members_with_license_errors(object.id)));
        }
        _ => return None,
    };
    Some(PropertyValue::Json(value))
}

/// `assignedLicenses`.
pub(crate) fn assigned_licenses(object: &CloudObject) -> Value {
    let one = |license: super::AssignedLicense| json!({ "disabledPlans": texts(&license.disabled_plans), "skuId": license.sku_id.to_string() });
    object.licenses().into_iter().map(one).collect()
}

/// `licenseAssignmentStates`.
fn assignment_states(tenant: &Tenant, user: &CloudObject) -> Value {
    let one = |license: &LicenseAssignment| {
        let state = match license.state {
            AssignmentState::Active if !tenant.status_of(license.sku_id).serves() => {
                AssignmentState::Disabled
            }
            state => state,
        };
        json!({
            "assignedByGroup": license.group.map(|group| group.to_string()),
            "disabledPlans": texts(&license.disabled_plans),
            "error": license.error.name(),
            "lastUpdatedDateTime": license.updated.rfc3339(),
            "skuId": license.sku_id.to_string(),
            "state": state.name(),
        })
    };
    user.licenses.iter().map(one).collect()
}

/// `assignedPlans`.
fn assigned_plans(tenant: &Tenant, user: &CloudObject) -> Value {
    let one = |(plan, _, since): (ServicePlan, Guid, crate::clock::SimTime)| {
        json!({
            "assignedDateTime": since.rfc3339(),
            "capabilityStatus": tenant.capability(user, plan.id),
            "service": rules::service(plan.name),
            "servicePlanId": plan.id.to_string(),
        })
    };
    enabled_plans(&user.licenses).into_iter().map(one).collect()
}

/// `provisionedPlans`: what the services know of already.
fn provisioned_plans(tenant: &Tenant, user: &CloudObject) -> Value {
    let known = |since| user.provisioned.is_some_and(|until| since <= until);
    let plans = enabled_plans(&user.licenses).into_iter().filter(|(.., since)| known(*since));
    let one = |(plan, ..): (ServicePlan, Guid, crate::clock::SimTime)| {
        json!({
            "capabilityStatus": tenant.capability(user, plan.id),
            "provisioningStatus": "Success",
            "service": rules::service(plan.name),
        })
    };
    plans.map(one).collect()
}

fn texts(ids: &[Guid]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
