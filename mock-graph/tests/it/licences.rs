//! Licences on the wire: to users and through groups, errors, subscriptions (microsoft-graph.md 2.4, 5).

use super::services::Client;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{SubscriptionChange, SubscriptionStatus};
use forestbed_witness::record;
use serde_json::{Value, json};
use std::time::Duration;

const NAME: &str = "mock-graph/tests/it/licences.rs";
/// microsoft-graph.md 5.1: Office 365 E3, Exchange Online (Plan 1).
const E3: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";
const EXCHANGE: &str = "4b9405b0-7788-4568-add1-99614e613b69";

impl Client {
    fn member(&self, name: &str, location: Option<&str>) -> String {
        let body = json!({
            "accountEnabled": true, "displayName": name, "mailNickname": name, "usageLocation": location,
            "userPrincipalName": format!("{name}@contoso.com"), "passwordProfile": { "password": "Sommer-2026" },
        });
        self.expect(201, "POST", "/v1.0/users", body).body["id"].as_str().unwrap().to_owned()
    }

    fn licensed(&self, name: &str, members: &[&str], skus: &[&str]) -> String {
        let members: Vec<String> =
            members.iter().map(|id| format!("https://graph.microsoft.com/v1.0/users/{id}")).collect();
        let body = json!({
            "displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true,
            "members@odata.bind": members,
        });
        let group = self.expect(201, "POST", "/v1.0/groups", body).body["id"].as_str().unwrap().to_owned();
        let path = format!("/v1.0/groups/{group}/assignLicense");
        self.expect(202, "POST", &path, assign(skus, &[]));
        group
    }

    fn wait(&self, seconds: u64) {
        self.lab.world.advance(Duration::from_secs(seconds));
    }

    fn seats(&self, sku: &str, change: &SubscriptionChange) {
        let now = self.lab.world.clock.now();
        let sku = Guid::parse(sku).unwrap();
        self.lab.world.tenant_mut().change_subscription(sku, change, now).unwrap();
    }

    fn states(&self, user: &str) -> Vec<(String, String, String)> {
        let found = self.get(&format!("/v1.0/users/{user}?$select=licenseAssignmentStates"));
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let one = |state: &Value| (text(&state["skuId"]), text(&state["state"]), text(&state["error"]));
        found["licenseAssignmentStates"].as_array().unwrap().iter().map(one).collect()
    }
}

fn assign(add: &[&str], remove: &[&str]) -> Value {
    let add: Vec<Value> = add.iter().map(|sku| json!({ "skuId": sku, "disabledPlans": [] })).collect();
    json!({ "addLicenses": add, "removeLicenses": remove })
}

fn state(sku: &str, state: &str, error: &str) -> (String, String, String) {
    (sku.to_owned(), state.to_owned(), error.to_owned())
}

#[test]
fn a_licensed_group_gives_its_members_licences_and_tells_where_it_stands() {
    let client = Client::new();
    let ada = client.member("ada", None);
    let group = client.licensed("licensed", &[&ada], &[]);
    let path = format!("/v1.0/groups/{group}/assignLicense");
    let answer = client.expect(202, "POST", &path, assign(&[E3], &[]));
    assert_eq!(answer.body["id"], group);
    let location = answer.header("location");
    let end = format!("/v2/{}/directoryObjects/{group}/Microsoft.DirectoryServices.Group", client.lab.tenant);
    assert!(location.ends_with(&end), "{location}");
    let processing = || {
        let found =
            client.get(&format!("/v1.0/groups/{group}?$select=assignedLicenses,licenseProcessingState"));
        assert_eq!(found["assignedLicenses"], json!([{ "disabledPlans": [], "skuId": E3 }]));
        found["licenseProcessingState"]["state"].clone()
    };
    assert_eq!(processing(), "QueuedForProcessing");
    assert_eq!(client.states(&ada), []);
    client.wait(5);
    assert_eq!(processing(), "ProcessingInProgress");
    client.wait(5);
    assert_eq!(processing(), "ProcessingComplete");
    assert_eq!(client.states(&ada), [state(E3, "Active", "None")]);
    // $select only (microsoft-graph.md 5.4)
    assert_eq!(client.get(&format!("/v1.0/groups/{group}")).get("licenseProcessingState"), None);
    let found =
        client.get(&format!("/v1.0/users?$filter=assignedLicenses/any(l:l/skuId eq {E3})&$select=id"));
    assert_eq!(found["value"], json!([{ "id": ada }]));
    let details = client.get(&format!("/v1.0/users/{ada}/licenseDetails"));
    assert_eq!(details["value"][0]["skuPartNumber"], "ENTERPRISEPACK");
    // inherited: not to be removed directly
    let path = format!("/v1.0/users/{ada}/assignLicense");
    let answer = client.expect(400, "POST", &path, assign(&[], &[E3]));
    assert_eq!(
        answer.body["error"]["message"],
        "User license is inherited from a group membership and it cannot be removed directly from the user."
    );
    assert_eq!(
        client.refused(400, "DELETE", &format!("/v1.0/groups/{group}"), Value::Null),
        "Request_BadRequest"
    );
    record("GRAPH-GROUP-LICENSES", client.exchanges(), NAME);
}

