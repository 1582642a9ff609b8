//! What stands in the way of an assignment: place, units, plans, addresses (microsoft-graph.md, Appendix B).

use super::super::object::CloudObject;
use super::super::property::Property;
use super::super::store::Slot;
use super::super::{Catalogue, Tenant, TenantError};
use super::assignment::{AssignmentError, LicenseAssignment, enabled_plans, skus_with};
use super::rules::{self, Violation};
use super::{has_mailbox, is_location};
use crate::ids::Guid;
use std::collections::BTreeMap;

/// Why a product cannot be assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// The user's location is none of ISO 3166.
    NoLocation,
    /// A plan of the product may not be used in this place.
    Prohibited { sku: Guid, location: String },
    /// No unit is left.
    NoUnits(Guid),
    /// The plans do not go together.
    Plans(PlanFault),
    /// The mailbox needs an address that another object has.
    Address(String),
}

/// Plans that do not go together, by name and by the id that the error's text gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlanFault {
    violation: Violation,
    ids: Vec<String>,
}

impl Obstacle {
    /// As `licenseAssignmentStates` names it.
    pub(super) fn error(&self) -> AssignmentError {
        match self {
            Obstacle::NoLocation | Obstacle::Prohibited { .. } => {
                AssignmentError::ProhibitedInUsageLocationViolation
            }
            Obstacle::NoUnits(_) => AssignmentError::CountViolation,
            Obstacle::Plans(PlanFault { violation: Violation::Depends { .. }, .. }) => {
                AssignmentError::DependencyViolation
            }
            Obstacle::Plans(_) => AssignmentError::MutuallyExclusiveViolation,
            Obstacle::Address(_) => AssignmentError::UniquenessViolation,
        }
    }

    /// As Graph tells it (microsoft-graph.md 5.3).
    pub(super) fn refusal(&self) -> TenantError {
        match self {
            Obstacle::NoLocation => TenantError::of("usage-location", &[]),
            Obstacle::Prohibited { sku, location } => {
                let sku = sku.to_string();
                TenantError::of("license-location", &[("sku", &sku), ("location", location)])
            }
            Obstacle::NoUnits(sku) => TenantError::of("no-units", &[("sku", &sku.to_string())]),
            Obstacle::Plans(fault) => fault.refusal(),
            Obstacle::Address(address) => TenantError::of("license-address", &[("address", address)]),
        }
    }
}

impl PlanFault {
    /// The products among these assignments that it comes from.
    pub(super) fn skus(&self, assignments: &[LicenseAssignment]) -> Vec<Guid> {
        match &self.violation {
            Violation::Depends { plan, .. } => skus_with(assignments, plan),
            Violation::Exclusive { plan, other } => {
                [skus_with(assignments, plan), skus_with(assignments, other)].concat()
            }
        }
    }

    fn refusal(&self) -> TenantError {
        let (first, others) = (self.ids.first().map_or("", String::as_str), self.ids.get(1..).unwrap_or(&[]));
        match self.violation {
            Violation::Depends { .. } => {
                TenantError::of("license-dependency", &[("plan", first), ("needs", &others.join(", "))])
            }
            Violation::Exclusive { .. } => {
                TenantError::of("license-exclusive", &[("plan", first), ("other", &others.join(", "))])
            }
        }
    }
}

/// Every rule that the plans of these assignments break; dependencies first.
pub(super) fn plan_faults(assignments: &[LicenseAssignment]) -> Vec<PlanFault> {
    let plans = enabled_plans(assignments);
    let names: Vec<&str> = plans.iter().map(|(plan, ..)| plan.name).collect();
    // the texts name plans by id: the one that the user would have, else the first of that name
    let id = |name: &str| {
        let own = plans.iter().map(|(plan, ..)| plan).find(|plan| plan.name.eq_ignore_ascii_case(name));
        let known = own.or_else(|| Catalogue::get().plan_named(name));
        known.map_or_else(|| name.to_owned(), |plan| plan.id.to_string())
    };
    let fault = |violation: Violation| {
        let names = match &violation {
            Violation::Depends { plan, needs } => {
                std::iter::once(*plan).chain(needs.iter().copied()).collect()
            }
            Violation::Exclusive { plan, other } => vec![*plan, *other],
        };
        PlanFault { ids: names.into_iter().map(id).collect(), violation }
    };
    rules::violations(&names).into_iter().map(fault).collect()
}

