//! An application from its registration to its first call.

use super::{Client, id, ids, user};
use serde_json::{Value, json};

/// Microsoft's permissions reference: User.Read.All as an application permission.
const USER_READ_ALL: &str = "df021288-bdef-4463-88db-98f22de89214";

fn registered(client: &Client, name: &str) -> (Value, Value) {
    let application = client.post("/applications", &json!({ "displayName": name }));
    let principal = client.post("/servicePrincipals", &json!({ "appId": application["appId"] }));
    (application, principal)
}

fn token(client: &Client, app_id: &str, secret: &str) -> super::Answer {
    let form = format!(
        "grant_type=client_credentials&client_id={app_id}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        secret.replace('~', "%7E"),
    );
    client.lab.token(&format!("/{}/oauth2/v2.0/token", client.lab.tenant), &form)
}

#[test]
fn a_registered_application_with_a_secret_and_a_role_calls_graph() {
    let client = Client::new();
    let (application, principal) = registered(&client, "reader");
    let (object, app_id) = (id(&application), application["appId"].as_str().unwrap());
    assert_ne!(object, app_id);
    let secret = client.want(
        200,
        "POST",
        &format!("/applications/{object}/addPassword"),
        &json!({ "passwordCredential": { "displayName": "first" } }),
    );
    let value = secret["secretText"].as_str().unwrap();
    assert!(value.starts_with(secret["hint"].as_str().unwrap()) && secret["displayName"] == "first");

    // a token without a role may not read users
    let bearer = |answer: super::Answer| format!("Bearer {}", answer.body["access_token"].as_str().unwrap());
    let early = bearer(token(&client, app_id, value));
    assert_eq!(client.send_as(&early, "GET", "/users", &[], &Value::Null).status, 403);
    let graph = client.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')");
    let role = graph["appRoles"].as_array().unwrap().iter().find(|role| role["value"] == "User.Read.All");
    assert_eq!(role.unwrap()["id"], USER_READ_ALL);
    let body = json!({ "principalId": id(&principal), "resourceId": id(&graph), "appRoleId": USER_READ_ALL });
    let path = format!("/servicePrincipals/{}/appRoleAssignments", id(&principal));
    let given = client.post(&path, &body);
    assert_eq!(given["principalType"], "ServicePrincipal");
    assert_eq!(client.want(400, "POST", &path, &body)["error"]["code"], "Request_BadRequest");
    let assigned = client.get(&format!("/servicePrincipals/{}/appRoleAssignedTo", id(&graph)));
    assert!(ids(&assigned).contains(&id(&given)));
    let wrong = json!({ "principalId": id(&principal), "resourceId": id(&graph), "appRoleId": object });
    // microsoft-graph.md section 4 [GI sdk-dotnet#2508]
    assert_eq!(client.want(400, "POST", &path, &wrong)["error"]["message"], "Not a valid reference update.");

    let bearer = bearer(token(&client, app_id, value));
    assert_eq!(client.send_as(&bearer, "GET", "/users", &[], &Value::Null).status, 200);
    assert_eq!(client.send_as(&bearer, "GET", "/groups", &[], &Value::Null).status, 403);
    client.want(204, "DELETE", &format!("{path}/{}", id(&given)), &Value::Null);
    assert_eq!(client.get(&path)["value"], json!([]));

    // the secret is shown no more, and opens nothing once it is removed
    let shown = client.get(&format!("/applications/{object}"));
    assert_eq!(shown["passwordCredentials"][0]["secretText"], Value::Null);
    let key = json!({ "keyId": secret["keyId"] });
    client.want(204, "POST", &format!("/applications/{object}/removePassword"), &key);
    assert_eq!(token(&client, app_id, value).body["error"], "invalid_client");
    client.want(400, "POST", &format!("/applications/{object}/removePassword"), &key);
}

