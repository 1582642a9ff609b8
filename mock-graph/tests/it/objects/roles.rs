//! Directory roles, their holders, and administrative units.

use super::{Client, group, id, ids, reference, user};
use serde_json::{Value, json};

const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
/// Microsoft's list of built-in roles.
const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";

#[test]
fn a_role_is_activated_given_told_and_taken() {
    let client = Client::new();
    let active = client.get("/directoryRoles");
    assert_eq!(active["value"].as_array().unwrap().len(), 1);
    assert_eq!(active["value"][0]["roleTemplateId"], GLOBAL_ADMINISTRATOR);
    let role = client.post("/directoryRoles", &json!({ "roleTemplateId": USER_ADMINISTRATOR }));
    client.want(400, "POST", "/directoryRoles", &json!({ "roleTemplateId": USER_ADMINISTRATOR }));
    client.want(404, "POST", "/directoryRoles", &json!({ "roleTemplateId": role["id"] }));
    assert_eq!(
        client.get(&format!("/directoryRoles(roleTemplateId='{USER_ADMINISTRATOR}')"))["id"],
        role["id"]
    );
    let ada = user(&client, "ada");
    let path = format!("/directoryRoles/{}/members", id(&role));
    client.want(204, "POST", &format!("{path}/$ref"), &reference(&ada));
    client.want(400, "POST", &format!("{path}/$ref"), &reference(&ada));
    assert_eq!(ids(&client.get(&path)), [ada.as_str()]);
    let member_of = client.get(&format!("/users/{ada}/memberOf"));
    assert_eq!(member_of["value"][0]["@odata.type"], "#microsoft.graph.directoryRole");
    let cast = client.get(&format!("/users/{ada}/memberOf/microsoft.graph.group"));
    assert_eq!(cast["value"], json!([]));
    let assignments =
        client.get(&format!("/roleManagement/directory/roleAssignments?$filter=principalId%20eq%20'{ada}'"));
    assert_eq!(assignments["value"][0]["roleDefinitionId"], USER_ADMINISTRATOR);
    assert_eq!(assignments["value"][0]["directoryScopeId"], "/");
    client.want(204, "DELETE", &format!("{path}/{ada}/$ref"), &Value::Null);
    assert!(ids(&client.get(&path)).is_empty());
    let admin = ids(&client.get(&format!("/directoryRoles/{}/members", id(&active["value"][0]))));
    client.want(
        400,
        "DELETE",
        &format!("/directoryRoles/{}/members/{}/$ref", id(&active["value"][0]), admin[0]),
        &Value::Null,
    );
    assert!(client.get("/directoryRoleTemplates")["value"].as_array().unwrap().len() > 50);
    let definition = client.get(&format!("/roleManagement/directory/roleDefinitions/{USER_ADMINISTRATOR}"));
    assert_eq!(definition["displayName"], "User Administrator");
}

#[test]
fn an_application_cannot_change_what_is_sensitive_of_an_administrator() {
    let client = Client::new();
    let ada = user(&client, "ada");
    let path = format!("/users/{ada}");
    client.want(204, "PATCH", &path, &json!({ "otherMails": ["a@fabrikam.com"] }));
    let body = json!({ "principalId": ada, "roleDefinitionId": USER_ADMINISTRATOR, "directoryScopeId": "/" });
    let given = client.post("/roleManagement/directory/roleAssignments", &body);
    client.want(400, "POST", "/roleManagement/directory/roleAssignments", &body);
    // microsoft-graph.md 1.7: "Insufficient privileges" when the target is a privileged user
    for change in [
        json!({ "otherMails": [] }),
        json!({ "mobilePhone": "1" }),
        json!({ "passwordProfile": { "password": "Other!1234" } }),
        json!({ "accountEnabled": false }),
    ] {
        let refused = client.want(403, "PATCH", &path, &change);
        assert_eq!(refused["error"]["code"], "Authorization_RequestDenied", "{change}");
    }
    client.want(403, "DELETE", &path, &Value::Null);
    client.want(204, "PATCH", &path, &json!({ "jobTitle": "Chief" }));
    client.want(
        204,
        "DELETE",
        &format!("/roleManagement/directory/roleAssignments/{}", id(&given)),
        &Value::Null,
    );
    client.want(204, "PATCH", &path, &json!({ "otherMails": [] }));
    // a group may hold a role only when it was made for it
    let plain = id(&group(&client, "plain", Value::Null));
    let body =
        json!({ "principalId": plain, "roleDefinitionId": USER_ADMINISTRATOR, "directoryScopeId": "/" });
    client.want(400, "POST", "/roleManagement/directory/roleAssignments", &body);
}

#[test]
fn an_administrative_unit_has_members_and_scoped_roles() {
    let client = Client::new();
    let unit = client.post("/directory/administrativeUnits", &json!({ "displayName": "North" }));
    let path = format!("/directory/administrativeUnits/{}", id(&unit));
    let (ada, team) = (user(&client, "ada"), id(&group(&client, "team", Value::Null)));
    for member in [&ada, &team] {
        client.want(204, "POST", &format!("{path}/members/$ref"), &reference(member));
    }
    client.want(400, "POST", &format!("{path}/members/$ref"), &reference(&ada));
    assert_eq!(ids(&client.get(&format!("{path}/members"))).len(), 2);
    assert_eq!(ids(&client.get(&format!("{path}/members/microsoft.graph.group"))), [team.as_str()]);
    assert_eq!(
        client.get(&format!("/users/{ada}/memberOf"))["value"][0]["@odata.type"],
        "#microsoft.graph.administrativeUnit"
    );
    client.want(204, "PATCH", &path, &json!({ "description": "Northern offices" }));
    let scope = format!("/administrativeUnits/{}", id(&unit));
    let body =
        json!({ "principalId": ada, "roleDefinitionId": USER_ADMINISTRATOR, "directoryScopeId": scope });
    let given = client.post("/roleManagement/directory/roleAssignments", &body);
    let told = client.get(&format!("/roleManagement/directory/roleAssignments/{}", id(&given)));
    assert_eq!(told["directoryScopeId"].as_str(), Some(&*scope));
    client.want(204, "DELETE", &format!("{path}/members/{ada}/$ref"), &Value::Null);
    client.want(404, "DELETE", &format!("{path}/members/{ada}/$ref"), &Value::Null);
    client.want(204, "DELETE", &path, &Value::Null);
    assert_eq!(ids(&client.get("/directory/deletedItems/microsoft.graph.administrativeUnit")), [id(&unit)]);
}
