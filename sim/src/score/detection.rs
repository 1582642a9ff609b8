//! What a checker found, against the ledger.

use super::DetectionScore;
use super::estate::{Estate, row_places};
use crate::defects::{Ledger, LedgerRow};
use crate::directory::Directory;
use crate::ids::Guid;
use crate::rules::{Finding, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// Judges the findings of a checker.
///
/// `directories` is the state that was checked, one a domain, with the `ledgers` of all of them: findings that
/// name no objectGUID are looked up in it by distinguished name. A row is found when a finding names one of its
/// objects and attributes; which rule a checker calls it by is its own business. Where rows share an attribute,
/// a finding that names the value of one of them speaks of that one alone. Warnings that no row stands behind
/// are no false alarms; those on objects without any row are counted apart.
pub fn detection(findings: &[Finding], ledgers: &[&Ledger], directories: &[Directory]) -> DetectionScore {
    let estate = Estate(directories);
    let places: Vec<Option<(Guid, String)>> = findings.iter().map(|finding| estate.place(finding)).collect();
    let mut named: BTreeMap<(Guid, &str), Vec<&Finding>> = BTreeMap::new();
    for (finding, place) in findings.iter().zip(&places) {
        if let Some((guid, attribute)) = place {
            named.entry((*guid, attribute.as_str())).or_default().push(finding);
        }
    }
    let mut score = DetectionScore { findings: findings.len() as u64, ..DetectionScore::default() };
    let rows = || ledgers.iter().flat_map(|ledger| &ledger.rows);
    for row in rows() {
        let found = row_places(row).any(|(guid, attribute)| {
            let here = named.get(&(guid, attribute.as_str())).map_or(&[][..], Vec::as_slice);
            here.iter().any(|finding| speaks_of(finding, row, guid, &attribute))
        });
        count(&mut score, row, found, estate);
    }
    let known: BTreeSet<(Guid, String)> = rows().flat_map(row_places).collect();
    let spoilt: BTreeSet<Guid> = known.iter().map(|(guid, _)| *guid).collect();
    let decoys: BTreeMap<(Guid, String), &str> = ledgers
        .iter()
        .flat_map(|ledger| &ledger.decoys)
        .map(|decoy| ((decoy.object, decoy.attribute.to_ascii_lowercase()), decoy.kind.as_str()))
        .collect();
    for (finding, place) in findings.iter().zip(&places) {
        if place.as_ref().is_some_and(|place| known.contains(place)) {
            continue;
        }
        let words = || format!("{} {} of {}", finding.rule, finding.attribute, finding.dn);
        // a warning about something that is merely unusual is no error of the checker
        if finding.severity == Severity::Warning {
            if !place.as_ref().is_some_and(|(guid, _)| spoilt.contains(guid)) {
                score.stray_warnings.add(words);
            }
            continue;
        }
        if let Some(kind) = place.as_ref().and_then(|place| decoys.get(place)) {
            score.decoys_reported.add(|| format!("{} (decoy {kind})", words()));
        }
        *score.false_alarms_by_rule.entry(finding.rule.to_string()).or_default() += 1;
        score.false_alarms.add(words);
    }
    score.recall = super::share(score.found, score.decidable);
    score.precision = super::share(score.findings - score.false_alarms.count, score.findings);
    score
}

/// Puts a row where it belongs: among the machine-decidable ones (a defect that the directory alone shows), the
/// warnings, those that need settings, or those that no directory shows, which are nobody's to find.
fn count(score: &mut DetectionScore, row: &LedgerRow, found: bool, estate: Estate<'_>) {
    let found_rows = u64::from(found);
    let add = |share: &mut (u64, u64)| *share = (share.0 + found_rows, share.1 + 1);
    match (row.severity.as_str(), row.detectable.as_str()) {
        (_, "no") => return,
        (_, "needs-settings") => {
            add(score.with_settings_by_defect.entry(row.defect.clone()).or_default());
            return add(&mut score.with_settings);
        }
        ("warning", _) => {
            add(score.warnings_by_defect.entry(row.defect.clone()).or_default());
            return add(&mut score.warnings);
        }
        _ => {}
    }
    score.decidable += 1;
    score.found += found_rows;
    add(score.by_defect.entry(row.defect.clone()).or_default());
    add(score.by_attribute.entry(row.attribute.clone()).or_default());
    if !found {
        score
            .missed
            .add(|| format!("{} {} of {}: {}", row.defect, row.attribute, estate.names(row), row.note));
    }
}

/// Whether a finding at a place of a row may mean that row: where rows share the attribute, unless it names a
/// value that is not this row's.
fn speaks_of(finding: &Finding, row: &LedgerRow, guid: Guid, attribute: &str) -> bool {
    let shared = row
        .places
        .iter()
        .find(|place| place.share && place.object == guid && place.attribute.eq_ignore_ascii_case(attribute));
    match (shared, &finding.value) {
        (Some(place), Some(value)) => place.injected.is_empty() || place.injected.contains(value),
        _ => true,
    }
}
