//! Paging, filtering, sorting, searching and expanding.

use super::*;

#[test]
fn paging_meets_every_user_once_and_keeps_the_options() {
    let world = world(25);
    let client = Client::new(&world);
    for target in
        ["/users?$top=4&$select=id", "/users?$top=4&$select=id&$orderby=displayName%20desc", "/users?$top=25"]
    {
        let pages = client.pages(target, "id");
        let mut ids = pages.concat();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 25, "{target}");
        assert_eq!(pages.concat().len(), 25, "{target}");
        let size = if target.ends_with("25") { 25 } else { 4 };
        assert!(pages[..pages.len() - 1].iter().all(|page| page.len() == size), "{target}");
    }
}

#[test]
fn paging_while_objects_come_and_go_repeats_nothing() {
    let world = world(20);
    let client = Client::new(&world);
    let mut seen: Vec<String> = Vec::new();
    let mut next = Some("/users?$top=3&$select=id".to_owned());
    let mut round = 0;
    while let Some(target) = next {
        let page = client.get(&target);
        let ids = page["value"].as_array().unwrap().iter().map(|v| v["id"].as_str().unwrap().to_owned());
        seen.extend(ids);
        let link = page["@odata.nextLink"].as_str();
        next = link.map(|link| link[BASE.len() + 5..].to_owned());
        round += 1;
        assert!(round < 100, "pages without end");
        if round > 5 {
            continue;
        }
        // the object that the next page would have begun with goes, and a new one comes
        let gone = client.get("/users?$top=999&$select=id")["value"].clone();
        let mut gone = gone.as_array().unwrap().iter().map(|v| v["id"].as_str().unwrap());
        let gone = gone.find(|id| !seen.iter().any(|own| own == id)).unwrap();
        assert_eq!(client.send(&Method::DELETE, &format!("/users/{gone}"), "").status, 204);
        let name = format!("new{round}");
        assert_eq!(client.post("/users", &writes::user(&name)).0, 201);
    }
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), seen.len());
    // 20 users less the 5 that went before their page, and the 5 new ones at the end
    assert_eq!(seen.len(), 20);
}

#[test]
fn a_token_is_bound_to_its_query_and_world() {
    let world = world(9);
    let client = Client::new(&world);
    let link = client.get("/users?$top=2")["@odata.nextLink"].as_str().unwrap().to_owned();
    let token = link.split("$skiptoken=").nth(1).unwrap();
    let other = client.refusal(&Method::GET, &format!("/groups?$skiptoken={token}"), "");
    assert_eq!(other.0, 400);
    world.reset();
    let expired = client.refusal(&Method::GET, &format!("/users?$top=2&$skiptoken={token}"), "");
    // microsoft-graph.md 2.6: code Directory_ExpiredPageToken
    assert_eq!((expired.0, expired.1.as_str()), (400, "Directory_ExpiredPageToken"));
}

#[test]
fn filters_by_index_and_by_scan_agree() {
    let world = world(12);
    let client = Client::advanced(&world);
    let all = client.get("/users?$select=id,userPrincipalName,mail,displayName,proxyAddresses&$top=999");
    let sample = all["value"][3].clone();
    let text = |name: &str| sample[name].as_str().unwrap().replace('\'', "''").replace(' ', "%20");
    let (id, upn, mail) = (text("id"), text("userPrincipalName"), text("mail"));
    for filter in [
        format!("id%20eq%20'{id}'"),
        format!("id%20in%20('{id}','00000000-0000-0000-0000-000000000000')"),
        format!("userPrincipalName%20eq%20'{}'", upn.to_uppercase()),
        format!("mail%20eq%20'{mail}'"),
        format!("startswith(userPrincipalName,'{upn}')"),
        format!("proxyAddresses/any(p:p%20eq%20'SMTP:{mail}')"),
        format!("accountEnabled%20eq%20true%20and%20userPrincipalName%20eq%20'{upn}'"),
        format!("id%20eq%20'{id}'%20or%20userPrincipalName%20eq%20'{upn}'"),
        format!("not(userPrincipalName%20ne%20'{upn}')"),
    ] {
        let found = client.pages(&format!("/users?$count=true&$filter={filter}"), "id").concat();
        assert_eq!(found, std::slice::from_ref(&id), "{filter}");
        assert_eq!(client.get(&format!("/users?$count=true&$filter={filter}"))["@odata.count"], 1);
    }
}

