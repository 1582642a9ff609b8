//! What an application may do to one object: its permissions, in the token, and what it owns (microsoft-graph.md
//! 1.8, Microsoft's permissions reference).

use super::super::grants::with_switches;
use super::super::support::{decode, forge};
use super::{Client, group, id, ids, reference, user};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::CallContext;
use serde_json::{Value, json};

/// A token with these application permissions only.
fn bearer(client: &Client, roles: &str) -> String {
    let (header, mut claims) = decode(client.bearer.strip_prefix("Bearer ").unwrap());
    claims["roles"] = roles.split(' ').collect();
    forge(header["kid"].as_str().unwrap(), &claims)
}

#[track_caller]
fn check(client: &Client, roles: &str, method: &str, path: &str, body: &Value, expected: u16) {
    let answer = client.send_as(&bearer(client, roles), method, path, &[], body);
    assert_eq!(answer.status, expected, "{roles}: {method} {path}: {}", answer.body);
    if expected == 403 {
        assert_eq!(answer.body["error"]["code"], "Authorization_RequestDenied");
    }
}

#[test]
fn a_group_that_can_hold_roles_is_changed_by_who_gives_roles() {
    let client = Client::new();
    let roles = group(&client, "admins", json!({ "isAssignableToRole": true }));
    let plain = group(&client, "people", json!({}));
    let ada = user(&client, "ada");
    let (few, many) = ("Group.ReadWrite.All", "Group.ReadWrite.All RoleManagement.ReadWrite.Directory");
    for (role, made) in [(&plain, true), (&roles, false)] {
        let path = format!("/groups/{}", id(role));
        let few_may = |status| if made { status } else { 403 };
        let change = json!({ "description": "changed" });
        let calls = [
            ("PATCH", path.clone(), change),
            ("POST", format!("{path}/members/$ref"), reference(&ada)),
            ("DELETE", format!("{path}/members/{ada}/$ref"), Value::Null),
            ("POST", format!("{path}/owners/$ref"), reference(&ada)),
            ("DELETE", path, Value::Null),
        ];
        for (method, path, body) in &calls {
            check(&client, few, method, path, body, few_may(204));
            if !made {
                check(&client, many, method, path, body, 204);
            }
        }
    }
    let restore = format!("/directory/deletedItems/{}/restore", id(&roles));
    check(&client, few, "POST", &restore, &Value::Null, 403);
    check(&client, many, "POST", &restore, &Value::Null, 200);
    let new = |name: &str| {
        json!({ "displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true,
            "isAssignableToRole": true })
    };
    check(&client, few, "POST", "/groups", &new("one"), 403);
    check(&client, many, "POST", "/groups", &new("one"), 201);
}

#[test]
fn a_directory_object_is_shown_to_who_may_read_its_kind() {
    let client = Client::new();
    let (ada, people) = (user(&client, "ada"), id(&group(&client, "people", json!({}))));
    let one = |id: &str| format!("/directoryObjects/{id}");
    for (roles, path, expected) in [
        ("User.Read.All", one(&ada), 200),
        ("User.Read.All", one(&people), 403),
        ("Group.Read.All", one(&people), 200),
        ("Group.Read.All", one(&ada), 403),
        ("Directory.Read.All", one(&people), 200),
    ] {
        check(&client, roles, "GET", &path, &Value::Null, expected);
    }
    let body = json!({ "ids": [ada, people] });
    check(&client, "User.Read.All", "POST", "/directoryObjects/getByIds", &body, 403);
    check(&client, "Directory.Read.All", "POST", "/directoryObjects/getByIds", &body, 200);
    let kinds = |roles: &str| {
        let page =
            client.send_as(&bearer(&client, roles), "GET", "/directoryObjects/delta", &[], &Value::Null);
        let told = page.body["value"].as_array().unwrap().clone();
        assert!(!told.is_empty() && !ids(&page.body).is_empty());
        told.iter().any(|one| one["@odata.type"] != "#microsoft.graph.user")
    };
    assert!(!kinds("User.Read.All"));
    assert!(kinds("Group.Read.All"));
}

