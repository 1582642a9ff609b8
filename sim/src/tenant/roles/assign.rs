//! Giving and taking roles, for the whole directory or for an administrative unit.

use super::{GLOBAL_ADMINISTRATOR, RoleTemplate, template_of};
use crate::ids::Guid;
use crate::tenant::groups::has_type;
use crate::tenant::object::CloudObject;
use crate::tenant::property::{ObjectKind, Property, Stored};
use crate::tenant::{CallContext, Tenant, TenantError};
use std::sync::Arc;

/// Most assignments that are confined to administrative units.
const SCOPED_MAX: usize = 10_000;
/// Who may change an administrator's sensitive properties.
const OVER_ADMINISTRATORS: [&str; 2] = [GLOBAL_ADMINISTRATOR, "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"];
/// What an application cannot change of an administrator (microsoft-graph.md 2.1; Microsoft's list of sensitive
/// actions).
const SENSITIVE: [&str; 7] = [
    "accountEnabled",
    "businessPhones",
    "mobilePhone",
    "onPremisesImmutableId",
    "otherMails",
    "passwordProfile",
    "userPrincipalName",
];

/// A role that somebody holds (`unifiedRoleAssignment`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleAssignment {
    /// Its id: opaque text.
    pub id: String,
    /// Who holds the role.
    pub principal_id: Guid,
    /// The role's template.
    pub role_template_id: Guid,
    /// The administrative unit that it is confined to; none for the whole directory.
    pub unit: Option<Guid>,
}

impl Tenant {
    /// `POST /directoryRoles`: activates a role.
    ///
    /// # Errors
    /// 404 for an unknown template; 400 for a role that is active.
    pub fn activate_role(&mut self, ctx: &CallContext, template: &str) -> Result<Guid, TenantError> {
        let known = Guid::parse(template).and_then(RoleTemplate::find);
        let known = known.ok_or_else(|| TenantError::not_found(template))?;
        if self.active_role(known.id).is_some() {
            return Err(TenantError::of("conflicting-object", &[]));
        }
        Ok(self.activated(ctx, known))
    }

    fn activated(&mut self, ctx: &CallContext, template: &RoleTemplate) -> Guid {
        let key = template.id.to_string();
        let id = self.seed.guid("directoryRole", &key, 0);
        let mut role = CloudObject::new(id, ObjectKind::DirectoryRole, ctx.now);
        role.set(Property::RoleTemplateId, Some(Stored::text(key)));
        role.set(Property::DisplayName, Some(Stored::text(template.name)));
        role.set(Property::Description, Some(Stored::text(template.name)));
        self.store.insert(role, ctx.now);
        id
    }

    /// The active role of a template.
    pub fn active_role(&self, template: Guid) -> Option<Guid> {
        let mut roles = self.iter(ObjectKind::DirectoryRole);
        roles.find(|role| template_of(role) == template).map(|role| role.id)
    }

    /// Gives a role for the whole directory.
    ///
    /// # Errors
    /// 404 when one of the two does not exist; 400 when the principal holds the role, or cannot hold one.
    pub fn assign_role(&mut self, ctx: &CallContext, role: Guid, who: Guid) -> Result<(), TenantError> {
        self.slot_of(role, &[ObjectKind::DirectoryRole])?;
        self.check_holder(who)?;
        if self.member_of(who).binary_search(&role).is_ok() {
            return Err(TenantError::of("member-exists", &[]));
        }
        self.link_member(role, who, ctx.now);
        self.audit_link(ctx, "Add member to role", role, who);
        Ok(())
    }

    /// Takes a role.
    ///
    /// # Errors
    /// 404 when the role does not exist or is not held; 400 for the last global administrator.
    pub fn unassign_role(&mut self, ctx: &CallContext, role: Guid, who: Guid) -> Result<(), TenantError> {
        let slot = self.slot_of(role, &[ObjectKind::DirectoryRole])?;
        let holders = self.members(role);
        if holders.binary_search(&who).is_err() {
            return Err(TenantError::of("member-absent", &[("id", &who.to_string())]));
        }
        let template = self.store.at(slot).map(template_of).unwrap_or_default();
        if template.to_string() == GLOBAL_ADMINISTRATOR && holders.len() == 1 {
            return Err(TenantError::of("last-administrator", &[]));
        }
        self.unlink_member(role, who, ctx.now);
        self.audit_link(ctx, "Remove member from role", role, who);
        Ok(())
    }

    fn check_holder(&self, who: Guid) -> Result<(), TenantError> {
        let holder = self.object(who).ok_or_else(|| TenantError::not_found(&who.to_string()))?;
        let can = match holder.kind {
            ObjectKind::User | ObjectKind::ServicePrincipal => true,
            ObjectKind::Group => {
                holder.boolean(Property::IsAssignableToRole) == Some(true)
                    && !has_type(holder, "DynamicMembership")
            }
            _ => false,
        };
        if can { Ok(()) } else { Err(TenantError::of("role-holder", &[])) }
    }

