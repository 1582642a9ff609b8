//! Directory roles: which are active, and who holds them.
//!
//! An active role is an object of the store; its members hold it.

mod assign;
mod templates;

pub use assign::RoleAssignment;
pub use templates::RoleTemplate;

use super::Tenant;
use super::object::CloudObject;
use super::property::{ObjectKind, Property, Stored};
use crate::clock::SimTime;
use crate::ids::Guid;

/// The role template of the global administrator.
pub const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

/// A role of the directory that is active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryRole {
    /// Its id in this tenant.
    pub id: Guid,
    /// The template, the same in every tenant.
    pub role_template_id: Guid,
    /// Its name.
    pub display_name: String,
    /// Who holds it directly, sorted by id.
    pub members: Vec<Guid>,
}

impl Tenant {
    /// The directory roles that are active, in the order in which they became so.
    pub fn directory_roles(&self) -> Vec<DirectoryRole> {
        let role = |object: &CloudObject| DirectoryRole {
            id: object.id,
            role_template_id: template_of(object),
            display_name: object.text(Property::DisplayName).unwrap_or("").to_owned(),
            members: object.members.clone(),
        };
        self.iter(ObjectKind::DirectoryRole).map(role).collect()
    }

    /// Whether somebody holds a directory role, directly or through a group.
    pub fn has_admin_role(&self, holder: Guid) -> bool {
        self.roles_of(holder).next().is_some()
    }

    /// Whether a user is a global administrator.
    pub fn is_global_administrator(&self, user: Guid) -> bool {
        self.roles_of(user).any(|template| template.to_string() == GLOBAL_ADMINISTRATOR)
    }

    /// The role templates that somebody holds in the whole directory: its own, then those of its groups. A
    /// role is given to a group's direct members only: a group that may hold one takes no groups.
    pub fn roles_of(&self, holder: Guid) -> impl Iterator<Item = Guid> + '_ {
        let own = self.member_of(holder).iter();
        let through = self.member_of(holder).iter().flat_map(|group| self.member_of(*group));
        let role = |id: &Guid| self.object(*id).filter(|object| object.kind == ObjectKind::DirectoryRole);
        own.chain(through).filter_map(role).map(template_of)
    }

    /// The role that a new tenant has, held by its first user.
    pub(super) fn first_role(&mut self, holder: Option<Guid>, now: SimTime) {
        let id = self.seed.guid("directoryRole", GLOBAL_ADMINISTRATOR, 0);
        let mut role = CloudObject::new(id, ObjectKind::DirectoryRole, now);
        role.set(Property::RoleTemplateId, Some(Stored::text(GLOBAL_ADMINISTRATOR)));
        role.set(Property::DisplayName, Some(Stored::text("Global Administrator")));
        self.store.insert(role, now);
        holder.into_iter().for_each(|holder| self.link_member(id, holder, now));
    }

    /// Somebody more holds the role that a new tenant has.
    pub(super) fn hold_first_role(&mut self, holder: Guid, now: SimTime) {
        let role = self.seed.guid("directoryRole", GLOBAL_ADMINISTRATOR, 0);
        self.link_member(role, holder, now);
    }
}

fn template_of(role: &CloudObject) -> Guid {
    role.text(Property::RoleTemplateId).and_then(Guid::parse).unwrap_or_default()
}

#[cfg(test)]
mod tests;
