//! What does not matter to a plan: in which order objects and forests come. What is left of it: decisions. And how small
//! a failure becomes.

use super::properties::{NAMES, Plain, object, seed};
use super::*;
use forestbed_sim::rules::ObjectView;
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use std::collections::BTreeSet;

/// The objects by turns in two forests; what is no text is left out.
fn views(objects: &[Plain]) -> Vec<ObjectView> {
    let view = |(number, attributes): (usize, &Plain)| {
        let dn = format!("CN=p{number},DC=contoso,DC=local");
        let view = ObjectView::new(dn, "user").with("cn", vec![format!("p{number}")]);
        let mut view = view.in_forest((number % 2) as u16);
        for (which, values) in
            attributes.iter().filter(|(which, _)| NAMES[usize::from(*which)] != "thumbnailphoto")
        {
            let texts = values.iter().filter_map(|value| String::from_utf8(value.clone()).ok());
            let most = if NAMES[usize::from(*which)] == "proxyaddresses" { 4 } else { 1 };
            view.set(NAMES[usize::from(*which)], texts.take(most).collect());
        }
        view
    };
    objects.iter().enumerate().map(view).collect()
}

fn planned(views: Vec<ObjectView>) -> Plan {
    plan(views, &settings(), &Decisions::none(), take_suggestion)
}

/// What a plan does and leaves, whatever the order of its objects.
fn essence(plan: &Plan) -> BTreeSet<String> {
    let sorted = |values: &[String]| values.iter().cloned().collect::<BTreeSet<String>>();
    let done = plan.changes.iter().flat_map(|change| {
        let dn = &change.object.dn;
        change.edits.iter().map(move |edit| format!("{dn} {} {:?}", edit.attribute, sorted(&edit.after)))
    });
    let left = plan.left.iter().map(|left| {
        format!("{} {} {} {:?} {:?}", left.dn, left.attribute, left.rule, left.value, sorted(&left.others))
    });
    done.chain(left).collect()
}

fn carried_out(mut views: Vec<ObjectView>, plan: &Plan) -> Vec<ObjectView> {
    for change in &plan.changes {
        let view = views.iter_mut().find(|view| view.dn == change.object.dn).unwrap();
        change.edits.iter().for_each(|edit| view.set(&edit.attribute, edit.after.clone()));
    }
    views
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, rng_seed: seed(), ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_objects_and_of_forests_changes_no_repair_and_only_decisions_are_left(
        objects in proptest::collection::vec(object(), 1..8),
        turn in any::<u64>(),
    ) {
        let there = views(&objects);
        let done = planned(there.clone());
        let mut moved = there.clone();
        moved.sort_by_cached_key(|view| view.dn.bytes().fold(turn | 1, |sum, b| sum.wrapping_mul(turn | 1) ^ u64::from(b)));
        moved.iter_mut().for_each(|view| view.forest = 1 - view.forest);
        prop_assert_eq!(essence(&planned(moved)), essence(&done));
        let again = planned(carried_out(there, &done));
        prop_assert_eq!(again.changes, Vec::new());
        prop_assert!(again.left.iter().all(|left| left.because == Because::NeedsDecision), "{:?}", again.left);
    }
}

/// How many objects are left of up to forty when a claim that does not hold has been shrunk.
fn least(claim: fn(&Plan) -> bool) -> usize {
    let config = ProptestConfig { rng_seed: seed(), failure_persistence: None, ..ProptestConfig::default() };
    let directories = proptest::collection::vec(object(), 0..40);
    let broken = TestRunner::new(config).run(&directories, |objects| {
        prop_assert!(claim(&planned(views(&objects))));
        Ok(())
    });
    match broken {
        Err(TestError::Fail(_, objects)) => objects.len(),
        other => panic!("the claim holds: {other:?}"),
    }
}

#[test]
fn a_failure_shrinks_to_the_one_or_two_objects_that_it_takes() {
    assert_eq!(least(|plan| plan.changes.is_empty()), 1);
    assert_eq!(least(|plan| plan.findings.iter().all(|finding| finding.others.is_empty())), 2);
}
