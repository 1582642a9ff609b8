//! Injection, judged by the rules: what is made wrong is found, and what is suggested is accepted.

use super::units::{Maker, UNITS};
use super::{Detectable, Ledger, LedgerRow, Verdict, catalogue, inject};
use crate::clock::DEFAULT_START;
use crate::directory::{Directory, DirectoryConfig};
use crate::ids::Guid;
use crate::population::populate;
use crate::rules::{self, Finding, ObjectView, Settings};
use crate::seed::Seed;
use crate::spec::{DefectMix, ForestSpec, PopulationSpec, TenantSpec};
use std::collections::{BTreeMap, BTreeSet};

fn forest(users: u32, defects: DefectMix, decoys: u32) -> ForestSpec {
    let population = PopulationSpec { contacts: users / 6, groups: 130, ..PopulationSpec::of_users(users) };
    ForestSpec { population, defects, decoys, ..ForestSpec::default() }
}

pub(super) fn grown(forest: &ForestSpec, seed: u64) -> Result<(Directory, Ledger), crate::Error> {
    let (seed, tenant) = (Seed::new(seed), TenantSpec::default());
    let mut directory = Directory::new(&DirectoryConfig {
        domain: forest.domain.clone(),
        netbios: forest.netbios(),
        upn_suffixes: forest.upn_suffixes.clone(),
        extensions: forest.schema,
        dc_name: "DC1".to_owned(),
        admin_password: "Secret-1!".to_owned(),
        time: DEFAULT_START,
        seed,
    });
    let population = populate(&mut directory, forest, &tenant, seed, DEFAULT_START, 2);
    let ledger = inject(&mut directory, &population, forest, &tenant, seed, DEFAULT_START)?;
    Ok((directory, ledger))
}

fn settings(directory: &Directory) -> Settings {
    let children = |id| directory.children(id).filter_map(|id| directory.entry(id));
    let outside = ["Service Accounts", "ForeignSecurityPrincipals"];
    let inside = children(directory.info().domain).filter(|entry| !outside.contains(&entry.rdn_value()));
    Settings {
        verified_domains: vec!["contoso.com".to_owned(), "contoso.onmicrosoft.com".to_owned()],
        domain_map: [("contoso.local".to_owned(), "contoso.com".to_owned())].into(),
        upn_suffixes: vec!["contoso.com".to_owned(), "contoso.local".to_owned()],
        licensed: rules::Licensed::All,
        license_groups: groups_of_leavers(directory),
        default_usage_location: Some("NL".to_owned()),
        scope: inside.map(|entry| entry.dn()).collect(),
        max_group_members: Some(600),
        now: Some(DEFAULT_START),
        ..Settings::default()
    }
}

/// Nobody puts a leaver into a group but AC01, whose groups give licences.
fn groups_of_leavers(directory: &Directory) -> Vec<String> {
    let entries = || directory.ids().filter_map(|id| directory.entry(id));
    let disabled = entries().filter(|e| e.int("userAccountControl").is_some_and(|flags| flags & 2 != 0));
    let gone: BTreeSet<String> = disabled.map(|entry| entry.dn()).collect();
    let licenses = |entry: &crate::directory::Entry<'_>| {
        let members = entry.texts("member");
        // GR02 makes members of everybody
        entry.is_class("group") && (1..4).contains(&members.iter().filter(|m| gone.contains(*m)).count())
    };
    entries().filter(licenses).map(|entry| entry.dn()).collect()
}

fn findings(directory: &Directory) -> Vec<Finding> {
    let views: Vec<ObjectView> = directory.ids().filter_map(|id| rules::view_of(directory, id)).collect();
    rules::check(&views, &settings(directory))
}

/// The directory's values of an attribute, or what the findings suggest for it.
fn repaired(directory: &Directory, findings: &[Finding], object: Guid, attribute: &str) -> Vec<String> {
    let suggested = findings
        .iter()
        .filter(|f| f.object_guid() == Some(object) && f.attribute == attribute)
        .find_map(|f| f.suggestion.clone());
    let present = present(directory, object, attribute);
    match suggested {
        // of certificates the summaries of those that stay are suggested
        Some(kept) if attribute.ends_with("Certificate") => present
            .into_iter()
            .filter(|text| {
                let octets = super::octets::from_text(text).unwrap_or_default();
                kept.contains(&rules::OctetSummary::of_certificate(&octets).to_string())
            })
            .collect(),
        suggested => suggested.unwrap_or(present),
    }
}

