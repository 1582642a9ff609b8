//! The address list's rules by example.

use super::super::{Finding, Licensed, ObjectView, Settings, check};

/// A complete entry, with changes: an empty text takes an attribute away.
fn person(name: &str, changes: &[(&str, &str)]) -> ObjectView {
    let mail = format!("{name}@contoso.com");
    let proxy = format!("SMTP:{mail}");
    let complete = [
        ("cn", name),
        ("displayName", name),
        ("givenName", name),
        ("sn", "Jansen"),
        ("sAMAccountName", name),
        ("userPrincipalName", &mail),
        ("mail", &mail),
        ("mailNickname", name),
        ("proxyAddresses", &proxy),
        ("msExchRecipientTypeDetails", "1"),
        ("title", "Planner"),
        ("department", "Operations"),
        ("physicalDeliveryOfficeName", "Utrecht"),
        ("telephoneNumber", "+31307101234"),
        ("streetAddress", "Stationsplein 1"),
        ("l", "Utrecht"),
        ("postalCode", "3511 ED"),
        ("c", "NL"),
        ("co", "Netherlands"),
        ("countryCode", "528"),
    ];
    let mut view = ObjectView::new(format!("CN={name},DC=contoso,DC=local"), "user");
    for (attribute, value) in complete.iter().chain(changes) {
        let values = if value.is_empty() { Vec::new() } else { vec![(*value).to_owned()] };
        view.set(attribute, values);
    }
    view
}

fn found(objects: &[ObjectView], settings: &Settings) -> Vec<(String, String, Option<String>)> {
    let told = |f: &Finding| {
        let suggestion = f.suggestion.as_ref().map(|values| values.join("|"));
        (f.rule.to_string(), f.attribute.to_string(), suggestion)
    };
    check(objects, settings).iter().map(told).collect()
}

/// What is found of a changed entry beside two complete ones.
fn changed(changes: &[(&str, &str)], expected: &[(&str, &str, Option<&str>)]) {
    let objects = [person("ada", &[]), person("bea", &[]), person("cas", changes)];
    let found = found(&objects, &Settings::default());
    let found: Vec<(&str, &str, Option<&str>)> =
        found.iter().map(|(rule, attribute, s)| (rule.as_str(), attribute.as_str(), s.as_deref())).collect();
    assert_eq!(found, expected, "{changes:?}");
}

#[test]
fn a_complete_entry_is_fine_and_what_lacks_is_told_without_a_suggestion() {
    changed(&[], &[]);
    changed(&[("title", "")], &[("GA01", "title", None)]);
    changed(&[("department", "")], &[("GA02", "department", None)]);
    changed(&[("physicalDeliveryOfficeName", "")], &[("GA03", "physicalDeliveryOfficeName", None)]);
    changed(&[("l", "")], &[("GA08", "l", None)]);
    let long = "t".repeat(129);
    changed(&[("title", &long)], &[("GA01", "title", None)]);
    changed(&[("title", &long[..128])], &[]);
}

#[test]
fn what_no_object_has_was_not_read() {
    let bare = |name| person(name, &[("title", ""), ("department", ""), ("l", "")]);
    assert_eq!(found(&[bare("ada"), bare("bea")], &Settings::default()), []);
}

#[test]
fn rooms_shared_mailboxes_and_services_need_no_entry() {
    let none = [("title", ""), ("department", ""), ("userAccountControl", "514")];
    for kind in ["4", "16", "32", "34359738368"] {
        changed(&[&none[..], &[("msExchRecipientTypeDetails", kind)]].concat(), &[]);
    }
    changed(&[&none[..], &[("mail", ""), ("proxyAddresses", ""), ("mailNickname", "")]].concat(), &[]);
}

