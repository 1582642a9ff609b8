//! The engine is killed at every journal position and started again.

use super::*;
use crate::sync::cycle::OpenStorage;
use forestbed_sync::{Database, Error, Result, Storage};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// No position.
const NEVER: u64 = u64::MAX;

/// A database whose commit of a number fails, before or after it reached the disk; nothing works from then on.
struct Mortal {
    database: Database,
    commits: Arc<AtomicU64>,
    dies_at: u64,
    written: bool,
}

impl Mortal {
    fn alive(&self) -> Result<()> {
        let dead = self.commits.load(Ordering::Relaxed) > self.dies_at;
        if dead { Err(Error::storage("killed")) } else { Ok(()) }
    }
}

impl Storage for Mortal {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.alive()?;
        self.database.get(key)
    }

    fn range(&self, from: &[u8], until: &[u8], most: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        self.alive()?;
        self.database.range(from, until, most)
    }

    fn commit(&mut self, changes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> Result<()> {
        self.alive()?;
        let dies = self.commits.fetch_add(1, Ordering::Relaxed) == self.dies_at;
        if !dies || self.written {
            self.database.commit(changes)?;
        }
        if dies { Err(Error::storage("killed")) } else { Ok(()) }
    }
}

/// An engine with many positions, killed at one of them; its commits are counted.
fn mortal(dies_at: u64, written: bool) -> (ReferenceSync, Arc<AtomicU64>) {
    let commits = Arc::new(AtomicU64::new(0));
    let yaml = "connectors: [{ name: contoso.local, kind: active-directory }, { name: tenant, kind: cloud }]
batch: 15";
    let mut engine = configured(yaml);
    let counted = Arc::clone(&commits);
    engine.storage = OpenStorage::by(move |path| {
        let database = Database::open(path)?;
        Ok(Box::new(Mortal { database, commits: Arc::clone(&counted), dies_at, written }))
    });
    (engine, commits)
}

/// A first cycle and one after a day, one of them killed at a position and started again; the tenant at the end, and
/// the positions of that cycle.
async fn live(lab: &Lab, day: bool, dies_at: u64, written: bool) -> (String, u64) {
    let place = format!("killed at {dies_at}, day: {day}, written: {written}");
    lab.reset().expect("it goes back");
    let sound = mortal(NEVER, false).0;
    if day {
        cycle(lab, &sound, Cycle::Initial).await;
        a_day(lab, 0);
    }
    let (engine, commits) = mortal(dies_at, written);
    let outcome = lab.run_cycle(Role::Sync, &engine, Cycle::Delta).await;
    assert_eq!(outcome.is_err(), dies_at != NEVER, "{place}: {outcome:?}");
    if dies_at != NEVER {
        cycle(lab, &sound, Cycle::Delta).await;
    }
    assert_converged(lab, &place);
    let second = cycle(lab, &sound, Cycle::Delta).await;
    assert_eq!(writes(&second), 0, "{place}: {second:?}");
    (tenant(lab), commits.load(Ordering::Relaxed))
}

async fn killed_at_every_position(day: bool) {
    let lab = lab(SMALL).await;
    let (wanted, positions) = live(&lab, day, NEVER, false).await;
    assert!(positions > 15, "{positions} positions to be killed at");
    for dies_at in 0..positions {
        for written in [false, true] {
            let (is, _) = live(&lab, day, dies_at, written).await;
            assert_same(&is, &wanted, &format!("killed at {dies_at} of {positions}, written: {written}"));
        }
    }
    lab.shutdown().await;
}

#[tokio::test]
async fn killed_at_any_position_of_the_first_cycle_it_ends_as_if_nothing_had_happened() {
    killed_at_every_position(false).await;
}

#[tokio::test]
async fn killed_at_any_position_of_a_delta_it_ends_as_if_nothing_had_happened() {
    killed_at_every_position(true).await;
}