fn present(directory: &Directory, object: Guid, attribute: &str) -> Vec<String> {
    super::present(directory, object, attribute).unwrap_or_default()
}

fn can_be_found(row: &LedgerRow) -> bool {
    catalogue().get(&row.defect).is_some_and(|kind| kind.detectable != Detectable::No)
}

fn within_a_domain() -> impl Iterator<Item = &'static str> {
    let units = UNITS.iter().filter(|unit| matches!(unit.maker, Maker::One(_) | Maker::Two(..)));
    units.map(|unit| unit.id)
}

fn all_kinds(each: u32) -> DefectMix {
    DefectMix::Exact(within_a_domain().map(|id| (id.to_owned(), each)).collect())
}

fn of_row<'a>(findings: &'a [Finding], row: &'a LedgerRow) -> impl Iterator<Item = &'a Finding> {
    findings.iter().filter(|f| f.object_guid().is_some_and(|guid| row.spans(guid, &f.attribute)))
}

#[test]
fn every_injected_defect_is_found_under_its_own_name() {
    for seed in [42, 7, 8] {
        let (directory, ledger) = grown(&forest(1400, all_kinds(3), 24), seed).unwrap();
        let found = findings(&directory);
        let missed: Vec<String> = ledger
            .rows
            .iter()
            .filter(|row| can_be_found(row) && !of_row(&found, row).any(|f| f.rule == row.defect))
            .map(|row| format!("{} {:?} {:?}", row.defect, row.note, row.places))
            .collect();
        assert!(missed.is_empty(), "seed {seed}: {}", missed.join("\n"));
        assert_eq!(ledger.rows.len(), 3 * within_a_domain().count());
    }
}

#[test]
fn every_suggestion_is_an_accepted_repair_and_what_is_left_may_be_left() {
    for seed in [42, 7, 8] {
        let (directory, ledger) = grown(&forest(1400, all_kinds(3), 24), seed).unwrap();
        let found = findings(&directory);
        let mut wrong = Vec::new();
        for row in &ledger.rows {
            let verdict =
                row.judge(|object, attribute| Some(repaired(&directory, &found, object, attribute)));
            let right = match verdict {
                Verdict::Repaired => true,
                Verdict::Untouched => row.may_leave_and_report(),
                Verdict::Wrong => false,
            };
            if !right {
                let suggested: Vec<_> = of_row(&found, row).map(|f| (&f.rule, &f.suggestion)).collect();
                wrong.push(format!(
                    "{} {verdict:?} {:?}\n   {:?}\n   {suggested:?}",
                    row.defect, row.places, row.accepted
                ));
            }
        }
        assert!(wrong.is_empty(), "seed {seed}: {}", wrong.join("\n"));
    }
}

#[test]
fn the_owner_that_the_ledger_names_is_the_one_that_the_rules_single_out() {
    let (directory, ledger) = grown(&forest(1400, all_kinds(4), 0), 5).unwrap();
    let found = findings(&directory);
    let mut owned = 0;
    for row in ledger.rows.iter().filter(|row| row.owner.is_some()) {
        let owners: Vec<&str> =
            of_row(&found, row).filter(|f| f.rule == row.defect).filter_map(|f| f.owner.as_deref()).collect();
        let dn = row
            .owner
            .and_then(|guid| directory.by_guid(guid))
            .and_then(|id| directory.entry(id))
            .map(|e| e.dn());
        assert!(!owners.is_empty() && owners.iter().all(|o| Some(*o) == dn.as_deref()), "{row:?} {owners:?}");
        owned += 1;
    }
    assert!(owned >= 12, "{owned}");
}

