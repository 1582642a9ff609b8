//! All scores of a run, and the table that a terminal shows.

use super::{CostScore, DetectionScore, LicenseScore, RepairScore, SyncScore, Tally};
use serde::Serialize;
use std::fmt;

/// Every score of a run; a part is absent while no step has earned it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Scorecard {
    /// What the checker found.
    pub detection: Option<DetectionScore>,
    /// What the fixer did.
    pub repairs: Option<RepairScore>,
    /// The tenant against the oracle.
    pub sync: Option<SyncScore>,
    /// Who holds which licence.
    pub licenses: Option<LicenseScore>,
    /// What it cost, over all steps.
    pub cost: Option<CostScore>,
}

/// How many examples of one kind the table shows.
const SHOWN: usize = 3;
/// The widest example, in characters: a longer one is cut.
const WIDEST: usize = 110;

impl fmt::Display for Scorecard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.detection.iter().try_for_each(|score| detection(f, score))?;
        self.repairs.iter().try_for_each(|score| repairs(f, score))?;
        self.sync.iter().try_for_each(|score| sync(f, score))?;
        self.licenses.iter().try_for_each(|score| licenses(f, score))?;
        self.cost.iter().try_for_each(|score| cost(f, score))
    }
}

fn row(f: &mut fmt::Formatter<'_>, label: &str, value: impl fmt::Display) -> fmt::Result {
    writeln!(f, "  {label:<26}{value}")
}

fn tally(f: &mut fmt::Formatter<'_>, label: &str, tally: &Tally) -> fmt::Result {
    row(f, label, tally.count)?;
    for example in tally.examples.iter().take(SHOWN) {
        match example.char_indices().nth(WIDEST) {
            Some((end, _)) => writeln!(f, "      {}...", &example[..end])?,
            None => writeln!(f, "      {example}")?,
        }
    }
    match tally.count.saturating_sub(SHOWN as u64) {
        0 => Ok(()),
        more => writeln!(f, "      and {more} more"),
    }
}

/// A share in percent, never rounded up to a whole that it is not.
pub(super) fn percent(share: f64) -> String {
    let floored = (share * 1000.0).floor() / 10.0;
    format!("{floored:.1} %")
}

fn detection(f: &mut fmt::Formatter<'_>, score: &DetectionScore) -> fmt::Result {
    writeln!(f, "Detection")?;
    row(f, "recall", format!("{} ({} of {})", percent(score.recall), score.found, score.decidable))?;
    row(f, "precision", format!("{} of {} findings", percent(score.precision), score.findings))?;
    tally(f, "missed", &score.missed)?;
    tally(f, "false alarms", &score.false_alarms)?;
    row(f, "decoys reported", score.decoys_reported.count)?;
    for (label, (found, all)) in [("warnings", score.warnings), ("with settings", score.with_settings)] {
        if all > 0 {
            row(f, label, format!("{found} of {all} found"))?;
        }
    }
    match score.stray_warnings.count {
        0 => Ok(()),
        _ => tally(f, "stray warnings", &score.stray_warnings),
    }
}

fn repairs(f: &mut fmt::Formatter<'_>, score: &RepairScore) -> fmt::Result {
    writeln!(f, "Repairs")?;
    row(f, "recall", format!("{} ({} of {})", percent(score.recall), score.repaired, score.injected))?;
    row(f, "left and reported", score.left_and_reported)?;
    tally(f, "wrongly repaired", &score.wrong)?;
    tally(f, "missed", &score.missed)?;
    tally(f, "made worse", &score.worse)?;
    tally(f, "collateral", &score.collateral)?;
    tally(f, "decoys touched", &score.decoys_touched)
}

fn sync(f: &mut fmt::Formatter<'_>, score: &SyncScore) -> fmt::Result {
    writeln!(f, "Synchronization")?;
    row(f, "converged", if score.converged { "yes" } else { "no" })?;
    row(f, "right", format!("{} of {}", score.right, score.expected))?;
    tally(f, "missing", &score.missing)?;
    tally(f, "extra", &score.extra)?;
    tally(f, "wrong attributes", &score.wrong_attributes)?;
    tally(f, "wrong matches", &score.wrong_matches)?;
    row(f, "conflicts handled", score.conflicts.count)?;
    tally(f, "orphans", &score.orphans)?;
    tally(f, "deletes missed", &score.deletes_missed)?;
    tally(f, "wrong deletes", &score.wrong_deletes)?;
    tally(f, "cloud-only touched", &score.cloud_only_touched)?;
    if score.mass_deletion { row(f, "mass deletion", "yes") } else { Ok(()) }
}

fn licenses(f: &mut fmt::Formatter<'_>, score: &LicenseScore) -> fmt::Result {
    writeln!(f, "Licences")?;
    row(f, "complete", if score.complete { "yes" } else { "no" })?;
    for (part_number, sku) in &score.skus {
        let shortage = match sku.shortage {
            0 => String::new(),
            people => format!(", no seat for {people}"),
        };
        let planned = format!("{} of {} planned", sku.licensed, sku.planned);
        row(f, part_number, format!("{} of {} seats, {planned}{shortage}", sku.consumed, sku.seats))?;
    }
    tally(f, "stranded", &score.stranded)?;
    tally(f, "not in the plan", &score.unplanned)?;
    tally(f, "out of order", &score.out_of_order)?;
    tally(f, "wrong usage location", &score.wrong_usage_location)?;
    tally(f, "wrong service plans", &score.wrong_service_plans)?;
    tally(f, "double assignments", &score.double_assignments)
}

fn cost(f: &mut fmt::Formatter<'_>, score: &CostScore) -> fmt::Result {
    writeln!(f, "Cost")?;
    for (side, cost) in &score.sides {
        let mut text = format!("{} requests, {} writes", cost.requests, cost.writes);
        for (count, what) in [
            (cost.batches, "batches"),
            (cost.failures, "failures"),
            (cost.throttled, "throttled"),
            (cost.retry_after_kept, "Retry-After kept"),
            (cost.retry_after_broken, "Retry-After broken"),
        ] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        row(f, side, text)?;
    }
    row(f, "virtual time", format!("{:.2} s", score.virtual_ms as f64 / 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_shows_its_parts_and_the_first_examples() {
        let mut sync = SyncScore { expected: 9, right: 5, ..SyncScore::default() };
        for name in ["ada", "bob", "cyd", "dan"] {
            sync.missing.add(|| format!("user {name}\u{1b}"));
        }
        let card = Scorecard { sync: Some(sync), ..Scorecard::default() };
        let text = card.to_string();
        for line in ["converged                 no", "right                     5 of 9", "and 1 more"] {
            assert!(text.contains(line), "{text}");
        }
        assert!(text.contains("user cyd\\u{1b}") && !text.contains("dan") && !text.contains('\u{1b}'));
        assert!(!text.contains("Repairs"));
    }

    #[test]
    fn a_share_below_one_never_shows_as_the_whole() {
        assert_eq!(percent(0.9999), "99.9 %");
        assert_eq!(percent(1.0), "100.0 %");
    }
}