    /// All assignments: those for the whole directory in the order of roles and holders, then the confined
    /// ones.
    pub fn role_assignments(&self) -> Vec<RoleAssignment> {
        let wide = self.iter(ObjectKind::DirectoryRole).flat_map(|role| {
            role.members.iter().map(|holder| self.role_assignment(*holder, template_of(role), None))
        });
        let live = |one: &&RoleAssignment| {
            self.object(one.principal_id).is_some() && one.unit.is_none_or(|unit| self.object(unit).is_some())
        };
        wide.chain(self.scoped.iter().filter(live).cloned()).collect()
    }

    fn role_assignment(&self, holder: Guid, template: Guid, unit: Option<Guid>) -> RoleAssignment {
        let key = format!("{holder} {template} {unit:?}");
        RoleAssignment {
            id: self.seed.guid("roleAssignment", &key, 0).opaque(),
            principal_id: holder,
            role_template_id: template,
            unit,
        }
    }

    /// `POST /roleManagement/directory/roleAssignments`. A role that is not active becomes so.
    ///
    /// # Errors
    /// 404 for unknown objects; 400 when the principal holds the role there, or cannot hold one.
    pub fn add_role_assignment(
        &mut self,
        ctx: &CallContext,
        holder: Guid,
        template: Guid,
        unit: Option<Guid>,
    ) -> Result<RoleAssignment, TenantError> {
        let known = RoleTemplate::find(template);
        let known = known.ok_or_else(|| TenantError::not_found(&template.to_string()))?;
        self.check_holder(holder)?;
        let made = self.role_assignment(holder, template, unit);
        if self.role_assignments().iter().any(|one| one.id == made.id) {
            return Err(TenantError::of("conflicting-object", &[]));
        }
        let Some(unit) = unit else {
            let role = self.active_role(template).unwrap_or_else(|| self.activated(ctx, known));
            self.assign_role(ctx, role, holder)?;
            return Ok(made);
        };
        self.slot_of(unit, &[ObjectKind::AdministrativeUnit])?;
        let gone = |id: Guid| self.store.any(id).is_none();
        if self.scoped.iter().any(|one| gone(one.principal_id) || one.unit.is_some_and(gone)) {
            // for good: those in the deleted items may come back
            let kept =
                self.scoped.iter().filter(|one| !gone(one.principal_id) && !one.unit.is_some_and(gone));
            self.scoped = Arc::new(kept.cloned().collect());
        }
        if self.scoped.len() >= SCOPED_MAX {
            return Err(TenantError::of("quota", &[]));
        }
        Arc::make_mut(&mut self.scoped).push(made.clone());
        Ok(made)
    }

    /// `DELETE /roleManagement/directory/roleAssignments/{id}`.
    ///
    /// # Errors
    /// 404 for an unknown assignment; 400 for the last global administrator's.
    pub fn remove_role_assignment(&mut self, ctx: &CallContext, id: &str) -> Result<(), TenantError> {
        let found = self.role_assignments().into_iter().find(|one| one.id == id);
        let found = found.ok_or_else(|| TenantError::not_found(id))?;
        if found.unit.is_some() {
            Arc::make_mut(&mut self.scoped).retain(|one| one.id != id);
            return Ok(());
        }
        let role = self.active_role(found.role_template_id).ok_or_else(|| TenantError::not_found(id))?;
        self.unassign_role(ctx, role, found.principal_id)
    }

    /// Whether a caller (a user, or an application's service principal) may make a change of a user: not the
    /// sensitive ones of somebody who holds a role, unless the caller stands above administrators. `names` are
    /// the properties of the change; none says that the user is to be deleted.
    ///
    /// # Errors
    /// 403 with Graph's text.
    pub fn check_sensitive(
        &self,
        caller: Option<Guid>,
        target: Guid,
        names: Option<&[&str]>,
    ) -> Result<(), TenantError> {
        let sensitive = match names {
            None => true,
            Some(names) => {
                names.iter().any(|name| SENSITIVE.iter().any(|known| known.eq_ignore_ascii_case(name)))
            }
        };
        let above = |caller: Guid| {
            caller == target
                || self
                    .roles_of(caller)
                    .any(|template| OVER_ADMINISTRATORS.contains(&template.to_string().as_str()))
        };
        let is_user = self.object(target).is_some_and(|object| object.kind == ObjectKind::User);
        if sensitive && is_user && self.has_admin_role(target) && !caller.is_some_and(above) {
            return Err(TenantError::privileged());
        }
        Ok(())
    }
}
