//! What no directory should hold, and some do: every value is survived.

use super::{Licensed, ObjectView, Settings, check};

const TEXTS: [&str; 9] = [
    "displayName",
    "givenName",
    "sn",
    "mail",
    "mailNickname",
    "proxyAddresses",
    "sAMAccountName",
    "targetAddress",
    "userPrincipalName",
];

fn settings() -> Settings {
    Settings {
        verified_domains: vec!["contoso.com".to_owned(), "bücher.com".to_owned()],
        domain_map: [("contoso.local".to_owned(), "contoso.com".to_owned())].into(),
        upn_suffixes: vec!["contoso.com".to_owned(), "contoso.local".to_owned()],
        licensed: Licensed::All,
        ..Settings::default()
    }
}

fn object(class: &str, number: usize) -> ObjectView {
    let cn = format!("Object {number}");
    ObjectView::new(format!("CN={cn},DC=contoso,DC=local"), class).with("cn", vec![cn])
}

#[test]
fn a_value_of_a_megabyte_is_reported_and_not_repaired_for_ever() {
    const LENGTH: usize = 1 << 20;
    for piece in ["é", "@", "smtp:", "a@b.", " ", "\u{200b}"] {
        let value = piece.repeat(LENGTH / piece.len());
        for attribute in TEXTS {
            let findings = check(&[object("user", 0).with(attribute, vec![value.clone()])], &settings());
            assert!(findings.iter().any(|finding| finding.attribute == attribute), "{piece:?} {attribute}");
        }
    }
}

#[test]
fn a_nul_is_found_wherever_it_stands_and_no_suggestion_has_one() {
    let value = |attribute: &str| match attribute {
        "proxyAddresses" | "targetAddress" => "SMTP:jan\0j@contoso.com",
        "mail" | "userPrincipalName" => "jan\0j@contoso.com",
        _ => "jan\0j",
    };
    for attribute in TEXTS {
        let findings =
            check(&[object("user", 0).with(attribute, vec![value(attribute).to_owned()])], &settings());
        let found = findings.iter().find(|finding| finding.attribute == attribute);
        let suggested = found.and_then(|finding| finding.suggestion.clone());
        assert_eq!(suggested, Some(vec![value(attribute).replace('\0', "")]), "{attribute}");
    }
}

/// Work that grew with the square of the number would not end within a test's patience.
#[test]
fn a_hundred_thousand_addresses_on_one_object_are_judged_one_by_one() {
    const MANY: usize = 100_000;
    let good = |n: usize| format!("smtp:jan.{n}@contoso.com");
    let bad = |n: usize| match n % 5 {
        0 => format!("smtp:jan {n}@contoso.com"),
        1 => format!("smtp:jän.{n}@contoso.com"),
        2 => format!("SMTP:jan.{n}@contoso.local"),
        3 => format!("smtp:JAN.{}@contoso.com", n - 2),
        _ => format!("jan(x).{n}@contoso.com"),
    };
    for make in [&good as &dyn Fn(usize) -> String, &bad] {
        let values: Vec<String> = (0..MANY).map(make).collect();
        let findings = check(&[object("user", 0).with("proxyAddresses", values)], &settings());
        assert!(findings.iter().any(|finding| finding.rule == "PA29"));
        assert!(findings.len() < 50, "{}", findings.len());
    }
}

#[test]
fn attributes_are_known_in_any_case() {
    for attribute in TEXTS {
        let odd: String = attribute
            .char_indices()
            .map(|(i, c)| if i % 2 == 0 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect();
        let plain = object("user", 0).with(attribute, vec![" x@contoso.local ".to_owned()]);
        let other = object("user", 0).with(&odd, vec![" x@contoso.local ".to_owned()]);
        assert_eq!(check(&[plain], &settings()), check(&[other], &settings()), "{odd}");
    }
}
