//! What users may do through an application: its permissions and their own rights, both (microsoft-graph.md 1.7,
//! Microsoft's pages of default user permissions and of built-in roles).

use super::grants::encode;
use super::support::{Lab, WALL, at, decode, forge};
use bytes::Bytes;
use forestbed_sim::tenant::{CallContext, ObjectKind};
use forestbed_witness::record;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde_json::{Value, json};
use std::time::Duration;

const ADMIN: &str = "admin@contoso.onmicrosoft.com";

struct People {
    lab: Lab,
    admin: String,
    member: String,
    other: String,
    group: String,
}

impl People {
    fn new() -> People {
        let lab = Lab::new();
        let (names, group) = {
            let tenant = lab.world.tenant();
            let users =
                tenant.iter(ObjectKind::User).map(|user| user.user_principal_name().unwrap().to_owned());
            let group = tenant.iter(ObjectKind::Group).next().unwrap().id().to_string();
            (users.take(3).collect::<Vec<_>>(), group)
        };
        let [admin, member, other] = names.try_into().unwrap();
        assert_eq!(admin, ADMIN);
        People { lab, admin, member, other, group }
    }

    /// A token of a user, got as clients get it.
    fn token(&self, user: &str) -> String {
        let (id, password) = (self.lab.app.app_id.to_string(), self.lab.world.tenant().first_password());
        let form = encode(&[
            ("grant_type", "password"),
            ("client_id", &id),
            ("username", user),
            ("password", &password),
            ("scope", "https://graph.microsoft.com/.default"),
        ]);
        let answer = self.lab.token("/organizations/oauth2/v2.0/token", &form);
        format!("Bearer {}", answer.body["access_token"].as_str().unwrap())
    }

    /// The same with other permissions in it.
    fn with_scopes(&self, user: &str, scopes: &str) -> String {
        let good = self.token(user);
        let (header, mut claims) = decode(good.strip_prefix("Bearer ").unwrap());
        claims["scp"] = json!(scopes);
        forge(header["kid"].as_str().unwrap(), &claims)
    }

    fn status(&self, method: &str, path: &str, bearer: &str, body: &Value) -> u16 {
        let request = Request::builder()
            .method(method)
            .uri(format!("/v1.0{path}"))
            .header(HOST, "localhost")
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        self.lab.send(request, at(WALL, Duration::ZERO)).status
    }
}

#[test]
fn a_member_reads_and_an_administrator_writes() {
    let people = People::new();
    let (member, admin) = (people.token(&people.member), people.token(&people.admin));
    let other = format!("/users/{}", people.other);
    let group = format!("/groups/{}", people.group);
    let body = json!({ "description": "changed" });
    let job = json!({ "jobTitle": "changed" });
    for (bearer, method, path, body, expected) in [
        (&member, "GET", "/users", &job, 200),
        (&member, "GET", other.as_str(), &job, 200),
        (&member, "PATCH", other.as_str(), &job, 403),
        (&member, "DELETE", other.as_str(), &job, 403),
        (&member, "PATCH", group.as_str(), &body, 403),
        (&member, "GET", "/auditLogs/signIns", &job, 403),
        (&admin, "GET", "/auditLogs/signIns", &job, 200),
        (&admin, "PATCH", other.as_str(), &job, 204),
        (&admin, "PATCH", group.as_str(), &body, 204),
        (&admin, "DELETE", other.as_str(), &job, 204),
    ] {
        assert_eq!(people.status(method, path, bearer, body), expected, "{method} {path}");
    }
    record("GRAPH-USER-RIGHTS", people.lab.world.journal.last_seq(), "mock-graph/tests/it/privileges.rs");
}

#[test]
fn an_administrator_does_no_more_than_the_permissions_say() {
    let people = People::new();
    let own = format!("/users/{}", people.admin);
    let other = format!("/users/{}", people.other);
    let job = json!({ "jobTitle": "changed" });
    for (scopes, method, path, expected) in [
        ("User.Read", "GET", own.as_str(), 200),
        ("User.Read", "GET", other.as_str(), 403),
        ("User.Read", "PATCH", own.as_str(), 403),
        ("User.ReadBasic.All", "GET", other.as_str(), 200),
        ("User.ReadWrite", "PATCH", own.as_str(), 204),
        ("User.ReadWrite", "PATCH", other.as_str(), 403),
        ("User.Read.All", "GET", "/users", 200),
        ("User.Read.All", "PATCH", other.as_str(), 403),
        ("Directory.AccessAsUser.All", "PATCH", other.as_str(), 204),
        ("openid profile", "GET", "/users", 403),
    ] {
        let bearer = people.with_scopes(&people.admin, scopes);
        assert_eq!(people.status(method, path, &bearer, &job), expected, "{scopes} {method} {path}");
    }
}

