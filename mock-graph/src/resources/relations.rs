//! Relations between objects: what is expanded, and what is reached over several steps.

use crate::odata::Entity;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CloudObject, Tenant};

/// The most objects of one expanded relation (microsoft-graph.md section 3).
const MAX_EXPANDED: usize = 20;
/// The most managers above each other that one answer shows: readers of JSON give up at some 128 levels.
pub(crate) const MAX_LEVELS: usize = 100;

/// A relation that can be expanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Members,
    Owners,
    MemberOf,
    TransitiveMemberOf,
    TransitiveMembers,
    MembersWithLicenseErrors,
    Manager,
    DirectReports,
}

impl Relation {
    /// The relation of a type by name, in any case.
    pub(crate) fn of(entity: Entity, name: &str) -> Option<(&'static str, Relation)> {
        let name = entity.navigation(name)?;
        let relation = match name {
            "members" => Relation::Members,
            "owners" => Relation::Owners,
            "memberOf" => Relation::MemberOf,
            "transitiveMemberOf" => Relation::TransitiveMemberOf,
            "transitiveMembers" => Relation::TransitiveMembers,
            "membersWithLicenseErrors" => Relation::MembersWithLicenseErrors,
            "manager" => Relation::Manager,
            "directReports" => Relation::DirectReports,
            _ => return None,
        };
        Some((name, relation))
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Relation::Members => "members",
            Relation::Owners => "owners",
            Relation::MemberOf => "memberOf",
            Relation::TransitiveMemberOf => "transitiveMemberOf",
            Relation::TransitiveMembers => "transitiveMembers",
            Relation::MembersWithLicenseErrors => "membersWithLicenseErrors",
            Relation::Manager => "manager",
            Relation::DirectReports => "directReports",
        }
    }

    /// The first live objects of the relation, as many as are shown: a group of a hundred thousand is not
    /// copied for twenty.
    pub(crate) fn first(self, tenant: &Tenant, object: &CloudObject) -> Vec<Guid> {
        let shown = |ids: &[Guid]| {
            let live = ids.iter().copied().filter(|id| tenant.object(*id).is_some());
            live.take(MAX_EXPANDED).collect()
        };
        match self {
            Relation::Members => shown(tenant.members(object.id())),
            Relation::Owners => shown(object.owners()),
            Relation::MemberOf => shown(tenant.member_of(object.id())),
            Relation::TransitiveMemberOf => shown(&transitive(tenant, object.id(), Tenant::member_of)),
            Relation::TransitiveMembers => shown(&transitive(tenant, object.id(), Tenant::members)),
            Relation::MembersWithLicenseErrors => {
                shown(&tenant.members_with_license_errors(object.id()).collect::<Vec<_>>())
            }
            Relation::Manager => object.manager().into_iter().collect(),
            Relation::DirectReports => shown(object.direct_reports()),
        }
    }
}

/// What is reached from an object over any number of steps, sorted by id; the object itself is not.
pub(crate) fn transitive(tenant: &Tenant, from: Guid, step: fn(&Tenant, Guid) -> &[Guid]) -> Vec<Guid> {
    let mut found: std::collections::BTreeSet<Guid> = std::collections::BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        for next in step(tenant, id) {
            if *next != from && found.insert(*next) {
                open.push(*next);
            }
        }
    }
    found.into_iter().collect()
}
