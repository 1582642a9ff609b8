//! The streamed check against the one in memory.

use super::super::{Finding, ObjectView, RuleSet, Settings, check};
use super::Checker;
use super::spill::Room;
use crate::ids::Guid;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn settings() -> Settings {
    Settings {
        verified_domains: vec!["contoso.com".to_owned(), "fabrikam.com".to_owned()],
        ..Settings::default()
    }
}

/// Some values of an attribute, from few that clash with each other and with those of other attributes.
fn value(attribute: &'static str) -> impl Strategy<Value = Option<Vec<String>>> {
    const NAMES: [&str; 8] = ["jan", "Jan", "jan ", "jan2", "j\u{e4}n", "mia", "r.o", "jan."];
    const DOMAINS: [&str; 5] =
        ["contoso.com", "CONTOSO.com", "fabrikam.com", "contoso.local", "oldbrand.com"];
    let address = (prop::sample::select(&NAMES[..]), prop::sample::select(&DOMAINS[..]))
        .prop_map(|(name, domain)| format!("{name}@{domain}"));
    let proxies = (address.clone(), prop::sample::select(&["SMTP:", "smtp:", "X500:/o=", "sip:"][..]))
        .prop_map(|(address, prefix)| format!("{prefix}{address}"));
    match attribute {
        "proxyAddresses" => prop::option::of(prop::collection::vec(proxies, 1..4)).boxed(),
        "targetAddress" => prop::option::of(proxies.prop_map(|value| vec![value])).boxed(),
        "mail" | "userPrincipalName" => prop::option::of(address.prop_map(|value| vec![value])).boxed(),
        _ => {
            prop::option::of(prop::sample::select(&NAMES[..]).prop_map(|name| vec![name.to_owned()])).boxed()
        }
    }
}

fn object() -> impl Strategy<Value = ObjectView> {
    let attributes = ["mail", "proxyAddresses", "userPrincipalName", "mailNickname", "sAMAccountName"];
    let values = attributes.map(value);
    let class = prop::sample::select(&["user", "user", "user", "contact", "group"][..]);
    let flags = (any::<bool>(), any::<bool>(), 0u8..3, 0u16..2, any::<bool>());
    (values, value("targetAddress"), class, flags).prop_map(move |(values, target, class, flags)| {
        let (enabled, mailbox, created, forest, odd) = flags;
        let mut view = ObjectView::new("", class).in_forest(forest);
        attributes.iter().zip(values).for_each(|(name, value)| view.set(name, value.unwrap_or_default()));
        view.set("targetAddress", target.unwrap_or_default());
        view.set("userAccountControl", vec![if enabled { "512" } else { "514" }.to_owned()]);
        view.set("whenCreated", vec![format!("2020010{}000000.0Z", created + 1)]);
        if mailbox {
            view.set("homeMDB", vec!["CN=DB".to_owned()]);
        }
        if odd {
            view.set_octets("displayName", vec![b"J\xfcrgen".to_vec()]);
        }
        view
    })
}

/// Objects with names of their own, some of which have an objectGUID.
fn objects() -> impl Strategy<Value = Vec<ObjectView>> {
    prop::collection::vec(object(), 0..40).prop_map(|mut objects| {
        for (nth, view) in objects.iter_mut().enumerate() {
            view.dn = format!("CN=Object {nth},DC=contoso,DC=local");
            view.guid = (nth % 3 != 0).then(|| Guid::from_bytes([nth as u8 + 1; 16]));
            if nth % 5 == 0 {
                view.set("mS-DS-ConsistencyGuid", vec![Guid::from_bytes([nth as u8 / 4; 16]).to_string()]);
            }
        }
        objects
    })
}

fn streamed(objects: &[ObjectView], settings: &Settings, records: usize, octets: usize) -> Vec<Finding> {
    let room = Room::with_files(&std::env::temp_dir(), records, octets);
    let mut checker = Checker::with_room(settings, room);
    objects.iter().for_each(|view| checker.add(view.clone()).unwrap());
    let mut findings = Vec::new();
    checker.finish(|finding| findings.push(finding)).unwrap();
    findings
}

/// What does not depend on the order of the objects.
fn essence(findings: &[Finding]) -> BTreeSet<String> {
    let told = |finding: &Finding| {
        let others: BTreeSet<&String> = finding.others.iter().collect();
        format!(
            "{} {} {} {:?} {:?} {others:?} {:?} {:?}",
            finding.dn,
            finding.attribute,
            finding.rule,
            finding.value,
            finding.suggestion,
            finding.owner,
            finding.reason
        )
    };
    findings.iter().map(told).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, rng_seed: crate::seed::plans(27), ..ProptestConfig::default() })]

    #[test]
    fn a_stream_finds_what_the_check_in_memory_finds(objects in objects(), records in 1usize..60, octets in 0usize..4000) {
        let settings = settings();
        let expected = check(&objects, &settings);
        prop_assert_eq!(streamed(&objects, &settings, records, octets), expected);
    }

    #[test]
    fn the_order_of_objects_and_of_forests_changes_nothing(objects in objects(), seed in any::<u64>()) {
        let settings = settings();
        let mut moved = objects.clone();
        moved.sort_by_cached_key(|view| view.guid.map_or(0, |guid| u64::from(guid.to_bytes()[0])).wrapping_mul(seed | 1));
        moved.iter_mut().for_each(|view| view.forest = 1 - view.forest);
        prop_assert_eq!(essence(&check(&moved, &settings)), essence(&check(&objects, &settings)));
    }
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let settings = settings();
    let folder = std::env::temp_dir().join("forestbed").join("no such folder");
    let mut checker = Checker::with_room(&settings, Room::with_files(&folder, 1, 0));
    let error = checker.add(ObjectView::new("CN=a", "user")).unwrap_err();
    let told = error.to_string();
    assert!(
        told.starts_with("the check cannot create a file in ") && told.contains("no such folder"),
        "{told}"
    );
    assert!(!error.is_storage_full());
}

