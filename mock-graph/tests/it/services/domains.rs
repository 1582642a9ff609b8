use super::{Client, NAME};
use forestbed_witness::record;
use serde_json::{Value, json};

fn user(nickname: &str, domain: &str) -> Value {
    json!({
        "accountEnabled": true, "displayName": nickname, "mailNickname": nickname,
        "userPrincipalName": format!("{nickname}@{domain}"),
        "passwordProfile": { "password": "Sommer-2026" },
    })
}

#[test]
fn a_domain_is_created_verified_used_and_deleted() {
    // microsoft-graph.md 2.4, domains
    let client = Client::new();
    let made = client.expect(201, "POST", "/v1.0/domains", json!({ "id": "Fabrikam.com" })).body;
    assert_eq!((&made["id"], &made["isVerified"]), (&json!("fabrikam.com"), &json!(false)));
    assert_eq!((&made["authenticationType"], &made["availabilityStatus"]), (&json!("Managed"), &Value::Null));
    client.refused(400, "POST", "/v1.0/domains", json!({ "id": "fabrikam.com" }));
    client.refused(400, "POST", "/v1.0/domains", json!({ "id": "no domain" }));
    client.refused(400, "POST", "/v1.0/users", user("ada", "fabrikam.com"));
    client.refused(400, "PATCH", "/v1.0/domains/fabrikam.com", json!({ "isDefault": true }));
    let records = client.get("/v1.0/domains/fabrikam.com/verificationDnsRecords");
    let text = &records["value"][0];
    assert_eq!((&text["recordType"], &text["label"]), (&json!("Txt"), &json!("fabrikam.com")));
    assert!(text["text"].as_str().unwrap().starts_with("MS=ms"), "{text}");
    let verified = client.expect(200, "POST", "/v1.0/domains/fabrikam.com/verify", Value::Null).body;
    let told = (&verified["isVerified"], &verified["availabilityStatus"]);
    assert_eq!(told, (&json!(true), &json!("AvailableImmediately")));
    client.refused(400, "POST", "/v1.0/domains/fabrikam.com/verify", Value::Null);
    // a subdomain of a verified root verifies itself
    let sub = client.expect(201, "POST", "/v1.0/domains", json!({ "id": "sales.fabrikam.com" })).body;
    assert_eq!((&sub["isVerified"], &sub["isRoot"]), (&json!(true), &json!(false)));
    let promoted = client.expect(200, "POST", "/v1.0/domains/sales.fabrikam.com/promote", Value::Null).body;
    assert_eq!(promoted["value"], true);
    assert_eq!(client.get("/v1.0/domains/sales.fabrikam.com")["isRoot"], true);
    client.refused(400, "POST", "/v1.0/domains/fabrikam.com/promote", Value::Null);
    let change =
        json!({ "isDefault": true, "supportedServices": ["Email"], "passwordValidityPeriodInDays": 60 });
    client.expect(204, "PATCH", "/v1.0/domains/fabrikam.com", change);
    let domains = client.get("/v1.0/domains");
    let default = domains["value"].as_array().unwrap().iter().filter(|domain| domain["isDefault"] == true);
    assert_eq!(default.map(|domain| &domain["id"]).collect::<Vec<_>>(), ["fabrikam.com"]);
    client.refused(400, "DELETE", "/v1.0/domains/fabrikam.com", Value::Null);
    client.expect(204, "PATCH", "/v1.0/domains/contoso.com", json!({ "isDefault": true }));
    let ada = client.expect(201, "POST", "/v1.0/users", user("ada", "fabrikam.com")).body;
    client.refused(400, "DELETE", "/v1.0/domains/fabrikam.com", Value::Null);
    let references = client.get("/v1.0/domains/fabrikam.com/domainNameReferences");
    assert_eq!(references["value"][0]["id"], ada["id"]);
    client.expect(
        204,
        "POST",
        "/v1.0/domains/fabrikam.com/forceDelete",
        json!({ "disableUserAccounts": true }),
    );
    client.refused(404, "GET", "/v1.0/domains/fabrikam.com", Value::Null);
    let path =
        format!("/v1.0/users/{}?$select=userPrincipalName,accountEnabled", ada["id"].as_str().unwrap());
    let moved = client.get(&path);
    assert_eq!(moved["userPrincipalName"], "ada@contoso.onmicrosoft.com");
    assert_eq!(moved["accountEnabled"], false);
    client.refused(400, "DELETE", "/v1.0/domains/contoso.onmicrosoft.com", Value::Null);
    client.expect(204, "DELETE", "/v1.0/domains/sales.fabrikam.com", Value::Null);
    record("GRAPH-DOMAINS", client.exchanges(), NAME);
}

