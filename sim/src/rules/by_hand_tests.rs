//! Two forests written by hand before the rules of their rows were: each row is found where it was put, and
//! nothing where nothing was.

use super::{Checker, Finding, LdifViews, Licensed, ObjectView, Settings, Severity, check};
use crate::clock::SimTime;
use std::collections::BTreeSet;

/// Rows that no rule finds yet. Must become empty: a listed one that is found fails the test.
const NOT_YET: &[&str] = &[];

/// What is found on innocent objects after all, each with the reason: they are innocent of the row that the
/// note names, and another one is true of them.
const ALSO: &[(&str, &str, &str)] = &[
    ("CN=Karel Akker,OU=Staff,DC=contoso,DC=local", "UP19", "its UPN is not its primary address"),
    ("CN=Lena Bos,OU=Staff,DC=contoso,DC=local", "PA31", "contoso.app is none of the verified domains"),
    ("CN=Maud Corver,OU=Staff,DC=contoso,DC=local", "PA31", "the domain is none of the verified ones"),
];

const EXPECTED: &str = include_str!("../../tests/by-hand/expected.tsv");

/// Every container of the files but OU=Not Synchronized and CN=ForeignSecurityPrincipals.
const SCOPE: &[&str] = &[
    "OU=Staff,DC=contoso,DC=local",
    "OU=Groups,DC=contoso,DC=local",
    "OU=Contacts,DC=contoso,DC=local",
    "CN=Users,DC=contoso,DC=local",
    "DC=fabrikam,DC=local",
];

/// As sim/tests/by-hand/README.md says.
fn settings() -> Settings {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    let mapped = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    Settings {
        verified_domains: owned(&["contoso.com", "contoso.onmicrosoft.com", "fabrikam.com"]),
        domain_map: [mapped("contoso.local", "contoso.com"), mapped("fabrikam.local", "fabrikam.com")].into(),
        upn_suffixes: owned(&["contoso.com", "oldbrand.com", "my_corp.com", "fabrikam.com"]),
        licensed: Licensed::these(["licensed.nosmtp", "licensed.nowhere"]),
        license_groups: owned(&["CN=Licence E3,OU=Groups,DC=contoso,DC=local"]),
        scope: owned(SCOPE),
        max_group_members: Some(5),
        now: SimTime::parse_rfc3339("2026-01-05T08:00:00Z"),
        ..Settings::default()
    }
}

fn objects() -> Vec<ObjectView> {
    let files =
        [include_str!("../../tests/by-hand/contoso.ldif"), include_str!("../../tests/by-hand/fabrikam.ldif")];
    let read = |(forest, text): (u16, &'static str)| LdifViews::new(text.as_bytes(), forest);
    (0..).zip(files).flat_map(read).map(|view| view.expect("the files are right")).collect()
}

struct Expected {
    rule: &'static str,
    dn: &'static str,
    attribute: &'static str,
    severity: &'static str,
}

fn expected() -> Vec<Expected> {
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().expect("five columns");
        Expected { rule: cell(), dn: cell(), attribute: cell(), severity: cell() }
    };
    EXPECTED.lines().skip(1).filter(|line| !line.is_empty()).map(row).collect()
}

impl Expected {
    fn fits(&self, finding: &Finding) -> bool {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        finding.dn == self.dn
            && (self.attribute == "*" || self.attribute == finding.attribute)
            && (self.rule == "-" || self.rule == finding.rule)
            && (self.severity == "*" || self.severity == "-" || self.severity == severity)
    }
}

#[test]
fn what_was_written_by_hand_is_found_and_nothing_where_nothing_is() {
    let objects = objects();
    let known: BTreeSet<&str> = objects.iter().map(|view| view.dn.as_str()).collect();
    let findings = check(&objects, &settings());
    let (mut wrong, mut missed) = (Vec::new(), BTreeSet::new());
    let rows = expected();
    for row in &rows {
        assert!(known.contains(row.dn), "{} is in no file", row.dn);
        let found: Vec<&Finding> = findings.iter().filter(|finding| row.fits(finding)).collect();
        if row.rule == "-" {
            let also = |finding: &&&Finding| {
                ALSO.iter().any(|(dn, rule, _)| (*dn, *rule) == (row.dn, &*finding.rule))
            };
            if found.is_empty() && ALSO.iter().any(|(dn, ..)| *dn == row.dn) {
                wrong.push(format!("{}: nothing is found any more: strike it off", row.dn));
            }
            let told = |finding: &&Finding| format!("{}: nothing expected, {} found", row.dn, finding.rule);
            wrong.extend(found.iter().filter(|finding| !also(finding)).map(told));
        } else if found.is_empty() {
            missed.insert(row.rule);
            let about = findings.iter().filter(|finding| finding.dn == row.dn);
            let about: Vec<_> =
                about.map(|finding| (&finding.rule, &finding.attribute, finding.severity)).collect();
            if !NOT_YET.contains(&row.rule) {
                wrong.push(format!(
                    "{} of {} ({}, {}): only {about:?}",
                    row.rule, row.dn, row.attribute, row.severity
                ));
            }
        }
    }
    // the file has 155 rows of rules and 29 innocent objects
    assert_eq!((rows.len(), rows.iter().filter(|row| row.rule == "-").count()), (184, 29));
    wrong.extend(
        NOT_YET
            .iter()
            .filter(|rule| !missed.contains(*rule))
            .map(|rule| format!("{rule} is found: strike it off")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_streamed_check_finds_the_same() {
    let settings = settings();
    let mut checker = Checker::new(&settings, std::env::temp_dir());
    objects().into_iter().for_each(|view| checker.add(view).unwrap());
    let mut findings = Vec::new();
    checker.finish(|finding| findings.push(finding)).unwrap();
    assert_eq!(findings, check(&objects(), &settings));
}
