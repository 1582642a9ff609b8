//! What an object belongs to, directly and through groups, and what it owns.

use super::property::{ObjectKind, Property};
use super::{CloudObject, Tenant};
use crate::ids::Guid;
use std::collections::BTreeSet;

impl Tenant {
    /// Everything that an object is a member of over any number of steps, sorted by id: groups, directory
    /// roles, administrative units.
    pub fn transitive_member_of(&self, object: Guid) -> Vec<Guid> {
        self.reached(object, Tenant::member_of)
    }

    /// All members over any number of steps, sorted by id.
    pub fn transitive_members(&self, object: Guid) -> Vec<Guid> {
        self.reached(object, Tenant::members)
    }

    fn reached(&self, from: Guid, step: fn(&Tenant, Guid) -> &[Guid]) -> Vec<Guid> {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            for next in step(self, id) {
                if *next != from && found.insert(*next) {
                    open.push(*next);
                }
            }
        }
        found.into_iter().collect()
    }

    /// The groups that an object belongs to, transitively, sorted by id: what `getMemberGroups` answers.
    pub fn member_groups(&self, object: Guid, security_enabled_only: bool) -> Vec<Guid> {
        let mut all = self.transitive_member_of(object);
        all.retain(|id| self.object(*id).is_some_and(|group| is_group(group, security_enabled_only)));
        all
    }

    /// The groups, roles and units that an object belongs to, transitively: what `getMemberObjects` answers.
    pub fn member_objects(&self, object: Guid, security_enabled_only: bool) -> Vec<Guid> {
        let mut all = self.transitive_member_of(object);
        all.retain(|id| {
            self.object(*id).is_some_and(|found| {
                found.kind != ObjectKind::Group || is_group(found, security_enabled_only)
            })
        });
        all
    }

    /// What somebody owns: groups, applications, service principals, devices, in this order.
    pub fn owned_objects(&self, owner: Guid) -> Vec<Guid> {
        let kinds =
            [ObjectKind::Group, ObjectKind::Application, ObjectKind::ServicePrincipal, ObjectKind::Device];
        let all = kinds.into_iter().flat_map(|kind| self.iter(kind));
        all.filter(|object| object.owners.binary_search(&owner).is_ok()).map(|object| object.id).collect()
    }

    /// The devices that a user is registered with as a user.
    pub fn registered_devices(&self, user: Guid) -> Vec<Guid> {
        let devices = self.iter(ObjectKind::Device).map(|device| device.id);
        devices.filter(|device| self.registered_users(*device).binary_search(&user).is_ok()).collect()
    }
}

fn is_group(object: &CloudObject, security_enabled_only: bool) -> bool {
    object.kind == ObjectKind::Group
        && (!security_enabled_only || object.boolean(Property::SecurityEnabled) == Some(true))
}
