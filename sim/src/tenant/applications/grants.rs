//! What principals were granted on applications: app roles, and delegated permissions.

use super::{AppRoleAssignment, GRAPH_APP_ID, graph_roles};
use crate::ids::Guid;
use crate::tenant::object::CloudObject;
use crate::tenant::property::{ObjectKind, Property, Stored};
use crate::tenant::{CallContext, Tenant, TenantError};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Who can be given an app role.
const PRINCIPALS: [ObjectKind; 3] = [ObjectKind::User, ObjectKind::Group, ObjectKind::ServicePrincipal];
/// Most roles of one principal, and most delegated grants of the tenant.
const GRANTS_MAX: usize = 10_000;

/// Delegated permissions that an application was granted (`oAuth2PermissionGrant`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegatedGrant {
    /// Its id: opaque text.
    pub id: String,
    /// Object id of the client's service principal.
    pub client_id: Guid,
    /// Object id of the resource's service principal.
    pub resource_id: Guid,
    /// The user for whom; none for everybody (`AllPrincipals`).
    pub principal_id: Option<Guid>,
    /// The scopes, separated by spaces.
    pub scope: String,
}

impl Tenant {
    /// `POST .../appRoleAssignments`: the new assignment.
    ///
    /// # Errors
    /// 404 for an unknown principal or resource; 400 for a role that the resource does not have, and for one
    /// that was given before.
    pub fn assign_app_role(
        &mut self,
        ctx: &CallContext,
        principal: Guid,
        resource: Guid,
        role: Guid,
    ) -> Result<AppRoleAssignment, TenantError> {
        let slot = self.slot_of(principal, &PRINCIPALS)?;
        let resource_slot = self.slot_of(resource, &[ObjectKind::ServicePrincipal])?;
        let holder = self.store.at(slot).ok_or_else(|| TenantError::not_found(""))?;
        let target = self.store.at(resource_slot).ok_or_else(|| TenantError::not_found(""))?;
        if !has_role(target, role, holder.kind) {
            return Err(TenantError::of("reference-update", &[]));
        }
        let own = self.app_role_assignments(principal);
        if own.iter().any(|known| known.resource_id == resource && known.app_role_id == role) {
            return Err(TenantError::of("role-assigned", &[]));
        }
        if own.len() >= GRANTS_MAX {
            return Err(TenantError::of("quota", &[]));
        }
        let assignment = self.assignment(principal, resource, role, ctx.now);
        let added = assignment.clone();
        self.edit_app(slot, None, ctx.now, |app| app.roles.push(added));
        self.audit_link(ctx, "Add app role assignment to service principal", resource, principal);
        Ok(assignment)
    }

    /// `DELETE .../appRoleAssignments/{id}`.
    ///
    /// # Errors
    /// 404 when the principal has no such assignment.
    pub fn remove_app_role(
        &mut self,
        ctx: &CallContext,
        principal: Guid,
        id: &str,
    ) -> Result<(), TenantError> {
        let slot = self.slot_of(principal, &PRINCIPALS)?;
        let found = self.app_role_assignments(principal).iter().find(|known| known.id == id).cloned();
        let found = found.ok_or_else(|| TenantError::not_found(id))?;
        self.edit_app(slot, None, ctx.now, |app| app.roles.retain(|known| known.id != id));
        self.audit_link(
            ctx,
            "Remove app role assignment from service principal",
            found.resource_id,
            principal,
        );
        Ok(())
    }

    /// Who was given roles of an application: its live principals' assignments, users first.
    pub fn app_roles_assigned_to(&self, resource: Guid) -> Vec<&AppRoleAssignment> {
        let principals = PRINCIPALS.into_iter().flat_map(|kind| self.iter(kind));
        let roles = principals.filter_map(|object| object.app.as_ref()).flat_map(|app| &app.roles);
        roles.filter(|role| role.resource_id == resource).collect()
    }

    /// An assignment in Graph's JSON form (`appRoleAssignment`).
    pub fn app_role_json(&self, assignment: &AppRoleAssignment) -> Value {
        let name = |id: Guid| self.object(id).and_then(|object| object.text(Property::DisplayName));
        json!({
            "id": assignment.id,
            "appRoleId": assignment.app_role_id.to_string(),
            "createdDateTime": assignment.created.rfc3339(),
            "principalDisplayName": name(assignment.principal_id),
            "principalId": assignment.principal_id.to_string(),
            "principalType": self.object(assignment.principal_id).map(|object| object.kind.name()),
            "resourceDisplayName": name(assignment.resource_id),
            "resourceId": assignment.resource_id.to_string(),
        })
    }

    /// The delegated permissions that were granted, in the order in which they were.
    pub fn delegated_grants(&self) -> &[DelegatedGrant] {
        &self.delegated
    }