/// Whether the plans of these assignments go together.
pub(super) fn is_sound(assignments: &[LicenseAssignment]) -> bool {
    let plans = enabled_plans(assignments);
    let names: Vec<&str> = plans.iter().map(|(plan, ..)| plan.name).collect();
    rules::violations(&names).is_empty()
}

/// An attempt to give a user assignments.
pub(super) struct Attempt<'t> {
    pub(super) tenant: &'t Tenant,
    pub(super) slot: Slot,
    pub(super) before: &'t CloudObject,
    /// Where the user counts as being; none when nobody knows.
    pub(super) location: Option<&'t str>,
}

impl Attempt<'_> {
    /// What stands in the way of each of the products that are asked for, were the user to have `candidate`.
    /// When nothing is asked for, what stays may not be sound without what goes: that stands under
    /// [`Guid::NIL`].
    pub(super) fn obstacles(
        &self,
        asked: &[LicenseAssignment],
        candidate: &[LicenseAssignment],
    ) -> BTreeMap<Guid, Obstacle> {
        let mut found = BTreeMap::new();
        for license in asked {
            let sku = license.sku_id;
            let units = || self.tenant.subscription(sku).map_or(0, super::super::Subscription::available);
            if let Some(obstacle) = self.place(license) {
                found.insert(sku, obstacle);
            } else if !self.before.holds(sku) && units() == 0 {
                found.insert(sku, Obstacle::NoUnits(sku));
            }
        }
        for fault in plan_faults(candidate) {
            let skus = fault.skus(asked);
            // none has it: what is asked for takes away what something else stands on
            let all = || asked.iter().map(|license| license.sku_id).collect();
            let skus: Vec<Guid> = if skus.is_empty() { all() } else { skus };
            let skus = if skus.is_empty() { vec![Guid::NIL] } else { skus };
            for sku in skus {
                found.entry(sku).or_insert_with(|| Obstacle::Plans(fault.clone()));
            }
        }
        if let Some(address) = self.held_address(candidate) {
            for sku in asked.iter().filter(|license| has_mailbox(std::slice::from_ref(license))) {
                found.entry(sku.sku_id).or_insert_with(|| Obstacle::Address(address.clone()));
            }
        }
        found
    }

    /// The first obstacle by Appendix B's order of checks: place, units, plans, addresses.
    pub(super) fn first(
        &self,
        asked: &[LicenseAssignment],
        candidate: &[LicenseAssignment],
    ) -> Option<Obstacle> {
        let mut found = self.obstacles(asked, candidate);
        let worst = |found: &BTreeMap<Guid, Obstacle>| {
            let ranked = found.iter().map(|(sku, obstacle)| {
                let place = asked.iter().position(|license| license.sku_id == *sku);
                (obstacle.error(), place, *sku)
            });
            ranked.min().map(|(.., sku)| sku)
        };
        worst(&found).and_then(|sku| found.remove(&sku))
    }

    fn place(&self, license: &LicenseAssignment) -> Option<Obstacle> {
        let Some(location) = self.location.filter(|code| is_location(code)) else {
            return Some(Obstacle::NoLocation);
        };
        let plans = enabled_plans(std::slice::from_ref(license));
        let prohibited = plans.iter().any(|(plan, ..)| rules::is_prohibited(plan.name, location));
        prohibited.then(|| Obstacle::Prohibited { sku: license.sku_id, location: location.to_owned() })
    }

    /// An address that a new mailbox of a cloud-only user needs and another object has. What was synchronized
    /// is set aside instead (directory-sync.md 2.3).
    fn held_address(&self, candidate: &[LicenseAssignment]) -> Option<String> {
        let new = has_mailbox(candidate) && !has_mailbox(&self.before.licenses);
        if !new || self.before.shadow.is_some() {
            return None;
        }
        let address = format!("smtp:{}", self.before.text(Property::UserPrincipalName)?);
        self.tenant.holder_of_proxy(&address, Some(self.slot)).map(|_| address)
    }
}
