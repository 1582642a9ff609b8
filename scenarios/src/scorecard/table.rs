//! The table of a scorecard for a terminal.

use super::ScorecardRow;
use super::sums::percent;
use crate::report::escape_terminal;
use std::fmt::Write as _;

const HEAD: [&str; 11] = [
    "population",
    "defects",
    "seed",
    "rows",
    "found",
    "precision",
    "warnings",
    "with settings",
    "repaired",
    "collateral",
    "decoys",
];

fn cells(row: &ScorecardRow) -> [String; 11] {
    let (found, repaired) = (&row.detection, &row.repairs);
    [
        row.population.clone(),
        row.defects.clone(),
        row.seed.to_string(),
        repaired.injected.to_string(),
        format!("{} ({} of {})", percent(found.recall), found.found, found.decidable),
        percent(found.precision),
        format!("{} of {}", found.warnings.0, found.warnings.1),
        format!("{} of {}", found.with_settings.0, found.with_settings.1),
        format!("{} ({} of {})", percent(repaired.recall), repaired.repaired, repaired.injected),
        repaired.collateral.count.to_string(),
        repaired.decoys_touched.count.to_string(),
    ]
}

/// A line an estate, and below it what went wrong there.
pub fn terminal(rows: &[ScorecardRow]) -> String {
    let table: Vec<[String; 11]> =
        std::iter::once(HEAD.map(str::to_owned)).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| table.iter().map(|cells| cells[column].len()).max().unwrap_or(0);
    let widths: [usize; 11] = std::array::from_fn(width);
    let mut out = String::new();
    for cells in &table {
        let line: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(out, "{}", line.join("  ").trim_end());
    }
    for row in rows {
        let tallies = [
            ("missed", &row.detection.missed),
            ("false alarm", &row.detection.false_alarms),
            ("wrongly repaired", &row.repairs.wrong),
            ("made worse", &row.repairs.worse),
            ("not repaired", &row.repairs.missed),
            ("collateral", &row.repairs.collateral),
            ("decoy touched", &row.repairs.decoys_touched),
        ];
        for (what, tally) in tallies {
            for example in tally.examples.iter().take(3) {
                let at = format!("{}/{}/{}", row.population, row.defects, row.seed);
                let _ = writeln!(out, "{at}: {what}: {}", escape_terminal(example));
            }
        }
        if let Some(comparison) = &row.comparison {
            let _ = write!(out, "{}/{}/{}\n{comparison}", row.population, row.defects, row.seed);
        }
    }
    out
}
