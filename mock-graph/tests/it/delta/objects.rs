//! Which objects are told, and what of them.

use super::client::{Client, spec};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn the_first_round_tells_every_object_and_the_next_one_only_what_changed() {
    // microsoft-graph.md A7
    let client = Client::new();
    let ada = client.user("ada");
    let first = client.round("users/delta", "");
    assert_eq!(first.items().len(), 4);
    assert!(first.delta.contains("/v1.0/users/delta?$deltatoken="), "{}", first.delta);
    assert!(client.round(&first.delta, "").items().is_empty());
    client.write("PATCH", &format!("users/{ada}"), json!({"jobTitle": "Engineer"}), 204);
    let next = client.round(&first.delta, "");
    assert_eq!(
        next.items(),
        [&json!({"displayName": "ada", "jobTitle": "Engineer", "userPrincipalName": "ada@contoso.com",
            "id": ada})]
    );
    assert!(next.context.ends_with("/v1.0/$metadata#users"), "{}", next.context);
    // the same link tells the same again
    assert_eq!(client.round(&first.delta, "").items(), next.items());
    assert!(client.round(&next.delta, "").items().is_empty());
}

#[test]
fn minimal_answers_hold_only_what_changed() {
    let client = Client::new();
    let ada = client.user("ada");
    let link = client.round("users/delta?$select=displayName,jobTitle,department", "").delta;
    client.write("PATCH", &format!("users/{ada}"), json!({"jobTitle": "Engineer", "city": "Oslo"}), 204);
    let answer = client.ask(&link, "return=minimal");
    assert_eq!(answer.header("preference-applied"), "return=minimal");
    assert_eq!(answer.body["value"], json!([{"jobTitle": "Engineer", "id": ada}]));
    let context = answer.body["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("#users(displayName,jobTitle,department)"), "{context}");
    // in full: what ever had a value
    let whole = json!([{"displayName": "ada", "jobTitle": "Engineer", "id": ada}]);
    assert_eq!(client.ask(&link, "").body["value"], whole);
}

#[test]
fn a_cleared_property_is_null_and_one_that_was_never_set_is_missing() {
    // microsoft-graph.md 2.6: "null if cleared; never-set ones omitted"
    let client = Client::new();
    let ada = client.user("ada");
    client.write("PATCH", &format!("users/{ada}"), json!({"jobTitle": "Engineer"}), 204);
    let link = client.round("users/delta?$select=jobTitle,department", "").delta;
    client.write("PATCH", &format!("users/{ada}"), json!({"jobTitle": null}), 204);
    for prefer in ["", "return=minimal"] {
        assert_eq!(client.ask(&link, prefer).body["value"], json!([{"jobTitle": null, "id": ada}]));
    }
    let again = client.round("users/delta?$select=jobTitle,department", "");
    let own = again.items().into_iter().find(|item| item["id"] == *ada).unwrap();
    assert_eq!(*own, json!({"jobTitle": null, "id": ada}));
}

#[test]
fn a_change_of_a_property_that_is_not_tracked_tells_nothing() {
    let client = Client::new();
    let ada = client.user("ada");
    let select = client.round("users/delta?$select=displayName", "").delta;
    let default = client.round("users/delta", "").delta;
    client.write("PATCH", &format!("users/{ada}"), json!({"department": "Sales"}), 204);
    assert!(client.round(&select, "").items().is_empty());
    assert!(client.round(&default, "").items().is_empty());
    client.write("PATCH", &format!("users/{ada}"), json!({"displayName": "Ada L."}), 204);
    assert_eq!(client.round(&select, "").ids(), [ada.as_str()]);
}

#[test]
fn deleted_purged_and_restored_objects_are_told_as_such() {
    // microsoft-graph.md 2.6: "changed" = restorable, "deleted" = purged; a restored one comes without a mark
    let client = Client::new();
    let (ada, bob) = (client.user("ada"), client.user("bob"));
    let mut link = client.round("users/delta", "").delta;
    client.delete(&format!("users/{ada}"));
    client.delete(&format!("users/{bob}"));
    let round = client.round(&link, "");
    let removed = |id: &str, reason: &str| json!({"id": id, "@removed": {"reason": reason}});
    assert_eq!(round.items(), [&removed(&ada, "changed"), &removed(&bob, "changed")]);
    link = round.delta;
    client.restore(&bob);
    let round = client.round(&link, "return=minimal");
    assert_eq!(
        round.items(),
        [&json!({"displayName": "bob", "userPrincipalName": "bob@contoso.com", "id": bob})]
    );
    assert!(!client.round("users/delta", "").ids().contains(&ada.as_str()), "only what exists");
    client.advance(DAY * 29);
    link = client.round("users/delta?$deltatoken=latest", "").delta;
    client.advance(DAY * 2);
    assert_eq!(client.round(&link, "").items(), [&removed(&ada, "deleted")]);
}

#[test]
fn latest_tells_nothing_and_follows_from_now_on() {
    let client = Client::new();
    for target in ["users/delta?$deltaToken=latest", "users/delta()?%24deltatoken=latest&$select=displayName"]
    {
        let round = client.round(target, "");
        assert!(round.items().is_empty(), "{target}");
        let name = format!("u{}", target.len());
        let id = client.user(&name);
        let next = client.round(&round.delta, "");
        assert_eq!(next.ids(), [id.as_str()], "{target}");
        let whole = target.contains("select");
        let expected = if whole { json!({"displayName": name, "id": id}) } else { next.items()[0].clone() };
        assert_eq!(*next.items()[0], expected);
    }
}

#[test]
fn a_filter_follows_up_to_fifty_objects() {
    let client = Client::new();
    let (ada, bob, eve) = (client.user("ada"), client.user("bob"), client.user("eve"));
    let target = format!("users/delta?$filter=id eq '{ada}' or id eq '{bob}'&$select=displayName");
    let first = client.round(&target, "odata.maxpagesize=1");
    let mut told: Vec<&str> = first.ids();
    told.sort_unstable();
    let mut expected = [ada.as_str(), bob.as_str()];
    expected.sort_unstable();
    assert_eq!((told, first.pages.len()), (expected.to_vec(), 2));
    for id in [&ada, &eve] {
        client.write("PATCH", &format!("users/{id}"), json!({"displayName": "changed"}), 204);
    }
    assert_eq!(client.round(&first.delta, "").ids(), [ada.as_str()]);
    let many = |count: usize| vec![format!("id eq '{ada}'"); count].join(" or ");
    assert_eq!(client.ask(&format!("users/delta?$filter={}", many(50)), "").status, 200);
    for filter in [many(51), "displayName eq 'ada'".to_owned(), format!("id ne '{ada}'")] {
        assert_eq!(client.ask(&format!("users/delta?$filter={filter}"), "").status, 400, "{filter}");
    }
}

#[test]
fn what_delta_queries_do_not_take_is_refused() {
    // microsoft-graph.md 2.6: no $expand, $orderby, $search; section 3: unknown properties
    let client = Client::new();
    for query in [
        "$expand=manager",
        "$orderby=displayName",
        "$search=\"displayName:a\"",
        "$skip=1",
        "$count=true",
        "$select=nosuch",
        "$top=0",
        "$top=1000",
        "$select=id&$select=id",
    ] {
        assert_eq!(client.ask(&format!("users/delta?{query}"), "").status, 400, "{query}");
    }
    assert_eq!(client.ask("users/delta?$select=skills", "").status, 501);
    assert_eq!(client.send("POST", "/v1.0/users/delta", "", &json!({})).status, 405);
}

#[test]
fn pages_have_the_size_that_is_preferred_and_every_object_comes_once() {
    let mut small = spec();
    small.tenant.cloud_users = 23;
    let client = Client::of(small);
    let all = client.round("users/delta", "");
    assert_eq!((all.pages.len(), all.items().len()), (1, 23));
    for (target, prefer, sizes) in [
        ("users/delta", "odata.maxpagesize=10", vec![10, 10, 3]),
        ("users/delta?$top=12", "", vec![12, 11]),
        ("users/delta", "odata.maxpagesize=0", vec![23]),
    ] {
        let round = client.round(target, prefer);
        let found: Vec<usize> = round.pages.iter().map(Vec::len).collect();
        assert_eq!(found, sizes, "{target} {prefer}");
        assert_eq!(round.ids(), all.ids());
    }
    let answer = client.ask("users/delta", "odata.maxpagesize=10, return=minimal");
    let applied: Vec<_> = answer.headers.get_all("preference-applied").iter().collect();
    assert_eq!(applied, ["odata.maxpagesize=10", "return=minimal"]);
    assert!(answer.body["@odata.nextLink"].as_str().unwrap().contains("/users/delta?$skiptoken="));
}

#[test]
fn what_changes_while_pages_are_read_is_told_later_at_the_latest() {
    let mut small = spec();
    small.tenant.cloud_users = 9;
    let client = Client::of(small);
    let mut answer = client.ask("users/delta?$select=displayName", "odata.maxpagesize=3");
    let early = answer.body["value"][0]["id"].as_str().unwrap().to_owned();
    let gone = answer.body["value"][1]["id"].as_str().unwrap().to_owned();
    client.write("PATCH", &format!("users/{early}"), json!({"displayName": "while paging"}), 204);
    client.delete(&format!("users/{gone}"));
    let new = client.user("latecomer");
    while let Some(next) = answer.body["@odata.nextLink"].as_str() {
        answer = client.ask(next, "");
    }
    let round = client.round(answer.body["@odata.deltaLink"].as_str().unwrap(), "");
    let told = |id: &str| round.items().into_iter().find(|item| item["id"] == *id).cloned();
    assert_eq!(told(&early).unwrap()["displayName"], "while paging");
    assert_eq!(told(&gone).unwrap()["@removed"]["reason"], "changed");
    assert_eq!(told(&new).unwrap()["displayName"], "latecomer");
}

#[test]
fn directory_objects_are_followed_together_and_by_type() {
    let client = Client::new();
    let (ada, sales) = (client.user("ada"), client.group("sales"));
    let all = client.round("directoryObjects/delta", "odata.maxpagesize=2");
    let types = |round: &super::client::Round| {
        let mut types: Vec<String> =
            round.items().iter().map(|item| item["@odata.type"].as_str().unwrap().to_owned()).collect();
        types.sort();
        types.dedup();
        types
    };
    assert!(types(&all).contains(&"#microsoft.graph.group".to_owned()));
    assert!(all.context.ends_with("$metadata#directoryObjects"), "{}", all.context);
    let groups = client.round("directoryObjects/delta?filter=isof('microsoft.graph.group')", "");
    assert_eq!((types(&groups), groups.ids()), (vec!["#microsoft.graph.group".to_owned()], vec![&*sales]));
    let one = client.round(&format!("directoryObjects/delta?$filter=id eq '{ada}'"), "");
    assert_eq!(one.ids(), [ada.as_str()]);
    client.join(&sales, &ada);
    client.delete(&format!("users/{ada}"));
    let next = client.round(&all.delta, "");
    let told: Vec<&Value> = next.items();
    assert_eq!(told[0]["members@delta"], json!([{"@odata.type": "#microsoft.graph.user", "id": ada}]));
    assert_eq!(
        *told[1],
        json!({"@odata.type": "#microsoft.graph.user", "id": ada, "@removed": {"reason": "changed"}})
    );
    assert!(client.round(&groups.delta, "").ids().iter().all(|id| **id == *sales));
}