#[test]
fn members_with_errors_are_found_and_reprocessed() {
    let client = Client::new();
    client.seats(EXCHANGE, &SubscriptionChange { seats: Some(1), ..SubscriptionChange::default() });
    let mut members = [client.member("ada", Some("NL")), client.member("bob", Some("NL"))];
    members.sort();
    let [first, second] = &members;
    let group = client.licensed("licensed", &[first, second], &[EXCHANGE]);
    client.wait(10);
    assert_eq!(client.states(first), [state(EXCHANGE, "Active", "None")]);
    assert_eq!(client.states(second), [state(EXCHANGE, "Error", "CountViolation")]);
    let found = client.get("/v1.0/groups?$filter=hasMembersWithLicenseErrors eq true&$select=id");
    assert_eq!(found["value"], json!([{ "id": group }]));
    let erring = client.get(&format!("/v1.0/groups/{group}/membersWithLicenseErrors"));
    let ids: Vec<&Value> = erring["value"].as_array().unwrap().iter().map(|user| &user["id"]).collect();
    assert_eq!(ids, [&json!(second)]);
    assert_eq!(erring["value"][0]["@odata.type"], "#microsoft.graph.user");
    let path = format!("/v1.0/users/{second}/reprocessLicenseAssignment");
    let answer = client.expect(400, "POST", &path, json!({}));
    let text = format!("Subscription with SKU {EXCHANGE} does not have any available licenses.");
    assert_eq!(answer.body["error"]["message"], text);
    client.seats(EXCHANGE, &SubscriptionChange { seats: Some(2), ..SubscriptionChange::default() });
    let answer = client.expect(200, "POST", &path, json!({}));
    assert_eq!(answer.body["id"], *second);
    assert_eq!(client.states(second), [state(EXCHANGE, "Active", "None")]);
    let found = client.get("/v1.0/groups?$filter=hasMembersWithLicenseErrors eq true");
    assert_eq!(found["value"], json!([]));
    record("GRAPH-LICENSE-ERRORS", client.exchanges(), NAME);
}

#[test]
fn subscriptions_show_their_state_and_what_it_does_to_users() {
    let client = Client::new();
    let ada = client.member("ada", Some("NL"));
    client.expect(200, "POST", &format!("/v1.0/users/{ada}/assignLicense"), assign(&[EXCHANGE], &[]));
    let sku = format!("/v1.0/subscribedSkus/{}_{EXCHANGE}", client.lab.tenant);
    for (status, state, member, plans) in [
        (SubscriptionStatus::Enabled, "Active", "enabled", "Enabled"),
        (SubscriptionStatus::Warning, "Active", "warning", "Warning"),
        (SubscriptionStatus::Suspended, "Disabled", "suspended", "Suspended"),
        (SubscriptionStatus::LockedOut, "Disabled", "lockedOut", "LockedOut"),
    ] {
        client.seats(
            EXCHANGE,
            &SubscriptionChange { status: Some(status), seats: Some(7), ..Default::default() },
        );
        let found = client.get(&sku);
        assert_eq!((&found["capabilityStatus"], &found["consumedUnits"]), (&json!(status.name()), &json!(1)));
        for unit in ["enabled", "warning", "suspended", "lockedOut"] {
            assert_eq!(found["prepaidUnits"][unit], if unit == member { 7 } else { 0 }, "{unit}");
        }
        assert_eq!(client.states(&ada), [(EXCHANGE.to_owned(), state.to_owned(), "None".to_owned())]);
        let user = client.get(&format!("/v1.0/users/{ada}?$select=assignedPlans,assignedLicenses"));
        assert!(
            user["assignedPlans"].as_array().unwrap().iter().all(|plan| plan["capabilityStatus"] == plans)
        );
        assert_eq!(user["assignedLicenses"].as_array().unwrap().len(), 1);
        let bought = client.get("/v1.0/directory/subscriptions");
        let own = bought["value"].as_array().unwrap().iter().find(|one| one["skuId"] == EXCHANGE).unwrap();
        assert_eq!((&own["status"], &own["totalLicenses"]), (&json!(status.name()), &json!(7)));
        let one = client.get(&format!("/v1.0/directory/subscriptions/{}", own["id"].as_str().unwrap()));
        assert_eq!(one["skuPartNumber"], "EXCHANGESTANDARD");
        assert_eq!(found["subscriptionIds"], json!([one["id"]]));
    }
    client.refused(404, "GET", "/v1.0/directory/subscriptions/none", Value::Null);
    record("GRAPH-SUBSCRIPTIONS-BOUGHT", client.exchanges(), NAME);
}

#[test]
fn bad_bodies_of_license_calls_are_refused() {
    let client = Client::new();
    let ada = client.member("ada", Some("NL"));
    let group = client.licensed("licensed", &[], &[]);
    let nobody = "00000000-0000-0000-0000-000000000001";
    for path in [format!("/v1.0/users/{ada}/assignLicense"), format!("/v1.0/groups/{group}/assignLicense")] {
        for body in [
            json!({}),
            json!({ "addLicenses": [] }),
            json!({ "addLicenses": {}, "removeLicenses": [] }),
            json!({ "addLicenses": [{}], "removeLicenses": [] }),
            json!({ "addLicenses": [{ "skuId": "x" }], "removeLicenses": [] }),
            json!({ "addLicenses": [{ "skuId": E3, "disabledPlans": ["x"] }], "removeLicenses": [] }),
            json!({ "addLicenses": [], "removeLicenses": ["x"] }),
            assign(&[nobody], &[]),
            assign(&[], &[E3]),
            json!({ "addLicenses": [{ "skuId": E3, "disabledPlans": [nobody] }], "removeLicenses": [] }),
        ] {
            client.expect(400, "POST", &path, body);
        }
    }
    for path in ["users/x/assignLicense", "groups/x/assignLicense", "groups/x/membersWithLicenseErrors"] {
        let method = if path.ends_with("assignLicense") { "POST" } else { "GET" };
        client.expect(404, method, &format!("/v1.0/{path}"), assign(&[], &[]));
    }
}
