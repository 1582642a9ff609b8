//! Figures of several estates as one.

use super::ScorecardRow;
use forestbed_sim::score::{DetectionScore, Outcomes, RepairScore};
use std::collections::BTreeMap;

/// A share in percent, never rounded up to a whole that it is not.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", (share * 1000.0).floor() / 10.0)
}

/// A part of a whole in percent; of nothing, all of it.
pub(super) fn percent_of(part: u64, whole: u64) -> String {
    percent(if whole == 0 { 1.0 } else { part as f64 / whole as f64 })
}

/// Found and all.
pub(super) type Found = (u64, u64);

/// What one kind of thing (a defect, an attribute, a severity) came to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line {
    pub(super) found: Found,
    pub(super) ended: Outcomes,
}

impl Line {
    /// As cells: found of all, repaired in percent, wrong or worse.
    pub(super) fn cells(&self) -> [String; 3] {
        let Line { found: (found, all), ended } = self;
        [
            if *all == 0 { "-".to_owned() } else { format!("{found} of {all}") },
            format!("{} of {}", ended.repaired, ended.injected),
            (ended.wrong + ended.worse).to_string(),
        ]
    }
}

/// One of the tools that played an estate.
pub(super) type Side = fn(&ScorecardRow) -> Option<(&DetectionScore, &RepairScore)>;

/// The tools that were asked for.
pub(super) fn own(row: &ScorecardRow) -> Option<(&DetectionScore, &RepairScore)> {
    Some((&row.detection, &row.repairs))
}

/// Those that they are compared with.
pub(super) fn rival(row: &ScorecardRow) -> Option<(&DetectionScore, &RepairScore)> {
    row.against.as_ref().map(|rival| (&rival.detection, &rival.repairs))
}

/// Several estates, as one of the tools left them.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub(super) decidable: Found,
    findings: u64,
    false_alarms: u64,
    pub(super) warnings: Found,
    pub(super) with_settings: Found,
    pub(super) ended: Outcomes,
    pub(super) collateral: u64,
    pub(super) decoys: u64,
    pub(super) by_defect: BTreeMap<String, Line>,
    pub(super) by_attribute: BTreeMap<String, Line>,
    pub(super) by_severity: BTreeMap<String, Line>,
}

impl Sums {
    pub(super) fn of<'a>(rows: impl IntoIterator<Item = &'a ScorecardRow>, side: Side) -> Sums {
        let mut sums = Sums::default();
        rows.into_iter().filter_map(side).for_each(|(found, repaired)| sums.add(found, repaired));
        sums
    }

    fn add(&mut self, found: &DetectionScore, repaired: &RepairScore) {
        self.findings += found.findings;
        self.false_alarms += found.false_alarms.count;
        add(&mut self.decidable, (found.found, found.decidable));
        add(&mut self.warnings, found.warnings);
        add(&mut self.with_settings, found.with_settings);
        let kinds = [&found.by_defect, &found.warnings_by_defect, &found.with_settings_by_defect];
        for (id, more) in kinds.into_iter().flatten() {
            add(&mut self.by_defect.entry(id.clone()).or_default().found, *more);
        }
        for (name, more) in &found.by_attribute {
            add(&mut self.by_attribute.entry(name.clone()).or_default().found, *more);
        }
        for (name, more) in [("defect", (found.found, found.decidable)), ("warning", found.warnings)] {
            add(&mut self.by_severity.entry(name.to_owned()).or_default().found, more);
        }
        self.collateral += repaired.collateral.count;
        self.decoys += repaired.decoys_touched.count;
        for outcomes in repaired.by_severity.values() {
            self.ended.merge(*outcomes);
        }
        let tables = [
            (&repaired.by_defect, &mut self.by_defect),
            (&repaired.by_attribute, &mut self.by_attribute),
            (&repaired.by_severity, &mut self.by_severity),
        ];
        for (from, to) in tables {
            for (name, outcomes) in from {
                to.entry(name.clone()).or_default().ended.merge(*outcomes);
            }
        }
    }

    /// What was rightly reported, in percent of all that was reported.
    pub(super) fn precision(&self) -> String {
        percent_of(self.findings - self.false_alarms, self.findings)
    }
}

fn add(sum: &mut Found, more: Found) {
    *sum = (sum.0 + more.0, sum.1 + more.1);
}
