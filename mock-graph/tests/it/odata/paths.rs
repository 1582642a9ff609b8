//! Paths beyond an entity, and what an answer says about itself.

use super::Reader;
use serde_json::{Value, json};

fn context(answer: &super::Answer) -> String {
    let whole = answer.body["@odata.context"].as_str().unwrap();
    whole.split_once("$metadata#").unwrap().1.to_owned()
}

#[test]
fn a_property_is_read_by_its_path() {
    let reader = Reader::new();
    let user = reader
        .get("/v1.0/users?$top=1&$select=id,displayName,proxyAddresses,accountEnabled,userPrincipalName");
    let user = &user.body["value"][0];
    let (id, upn) = (user["id"].as_str().unwrap(), user["userPrincipalName"].as_str().unwrap());
    for (path, expected, value) in [
        (format!("users/{id}/displayName"), format!("users('{id}')/displayName"), &user["displayName"]),
        (format!("Users('{upn}')/DISPLAYNAME"), format!("users('{upn}')/displayName"), &user["displayName"]),
        (format!("users/{id}/accountEnabled"), format!("users('{id}')/accountEnabled"), &json!(true)),
        (
            format!("users/{id}/proxyAddresses"),
            format!("users('{id}')/proxyAddresses"),
            &user["proxyAddresses"],
        ),
    ] {
        let answer = reader.get(&format!("/v1.0/{path}"));
        assert_eq!((answer.status, &answer.body["value"]), (200, value), "{path}");
        assert_eq!(context(&answer), expected, "{path}");
    }
    let bare = reader.send("GET", &format!("/v1.0/users/{id}/accountEnabled/$value"), &[], "");
    assert_eq!((bare.status, bare.header("content-type"), &bare.body), (200, "text/plain", &json!(true)));
    // a property without a value has no content (OData 4.0 part 1, 11.2.3)
    assert_eq!(reader.get(&format!("/v1.0/users/{id}/faxNumber")).status, 204);
    // microsoft-graph.md section 3: "Resource not found for the segment", 400
    assert_eq!(reader.get(&format!("/v1.0/users/{id}/nosuch")).status, 400);
    assert_eq!(reader.get("/v1.0/users/nobody@contoso.com/displayName").status, 404);
    let answer = reader.send("DELETE", &format!("/v1.0/users/{id}/displayName"), &[], "");
    assert_eq!((answer.status, answer.header("allow")), (405, "GET"));
    let organization = reader.get("/v1.0/organization").body["value"][0].clone();
    let path = format!("/v1.0/organization/{}/displayName", organization["id"].as_str().unwrap());
    assert_eq!(reader.get(&path).body["value"], organization["displayName"]);
}

#[test]
fn references_say_where_related_objects_are() {
    let reader = Reader::new();
    let group = reader.get("/v1.0/groups?$expand=members").body["value"].clone();
    let group = group
        .as_array()
        .unwrap()
        .iter()
        .find(|group| !group["members"].as_array().unwrap().is_empty())
        .unwrap();
    let path = format!("/v1.0/groups/{}/members", group["id"].as_str().unwrap());
    let members = reader.get(&path).body["value"].clone();
    let references = reader.get(&format!("{path}/$ref?$top=1"));
    assert_eq!(context(&references), "Collection($ref)");
    let first = references.body["value"][0]["@odata.id"].as_str().unwrap();
    let id = members[0]["id"].as_str().unwrap();
    assert!(first.ends_with(&format!("/directoryObjects/{id}/Microsoft.DirectoryServices.User")), "{first}");
    let next = references.body["@odata.nextLink"].as_str().unwrap();
    assert!(next.contains("/members/$ref?"), "{next}");
    let rest = reader.get(next.split_once(super::HOST_NAME).unwrap().1);
    assert_eq!(rest.body["value"].as_array().unwrap().len(), 1);
    assert_ne!(rest.body["value"], references.body["value"]);
    assert_eq!(reader.get("/v1.0/users/$ref").status, 200);
}