/// Objects that share addresses with their neighbours, in batches and shares of every small size.
#[test]
fn however_few_objects_are_worked_on_at_once_the_same_is_found() {
    let settings = settings();
    let view = |nth: usize| {
        let addresses = [format!("SMTP:p{nth}@contoso.com"), format!("smtp:s{}@contoso.com", nth / 3)];
        let view = ObjectView::new(format!("CN=Object {nth},DC=contoso,DC=local"), "user")
            .with("proxyAddresses", addresses.to_vec())
            .with("manager", vec![format!("CN=Object {},DC=contoso,DC=local", nth / 2)])
            .with("mailNickname", vec![format!("a b{nth}")]);
        if nth.is_multiple_of(4) { view.with("department", vec!["x".repeat(70)]) } else { view }
    };
    let objects: Vec<ObjectView> = (0..50).map(view).collect();
    let expected = check(&objects, &settings);
    assert!(expected.len() > 100);
    for (records, octets) in [(1, 0), (2, 300), (7, 400), (16, 900), (33, 1500), (40, 3000), (50, 1 << 20)] {
        assert_eq!(streamed(&objects, &settings, records, octets), expected, "{records} {octets}");
    }
}

#[test]
fn the_rules_of_idfix_find_in_a_stream_what_they_find_in_memory() {
    let settings = Settings { rules: RuleSet::IdFix, ..settings() };
    let of = |name: &str| {
        ObjectView::new(format!("CN={name},DC=contoso,DC=local"), "user")
            .with("mail", vec!["team@contoso.com".to_owned()])
    };
    let objects = ["Ada", "Bob", "Cyd"].map(of);
    let expected = check(&objects, &settings);
    assert!(expected.iter().any(|finding| finding.rule == "idfix:Duplicate"), "{expected:#?}");
    assert_eq!(streamed(&objects, &settings, 1, 0), expected);
}

#[test]
fn everything_a_duplicate_of_everything_stays_linear() {
    let settings = settings();
    let view = |nth: usize| {
        ObjectView::new(format!("CN=Object {nth},DC=contoso,DC=local"), "user")
            .with("mail", vec!["team@contoso.com".to_owned()])
            .with("userPrincipalName", vec!["team@contoso.com".to_owned()])
            .with("proxyAddresses", vec!["SMTP:team@contoso.com".to_owned()])
            .with("mailNickname", vec!["team".to_owned()])
    };
    let objects: Vec<ObjectView> = (0..3000).map(view).collect();
    let findings = check(&objects, &settings);
    for rule in ["UP18", "PA26", "ML01", "MN09"] {
        let of_rule: Vec<&Finding> = findings.iter().filter(|finding| finding.rule == rule).collect();
        assert_eq!(of_rule.len(), 3000, "{rule}");
        assert!(of_rule.iter().all(|finding| finding.others.len() == 50), "{rule}");
        assert!(of_rule[7].reason.ends_with("3000 have it, of whom 50 are named"), "{}", of_rule[7].reason);
    }
    assert_eq!(streamed(&objects, &settings, 500, 1000), findings);
}

#[test]
fn very_many_contested_addresses_of_one_object_get_findings_without_suggestions() {
    let settings = settings();
    let of = |name: &str| {
        let proxies = (0..5000).map(|nth| format!("smtp:a{nth}@contoso.com")).collect();
        ObjectView::new(format!("CN={name},DC=contoso,DC=local"), "user").with("proxyAddresses", proxies)
    };
    let objects = [of("Many"), of("More")];
    let findings = check(&objects, &settings);
    let contested = findings.iter().filter(|finding| finding.rule == "PA26");
    assert_eq!(contested.clone().count(), 10_000);
    assert!(contested.into_iter().all(|finding| finding.suggestion.is_none()));
    assert!(findings.iter().any(|finding| finding.rule == "PA29"));
    assert_eq!(streamed(&objects, &settings, 1000, 1000), findings);
}

#[test]
fn a_checker_counts_what_has_come() {
    let settings = settings();
    let mut checker = Checker::with_room(&settings, Room::memory());
    assert_eq!((checker.len(), checker.is_empty()), (0, true));
    for nth in 1..=3 {
        checker.add(ObjectView::new(format!("CN={nth}"), "user")).unwrap();
        assert_eq!((checker.len(), checker.is_empty()), (nth, false));
    }
}

#[test]
fn a_full_disk_is_told_as_such() {
    use std::error::Error as _;
    use std::io::ErrorKind;
    let of =
        |kind: ErrorKind| super::CheckError::io(std::path::Path::new("/checks"), "write a file", kind.into());
    let (full, other) = (of(ErrorKind::StorageFull), of(ErrorKind::NotFound));
    assert!(full.is_storage_full() && !other.is_storage_full());
    let words = "the check needs more room than is left in /checks: free some, or name another folder";
    assert_eq!(full.to_string(), words);
    assert!(other.to_string().starts_with("the check cannot write a file in /checks: "));
    assert!(full.source().is_some() && super::CheckError::damaged().source().is_none());
}