#[test]
fn applications_are_found_changed_and_deleted_with_their_service_principal() {
    let client = Client::new();
    let (application, principal) = registered(&client, "shop");
    let app_id = application["appId"].as_str().unwrap();
    for (path, expected) in [
        (format!("/applications(appId='{app_id}')"), &application),
        (format!("/servicePrincipals(appId='{app_id}')"), &principal),
        (format!("/servicePrincipals/{}", id(&principal)), &principal),
    ] {
        assert_eq!(client.get(&path)["id"], expected["id"], "{path}");
    }
    let filtered = client.get(&format!("/applications?$filter=appId%20eq%20'{app_id}'"));
    assert_eq!(ids(&filtered), [id(&application)]);
    assert_eq!(
        client.want(404, "GET", "/applications(appId='nosuch')", &Value::Null)["error"]["code"],
        "Request_ResourceNotFound"
    );
    // an application has one service principal
    client.want(409, "POST", "/servicePrincipals", &json!({ "appId": app_id }));
    client.want(400, "POST", "/servicePrincipals", &json!({ "appId": id(&principal) }));

    let role = json!({ "allowedMemberTypes": ["User", "Application"], "description": "d", "displayName": "Buyer",
        "id": "11111111-2222-4333-8444-555555555555", "isEnabled": true, "value": "Buyer" });
    let path = format!("/applications/{}", id(&application));
    let change = json!({ "displayName": "shop 2", "identifierUris": ["api://shop"], "appRoles": [role],
        "web": { "redirectUris": ["https://shop.contoso.com/back"] } });
    client.want(204, "PATCH", &path, &change);
    let mirrored = client.get(&format!("/servicePrincipals/{}", id(&principal)));
    assert_eq!(mirrored["appDisplayName"], "shop 2");
    assert_eq!(mirrored["servicePrincipalNames"], json!([app_id, "api://shop"]));
    assert_eq!(mirrored["replyUrls"], json!(["https://shop.contoso.com/back"]));
    let buyer = user(&client, "buyer");
    let body = json!({ "principalId": buyer, "resourceId": id(&principal),
        "appRoleId": "11111111-2222-4333-8444-555555555555" });
    let given = client.post(&format!("/users/{buyer}/appRoleAssignments"), &body);
    assert_eq!((&given["principalType"], &given["resourceDisplayName"]), (&json!("User"), &json!("shop 2")));

    for (bad, status) in [
        (json!({ "appId": "x" }), 400),
        (json!({ "displayName": null }), 400),
        (json!({ "signInAudience": "everybody" }), 400),
        (json!({ "appRoles": [{ "id": "no guid", "displayName": "x" }] }), 400),
        (json!({ "passwordCredentials": [{ "displayName": "x" }] }), 400),
        (json!({ "keyCredentials": [{ "type": "AsymmetricX509Cert", "usage": "Verify", "key": "?" }] }), 400),
        (json!({ "nosuch": 1 }), 400),
    ] {
        client.want(status, "PATCH", &path, &bad);
    }
    let other = client.post("/applications", &json!({ "displayName": "other" }));
    client.want(
        400,
        "PATCH",
        &format!("/applications/{}", id(&other)),
        &json!({ "identifierUris": ["api://shop"] }),
    );

    client.want(204, "DELETE", &path, &Value::Null);
    client.want(404, "GET", &format!("/servicePrincipals/{}", id(&principal)), &Value::Null);
    let deleted = client.get("/directory/deletedItems/microsoft.graph.application");
    assert_eq!(ids(&deleted), [id(&application)]);
    let back = client.want(
        200,
        "POST",
        &format!("/directory/deletedItems/{}/restore", id(&application)),
        &Value::Null,
    );
    assert_eq!(back["@odata.type"], "#microsoft.graph.application");
}

#[test]
fn an_owned_by_application_writes_only_what_it_owns() {
    let client = Client::new();
    let mut claims = client.lab.good_claims();
    claims["roles"] = json!(["Application.ReadWrite.OwnedBy"]);
    let (header, _) = super::super::support::decode(client.bearer.strip_prefix("Bearer ").unwrap());
    let narrow = super::super::support::forge(header["kid"].as_str().unwrap(), &claims);
    let other = client.post("/applications", &json!({ "displayName": "not mine" }));
    let path = format!("/applications/{}", id(&other));
    let change = json!({ "displayName": "mine now" });
    assert_eq!(client.send_as(&narrow, "PATCH", &path, &[], &change).status, 403);
    let own = client.lab.app.service_principal_id.to_string();
    client.want(204, "POST", &format!("{path}/owners/$ref"), &super::reference(&own));
    assert_eq!(client.send_as(&narrow, "PATCH", &path, &[], &change).status, 204);
    assert_eq!(ids(&client.get(&format!("{path}/owners"))), [own.as_str()]);
    assert!(ids(&client.get(&format!("/servicePrincipals/{own}/ownedObjects"))).contains(&id(&other)));
    client.want(204, "DELETE", &format!("{path}/owners/{own}/$ref"), &Value::Null);
    assert_eq!(client.send_as(&narrow, "DELETE", &path, &[], &Value::Null).status, 403);
}

#[test]
fn delegated_permissions_are_granted_changed_and_taken() {
    let client = Client::new();
    let graph = id(&client.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"));
    let (_, principal) = registered(&client, "web");
    let ada = user(&client, "ada");
    let body = json!({ "clientId": id(&principal), "consentType": "Principal", "principalId": ada,
        "resourceId": graph, "scope": "User.Read Mail.Read" });
    let grant = client.post("/oauth2PermissionGrants", &body);
    client.want(400, "POST", "/oauth2PermissionGrants", &body);
    let path = format!("/oauth2PermissionGrants/{}", id(&grant));
    client.want(204, "PATCH", &path, &json!({ "scope": "User.Read" }));
    assert_eq!(client.get(&path)["scope"], "User.Read");
    for list in [
        format!("/users/{ada}/oauth2PermissionGrants"),
        format!("/servicePrincipals/{}/oauth2PermissionGrants", id(&principal)),
        format!("/oauth2PermissionGrants?$filter=clientId%20eq%20'{}'", id(&principal)),
    ] {
        assert_eq!(ids(&client.get(&list)), [id(&grant)], "{list}");
    }
    client.want(204, "DELETE", &path, &Value::Null);
    client.want(404, "GET", &path, &Value::Null);
}
