use super::{Client, NAME};
use crate::support::{WALL, at, forge};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{SignInEvent, SignInKind};
use forestbed_witness::record;
use serde_json::{Value, json};
use std::time::Duration;

fn user(nickname: &str) -> Value {
    json!({
        "accountEnabled": true, "displayName": nickname, "mailNickname": nickname,
        "userPrincipalName": format!("{nickname}@contoso.com"),
        "passwordProfile": { "password": "Sommer-2026" },
    })
}

fn names(list: &Value) -> Vec<&str> {
    let entries = list["value"].as_array().unwrap();
    entries.iter().map(|entry| entry["activityDisplayName"].as_str().unwrap()).collect()
}

#[test]
fn what_an_application_does_is_found_in_the_directory_audits() {
    let client = Client::new();
    let made = client.expect(201, "POST", "/v1.0/users", user("ada")).body;
    let id = made["id"].as_str().unwrap();
    client.expect(204, "PATCH", &format!("/v1.0/users/{id}"), json!({ "jobTitle": "Clerk" }));
    client.expect(204, "DELETE", &format!("/v1.0/users/{id}"), Value::Null);
    let all = client.get("/v1.0/auditLogs/directoryAudits");
    // microsoft-graph.md 2.4: directoryAudits with activityDisplayName "Add user"
    assert_eq!(names(&all), ["Delete user", "Update user", "Add user"]);
    let added = &all["value"][2];
    assert_eq!(added["initiatedBy"]["app"]["appId"], client.lab.app.app_id.to_string());
    assert_eq!((&added["result"], &added["targetResources"][0]["id"]), (&json!("success"), &json!(id)));
    let modified = &all["value"][1]["targetResources"][0]["modifiedProperties"];
    assert_eq!(
        *modified,
        json!([{ "displayName": "jobTitle", "newValue": "[\"Clerk\"]", "oldValue": null }])
    );
    for (query, expected) in [
        ("$filter=activityDisplayName eq 'Add user'", &["Add user"][..]),
        ("$filter=startswith(activityDisplayName,'U')", &["Update user"]),
        ("$orderby=activityDateTime&$top=1", &["Add user"]),
        ("$filter=result eq 'failure'", &[]),
        ("$filter=activityDateTime ge 2027-01-01T00:00:00Z", &[]),
    ] {
        let found = client.get(&format!("/v1.0/auditLogs/directoryAudits?{query}"));
        assert_eq!(names(&found), expected, "{query}");
    }
    let by_target = format!("$filter=targetResources/any(t:t/id eq '{id}')&$count=true");
    let found = client.get(&format!("/v1.0/auditLogs/directoryAudits?{by_target}"));
    assert_eq!(found["@odata.count"], 3);
    let one = client.get(&format!("/v1.0/auditLogs/directoryAudits/{}", added["id"].as_str().unwrap()));
    assert_eq!(one["activityDisplayName"], "Add user");
    for (query, status) in [("$filter=nosuch eq 1", 400), ("$top=1001", 400), ("$skiptoken=x", 400)] {
        client.refused(status, "GET", &format!("/v1.0/auditLogs/directoryAudits?{query}"), Value::Null);
    }
    record("GRAPH-AUDITS", client.exchanges(), NAME);
}

#[test]
fn pages_of_a_log_hold_while_it_grows() {
    let client = Client::new();
    (0..5).for_each(|n| drop(client.expect(201, "POST", "/v1.0/users", user(&format!("ada{n}")))));
    let mut seen = Vec::new();
    let mut next = "/v1.0/auditLogs/directoryAudits?$top=2&$select=id".to_owned();
    loop {
        let page = client.get(&next);
        seen.extend(page["value"].as_array().unwrap().iter().map(|entry| entry["id"].to_string()));
        // an entry that is newer than the first page is on none of the others
        client.expect(201, "POST", "/v1.0/users", user(&format!("bob{}", seen.len())));
        let Some(link) = page["@odata.nextLink"].as_str() else { break };
        next = link.split_once(".test:8443").unwrap().1.to_owned();
    }
    let distinct: std::collections::BTreeSet<&String> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (5, 5));
}

#[test]
fn sign_ins_show_users_unless_other_events_are_asked_for() {
    let client = Client::new();
    let event = |kind, upn: &str, error_code| SignInEvent {
        at: client.lab.world.clock.now(),
        kind,
        user: None,
        user_principal_name: upn.to_owned(),
        app_id: client.lab.app.app_id,
        resource: "Microsoft Graph".to_owned(),
        resource_id: Guid::NIL,
        client_app: "Browser",
        ip_address: "127.0.0.1".to_owned(),
        error_code,
        failure_reason: "Invalid username or password.".to_owned(),
        correlation_id: None,
    };
    let token = |kind, upn: &str, code| client.lab.world.tenant_mut().record_sign_in(event(kind, upn, code));
    token(SignInKind::InteractiveUser, "ada@contoso.com", 0);
    token(SignInKind::InteractiveUser, "bob@contoso.com", 50126);
    token(SignInKind::ServicePrincipal, "", 0);
    let of = |query: &str| {
        client.get(&format!("/v1.0/auditLogs/signIns?{query}"))["value"].as_array().unwrap().len()
    };
    assert_eq!(of(""), 2);
    assert_eq!(of("$filter=userPrincipalName eq 'ada@contoso.com'"), 1);
    assert_eq!(of("$filter=status/errorCode ne 0"), 1);
    assert!(of("$filter=signInEventTypes/any(t:t eq 'servicePrincipal') and userPrincipalName eq ''") >= 1);
    // microsoft-graph.md 1.8: AuditLog.Read.All AND Directory.Read.All
    let mut claims = client.lab.good_claims();
    claims["roles"] = json!(["AuditLog.Read.All"]);
    let keys = client.lab.get(&format!("/{}/discovery/v2.0/keys", client.lab.tenant));
    let kid = keys.body["keys"][0]["kid"].as_str().unwrap().to_owned();
    let alone = forge(&kid, &claims);
    for (path, status) in [("/v1.0/auditLogs/signIns", 403), ("/v1.0/auditLogs/directoryAudits", 200)] {
        assert_eq!(client.lab.graph("GET", path, &alone, at(WALL, Duration::ZERO)).status, status, "{path}");
    }
    record("GRAPH-SIGN-INS", client.exchanges(), NAME);
}
