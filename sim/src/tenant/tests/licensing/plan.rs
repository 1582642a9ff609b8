//! Random sequences of calls by index, and what a direct assignment must be told.

use super::super::*;
use super::naive::{Entry, Person, Tables, free};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Office 365 E1, E3, Exchange Online (Plan 1), Teams Phone (MCOEV), EMS, Workplace Analytics.
const SKUS: [&str; 6] =
    ["STANDARDPACK", "ENTERPRISEPACK", "EXCHANGESTANDARD", "MCOEV", "EMS", "WORKPLACE_ANALYTICS"];
const SEATS: [u32; 6] = [3, 4, 2, 3, 5, 2];
/// No location, two that are fine, one where nothing may be used.
const PLACES: [&str; 3] = ["NL", "SE", "KP"];
const STATES: [SubscriptionStatus; 4] = [
    SubscriptionStatus::Enabled,
    SubscriptionStatus::Warning,
    SubscriptionStatus::Suspended,
    SubscriptionStatus::LockedOut,
];

#[derive(Debug, Clone)]
pub(super) enum Step {
    Assign { user: usize, sku: usize, no_mailbox: bool },
    Remove { user: usize, sku: usize },
    GroupAssign { group: usize, add: Vec<usize>, no_mailbox: bool },
    GroupRemove { group: usize, sku: usize },
    Join { group: usize, user: usize },
    Leave { group: usize, user: usize },
    Delete(usize),
    Restore(usize),
    Purge(usize),
    Locate { user: usize, place: usize },
    Seats { sku: usize, seats: u32 },
    Status { sku: usize, status: usize },
    Advance(u16),
    Reprocess(usize),
}

pub(super) fn plans() -> impl Strategy<Value = Vec<Step>> {
    let (user, sku, group) = (0..7usize, 0..SKUS.len(), 0..4usize);
    let step = prop_oneof![
        6 => (user.clone(), sku.clone(), any::<bool>())
            .prop_map(|(user, sku, no_mailbox)| Step::Assign { user, sku, no_mailbox }),
        3 => (user.clone(), sku.clone()).prop_map(|(user, sku)| Step::Remove { user, sku }),
        5 => (group.clone(), prop::collection::vec(sku.clone(), 1..3), any::<bool>())
            .prop_map(|(group, add, no_mailbox)| Step::GroupAssign { group, add, no_mailbox }),
        3 => (group.clone(), sku.clone()).prop_map(|(group, sku)| Step::GroupRemove { group, sku }),
        8 => (group.clone(), user.clone()).prop_map(|(group, user)| Step::Join { group, user }),
        4 => (group, user.clone()).prop_map(|(group, user)| Step::Leave { group, user }),
        2 => user.clone().prop_map(Step::Delete),
        2 => user.clone().prop_map(Step::Restore),
        1 => user.clone().prop_map(Step::Purge),
        2 => (user.clone(), 0..PLACES.len()).prop_map(|(user, place)| Step::Locate { user, place }),
        2 => (sku.clone(), 0..6u32).prop_map(|(sku, seats)| Step::Seats { sku, seats }),
        1 => (sku, 0..STATES.len()).prop_map(|(sku, status)| Step::Status { sku, status }),
        6 => (0..15_000u16).prop_map(Step::Advance),
        2 => user.prop_map(Step::Reprocess),
    ];
    prop::collection::vec(step, 1..60)
}

pub(super) struct Stage {
    pub(super) tenant: Tenant,
    pub(super) now: SimTime,
    users: Vec<Guid>,
    groups: Vec<Guid>,
}

/// Seven users, of whom the first three have no location; three security groups and one that lies in the first.
pub(super) fn start() -> Stage {
    let licenses = SKUS.iter().zip(SEATS).map(|(sku, seats)| ((*sku).to_owned(), Seats::Exactly(seats)));
    let switches = [("license_processing_rate", "2"), ("freed_seats", "retry")];
    let spec = TenantSpec {
        licenses: licenses.collect(),
        switches: switches.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        cloud_users: 0,
        cloud_groups: 0,
        ..spec()
    };
    let mut tenant = tenant_of(&spec);
    let user = |tenant: &mut Tenant, n: usize| {
        let id = tenant.create_user(&ctx(), &user_body(&format!("user{n}@contoso.com"))).unwrap();
        if n >= 3 {
            locate(tenant, id);
        }
        id
    };
    let users = (0..7).map(|n| user(&mut tenant, n)).collect();
    let groups: Vec<Guid> = (0..4).map(|n| security_group(&mut tenant, &format!("group{n}"))).collect();
    tenant.add_member(&ctx(), groups[0], groups[3]).unwrap();
    Stage { tenant, now: DEFAULT_START, users, groups }
}

fn sku(at: usize) -> Guid {
    Catalogue::get().find(SKUS[at]).unwrap().id
}

/// A licence, whole or without the plan that has the mailbox.
fn license(at: usize, no_mailbox: bool) -> AddLicense {
    let plans = &Catalogue::get().find(SKUS[at]).unwrap().plans;
    let off = plans.iter().filter(|plan| no_mailbox && plan.name.starts_with("EXCHANGE_S_"));
    AddLicense { sku_id: sku(at), disabled_plans: off.map(|plan| plan.id).collect() }
}

