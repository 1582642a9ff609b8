//! Each row that a checker can find is made often enough to mean something, and each decoy is there.

use super::{Detectable, Ledger, Role, catalogue, decoy_kinds};
use crate::population::PopulationProfile;
use crate::spec::{DefectMix, EstateSpec, ForestSpec, PopulationSpec, TenantSpec};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// Least often.
const PLENTY: usize = 20;
const USERS: u32 = 10_000;

fn forest(population: PopulationProfile, users: u32, profile: &str, rate: f64) -> ForestSpec {
    ForestSpec {
        population: PopulationSpec::of(population, users),
        defects: DefectMix::Profile { name: profile.to_owned(), rate },
        decoys: 60,
        ..ForestSpec::default()
    }
}

/// A company with enough partners: sixteen rows are about contacts.
fn single(profile: &str, rate: f64) -> Vec<Ledger> {
    let mut forest = forest(PopulationProfile::default(), USERS, profile, rate);
    forest.population.contacts = USERS / 10;
    vec![super::tests::grown(&forest, 1).unwrap().1]
}

fn merged(profile: &str, rate: f64) -> Vec<Ledger> {
    let company = |domain: &str, suffix: &str, users| ForestSpec {
        domain: domain.to_owned(),
        upn_suffixes: vec![suffix.to_owned()],
        ..forest(
            PopulationProfile::all().find(|p| p.name() == "merged-companies").unwrap(),
            users,
            profile,
            rate,
        )
    };
    let forests = vec![
        company("contoso.local", "contoso.com", USERS * 3 / 5),
        company("fabrikam.local", "fabrikam.com", USERS * 2 / 5),
    ];
    let mut tenant = TenantSpec::default();
    tenant.verified_domains.push("fabrikam.com".to_owned());
    let world = World::generate(EstateSpec { seed: 1, forests, tenant, ..EstateSpec::default() }, 2).unwrap();
    world.domains().iter().map(|domain| (*domain.ledger).clone()).collect()
}

#[test]
fn each_row_that_can_be_found_is_injected_twenty_times_and_each_decoy_is_planted() {
    // every row of the other profiles is among everything; what spans forests needs two of them
    let estates = [single("everything", 0.3), merged("merger", 0.1)];
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in estates.iter().flatten().flat_map(|ledger| &ledger.rows) {
        *counts.entry(&row.defect).or_default() += 1;
    }
    let wanted = catalogue().rows().iter().filter(|kind| {
        matches!(kind.role, Role::Defect | Role::Warning) && kind.detectable != Detectable::No
    });
    let count = |id: &str| counts.get(id).copied().unwrap_or(0);
    let few: Vec<(&str, usize)> =
        wanted.map(|kind| (kind.id, count(kind.id))).filter(|(_, count)| *count < PLENTY).collect();
    assert!(few.is_empty(), "fewer than {PLENTY} of {few:?}");
    let planted: BTreeSet<&str> = estates[0][0].decoys.iter().map(|decoy| decoy.kind.as_str()).collect();
    assert_eq!(planted, decoy_kinds().collect());
}
