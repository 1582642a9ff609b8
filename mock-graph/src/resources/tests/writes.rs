//! Creating, changing, deleting; memberships; licences; bad bodies.

use super::*;
use serde_json::json;

pub(super) fn user(name: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.user",
        "accountEnabled": true,
        "displayName": format!("User {name}"),
        "mailNickname": name,
        "userPrincipalName": format!("{name}@contoso.com"),
        "usageLocation": "DE",
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d", "forceChangePasswordNextSignIn": true},
    })
}

fn group(name: &str) -> Value {
    json!({"displayName": name, "mailEnabled": false, "securityEnabled": true, "mailNickname": name})
}

#[test]
fn a_user_lives_from_create_to_delete() {
    let world = world(2);
    let client = Client::new(&world);
    let reply = client.send(&Method::POST, "/users", &user("ada").to_string());
    assert_eq!(reply.status, 201, "{}", text(&reply));
    let created: Value = serde_json::from_slice(&reply.body).unwrap();
    let id = created["id"].as_str().unwrap().to_owned();
    let location = reply.headers.iter().find(|(name, _)| name == "location").unwrap();
    assert!(location.1.to_str().unwrap().contains(&id));
    // microsoft-graph.md 2.1: "Returned body = the 11 default properties"
    assert_eq!(order(&text(&reply)).len(), 12);

    // clients.md: @ or %40, parentheses, any case
    for key in ["/users/ada@contoso.com", "/users/ADA%40contoso.com", "/Users('ada@contoso.com')"] {
        assert_eq!(client.get(key)["id"], id.as_str(), "{key}");
    }
    let (status, body) = client.body(&Method::PATCH, "/users/ada@contoso.com", &json!({"jobTitle": "Chief"}));
    assert_eq!((status, body), (204, Value::Null));
    assert_eq!(client.get(&format!("/users/{id}?$select=jobTitle"))["jobTitle"], "Chief");

    let (status, error) = client.post("/users", &user("ada"));
    // microsoft-graph.md 2.2, "UPN exists"
    assert_eq!((status, &error["error"]["code"]), (400, &json!("Request_BadRequest")));
    assert_eq!(
        error["error"]["message"],
        "Another object with the same value for property userPrincipalName already exists."
    );
    assert_eq!(error["error"]["details"][0]["code"], "ObjectConflict");

    assert_eq!(client.send(&Method::DELETE, &format!("/users/{id}"), "").status, 204);
    let gone = client.refusal(&Method::GET, &format!("/users/{id}"), "");
    assert_eq!((gone.0, gone.1.as_str()), (404, "Request_ResourceNotFound"));
}

#[test]
fn a_group_takes_references_of_every_form() {
    let world = world(5);
    let client = Client::new(&world);
    let users = client.get("/users?$select=id,userPrincipalName")["value"].clone();
    let id = |at: usize| users[at]["id"].as_str().unwrap().to_owned();
    let upn = users[3]["userPrincipalName"].as_str().unwrap();
    let mut body = group("crew");
    body["members@odata.bind"] = json!([format!("https://graph.microsoft.com/v1.0/users/{}", id(0))]);
    body["owners@odata.bind"] = json!([format!("{BASE}/beta/directoryObjects/{}", id(1))]);
    let (status, created) = client.post("/groups", &body);
    assert_eq!(status, 201, "{created}");
    let group = created["id"].as_str().unwrap().to_owned();
    let reference = json!({"@odata.id": format!("http://localhost/v1.0/directoryObjects/{}", id(2))});
    assert_eq!(client.post(&format!("/groups/{group}/members/$ref"), &reference).0, 204);
    let (status, error) = client.post(&format!("/groups/{group}/members/$ref"), &reference);
    // microsoft-graph.md 2.3, "member exists"
    assert_eq!(status, 400);
    assert_eq!(
        error["error"]["message"],
        "One or more added object references already exist for the following modified properties: \
         'members'."
    );
    let bind = json!({"members@odata.bind": [format!("{BASE}/v1.0/users('{upn}')")]});
    assert_eq!(client.body(&Method::PATCH, &format!("/groups/{group}"), &bind).0, 204);
    let mut expected = vec![id(0), id(2), id(3)];
    expected.sort();
    assert_eq!(client.pages(&format!("/groups/{group}/members"), "id").concat(), expected);
    assert_eq!(client.pages(&format!("/groups/{group}/owners"), "id").concat(), [id(1)]);

    let member = format!("/groups/{group}/members/{}/$ref", id(2));
    assert_eq!(client.send(&Method::DELETE, &member, "").status, 204);
    // "remove a non-member"
    assert_eq!(client.refusal(&Method::DELETE, &member, "").0, 404);
    let without_ref = client.refusal(&Method::DELETE, &format!("/groups/{group}/members/{}", id(0)), "");
    assert_ne!(without_ref.0, 204);
    assert_eq!(client.send(&Method::DELETE, &format!("/groups/{group}"), "").status, 204);
    assert_eq!(client.refusal(&Method::GET, &format!("/groups/{group}/members"), "").0, 404);
}

