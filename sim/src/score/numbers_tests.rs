//! Sums of scores, and how a card shows them: numbers that no two fields share.

use super::{
    CostScore, DetectionScore, LicenseScore, MAX_EXAMPLES, Outcomes, RepairScore, Scorecard, SideCost,
    SkuScore, SyncScore, Tally, compare,
};

fn tally(count: u64, example: &str) -> Tally {
    Tally { count, examples: vec![example.to_owned()] }
}

#[test]
fn a_tally_names_so_many_examples_and_counts_on() {
    let mut tally = Tally::default();
    (0..=MAX_EXAMPLES).for_each(|nth| tally.add(|| nth.to_string()));
    assert_eq!((tally.count, tally.examples.len()), (MAX_EXAMPLES as u64 + 1, MAX_EXAMPLES));
    assert_eq!(tally.examples.last().map(String::as_str), Some("19"));
}

#[test]
fn tallies_and_outcomes_add_up() {
    let mut one = tally(2, "a");
    one.merge(Tally { count: 40, examples: (0..40).map(|nth| nth.to_string()).collect() });
    assert_eq!((one.count, one.examples.len()), (42, MAX_EXAMPLES));
    assert_eq!((one.examples[0].as_str(), one.examples[1].as_str()), ("a", "0"));
    let mut sum = Outcomes { injected: 10, repaired: 20, wrong: 30, missed: 40, worse: 50 };
    sum.merge(Outcomes { injected: 1, repaired: 2, wrong: 3, missed: 4, worse: 5 });
    assert_eq!(sum, Outcomes { injected: 11, repaired: 22, wrong: 33, missed: 44, worse: 55 });
}

fn side(times: u64) -> SideCost {
    SideCost {
        requests: times,
        writes: 2 * times,
        batches: 3 * times,
        failures: 4 * times,
        throttled: 5 * times,
        retry_after_kept: 6 * times,
        retry_after_broken: 7 * times,
        returned: 9 * times,
    }
}

#[test]
fn costs_add_up_side_by_side() {
    let of = |times| CostScore { sides: [("graph".to_owned(), side(times))].into(), virtual_ms: 8 * times };
    let mut sum = of(10);
    sum.add(&of(1));
    assert_eq!(sum, of(11));
}

fn full_card() -> Scorecard {
    Scorecard {
        detection: Some(DetectionScore {
            recall: 0.5,
            precision: 0.25,
            decidable: 4,
            found: 2,
            findings: 8,
            missed: tally(1, "m"),
            false_alarms: tally(6, "f"),
            decoys_reported: tally(3, "d"),
            warnings: (5, 7),
            ..DetectionScore::default()
        }),
        repairs: Some(RepairScore {
            recall: 0.75,
            injected: 8,
            repaired: 6,
            left_and_reported: 1,
            worse: tally(2, "w"),
            ..RepairScore::default()
        }),
        sync: Some(SyncScore {
            converged: true,
            expected: 3,
            right: 3,
            mass_deletion: true,
            ..SyncScore::default()
        }),
        licenses: Some(LicenseScore {
            complete: true,
            skus: [
                (
                    "A".to_owned(),
                    SkuScore { seats: 9, consumed: 8, planned: 7, licensed: 6, shortage: 0, holders: 8 },
                ),
                (
                    "B".to_owned(),
                    SkuScore { seats: 1, consumed: 1, planned: 3, licensed: 1, shortage: 2, holders: 1 },
                ),
            ]
            .into(),
            ..LicenseScore::default()
        }),
        cost: Some(CostScore {
            sides: [
                (
                    "graph".to_owned(),
                    SideCost { requests: 5, writes: 4, throttled: 1, ..SideCost::default() },
                ),
                ("ldap".to_owned(), SideCost { requests: 3, ..SideCost::default() }),
            ]
            .into(),
            virtual_ms: 1250,
        }),
    }
}

#[test]
fn a_full_card_shows_every_part() {
    let text = full_card().to_string();
    let lines: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let expected = "Detection|recall 50.0 % (2 of 4)|precision 25.0 % of 8 findings|missed 1|m|false alarms 6|f|\
        and 3 more|decoys reported 3|warnings 5 of 7 found|Repairs|recall 75.0 % (6 of 8)|left and reported 1|\
        wrongly repaired 0|missed 0|made worse 2|w|collateral 0|decoys touched 0|Synchronization|converged yes|\
        right 3 of 3|missing 0|extra 0|wrong attributes 0|wrong matches 0|conflicts handled 0|orphans 0|\
        deletes missed 0|wrong deletes 0|cloud-only touched 0|mass deletion yes|Licences|complete yes|\
        A 8 of 9 seats, 6 of 7 planned|B 1 of 1 seats, 1 of 3 planned, no seat for 2|stranded 0|not in the plan 0|\
        out of order 0|wrong usage location 0|wrong service plans 0|double assignments 0|Cost|\
        graph 5 requests, 4 writes, 1 throttled|ldap 3 requests, 0 writes|virtual time 1.25 s";
    assert_eq!(lines, expected.split('|').collect::<Vec<_>>());
}

#[test]
fn stray_warnings_are_shown_where_there_are_any() {
    let score = DetectionScore { stray_warnings: tally(2, "s"), ..DetectionScore::default() };
    let card = |score| Scorecard { detection: Some(score), ..Scorecard::default() }.to_string();
    assert!(card(score).contains("stray warnings            2\n      s\n"));
    assert!(!card(DetectionScore::default()).contains("stray"));
}

#[test]
fn checkers_are_compared_number_by_number() {
    let of = |recall: f64, precision: f64, counts: [u64; 3], found: (u64, u64)| Scorecard {
        detection: Some(DetectionScore {
            recall,
            precision,
            false_alarms: tally(counts[0], "f"),
            decoys_reported: tally(counts[1], "d"),
            stray_warnings: tally(counts[2], "s"),
            by_defect: [("MN01".to_owned(), found), ("MN02".to_owned(), (1, 1))].into(),
            ..DetectionScore::default()
        }),
        ..Scorecard::default()
    };
    let (one, other) = (of(0.5, 1.0, [1, 2, 3], (1, 4)), of(0.75, 0.5, [1, 1, 4], (2, 4)));
    let lines = compare(["one", "other"], [&one, &other]).lines;
    let shown: Vec<(&str, Option<usize>)> =
        lines.iter().map(|line| (line.what.as_str(), line.better)).collect();
    assert_eq!(
        shown,
        [
            ("detection.recall", Some(1)),
            ("detection.precision", Some(0)),
            ("detection.false_alarms", None),
            ("detection.decoys_reported", Some(1)),
            ("detection.stray_warnings", Some(0)),
            ("detection.MN01", Some(1)),
        ]
    );
    assert_eq!(lines[5].values, [Some("1 of 4".to_owned()), Some("2 of 4".to_owned())]);
}
