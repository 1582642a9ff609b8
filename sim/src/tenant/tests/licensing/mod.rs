//! Licensing under any sequence of calls, held against a naive second reading of its rules.

mod naive;
mod plan;

use super::*;
use naive::{Entry, Person, Tables, free, handed, strings};
use plan::{Step, plans, play, start};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::RngSeed;
use std::collections::{BTreeMap, BTreeSet};

/// What holds at every instant.
fn check_always(
    tables: &Tables,
    tenant: &Tenant,
    before: &BTreeMap<String, u32>,
) -> Result<(), TestCaseError> {
    let people = Person::all(tenant);
    for owned in tenant.skus() {
        let sku = owned.sku.id.to_string();
        let holders = people.iter().filter(|person| person.holds(&sku)).count();
        prop_assert_eq!(owned.consumed as usize, holders, "{} is counted wrong", owned.sku.part_number);
        let assignable = ["Enabled", "Warning"].contains(&owned.status.name());
        let seats = if assignable { owned.seats } else { 0 };
        let allowed = seats.max(before[&sku]);
        prop_assert!(owned.consumed <= allowed, "{} is over-consumed", owned.sku.part_number);
    }
    let mut erring: BTreeMap<Guid, BTreeSet<Guid>> = BTreeMap::new();
    for person in &people {
        let union = tables.union(&person.entries);
        prop_assert_eq!(tables.broken(&union), Vec::<Vec<String>>::new(), "{:?}", person);
        let object = tenant.object(person.id).unwrap();
        let json = |property| tenant.property(object, property).to_json();
        let mut licenses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for entry in person.entries.iter().filter(|entry| entry.is_active()) {
            let off = licenses.entry(entry.sku.clone()).or_insert_with(|| entry.off.clone());
            *off = off.intersection(&entry.off).cloned().collect();
        }
        let shown = json(Property::AssignedLicenses);
        let shown = shown.as_array().unwrap().iter();
        let shown: Vec<_> = shown
            .map(|one| (one["skuId"].as_str().unwrap().to_owned(), strings(&one["disabledPlans"])))
            .collect();
        prop_assert_eq!(shown.len(), licenses.len(), "one element a product");
        prop_assert_eq!(shown.into_iter().collect::<BTreeMap<_, _>>(), licenses);
        let plans = json(Property::AssignedPlans);
        let ids = plans.as_array().unwrap().iter().map(|plan| plan["servicePlanId"].as_str().unwrap());
        let union: BTreeSet<&str> = union.iter().map(|(id, _)| id.as_str()).collect();
        prop_assert_eq!(ids.collect::<BTreeSet<_>>(), union);
        for entry in &person.entries {
            let keys = (entry.group.is_none(), entry.state.as_str(), entry.error.as_str());
            let fine = match keys {
                (true, "Active" | "Disabled", error) => error == "None",
                (true, ..) => false,
                (false, "Active" | "Disabled", error) => error == "None",
                (false, _, error) => error != "None",
            };
            prop_assert!(fine, "{:?}", entry);
            if let Some(group) = entry.group.filter(|_| entry.error != "None") {
                erring.entry(group).or_default().insert(person.id);
            }
        }
    }
    for group in tenant.iter(ObjectKind::Group) {
        let told: BTreeSet<Guid> = tenant.members_with_license_errors(group.id()).collect();
        prop_assert_eq!(&told, &erring.get(&group.id()).cloned().unwrap_or_default());
        let has = tenant.property(group, Property::HasMembersWithLicenseErrors).to_json();
        prop_assert_eq!(has, json!(!told.is_empty()));
    }
    Ok(())
}

/// What holds once everything that was waiting is done.
fn check_settled(tenant: &Tenant) -> Result<(), TestCaseError> {
    let free = free(tenant);
    for person in Person::all(tenant) {
        let from = person.entries.iter().filter_map(|entry| entry.group);
        let groups: BTreeSet<Guid> = from.chain(person.groups.iter().copied()).collect();
        for group in groups {
            let handed = if person.groups.contains(&group) { handed(tenant, group) } else { Vec::new() };
            let entries: Vec<&Entry> =
                person.entries.iter().filter(|entry| entry.group == Some(group)).collect();
            let (due, left): (Vec<&Entry>, Vec<&Entry>) =
                entries.into_iter().partition(|entry| handed.iter().any(|one| one.sku == entry.sku));
            prop_assert_eq!(due.len(), handed.len(), "{:?} of {}", person, group);
            let sound = due.iter().all(|entry| entry.error == "None");
            // microsoft-graph.md 5.4: one product fails, none is assigned
            prop_assert!(sound || due.iter().all(|entry| entry.error != "None"), "{:?}", due);
            for entry in &due {
                let same = handed.iter().any(|one| one.sku == entry.sku && one.off == entry.off);
                prop_assert!(!sound || same, "{:?}", entry);
                prop_assert!(entry.error != "CountViolation" || free[&entry.sku] <= 0, "{:?}", entry);
            }
            let own = due.iter().any(|entry| !["None", "Others"].contains(&entry.error.as_str()));
            prop_assert!(sound || own, "an error of its own: {:?}", due);
            for entry in left {
                let keys = (entry.state.as_str(), entry.error.as_str());
                prop_assert_eq!(keys, ("ActiveWithError", "DependencyViolation"), "{:?}", person);
            }
        }
    }
    Ok(())
}