#[test]
fn a_group_with_an_unknown_member_is_not_created() {
    let world = world(2);
    let client = Client::advanced(&world);
    let before = text(&client.send(&Method::GET, "/groups/$count", ""));
    let mut body = group("crew");
    body["members@odata.bind"] =
        json!(["https://graph.microsoft.com/v1.0/users/00000000-0000-0000-0000-0000000000ff"]);
    assert_eq!(client.post("/groups", &body).0, 404);
    assert_eq!(text(&client.send(&Method::GET, "/groups/$count", "")), before);
    let many: Vec<String> = (0..21).map(|i| format!("{BASE}/v1.0/users/{i}")).collect();
    body["members@odata.bind"] = json!(many);
    // microsoft-graph.md 2.3: "max 20 relations in total"
    assert_eq!(client.post("/groups", &body).0, 400);
}

#[test]
fn licences_are_assigned_counted_and_removed() {
    let world = world(3);
    let client = Client::new(&world);
    assert_eq!(client.post("/users", &user("ada")).0, 201);
    let sku = "6fd2c87f-b296-42f0-b197-1e91e994b900";
    let consumed = || {
        let skus = client.get("/subscribedSkus")["value"].clone();
        let sku = skus.as_array().unwrap().iter().find(|s| s["skuId"] == sku).unwrap().clone();
        sku["consumedUnits"].as_i64().unwrap()
    };
    let before = consumed();
    let add = json!({"addLicenses": [{"@odata.type": "#microsoft.graph.assignedLicense", "skuId": sku,
        "disabledPlans": ["57ff2da0-773e-42df-b2af-ffb7a2317929"]}], "removeLicenses": []});
    let (status, body) = client.post("/users/ada@contoso.com/assignLicense", &add);
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["@odata.context"], format!("{BASE}/v1.0/$metadata#users/$entity"));
    assert_eq!(consumed(), before + 1);
    let details = client.get("/users/ada@contoso.com/licenseDetails");
    assert_eq!(details["value"][0]["skuPartNumber"], "ENTERPRISEPACK");
    let plans = details["value"][0]["servicePlans"].as_array().unwrap();
    let teams = plans.iter().find(|p| p["servicePlanName"] == "TEAMS1").unwrap();
    assert_eq!(teams["provisioningStatus"], "Disabled");
    let detail = details["value"][0]["id"].as_str().unwrap();
    assert_eq!(client.get(&format!("/users/ada@contoso.com/licenseDetails/{detail}"))["skuId"], sku);
    let states = client.send(
        &Method::GET,
        "/users/ada@contoso.com?$select=licenseAssignmentStates,assignedLicenses",
        "",
    );
    // microsoft-graph.md A10: the order of members
    let states = text(&states);
    let first = states.split("\"licenseAssignmentStates\":[").nth(1).unwrap();
    assert_eq!(
        order(first)[..6],
        ["skuId", "disabledPlans", "assignedByGroup", "state", "error", "lastUpdatedDateTime"]
    );
    let filter =
        format!("/users?$filter=assignedLicenses/any(l:l/skuId%20eq%20{sku})&$select=userPrincipalName");
    assert_eq!(client.get(&filter)["value"][0]["userPrincipalName"], "ada@contoso.com");

    let remove = json!({"addLicenses": [], "removeLicenses": [sku]});
    assert_eq!(client.post("/users/ada@contoso.com/microsoft.graph.assignLicense", &remove).0, 200);
    assert_eq!(consumed(), before);
    let (status, error) = client.post("/users/ada@contoso.com/assignLicense", &remove);
    // microsoft-graph.md 5.3, "remove not assigned"
    assert_eq!(
        (status, &error["error"]["message"]),
        (400, &json!("User does not have a corresponding license."))
    );
    // both arrays are mandatory
    assert_eq!(client.post("/users/ada@contoso.com/assignLicense", &json!({"addLicenses": []})).0, 400);
}