/// The caller owns one of two applications, and the service principals of both are confined alike.
#[test]
fn an_application_that_writes_what_it_owns_writes_nothing_else() {
    let client = Client::new();
    let owned_by = "Application.ReadWrite.OwnedBy";
    let register = |name: &str| {
        let application = client.post("/applications", &json!({ "displayName": name }));
        let principal = client.post("/servicePrincipals", &json!({ "appId": application["appId"] }));
        (id(&application), id(&principal))
    };
    let (theirs, own) = (register("theirs"), register("own"));
    let caller = client.lab.app.app_id;
    let me = client.lab.world.tenant().application(caller).unwrap().service_principal_id;
    let ctx = CallContext { now: client.lab.world.clock.now(), app: None };
    for ((application, principal), is_own) in [(&theirs, false), (&own, true)] {
        for object in [application, principal] {
            let object = Guid::parse(object).unwrap();
            let mut tenant = client.lab.world.tenant_mut();
            let as_what = forestbed_sim::tenant::Registered::Owners;
            let owns = tenant.object(object).unwrap().owners().contains(&me);
            if owns != is_own {
                tenant.register(&ctx, object, me, (as_what, is_own)).unwrap();
            }
        }
        let may = |status| if is_own { status } else { 403 };
        let jobs = format!("/servicePrincipals/{principal}/synchronization/jobs");
        let body = json!({ "templateId": "API2AAD" });
        check(&client, owned_by, "POST", &jobs, &body, may(201));
        if !is_own {
            check(&client, "Synchronization.ReadWrite.All", "POST", &jobs, &body, 201);
        }
        let job = format!("{jobs}/{}", ids(&client.get(&jobs))[0]);
        for (method, path, status) in [
            ("POST", format!("{job}/start"), 204),
            ("POST", format!("{job}/pause"), 204),
            ("GET", format!("{job}/schema"), 200),
            ("DELETE", job.clone(), 204),
        ] {
            check(&client, owned_by, method, &path, &Value::Null, may(status));
        }
        let path = format!("/applications/{application}");
        let change = json!({ "displayName": "changed" });
        let both = format!("{owned_by} AppRoleAssignment.ReadWrite.All");
        check(&client, &both, "PATCH", &path, &change, may(204));
        client.want(204, "DELETE", &path, &Value::Null);
        let deleted = format!("/directory/deletedItems/{application}");
        check(&client, owned_by, "POST", &format!("{deleted}/restore"), &Value::Null, may(200));
        if is_own {
            client.want(204, "DELETE", &path, &Value::Null);
        }
        check(&client, owned_by, "DELETE", &deleted, &Value::Null, may(204));
    }
}

#[test]
fn a_password_is_changed_by_who_may_change_users() {
    let client = Client::new();
    let path = format!("/users/{}", user(&client, "ada"));
    for name in ["passwordProfile", "PASSWORDprofile"] {
        let body = json!({ name: { "password": "Other!1234" } });
        check(&client, "User.ManageIdentities.All", "PATCH", &path, &body, 403);
    }
    let body = json!({ "passwordProfile": { "password": "Other!1234" } });
    let job = json!({ "jobTitle": "clerk" });
    check(&client, "User.ManageIdentities.All", "PATCH", &path, &job, 204);
    for more in ["User-PasswordProfile.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"] {
        check(&client, &format!("User.ManageIdentities.All {more}"), "PATCH", &path, &body, 204);
    }
}

#[test]
fn the_application_of_the_estate_reads_how_contacts_are_synchronized() {
    let client = Client::new();
    assert!(client.lab.app.roles.iter().any(|role| role == "Contacts-OnPremisesSyncBehavior.ReadWrite.All"));
}

#[test]
fn whoever_is_not_checked_changes_restores_and_watches() {
    let lab = with_switches(ClockMode::Frozen, &[("token_checks", "relaxed")]);
    let client = Client { lab, bearer: "Bearer anything".to_owned() };
    let application = client.post("/applications", &json!({ "displayName": "shop" }));
    let path = format!("/applications/{}", id(&application));
    client.want(204, "PATCH", &path, &json!({ "displayName": "changed" }));
    client.want(204, "DELETE", &path, &Value::Null);
    let deleted = format!("/directory/deletedItems/{}", id(&application));
    client.want(200, "POST", &format!("{deleted}/restore"), &Value::Null);
    let roles = id(&group(&client, "admins", json!({ "isAssignableToRole": true })));
    client.want(204, "DELETE", &format!("/groups/{roles}"), &Value::Null);
    client.want(204, "DELETE", &format!("/directory/deletedItems/{roles}"), &Value::Null);
    let watch = json!({ "changeType": "updated", "notificationUrl": "https://127.0.0.1:9/hook",
        "resource": "/users", "expirationDateTime": "2026-01-05T09:00:00Z" });
    // nobody answers there: what is refused is the receiver, not the caller
    assert_ne!(client.send("POST", "/subscriptions", &watch).status, 403);
}
