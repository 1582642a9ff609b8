//! Random selections of what is synchronized, one after the other: each ends as the oracle says, and writes nothing twice.

use super::*;
use crate::format::{ChangeStep, DnText, SynchronizeSection};
use forestbed_sim::seed::Seed;

/// Up to two of some names, drawn for a purpose.
fn some(names: &[String], seed: Seed, purpose: &str, step: u64) -> Vec<DnText> {
    let count = seed.hash(purpose, "count", step) % 3;
    let pick = |nth: u64| (seed.hash(purpose, "pick", step * 3 + nth) % names.len() as u64) as usize;
    let mut places: Vec<usize> = (0..count).map(pick).collect();
    places.sort_unstable();
    places.dedup();
    places.into_iter().map(|at| DnText(names[at].clone())).collect()
}

#[tokio::test]
async fn whatever_is_selected_after_whatever_the_tenant_holds_what_the_oracle_says() {
    let lab = lab(SMALL).await;
    let units = names(&lab, 0, |entry| entry.is_class("organizationalUnit"));
    let (all, pilots) = (people(&lab, 0), groups(&lab, 0));
    assert!(units.len() > 5 && pilots.len() > 1, "{units:?} {pilots:?}");
    let refs: Vec<&str> = all.iter().step_by(2).map(String::as_str).collect();
    write(&lab, 0, &pilots[0], ModifyOp::Replace, "member", &refs);
    lab.world().checkpoint("pilots");
    let (mut cycles, mut narrowed) = (0, 0);
    for life in 0..4 {
        lab.reset().expect("it goes back");
        lab.world().restore("pilots");
        let (seed, engine) = (Seed::new(9_000 + life), engine(SyncOptions::default()));
        for step in 0..6 {
            let group = (seed.hash("selection", "group", step) % 4 == 0).then(|| DnText(pilots[0].clone()));
            let section = SynchronizeSection {
                include: some(&units, seed, "include", step),
                exclude: some(&units, seed, "exclude", step),
                group,
                ..SynchronizeSection::default()
            };
            let place = format!("life {life}, step {step}: {section:?}");
            let change = ChangeStep { synchronize: Some(section.clone()), ..ChangeStep::default() };
            // one that contradicts itself is refused, and the one before stays
            let refused = section.spec().check().is_err();
            assert_eq!(lab.estate().change(&change).is_err(), refused, "{place}");
            let kind =
                if seed.hash("selection", "kind", step) % 3 == 0 { Cycle::Initial } else { Cycle::Delta };
            let outcome = cycle(&lab, &engine, kind).await;
            assert_converged(&lab, &place);
            narrowed += u64::from(count(&outcome, "deleted") > 0);
            assert_eq!(writes(&cycle(&lab, &engine, Cycle::Delta).await), 0, "{place}");
            cycles += 1;
        }
    }
    assert!(cycles == 24 && narrowed > 5, "{narrowed} of {cycles}");
    lab.shutdown().await;
}
