//! What holds of every population, whatever its profile, seed and size.

use super::{of_forests, settings, views};
use crate::directory::{Directory, Entry, ObjectId, Value, attr};
use crate::population::{Population, PopulationProfile};
use crate::rules;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A directory with who was put into it.
type Grown = (Directory, Population);

fn links(entry: &Entry<'_>, attribute: crate::directory::AttrId) -> Vec<ObjectId> {
    let target = |value| match value {
        Value::Dn(target) => Some(target),
        _ => None,
    };
    entry.values(attribute).filter_map(target).collect()
}

fn is_enabled(directory: &Directory, id: ObjectId) -> bool {
    directory.entry(id).and_then(|e| e.int(attr::USER_ACCOUNT_CONTROL)).is_some_and(|flags| flags & 2 == 0)
}

/// Managers form one tree of enabled people; who left is no part of it.
fn check_managers((directory, population): &Grown) {
    let manager = |id: ObjectId| directory.entry(id).and_then(|e| links(&e, attr::MANAGER).first().copied());
    let people: BTreeSet<ObjectId> = population.people.iter().copied().collect();
    let mut roots = BTreeSet::new();
    for id in &population.people {
        if !is_enabled(directory, *id) {
            assert_eq!(manager(*id), None, "a leaver has a manager");
            continue;
        }
        let (mut at, mut steps) = (*id, 0);
        while let Some(next) = manager(at) {
            assert!(people.contains(&next) && is_enabled(directory, next), "nobody's manager has left");
            at = next;
            steps += 1;
            assert!(steps < 12, "managers in a circle");
        }
        roots.insert(at);
    }
    assert!(roots.len() <= 1, "{} chiefs", roots.len());
}

/// Groups have members and an enabled owner, hold each other as scopes allow, and never in a circle.
fn check_groups((directory, population): &Grown) {
    let kind = |id: ObjectId| directory.entry(id).and_then(|e| e.int(attr::GROUP_TYPE)).unwrap_or(0) & 0xf;
    let anybody = population.people.iter().any(|id| is_enabled(directory, *id));
    let own: BTreeSet<ObjectId> = population.groups.iter().copied().collect();
    let inner = |id: ObjectId| -> Vec<ObjectId> {
        let entry = directory.entry(id).unwrap();
        links(&entry, attr::MEMBER).into_iter().filter(|member| own.contains(member)).collect()
    };
    for id in &population.groups {
        let entry = directory.entry(*id).unwrap();
        let owners = links(&entry, attr::MANAGED_BY);
        if anybody {
            assert!(!links(&entry, attr::MEMBER).is_empty(), "{} is empty", entry.dn());
            assert!(owners.len() == 1 && is_enabled(directory, owners[0]), "{} has no owner", entry.dn());
        }
        // [MS-ADTS]: a global group (2) holds global ones, a universal one (8) no domain local one (4)
        for member in inner(*id) {
            match kind(*id) {
                2 => assert_eq!(kind(member), 2, "{}", entry.dn()),
                8 => assert_ne!(kind(member), 4, "{}", entry.dn()),
                _ => {}
            }
        }
        let (mut seen, mut next) = (BTreeSet::new(), inner(*id));
        while let Some(group) = next.pop() {
            assert_ne!(group, *id, "{} holds itself", entry.dn());
            if seen.insert(group) {
                next.extend(inner(group));
            }
        }
    }
}

/// Each name has one holder, over all domains of the estate, and is such as every system takes.
fn check_names(grown: &[Grown]) {
    let mut spaces: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    for (number, (directory, _)) in grown.iter().enumerate() {
        for entry in directory.ids().filter_map(|id| directory.entry(id)).filter(|e| !e.is_deleted()) {
            let mut take = |space: &'static str, value: String| {
                let before = spaces.entry(space).or_default().insert(value.to_lowercase(), entry.dn());
                assert!(before.as_ref().is_none_or(|dn| *dn == entry.dn()), "{space} {value}: {before:?}");
            };
            for attribute in ["userPrincipalName", "mail", "proxyAddresses"] {
                for value in entry.texts(attribute) {
                    let address = value.split_once(':').map_or(value.as_str(), |(_, address)| address);
                    if address.contains('@') {
                        check_address(address);
                        take("address", address.to_owned());
                    }
                }
            }
            for attribute in ["telephoneNumber", "mobile", "facsimileTelephoneNumber"] {
                entry
                    .texts(attribute)
                    .into_iter()
                    .for_each(|value| take("telephone", format!("{attribute} {value}")));
            }
            // account names are a domain's own
            for value in entry.texts("sAMAccountName") {
                take("account", format!("{number} {value}"));
            }
            entry.texts("mailNickname").into_iter().for_each(|value| take("alias", value));
        }
    }
}

/// ASCII, a local part as RFC 5322 has it without quotes, a public domain.
fn check_address(address: &str) {
    let (local, domain) = address.split_once('@').unwrap();
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let atoms = local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(fits));
    assert!(atoms && local.len() <= 64, "{address}");
    assert!(domain.ends_with(".com") && domain.is_ascii(), "{address}");
}

fn check_all(profile: PopulationProfile, seed: u64, users: u32) {
    let grown = of_forests(profile, seed, users, 2);
    check_names(&grown);
    let views: Vec<_> = (0..)
        .zip(&grown)
        .flat_map(|(forest, (directory, _))| views(directory).into_iter().map(move |v| v.in_forest(forest)))
        .collect();
    let mut found = rules::check(&views, &settings());
    // every domain is born with these two groups, and nobody gave them their names
    let born = ["CN=DnsAdmins,", "CN=DnsUpdateProxy,"];
    found.retain(|finding| !born.iter().any(|name| finding.dn.starts_with(name)));
    assert!(found.is_empty(), "{profile} {seed} {users}: {:?}", &found[..found.len().min(5)]);
    for one in &grown {
        check_managers(one);
        check_groups(one);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, rng_seed: crate::seed::plans(31), ..ProptestConfig::default() })]

    #[test]
    fn a_population_of_any_profile_seed_and_size_is_clean_and_in_order(
        profile in 0..PopulationProfile::all().count(),
        seed in any::<u64>(),
        users in 1u32..260,
    ) {
        check_all(PopulationProfile::all().nth(profile).unwrap(), seed, users);
    }
}

#[test]
fn a_population_of_each_profile_is_clean_and_in_order() {
    for profile in PopulationProfile::all() {
        check_all(profile, 42, 700);
    }
}

/// What is drawn for a person does not depend on how many there are: more people push nobody else around.
#[test]
fn more_people_change_nothing_about_those_before_them() {
    for profile in PopulationProfile::all() {
        let read = |users: u32| -> Vec<Vec<String>> {
            let grown = of_forests(profile, 5, users, 1);
            let (directory, population) = &grown[0];
            let own = population.people.iter().take(100).filter_map(|id| directory.entry(*id));
            let of = |entry: Entry<'_>| {
                let attributes = [
                    "givenName",
                    "sn",
                    "userPrincipalName",
                    "sAMAccountName",
                    "employeeID",
                    "c",
                    "telephoneNumber",
                    "mobile",
                    "pwdLastSet",
                    "thumbnailPhoto",
                    "userCertificate",
                    "whenCreated",
                ];
                attributes.iter().flat_map(|name| entry.texts(*name)).collect()
            };
            own.map(of).collect()
        };
        let (few, many) = (read(200), read(320));
        let differing = few.iter().zip(&many).filter(|(one, other)| one != other).count();
        // another chief, who gets a mailbox if he had none
        assert!(few.len() == 100 && differing <= 2, "{profile}: {differing} differ");
    }
}