#[test]
fn nothing_but_the_injected_defects_is_found_and_no_decoy_is_touched() {
    let (directory, ledger) = grown(&forest(1400, all_kinds(3), 60), 11).unwrap();
    assert_eq!(ledger.decoys.len(), 60);
    let kinds: BTreeSet<&str> = ledger.decoys.iter().map(|d| d.kind.as_str()).collect();
    assert_eq!(kinds, super::decoy_kinds().collect());
    let found = findings(&directory);
    let involved = |guid: Guid| ledger.rows.iter().any(|row| row.objects.contains(&guid));
    let stray: Vec<String> = found
        .iter()
        .filter(|f| !f.object_guid().is_some_and(involved))
        .map(|f| format!("{} {} {:?}", f.rule, f.dn, f.value))
        .collect();
    assert!(stray.is_empty(), "{}", stray.join("\n"));
    for decoy in &ledger.decoys {
        assert_eq!(present(&directory, decoy.object, &decoy.attribute), decoy.value, "{}", decoy.kind);
    }
}

/// The limits of mission.md (attributes before synchronization), by the decoy that stands at them.
#[test]
fn one_character_more_makes_a_defect_of_a_decoy_at_the_limit() {
    let limits = [
        ("GN02", "givenName", 64, "GN01"),
        ("DN05", "displayName", 256, "DN04"),
        ("UP01", "userPrincipalName", 64, "UP01"),
        ("PA01", "proxyAddresses", 256, "PA01"),
        ("MN08", "mailNickname", 64, "MN08"),
        ("SA01", "sAMAccountName", 20, "SA01"),
    ];
    let (mut directory, ledger) = grown(&forest(400, all_kinds(0), 60), 17).unwrap();
    let context = crate::directory::UpdateContext::lenient(DEFAULT_START);
    let part = |kind: &str, text: &str| match kind {
        "UP01" => text.split('@').next().map_or(0, |local| local.chars().count()),
        _ => text.chars().count(),
    };
    for (kind, attribute, limit, _) in limits {
        let decoy = ledger.decoys.iter().find(|decoy| decoy.kind == kind).unwrap_or_else(|| panic!("{kind}"));
        let longest = |texts: &[String]| texts.iter().map(|text| part(kind, text)).max();
        assert_eq!((decoy.attribute.as_str(), longest(&decoy.value)), (attribute, Some(limit)), "{kind}");
        let longer = decoy.value.iter().map(|text| match part(kind, text) == limit {
            true if kind == "UP01" => text.replacen('@', "x@", 1),
            true => format!("{text}x"),
            false => text.clone(),
        });
        let longer: Vec<String> = longer.collect();
        let id = directory.by_guid(decoy.object).unwrap();
        super::values::write(&mut directory, &context, id, attribute, &longer);
    }
    let found = findings(&directory);
    for (kind, attribute, _, rule) in limits {
        let decoy = ledger.decoys.iter().find(|decoy| decoy.kind == kind).unwrap();
        let of = |f: &&Finding| f.object_guid() == Some(decoy.object) && f.attribute == attribute;
        assert!(found.iter().filter(of).any(|f| f.rule == rule), "{kind}: no {rule}");
    }
}

#[test]
fn a_repaired_directory_has_no_findings_that_rules_can_decide() {
    let (mut directory, ledger) = grown(&forest(1400, all_kinds(3), 20), 13).unwrap();
    let context = crate::directory::UpdateContext::lenient(DEFAULT_START);
    for finding in findings(&directory).iter().filter(|finding| finding.suggestion.is_some()) {
        let Some(guid) = finding.object_guid() else { continue };
        let texts = repaired(&directory, std::slice::from_ref(finding), guid, &finding.attribute);
        if let Some(id) = directory.by_guid(guid) {
            super::values::write(&mut directory, &context, id, &finding.attribute, &texts);
        }
    }
    let rows = |finding: &Finding| -> Vec<&str> {
        let own = |row: &&LedgerRow| finding.object_guid().is_some_and(|guid| row.objects.contains(&guid));
        ledger.rows.iter().filter(own).map(|row| row.defect.as_str()).collect()
    };
    let left: Vec<String> = findings(&directory)
        .iter()
        .filter(|f| f.suggestion.is_some())
        .map(|f| format!("{} {} {:?} -> {:?} {:?}", f.rule, f.dn, f.value, f.suggestion, rows(f)))
        .collect();
    assert!(left.is_empty(), "{}", left.join("\n"));
}