#[test]
fn spellings_numbers_and_postal_codes_get_their_usual_form() {
    changed(&[("department", "OPERATIONS")], &[("GA02", "department", Some("Operations"))]);
    changed(&[("l", "utrecht")], &[("GA08", "l", Some("Utrecht"))]);
    changed(&[("telephoneNumber", "030-7101234")], &[("GA04", "telephoneNumber", Some("+31307101234"))]);
    changed(&[("telephoneNumber", "+31 30 7101234")], &[]);
    changed(&[("telephoneNumber", "030-7101234 (toestel 12)")], &[("GA04", "telephoneNumber", None)]);
    changed(&[("mobile", "06 12345678")], &[("GA05", "mobile", Some("+31612345678"))]);
    changed(
        &[("facsimileTelephoneNumber", "fax: 030-7101234")],
        &[("GA06", "facsimileTelephoneNumber", Some("+31307101234"))],
    );
    changed(
        &[("streetAddress", "Stationsplein 1\r\nTower B\r\n")],
        &[("GA07", "streetAddress", Some("Stationsplein 1, Tower B"))],
    );
    changed(&[("postalCode", "3511ed")], &[("GA10", "postalCode", Some("3511 ED"))]);
    changed(&[("postalCode", "351")], &[("GA10", "postalCode", None)]);
}

#[test]
fn c_decides_what_the_country_is() {
    changed(&[("co", "Belgium")], &[("GA11", "co", Some("Netherlands"))]);
    changed(&[("countryCode", "840")], &[("GA11", "countryCode", Some("528"))]);
    changed(&[("countryCode", "0")], &[]);
    changed(&[("co", "Nederland")], &[]);
    changed(&[("co", "Pays-Bas")], &[]);
    changed(&[("c", "nl")], &[("GA12", "c", Some("NL"))]);
    changed(&[("c", "XX")], &[("GA12", "c", Some("NL"))]);
    changed(&[("c", "XX"), ("co", "Belgium")], &[("GA12", "c", None)]);
    let british = [("c", "UK"), ("co", "United Kingdom"), ("countryCode", "826"), ("telephoneNumber", "")];
    changed(&[&british[..], &[("postalCode", "SW1A 1AA")]].concat(), &[("GA12", "c", Some("GB"))]);
    changed(&[&british[..], &[("c", "GB"), ("postalCode", "SW1A 1AA")]].concat(), &[]);
}

#[test]
fn who_gets_a_licence_is_somewhere() {
    let nowhere = || person("ada", &[("c", ""), ("co", ""), ("countryCode", "0")]);
    let settings = |licensed, default: Option<&str>| Settings {
        licensed,
        default_usage_location: default.map(str::to_owned),
        ..Settings::default()
    };
    let finding =
        |suggestion: Option<&str>| vec![("GA13".to_owned(), "c".to_owned(), suggestion.map(str::to_owned))];
    assert_eq!(found(&[nowhere()], &settings(Licensed::Unknown, Some("NL"))), []);
    assert_eq!(found(&[nowhere()], &settings(Licensed::All, Some("NL"))), finding(Some("NL")));
    assert_eq!(found(&[nowhere()], &settings(Licensed::these(["ADA"]), None)), finding(None));
    assert_eq!(found(&[nowhere()], &settings(Licensed::these(["bea"]), None)), []);
    let named = person("ada", &[("c", ""), ("co", "Belgium"), ("countryCode", "56")]);
    assert_eq!(found(&[named], &settings(Licensed::All, Some("NL"))), finding(Some("BE")));
}

#[test]
fn a_mobile_number_that_many_have_is_told_to_each_of_them() {
    let with = |name: &str| person(name, &[("mobile", "+31612345678")]);
    let told = |count: usize| {
        let names = ["ada", "bea", "cas", "dirk"];
        let objects: Vec<ObjectView> = names[..count].iter().map(|name| with(name)).collect();
        found(&objects, &Settings::default()).len()
    };
    // two who share the telephone of a duty are no finding
    assert_eq!((told(1), told(2), told(3), told(4)), (0, 0, 3, 4));
}