/// After a user was reprocessed, its last group shows just what a naive attempt finds.
fn check_reprocessed(tables: &Tables, tenant: &mut Tenant, now: CallContext) -> Result<(), TestCaseError> {
    for id in Person::all(tenant).into_iter().map(|person| person.id) {
        let answer = tenant.reprocess_license_assignment(&now, id);
        let person = Person::of(tenant, tenant.object(id).unwrap());
        let erring = person.entries.iter().any(|entry| entry.error != "None");
        prop_assert_eq!(answer.is_err(), erring, "{:?} {:?}", answer, person);
        let Some(group) = person.groups.iter().rev().find(|group| !handed(tenant, **group).is_empty()) else {
            continue;
        };
        let licenses = handed(tenant, *group);
        let (mine, others): (Vec<Entry>, Vec<Entry>) =
            person.entries.iter().cloned().partition(|entry| entry.group == Some(*group));
        if mine.len() > licenses.len() || others.iter().any(|entry| entry.group > Some(*group)) {
            continue;
        }
        let place = person.location.clone().unwrap_or_else(|| "NL".to_owned());
        let faults = tables.faults(&person, &place, &licenses, &others, &free(tenant));
        for entry in &mine {
            let other = if faults.is_empty() { "None" } else { "Others" };
            let expected = faults.get(&entry.sku).copied().unwrap_or(other);
            prop_assert_eq!(entry.error.as_str(), expected, "{:?} beside {:?}", mine, others);
        }
    }
    Ok(())
}

fn run(steps: &[Step]) -> Result<(), TestCaseError> {
    let tables = Tables::read();
    let mut stage = start();
    for step in steps {
        let before = stage.tenant.skus().iter().map(|s| (s.sku.id.to_string(), s.consumed)).collect();
        play(&tables, &mut stage, step)?;
        check_always(&tables, &stage.tenant, &before)?;
    }
    let before = stage.tenant.skus().iter().map(|s| (s.sku.id.to_string(), s.consumed)).collect();
    // in one step or in many: the result is the same
    let mut slowly = stage.tenant.clone();
    for _ in 0..300 {
        stage.now = stage.now.plus(Duration::from_millis(700));
        slowly.run_due(stage.now);
    }
    stage.tenant.run_due(stage.now);
    let shown = |tenant: &Tenant| -> Vec<Vec<Entry>> {
        Person::all(tenant).into_iter().map(|person| person.entries).collect()
    };
    prop_assert_eq!(shown(&stage.tenant), shown(&slowly));
    check_always(&tables, &stage.tenant, &before)?;
    check_settled(&stage.tenant)?;
    let ctx = CallContext { now: stage.now, app: None };
    check_reprocessed(&tables, &mut stage.tenant, ctx)
}

/// The plans get users into every state that products and places can make.
#[test]
fn the_plans_reach_every_state() {
    let config = ProptestConfig { rng_seed: RngSeed::Fixed(25), ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let (tables, mut seen) = (Tables::read(), BTreeSet::new());
    for _ in 0..200 {
        let steps = plans().new_tree(&mut runner).unwrap().current();
        let mut stage = start();
        for step in &steps {
            play(&tables, &mut stage, step).unwrap();
        }
        stage.tenant.run_due(stage.now.plus(Duration::from_secs(60)));
        for entry in Person::all(&stage.tenant).into_iter().flat_map(|person| person.entries) {
            seen.insert((entry.state, entry.error, entry.group.is_some()));
        }
    }
    // microsoft-graph.md 5.4: the errors, but for UniquenessViolation, which needs addresses
    for (state, error, inherited) in [
        ("Active", "None", false),
        ("Active", "None", true),
        ("Disabled", "None", false),
        ("Disabled", "None", true),
        ("Error", "CountViolation", true),
        ("Error", "MutuallyExclusiveViolation", true),
        ("Error", "DependencyViolation", true),
        ("Error", "ProhibitedInUsageLocationViolation", true),
        ("Error", "Others", true),
        ("ActiveWithError", "DependencyViolation", true),
        ("ActiveWithError", "MutuallyExclusiveViolation", true),
        ("ActiveWithError", "Others", true),
    ] {
        let state = (state.to_owned(), error.to_owned(), inherited);
        assert!(seen.contains(&state), "{state:?} is not among {seen:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        max_shrink_iters: 2000,
        rng_seed: crate::seed::plans(25),
        ..ProptestConfig::default()
    })]

    #[test]
    fn seats_are_never_over_consumed_and_states_fit_members_and_plans(steps in plans()) {
        run(&steps)?;
    }
}
