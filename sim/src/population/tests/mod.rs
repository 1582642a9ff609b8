//! An organisation as a whole.

mod invariants;
mod profiles;

use super::{Place, Population, PopulationProfile, populate, populate_at};
use crate::clock::DEFAULT_START;
use crate::directory::{Directory, DirectoryConfig, ObjectId, attr};
use crate::rules::{self, ObjectView, Settings};
use crate::seed::Seed;
use crate::spec::{EstateSpec, ForestSpec, PopulationSpec, TenantSpec};
use std::collections::BTreeSet;

fn empty(forest: &ForestSpec, seed: Seed) -> Directory {
    Directory::new(&DirectoryConfig {
        domain: forest.domain.clone(),
        netbios: forest.netbios(),
        upn_suffixes: forest.upn_suffixes.clone(),
        extensions: forest.schema,
        dc_name: "DC1".to_owned(),
        admin_password: "Secret-1!".to_owned(),
        time: DEFAULT_START,
        seed,
    })
}

fn grown(seed: u64, users: u32, threads: usize) -> (Directory, Population) {
    of_profile(PopulationProfile::DEFAULT, seed, users, threads)
}

/// The domains of an estate whose only forest has so many people of a profile.
fn of_forests(
    profile: PopulationProfile,
    seed: u64,
    users: u32,
    threads: usize,
) -> Vec<(Directory, Population)> {
    let forest = ForestSpec { population: PopulationSpec::of(profile, users), ..ForestSpec::default() };
    let mut spec = EstateSpec { forests: vec![forest], seed, ..EstateSpec::default() };
    spec.complete_forests();
    let estate = Seed::new(seed);
    let first = spec.forests[0].population;
    let grow = |(number, forest): (usize, &ForestSpec)| {
        let own = if number == 0 { estate } else { Seed::new(estate.hash("forest", "", number as u64)) };
        let mut directory = empty(forest, own);
        let place = Place { forest: number, domain: 0, estate, first: Some(&first) };
        let time = (DEFAULT_START, threads);
        let population = populate_at(place, &mut directory, forest, &spec.tenant, own, time);
        (directory, population)
    };
    spec.forests.iter().enumerate().map(grow).collect()
}

/// What an administrator says of the estate.
fn settings() -> Settings {
    let domains = ["contoso.com", "contoso.onmicrosoft.com", "fabrikam.com"];
    Settings { verified_domains: domains.map(str::to_owned).to_vec(), ..Settings::default() }
}

fn of_profile(profile: PopulationProfile, seed: u64, users: u32, threads: usize) -> (Directory, Population) {
    let forest = ForestSpec { population: PopulationSpec::of(profile, users), ..ForestSpec::default() };
    let seed = Seed::new(seed);
    let mut directory = empty(&forest, seed);
    let population = populate(&mut directory, &forest, &TenantSpec::default(), seed, DEFAULT_START, threads);
    (directory, population)
}

