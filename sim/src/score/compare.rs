//! Two tools on the same estate, side by side.

use super::{DetectionScore, Outcomes, RepairScore, Scorecard};
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
    let line = more_is_better(what, values.map(|value| value.map(std::cmp::Reverse)), |v| v.0.to_string());
    ComparisonLine { what: what.to_owned(), ..line }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = &self.tools;
        writeln!(f, "  {:<28}{one:>20}{other:>20}", "")?;
        for line in &self.lines {
            let [one, other] = line.values.each_ref().map(|value| value.as_deref().unwrap_or("-"));
            let sign = match line.better {
                Some(0) => "  <",
                Some(_) => "  >",
                None => "",
            };
            writeln!(f, "  {:<28}{one:>20}{other:>20}{sign}", line.what)?;
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
}
