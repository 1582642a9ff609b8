//! Deleted items, devices, memberships, dynamic groups, the rules of groups.

use super::{Client, group, id, ids, reference, user};
use serde_json::{Value, json};

const DAY: u64 = 86_400;

#[test]
fn a_deleted_object_is_listed_restored_purged_and_forgotten_after_thirty_days() {
    let client = Client::new();
    let [ada, ben, cleo] = ["ada", "ben", "cleo"].map(|name| user(&client, name));
    let team = id(&group(&client, "team", Value::Null));
    client.want(204, "POST", &format!("/groups/{team}/members/$ref"), &reference(&ada));
    for user in [&ada, &ben, &cleo] {
        client.want(204, "DELETE", &format!("/users/{user}"), &Value::Null);
    }
    // microsoft-graph.md 2.4: the cast is mandatory
    client.want(400, "GET", "/directory/deletedItems", &Value::Null);
    let mut expected = [ada.clone(), ben.clone(), cleo.clone()];
    expected.sort();
    let listed = client.get("/directory/deletedItems/microsoft.graph.user");
    let mut found = ids(&listed);
    found.sort();
    assert_eq!(found, expected);
    let page = client.get("/directory/deleteditems/microsoft.graph.user?$top=2&$select=id,deletedDateTime");
    assert_eq!(page["value"].as_array().unwrap().len(), 2);
    assert!(page["@odata.nextLink"].is_string());
    let filtered =
        client.get("/directory/deletedItems/microsoft.graph.user?$filter=displayName%20eq%20'ben'");
    assert_eq!(ids(&filtered), [ben.as_str()]);
    assert_eq!(client.get("/directory/deletedItems/microsoft.graph.group")["value"], json!([]));

    let one = client.get(&format!("/directory/deletedItems/{ada}"));
    assert_eq!(one["@odata.type"], "#microsoft.graph.user");
    let back = client.want(200, "POST", &format!("/directory/deletedItems/{ada}/restore"), &Value::Null);
    assert_eq!((&back["@odata.type"], back["id"].as_str()), (&json!("#microsoft.graph.user"), Some(&*ada)));
    assert_eq!(ids(&client.get(&format!("/groups/{team}/members"))), [ada.as_str()]);

    client.want(204, "DELETE", &format!("/directory/deletedItems/{ben}"), &Value::Null);
    client.want(404, "GET", &format!("/directory/deletedItems/{ben}"), &Value::Null);
    client.want(404, "POST", &format!("/directory/deletedItems/{ben}/restore"), &Value::Null);
    client.advance(30 * DAY - 1);
    let client = renewed(client);
    assert_eq!(ids(&client.get("/directory/deletedItems/microsoft.graph.user")), [cleo.as_str()]);
    client.advance(1);
    assert_eq!(client.get("/directory/deletedItems/microsoft.graph.user")["value"], json!([]));
}

/// The same client with a token of the present.
fn renewed(client: Client) -> Client {
    let bearer = client.lab.bearer();
    Client { bearer, ..client }
}

#[test]
fn a_name_that_was_taken_meanwhile_keeps_a_user_deleted_unless_it_gets_another() {
    let client = Client::new();
    let old = user(&client, "ada");
    client.want(204, "DELETE", &format!("/users/{old}"), &Value::Null);
    user(&client, "ada");
    let path = format!("/directory/deletedItems/{old}/restore");
    let refused = client.want(400, "POST", &path, &Value::Null);
    assert_eq!(refused["error"]["details"][0]["code"], "ObjectConflict");
    let name = json!({ "newUserPrincipalName": "ada.old@contoso.com" });
    assert_eq!(client.want(200, "POST", &path, &name)["userPrincipalName"], "ada.old@contoso.com");
}

#[test]
fn permissions_on_deleted_items_go_by_type() {
    let client = Client::new();
    let ada = user(&client, "ada");
    client.want(204, "DELETE", &format!("/users/{ada}"), &Value::Null);
    let mut claims = client.lab.good_claims();
    claims["roles"] = json!(["Group.ReadWrite.All"]);
    let (header, _) = super::super::support::decode(client.bearer.strip_prefix("Bearer ").unwrap());
    let narrow = super::super::support::forge(header["kid"].as_str().unwrap(), &claims);
    for (method, path, status) in [
        ("GET", "/directory/deletedItems/microsoft.graph.group".to_owned(), 200),
        ("GET", "/directory/deletedItems/microsoft.graph.user".to_owned(), 403),
        ("GET", format!("/directory/deletedItems/{ada}"), 403),
        ("DELETE", format!("/directory/deletedItems/{ada}"), 403),
        ("POST", format!("/directory/deletedItems/{ada}/restore"), 403),
    ] {
        assert_eq!(
            client.send_as(&narrow, method, &path, &[], &Value::Null).status,
            status,
            "{method} {path}"
        );
    }
}

