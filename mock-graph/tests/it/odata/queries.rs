//! The other query options: order, search, expansion, pages and their tokens.

use super::conformance::{Population, encoded, population};
use super::{HOST_NAME, Reader};
use serde_json::{Value, json};
use std::time::Duration;

fn names(page: &Value) -> Vec<String> {
    let all = page["value"].as_array().unwrap_or_else(|| panic!("{page}"));
    all.iter().map(|one| one["displayName"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_list_is_sorted_by_the_properties_that_allow_it() {
    let population = population();
    let mut wanted: Vec<String> =
        population.users.iter().map(|user| user["displayName"].as_str().unwrap().to_lowercase()).collect();
    wanted.sort_unstable();
    let read = |target: &str, eventual: bool| {
        let target = format!("/v1.0/users?$top=999&$select=displayName&{target}");
        let page =
            if eventual { population.reader.eventual(&target) } else { population.reader.get(&target) };
        assert_eq!(page.status, 200, "{target}: {}", page.body);
        names(&page.body).iter().map(|name| name.to_lowercase()).collect::<Vec<_>>()
    };
    assert_eq!(read("$orderby=displayName", false), wanted);
    assert_eq!(read("$orderby=DISPLAYNAME%20ASC", false), wanted);
    wanted.reverse();
    assert_eq!(read("$orderby=displayName desc", false), wanted);
    let filtered: Vec<String> = wanted.iter().filter(|name| name.starts_with("ada")).cloned().collect();
    assert!(filtered.len() > 3);
    let target = "$count=true&$orderby=displayName desc&$filter=startsWith(displayName,'Ada')";
    assert_eq!(read(target, true), filtered);
    // microsoft-graph.md section 3: "$orderby with $filter = advanced", displayName and userPrincipalName by default
    for target in [
        "$orderby=displayName&$filter=startsWith(displayName,'A')",
        "$orderby=department",
        "$orderby=accountEnabled",
        "$orderby=createdDateTime",
    ] {
        let answer = population.reader.get(&format!("/v1.0/users?{target}"));
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (400, &json!("Request_UnsupportedQuery")),
            "{target}"
        );
    }
    let answer = population.reader.get("/v1.0/users?$orderby=nosuch");
    assert_eq!((answer.status, &answer.body["error"]["code"]), (400, &json!("BadRequest")));
}

#[test]
fn a_search_finds_by_the_beginnings_of_words() {
    let population = population();
    let all: Vec<&str> = population.users.iter().map(|user| user["displayName"].as_str().unwrap()).collect();
    let check = |search: &str, wanted: &dyn Fn(&str) -> bool| {
        let target = format!("/v1.0/users?$top=999&$select=displayName&$search={}", encoded(search));
        let page = population.reader.eventual(&target);
        assert_eq!(page.status, 200, "{search}: {}", page.body);
        let (mut found, mut wanted): (Vec<String>, Vec<String>) = (
            names(&page.body),
            all.iter().filter(|name| wanted(name)).map(|name| (*name).to_owned()).collect(),
        );
        found.sort_unstable();
        wanted.sort_unstable();
        assert!(!wanted.is_empty() && wanted.len() < all.len(), "{search}");
        assert_eq!(found, wanted, "{search}");
    };
    // microsoft-graph.md section 3: tokenised on displayName and description, others behave as startsWith
    check("\"displayName:ada\"", &|name| name.to_lowercase().starts_with("ada"));
    check("\"displayName:SYNCED\"", &|name| name.contains("Synced"));
    check("\"displayName:synced ada\"", &|name| name.to_lowercase().starts_with("ada synced"));
    check("\"displayName:brien\"", &|name| name.starts_with("O'Brien"));
    check("\"displayName:obrien\"", &|name| name.starts_with("O'Brien"));
    check("\"displayName:söh\"", &|name| name.contains("Söhne"));
    check("\"ada\"", &|name| name.to_lowercase().starts_with("ada"));
    check("\"displayName:ada\" OR \"displayName:abe\"", &|name| {
        name.to_lowercase().starts_with("ada") || name.starts_with("Abe")
    });
    check("\"displayName:ada\" AND \"displayName:synced\"", &|name| {
        name.to_lowercase().starts_with("ada synced")
    });
    check("\"displayName:zoë\" OR (\"displayName:ada\" AND \"displayName:synced\")", &|name| {
        name.starts_with("Zoë") || name.to_lowercase().starts_with("ada synced")
    });
    let by_mail = population.reader.eventual("/v1.0/users?$select=mail&$search=\"mail:mail.1\"");
    for user in by_mail.body["value"].as_array().unwrap() {
        assert!(user["mail"].as_str().unwrap().to_lowercase().starts_with("mail.1"), "{user}");
    }
    // the header is enough, $count need not be there; without the header the reference has the text
    let refused = population.reader.get("/v1.0/users?$search=\"displayName:ada\"");
    let text = "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'";
    assert_eq!((refused.status, &refused.body["error"]["message"]), (400, &json!(text)));
    let malformed = population.reader.eventual("/v1.0/users?$search=displayName:ada");
    assert_eq!(malformed.status, 400);
}

fn manage(reader: &Reader, user: &str, manager: &str) {
    let body =
        json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{manager}") }).to_string();
    assert_eq!(reader.send("PUT", &format!("/v1.0/users/{user}/manager/$ref"), &[], &body).status, 204);
}

fn cloud_ids(population: &Population) -> Vec<&str> {
    let cloud = population.users.iter().filter(|user| user["onPremisesSyncEnabled"].is_null());
    cloud.map(|user| user["id"].as_str().unwrap()).collect()
}

/// Security groups without members.
fn plain_groups(population: &Population) -> Vec<&str> {
    let own = |group: &&Value| {
        let nickname = group["mailNickname"].as_str().unwrap();
        let number = nickname.strip_prefix('g').is_some_and(|rest| rest.parse::<u32>().is_ok());
        number && group["mailEnabled"] == json!(false)
    };
    population.groups.iter().filter(own).map(|group| group["id"].as_str().unwrap()).collect()
}

#[test]
fn relations_are_expanded_one_at_a_time_to_twenty_objects() {
    let population = population();
    let (reader, ids) = (&population.reader, cloud_ids(&population));
    manage(reader, ids[1], ids[0]);
    manage(reader, ids[2], ids[1]);
    manage(reader, ids[0], ids[2]);
    let group = plain_groups(&population)[0];
    for chunk in ids[..40].chunks(20) {
        let bind: Vec<String> =
            chunk.iter().map(|id| format!("https://graph.microsoft.com/v1.0/users/{id}")).collect();
        let body = json!({ "members@odata.bind": bind }).to_string();
        assert_eq!(reader.send("PATCH", &format!("/v1.0/groups/{group}"), &[], &body).status, 204);
    }
    let get = |target: &str| {
        let answer = reader.get(target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        answer.body
    };
    // microsoft-graph.md section 3: "one relation, max 20 items, no nextLink"
    let expanded = get(&format!("/v1.0/groups/{group}?$expand=members"));
    assert_eq!(expanded["members"].as_array().unwrap().len(), 20);
    assert!(expanded.get("members@odata.nextLink").is_none());
    let selected = get(&format!("/v1.0/groups/{group}?$select=id&$expand=members($select=id,displayName)"));
    let first = selected["members"][0].as_object().unwrap();
    assert_eq!(first.keys().collect::<Vec<_>>(), ["@odata.type", "displayName", "id"]);
    let user = get(&format!("/v1.0/users/{}?$expand=manager($select=id)", ids[1]));
    assert_eq!(user["manager"], json!({ "@odata.type": "#microsoft.graph.user", "id": ids[0] }));
    let of = get(&format!("/v1.0/users/{}?$expand=memberOf", ids[1]))["memberOf"].clone();
    assert!(of.as_array().unwrap().iter().any(|own| own["id"] == group), "{of}");
    assert_eq!(
        get(&format!("/v1.0/users/{}?$expand=directReports", ids[1]))["directReports"][0]["id"],
        ids[2]
    );
    assert_eq!(
        get(&format!("/v1.0/groups/{group}?$expand=transitiveMembers"))["transitiveMembers"]
            .as_array()
            .unwrap()
            .len(),
        20
    );
    let list = get("/v1.0/users?$expand=manager($select=id)&$top=999");
    let managed =
        list["value"].as_array().unwrap().iter().filter(|user| user.get("manager").is_some()).count();
    assert_eq!(managed, 3);
    // a chain of managers ends before it comes round
    let target =
        format!("/v1.0/users/{}?$select=id&$count=true&$expand=manager($levels=max;$select=id)", ids[1]);
    let chain = reader.eventual(&target).body;
    assert_eq!(chain["manager"]["id"], ids[0]);
    assert_eq!(chain["manager"]["manager"]["id"], ids[2]);
    assert!(chain["manager"]["manager"].get("manager").is_none());
    assert_eq!(reader.get(&target).status, 400);
    for (target, status, code) in [
        (format!("/v1.0/groups/{group}?$expand=members,owners"), 400, "Request_BadRequest"),
        // microsoft-graph.md section 3: photo => 400 ExpandNotSupported
        (format!("/v1.0/users/{}?$expand=photo", ids[0]), 400, "ExpandNotSupported"),
        (format!("/v1.0/users/{}?$expand=nosuch", ids[0]), 400, "BadRequest"),
    ] {
        let answer = reader.get(&target);
        assert_eq!((answer.status, &answer.body["error"]["code"]), (status, &json!(code)), "{target}");
    }
}

#[test]
fn pages_keep_the_options_and_their_tokens_age() {
    let reader = Reader::new();
    let first = reader.get("/v1.0/users?$top=2&$select=id&custom=x");
    let next = first.body["@odata.nextLink"].as_str().unwrap();
    let target = next.split_once(HOST_NAME).unwrap().1.to_owned();
    assert!(target.starts_with("/v1.0/users?$top=2&$select=id&custom=x&$skiptoken="), "{target}");
    let second = reader.get(&target);
    assert_eq!(second.body["value"][0].as_object().unwrap().len(), 1);
    assert_ne!(second.body["value"], first.body["value"]);
    // microsoft-graph.md 2.6: skip tokens expire in minutes => 400 Directory_ExpiredPageToken
    reader.lab.world.advance(Duration::from_secs(300));
    assert_eq!(reader.get(&target).status, 200);
    reader.lab.world.advance(Duration::from_secs(301));
    let old = reader.get(&target);
    assert_eq!((old.status, &old.body["error"]["code"]), (400, &json!("Directory_ExpiredPageToken")));
    let foreign = reader.get(&target.replace("/users", "/groups"));
    assert_eq!(foreign.status, 400);
    assert_eq!(reader.get("/v1.0/users?$skiptoken=RFNwdAAA").status, 400);
}

#[test]
fn options_are_read_as_graph_reads_them() {
    let reader = Reader::new();
    // microsoft-graph.md section 3: $top 1..999, with the text for 1000
    let refused = reader.get("/v1.0/users?$top=1000");
    let text = "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.";
    assert_eq!((refused.status, &refused.body["error"]["message"]), (400, &json!(text)));
    for (target, status) in [
        ("/v1.0/users?$top=999", 200),
        ("/v1.0/users?$top=0", 400),
        ("/v1.0/users?$skip=5", 400),
        // unknown options are ignored, the dollar may be left out on beta only
        ("/v1.0/users?$nosuch=1&nosuch=2", 200),
        ("/beta/users?top=1000", 400),
        ("/v1.0/users?top=1000", 200),
        ("/v1.0/users?$top=1&$top=2", 400),
        ("/v1.0/USERS?$TOP=1", 200),
        ("/v1.0/users?%24top=1000", 400),
        // microsoft-graph.md 2.1: SharePoint's properties are not for lists
        ("/v1.0/users?$select=skills", 501),
        ("/v1.0/users?$select=nosuch", 400),
    ] {
        assert_eq!(reader.get(target).status, status, "{target}");
    }
    assert_eq!(reader.get("/beta/users?top=1&select=id").body["value"].as_array().unwrap().len(), 1);
    // $count=true without the header is silently ignored (section 3)
    assert!(reader.get("/v1.0/users?$count=true").body.get("@odata.count").is_none());
    let counted = reader.eventual("/v1.0/users?$count=true&$top=1");
    let total = counted.body["@odata.count"].clone();
    assert_eq!(reader.eventual("/v1.0/users/$count").body, total);
    let next = counted.body["@odata.nextLink"].as_str().unwrap().split_once(HOST_NAME).unwrap().1.to_owned();
    assert!(reader.eventual(&next).body.get("@odata.count").is_none(), "the count comes on the first page");
}

#[test]
fn a_collection_is_cast_to_one_of_its_types() {
    let population = population();
    let (reader, ids) = (&population.reader, cloud_ids(&population));
    let plain = plain_groups(&population);
    let path = format!("/v1.0/groups/{}/members", plain[0]);
    for member in [ids[0], ids[1], plain[1]] {
        let body =
            json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{member}") });
        assert_eq!(
            reader.send("POST", &format!("{path}/$ref"), &[], &body.to_string()).status,
            204,
            "{member}"
        );
    }
    let of = |target: &str| -> Vec<String> {
        let page = reader.eventual(target);
        assert_eq!(page.status, 200, "{target}: {}", page.body);
        let mut ids: Vec<String> = page.body["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort_unstable();
        ids
    };
    let sorted = |ids: &[&str]| -> Vec<String> {
        let mut ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(of(&path), sorted(&[ids[0], ids[1], plain[1]]));
    assert_eq!(of(&format!("{path}/microsoft.graph.user")), sorted(&[ids[0], ids[1]]));
    assert_eq!(of(&format!("{path}/microsoft.graph.group?$count=true")), sorted(&[plain[1]]));
    assert_eq!(of(&format!("{path}?$count=true&$filter=isof('microsoft.graph.group')")), sorted(&[plain[1]]));
    let cast = "microsoft.graph.user/accountEnabled eq true or microsoft.graph.user/accountEnabled eq false";
    assert_eq!(of(&format!("{path}?$count=true&$filter={}", encoded(cast))), sorted(&[ids[0], ids[1]]));
    assert_eq!(reader.eventual(&format!("{path}/microsoft.graph.user/$count")).body, json!(2));
    assert_eq!(reader.eventual(&format!("{path}/$count")).body, json!(3));
    let cast = reader.eventual(&format!("{path}/microsoft.graph.user?$select=displayName"));
    assert!(cast.body["@odata.context"].as_str().unwrap().ends_with("#users(displayName)"));
    assert_eq!(reader.get(&format!("{path}/{}/nosuch", ids[0])).status, 400);
}
