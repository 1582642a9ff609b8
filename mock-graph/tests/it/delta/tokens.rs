//! How long tokens hold, and what for.

use super::client::{Client, spec};
use serde_json::json;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn a_delta_token_lives_seven_days_and_then_the_client_is_sent_to_begin_anew() {
    // microsoft-graph.md 2.6: 7 days; 410 with a Location without token
    for (switch, code) in [
        ("resync-required", "resyncRequired"),
        ("sync-state-not-found", "syncStateNotFound"),
        ("directory-resync-required", "Directory_ResyncRequired"),
    ] {
        let mut own = spec();
        own.tenant.switches.insert("delta_resync".to_owned(), switch.to_owned());
        let client = Client::of(own);
        let ada = client.user("ada");
        let target = format!("users/delta?$select=displayName,jobTitle&$filter=id eq '{ada}'");
        let link = client.round(&target, "").delta;
        client.advance(DAY * 7 - Duration::from_secs(1));
        assert_eq!(client.ask(&link, "").status, 200);
        client.write("PATCH", &format!("users/{ada}"), json!({"jobTitle": "Engineer"}), 204);
        client.advance(Duration::from_secs(1));
        let over = client.ask(&link, "");
        assert_eq!((over.status, &over.body["error"]["code"]), (410, &json!(code)));
        let location = over.header("location").to_owned();
        assert!(location.ends_with("&$deltatoken="), "{location}");
        let anew = client.round(&location, "");
        assert_eq!(anew.items(), [&json!({"displayName": "ada", "jobTitle": "Engineer", "id": ada})]);
    }
}

#[test]
fn a_page_token_lives_minutes() {
    let client = Client::new();
    let answer = client.ask("users/delta", "odata.maxpagesize=1");
    let next = answer.body["@odata.nextLink"].as_str().unwrap().to_owned();
    assert_eq!(client.ask(&next, "").status, 200);
    client.advance(Duration::from_secs(3600));
    let over = client.ask(&next, "");
    assert_eq!((over.status, &over.body["error"]["code"]), (400, &json!("Directory_ExpiredPageToken")));
}

#[test]
fn a_token_of_a_world_that_was_reset_does_not_hold() {
    let client = Client::new();
    let link = client.round("users/delta", "").delta;
    let page = client.ask("users/delta", "odata.maxpagesize=1");
    let page = page.body["@odata.nextLink"].as_str().unwrap().to_owned();
    client.user("ada");
    let future = client.round(&link, "").delta;
    client.world().reset();
    assert_eq!(client.ask(&future, "").status, 410);
    assert_eq!(client.ask(&link, "").status, 410);
    assert_eq!(client.ask(&page, "").status, 400);
}

#[test]
fn forged_and_foreign_tokens_are_refused() {
    // seen on a live tenant: 400 BadRequest "Badly formed token." without a Location (graph-texts.tsv)
    let client = Client::new();
    let users = client.round("users/delta", "").delta;
    let token = users.rsplit('=').next().unwrap().to_owned();
    let changed = format!("{}{}", if token.starts_with('B') { "C" } else { "B" }, &token[1..]);
    for target in [
        format!("groups/delta?$deltatoken={token}"),
        format!("users/delta?$skiptoken={token}"),
        format!("users/delta?$deltatoken={changed}"),
        format!("users/delta?$deltatoken={}", &token[..token.len() - 4]),
        "users/delta?$deltatoken=garbage".to_owned(),
        "users/delta?$skiptoken=".to_owned(),
        "users/delta?$deltatoken=%FF%00".to_owned(),
    ] {
        let answer = client.ask(&target, "");
        assert_eq!((answer.status, &answer.body["error"]["code"]), (400, &json!("BadRequest")), "{target}");
        assert_eq!(answer.body["error"]["message"], "Badly formed token.", "{target}");
        assert_eq!(answer.header("location"), "", "{target}");
    }
    let other = Client::of(forestbed_sim::spec::EstateSpec { seed: 7, ..spec() });
    assert_eq!(other.ask(&users, "").status, 400, "another tenant's");
}

#[test]
fn every_form_of_the_call_is_understood() {
    // microsoft-graph.md 2.6, URL forms; the token's name encoded or not, in any case
    let client = Client::new();
    for path in
        ["users/delta", "users/delta()", "Users/microsoft.graph.delta()", "users/microsoft.graph.delta"]
    {
        for name in ["$deltatoken", "%24deltatoken", "%24deltaToken", "$DeltaToken"] {
            let link = client.round(path, "").delta;
            let token = link.rsplit('=').next().unwrap();
            assert_eq!(client.ask(&format!("{path}?{name}={token}"), "").status, 200, "{path} {name}");
        }
    }
    let beta = client.round("/beta/groups/delta", "");
    assert!(beta.delta.contains("/beta/groups/delta?$deltatoken="), "{}", beta.delta);
}
