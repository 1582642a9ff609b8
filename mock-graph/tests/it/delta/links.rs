//! Members and managers.

use super::client::{Client, spec};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn member(id: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.user", "id": id})
}

fn left(id: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.user", "id": id, "@removed": {"reason": "deleted"}})
}

fn sorted(mut links: Vec<Value>) -> Vec<Value> {
    links.sort_by_key(|link| link["id"].as_str().map(str::to_owned));
    links
}

#[test]
fn members_that_come_and_go_are_told_with_their_types() {
    // microsoft-graph.md A8
    let client = Client::new();
    let (ada, bob, sales, inner) =
        (client.user("ada"), client.user("bob"), client.group("sales"), client.group("inner"));
    client.join(&sales, &ada);
    let first = client.round("groups/delta", "");
    let own = |items: Vec<&Value>| items.into_iter().find(|item| item["id"] == *sales).cloned().unwrap();
    assert_eq!(own(first.items())["members@delta"], json!([member(&ada)]));
    let empty = first.items().into_iter().find(|item| item["id"] == *inner).cloned().unwrap();
    assert!(empty.get("members@delta").is_none(), "absent if the group has no member");
    client.leave(&sales, &ada);
    client.join(&sales, &bob);
    client.join(&sales, &inner);
    let next = client.round(&first.delta, "return=minimal");
    let group = json!({"@odata.type": "#microsoft.graph.group", "id": inner});
    assert_eq!(
        next.items(),
        [&json!({"id": sales, "members@delta": sorted(vec![left(&ada), member(&bob), group])})]
    );
    assert_eq!(own(client.round(&first.delta, "").items())["displayName"], "sales");
    // who comes and goes again between two looks is told as gone
    client.leave(&sales, &bob);
    let last = client.round(&next.delta, "");
    assert_eq!(own(last.items())["members@delta"], json!([left(&bob)]));
}

#[test]
fn members_are_told_only_to_who_follows_them() {
    let client = Client::new();
    let (ada, sales) = (client.user("ada"), client.group("sales"));
    let names = client.round("groups/delta?$select=displayName", "");
    let both = client.round("groups/delta?$select=displayName,members", "");
    client.join(&sales, &ada);
    assert!(client.round(&names.delta, "").items().is_empty());
    assert_eq!(
        client.round(&both.delta, "").items(),
        [&json!({"displayName": "sales", "id": sales, "members@delta": [member(&ada)]})]
    );
    // a first round without members has none
    let first = client.round("groups/delta?$select=displayName", "");
    assert!(first.items().iter().all(|item| item.get("members@delta").is_none()));
}

#[test]
fn long_member_lists_go_on_over_several_pages() {
    // microsoft-graph.md 2.6: huge groups repeat the group object over pages
    let mut small = spec();
    small.tenant.cloud_users = 23;
    small.limits.delta_links_per_page = 5;
    let client = Client::of(small);
    let everyone = client.round("users/delta", "");
    let sales = client.group("sales");
    let latest = client.round("groups/delta?$deltatoken=latest", "").delta;
    everyone.ids().iter().for_each(|id| client.join(&sales, id));
    let mut expected = everyone.ids();
    expected.sort_unstable();
    for link in ["groups/delta", &latest] {
        let round = client.round(link, "");
        let mut told = Vec::new();
        for page in &round.pages {
            assert!(page.len() <= 1, "one group");
            for item in page {
                assert_eq!((&item["id"], &item["displayName"]), (&json!(sales), &json!("sales")));
                let links = item["members@delta"].as_array().unwrap();
                assert!((1..=5).contains(&links.len()));
                told.extend(links.iter().map(|link| link["id"].as_str().unwrap().to_owned()));
            }
        }
        told.sort_unstable();
        assert_eq!(told, expected, "{link}");
        assert_eq!(round.pages.iter().flatten().count(), 5, "{link}");
    }
}

#[test]
fn a_deleted_member_counts_until_it_is_purged() {
    // microsoft-graph.md 2.6: "A soft-deleted user keeps memberships and appears as removed only when purged"
    let client = Client::new();
    let (ada, bob, sales) = (client.user("ada"), client.user("bob"), client.group("sales"));
    client.join(&sales, &ada);
    client.join(&sales, &bob);
    let mut link = client.round("groups/delta", "").delta;
    client.delete(&format!("users/{ada}"));
    client.delete(&format!("users/{bob}"));
    assert!(client.round(&link, "").items().is_empty());
    client.restore(&bob);
    let back = client.round(&link, "return=minimal");
    assert_eq!(back.items(), [&json!({"id": sales, "members@delta": [member(&bob)]})], "told again");
    client.advance(DAY * 29);
    link = client.round("groups/delta?$deltatoken=latest", "").delta;
    client.advance(DAY * 2);
    let purged = client.round(&link, "return=minimal");
    assert_eq!(purged.items(), [&json!({"id": sales, "members@delta": [left(&ada)]})]);
}

#[test]
fn managers_that_come_and_go_are_told() {
    let client = Client::new();
    let (ada, bob, eve) = (client.user("ada"), client.user("bob"), client.user("eve"));
    let appoint = |manager: &str| {
        let body = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/users/{manager}")});
        client.write("PUT", &format!("users/{ada}/manager/$ref"), body, 204);
    };
    appoint(&bob);
    let first = client.round("users/delta?$select=manager", "");
    let own = |items: Vec<&Value>| items.into_iter().find(|item| item["id"] == *ada).cloned().unwrap();
    assert_eq!(own(first.items()), json!({"id": ada, "manager@delta": [member(&bob)]}));
    appoint(&eve);
    let next = client.round(&first.delta, "");
    let both = sorted(vec![left(&bob), member(&eve)]);
    assert_eq!(own(next.items()), json!({"id": ada, "manager@delta": both}));
    client.delete(&format!("users/{eve}"));
    let last = client.round(&next.delta, "");
    assert_eq!(own(last.items()), json!({"id": ada, "manager@delta": [left(&eve)]}));
    // who does not follow managers is not told
    let names = client.round("users/delta?$select=displayName&$deltatoken=latest", "");
    appoint(&bob);
    assert!(client.round(&names.delta, "").items().is_empty());
}

#[test]
fn what_cannot_come_back_with_a_restored_object_is_told_as_removed() {
    // the other side of a membership, and of a manager, was deleted when the object came back
    let client = Client::new();
    let (ada, bob, sales) = (client.user("ada"), client.user("bob"), client.group("sales"));
    client.join(&sales, &ada);
    let body = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/users/{bob}")});
    client.write("PUT", &format!("users/{ada}/manager/$ref"), body, 204);
    let groups = client.round("groups/delta?$select=members", "").delta;
    let users = client.round("users/delta?$select=manager", "").delta;
    client.delete(&format!("users/{ada}"));
    client.delete(&format!("groups/{sales}"));
    client.delete(&format!("users/{bob}"));
    client.restore(&ada);
    client.restore(&sales);
    let told = client.round(&groups, "");
    assert_eq!(told.items(), [&json!({"id": sales, "members@delta": [left(&ada)]})]);
    let told = client.round(&users, "");
    let own = told.items().into_iter().find(|item| item["id"] == *ada).cloned().unwrap();
    assert_eq!(own, json!({"id": ada, "manager@delta": [left(&bob)]}));
    let members = client.ask(&format!("groups/{sales}/members"), "");
    assert_eq!(members.body["value"], json!([]), "as the group itself says");
}
