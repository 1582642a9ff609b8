//! The tables of a scorecard for a page.

use super::ScorecardRow;
use super::sums::{Line, Side, Sums, own, percent_of, rival};
use forestbed_sim::defects::catalogue;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What a table has a line for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Each population with each defect profile, the seeds together.
    Profile,
    /// Each row of the defect catalogue, over all estates.
    Defect,
    /// Each attribute, over all estates.
    Attribute,
    /// Defects and warnings, over all estates.
    Severity,
}

impl Part {
    /// All of them with their names on the command line.
    pub const ALL: [(&'static str, Part); 4] = [
        ("profile", Part::Profile),
        ("defect", Part::Defect),
        ("attribute", Part::Attribute),
        ("severity", Part::Severity),
    ];
}

/// One table for each part. Where other tools were compared, each figure stands twice: first the tools that were
/// asked for, then the others.
pub fn markdown(rows: &[ScorecardRow], parts: &[Part]) -> String {
    let compared = rows.iter().any(|row| row.against.is_some());
    let sides: &[Side] = if compared { &[own, rival] } else { &[own] };
    let tables = parts.iter().map(|part| match part {
        Part::Profile => profiles(rows, sides),
        Part::Defect => lines(rows, sides, ["defect", "what is wrong"], |sums| sums.by_defect, described),
        Part::Attribute => lines(rows, sides, ["attribute", "rows"], |sums| sums.by_attribute, injected),
        Part::Severity => lines(rows, sides, ["severity", "rows"], |sums| sums.by_severity, injected),
    });
    tables.collect::<Vec<_>>().join("\n")
}

fn table(head: &[&str], figures: &[&str], sides: usize, body: &[Vec<String>]) -> String {
    let figures = figures.iter().flat_map(|figure| {
        (0..sides).map(move |side| if side == 0 { (*figure).to_owned() } else { format!("... {figure}") })
    });
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).chain(figures).collect();
    let mut out = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for cells in body {
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

/// The first figure of all sides, then the second...
fn interleaved<const N: usize>(sides: &[[String; N]]) -> Vec<String> {
    (0..N).flat_map(|figure| sides.iter().map(move |cells| cells[figure].clone())).collect()
}

fn profiles(rows: &[ScorecardRow], sides: &[Side]) -> String {
    let figures = [
        "detection recall",
        "precision",
        "warnings found",
        "found by settings",
        "repair recall",
        "wrong or worse",
        "collateral",
        "decoys touched",
    ];
    let same =
        |a: &ScorecardRow, b: &ScorecardRow| (&a.population, &a.defects) == (&b.population, &b.defects);
    let body: Vec<Vec<String>> = rows
        .chunk_by(same)
        .map(|part| {
            let sums: Vec<Sums> = sides.iter().map(|side| Sums::of(part, *side)).collect();
            let cells: Vec<[String; 8]> = sums.iter().map(profile).collect();
            let (first, seeds) = (&part[0], part.len().to_string());
            let injected = sums[0].ended.injected.to_string();
            let mut line = vec![first.population.clone(), first.defects.clone(), seeds, injected];
            line.extend(interleaved(&cells));
            line
        })
        .collect();
    table(&["population", "defects", "seeds", "rows"], &figures, sides.len(), &body)
}

fn profile(sums: &Sums) -> [String; 8] {
    let of = |(found, all): (u64, u64)| format!("{found} of {all}");
    [
        percent_of(sums.decidable.0, sums.decidable.1),
        sums.precision(),
        of(sums.warnings),
        of(sums.with_settings),
        percent_of(sums.ended.repaired, sums.ended.injected),
        (sums.ended.wrong + sums.ended.worse).to_string(),
        sums.collateral.to_string(),
        sums.decoys.to_string(),
    ]
}

fn lines(
    rows: &[ScorecardRow],
    sides: &[Side],
    head: [&str; 2],
    of: fn(Sums) -> BTreeMap<String, Line>,
    beside: fn(&str, &Line) -> String,
) -> String {
    let sums: Vec<BTreeMap<String, Line>> = sides.iter().map(|side| of(Sums::of(rows, *side))).collect();
    let body: Vec<Vec<String>> = sums[0]
        .iter()
        .map(|(name, line)| {
            let of_side =
                |lines: &BTreeMap<String, Line>| lines.get(name).copied().unwrap_or_default().cells();
            let cells: Vec<[String; 3]> = sums.iter().map(of_side).collect();
            let mut row = vec![name.clone(), beside(name, line)];
            row.extend(interleaved(&cells));
            row
        })
        .collect();
    table(&head, &["found", "repaired", "wrong or worse"], sides.len(), &body)
}

fn described(id: &str, _: &Line) -> String {
    let words = catalogue().get(id).map_or("", |kind| kind.description);
    words.replace('|', "\\|").replace('<', "&lt;")
}

fn injected(_: &str, line: &Line) -> String {
    line.ended.injected.to_string()
}
