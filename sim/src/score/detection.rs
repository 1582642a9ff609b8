//! What a checker found, against the ledger.

use super::DetectionScore;
use crate::defects::{Ledger, LedgerRow};
use crate::directory::Directory;
use crate::ids::Guid;
use crate::rules::{Finding, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// Judges the findings of a checker.
///
/// `directory` is the state that was checked: findings that name no objectGUID are looked up in it by
/// distinguished name. A row is found when a finding names one of its objects and attributes; which rule a
/// checker calls it by is its own business. Warnings that no row stands behind are no false alarms.
pub fn detection(findings: &[Finding], ledger: &Ledger, directory: &Directory) -> DetectionScore {
    let places = places(findings, directory);
    let named: BTreeSet<(Guid, &str)> = places.iter().flatten().map(|(g, a)| (*g, a.as_str())).collect();
    let mut score = DetectionScore { findings: findings.len() as u64, ..DetectionScore::default() };
    for row in ledger.rows.iter().filter(|row| is_decidable(row)) {
        let counts = score.by_defect.entry(row.defect.clone()).or_default();
        score.decidable += 1;
        counts.1 += 1;
        if row_places(row).any(|(guid, attribute)| named.contains(&(guid, attribute.as_str()))) {
            score.found += 1;
            counts.0 += 1;
        } else {
            score.missed.add(|| {
                format!("{} {} of {}: {}", row.defect, row.attribute, names(row, directory), row.note)
            });
        }
    }
    let known: BTreeSet<(Guid, String)> = ledger.rows.iter().flat_map(row_places).collect();
    let decoys: BTreeMap<(Guid, String), &str> = ledger
        .decoys
        .iter()
        .map(|decoy| ((decoy.object, decoy.attribute.to_ascii_lowercase()), decoy.kind.as_str()))
        .collect();
    for (finding, place) in findings.iter().zip(&places) {
        if place.as_ref().is_some_and(|place| known.contains(place)) {
            continue;
        }
        // a warning about something that is merely unusual is no error of the checker
        if finding.severity == Severity::Warning {
            continue;
        }
        let words = || format!("{} {} of {}", finding.rule, finding.attribute, finding.dn);
        if let Some(kind) = place.as_ref().and_then(|place| decoys.get(place)) {
            score.decoys_reported.add(|| format!("{} (decoy {kind})", words()));
        }
        score.false_alarms.add(words);
    }
    score.recall = super::share(score.found, score.decidable);
    score.precision = super::share(score.findings - score.false_alarms.count, score.findings);
    score
}

/// Machine-decidable: a defect that the directory alone shows.
fn is_decidable(row: &LedgerRow) -> bool {
    row.severity == "defect" && row.detectable == "yes"
}

/// Objects and attributes (in lower case) of a row.
pub(super) fn row_places(row: &LedgerRow) -> impl Iterator<Item = (Guid, String)> {
    let own = row.objects.iter().map(|object| (*object, row.attribute.to_ascii_lowercase()));
    own.chain(row.places.iter().map(|place| (place.object, place.attribute.to_ascii_lowercase())))
}

/// Object and attribute (in lower case) of each finding; none when the directory has no such object.
pub(super) fn places(findings: &[Finding], directory: &Directory) -> Vec<Option<(Guid, String)>> {
    findings
        .iter()
        .map(|finding| {
            let by_name = || Some(directory.entry(directory.resolve(&finding.dn).ok()?)?.guid());
            let guid = finding.object_guid().or_else(by_name)?;
            Some((guid, finding.attribute.to_ascii_lowercase()))
        })
        .collect()
}

/// The objects of a row as a reader knows them.
pub(super) fn names(row: &LedgerRow, directory: &Directory) -> String {
    let names: Vec<String> = row.objects.iter().map(|guid| name(*guid, directory)).collect();
    names.join(", ")
}

/// An object as a reader knows it: its distinguished name, or its objectGUID when it is gone.
pub(super) fn name(guid: Guid, directory: &Directory) -> String {
    let entry = directory.by_guid(guid).and_then(|id| directory.entry(id));
    entry.map_or_else(|| guid.to_string(), |entry| entry.dn())
}
