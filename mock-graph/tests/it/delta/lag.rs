//! Replication lag as clients meet it (microsoft-graph.md section 4, "Eventual consistency").

use super::client::{Client, spec};
use forestbed_sim::spec::LagSpec;
use serde_json::json;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn late() -> Client {
    let mut late = spec();
    late.tenant.lag =
        LagSpec { object: SECOND * 2, query: SECOND * 5, delta: SECOND * 30, jitter: Duration::ZERO };
    Client::of(late)
}

#[test]
fn reads_by_id_queries_and_delta_follow_a_write_one_after_the_other() {
    let client = late();
    client.advance(SECOND * 60);
    let link = client.round("users/delta?$select=displayName", "").delta;
    let ada = client.user("ada");
    let status = |path: &str| client.ask(path, "").status;
    let one = format!("users/{ada}");
    let seen = || {
        let listed = client.ask("users?$filter=userPrincipalName eq 'ada@contoso.com'", "");
        let counted = listed.body["value"].as_array().unwrap().len();
        (status(&one), counted, client.round(&link, "").items().len())
    };
    let missing = client.ask(&one, "");
    assert_eq!(missing.body["error"]["code"], "Request_ResourceNotFound");
    assert_eq!(
        missing.body["error"]["message"],
        format!(
            "Resource '{ada}' does not exist or one of its queried reference-property objects are not present."
        )
    );
    // who writes is not held up by it
    client.write("PATCH", &one, json!({"jobTitle": "Engineer"}), 204);
    let mut at = 0;
    for (second, expected) in
        [(0, (404, 0, 0)), (2, (200, 0, 0)), (5, (200, 1, 0)), (29, (200, 1, 0)), (30, (200, 1, 1))]
    {
        client.advance(SECOND * (second - at));
        at = second;
        assert_eq!(seen(), expected, "{second} s later");
    }
}

#[test]
fn from_latest_on_nothing_is_lost_that_was_on_its_way() {
    let client = late();
    client.advance(SECOND * 60);
    let ada = client.user("ada");
    let link = client.round("users/delta?$deltatoken=latest", "").delta;
    client.advance(SECOND * 30);
    assert_eq!(client.round(&link, "").ids(), [ada.as_str()]);
}

#[test]
fn a_replica_that_knows_less_loses_nothing() {
    let mut jittery = spec();
    jittery.tenant.lag =
        LagSpec { object: Duration::ZERO, query: Duration::ZERO, delta: SECOND * 10, jitter: SECOND * 60 };
    let client = Client::of(jittery);
    client.advance(SECOND * 100);
    let mut link = client.round("users/delta?$select=displayName", "").delta;
    let mut told: Vec<String> = Vec::new();
    let mut made = Vec::new();
    for nth in 0..60 {
        if nth < 40 {
            made.push(client.user(&format!("u{nth}")));
        }
        client.advance(SECOND * 5);
        let round = client.round(&link, "odata.maxpagesize=2");
        told.extend(round.ids().into_iter().map(str::to_owned));
        link = round.delta;
    }
    told.sort();
    told.dedup();
    made.sort();
    assert_eq!(told, made);
}
