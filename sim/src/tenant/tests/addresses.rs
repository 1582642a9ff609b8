//! Names and addresses that the service calculates: every worked example of directory-sync.md 2.2, from a table.

use super::*;
use std::collections::BTreeMap;

const EXAMPLES: &str = include_str!("address-examples.tsv");

/// Examples by name: the rows of each, in order.
fn examples() -> BTreeMap<&'static str, Vec<Vec<&'static str>>> {
    let mut examples: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    for line in EXAMPLES.lines().skip(2) {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), 9, "{line}");
        examples.entry(cells[0]).or_default().push(cells);
    }
    examples
}

/// Whether a text is what is expected: `####` stands for four digits, `*` before it for "among others".
fn fits(found: &str, expected: &str) -> bool {
    match expected.split_once("####") {
        None => found == expected,
        Some((head, tail)) => {
            let digits = found.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail));
            digits.is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
        }
    }
}

fn check(row: &[&str], found: &[Option<String>; 4]) {
    for (expected, found) in row[4..8].iter().zip(found) {
        let found = found.as_deref();
        let right = match (*expected, expected.strip_prefix('*')) {
            ("-", _) => true,
            ("none", _) => found.is_none(),
            (_, Some(part)) => found.is_some_and(|found| found.split(' ').any(|one| fits(one, part))),
            (all, None) => found.is_some_and(|found| fits(found, all)),
        };
        assert!(right, "{}: {expected} expected, not {found:?}", row.join(" | "));
    }
}

fn play(rows: &[Vec<&str>], seed: u64) -> Vec<[Option<String>; 4]> {
    let spec = TenantSpec { verified_domains: vec![rows[0][1].to_owned()], ..spec() };
    let mut tenant = Tenant::new(&spec, 100, Seed::new(seed), DEFAULT_START).unwrap();
    let mut ids: BTreeMap<&str, Guid> = BTreeMap::new();
    let mut found = Vec::new();
    for row in rows {
        match row[3] {
            "on" => {
                locate(&mut tenant, ids[row[2]]);
                license(&mut tenant, ids[row[2]], E3).unwrap();
            }
            "off" => tenant.assign_license(&ctx(), ids[row[2]], &[], &[guid(E3)]).unwrap(),
            sent => {
                let sent = serde_json::from_str(sent).unwrap();
                ids.insert(row[2], id_of(&set(&mut tenant, row[2], sent)));
            }
        }
        let id = ids[row[2]];
        let shown = |property| text(&tenant, id, property);
        let proxies = proxies(&tenant, id).join(" ");
        found.push([
            shown(Property::MailNickname),
            shown(Property::UserPrincipalName),
            shown(Property::Mail),
            Some(proxies).filter(|proxies| !proxies.is_empty()),
        ]);
    }
    found
}

#[test]
fn every_worked_example_of_names_and_addresses_comes_out() {
    let mut steps = 0;
    for rows in examples().values() {
        for (row, found) in rows.iter().zip(play(rows, 7)) {
            check(row, &found);
            steps += 1;
        }
    }
    assert_eq!(steps, EXAMPLES.lines().count() - 2);
}

#[test]
fn the_reference_has_no_example_that_the_table_lacks() {
    let references: Vec<&str> =
        EXAMPLES.lines().skip(2).filter_map(|line| line.rsplit('\t').next()).collect();
    let steps = (1..=5).map(|step| format!("2.2.4 step {step}"));
    let rows = ["1", "2", "3", "3b", "4", "4b", "5", "6"].map(|row| format!("2.2 row {row}"));
    let rules = ["2.2.1", "2.2.2", "2.2.3", "2.2.6", "2.2.7"].map(str::to_owned);
    for wanted in steps.chain(rows).chain(rules) {
        assert!(references.contains(&wanted.as_str()), "{wanted}");
    }
}

#[test]
fn random_digits_come_from_the_seed() {
    // directory-sync.md 2.2, row 6, and 2.3.2
    let examples = examples();
    let digits = |seed| play(&examples["6"], seed).pop();
    assert_eq!(digits(7), digits(7));
    assert!((8..12).any(|other| digits(other) != digits(7)));
    let quarantined = |seed| {
        let mut tenant = Tenant::new(&spec(), 100, Seed::new(seed), DEFAULT_START).unwrap();
        set(&mut tenant, "one", json!({ "userPrincipalName": "user@contoso.com" }));
        let id = id_of(&set(&mut tenant, "two", json!({ "userPrincipalName": "user@contoso.com" })));
        text(&tenant, id, Property::UserPrincipalName).unwrap()
    };
    assert_eq!(quarantined(7), quarantined(7));
    assert!((8..12).any(|other| quarantined(other) != quarantined(7)));
}

#[test]
fn a_newly_verified_domain_renames_all_synchronized_users() {
    // directory-sync.md 2.2.3
    let mut tenant = tenant();
    let mut sent =
        |anchor: &str, upn: &str| id_of(&set(&mut tenant, anchor, json!({ "userPrincipalName": upn })));
    let (ada, bob) = (sent("a", "ada@fabrikam.com"), sent("b", "bob@contoso.com"));
    let upn = |tenant: &Tenant, id| text(tenant, id, Property::UserPrincipalName).unwrap();
    assert_eq!(upn(&tenant, ada), "ada@contoso.onmicrosoft.com");
    locate(&mut tenant, ada);
    license(&mut tenant, ada, E3).unwrap();
    tenant.create_domain(&ctx(), "fabrikam.com").unwrap();
    tenant.verify_domain(&ctx(), "fabrikam.com").unwrap();
    assert_eq!((upn(&tenant, ada), upn(&tenant, bob)), ("ada@fabrikam.com".into(), "bob@contoso.com".into()));
    // licensed for Exchange, so the new name is an address as well
    assert!(proxies(&tenant, ada).iter().any(|proxy| proxy.eq_ignore_ascii_case("smtp:ada@fabrikam.com")));
}

#[test]
fn invalid_characters_of_a_name_follow_the_switch() {
    // tenant-switches.tsv invalid_upn
    for (value, name, expected) in [
        ("recalculate", "jos m\u{fc}ller", Ok("jose@contoso.onmicrosoft.com")),
        ("underscore", "jos\u{e9} m\u{fc}ller", Ok("jos__m_ller@contoso.com")),
        ("reject", "jos m\u{fc}ller", Err("IdentityDataValidationFailed")),
    ] {
        let mut tenant = switched(&[("invalid_upn", value)]);
        let sent = json!({ "userPrincipalName": format!("{name}@contoso.com"), "alias": "jose" });
        let result = set(&mut tenant, "anchor9", sent);
        match expected {
            Ok(upn) => {
                assert_eq!(text(&tenant, id_of(&result), Property::UserPrincipalName).as_deref(), Some(upn));
            }
            Err(code) => assert_eq!(result.error_code.as_deref(), Some(code)),
        }
    }
}
