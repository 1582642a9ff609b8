//! The table of a scorecard: for a terminal, and as Markdown.

use super::ScorecardRow;
use crate::report::escape_terminal;
use std::fmt::Write as _;

const HEAD: [&str; 10] = [
    "population",
    "defects",
    "seed",
    "rows",
    "found",
    "precision",
    "warnings",
    "repaired",
    "collateral",
    "decoys",
];

fn percent(share: f64) -> String {
    format!("{:.1} %", (share * 1000.0).floor() / 10.0)
}

fn cells(row: &ScorecardRow) -> [String; 10] {
    let (found, repaired) = (&row.detection, &row.repairs);
    [
        row.population.to_owned(),
        row.defects.clone(),
        row.seed.to_string(),
        repaired.injected.to_string(),
        format!("{} ({} of {})", percent(found.recall), found.found, found.decidable),
        percent(found.precision),
        format!("{} of {}", found.warnings.0, found.warnings.1),
        format!("{} ({} of {})", percent(repaired.recall), repaired.repaired, repaired.injected),
        repaired.collateral.count.to_string(),
        repaired.decoys_touched.count.to_string(),
    ]
}

/// A line an estate, and below it what went wrong there.
pub fn terminal(rows: &[ScorecardRow]) -> String {
    let table: Vec<[String; 10]> =
        std::iter::once(HEAD.map(str::to_owned)).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| table.iter().map(|cells| cells[column].len()).max().unwrap_or(0);
    let widths: [usize; 10] = std::array::from_fn(width);
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

/// The table for a page: a line for each population and defect profile, its seeds together.
pub fn markdown(rows: &[ScorecardRow]) -> String {
    let mut out = String::from(
        "| population | defects | seeds | rows | detection recall | precision | warnings found | repair recall | \
         wrong or worse | collateral | decoys touched |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut at = 0;
    while at < rows.len() {
        let key = |row: &ScorecardRow| (row.population, row.defects.clone());
        let group = rows[at..].iter().take_while(|row| key(row) == key(&rows[at])).count();
        let part = &rows[at..at + group];
        let sum = |of: &dyn Fn(&ScorecardRow) -> u64| part.iter().map(of).sum::<u64>();
        let share = |a: u64, b: u64| if b == 0 { 1.0 } else { a as f64 / b as f64 };
        let found = share(sum(&|r| r.detection.found), sum(&|r| r.detection.decidable));
        let findings = sum(&|r| r.detection.findings);
        let right = share(findings - sum(&|r| r.detection.false_alarms.count), findings);
        let repaired = share(sum(&|r| r.repairs.repaired), sum(&|r| r.repairs.injected));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} of {} | {} | {} | {} | {} |",
            part[0].population,
            part[0].defects,
            part.len(),
            sum(&|r| r.repairs.injected),
            percent(found),
            percent(right),
            sum(&|r| r.detection.warnings.0),
            sum(&|r| r.detection.warnings.1),
            percent(repaired),
            sum(&|r| r.repairs.wrong.count + r.repairs.worse.count),
            sum(&|r| r.repairs.collateral.count),
            sum(&|r| r.repairs.decoys_touched.count),
        );
        at += group;
    }
    out
}
