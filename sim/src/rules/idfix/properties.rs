//! Random directories: the naive reading agrees, and what must hold of any run holds.

use super::super::{IdFixMode, RuleSet, Settings};
use super::naive::{Line, evaluate};
use super::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::collections::BTreeSet;

/// Pieces of which values are put together, so that they collide and break rules often.
const PIECES: [&str; 34] = [
    "jan",
    "JAN",
    "j",
    "ä",
    "Ü",
    "u\u{308}",
    "ß",
    "ss",
    "æ",
    "ae",
    "SMTP:",
    "smtp:",
    "X500:",
    "x.400:",
    "sip:",
    ":",
    "@",
    "@contoso.com",
    "@contoso.local",
    "@con_toso.app",
    "contoso",
    ".",
    "..",
    ".com",
    ".",
    " ",
    "\n",
    "\u{a0}",
    "\u{200b}",
    "'",
    "*",
    "<",
    "😀",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// Values that are each other's duplicates, at once or once they are repaired.
const COMMON: [&str; 16] = [
    "jan@contoso.com",
    "jan @contoso.com",
    "jan.@contoso.com",
    "jan..@contoso.com",
    "JAN@contoso.com",
    "jan",
    ".jan",
    "j an",
    "SMTP:jan@contoso.com",
    "smtp:jan@contoso.com",
    "smtp::jan@contoso.com",
    "smtp:straße@contoso.com",
    "smtp:strasse@contoso.com",
    "",
    "CAS_x",
    "MSOL_1",
];

fn value() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES.to_vec());
    let common = prop::sample::select(COMMON.to_vec());
    let made = prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat());
    prop_oneof![1 => made, 2 => common.prop_map(str::to_owned)]
}

fn object() -> impl Strategy<Value = ObjectView> {
    let class =
        prop::sample::select(vec!["user", "user", "inetOrgPerson", "contact", "group", "User", "computer"]);
    let cn = prop::sample::select(vec![
        "Jan Jansen",
        "Test One",
        "Æon",
        "C",
        "D",
        "E",
        "F",
        "Guesthouse",
        "administratie",
        "PC01$",
        "Jan\nCNF",
        "",
    ]);
    let texts = [
        "displayName",
        "givenName",
        "sn",
        "mail",
        "mailNickname",
        "sAMAccountName",
        "targetAddress",
        "userPrincipalName",
        "homeMDB",
    ];
    let texts = texts.map(|name| prop::option::of(value()).prop_map(move |value| (name, value)));
    let flags = ["isCriticalSystemObject", "msExchHideFromAddressLists"].map(|name| {
        prop::option::weighted(0.2, prop::sample::select(vec!["TRUE", "FALSE"])).prop_map(move |v| (name, v))
    });
    let kind = prop::option::of(prop::sample::select(vec!["-2147483646", "2", "8"]));
    let details = prop::option::weighted(0.1, prop::sample::select(vec!["0x800000", "8388608"]));
    let proxies = prop::collection::vec(value(), 0..4);
    (class, cn, texts, flags, kind, details, proxies).prop_map(
        |(class, cn, texts, flags, kind, details, proxies)| {
            let mut view = ObjectView::new("", class).with("cn", vec![cn.to_owned()]);
            let one = |value: Option<&str>| value.map(str::to_owned).into_iter().collect::<Vec<_>>();
            texts.into_iter().for_each(|(name, value)| view.set(name, one(value.as_deref())));
            flags.into_iter().for_each(|(name, value)| view.set(name, one(value)));
            view.set("groupType", one(kind));
            view.set("msExchRecipientTypeDetails", one(details));
            view.set("proxyAddresses", proxies);
            view
        },
    )
}

fn directory() -> impl Strategy<Value = Vec<ObjectView>> {
    prop::collection::vec(object(), 0..10).prop_map(|mut objects| {
        for (n, object) in objects.iter_mut().enumerate() {
            let conflict = if n == 5 { "\\0ACNF:9c6a" } else { "" };
            object.dn = format!("CN=Object {n}{conflict},OU=Lab,DC=contoso,DC=com");
        }
        objects
    })
}

fn settings() -> impl Strategy<Value = IdFixSettings> {
    let mode = prop::sample::select(vec![IdFixMode::MultiTenant, IdFixMode::Dedicated]);
    (mode, any::<bool>()).prop_map(|(mode, alternate_login_id)| IdFixSettings { mode, alternate_login_id })
}

fn line(row: &IdFixRow) -> Line {
    Line {
        dn: row.dn.clone(),
        class: row.object_class.clone(),
        attribute: row.attribute.to_owned(),
        errors: row.error_text(),
        value: row.value.clone(),
        action: row.proposed_action.name().to_owned(),
        update: row.update.clone(),
        added: row.kind == RowKind::AddedOriginal,
    }
}

/// What does not depend on who came first: everything but duplicates.
fn without_duplicates(report: &IdFixReport) -> Vec<(String, &str, String, Vec<ErrorType>)> {
    let mut found = Vec::new();
    for row in report.rows.iter().filter(|row| row.kind == RowKind::Finding) {
        let mut errors = row.errors.clone();
        errors.retain(|error| *error != ErrorType::Duplicate);
        if !errors.is_empty() {
            found.push((row.dn.clone(), row.attribute, row.value.clone().unwrap_or_default(), errors));
        }
    }
    found.sort();
    found
}