#[test]
fn bad_bodies_are_refused() {
    let world = world(2);
    let client = Client::new(&world);
    for body in ["{", "[]", "null", "\"x\"", "{\"a\":}", &"[".repeat(100_000)] {
        let refusal = client.refusal(&Method::POST, "/users", body);
        assert_eq!((refusal.0, refusal.1.as_str()), (400, "BadRequest"), "{:.20}", body);
    }
    assert_eq!(client.refusal(&Method::POST, "/users", "").0, 400);
    let xml = Client::new(&world).with("content-type", "application/xml");
    // microsoft-graph.md section 4: "wrong media type 415"
    assert_eq!(xml.refusal(&Method::POST, "/users", "<a/>").0, 415);
    for body in [
        json!({"addLicenses": "x", "removeLicenses": []}),
        json!({"addLicenses": [{"skuId": "x"}], "removeLicenses": []}),
        json!({"addLicenses": [1], "removeLicenses": [2]}),
    ] {
        assert_eq!(client.post("/users/admin@contoso.onmicrosoft.com/assignLicense", &body).0, 400);
    }
    for reference in [json!({}), json!({"@odata.id": 7}), json!({"@odata.id": "x"})] {
        let group = client.get("/groups")["value"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(client.post(&format!("/groups/{group}/members/$ref"), &reference).0, 400);
    }
}

#[test]
fn objects_come_by_ids_in_one_request() {
    let world = world(4);
    let client = Client::new(&world);
    let id = client.get("/users?$top=1")["value"][0]["id"].clone();
    let body = json!({"ids": [id, "00000000-0000-0000-0000-0000000000ff"], "types": ["user"]});
    let (status, found) = client.post("/directoryObjects/getByIds", &body);
    // microsoft-graph.md 2.4: "unknown ids silently missing"
    assert_eq!((status, found["value"].as_array().unwrap().len()), (200, 1));
    assert_eq!(found["value"][0]["@odata.type"], "#microsoft.graph.user");
    assert_eq!(client.post("/directoryObjects/getByIds", &json!({})).0, 400);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_request_makes_the_resources_panic(
        path in "/(users|groups|contacts|domains|organization|directoryObjects)?[/$%a-zA-Z0-9.()'@#-]{0,40}",
        query in "(\\$(select|filter|top|orderby|expand|search|skiptoken|count)=[ -~]{0,20}&?){0,3}",
        body in "[{\\[\"a-z:0-9,}\\]]{0,30}",
        method in 0usize..5,
    ) {
        static WORLD: std::sync::LazyLock<World> = std::sync::LazyLock::new(|| world(3));
        let methods = [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE];
        let client = Client::advanced(&WORLD);
        let reply = client.send(&methods[method], &format!("{path}?{query}"), &body);
        proptest::prop_assert!(reply.status >= 200);
    }
}