#[test]
fn a_federation_configuration_turns_a_domain_federated_and_back() {
    let client = Client::new();
    client.expect(201, "POST", "/v1.0/domains", json!({ "id": "fabrikam.com" }));
    let path = "/v1.0/domains/fabrikam.com/federationConfiguration";
    let body = json!({
        "@odata.type": "#microsoft.graph.internalDomainFederation",
        "displayName": "Fabrikam", "issuerUri": "http://sts.fabrikam.com/adfs/services/trust",
        "passiveSignInUri": "https://sts.fabrikam.com/adfs/ls/", "preferredAuthenticationProtocol": "wsFed",
        "isSignedAuthenticationRequestRequired": true,
    });
    client.refused(400, "POST", path, body.clone());
    client.expect(200, "POST", "/v1.0/domains/fabrikam.com/verify", Value::Null);
    client.refused(400, "POST", path, json!({ "displayName": "without an issuer" }));
    client.refused(400, "POST", path, json!({ "issuerUri": "x", "nosuch": 1 }));
    client.refused(400, "POST", path, json!({ "issuerUri": 7 }));
    // the default domain cannot be federated
    client.refused(400, "POST", "/v1.0/domains/contoso.com/federationConfiguration", body.clone());
    let made = client.expect(201, "POST", path, body.clone()).body;
    let of = |client: &Client| client.get("/v1.0/domains/fabrikam.com")["authenticationType"].clone();
    assert_eq!(of(&client), "Federated");
    client.refused(400, "POST", path, body);
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    client.expect(204, "PATCH", &one, json!({ "promptLoginBehavior": "disabled" }));
    assert_eq!(client.get(path)["value"][0]["promptLoginBehavior"], "disabled");
    assert_eq!(client.get(&one)["issuerUri"], "http://sts.fabrikam.com/adfs/services/trust");
    client.expect(204, "DELETE", &one, Value::Null);
    assert_eq!(of(&client), "Managed");
    client.refused(404, "GET", &one, Value::Null);
    record("GRAPH-FEDERATION", client.exchanges(), NAME);
}

#[test]
fn the_organization_and_its_synchronization_are_set() {
    let client = Client::new();
    let at = format!("/v1.0/organization/{}", client.lab.tenant);
    let body = json!({
        "technicalNotificationMails": ["it@contoso.com"],
        "privacyProfile": { "contactEmail": "privacy@contoso.com", "statementUrl": "https://contoso.com/privacy" },
    });
    client.expect(204, "PATCH", &at, body);
    let organization = client.get(&at);
    assert_eq!(organization["technicalNotificationMails"], json!(["it@contoso.com"]));
    assert_eq!(organization["privacyProfile"]["contactEmail"], "privacy@contoso.com");
    client.refused(400, "PATCH", &at, json!({ "displayName": "Fabrikam" }));
    client.refused(400, "PATCH", &at, json!({ "technicalNotificationMails": "it@contoso.com" }));
    record("GRAPH-ORGANIZATION-UPDATE", client.exchanges(), NAME);
    let list = client.get("/v1.0/directory/onPremisesSynchronization");
    let settings = &list["value"][0];
    assert_eq!(settings["id"], client.lab.tenant.to_string());
    // microsoft-graph.md 2.4: 20 features
    assert_eq!(settings["features"].as_object().unwrap().len(), 20);
    let one = format!("/v1.0/directory/onPremisesSynchronization/{}", client.lab.tenant);
    let prevention = json!({ "accidentalDeletionPrevention": {
        "synchronizationPreventionType": "enabledForCount", "alertThreshold": 40,
    } });
    let change = json!({ "configuration": prevention, "features": { "blockSoftMatchEnabled": true } });
    client.expect(204, "PATCH", &one, change);
    let now = client.get(&one);
    assert_eq!(now["features"]["blockSoftMatchEnabled"], true);
    assert_eq!(now["configuration"], prevention);
    assert_eq!(client.lab.world.tenant().switches().delete_threshold, Some(40));
    client.refused(400, "PATCH", &one, json!({ "features": { "nosuch": true } }));
    client.refused(404, "GET", "/v1.0/directory/onPremisesSynchronization/x", Value::Null);
    record("GRAPH-SYNC-SETTINGS", client.exchanges(), NAME);
}