#[test]
fn devices_are_registered_found_by_both_keys_and_left_alone_by_applications() {
    let client = Client::new();
    let key = "4c299165-6e8f-4b45-a5ba-c5d250a707ff";
    let body = json!({
        "accountEnabled": true, "deviceId": key, "displayName": "Laptop", "operatingSystem": "Windows",
        "operatingSystemVersion": "10.0", "alternativeSecurityIds": [{ "type": 2, "key": "base64Y3YxN2E1MWFlYw==" }],
    });
    let device = id(&client.post("/devices", &body));
    for path in [format!("/devices/{device}"), format!("/devices(deviceId='{key}')")] {
        assert_eq!(client.get(&path)["displayName"], "Laptop");
    }
    assert_eq!(ids(&client.get(&format!("/devices?$filter=deviceId%20eq%20'{key}'"))), [device.as_str()]);
    client.want(400, "POST", "/devices", &body);
    for missing in ["deviceId", "operatingSystem", "alternativeSecurityIds"] {
        let mut body = body.clone();
        body.as_object_mut().unwrap().remove(missing);
        client.want(400, "POST", "/devices", &body);
    }
    // microsoft-graph.md 1.8: PATCH is not supported app-only
    client.want(403, "PATCH", &format!("/devices/{device}"), &json!({ "accountEnabled": false }));
    let ada = user(&client, "ada");
    for relation in ["registeredOwners", "registeredUsers"] {
        let path = format!("/devices/{device}/{relation}");
        client.want(204, "POST", &format!("{path}/$ref"), &reference(&ada));
        client.want(400, "POST", &format!("{path}/$ref"), &reference(&ada));
        assert_eq!(ids(&client.get(&path)), [ada.as_str()]);
    }
    for relation in ["ownedDevices", "ownedObjects", "registeredDevices"] {
        let page = client.get(&format!("/users/{ada}/{relation}"));
        assert_eq!(page["value"][0]["@odata.type"], "#microsoft.graph.device", "{relation}");
    }
    client.want(204, "DELETE", &format!("/devices/{device}/registeredUsers/{ada}/$ref"), &Value::Null);
    client.want(404, "DELETE", &format!("/devices/{device}/registeredUsers/{ada}/$ref"), &Value::Null);
    client.want(204, "DELETE", &format!("/devices/{device}"), &Value::Null);
    client.want(404, "GET", &format!("/devices/{device}"), &Value::Null);
}

#[test]
fn memberships_are_told_through_groups_of_groups() {
    let client = Client::new();
    let ada = user(&client, "ada");
    let [inner, outer, other] =
        ["inner", "outer", "other"].map(|name| id(&group(&client, name, Value::Null)));
    let unified = json!({ "mailEnabled": true, "securityEnabled": false, "groupTypes": ["Unified"] });
    let mail = id(&group(&client, "mail", unified));
    for (group, member) in [(&inner, &ada), (&outer, &inner), (&mail, &ada)] {
        client.want(204, "POST", &format!("/groups/{group}/members/$ref"), &reference(member));
    }
    let sorted = |list: &[&String]| {
        let mut list: Vec<Value> = list.iter().map(|id| json!(id)).collect();
        list.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        Value::from(list)
    };
    let ask = |path: &str, body: Value| {
        let answer = client.want(200, "POST", path, &body);
        assert!(answer["@odata.context"].as_str().unwrap().ends_with("#Collection(Edm.String)"));
        answer["value"].clone()
    };
    let groups = format!("/users/{ada}/getMemberGroups");
    assert_eq!(ask(&groups, json!({ "securityEnabledOnly": true })), sorted(&[&inner, &outer]));
    assert_eq!(ask(&groups, json!({ "securityEnabledOnly": false })), sorted(&[&inner, &outer, &mail]));
    let objects = format!("/directoryObjects/{ada}/getMemberObjects");
    assert_eq!(ask(&objects, json!({ "securityEnabledOnly": false })), sorted(&[&inner, &outer, &mail]));
    let check = "/users/ada@contoso.com/checkMemberGroups";
    assert_eq!(ask(check, json!({ "groupIds": [other, outer] })), json!([outer]));
    assert_eq!(
        ask(&format!("/groups/{inner}/checkMemberObjects"), json!({ "ids": [outer] })),
        json!([outer])
    );
    client.want(400, "POST", &groups, &json!({}));
    client.want(400, "POST", check, &json!({ "groupIds": vec![outer.clone(); 21] }));
    // getByIds takes every kind
    let principal = client.lab.app.service_principal_id.to_string();
    let body = json!({ "ids": [ada, inner, principal], "types": ["group", "servicePrincipal"] });
    let found = client.want(200, "POST", "/directoryObjects/getByIds", &body);
    assert_eq!(ids(&found), [inner.clone(), principal]);
}