/// Everything that a client could read, as text.
fn text(directory: &Directory) -> String {
    let mut out = Vec::new();
    for entry in directory.ids().filter_map(|id| directory.entry(id)) {
        out.extend_from_slice(entry.dn().as_bytes());
        for (attribute, values) in entry.attributes() {
            out.extend_from_slice(format!("\n{}:", directory.schema().name(attribute)).as_bytes());
            for value in values {
                out.push(b' ');
                value.write_ldap(directory, &mut out);
            }
        }
        out.push(b'\n');
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn views(directory: &Directory) -> Vec<ObjectView> {
    directory.ids().filter_map(|id| rules::view_of(directory, id)).collect()
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (one, ids_of_one) = grown(7, 300, 1);
    let (two, ids_of_two) = grown(7, 300, 2);
    assert_eq!(ids_of_one, ids_of_two);
    assert!(text(&one) == text(&two), "the directories differ");
    assert!(text(&one) != text(&grown(8, 300, 2).0), "another seed must give another directory");
}

#[test]
fn every_kind_has_as_many_as_asked_for() {
    let (_, population) = grown(42, 500, 2);
    let spec = PopulationSpec::of_users(500);
    let counts = [
        (population.people.len(), spec.users),
        (population.groups.len(), spec.groups),
        (population.contacts.len(), spec.contacts),
        (population.rooms.len(), spec.rooms),
        (population.shared.len(), spec.shared),
        (population.admins.len(), spec.admins),
        (population.computers.len(), spec.computers),
        (population.services.len(), spec.services),
    ];
    for (made, asked) in counts {
        assert_eq!(made, asked as usize);
    }
}

#[test]
fn a_clean_population_has_no_findings() {
    let settings = Settings {
        verified_domains: vec!["contoso.com".to_owned(), "contoso.onmicrosoft.com".to_owned()],
        ..Settings::default()
    };
    for (seed, users) in [(1, 3), (2, 60), (3, 500), (42, 800), (4711, 1500)] {
        let (directory, _) = grown(seed, users, 2);
        let found: Vec<String> = rules::check(&views(&directory), &settings)
            .iter()
            .map(|f| format!("{} {} {:?} {:?}", f.rule, f.dn, f.value, f.reason))
            .collect();
        assert!(
            found.is_empty(),
            "seed {seed}: {} findings\n{}",
            found.len(),
            found[..found.len().min(20)].join("\n")
        );
    }
}

#[test]
fn without_exchange_there_is_mail_but_nothing_of_exchange() {
    let schema = crate::spec::SchemaExtensions { exchange: false, ..Default::default() };
    let forest = ForestSpec { population: PopulationSpec::of_users(200), schema, ..ForestSpec::default() };
    let mut directory = empty(&forest, Seed::new(2));
    populate(&mut directory, &forest, &TenantSpec::default(), Seed::new(2), DEFAULT_START, 1);
    let all = text(&directory);
    assert!(all.contains("\nproxyAddresses: SMTP:") && all.contains("\nmail: "));
    for absent in ["\nmailNickname:", "\ntargetAddress:", "\nmsExch", "\nextensionAttribute"] {
        assert!(!all.contains(absent), "{absent}");
    }
    let settings = Settings { verified_domains: vec!["contoso.com".to_owned()], ..Settings::default() };
    assert_eq!(rules::check(&views(&directory), &settings), []);
}

/// Each object holds what it must, and what must be unique is.
#[test]
fn names_are_unique_and_within_their_limits() {
    let (directory, population) = grown(9, 1200, 2);
    let mut accounts = BTreeSet::new();
    let mut principals = BTreeSet::new();
    let mut names = BTreeSet::new();
    for id in directory.ids() {
        let Some(entry) = directory.entry(id) else { continue };
        assert!(names.insert(entry.dn().to_lowercase()), "two objects are {}", entry.dn());
        if let Some(account) = entry.text(attr::SAM_ACCOUNT_NAME) {
            assert!(accounts.insert(account.to_lowercase()), "two accounts are {account}");
        }
        if let Some(upn) = entry.text(attr::USER_PRINCIPAL_NAME) {
            assert!(principals.insert(upn.to_lowercase()), "two accounts sign in as {upn}");
        }
    }
    for id in population.people.iter().chain(&population.rooms).chain(&population.services) {
        let account = directory.entry(*id).and_then(|e| e.text(attr::SAM_ACCOUNT_NAME)).unwrap_or_default();
        assert!((1..=20).contains(&account.len()) && account.is_ascii(), "{account}");
    }
    for id in &population.computers {
        let name = directory.entry(*id).and_then(|e| e.text(attr::SAM_ACCOUNT_NAME)).unwrap_or_default();
        assert!(name.ends_with('$') && name.len() <= 16, "{name}");
    }
}

#[test]
fn places_and_phones_agree_with_the_country() {
    // ISO 3166-1 alpha-2, numeric and the ITU country code
    let countries = [
        ("NL", "528", "+31"),
        ("DE", "276", "+49"),
        ("SE", "752", "+46"),
        ("DK", "208", "+45"),
        ("PL", "616", "+48"),
        ("FR", "250", "+33"),
        ("IT", "380", "+39"),
        ("GB", "826", "+44"),
        ("US", "840", "+1"),
    ];
    let (directory, population) = grown(10, 800, 2);
    let mut seen = BTreeSet::new();
    for id in &population.people {
        let Some(entry) = directory.entry(*id) else { continue };
        let value = |attribute| entry.text(attribute).unwrap_or_default().into_owned();
        let (c, number, phone) = (value(attr::C), value(attr::COUNTRY_CODE), value(attr::TELEPHONE_NUMBER));
        let known = countries.iter().find(|(code, _, _)| *code == c);
        assert!(
            known.is_some_and(|(_, n, prefix)| *n == number && phone.starts_with(prefix)),
            "{c} {number} {phone}"
        );
        // E.164: at most 15 digits
        assert!(phone.len() <= 16 && phone[1..].bytes().all(|b| b.is_ascii_digit()), "{phone}");
        assert!(!value(attr::L).is_empty() && !value(attr::POSTAL_CODE).is_empty());
        seen.insert(c);
    }
    assert_eq!(seen.len(), countries.len());
}

#[test]
fn everybody_has_one_chain_of_managers_that_ends_at_the_chief() {
    let (directory, population) = grown(11, 800, 2);
    let manager = |id: ObjectId| match directory.entry(id)?.values(attr::MANAGER).next()? {
        crate::directory::Value::Dn(manager) => Some(manager),
        _ => None,
    };
    let active = |id: ObjectId| directory.entry(id).and_then(|e| e.int("userAccountControl")) == Some(512);
    let mut roots = BTreeSet::new();
    for id in population.people.iter().copied().filter(|id| active(*id)) {
        let mut at = id;
        let mut steps = 0;
        while let Some(next) = manager(at) {
            assert!(active(next), "a leaver leads");
            at = next;
            steps += 1;
            assert!(steps < 10, "managers in a circle");
        }
        roots.insert(at);
    }
    assert_eq!(roots.len(), 1);
}

#[test]
fn groups_are_of_several_kinds_and_sizes_and_some_are_nested() {
    let (directory, population) = grown(12, 1600, 2);
    let mut kinds = BTreeSet::new();
    let (mut nested, mut sizes) = (0, Vec::new());
    for id in &population.groups {
        let Some(entry) = directory.entry(*id) else { continue };
        kinds.insert(entry.int("groupType"));
        let members: Vec<ObjectId> = entry
            .values(attr::MEMBER)
            .filter_map(|value| match value {
                crate::directory::Value::Dn(member) => Some(member),
                _ => None,
            })
            .collect();
        nested += usize::from(members.iter().any(|member| population.groups.contains(member)));
        sizes.push(members.len());
    }
    assert_eq!(kinds.len(), 4);
    assert!(nested >= 3, "{nested}");
    assert!(sizes.iter().any(|size| *size > 150) && sizes.iter().any(|size| *size < 10), "{sizes:?}");
}
