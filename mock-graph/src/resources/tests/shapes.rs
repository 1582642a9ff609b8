//! The shape of answers: order of members, contexts, defaults, refusals.

use super::*;

#[test]
fn a_user_has_the_members_of_the_sample_in_its_order() {
    let world = world(3);
    let reply = Client::new(&world).send(&Method::GET, "/users/admin@contoso.onmicrosoft.com", "");
    // microsoft-graph.md A3
    assert_eq!(
        order(&text(&reply)).join(" "),
        "@odata.context businessPhones displayName givenName jobTitle mail mobilePhone officeLocation \
         preferredLanguage surname userPrincipalName id"
    );
    let json: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(json["@odata.context"], format!("{BASE}/v1.0/$metadata#users/$entity"));
    assert_eq!(reply.headers.len(), 1, "one Content-Type");
}

#[test]
fn a_page_has_the_members_of_the_sample_in_its_order() {
    let world = world(5);
    let target = "/users?$select=id,onPremisesImmutableId&$top=2&$count=true";
    let reply = Client::advanced(&world).send(&Method::GET, target, "");
    // microsoft-graph.md A4
    assert_eq!(order(&text(&reply)).join(" "), "@odata.context @odata.count @odata.nextLink value");
    let json: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(json["@odata.context"], format!("{BASE}/v1.0/$metadata#users(id,onPremisesImmutableId)"));
    assert_eq!(json["@odata.count"], 5);
    let next = json["@odata.nextLink"].as_str().unwrap();
    let expected =
        format!("{BASE}/v1.0/users?$select=id,onPremisesImmutableId&$top=2&$count=true&$skiptoken=RFNw");
    assert!(next.starts_with(&expected), "{next}");
    assert_eq!(order(&json["value"][0].to_string()).len(), 2);
    assert_eq!(reply.returned, 2);
}

#[test]
fn contexts_are_those_of_the_reference() {
    let world = world(3);
    let client = Client::advanced(&world);
    let id = client.get("/users?$top=1")["value"][0]["id"].as_str().unwrap().to_owned();
    let group = client.get("/groups?$top=1")["value"][0]["id"].as_str().unwrap().to_owned();
    // microsoft-graph.md section 3, "Contexts"
    for (target, expected) in [
        ("/users".to_owned(), "users".to_owned()),
        ("/users?$select=displayName,MAIL".to_owned(), "users(displayName,mail)".to_owned()),
        (format!("/users/{id}"), "users/$entity".to_owned()),
        (format!("/users/{id}?$select=displayName"), "users(displayName)/$entity".to_owned()),
        ("/groups".to_owned(), "groups".to_owned()),
        ("/contacts".to_owned(), "contacts".to_owned()),
        ("/subscribedSkus".to_owned(), "subscribedSkus".to_owned()),
        ("/domains".to_owned(), "domains".to_owned()),
        ("/organization".to_owned(), "organization".to_owned()),
        (format!("/groups/{group}/members"), "directoryObjects".to_owned()),
        (format!("/directoryObjects/{id}"), "directoryObjects/$entity".to_owned()),
        (format!("/users/{id}/licenseDetails"), format!("users('{id}')/licenseDetails")),
    ] {
        let context = client.get(&target)["@odata.context"].as_str().unwrap().to_owned();
        assert_eq!(context, format!("{BASE}/v1.0/$metadata#{expected}"), "{target}");
    }
}

