//! Microsoft Graph's permissions: values and ids, from graph-app-roles.tsv.

use crate::ids::Guid;
use crate::seed::Seed;
use std::collections::BTreeMap;
use std::sync::LazyLock;

struct Permissions {
    ids: BTreeMap<&'static str, Guid>,
    values: BTreeMap<Guid, &'static str>,
}

impl Permissions {
    fn read(wanted: &str) -> Permissions {
        let mut permissions = Permissions { ids: BTreeMap::new(), values: BTreeMap::new() };
        for line in include_str!("../../../data/graph-app-roles.tsv").lines().skip(2) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [value, kind, id, ..] = cells[..] else { continue };
            let Some(id) = Guid::parse(id).filter(|_| kind == wanted) else { continue };
            permissions.ids.insert(value, id);
            permissions.values.insert(id, value);
        }
        if wanted != "application" {
            return permissions;
        }
        // what the estate's application holds and the table does not know
        for line in include_str!("../../../data/app-roles.tsv").lines().skip(1) {
            let value = line.split('\t').next().unwrap_or("");
            if !permissions.ids.contains_key(value) {
                let id = Seed::new(0).guid("appRole", value, 0);
                permissions.ids.insert(value, id);
                permissions.values.insert(id, value);
            }
        }
        permissions
    }
}

static APPLICATION: LazyLock<Permissions> = LazyLock::new(|| Permissions::read("application"));

static DELEGATED: LazyLock<Permissions> = LazyLock::new(|| Permissions::read("delegated"));

/// The id of an application permission; all zeros when Graph has no such permission.
pub(super) fn application(value: &str) -> Guid {
    APPLICATION.ids.get(value).copied().unwrap_or_default()
}

/// The value of an application permission: `User.Read.All`.
pub(super) fn application_value(id: Guid) -> Option<&'static str> {
    APPLICATION.values.get(&id).copied()
}

/// Microsoft Graph's `appRoles`; names stand for the descriptions.
pub(crate) fn app_roles() -> serde_json::Value {
    let role = |(value, id): (&&str, &Guid)| {
        serde_json::json!({
            "allowedMemberTypes": ["Application"],
            "description": value,
            "displayName": value,
            "id": id.to_string(),
            "isEnabled": true,
            "origin": "Application",
            "value": value,
        })
    };
    APPLICATION.ids.iter().map(role).collect()
}

/// Microsoft Graph's `oauth2PermissionScopes`, likewise.
pub(crate) fn scopes() -> serde_json::Value {
    let scope = |(value, id): (&&str, &Guid)| {
        serde_json::json!({
            "adminConsentDescription": value,
            "adminConsentDisplayName": value,
            "id": id.to_string(),
            "isEnabled": true,
            "type": "User",
            "userConsentDescription": value,
            "userConsentDisplayName": value,
            "value": value,
        })
    };
    DELEGATED.ids.iter().map(scope).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_have_microsofts_ids_and_the_estates_roles_all_have_one() {
        // the ids of Microsoft's permissions reference
        for (value, id) in [
            ("User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
            ("Directory.ReadWrite.All", "19dbc75e-c2e2-444c-a770-ec69d8559fc7"),
        ] {
            assert_eq!(application(value).to_string(), id);
            assert_eq!(application_value(Guid::parse(id).unwrap()), Some(value));
        }
        for line in include_str!("../../../data/app-roles.tsv").lines().skip(1) {
            let value = line.split('\t').next().unwrap();
            assert_eq!(application_value(application(value)), Some(value));
        }
    }
}