pub(super) fn play(tables: &Tables, stage: &mut Stage, step: &Step) -> Result<(), TestCaseError> {
    let Stage { tenant, now, users, groups } = stage;
    let ctx = CallContext { now: *now, app: None };
    match step {
        Step::Assign { user, sku: at, no_mailbox } => {
            let asked = license(*at, *no_mailbox);
            let expected = told(tables, tenant, users[*user], &asked);
            let answer = tenant.assign_license(&ctx, users[*user], &[asked], &[]);
            prop_assert_eq!(answer.is_ok(), expected.is_none(), "{:?} {:?}", answer, expected);
            if let (Err(error), Some(text)) = (answer, expected) {
                prop_assert!(error.message.starts_with(text), "{} / {}", error.message, text);
            }
        }
        Step::Remove { user, sku: at } => {
            let own = tenant.object(users[*user]).map(|object| Person::of(tenant, object));
            let answer = tenant.assign_license(&ctx, users[*user], &[], &[sku(*at)]);
            let Some(own) = own else { return Ok(()) };
            let mine = |direct: bool| {
                own.entries.iter().any(|e| e.sku == sku(*at).to_string() && e.group.is_none() == direct)
            };
            // microsoft-graph.md 5.3
            match (mine(true), mine(false), answer) {
                (false, true, Err(error)) => {
                    prop_assert!(error.message.starts_with("User license is inherited"))
                }
                (false, false, Err(error)) => {
                    prop_assert_eq!(error.message, "User does not have a corresponding license.");
                }
                (direct, _, answer) => prop_assert!(direct, "{:?}", answer),
            }
        }
        Step::GroupAssign { group, add, no_mailbox } => {
            let add: Vec<AddLicense> = add.iter().map(|at| license(*at, *no_mailbox)).collect();
            prop_assert_eq!(tenant.assign_group_license(&ctx, groups[*group], &add, &[]), Ok(()));
        }
        Step::GroupRemove { group, sku: at } => {
            let has = tenant.object(groups[*group]).unwrap().licenses().iter().any(|l| l.sku_id == sku(*at));
            let answer = tenant.assign_group_license(&ctx, groups[*group], &[], &[sku(*at)]);
            prop_assert_eq!(answer.is_ok(), has);
        }
        Step::Join { group, user } => drop(tenant.add_member(&ctx, groups[*group], users[*user])),
        Step::Leave { group, user } => drop(tenant.remove_member(&ctx, groups[*group], users[*user])),
        Step::Delete(user) => drop(tenant.delete(&ctx, users[*user])),
        Step::Restore(user) => drop(tenant.restore_deleted(&ctx, users[*user])),
        Step::Purge(user) => {
            if let Some(slot) =
                tenant.store.slot(users[*user]).filter(|_| tenant.deleted_object(users[*user]).is_some())
            {
                tenant.purge(slot, *now);
            }
        }
        Step::Locate { user, place } => {
            drop(tenant.update(&ctx, users[*user], &object(json!({ "usageLocation": PLACES[*place] }))));
        }
        Step::Seats { sku: at, seats } => {
            let change = SubscriptionChange { seats: Some(*seats), ..SubscriptionChange::default() };
            prop_assert_eq!(tenant.change_subscription(sku(*at), &change, *now), Ok(()));
        }
        Step::Status { sku: at, status } => {
            let change =
                SubscriptionChange { status: Some(STATES[*status]), ..SubscriptionChange::default() };
            prop_assert_eq!(tenant.change_subscription(sku(*at), &change, *now), Ok(()));
        }
        Step::Advance(millis) => {
            *now = now.plus(Duration::from_millis(u64::from(*millis)));
            tenant.run_due(*now);
        }
        Step::Reprocess(user) => drop(tenant.reprocess_license_assignment(&ctx, users[*user])),
    }
    Ok(())
}

/// The beginning of what a direct assignment must be told (microsoft-graph.md 5.3); none when it succeeds.
fn told(tables: &Tables, tenant: &Tenant, user: Guid, asked: &AddLicense) -> Option<&'static str> {
    let Some(object) = tenant.object(user) else { return Some("Resource") };
    let person = Person::of(tenant, object);
    let Some(place) = person.location.clone() else { return Some("License assignment cannot be done") };
    let id = asked.sku_id.to_string();
    let off: BTreeSet<String> = asked.disabled_plans.iter().map(ToString::to_string).collect();
    let base: Vec<Entry> =
        person.entries.iter().filter(|e| e.group.is_some() || e.sku != id).cloned().collect();
    let faults = tables.faults(&person, &place, &[Entry::asked(&id, off)], &base, &free(tenant));
    faults.get(&id).map(|fault| match *fault {
        "CountViolation" => "Subscription with SKU",
        "DependencyViolation" => "License assignment failed because service plan ",
        "MutuallyExclusiveViolation" => "License assignment failed because service plans",
        _ => "License",
    })
}