#[test]
fn refusals_are_those_of_the_reference() {
    let world = world(3);
    let plain = Client::new(&world);
    let get = |target: &str| plain.refusal(&Method::GET, target, "");
    let unsupported = "Request_UnsupportedQuery";
    // microsoft-graph.md section 3, table of situations, rows with an observed or documented text
    for (target, status, code, message) in [
        ("/users/$count", 400, "Request_BadRequest", "$count is not currently supported."),
        (
            "/users?$search=\"displayName:a\"",
            400,
            unsupported,
            "Request with $search query parameter only works through MSGraph with a special request header: \
             'ConsistencyLevel: eventual'",
        ),
        ("/users?$filter=endsWith(mail,'x')", 400, unsupported, "Unsupported Query."),
        (
            "/users?$filter=displayName%20ne%20'x'",
            400,
            unsupported,
            "Filter operator 'NotEqualsMatch' is not supported.",
        ),
        (
            "/users?$filter=onPremisesSamAccountName%20eq%20'x'",
            400,
            unsupported,
            "Unsupported or invalid query filter clause specified for property 'onPremisesSamAccountName' \
             of resource 'User'.",
        ),
        (
            "/users?$filter=aboutMe%20eq%20'x'",
            400,
            unsupported,
            "The request uses a filter property that is not indexed",
        ),
        (
            "/users?$top=1000",
            400,
            unsupported,
            "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.",
        ),
        ("/users?$select=skills", 501, "NotImplemented", "This operation target is not yet supported."),
        ("/nosuch", 400, "BadRequest", "Resource not found for the segment 'nosuch'."),
        (
            "/users/00000000-0000-0000-0000-0000000000ff",
            404,
            "Request_ResourceNotFound",
            "Resource '00000000-0000-0000-0000-0000000000ff' does not exist or one of its queried \
             reference-property objects are not present.",
        ),
        (
            "/users/nobody@contoso.com",
            404,
            "Request_ResourceNotFound",
            "Resource 'nobody@contoso.com' does not exist or one of its queried reference-property objects \
             are not present.",
        ),
    ] {
        let expected = (status, code.to_owned(), message.to_owned());
        assert_eq!(get(target), expected, "{target}");
    }
}

#[test]
fn refusals_whose_text_is_assumed_have_their_status() {
    let world = world(3);
    let plain = Client::new(&world);
    let get = |target: &str| plain.refusal(&Method::GET, target, "");
    // microsoft-graph.md sections 2.1 and 3
    for (target, status) in [
        ("/users?$filter=accountEnabled%20eq%20'true'", 400),
        ("/users?$filter=x", 400),
        ("/users?$select=nosuch", 400),
        ("/users?$expand=nosuch", 400),
        ("/users?$orderby=nosuch", 400),
        ("/users?$orderby=mail", 400),
        ("/users?$skip=1", 400),
        ("/users?$skiptoken=RFNwdAAA", 400),
        ("/subscribedSkus?$filter=id%20eq%20'x'", 400),
    ] {
        assert_eq!(get(target).0, status, "{target}");
    }
    assert_eq!(plain.refusal(&Method::PUT, "/users", "{}").0, 405);
    assert_eq!(plain.refusal(&Method::DELETE, "/organization", "").0, 405);
}

#[test]
fn the_error_envelope_carries_date_and_ids_in_order() {
    let world = world(1);
    let client = Client::new(&world).with("client-request-id", "abc");
    let reply = client.send(&Method::GET, "/users/x", "");
    // microsoft-graph.md section 4, "Error envelope"
    let json: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(json["error"]["innerError"]["date"], "2026-01-05T08:00:00");
    assert_eq!(json["error"]["innerError"]["client-request-id"], "abc");
    let error = text(&reply).replacen("{\"error\":", "", 1);
    assert_eq!(order(&error), ["code", "message", "innerError"]);
    let inner = error.split("\"innerError\":").nth(1).unwrap();
    assert_eq!(order(inner), ["date", "request-id", "client-request-id"]);
}

#[test]
fn counts_need_the_header_and_come_as_text() {
    let world = world(7);
    let reply = Client::advanced(&world).send(&Method::GET, "/users/$count", "");
    assert_eq!((reply.status, text(&reply).as_str()), (200, "7"));
    let types: Vec<_> = reply.headers.iter().filter(|(name, _)| name == "content-type").collect();
    assert_eq!(types.len(), 1);
    assert_eq!(types[0].1, "text/plain");
    // "?$count=true without header: 200, @odata.count silently absent"
    assert_eq!(Client::new(&world).get("/users?$count=true")["@odata.count"], Value::Null);
    assert_eq!(Client::advanced(&world).get("/users?$count=true")["@odata.count"], 7);
    let filtered = "/users/$count?$filter=startswith(displayName,'Contoso')";
    assert_eq!(text(&Client::advanced(&world).send(&Method::GET, filtered, "")), "1");
}

