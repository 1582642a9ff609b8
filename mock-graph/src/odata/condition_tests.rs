//! Checking and evaluation of filters.

use super::metadata::Entity;
use super::{Record, filter};
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{ObjectKind, Property, PropertyType, PropertyValue};
use serde_json::{Value, json};

/// An object made of Graph's JSON.
pub(super) struct Sample(pub(super) ObjectKind, pub(super) Value);

impl Record for Sample {
    fn kind(&self) -> ObjectKind {
        self.0
    }

    fn value(&self, property: Property) -> PropertyValue<'_> {
        let value = &self.1[property.name()];
        match (property, property.value_type(), value) {
            (_, _, Value::Null) => PropertyValue::Null,
            (Property::Id, _, id) => PropertyValue::Guid(Guid::parse(id.as_str().unwrap()).unwrap()),
            (_, PropertyType::Bool, value) => PropertyValue::Bool(value.as_bool().unwrap()),
            (_, PropertyType::Time, value) => {
                PropertyValue::Time(SimTime::parse_rfc3339(value.as_str().unwrap()).unwrap())
            }
            (_, PropertyType::Texts, value) => {
                PropertyValue::Texts(value.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect())
            }
            (_, PropertyType::Json, value) => PropertyValue::Json(value.clone()),
            (_, _, value) => PropertyValue::Text(value.as_str().unwrap()),
        }
    }
}

fn users() -> Vec<Sample> {
    [
        json!({
            "id": "00000000-0000-4000-8000-000000000001", "displayName": "Ada Lovelace",
            "userPrincipalName": "ada@contoso.com", "mail": "Ada@contoso.com", "accountEnabled": true,
            "department": "Sales", "createdDateTime": "2026-01-05T08:00:00Z", "employeeId": "7",
            "proxyAddresses": ["SMTP:Ada@contoso.com", "smtp:ada@contoso.onmicrosoft.com"],
            "onPremisesSamAccountName": "ada", "onPremisesSyncEnabled": true,
            "onPremisesImmutableId": "AAECAwQFBgcICQoLDA0ODw==",
            "assignedLicenses": [{"disabledPlans": [], "skuId": "6fd2c87f-b296-42f0-b197-1e91e994b900"}],
            "assignedPlans": [{"capabilityStatus": "Enabled", "service": "exchange",
                "servicePlanId": "efb87545-963c-4e0d-99df-69c6916d9eb0"}],
            "onPremisesExtensionAttributes": {"extensionAttribute1": "Gold"},
        }),
        json!({
            "id": "00000000-0000-4000-8000-000000000002", "displayName": "Søren O'Brien",
            "userPrincipalName": "soren@contoso.com", "mail": null, "accountEnabled": false,
            "department": "HR", "createdDateTime": "2026-01-06T08:00:00Z",
            "proxyAddresses": [], "assignedLicenses": [],
            "onPremisesProvisioningErrors": [{"category": "PropertyConflict",
                "propertyCausingError": "UserPrincipalName", "value": "ada@contoso.com"}],
        }),
        json!({
            "id": "00000000-0000-4000-8000-000000000003", "displayName": "Zoe",
            "userPrincipalName": "zoe@contoso.com", "mail": "zoe@fabrikam.com", "accountEnabled": true,
            "createdDateTime": "2026-01-07T08:00:00Z",
        }),
    ]
    .into_iter()
    .map(|json| Sample(ObjectKind::User, json))
    .collect()
}