#[test]
fn sorting_follows_the_property_and_refuses_what_is_advanced() {
    let world = world(15);
    let plain = Client::new(&world);
    let names = plain.pages("/users?$orderby=displayName&$top=4&$select=displayName", "displayName").concat();
    let mut sorted = names.clone();
    sorted.sort_by_key(|name| name.to_lowercase());
    assert_eq!(names, sorted);
    // section 3: "with $filter = advanced"
    let with_filter = "/users?$orderby=displayName&$filter=startswith(displayName,'a')";
    assert_eq!(plain.refusal(&Method::GET, with_filter, "").0, 400);
    let advanced = Client::advanced(&world);
    assert_eq!(advanced.send(&Method::GET, &format!("{with_filter}&$count=true"), "").status, 200);
}

#[test]
fn search_reads_words_of_the_display_name() {
    let world = world(4);
    let client = Client::advanced(&world);
    // section 3: tokenised on displayName; the first cloud user is "Contoso Administrator"
    for (search, hits) in [
        ("%22displayName:admin%22", 1),
        ("%22displayName:contoso%20admin%22", 1),
        ("%22displayName:nistrator%22", 0),
        ("%22userPrincipalName:admin@%22", 1),
        ("%22displayName:nobody%22%20OR%20%22userPrincipalName:admin@%22", 1),
    ] {
        let found = client.get(&format!("/users?$search={search}"));
        assert_eq!(found["value"].as_array().unwrap().len(), hits, "{search}");
    }
}

#[test]
fn members_say_their_type_and_can_be_cast_and_expanded() {
    let world = world(8);
    let client = Client::advanced(&world);
    let groups = client.get("/groups?$expand=members($select=id,displayName)")["value"].clone();
    let group = groups.as_array().unwrap().iter().find(|g| !g["members"].as_array().unwrap().is_empty());
    let group = group.expect("a group with members").clone();
    let id = group["id"].as_str().unwrap();
    let member = &group["members"][0];
    assert_eq!(member["@odata.type"], "#microsoft.graph.user");
    assert_eq!(order(&member.to_string()).len(), 3);
    let members = client.get(&format!("/groups/{id}/Members"));
    assert_eq!(members["value"][0]["@odata.type"], "#microsoft.graph.user");
    assert!(members["value"][0]["userPrincipalName"].is_string());
    let expected = members["value"].as_array().unwrap().len();
    let pages = client.pages(&format!("/groups/{id}/members?$top=1"), "id");
    assert_eq!((pages.len(), pages.concat().len()), (expected, expected));
    let cast = client.get(&format!("/groups/{id}/members/microsoft.graph.user?$count=true&$select=id"));
    assert_eq!(cast["@odata.count"], expected);
    let cast = client.get(&format!("/groups/{id}/members/microsoft.graph.group?$count=true"));
    assert_eq!(cast["@odata.count"], 0);
    let count = client.send(&Method::GET, &format!("/groups/{id}/members/$count"), "");
    assert_eq!(text(&count), expected.to_string());
    let first = members["value"][0]["id"].as_str().unwrap();
    let of = client.get(&format!("/users/{first}/memberOf?$select=id"));
    assert!(of["value"].as_array().unwrap().iter().any(|g| g["id"] == id));
}

#[test]
fn an_expanded_relation_shows_at_most_twenty() {
    let world = world(23);
    let client = Client::new(&world);
    let ids = client.pages("/users?$top=999&$select=id", "id").concat();
    let links: Vec<String> = ids.iter().map(|id| format!("{BASE}/v1.0/users/{id}")).collect();
    let body = serde_json::json!({"displayName": "all", "mailEnabled": false, "securityEnabled": true,
        "mailNickname": "all", "members@odata.bind": links[..20]});
    let (status, group) = client.post("/groups", &body);
    assert_eq!(status, 201, "{group}");
    let group = format!("/groups/{}", group["id"].as_str().unwrap());
    let rest = serde_json::json!({"members@odata.bind": links[20..]});
    assert_eq!(client.body(&Method::PATCH, &group, &rest).0, 204);
    // microsoft-graph.md section 3: "$expand: one relation, max 20 items, no nextLink"
    let expanded = client.get(&format!("{group}?$expand=members"));
    assert_eq!(expanded["members"].as_array().unwrap().len(), 20);
    assert_eq!(client.pages(&format!("{group}/members?$top=999"), "id").concat().len(), 23);
    assert_eq!(client.refusal(&Method::GET, &format!("{group}?$expand=members,owners"), "").0, 400);
}