fn duplicates(report: &IdFixReport) -> usize {
    let repeated =
        |row: &&IdFixRow| row.kind == RowKind::Finding && row.errors.contains(&ErrorType::Duplicate);
    report.rows.iter().filter(repeated).count()
}

/// A reader of RFC 4180 that knows no other rule.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match (quoted, c) {
            (true, '"') if chars.next_if_eq(&'"').is_some() => field.push('"'),
            (_, '"') => quoted = !quoted,
            (false, ',') => record.push(std::mem::take(&mut field)),
            (false, '\r') if chars.next_if_eq(&'\n').is_some() => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            (_, c) => field.push(c),
        }
    }
    assert!(!quoted && field.is_empty() && record.is_empty(), "the last line is whole");
    records
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, rng_seed: crate::seed::plans(30), ..ProptestConfig::default() })]

    #[test]
    fn the_naive_reading_says_the_same(objects in directory(), settings in settings()) {
        let report = check(&objects, &settings);
        let said = evaluate(&objects, settings.mode == IdFixMode::Dedicated, settings.alternate_login_id);
        prop_assert_eq!(report.rows.iter().map(line).collect::<Vec<_>>(), said.lines);
        prop_assert_eq!(report.skipped, said.skipped);
        prop_assert_eq!(report.suppressed.len(), said.suppressed);
    }

    #[test]
    fn what_comes_later_changes_nothing_said_before(objects in directory(), settings in settings()) {
        let all = check(&objects, &settings);
        for known in 0..objects.len() {
            let some = check(&objects[..known], &settings);
            prop_assert!(all.rows.starts_with(&some.rows));
        }
        prop_assert_eq!(&check(&objects, &settings), &all);
    }

    #[test]
    fn findings_are_the_same_whether_kept_or_taken_out_as_they_come(objects in directory(), settings in settings()) {
        let mut run = IdFix::new(&settings);
        let mut taken = Vec::new();
        for view in &objects {
            run.add(view);
            taken.extend(run.take_findings(view));
        }
        prop_assert_eq!(&check(&objects, &settings).findings(&objects), &taken);
        let IdFixSettings { mode, alternate_login_id } = settings;
        let settings = Settings { rules: RuleSet::IdFix, idfix: mode, alternate_login_id, ..Settings::default() };
        prop_assert_eq!(super::super::check(&objects, &settings), taken);
    }

    #[test]
    fn the_order_of_objects_matters_to_first_holders_alone(objects in directory(), settings in settings()) {
        let forwards = check(&objects, &settings);
        let reversed: Vec<ObjectView> = objects.into_iter().rev().collect();
        let backwards = check(&reversed, &settings);
        prop_assert_eq!(without_duplicates(&forwards), without_duplicates(&backwards));
        prop_assert_eq!(duplicates(&forwards), duplicates(&backwards));
        prop_assert_eq!(forwards.skipped.len(), backwards.skipped.len());
    }

    #[test]
    fn the_export_reads_back_in_the_order_of_the_grid(objects in directory(), settings in settings()) {
        let mut rows = check(&objects, &settings).rows;
        sort_rows(&mut rows);
        // the names differ in one digit, so that the grid's order is theirs
        prop_assert!(rows.is_sorted_by_key(|row| row.dn.clone()));
        let records = read_csv(&csv(&rows));
        prop_assert_eq!(records[0].join(","), "DISTINGUISHEDNAME,COMMONNAME,OBJECTCLASS,ATTRIBUTE,ERROR,VALUE,UPDATE,PROPOSEDACTION,ACTION");
        prop_assert_eq!(records.len(), rows.len() + 1);
        for (record, row) in records[1..].iter().zip(&rows) {
            prop_assert_eq!(&record[..], &csv_fields(row)[..]);
        }
    }

    #[test]
    fn no_value_stops_a_run(text in any::<String>(), other in any::<String>(), settings in settings()) {
        let mut view = ObjectView::new(&text, "contact");
        for attribute in super::super::ATTRIBUTES {
            view.set(attribute, vec![text.clone(), other.clone()]);
        }
        let twice = [view.clone(), view];
        let report = check(&twice, &settings);
        prop_assert_eq!(report.findings(&twice).len(), report.rows.len());
    }
}

#[test]
fn random_directories_meet_everything_that_a_run_can_say() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut errors, mut actions, mut classes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut added, mut suppressed, mut skipped) = (0, 0, 0);
    for _ in 0..256 {
        let objects = directory().new_tree(&mut runner).unwrap().current();
        let report = check(&objects, &IdFixSettings::default());
        for row in &report.rows {
            errors.extend(row.errors.iter().copied());
            actions.insert(row.proposed_action.name());
            classes.insert(row.object_class.clone());
            added += usize::from(row.kind == RowKind::AddedOriginal);
        }
        suppressed += report.suppressed.len();
        skipped += report.skipped.len();
    }
    assert_eq!(errors.len(), 8, "{errors:?}");
    assert_eq!(actions.len(), 3, "{actions:?}");
    assert_eq!(classes.len(), 5, "{classes:?}");
    assert!(added > 20 && suppressed > 5 && skipped > 20, "{added} {suppressed} {skipped}");
}