#[test]
fn an_object_carries_one_row_and_a_row_says_what_the_directory_holds() {
    let (directory, ledger) = grown(&forest(1400, all_kinds(3), 24), 3).unwrap();
    let mut seen: BTreeMap<Guid, &str> = BTreeMap::new();
    for row in &ledger.rows {
        for object in &row.objects {
            assert_eq!(seen.insert(*object, &row.defect), None, "{object} is in two rows");
        }
        for place in &row.places {
            let mut present = present(&directory, place.object, &place.attribute);
            let mut injected = place.injected.clone();
            present.sort();
            injected.sort();
            assert_eq!(present, injected, "{}", row.defect);
        }
        assert_eq!(
            row.judge(|object, attribute| super::present(&directory, object, attribute)),
            Verdict::Untouched
        );
        // what the defect added was not there
        let added = |object: Guid| {
            let fresh = row.places.iter().filter(|place| place.object == object).all(|p| p.before.is_empty());
            fresh && row.accepted.outcomes().iter().any(|outcome| outcome.gone.contains(&object))
        };
        assert_eq!(
            row.judge(|object, attribute| (!added(object)).then(|| before(row, object, attribute))),
            Verdict::Repaired,
            "{}",
            row.defect
        );
    }
    assert!(ledger.decoys.iter().all(|decoy| seen.insert(decoy.object, "decoy").is_none()));
}

/// What it was before injection is right, but where both hold what only one may, or where the clean value
/// was nobody's repair (an address that was never there).
fn before(row: &LedgerRow, object: Guid, attribute: &str) -> Vec<String> {
    let place = row.places.iter().find(|p| p.object == object && p.attribute == attribute);
    let injected_only =
        matches!(row.defect.as_str(), "PA10" | "PA19" | "PA24" | "PA26" | "PA32" | "SA02" | "XD01");
    place.map_or_else(Vec::new, |p| {
        if !injected_only {
            return p.before.clone();
        }
        let outcome = &row.accepted.outcomes()[0];
        let holding = outcome.holdings.iter().find(|h| h.object == object && h.attribute == attribute);
        holding.map_or_else(|| p.injected.clone(), |h| h.any_of[0].clone())
    })
}

#[test]
fn exact_counts_are_met_or_refused_with_the_room_there_is() {
    let mix = |id: &str, n| DefectMix::Exact([(id.to_owned(), n)].into());
    let (_, ledger) = grown(&forest(400, mix("pa26", 25), 0), 1).unwrap();
    assert_eq!(ledger.rows.iter().filter(|row| row.defect == "PA26").count(), 25);
    let refused = grown(&forest(60, mix("UP15", 61), 0), 1).unwrap_err().to_string();
    assert!(refused.contains("61 defects UP15") && refused.contains("room for 60"), "{refused}");
    let mut bare = forest(60, mix("MN01", 1), 0);
    bare.schema.exchange = false;
    let refused = grown(&bare, 1).unwrap_err().to_string();
    assert!(refused.contains("room for 0"), "{refused}");
    let unknown = grown(&forest(60, mix("ZZ01", 1), 0), 1).unwrap_err().to_string();
    assert!(unknown.contains("ZZ01"), "{unknown}");
}

#[test]
fn the_classic_profile_gives_its_rate() {
    let profile = DefectMix::Profile { name: "idfix-classic".to_owned(), rate: 0.1 };
    let (_, ledger) = grown(&forest(1000, profile, 0), 42).unwrap();
    assert_eq!(ledger.rows.len(), 100);
    let clean = DefectMix::Profile { name: "clean".to_owned(), rate: 0.1 };
    assert!(grown(&forest(100, clean, 0), 42).unwrap().1.rows.is_empty());
}

#[test]
fn the_same_seed_gives_the_same_ledger() {
    let make =
        |seed| serde_json::to_string(&grown(&forest(1400, all_kinds(1), 12), seed).unwrap().1).unwrap();
    assert_eq!(make(6), make(6));
    assert_ne!(make(6), make(9));
}
