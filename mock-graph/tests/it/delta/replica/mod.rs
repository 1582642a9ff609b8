//! A replica of users and groups, kept by delta queries through random writes of two clients and a
//! synchronization engine: in the end it equals the tenant, whatever came between its pages, how late the
//! tenant's views are, and how often its tokens ran out.
//!
//! A failing plan is printed, shrunk, and kept under proptest-regressions.

mod copy;
mod plan;

use copy::Follower;
use plan::{Estate, Step, plans};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn run(lag: bool, minimal: bool, plan: &[Step]) -> Result<(), TestCaseError> {
    let mut estate = Estate::new(lag);
    let mut users = Follower::new("users", minimal);
    let mut groups = Follower::new("groups", minimal);
    for step in plan {
        match step {
            Step::Poll { pages } => {
                users.read(&estate.client, usize::from(*pages));
                groups.read(&estate.client, usize::from(*pages));
            }
            step => estate.apply(step),
        }
    }
    // what is on its way arrives
    estate.client.advance(SECOND * 120);
    users.catch_up(&estate.client);
    groups.catch_up(&estate.client);
    let differences = copy::differences(&estate.client, &users, &groups);
    prop_assert!(differences.is_empty(), "{:#?}", differences);
    Ok(())
}

/// The seed of the random plans: fixed, unless the environment names another.
fn seed() -> RngSeed {
    let named = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|text| text.parse().ok());
    RngSeed::Fixed(named.unwrap_or(7))
}

proptest! {
    // the same plans on every run: what further seeds find is looked for on purpose, not by a red build of others.
    // PROPTEST_RNG_SEED asks for other plans.
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_shrink_iters: 400,
        rng_seed: seed(),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_replica_equals_the_tenant(plan in plans(), minimal: bool) {
        run(false, minimal, &plan)?;
    }

    #[test]
    fn with_lag_nothing_is_lost_for_good(plan in plans(), minimal: bool) {
        run(true, minimal, &plan)?;
    }
}

#[test]
fn after_an_expired_token_a_resync_heals_the_replica() {
    let mut estate = Estate::new(false);
    let mut users = Follower::new("users", false);
    let mut groups = Follower::new("groups", false);
    let steps = [
        Step::User { name: 1, v1: true },
        Step::Group { name: 1, v1: true },
        Step::Join { group: 0, member: 0, v1: true },
        Step::Poll { pages: 9 },
        Step::Leave { group: 0, member: 0, v1: true },
        Step::Delete { which: 0, v1: true },
        Step::Wait { seconds: 40 * 24 * 3600 },
        Step::User { name: 2, v1: true },
        Step::Join { group: 0, member: 1, v1: true },
    ];
    for step in &steps {
        match step {
            Step::Poll { .. } => {
                users.catch_up(&estate.client);
                groups.catch_up(&estate.client);
            }
            step => estate.apply(step),
        }
    }
    users.catch_up(&estate.client);
    groups.catch_up(&estate.client);
    assert_eq!((users.resyncs(), groups.resyncs()), (1, 1));
    assert_eq!(copy::differences(&estate.client, &users, &groups), Vec::<String>::new());
}