#[test]
fn a_manager_is_set_read_and_cleared() {
    let reader = Reader::new();
    let users = reader.get("/v1.0/users?$top=2").body["value"].clone();
    let (user, manager) = (users[0]["id"].as_str().unwrap(), users[1]["id"].as_str().unwrap());
    let path = format!("/v1.0/users/{user}/manager");
    let target = format!("{path}/$ref");
    assert_eq!(reader.send("DELETE", &target, &[], "").status, 404, "it has none");
    let body =
        json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{manager}") }).to_string();
    assert_eq!(reader.send("PUT", &target, &[], &body).status, 204);
    assert_eq!(reader.get(&path).body["id"], manager);
    let reference = reader.get(&target);
    assert!(reference.body["@odata.id"].as_str().unwrap().contains(manager));
    assert_eq!(
        reader.get(&format!("{path}/microsoft.graph.user/displayName")).body["value"],
        users[1]["displayName"]
    );
    let reports = format!("/v1.0/users/{manager}/directReports");
    assert_eq!(reader.get(&reports).body["value"][0]["id"], user);
    let count = reader.eventual(&format!("{reports}/$count"));
    assert_eq!((count.status, count.body), (200, json!(1)));
    // microsoft-graph.md section 3: $count without the header
    let count = reader.get(&format!("{reports}/$count"));
    assert_eq!(
        (count.status, &count.body["error"]["message"]),
        (400, &json!("$count is not currently supported."))
    );
    assert_eq!(reader.send("DELETE", &target, &[], "").status, 204);
    assert_eq!(reader.get(&path).status, 404);
    let nobody = r#"{"@odata.id":"https://graph.microsoft.com/v1.0/users/nobody@contoso.com"}"#;
    assert_eq!(reader.send("PUT", &target, &[], nobody).status, 404);
}

#[test]
fn an_answer_describes_itself_as_much_as_it_is_asked() {
    let reader = Reader::new();
    let get = |accept: &str| reader.send("GET", "/v1.0/users?$top=1", &[("accept", accept)], "");
    let keys = |value: &Value| -> Vec<String> {
        let all = value.as_object().unwrap().keys();
        all.filter(|key| key.contains('@')).cloned().collect()
    };
    let minimal = get("application/json");
    assert!(minimal.header("content-type").contains("odata.metadata=minimal"));
    assert_eq!(keys(&minimal.body), ["@odata.context", "@odata.nextLink"]);
    let none = get("application/json;odata.metadata=none");
    assert!(none.header("content-type").contains("odata.metadata=none"));
    assert_eq!(keys(&none.body), ["@odata.nextLink"]);
    assert_eq!(keys(&none.body["value"][0]), [""; 0]);
    let full = get("application/json; odata.metadata=full");
    assert!(full.header("content-type").contains("odata.metadata=full"));
    let user = &full.body["value"][0];
    assert_eq!(user["@odata.type"], "#microsoft.graph.user");
    assert_eq!(user["businessPhones@odata.type"], "#Collection(String)");
    assert!(user["@odata.editLink"].as_str().unwrap().contains(user["id"].as_str().unwrap()));
    let format = reader.get("/v1.0/users?$top=1&$format=application/json;odata.metadata=none");
    assert_eq!(format.body["value"], none.body["value"]);
    assert!(format.header("content-type").contains("odata.metadata=none"));
    let format = reader.get("/v1.0/users?$top=1&$format=json");
    assert_eq!(format.body["value"], minimal.body["value"]);
}

#[test]
fn graph_describes_itself_without_a_token() {
    let reader = Reader::new();
    let service = reader.lab.get("/v1.0/");
    assert_eq!(service.status, 200);
    let sets = service.body["value"].as_array().unwrap();
    for (name, kind) in [("users", "EntitySet"), ("groups", "EntitySet"), ("organization", "EntitySet")] {
        assert!(sets.contains(&json!({ "name": name, "kind": kind, "url": name })), "{name}");
    }
    let schema = reader.lab.get("/v1.0/$metadata");
    assert_eq!((schema.status, schema.header("content-type")), (200, "application/xml"));
    assert_eq!(reader.lab.get("/v1.0/users").status, 401);
}

#[test]
fn no_entity_carries_an_etag_and_none_is_asked_for() {
    // microsoft-graph.md section 4: no ETag concurrency on users and groups; `Prefer: return=minimal` only for delta
    let reader = Reader::new();
    let id = reader.first("/v1.0/users?$top=1");
    let path = format!("/v1.0/users/{id}");
    let one = reader.get(&path);
    assert!(!one.headers.contains_key("etag") && one.body.get("@odata.etag").is_none());
    let headers = [("if-match", "W/\"nothing\""), ("prefer", "return=representation")];
    let changed = reader.send("PATCH", &path, &headers, r#"{"jobTitle":"Clerk"}"#);
    assert_eq!((changed.status, changed.header("preference-applied")), (204, ""));
    assert_eq!(reader.get(&format!("{path}/jobTitle")).body["value"], "Clerk");
}
