//! Findings against rows of every sort.

use super::*;

fn judged(rows: Vec<LedgerRow>, findings: &[Finding]) -> crate::score::DetectionScore {
    detection(findings, &[&Ledger { rows, decoys: Vec::new() }], &[directory()])
}

/// A row about one value of Cyd's addresses, the others being none of its affair.
fn shared(number: u32, value: &str) -> LedgerRow {
    let clean = "smtp:clean@contoso.com";
    LedgerRow {
        number,
        defect: format!("PA{number:02}"),
        objects: vec![guid(CYD)],
        places: vec![Place { share: true, ..place(CYD, "proxyAddresses", &[clean], &[value]) }],
        accepted: Accepted::Exact { outcomes: vec![outcome(CYD, "proxyAddresses", &[clean])] },
        owner: None,
        ..ledger().rows.remove(1)
    }
}

fn naming(person: usize, value: &str) -> Finding {
    Finding { value: Some(value.to_owned()), ..finding(person, "proxyAddresses") }
}

#[test]
fn rows_that_the_directory_alone_does_not_show_are_counted_apart() {
    let row = |severity: &str, detectable: &str, person| LedgerRow {
        severity: severity.to_owned(),
        detectable: detectable.to_owned(),
        objects: vec![guid(person)],
        places: vec![place(person, "mail", &[], &["x"])],
        ..ledger().rows.remove(0)
    };
    let rows = vec![
        row("defect", "yes", ADA),
        row("defect", "yes", BOB),
        row("defect", "needs-settings", ADA),
        row("warning", "needs-settings", CYD),
        row("warning", "yes", ADA),
        row("warning", "yes", DAN),
        row("warning", "yes", EVE),
        row("defect", "no", ADA),
        row("warning", "no", CYD),
    ];
    let score = judged(rows, &[finding(ADA, "mail")]);
    assert_eq!((score.found, score.decidable), (1, 2));
    assert_eq!((score.with_settings, score.warnings), ((1, 2), (1, 3)));
    let of = |shares: &std::collections::BTreeMap<String, (u64, u64)>, name: &str| shares[name];
    assert_eq!((of(&score.by_defect, "ML03"), of(&score.by_attribute, "mail")), ((1, 2), (1, 2)));
    assert_eq!(of(&score.with_settings_by_defect, "ML03"), (1, 2));
    assert_eq!(of(&score.warnings_by_defect, "ML03"), (1, 3));
}

#[test]
fn a_missed_row_names_its_objects() {
    let score = judged(ledger().rows, &[finding(ADA, "mail")]);
    assert_eq!(score.missed.count, 1);
    let holders = "CN=Cyd,CN=Users,DC=contoso,DC=local, CN=Bob,CN=Users,DC=contoso,DC=local";
    assert!(score.missed.examples[0].contains(holders), "{:?}", score.missed);
    let gone = LedgerRow { objects: vec![guid(9)], ..ledger().rows.remove(0) };
    let score = judged(vec![gone], &[]);
    assert!(score.missed.examples[0].contains(&guid(9).to_string()), "{:?}", score.missed);
}

#[test]
fn a_warning_is_noise_only_on_an_object_that_no_row_speaks_of() {
    let warning = |person, attribute| Finding { severity: Severity::Warning, ..finding(person, attribute) };
    for (found, stray) in [(warning(EVE, "title"), 1), (warning(ADA, "title"), 0), (warning(ADA, "mail"), 0)]
    {
        let score = judged(ledger().rows, &[found]);
        assert_eq!((score.stray_warnings.count, score.false_alarms.count), (stray, 0));
    }
}

#[test]
fn false_alarms_are_counted_by_the_rule_that_the_checker_names() {
    let other = Finding { rule: "Y".into(), ..finding(EVE, "mail") };
    let score = judged(ledger().rows, &[finding(EVE, "title"), finding(DAN, "title"), other]);
    assert_eq!(score.false_alarms_by_rule, [("X".to_owned(), 2), ("Y".to_owned(), 1)].into());
}

#[test]
fn where_rows_share_an_attribute_a_finding_speaks_of_the_row_whose_value_it_names() {
    let rows = || vec![shared(1, "smtp:b ob@contoso.com"), shared(2, "smtp:bob@@contoso.com")];
    let found = |findings: &[Finding]| {
        let score = judged(rows(), findings);
        assert_eq!(score.false_alarms.count, 0, "{score:#?}");
        score.by_defect.values().map(|(found, _)| *found).collect::<Vec<u64>>()
    };
    assert_eq!(found(&[naming(CYD, "smtp:b ob@contoso.com")]), [1, 0]);
    assert_eq!(found(&[naming(CYD, "smtp:bob@@contoso.com")]), [0, 1]);
    assert_eq!(found(&[naming(CYD, "smtp:cyd@contoso.com")]), [0, 0]);
    assert_eq!(found(&[finding(CYD, "proxyAddresses")]), [1, 1]);
    let both = [naming(CYD, "smtp:b ob@contoso.com"), naming(CYD, "smtp:bob@@contoso.com")];
    assert_eq!(found(&both), [1, 1]);
}

#[test]
fn the_value_is_looked_for_in_the_place_that_the_finding_names() {
    let row = |share| {
        let mut row = shared(1, "smtp:cyds@@contoso.com");
        let bobs = place(BOB, "proxyAddresses", &[], &["smtp:bobs@@contoso.com"]);
        let mails = Place { share: true, ..place(CYD, "mail", &[], &["mails@@contoso.com"]) };
        row.places.splice(0..0, [Place { share, ..bobs }, mails]);
        row
    };
    for share in [true, false] {
        assert_eq!(judged(vec![row(share)], &[naming(CYD, "smtp:cyds@@contoso.com")]).found, 1);
        assert_eq!(judged(vec![row(share)], &[naming(CYD, "smtp:bobs@@contoso.com")]).found, 0);
    }
    // a value that is missing cannot be named, and a place of its own is not shared
    let mut removed = shared(1, "");
    removed.places[0].injected.clear();
    assert_eq!(judged(vec![removed], &[naming(CYD, "smtp:cyd@contoso.com")]).found, 1);
    let mut own = shared(1, "smtp:cyds@@contoso.com");
    own.places[0].share = false;
    assert_eq!(judged(vec![own], &[naming(CYD, "smtp:cyd@contoso.com")]).found, 1);
}