#[test]
fn a_guest_reads_what_it_can_name() {
    let people = People::new();
    let id = people.lab.world.tenant().user(&people.member).unwrap().id();
    let ctx = CallContext { now: people.lab.world.clock.now(), app: None };
    let guest = json!({ "userType": "Guest" });
    people.lab.world.tenant_mut().update(&ctx, id, guest.as_object().unwrap()).unwrap();
    let bearer = people.token(&people.member);
    let nothing = json!({});
    assert_eq!(people.status("GET", "/users", &bearer, &nothing), 403);
    assert_eq!(people.status("GET", &format!("/users/{}", people.member), &bearer, &nothing), 200);
}

#[test]
fn an_owner_manages_the_group() {
    let people = People::new();
    let group = forestbed_sim::ids::Guid::parse(&people.group).unwrap();
    let id = people.lab.world.tenant().user(&people.member).unwrap().id();
    let ctx = CallContext { now: people.lab.world.clock.now(), app: None };
    people.lab.world.tenant_mut().add_owner(&ctx, group, id).unwrap();
    let (owner, other) = (people.token(&people.member), people.token(&people.other));
    let (path, body) = (format!("/groups/{}", people.group), json!({ "description": "changed" }));
    assert_eq!(people.status("PATCH", &path, &other, &body), 403);
    assert_eq!(people.status("PATCH", &path, &owner, &body), 204);
}

#[test]
fn the_own_object_needs_the_same_under_me() {
    let people = People::new();
    let nothing = json!({});
    let status = |scopes: &str, method: &str| {
        people.status(method, "/me", &people.with_scopes(&people.member, scopes), &nothing)
    };
    assert_eq!(status("Group.Read.All", "GET"), 403);
    // a member may not change what administrators keep
    assert_eq!(status("User.ReadWrite.All", "PATCH"), 403);
    assert_ne!(status("User.Read", "GET"), 403);
}

#[test]
fn app_roles_are_given_by_who_gives_roles() {
    let people = People::new();
    let ctx = CallContext { now: people.lab.world.clock.now(), app: None };
    let (member, group, principal) = {
        let mut tenant = people.lab.world.tenant_mut();
        let member = tenant.user(&people.member).unwrap().id();
        let group = forestbed_sim::ids::Guid::parse(&people.group).unwrap();
        let principal = tenant.application(people.lab.app.app_id).unwrap().service_principal_id;
        tenant.add_owner(&ctx, group, member).unwrap();
        let owners = forestbed_sim::tenant::Registered::Owners;
        tenant.register(&ctx, principal, member, (owners, true)).unwrap();
        (member, group, principal)
    };
    let nothing = json!({});
    let paths = [
        format!("/users/{member}/appRoleAssignments"),
        format!("/groups/{group}/appRoleAssignments"),
        format!("/servicePrincipals/{principal}/appRoleAssignments"),
        format!("/servicePrincipals/{principal}/appRoleAssignedTo"),
    ];
    let bearer = people.with_scopes(&people.member, "AppRoleAssignment.ReadWrite.All");
    let give = |template: Option<&str>| {
        if let Some(template) = template {
            let template = forestbed_sim::ids::Guid::parse(template).unwrap();
            let mut tenant = people.lab.world.tenant_mut();
            tenant.add_role_assignment(&ctx, member, template, None).unwrap();
        }
    };
    // nobody; Application Administrator; Hybrid Identity Administrator; Privileged Role Administrator
    for (template, refused) in [
        (None, true),
        (Some("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"), true),
        (Some("8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2"), true),
        (Some("e8611ab8-c189-46e8-94e1-60213ab1f814"), false),
    ] {
        give(template);
        for path in &paths {
            let status = people.status("POST", path, &bearer, &nothing);
            assert_eq!(status == 403, refused, "{template:?} {path}: {status}");
        }
    }
}

#[test]
fn a_groups_administrator_is_no_giver_of_roles() {
    let people = People::new();
    let ctx = CallContext { now: people.lab.world.clock.now(), app: None };
    let body = json!({ "displayName": "admins", "mailNickname": "admins", "mailEnabled": false,
        "securityEnabled": true, "isAssignableToRole": true });
    let group = people.lab.world.tenant_mut().create_group(&ctx, body.as_object().unwrap()).unwrap();
    let member = people.lab.world.tenant().user(&people.other).unwrap().id();
    let template = forestbed_sim::ids::Guid::parse("fdd7a751-b60b-444a-984c-02652fe8fa1c").unwrap();
    people.lab.world.tenant_mut().add_role_assignment(&ctx, member, template, None).unwrap();
    let change = json!({ "description": "changed" });
    let path = format!("/groups/{group}");
    // a Groups Administrator may not, a Global Administrator may
    assert_eq!(people.status("PATCH", &path, &people.token(&people.other), &change), 403);
    assert_eq!(people.status("PATCH", &path, &people.token(&people.admin), &change), 204);
}
