//! Two tools on the same estate, side by side.

use super::{CostScore, DetectionScore, LicenseScore, Outcomes, RepairScore, Scorecard, SideCost, SyncScore};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// What two scorecards of one estate say, number by number.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Comparison {
    /// The names of the two tools.
    pub tools: [String; 2],
    /// The numbers: of the whole first, then by defect, where the two differ.
    pub lines: Vec<ComparisonLine>,
}

/// One number of both.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ComparisonLine {
    /// `repairs.recall`, `repairs.PA26`...
    pub what: String,
    /// As text, for each tool; none when it has not earned it.
    pub values: [Option<String>; 2],
    /// Which tool is better: 0 or 1; none when they are even or only one has earned it.
    pub better: Option<usize>,
}

/// Puts two scorecards of the same estate side by side.
pub fn compare(tools: [&str; 2], cards: [&Scorecard; 2]) -> Comparison {
    let mut lines = Vec::new();
    let found = cards.map(|card| card.detection.as_ref());
    if found.iter().any(Option::is_some) {
        detection(found, &mut lines);
    }
    let fixed = cards.map(|card| card.repairs.as_ref());
    if fixed.iter().any(Option::is_some) {
        repairs(fixed, &mut lines);
    }
    let synced = cards.map(|card| card.sync.as_ref());
    if synced.iter().any(Option::is_some) {
        sync(synced, &mut lines);
    }
    let licensed = cards.map(|card| card.licenses.as_ref());
    if licensed.iter().any(Option::is_some) {
        licenses(licensed, &mut lines);
    }
    let paid = cards.map(|card| card.cost.as_ref());
    if paid.iter().any(Option::is_some) {
        cost(paid, &mut lines);
    }
    Comparison { tools: tools.map(str::to_owned), lines }
}

