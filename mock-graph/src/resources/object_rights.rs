//! What a call may do to one object, beyond what its path asks for: the permissions of the object's type, groups
//! that can hold roles, applications that may write only what they own.

use super::call::ApiCall;
use super::error::ApiError;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CloudObject, ObjectKind, Property, Tenant, TenantError};
use serde_json::{Map, Value};

/// Microsoft's page of built-in roles: who may change groups that can hold roles.
const OVER_ROLE_GROUPS: [&str; 2] = [
    // Global Administrator
    "62e90394-69f5-4237-9190-012177145e10",
    // Privileged Role Administrator
    "e8611ab8-c189-46e8-94e1-60213ab1f814",
];
/// Of which permissions one is needed to change a password (Microsoft's page of updating a user).
const PASSWORDS: [&str; 3] =
    ["User-PasswordProfile.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
/// What lets an application do as the user who signed in may.
const AS_USER: &str = "Directory.AccessAsUser.All";

/// Whether the caller holds one of the permissions, in its token for the kind of access it has.
pub(super) fn holds(call: &ApiCall<'_>, needed: &[&str]) -> bool {
    let caller = call.caller;
    let held = if caller.user.is_some() { &caller.scopes } else { &caller.roles };
    let suffices = |own: &String| needed.contains(&own.as_str()) || (caller.user.is_some() && own == AS_USER);
    caller.unchecked || held.iter().any(suffices)
}

fn granted(may: bool) -> Result<(), ApiError> {
    if may { Ok(()) } else { Err(TenantError::privileged().into()) }
}

/// The permissions that read each kind of object, of which any one suffices (microsoft-graph 1.8).
pub(super) fn reading(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::User => {
            &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"]
        }
        ObjectKind::Group => {
            &["Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"]
        }
        ObjectKind::Device => {
            &["Device.Read.All", "Device.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"]
        }
        ObjectKind::AdministrativeUnit => &[
            "AdministrativeUnit.Read.All",
            "AdministrativeUnit.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
        ObjectKind::Contact => &["OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"],
        ObjectKind::DirectoryRole => &[
            "RoleManagement.Read.Directory",
            "RoleManagement.ReadWrite.Directory",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
        ObjectKind::Application | ObjectKind::ServicePrincipal => &[
            "Application.Read.All",
            "Application.ReadWrite.All",
            "Application.ReadWrite.OwnedBy",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
    }
}

/// Refuses a call without one of the permissions.
///
/// # Errors
/// 403 `Authorization_RequestDenied`.
pub(super) fn permitted(call: &ApiCall<'_>, needed: &[&str]) -> Result<(), ApiError> {
    granted(holds(call, needed))
}

/// Refuses a change of a group that can hold roles to whoever may not give roles.
///
/// # Errors
/// 403 `Authorization_RequestDenied`.
pub(super) fn over_roles(tenant: &Tenant, call: &ApiCall<'_>, object: &CloudObject) -> Result<(), ApiError> {
    let assignable = object.boolean(Property::IsAssignableToRole) == Some(true);
    granted(!assignable || gives_roles(tenant, call))
}

/// The same of a group that is to be made.
///
/// # Errors
/// 403 `Authorization_RequestDenied`.
pub(super) fn over_new_roles(
    tenant: &Tenant,
    call: &ApiCall<'_>,
    properties: &Map<String, Value>,
) -> Result<(), ApiError> {
    let mut named = properties.iter().filter(|(name, _)| name.eq_ignore_ascii_case("isAssignableToRole"));
    granted(!named.any(|(_, value)| *value == Value::Bool(true)) || gives_roles(tenant, call))
}

fn gives_roles(tenant: &Tenant, call: &ApiCall<'_>) -> bool {
    let caller = call.caller;
    let over = |template: Guid| OVER_ROLE_GROUPS.contains(&template.to_string().as_str());
    caller.unchecked
        || match caller.user {
            Some(user) => tenant.roles_of(user).any(over),
            None => caller.roles.iter().any(|role| role == "RoleManagement.ReadWrite.Directory"),
        }
}

/// Refuses a change of a password to whoever may change only the rest of a user.
///
/// # Errors
/// 403 `Authorization_RequestDenied`.
pub(super) fn over_passwords(call: &ApiCall<'_>, properties: &Map<String, Value>) -> Result<(), ApiError> {
    let named = properties.keys().any(|name| name.eq_ignore_ascii_case("passwordProfile"));
    granted(!named || holds(call, &PASSWORDS))
}

/// An application that may write only what it owns (`Application.ReadWrite.OwnedBy`) is held to that; the
/// object's id.
///
/// # Errors
/// 403 `Authorization_RequestDenied`.
pub(super) fn owned(tenant: &Tenant, call: &ApiCall<'_>, object: &CloudObject) -> Result<Guid, ApiError> {
    owned_unless(tenant, call, object, &[])
}

/// The same, where more permissions than the usual ones reach every object.
///
/// # Errors
/// 403 `Authorization_RequestDenied`.
pub(super) fn owned_unless(
    tenant: &Tenant,
    call: &ApiCall<'_>,
    object: &CloudObject,
    wider: &[&str],
) -> Result<Guid, ApiError> {
    let kinds = [ObjectKind::Application, ObjectKind::ServicePrincipal];
    let wide = holds(call, &["Application.ReadWrite.All", "Directory.ReadWrite.All"]) || holds(call, wider);
    let confined = call.caller.user.is_none() && !wide;
    let caller = tenant.application(call.caller.app_id).map(|caller| caller.service_principal_id);
    let owns = caller.is_some_and(|caller| object.owners().binary_search(&caller).is_ok());
    granted(!(kinds.contains(&object.kind()) && confined && !owns))?;
    Ok(object.id())
}