/// The last digits of the ids that a filter finds.
fn found(text: &str) -> String {
    let condition = filter(Entity::User, true, text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let hits = users().into_iter().filter(|user| condition.holds(user));
    hits.map(|user| user.1["id"].as_str().unwrap()[35..].to_owned()).collect()
}

#[test]
fn filters_find_what_they_say() {
    for (text, expected) in [
        // strings without case; quotes doubled (section 3: "eq on strings is case-insensitive")
        ("displayName eq 'ada lovelace'", "1"),
        ("displayName eq 'søren o''brien'", "2"),
        ("DISPLAYNAME eq 'SØREN O''BRIEN'", "2"),
        ("startsWith(displayName,'ZO')", "3"),
        ("startswith(displayName,'s') eq true", "2"),
        ("startswith(displayName,'s') eq false", "13"),
        ("endsWith(mail,'@CONTOSO.com')", "1"),
        ("accountEnabled eq true", "13"),
        ("accountEnabled", "13"),
        ("not(accountEnabled eq true)", "2"),
        ("accountEnabled ne true", "2"),
        ("department ne 'sales'", "23"),
        ("department eq null", "3"),
        ("department ne null", "12"),
        ("mail eq null", "2"),
        ("mail ge 'b'", "3"),
        ("'b' le mail", "3"),
        ("department in ('HR','SALES')", "12"),
        ("id eq '00000000-0000-4000-8000-000000000002'", "2"),
        ("id in ('00000000-0000-4000-8000-000000000002','00000000-0000-4000-8000-00000000000F')", "2"),
        ("createdDateTime ge 2026-01-06T08:00:00Z", "23"),
        ("createdDateTime gt 2026-01-06T09:00:00+01:00", "3"),
        ("createdDateTime le 2026-01-06", "1"),
        ("proxyAddresses/any(p:p eq 'smtp:ada@contoso.com')", "1"),
        ("proxyAddresses/any(p:startsWith(p,'smtp:ADA@'))", "1"),
        ("not(proxyAddresses/any(p:p eq 'smtp:ada@contoso.com'))", "23"),
        ("proxyAddresses/any()", "1"),
        ("assignedLicenses/any(x:x/skuId eq 6fd2c87f-b296-42f0-b197-1e91e994b900)", "1"),
        ("assignedLicenses/$count ne 0", "1"),
        ("assignedLicenses/$count eq 0", "23"),
        ("assignedPlans/any(a:a/service eq 'EXCHANGE' and a/capabilityStatus eq 'Enabled')", "1"),
        ("onPremisesProvisioningErrors/any(o:o/category eq 'PropertyConflict')", "2"),
        ("onPremisesExtensionAttributes/extensionAttribute1 eq 'gold'", "1"),
        ("onPremisesSyncEnabled eq true", "1"),
        ("onPremisesSyncEnabled ne true", "23"),
        ("displayName eq 'Zoe' or (accountEnabled eq true and department eq 'Sales')", "13"),
        ("displayName eq 'Zoe' or accountEnabled eq true and department eq 'Sales'", "13"),
        ("microsoft.graph.user/displayName eq 'Zoe'", "3"),
        ("isof('microsoft.graph.user') and displayName eq 'Zoe'", "3"),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn refusals_are_those_of_the_reference() {
    let key = |entity, advanced, text: &str| filter(entity, advanced, text).map_err(|error| error.key).err();
    for (advanced, text, expected) in [
        // section 3, the table of situations
        (false, "endsWith(mail,'x')", Some("unsupported-query")),
        (true, "endsWith(mail,'x')", None),
        (true, "endsWith(displayName,'x')", Some("unsupported-query")),
        (false, "displayName ne 'x'", Some("filter-operator")),
        (true, "displayName ne 'x'", None),
        (false, "onPremisesSamAccountName eq 'x'", Some("filter-property-clause")),
        (true, "onPremisesSamAccountName eq 'x'", None),
        (false, "aboutMe eq 'x'", Some("filter-not-indexed")),
        (true, "aboutMe eq 'x'", Some("filter-not-indexed")),
        (false, "nosuch eq 'x'", Some("filter-unknown-property")),
        (false, "accountEnabled eq 'true'", Some("filter-incompatible-types")),
        (false, "assignedLicenses/any(x:x/skuId eq 'a')", Some("filter-incompatible-types")),
        (false, "id eq 00000000-0000-4000-8000-000000000002", Some("filter-incompatible-types")),
        // section 3, the summary of the matrix
        (false, "not(displayName eq 'x')", Some("unsupported-query")),
        (true, "not(displayName eq 'x')", None),
        (false, "proxyAddresses/any(p:p eq 'smtp:x')", None),
        (false, "proxyAddresses/any(p:startsWith(p,'smtp:x'))", None),
        (true, "proxyAddresses/any(p:p ne 'smtp:x')", Some("filter-property-clause")),
        (true, "proxyAddresses/all(p:p eq 'smtp:x')", Some("unsupported-query")),
        (false, "otherMails/any(p:p eq 'x')", None),
        (false, "imAddresses/any(p:p eq 'x')", None),
        (false, "assignedLicenses/any(x:x/skuId eq 6fd2c87f-b296-42f0-b197-1e91e994b900)", None),
        (false, "assignedPlans/any(x:x/service eq 'exchange')", Some("filter-property-clause")),
        (false, "companyName eq 'x'", Some("filter-property-clause")),
        (false, "employeeType eq 'x'", Some("filter-property-clause")),
        (false, "onPremisesExtensionAttributes/extensionAttribute3 eq 'x'", Some("filter-property-clause")),
        (false, "onPremisesImmutableId eq 'x'", None),
        (false, "onPremisesSyncEnabled eq true", None),
        (false, "onPremisesLastSyncDateTime ge 2026-01-05T08:00:00Z", None),
        (false, "onPremisesUserPrincipalName eq 'x'", None),
        (false, "assignedLicenses/$count ne 0", Some("unsupported-query")),
        (true, "assignedLicenses/$count ne 0", None),
        (
            false,
            "assignedPlans/any(a:a/service eq 'x' and a/capabilityStatus eq 'Enabled')",
            Some("filter-complex"),
        ),
        (true, "contains(displayName,'x')", Some("unsupported-query")),
        (true, "nosuch(displayName,'x')", Some("filter-unknown-function")),
        (false, "onPremisesProvisioningErrors/any(o:o/category eq 'PropertyConflict')", None),
        // the null column of the matrix
        (false, "mail eq null", Some("filter-property-clause")),
        (true, "mail eq null", None),
        (true, "userPrincipalName eq null", Some("filter-property-clause")),
        // the shape of the expression
        (true, "displayName", Some("filter-not-boolean")),
        (true, "1 add 2", Some("filter-not-boolean")),
        (true, "displayName eq mail", Some("unsupported-query")),
        (true, "manager/id eq 'x'", Some("unsupported-query")),
        (true, "displayName/x eq 'x'", Some("filter-unknown-property")),
        (true, "displayName/any(d:d eq 'x')", Some("filter-any-on-single")),
        (true, "proxyAddresses eq 'x'", Some("filter-incompatible-types")),
        (true, "startsWith(accountEnabled,'x')", Some("filter-no-signature")),
    ] {
        assert_eq!(key(Entity::User, advanced, text), expected, "{text} (advanced: {advanced})");
    }
    assert_eq!(key(Entity::Group, false, "groupTypes/any(g:g eq 'Unified')"), None);
    assert_eq!(key(Entity::Group, false, "displayName eq 'G' and mailNickname eq 'G'"), None);
    assert_eq!(key(Entity::Group, false, "userPrincipalName eq 'x'"), Some("filter-unknown-property"));
}

#[test]
fn more_than_fifteen_clauses_are_refused() {
    // section 3: "`in` max 15 values"
    let list = |n: usize| vec!["'a'"; n].join(",");
    assert_eq!(found(&format!("department in ({})", list(15))), "");
    let error = filter(Entity::User, true, &format!("department in ({})", list(16))).unwrap_err();
    assert_eq!(error.key, "filter-too-many-clauses");
}

proptest::proptest! {
    #[test]
    fn no_filter_makes_the_checker_panic(
        words in proptest::collection::vec(
            "eq|ne|and|or|not|in|any\\(x:|all\\(|\\(|\\)|/|displayName|proxyAddresses|assignedLicenses|x|skuId|\
             \\$count|'a'|true|null|1|startsWith\\(|,|isof\\(|microsoft.graph.user",
            0..14,
        ),
        advanced in proptest::bool::ANY,
    ) {
        for text in [words.join(" "), words.concat()] {
            if let Ok(condition) = filter(Entity::User, advanced, &text) {
                users().iter().for_each(|user| {
                    condition.holds(user);
                });
            }
        }
    }
}
