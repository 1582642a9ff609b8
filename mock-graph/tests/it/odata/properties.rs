//! Properties of users and groups on writes, held against the tables of microsoft-graph.md 2.1 to 2.3: who may write
//! what, how long, in which characters, and what on-premises masters.

use super::conformance::{Population, population};
use serde_json::{Value, json};

const MASTERED: &str = "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.";

/// Property, a value that is taken, the longest text (0 when the table names none), whether null clears it, whether a
/// synchronized user lets it be written.
type Writable = (&'static str, fn() -> Value, usize, bool, bool);

/// microsoft-graph.md 2.1, the table of attributes.
const USER: &[Writable] = &[
    ("displayName", || json!("Ada King"), 256, false, false),
    ("mailNickname", || json!("ada.king"), 64, false, false),
    ("givenName", || json!("Ada"), 64, true, false),
    ("surname", || json!("King"), 64, true, false),
    ("jobTitle", || json!("Countess"), 128, true, false),
    ("department", || json!("Mathematics"), 64, true, false),
    ("companyName", || json!("Contoso"), 64, true, false),
    ("city", || json!("London"), 128, true, false),
    ("state", || json!("Surrey"), 128, true, false),
    ("country", || json!("GB"), 128, true, false),
    ("streetAddress", || json!("12 St James's Square"), 1024, true, false),
    ("postalCode", || json!("SW1Y 4JH"), 40, true, false),
    // Graph's own page calls it read-only there; directory-sync.md 1.7 has it changed, and the switch
    // mobile_of_synchronized says so by default
    ("mobilePhone", || json!("+44 1"), 64, true, true),
    ("businessPhones", || json!(["+44 2"]), 0, false, false),
    ("otherMails", || json!(["ada@fabrikam.com", "king@fabrikam.com"]), 0, false, true),
    ("usageLocation", || json!("GB"), 0, false, true),
    ("preferredLanguage", || json!("en-GB"), 0, true, false),
    ("officeLocation", || json!("12/1110"), 0, true, false),
    ("faxNumber", || json!("+44 3"), 0, true, false),
    ("employeeId", || json!("1815"), 16, true, false),
    ("employeeHireDate", || json!("2026-01-01T00:00:00Z"), 0, true, false),
    ("employeeOrgData", || json!({ "costCenter": "1", "division": "2" }), 0, true, false),
    ("accountEnabled", || json!(false), 0, false, false),
    ("passwordPolicies", || json!("DisablePasswordExpiration, DisableStrongPassword"), 0, true, false),
    (
        "passwordProfile",
        || json!({ "password": "Sommer-2027", "forceChangePasswordNextSignIn": false }),
        0,
        false,
        false,
    ),
    ("onPremisesExtensionAttributes", || json!({ "extensionAttribute1": "x" }), 0, true, false),
    ("userType", || json!("Guest"), 0, true, true),
];

/// 2.1: what only the service writes.
const READ_ONLY: &[&str] = &[
    "onPremisesSyncEnabled",
    "onPremisesLastSyncDateTime",
    "onPremisesSamAccountName",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesSecurityIdentifier",
    "onPremisesUserPrincipalName",
    "onPremisesProvisioningErrors",
    "proxyAddresses",
    "createdDateTime",
    "assignedLicenses",
    "assignedPlans",
    "provisionedPlans",
    "creationType",
    "licenseAssignmentStates",
    "securityIdentifier",
    "signInSessionsValidFromDateTime",
    "externalUserState",
    "imAddresses",
];

struct Writes {
    population: Population,
    cloud: String,
    synced: String,
}

impl Writes {
    fn new() -> Writes {
        let population = population();
        let id = |synced: bool| {
            let wanted = if synced { json!(true) } else { Value::Null };
            let found = population.users.iter().filter(|user| user["onPremisesSyncEnabled"] == wanted);
            // the first cloud user is the estate's administrator
            found.max_by_key(|user| user["userPrincipalName"].to_string()).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let (cloud, synced) = (id(false), id(true));
        Writes { population, cloud, synced }
    }

    fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.population.reader.send("PATCH", &format!("/v1.0/{path}"), &[], &body.to_string());
        (answer.status, answer.body)
    }

    fn user(&self, id: &str, name: &str, value: &Value) -> (u16, Value) {
        self.patch(&format!("users/{id}"), &json!({ name: value }))
    }

    fn shown(&self, id: &str, name: &str) -> Value {
        let target = format!("/v1.0/users/{id}?$select={name}");
        self.population.reader.get(&target).body[name].clone()
    }
}

fn refused(told: &(u16, Value), case: &str) {
    assert_eq!((told.0, &told.1["error"]["code"]), (400, &json!("Request_BadRequest")), "{case}: {}", told.1);
}

#[test]
fn a_cloud_user_takes_what_the_table_says_and_no_longer_text() {
    let writes = Writes::new();
    for (name, value, max, clearable, _) in USER {
        let value = value();
        assert_eq!(writes.user(&writes.cloud, name, &value).0, 204, "{name}");
        if *name != "passwordProfile" {
            let shown = writes.shown(&writes.cloud, name);
            let kept = value
                .as_object()
                .map_or(shown == value, |parts| parts.iter().all(|(part, value)| shown[part] == *value));
            assert!(kept, "{name}: {shown} instead of {value}");
        }
        if *max > 0 {
            assert_eq!(
                writes.user(&writes.cloud, name, &json!("a".repeat(*max))).0,
                204,
                "{name}: {max} letters"
            );
            refused(&writes.user(&writes.cloud, name, &json!("a".repeat(max + 1))), name);
            assert_eq!(
                writes.shown(&writes.cloud, name),
                "a".repeat(*max),
                "{name}: a refused write changed it"
            );
        }
        // a wrong type is refused whatever the property
        let wrong = if value.is_boolean() { json!("true") } else { json!(true) };
        refused(&writes.user(&writes.cloud, name, &wrong), name);
        let cleared = writes.user(&writes.cloud, name, &Value::Null);
        match clearable {
            true => {
                assert_eq!(cleared.0, 204, "{name}");
                let shown = writes.shown(&writes.cloud, name);
                // the fifteen attributes are always there, each without a value
                let empty =
                    shown.as_object().map_or(shown.is_null(), |parts| parts.values().all(Value::is_null));
                assert!(empty, "{name}: {shown}");
            }
            false if *name != "passwordProfile" => refused(&cleared, name),
            false => {}
        }
    }
}

#[test]
fn on_premises_masters_a_synchronized_user() {
    let writes = Writes::new();
    for (name, value, _, _, writable) in USER {
        let told = writes.user(&writes.synced, name, &value());
        if *writable {
            assert_eq!(told.0, 204, "{name}: {}", told.1);
            continue;
        }
        refused(&told, name);
        assert_eq!(told.1["error"]["message"], MASTERED, "{name}");
    }
    // all or nothing: what may be written is not, beside what may not
    let before = writes.shown(&writes.synced, "usageLocation");
    let told =
        writes.patch(&format!("users/{}", writes.synced), &json!({ "usageLocation": "CH", "jobTitle": "x" }));
    refused(&told, "mixed");
    assert_eq!(writes.shown(&writes.synced, "usageLocation"), before);
}

#[test]
fn what_only_the_service_writes_is_refused_with_its_text() {
    let writes = Writes::new();
    for name in READ_ONLY {
        let told = writes.user(&writes.cloud, name, &json!(null));
        refused(&told, name);
        let text = format!("Property '{name}' is read-only and cannot be set.");
        assert_eq!(told.1["error"]["message"], text, "{name}");
    }
}

#[test]
fn names_and_addresses_keep_to_their_characters_and_are_unique() {
    let writes = Writes::new();
    for (name, value, status, message, target) in names(&writes).into_iter().chain(addresses(&writes)) {
        let told = writes.user(&writes.cloud, name, &value);
        assert_eq!(told.0, status, "{name} {value}: {}", told.1);
        if let Some(message) = message {
            assert_eq!(told.1["error"]["message"], message, "{name} {value}");
            assert_eq!(told.1["error"]["details"][0]["target"], target, "{name} {value}");
        }
    }
    // 2.1: mail adds the primary proxy address
    let proxies = writes.shown(&writes.cloud, "proxyAddresses");
    assert!(proxies.as_array().unwrap().contains(&json!("SMTP:ada.new@contoso.com")), "{proxies}");
}

/// Property, value, status, the text that the reference has seen, and the target of its detail.
type Case = (&'static str, Value, u16, Option<String>, &'static str);

fn exists(name: &str) -> String {
    format!("Another object with the same value for property {name} already exists.")
}

fn taken(writes: &Writes) -> &Value {
    let mut users = writes.population.users.iter();
    users.find(|user| user["userPrincipalName"] == "P9@contoso.onmicrosoft.com").unwrap()
}

/// microsoft-graph.md 2.1 and 2.2: user principal names.
fn names(writes: &Writes) -> Vec<Case> {
    let domain = "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.";
    let long = |local: usize| json!(format!("{}@contoso.com", "a".repeat(local)));
    let taken = taken(writes);
    vec![
        ("userPrincipalName", json!("ada.o'brien-1_x@contoso.com"), 204, None, ""),
        ("userPrincipalName", long(64), 204, None, ""),
        (
            "userPrincipalName",
            long(65),
            400,
            Some("Property userPrincipalName is invalid.".to_owned()),
            "userPrincipalName",
        ),
        (
            "userPrincipalName",
            json!("ada lovelace@contoso.com"),
            400,
            Some("Property userPrincipalName is invalid.".to_owned()),
            "userPrincipalName",
        ),
        (
            "userPrincipalName",
            json!("søren@contoso.com"),
            400,
            Some("Property userPrincipalName is invalid.".to_owned()),
            "userPrincipalName",
        ),
        (
            "userPrincipalName",
            json!("ada"),
            400,
            Some("Property userPrincipalName is invalid.".to_owned()),
            "userPrincipalName",
        ),
        (
            "userPrincipalName",
            json!("ada@nowhere.example"),
            400,
            Some(domain.to_owned()),
            "userPrincipalName",
        ),
        (
            "userPrincipalName",
            taken["userPrincipalName"].clone(),
            400,
            Some(exists("userPrincipalName")),
            "userPrincipalName",
        ),
        (
            "userPrincipalName",
            json!("p9@CONTOSO.onmicrosoft.com"),
            400,
            Some(exists("userPrincipalName")),
            "userPrincipalName",
        ),
    ]
}

/// microsoft-graph.md 2.1 and 2.2: nicknames, addresses, anchors and the rest.
fn addresses(writes: &Writes) -> Vec<Case> {
    let anchor =
        writes.population.users.iter().find_map(|user| user["onPremisesImmutableId"].as_str()).unwrap();
    let invalid = |name: &str| format!("Invalid value specified for property '{name}' of resource 'User'.");
    let taken = taken(writes);
    vec![
        // 2.1: 'naveen.mills,.jr.' was refused; '.' inside is accepted for users
        ("mailNickname", json!("naveen.mills"), 204, None, ""),
        ("mailNickname", json!("naveen.mills,.jr."), 400, Some(invalid("mailNickname")), "mailNickname"),
        ("mailNickname", json!("a b"), 400, Some(invalid("mailNickname")), "mailNickname"),
        ("mailNickname", json!("a@b"), 400, Some(invalid("mailNickname")), "mailNickname"),
        ("mail", json!("ada.new@contoso.com"), 204, None, ""),
        ("mail", json!("sören@contoso.com"), 400, None, ""),
        (
            "mail",
            taken["proxyAddresses"][0]
                .as_str()
                .map_or(json!("Mail.9@contoso.com"), |proxy| json!(proxy[5..])),
            400,
            Some(exists("proxyAddresses")),
            "proxyAddresses",
        ),
        ("onPremisesImmutableId", json!("QUJD"), 204, None, ""),
        ("onPremisesImmutableId", json!("a$b"), 400, None, ""),
        ("onPremisesImmutableId", json!("a_b"), 400, None, ""),
        (
            "onPremisesImmutableId",
            json!(anchor),
            400,
            Some(exists("onPremisesImmutableId")),
            "onPremisesImmutableId",
        ),
        ("businessPhones", json!(["1", "2"]), 400, None, ""),
        ("usageLocation", json!("Nowhere"), 400, None, ""),
        ("userType", json!("Stranger"), 400, None, ""),
        ("passwordPolicies", json!("Whatever"), 400, None, ""),
        ("passwordProfile", json!({ "password": "short" }), 400, None, ""),
        ("nosuch", json!("x"), 400, None, ""),
    ]
}

#[test]
fn a_group_takes_what_the_table_says() {
    let writes = Writes::new();
    let group = |nickname: &str| {
        let found = writes.population.groups.iter().find(|group| group["mailNickname"] == nickname);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let security = group("g1");
    // microsoft-graph.md 2.3
    for (name, value, status) in [
        ("displayName", json!("a".repeat(256)), 204),
        ("displayName", json!("a".repeat(257)), 400),
        ("displayName", Value::Null, 400),
        ("description", json!("a".repeat(1024)), 204),
        ("description", json!("a".repeat(1025)), 400),
        ("description", Value::Null, 204),
        ("mailNickname", json!("a".repeat(64)), 204),
        ("mailNickname", json!("a".repeat(65)), 400),
        ("mailNickname", json!("a b"), 400),
        ("isAssignableToRole", json!(true), 400),
        ("proxyAddresses", json!([]), 400),
        ("onPremisesSyncEnabled", json!(true), 400),
        ("nosuch", json!(1), 400),
    ] {
        let told = writes.patch(&format!("groups/{security}"), &json!({ name: value }));
        assert_eq!(told.0, status, "{name}: {}", told.1);
    }
    for (missing, body) in [
        ("displayName", json!({ "mailEnabled": false, "mailNickname": "n", "securityEnabled": true })),
        ("mailEnabled", json!({ "displayName": "n", "mailNickname": "n", "securityEnabled": true })),
        ("mailNickname", json!({ "displayName": "n", "mailEnabled": false, "securityEnabled": true })),
        ("securityEnabled", json!({ "displayName": "n", "mailEnabled": false, "mailNickname": "n" })),
    ] {
        let answer = writes.population.reader.send("POST", "/v1.0/groups", &[], &body.to_string());
        assert_eq!(answer.status, 400, "without {missing}: {}", answer.body);
    }
    // both kinds that Exchange masters are not made here; visibility comes with the kind
    for (body, visibility) in [
        (json!({ "mailEnabled": true, "securityEnabled": true, "groupTypes": [] }), None),
        (json!({ "mailEnabled": true, "securityEnabled": false, "groupTypes": [] }), None),
        (json!({ "mailEnabled": true, "securityEnabled": false, "groupTypes": ["Unified"] }), Some("Public")),
        (json!({ "mailEnabled": false, "securityEnabled": true, "groupTypes": [] }), Some("Private")),
    ] {
        let mut whole = body.clone();
        whole["displayName"] = json!("Made");
        whole["mailNickname"] = json!(if visibility == Some("Public") { "made-m365" } else { "made" });
        let answer = writes.population.reader.send("POST", "/v1.0/groups", &[], &whole.to_string());
        match visibility {
            None => assert_eq!(answer.status, 400, "{body}"),
            Some(visibility) => {
                assert_eq!((answer.status, &answer.body["visibility"]), (201, &json!(visibility)), "{body}")
            }
        }
    }
}

#[test]
fn v1_returns_the_default_properties_and_the_others_when_selected() {
    let population = population();
    let keys = |value: &Value| {
        value.as_object().unwrap().keys().filter(|key| !key.contains('@')).cloned().collect::<Vec<_>>()
    };
    let one = &population.reader.get("/v1.0/users?$top=1").body["value"][0];
    // microsoft-graph.md 2.1, "Default-returned (v1.0)"
    let expected = "businessPhones displayName givenName id jobTitle mail mobilePhone officeLocation preferredLanguage surname userPrincipalName";
    assert_eq!(keys(one).join(" "), expected);
    let group = &population.reader.get("/v1.0/groups?$top=1").body["value"][0];
    // 2.3: `$select` only, and never returned
    for name in
        ["assignedLabels", "assignedLicenses", "licenseProcessingState", "hasMembersWithLicenseErrors"]
    {
        assert!(group.get(name).is_none(), "{name}");
    }
    let selected = &population
        .reader
        .get(
            "/v1.0/groups?$top=1&$select=assignedLicenses,licenseProcessingState,hasMembersWithLicenseErrors",
        )
        .body["value"][0];
    assert_eq!(keys(selected), ["assignedLicenses", "licenseProcessingState"]);
    let one = &population.reader.get("/v1.0/users?$top=1&$select=displayName").body["value"][0];
    assert_eq!(keys(one), ["displayName"], "with $select=displayName v1.0 returns just that");
}