#[test]
fn a_dynamic_group_is_filled_by_the_clock_and_by_nobody_else() {
    let client = Client::new();
    let ada = user(&client, "ada");
    client.want(204, "PATCH", &format!("/users/{ada}"), &json!({ "department": "Forestry" }));
    let rule = json!({ "groupTypes": ["DynamicMembership"], "membershipRuleProcessingState": "On",
        "membershipRule": "(user.department -eq \"Forestry\")" });
    let sales = id(&group(&client, "sales", rule));
    let members = |client: &Client| ids(&client.get(&format!("/groups/{sales}/members")));
    assert!(members(&client).is_empty());
    client.advance(600);
    assert_eq!(members(&client), [ada.as_str()]);
    // microsoft-graph.md 2.3: dynamic group, 400 or 403
    client.want(403, "POST", &format!("/groups/{sales}/members/$ref"), &reference(&user(&client, "ben")));
    client.want(403, "DELETE", &format!("/groups/{sales}/members/{ada}/$ref"), &Value::Null);
    for bad in ["user.department", "user.nosuch -eq \"x\"", ""] {
        client.want(400, "PATCH", &format!("/groups/{sales}"), &json!({ "membershipRule": bad }));
    }
    client.want(204, "PATCH", &format!("/users/{ada}"), &json!({ "department": "Support" }));
    client.advance(600);
    assert!(members(&client).is_empty());
}

#[test]
fn groups_keep_the_rules_of_their_kinds() {
    let client = Client::new();
    let ada = user(&client, "ada");
    let base =
        json!({ "displayName": "g", "mailNickname": "g", "mailEnabled": true, "securityEnabled": true });
    // microsoft-graph.md 2.3: mail-enabled groups are not creatable in Graph
    client.want(400, "POST", "/groups", &base);
    let unified = json!({ "mailEnabled": true, "securityEnabled": false, "groupTypes": ["Unified"] });
    let (mail, plain) = (group(&client, "mail", unified), group(&client, "plain", Value::Null));
    assert_eq!((&mail["visibility"], &plain["visibility"]), (&json!("Public"), &json!("Private")));
    // no security group in a Microsoft 365 group, no Microsoft 365 group in any group
    for (group, member) in [(&mail, &plain), (&plain, &mail)] {
        client.want(400, "POST", &format!("/groups/{}/members/$ref", id(group)), &reference(&id(member)));
    }
    let able = group(&client, "able", json!({ "isAssignableToRole": true }));
    client.want(400, "POST", &format!("/groups/{}/members/$ref", id(&able)), &reference(&id(&plain)));
    client.want(400, "PATCH", &format!("/groups/{}", id(&plain)), &json!({ "isAssignableToRole": true }));
    let path = format!("/groups/{}/owners", id(&plain));
    client.want(204, "POST", &format!("{path}/$ref"), &reference(&ada));
    let refused = client.want(400, "DELETE", &format!("{path}/{ada}/$ref"), &Value::Null);
    assert_eq!(
        refused["error"]["message"],
        "The group must have at least one owner, hence this owner cannot be removed."
    );
}

#[test]
fn a_group_is_made_or_changed_by_its_unique_name() {
    let client = Client::new();
    let path = "/groups(uniqueName='golf')";
    let body = json!({ "displayName": "Golf", "mailNickname": "golf", "mailEnabled": false, "securityEnabled": true });
    client.want(404, "PATCH", path, &body);
    let prefer = [("prefer", "create-if-missing")];
    let made = client.send_as(&client.bearer, "PATCH", path, &prefer, &body);
    assert_eq!((made.status, &made.body["uniqueName"]), (201, &json!("golf")));
    let change = json!({ "displayName": "Golf club" });
    assert_eq!(client.send_as(&client.bearer, "PATCH", path, &prefer, &change).status, 204);
    let found = client.get(path);
    assert_eq!((&found["displayName"], &found["id"]), (&json!("Golf club"), &made.body["id"]));
}

#[test]
fn me_is_the_user_who_signed_in() {
    let client = Client::new();
    client.want(400, "GET", "/me", &Value::Null);
    let ada = user(&client, "ada");
    let team = id(&group(&client, "team", Value::Null));
    client.want(204, "POST", &format!("/groups/{team}/members/$ref"), &reference(&ada));
    let mut claims = client.lab.good_claims();
    claims.as_object_mut().unwrap().remove("roles");
    claims["idtyp"] = json!("user");
    claims["oid"] = json!(ada);
    claims["scp"] = json!("User.Read");
    let (header, _) = super::super::support::decode(client.bearer.strip_prefix("Bearer ").unwrap());
    let own = super::super::support::forge(header["kid"].as_str().unwrap(), &claims);
    let ask = |method: &str, path: &str, body: Value| client.send_as(&own, method, path, &[], &body);
    let me = ask("GET", "/me", Value::Null);
    assert_eq!((me.status, me.body["id"].as_str()), (200, Some(&*ada)), "{}", me.body);
    assert_eq!(ids(&ask("GET", "/me/memberOf", Value::Null).body), [team.as_str()]);
    let groups = ask("POST", "/me/getMemberGroups", json!({ "securityEnabledOnly": false }));
    assert_eq!(groups.body["value"], json!([team]));
    assert_eq!(ask("GET", &format!("/users/{ada}"), Value::Null).status, 200);
    // User.Read is not everybody
    assert_eq!(ask("GET", "/users", Value::Null).status, 403);
    assert_eq!(ask("PATCH", "/me", json!({ "jobTitle": "x" })).status, 403);
}