#[test]
fn beta_shows_the_whole_set_and_takes_options_without_dollar() {
    let world = world(3);
    let beta = Client { version: ApiVersion::Beta, ..Client::new(&world) };
    // microsoft-graph.md 2.1: "beta returns the whole set"; section 3: "`$` prefix optional on beta"
    let user = beta.get("/users?top=1")["value"][0].clone();
    for name in ["accountEnabled", "assignedLicenses", "onPremisesImmutableId", "proxyAddresses", "userType"]
    {
        assert!(user.get(name).is_some(), "{name}");
    }
    assert_eq!(beta.get("/users?top=1")["value"].as_array().unwrap().len(), 1);
    let group = beta.get("/groups")["value"][0].clone();
    assert!(group.get("hasMembersWithLicenseErrors").is_none());
}

#[test]
fn the_tenant_itself_is_shown() {
    let world = world(3);
    let client = Client::new(&world);
    let tenant = world.tenant().id();
    // microsoft-graph.md section 2.4
    let organization = client.get("/organization")["value"][0].clone();
    assert_eq!(organization["id"], tenant.to_string());
    assert_eq!(order(&organization["verifiedDomains"][0].to_string()).len(), 5);
    assert_eq!(client.get(&format!("/organization/{tenant}"))["displayName"], "Contoso");
    let domains = client.get("/domains");
    assert_eq!(domains["value"][0]["id"], "contoso.onmicrosoft.com");
    assert_eq!(domains["value"][0]["passwordValidityPeriodInDays"], 90);
    assert_eq!(domains["value"][0]["passwordNotificationWindowInDays"], 14);
    assert_eq!(client.get("/domains/CONTOSO.COM")["isVerified"], true);
    let sku = client.get("/subscribedSkus")["value"][0].clone();
    // section 5.1: ENTERPRISEPACK
    assert_eq!(sku["skuId"], "6fd2c87f-b296-42f0-b197-1e91e994b900");
    assert_eq!(sku["id"], format!("{tenant}_6fd2c87f-b296-42f0-b197-1e91e994b900"));
    assert_eq!(sku["prepaidUnits"]["lockedOut"], 0);
    let plan = &sku["servicePlans"][0];
    for name in ["servicePlanId", "servicePlanName", "provisioningStatus", "appliesTo"] {
        assert!(plan[name].is_string(), "{name}");
    }
    let selected = client.get("/subscribedSkus?$select=skuId,consumedUnits");
    assert_eq!(order(&selected["value"][0].to_string()).len(), 2);
}

#[test]
fn every_answer_knows_only_properties_of_its_type() {
    let world = world(6);
    let client = Client { version: ApiVersion::Beta, ..Client::new(&world) };
    let table = include_str!("../../../data/graph-properties.tsv");
    for (target, ty) in [
        ("/users", "user"),
        ("/groups", "group"),
        ("/domains", "domain"),
        ("/organization", "organization"),
        ("/subscribedSkus", "subscribedSku"),
    ] {
        for element in client.get(target)["value"].as_array().unwrap() {
            for (name, value) in element.as_object().unwrap() {
                let row = table.lines().find(|line| line.starts_with(&format!("{ty}\tproperty\t{name}\t")));
                let row: Vec<&str> = row.unwrap_or_else(|| panic!("{ty} {name}")).split('\t').collect();
                let fits = match row[3] {
                    _ if value.is_null() => row[4] == "yes",
                    ty if ty.starts_with("C(") => value.is_array(),
                    "Boolean" => value.is_boolean(),
                    "Int32" => value.is_i64(),
                    "String" | "DateTimeOffset" | "Guid" => value.is_string(),
                    _ => value.is_object() || value.is_string(),
                };
                assert!(fits, "{ty} {name}: {value}");
            }
        }
    }
}