    /// `POST /oauth2PermissionGrants`: its place in [`Tenant::delegated_grants`].
    ///
    /// # Errors
    /// 400 for a body that makes no sense and for a grant that exists; 404 for unknown objects.
    pub fn grant_delegated(
        &mut self,
        ctx: &CallContext,
        body: &Map<String, Value>,
    ) -> Result<DelegatedGrant, TenantError> {
        let invalid = || TenantError::of("bad-combination", &[]);
        let guid = |name: &str| body.get(name).and_then(Value::as_str).and_then(Guid::parse);
        let (client, resource) =
            (guid("clientId").ok_or_else(invalid)?, guid("resourceId").ok_or_else(invalid)?);
        self.slot_of(client, &[ObjectKind::ServicePrincipal])?;
        self.slot_of(resource, &[ObjectKind::ServicePrincipal])?;
        let principal = match body.get("consentType").and_then(Value::as_str) {
            Some("AllPrincipals") => None,
            Some("Principal") => Some(guid("principalId").ok_or_else(invalid)?),
            _ => return Err(invalid()),
        };
        if let Some(user) = principal {
            self.slot_of(user, &[ObjectKind::User])?;
        }
        let scope = body.get("scope").and_then(Value::as_str).unwrap_or("").trim().to_owned();
        let same = |known: &DelegatedGrant| {
            (known.client_id, known.resource_id, known.principal_id) == (client, resource, principal)
        };
        if self.delegated.iter().any(same) {
            return Err(TenantError::of("role-assigned", &[]));
        }
        if self.delegated.len() >= GRANTS_MAX {
            return Err(TenantError::of("quota", &[]));
        }
        let key = format!("{client} {resource} {principal:?}");
        let id = self.seed.guid("oauth2PermissionGrant", &key, 0).opaque();
        let grant =
            DelegatedGrant { id, client_id: client, resource_id: resource, principal_id: principal, scope };
        Arc::make_mut(&mut self.delegated).push(grant.clone());
        self.audit_link(ctx, "Add delegated permission grant", client, resource);
        Ok(grant)
    }

    /// `PATCH` of a grant (its scopes), or its removal (none).
    ///
    /// # Errors
    /// 404 for an unknown grant.
    pub fn change_delegated(&mut self, id: &str, scope: Option<&str>) -> Result<(), TenantError> {
        let place = self.delegated.iter().position(|known| known.id == id);
        let place = place.ok_or_else(|| TenantError::not_found(id))?;
        let grants = Arc::make_mut(&mut self.delegated);
        match scope {
            Some(scope) => scope.trim().clone_into(&mut grants[place].scope),
            None => drop(grants.remove(place)),
        }
        Ok(())
    }

    /// The scopes of Microsoft Graph that an application was granted for a user, sorted.
    pub(crate) fn granted_scopes(&self, app_id: Guid, user: Guid) -> Vec<String> {
        let Some(client) = self.application(app_id).map(|known| known.service_principal_id) else {
            return Vec::new();
        };
        let graph = |id: Guid| {
            self.object(id).is_some_and(|object| object.text(Property::AppId) == Some(GRAPH_APP_ID))
        };
        let own = self.delegated.iter().filter(|grant| {
            grant.client_id == client
                && grant.principal_id.is_none_or(|principal| principal == user)
                && graph(grant.resource_id)
        });
        let mut scopes: Vec<String> =
            own.flat_map(|grant| grant.scope.split_whitespace()).map(str::to_owned).collect();
        scopes.sort();
        scopes.dedup();
        scopes
    }
}

/// Whether a resource has a role that a principal of this kind can be given. All zeros is the default access
/// of a resource without roles of its own.
fn has_role(resource: &CloudObject, role: Guid, kind: ObjectKind) -> bool {
    if resource.text(Property::AppId) == Some(GRAPH_APP_ID) {
        return kind == ObjectKind::ServicePrincipal && graph_roles::application_value(role).is_some();
    }
    let empty = json!([]);
    let roles = match resource.stored(Property::AppRoles) {
        Some(Stored::Json(roles)) => roles,
        _ => &empty,
    };
    let list = roles.as_array().map_or(&[] as &[Value], Vec::as_slice);
    let member = if kind == ObjectKind::ServicePrincipal { "Application" } else { "User" };
    if role == Guid::NIL {
        return list.is_empty() || kind == ObjectKind::ServicePrincipal;
    }
    list.iter().any(|known| {
        let fits = known["allowedMemberTypes"].as_array();
        known["id"].as_str().and_then(Guid::parse) == Some(role)
            && known["isEnabled"].as_bool() != Some(false)
            && fits.is_some_and(|types| types.iter().any(|ty| ty.as_str() == Some(member)))
    })
}
