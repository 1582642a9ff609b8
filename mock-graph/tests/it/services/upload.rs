use super::{Client, NAME};
use forestbed_witness::record;
use serde_json::{Value, json};
use std::time::Duration;

fn person(external: &str, user_name: &str, more: &Value) -> Value {
    let mut data = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "externalId": external, "userName": user_name, "displayName": format!("Person {external}"), "active": true,
        "name": { "givenName": "Person", "familyName": external },
        "addresses": [{ "type": "work", "locality": "Utrecht" }],
    });
    for (name, value) in more.as_object().unwrap() {
        data[name] = value.clone();
    }
    json!({ "method": "POST", "bulkId": external, "path": "/Users", "data": data })
}

fn bulk(operations: &[Value]) -> String {
    let schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
    json!({ "schemas": [schema], "Operations": operations, "failOnErrors": null }).to_string()
}

/// A job that was made and started: the path of the jobs, and its id.
fn started(client: &Client) -> (String, String) {
    let jobs =
        format!("/v1.0/servicePrincipals/{}/synchronization/jobs", client.lab.app.service_principal_id);
    let job = client.expect(201, "POST", &jobs, json!({ "templateId": "API2AAD" })).body;
    let id = job["id"].as_str().unwrap().to_owned();
    // microsoft-graph.md 2.4: API2AAD.{tenant32hex}.{guid}
    let tenant = client.lab.tenant.to_string().replace('-', "");
    assert!(id.starts_with(&format!("API2AAD.{tenant}.")), "{id}");
    assert_eq!(job["status"]["code"], "NotRun");
    client.expect(204, "POST", &format!("{jobs}/{id}/start"), Value::Null);
    assert_eq!(client.get(&format!("{jobs}/{id}"))["status"]["code"], "Active");
    (jobs, id)
}

#[test]
fn an_upload_becomes_users_in_a_later_cycle_and_the_log_tells_each_result() {
    let client = Client::new();
    let (jobs, id) = started(&client);
    let path = format!("{jobs}/{id}/bulkUpload");
    let upload = |operations: &[Value]| {
        let answer = client.raw("POST", &path, "application/scim+json", bulk(operations));
        assert_eq!(answer.status, 202, "{}", answer.body);
        let location = answer.header("location").to_owned();
        assert!(
            location.ends_with(&format!("/auditLogs/provisioning/?$filter=jobid%20eq%20'{id}'")),
            "{location}"
        );
        client.lab.world.advance(Duration::from_secs(60));
    };
    let manager = json!({ "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "department": "Sales", "manager": { "value": "702" },
    } });
    let nobody = json!({ "externalId": null });
    upload(&[
        person("701", "ada", &manager),
        person("702", "bob@contoso.com", &json!({})),
        person("x", "eve", &nobody),
    ]);
    let ada = client.get("/v1.0/users/ada@contoso.com?$select=id,employeeId,city,department,surname");
    let told = (&ada["employeeId"], &ada["city"], &ada["department"], &ada["surname"]);
    assert_eq!(told, (&json!("701"), &json!("Utrecht"), &json!("Sales"), &json!("701")));
    let boss = client.get("/v1.0/users/ada@contoso.com/manager");
    assert_eq!(boss["userPrincipalName"], "bob@contoso.com");
    upload(&[
        person("701", "ada", &json!({ "title": "Clerk" })),
        person("702", "bob@contoso.com", &json!({ "active": false })),
        person("701", "ada", &json!({ "title": "Clerk" })),
    ]);
    assert_eq!(client.get("/v1.0/users/ada@contoso.com")["jobTitle"], "Clerk");
    let bob = client.get("/v1.0/users/bob@contoso.com?$select=accountEnabled");
    assert_eq!(bob["accountEnabled"], false);
    let log = client
        .get(&format!("/v1.0/auditLogs/provisioning/?$filter=jobid eq '{id}'&$orderby=activityDateTime"));
    let entries = log["value"].as_array().unwrap();
    let results: Vec<(&str, &str)> = entries
        .iter()
        .map(|entry| {
            let status = entry["provisioningStatusInfo"]["status"].as_str().unwrap();
            (entry["provisioningAction"].as_str().unwrap(), status)
        })
        .collect();
    assert_eq!(
        results,
        [
            ("create", "success"),
            ("create", "success"),
            ("other", "failure"),
            ("update", "success"),
            ("disable", "success"),
            ("other", "skipped"),
        ]
    );
    let failed =
        client.get("/v1.0/auditLogs/provisioning?$filter=provisioningStatusInfo/status eq 'failure'");
    assert_eq!(failed["value"].as_array().unwrap().len(), 1);
    assert_eq!(client.get(&format!("{jobs}/{id}"))["status"]["lastExecution"]["countImported"], 3);
    let schema = client.get(&format!("{jobs}/{id}/schema"));
    assert!(
        schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"].as_array().unwrap().len()
            > 10
    );
    record("GRAPH-BULK-UPLOAD", client.exchanges(), NAME);
    record("GRAPH-SYNC-JOBS", client.exchanges(), NAME);
    client.expect(204, "DELETE", &format!("{jobs}/{id}"), Value::Null);
    client.refused(404, "GET", &format!("{jobs}/{id}"), Value::Null);
}

#[test]
fn an_upload_over_the_limits_is_refused() {
    let client = Client::new();
    let jobs =
        format!("/v1.0/servicePrincipals/{}/synchronization/jobs", client.lab.app.service_principal_id);
    let job = client.expect(201, "POST", &jobs, json!({ "templateId": "API2AAD" })).body;
    let path = format!("{jobs}/{}/bulkUpload", job["id"].as_str().unwrap());
    let one = person("701", "ada", &json!({}));
    // microsoft-graph.md 2.4: another media type 400, at most 50 operations, 40 requests a second
    let status = |kind: &str, body: String| client.raw("POST", &path, kind, body).status;
    let scim = "application/scim+json";
    assert_eq!(status("application/json", bulk(std::slice::from_ref(&one))), 400);
    assert_eq!(status(scim, "{".to_owned()), 400);
    assert_eq!(status(scim, bulk(&vec![one.clone(); 51])), 400);
    assert_eq!(status(scim, bulk(&[])), 400);
    let mut patch = one.clone();
    patch["method"] = json!("PATCH");
    assert_eq!(status(scim, bulk(&[patch])), 400);
    let taken: Vec<u16> = (0..41).map(|_| status(scim, bulk(std::slice::from_ref(&one)))).collect();
    assert_eq!((taken[39], taken[40]), (202, 429));
    client.refused(404, "POST", &format!("{jobs}/nosuch/start"), Value::Null);
    client.refused(
        404,
        "POST",
        "/v1.0/servicePrincipals/x/synchronization/jobs",
        json!({ "templateId": "API2AAD" }),
    );
}