/// A figure of a scorecard, and its name.
type Named<Card, Figure> = (&'static str, fn(&Card) -> Figure);

fn detection(cards: [Option<&DetectionScore>; 2], lines: &mut Vec<ComparisonLine>) {
    let shares: [Named<DetectionScore, f64>; 2] =
        [("detection.recall", |card| card.recall), ("detection.precision", |card| card.precision)];
    for (what, of) in shares {
        lines
            .push(more_is_better(what, cards.map(|card| card.map(of)), |share| super::card::percent(*share)));
    }
    let counts: [Named<DetectionScore, u64>; 3] = [
        ("detection.false_alarms", |card| card.false_alarms.count),
        ("detection.decoys_reported", |card| card.decoys_reported.count),
        ("detection.stray_warnings", |card| card.stray_warnings.count),
    ];
    for (what, of) in counts {
        lines.push(less_is_better(what, cards.map(|card| card.map(of))));
    }
    let ids: BTreeSet<&String> = cards.iter().flatten().flat_map(|card| card.by_defect.keys()).collect();
    for id in ids {
        let of = |card: &DetectionScore| card.by_defect.get(id).copied().unwrap_or_default();
        let line =
            more_is_better(&format!("detection.{id}"), cards.map(|card| card.map(of)), |(found, all)| {
                format!("{found} of {all}")
            });
        lines.extend(line.better.is_some().then_some(line));
    }
}

fn repairs(cards: [Option<&RepairScore>; 2], lines: &mut Vec<ComparisonLine>) {
    let recall = cards.map(|card| card.map(|card| card.recall));
    lines.push(more_is_better("repairs.recall", recall, |share| super::card::percent(*share)));
    let counts: [Named<RepairScore, u64>; 4] = [
        ("repairs.wrong", |card| card.wrong.count),
        ("repairs.worse", |card| card.worse.count),
        ("repairs.collateral", |card| card.collateral.count),
        ("repairs.decoys_touched", |card| card.decoys_touched.count),
    ];
    for (what, of) in counts {
        lines.push(less_is_better(what, cards.map(|card| card.map(of))));
    }
    let ids: BTreeSet<&String> = cards.iter().flatten().flat_map(|card| card.by_defect.keys()).collect();
    for id in ids {
        let of = |card: &RepairScore| {
            let Outcomes { repaired, injected, .. } = card.by_defect.get(id).copied().unwrap_or_default();
            (repaired, injected)
        };
        let line =
            more_is_better(&format!("repairs.{id}"), cards.map(|card| card.map(of)), |(right, all)| {
                format!("{right} of {all}")
            });
        lines.extend(line.better.is_some().then_some(line));
    }
}

fn sync(cards: [Option<&SyncScore>; 2], lines: &mut Vec<ComparisonLine>) {
    let converged = cards.map(|card| card.map(|card| card.converged));
    lines.push(more_is_better("sync.converged", converged, |yes| yes.to_string()));
    lines.push(more_is_better("sync.right", cards.map(|card| card.map(|card| card.right)), u64::to_string));
    let counts: [Named<SyncScore, u64>; 8] = [
        ("sync.missing", |card| card.missing.count),
        ("sync.extra", |card| card.extra.count),
        ("sync.wrong_attributes", |card| card.wrong_attributes.count),
        ("sync.wrong_matches", |card| card.wrong_matches.count),
        ("sync.orphans", |card| card.orphans.count),
        ("sync.deletes_missed", |card| card.deletes_missed.count),
        ("sync.wrong_deletes", |card| card.wrong_deletes.count),
        ("sync.cloud_only_touched", |card| card.cloud_only_touched.count),
    ];
    for (what, of) in counts {
        lines.push(less_is_better(what, cards.map(|card| card.map(of))));
    }
}

fn licenses(cards: [Option<&LicenseScore>; 2], lines: &mut Vec<ComparisonLine>) {
    let complete = cards.map(|card| card.map(|card| card.complete));
    lines.push(more_is_better("licenses.complete", complete, |yes| yes.to_string()));
    let counts: [Named<LicenseScore, u64>; 6] = [
        ("licenses.stranded", |card| card.stranded.count),
        ("licenses.unplanned", |card| card.unplanned.count),
        ("licenses.out_of_order", |card| card.out_of_order.count),
        ("licenses.wrong_usage_location", |card| card.wrong_usage_location.count),
        ("licenses.wrong_service_plans", |card| card.wrong_service_plans.count),
        ("licenses.double_assignments", |card| card.double_assignments.count),
    ];
    for (what, of) in counts {
        lines.push(less_is_better(what, cards.map(|card| card.map(of))));
    }
}

/// What both spent, over all sides.
fn cost(cards: [Option<&CostScore>; 2], lines: &mut Vec<ComparisonLine>) {
    fn sum(card: &CostScore, of: fn(&SideCost) -> u64) -> u64 {
        card.sides.values().map(of).sum()
    }
    let counts: [Named<CostScore, u64>; 6] = [
        ("cost.requests", CostScore::requests),
        ("cost.writes", CostScore::writes),
        ("cost.failures", |card| sum(card, |side| side.failures)),
        ("cost.throttled", |card| sum(card, |side| side.throttled)),
        ("cost.retry_after_broken", |card| sum(card, |side| side.retry_after_broken)),
        ("cost.virtual_ms", |card| card.virtual_ms),
    ];
    for (what, of) in counts {
        lines.push(less_is_better(what, cards.map(|card| card.map(of))));
    }
}

fn more_is_better<T: PartialOrd>(
    what: &str,
    values: [Option<T>; 2],
    text: impl Fn(&T) -> String,
) -> ComparisonLine {
    let better = match &values {
        [Some(a), Some(b)] if a > b => Some(0),
        [Some(a), Some(b)] if b > a => Some(1),
        _ => None,
    };
    ComparisonLine { what: what.to_owned(), values: values.each_ref().map(|v| v.as_ref().map(&text)), better }
}

fn less_is_better(what: &str, values: [Option<u64>; 2]) -> ComparisonLine {
    more_is_better(what, values.map(|value| value.map(std::cmp::Reverse)), |v| v.0.to_string())
}

/// Longest name of a tool in the table.
const NAME_MAX: usize = 36;

/// The beginning of a name; of two long commands the JSON has the whole.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME_MAX) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name.to_owned(),
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = self.tools.each_ref().map(|name| shortened(name));
        let width = one.chars().count().max(other.chars().count()).max(18) + 2;
        writeln!(f, "  {:<28}{one:>width$}{other:>width$}", "")?;
        for line in &self.lines {
            let [one, other] = line.values.each_ref().map(|value| value.as_deref().unwrap_or("-"));
            let sign = match line.better {
                Some(0) => "  <",
                Some(_) => "  >",
                None => "",
            };
            writeln!(f, "  {:<28}{one:>width$}{other:>width$}{sign}", line.what)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(recall: f64, collateral: u64, repaired: u64) -> Scorecard {
        let mut score = RepairScore { recall, ..RepairScore::default() };
        (0..collateral).for_each(|_| score.collateral.add(String::new));
        score.by_defect.insert("PA26".to_owned(), Outcomes { injected: 4, repaired, ..Outcomes::default() });
        score
            .by_defect
            .insert("UP15".to_owned(), Outcomes { injected: 2, repaired: 2, ..Outcomes::default() });
        Scorecard { repairs: Some(score), ..Scorecard::default() }
    }

    #[test]
    fn a_comparison_names_the_better_tool_of_each_number_and_the_defects_that_differ() {
        let comparison = compare(["a", "b"], [&card(1.0, 3, 4), &card(0.5, 0, 1)]);
        let better = |what: &str| comparison.lines.iter().find(|l| l.what == what).map(|line| line.better);
        assert_eq!(better("repairs.recall"), Some(Some(0)));
        assert_eq!(better("repairs.collateral"), Some(Some(1)));
        assert_eq!(better("repairs.decoys_touched"), Some(None));
        assert_eq!(better("repairs.PA26"), Some(Some(0)));
        assert_eq!((better("repairs.UP15"), better("detection.recall")), (None, None));
        let text = comparison.to_string();
        assert!(text.contains("4 of 4") && text.contains("1 of 4"), "{text}");
    }

    #[test]
    fn each_part_is_compared_that_one_of_them_has_earned() {
        let mut wrong = SyncScore { converged: false, right: 4, ..SyncScore::default() };
        wrong.missing.add(String::new);
        let right = SyncScore { converged: true, right: 5, ..SyncScore::default() };
        let mut stranded = LicenseScore::default();
        stranded.stranded.add(String::new);
        let paid = |requests, writes| {
            let side = SideCost { requests, writes, failures: 2, throttled: writes, ..SideCost::default() };
            let ldap = SideCost { failures: 3, ..SideCost::default() };
            let sides = [("graph".to_owned(), side), ("ldap".to_owned(), ldap)];
            Some(CostScore { sides: sides.into(), virtual_ms: 7 })
        };
        let cards = [
            Scorecard { sync: Some(wrong), cost: paid(9, 4), ..Scorecard::default() },
            Scorecard {
                sync: Some(right),
                licenses: Some(stranded),
                cost: paid(9, 5),
                ..Scorecard::default()
            },
        ];
        let comparison = compare(["a", "b"], [&cards[0], &cards[1]]);
        let line = |what: &str| comparison.lines.iter().find(|line| line.what == what).unwrap();
        let check = |what: &str, values: [Option<&str>; 2], better| {
            let line = line(what);
            assert_eq!(
                (line.values.each_ref().map(Option::as_deref), line.better),
                (values, better),
                "{what}"
            );
        };
        check("sync.converged", [Some("false"), Some("true")], Some(1));
        check("sync.right", [Some("4"), Some("5")], Some(1));
        check("sync.missing", [Some("1"), Some("0")], Some(1));
        check("licenses.stranded", [None, Some("1")], None);
        check("cost.requests", [Some("9"), Some("9")], None);
        check("cost.writes", [Some("4"), Some("5")], Some(0));
        check("cost.failures", [Some("5"), Some("5")], None);
        check("cost.throttled", [Some("4"), Some("5")], Some(0));
        check("cost.retry_after_broken", [Some("0"), Some("0")], None);
        assert!(comparison.lines.iter().all(|line| !line.what.starts_with("repairs")));
    }

    #[test]
    fn the_columns_of_short_names_are_twenty_wide() {
        let text = compare(["a", "b"], [&card(1.0, 0, 4), &card(0.5, 0, 1)]).to_string();
        assert_eq!(text.lines().next().unwrap(), format!("{:30}{:>20}{:>20}", "", "a", "b"));
    }

    #[test]
    fn a_long_command_is_shortened_and_the_columns_stay_in_line() {
        let long = "python -m tools.fixer --everything --url $FORESTBED_LDAP_URL";
        let text = compare([long, "b"], [&card(1.0, 0, 4), &card(0.5, 0, 1)]).to_string();
        let ends: Vec<usize> =
            text.lines().map(|line| line.trim_end_matches([' ', '<', '>']).len()).collect();
        assert!(text.contains("python -m tools.fixer") && text.contains("..."), "{text}");
        assert!(ends.iter().all(|end| *end == ends[0]), "{text}");
    }
}
