//! One user's or group's licences: who assigned which product, in what state, and what it adds up to.

use super::super::Catalogue;
use super::super::object::CloudObject;
use super::super::skus::ServicePlan;
use crate::clock::SimTime;
use crate::ids::Guid;

/// A licence as it counts: one a product, whoever assigned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignedLicense {
    /// The SKU.
    pub sku_id: Guid,
    /// Its service plans that stay off, sorted.
    pub disabled_plans: Vec<Guid>,
    /// When it was first assigned, or its plans last changed.
    pub updated: SimTime,
}

/// A product that was assigned to a user, directly or through one group: an element of
/// `licenseAssignmentStates`. A group's own licences are entries without a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseAssignment {
    /// The SKU.
    pub sku_id: Guid,
    /// Its service plans that stay off, sorted.
    pub disabled_plans: Vec<Guid>,
    /// The group that it comes from; none when it is direct.
    pub group: Option<Guid>,
    /// Whether the user has it.
    pub state: AssignmentState,
    /// Why it is not as it should be.
    pub error: AssignmentError,
    /// Since when its plans are as they are.
    pub since: SimTime,
    /// When plans, state or error last changed.
    pub updated: SimTime,
}

/// `licenseAssignmentStates/state` (microsoft-graph.md 5.4). `Disabled` is shown for what a suspended
/// subscription does not serve; it is never kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignmentState {
    /// The user has it.
    Active,
    /// The user has it, and something is wrong with it.
    ActiveWithError,
    /// The user has it, and its subscription is suspended.
    Disabled,
    /// The user does not have it.
    Error,
}

impl AssignmentState {
    /// As Graph spells it.
    pub fn name(self) -> &'static str {
        match self {
            AssignmentState::Active => "Active",
            AssignmentState::ActiveWithError => "ActiveWithError",
            AssignmentState::Disabled => "Disabled",
            AssignmentState::Error => "Error",
        }
    }
}

/// `licenseAssignmentStates/error` (microsoft-graph.md 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssignmentError {
    /// Nothing is wrong.
    None,
    /// The product may not be used where the user is.
    ProhibitedInUsageLocationViolation,
    /// No unit is left.
    CountViolation,
    /// A plan needs another one.
    DependencyViolation,
    /// Two plans exclude each other.
    MutuallyExclusiveViolation,
    /// An address that the mailbox needs belongs to another object.
    UniquenessViolation,
    /// Another product of the same group fails.
    Others,
}

impl AssignmentError {
    /// As Graph spells it.
    pub fn name(self) -> &'static str {
        match self {
            AssignmentError::None => "None",
            AssignmentError::ProhibitedInUsageLocationViolation => "ProhibitedInUsageLocationViolation",
            AssignmentError::CountViolation => "CountViolation",
            AssignmentError::DependencyViolation => "DependencyViolation",
            AssignmentError::MutuallyExclusiveViolation => "MutuallyExclusiveViolation",
            AssignmentError::UniquenessViolation => "UniquenessViolation",
            AssignmentError::Others => "Others",
        }
    }
}

impl LicenseAssignment {
    /// A sound one.
    pub(crate) fn new(sku_id: Guid, disabled_plans: &[Guid], group: Option<Guid>, now: SimTime) -> Self {
        let mut disabled_plans = disabled_plans.to_vec();
        disabled_plans.sort_unstable();
        disabled_plans.dedup();
        LicenseAssignment {
            sku_id,
            disabled_plans,
            group,
            state: AssignmentState::Active,
            error: AssignmentError::None,
            since: now,
            updated: now,
        }
    }

    /// Whether the user has the product by it.
    pub fn is_active(&self) -> bool {
        self.state != AssignmentState::Error
    }

    /// The same in another state; its time moves when that changes something.
    pub(super) fn in_state(mut self, state: AssignmentState, error: AssignmentError, now: SimTime) -> Self {
        if (self.state, self.error) != (state, error) {
            (self.state, self.error, self.updated) = (state, error, now);
        }
        self
    }

    fn has(&self, plan: Guid) -> bool {
        self.disabled_plans.binary_search(&plan).is_err()
    }
}

impl CloudObject {
    /// The licences that a user has or a group hands on: one a product in the order in which they came, with
    /// the union of their plans where a product comes from several sides.
    pub fn licenses(&self) -> Vec<AssignedLicense> {
        effective(&self.licenses)
    }

    /// Every assignment of a user, those that failed too.
    pub fn license_assignments(&self) -> &[LicenseAssignment] {
        &self.licenses
    }

    /// Whether a user has a product, directly or through a group.
    pub(crate) fn holds(&self, sku: Guid) -> bool {
        self.licenses.iter().any(|license| license.sku_id == sku && license.is_active())
    }
}

fn effective(assignments: &[LicenseAssignment]) -> Vec<AssignedLicense> {
    let mut all: Vec<AssignedLicense> = Vec::with_capacity(assignments.len());
    for one in assignments.iter().filter(|one| one.is_active()) {
        match all.iter_mut().find(|known| known.sku_id == one.sku_id) {
            Some(known) => known.disabled_plans.retain(|plan| !one.has(*plan)),
            None => all.push(AssignedLicense {
                sku_id: one.sku_id,
                disabled_plans: one.disabled_plans.clone(),
                updated: one.since,
            }),
        }
    }
    all
}

/// The plans that are on, each once with the product that it came with first and since when, in the order of
/// the assignments.
pub(super) fn enabled_plans(assignments: &[LicenseAssignment]) -> Vec<(ServicePlan, Guid, SimTime)> {
    let mut plans: Vec<(ServicePlan, Guid, SimTime)> = Vec::new();
    for one in assignments.iter().filter(|one| one.is_active()) {
        let Some(sku) = Catalogue::get().by_id(one.sku_id) else { continue };
        for plan in sku.plans.iter().filter(|plan| one.has(plan.id)) {
            match plans.iter_mut().find(|(known, ..)| known.id == plan.id) {
                Some((.., since)) => *since = (*since).min(one.since),
                None => plans.push((*plan, one.sku_id, one.since)),
            }
        }
    }
    plans
}

/// The products among these assignments by which a plan of this name is on.
pub(super) fn skus_with<'a>(
    assignments: impl IntoIterator<Item = &'a LicenseAssignment>,
    name: &str,
) -> Vec<Guid> {
    let on = |one: &&LicenseAssignment| {
        let plans = Catalogue::get().by_id(one.sku_id).map_or(&[][..], |sku| &sku.plans[..]);
        plans.iter().any(|plan| plan.name.eq_ignore_ascii_case(name) && one.has(plan.id))
    };
    assignments.into_iter().filter(on).map(|one| one.sku_id).collect()
}
