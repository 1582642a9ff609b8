//! Replicas of a directory, kept over the wire by DirSync, by polling uSNChanged and by change notification,
//! through random changes: each equals the store, and what a method cannot see is asserted as such.
//!
//! A failing plan is printed, shrunk, and kept under proptest-regressions.

mod blind_spots;
mod copy;
mod plan;
mod watchers;

use copy::Copy;
use plan::{Change, Estate, plans};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use watchers::{DirSync, Notified, Polling};

/// The state of the store, of what every replica holds.
fn truth(estate: &Estate) -> Copy {
    Copy::of_store(&estate.world.controller(estate.watched))
}

fn run(bin: bool, controllers: u32, plan: &[Change]) -> Result<(), TestCaseError> {
    let mut estate = Estate::new(bin, controllers);
    let mut by_value = DirSync::new(&estate, true);
    let mut by_list = DirSync::new(&estate, false);
    let mut polling = Polling::new(&estate);
    let mut notified = Notified::new(&estate);
    for change in plan {
        // a deletion that is undone between two answers of a round cannot be told from one before it: see
        // blind_spots. So no deletion happens, or arrives, while a round is under way.
        if !bin && change.may_bring_deletions(controllers) {
            by_value.finish_begun();
            by_list.finish_begun();
        }
        match change {
            Change::DirSync { answers, max_bytes, ancestors } => {
                by_value.ask(*answers, *max_bytes, *ancestors);
                by_list.ask(*answers, *max_bytes, *ancestors);
            }
            Change::Poll => polling.poll(),
            Change::Listen => notified.listen(),
            change => estate.apply(change),
        }
    }
    estate.replicate();
    by_value.finish();
    by_list.finish();
    polling.poll();
    notified.listen();
    let truth = truth(&estate);
    // the controllers have come to agree
    let first = Copy::of_store(&estate.world.controller(0));
    let differences = first.differences(&truth);
    prop_assert!(differences.is_empty(), "the controllers: {:#?}", differences);
    // who begins now sees the same
    let late = DirSync::new(&estate, true);
    for (copy, method) in [
        (by_value.copy(), "DirSync, values that came and went"),
        (by_list.copy(), "DirSync, whole lists"),
        (late.copy(), "DirSync, a first round"),
        (polling.copy(), "uSNChanged"),
        (notified.copy(), "change notification"),
    ] {
        let differences = copy.differences(&truth);
        prop_assert!(differences.is_empty(), "{}: {:#?}", method, differences);
    }
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
        cases: 20,
        max_shrink_iters: 200,
        rng_seed: seed(),
        ..ProptestConfig::default()
    })]

    #[test]
    fn replicas_equal_the_store_with_tombstones(plan in plans()) {
        run(false, 1, &plan)?;
    }

    #[test]
    fn replicas_equal_the_store_with_the_recycle_bin(plan in plans()) {
        run(true, 1, &plan)?;
    }

    #[test]
    fn replicas_of_one_of_two_controllers_equal_its_store(plan in plans(), bin: bool) {
        run(bin, 2, &plan)?;
    }
}
