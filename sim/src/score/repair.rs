//! What a fixer did to a dirty directory, against the ledger.

use super::detection::{name, names, places, row_places};
use super::{Outcomes, RepairScore};
use crate::defects::{Ledger, LedgerRow, Verdict};
use crate::directory::{AttrId, Directory, Entry, ObjectId};
use crate::ids::Guid;
use crate::oracle::ldap_values;
use crate::rules::Finding;
use std::collections::{BTreeMap, BTreeSet};

/// Judges a fixer.
///
/// `before` is the directory as it was given to the fixer, `after` the same directory when it was done;
/// `reported` is what it left on purpose and said so. Each row of the ledger ends as repaired, wrong, missed
/// or worse; everything else that changed is collateral, decoys apart.
pub fn repair(before: &Directory, after: &Directory, ledger: &Ledger, reported: &[Finding]) -> RepairScore {
    let changes = Changes::between(before, after);
    let reports: BTreeSet<(Guid, String)> = places(reported, before).into_iter().flatten().collect();
    let mut score = RepairScore { injected: ledger.rows.len() as u64, ..RepairScore::default() };
    for row in &ledger.rows {
        judge_row(row, before, after, &changes, &reports, &mut score);
    }
    collateral(ledger, before, after, &changes, &mut score);
    score.recall = super::share(score.repaired, score.injected);
    score
}

fn judge_row(
    row: &LedgerRow,
    before: &Directory,
    after: &Directory,
    changes: &Changes,
    reports: &BTreeSet<(Guid, String)>,
    score: &mut RepairScore,
) {
    let verdict = row.judge(|object, attribute| crate::defects::present(after, object, attribute));
    let lost = |object: &Guid| changes.deleted.contains(object) && !row.may_be_deleted(*object);
    let gone = row.objects.iter().any(lost);
    let mut outcome = Outcomes { injected: 1, ..Outcomes::default() };
    let words = |what: &str| {
        let at = format!("{} {} of {}", row.defect, row.attribute, names(row, before));
        let now: Vec<String> =
            row.places.iter().map(|p| present(after, p.object, &p.attribute).join(" | ")).collect();
        format!("{at}: {what}, now {now:?}")
    };
    if gone || verdict == Verdict::Wrong && is_worse(row, after) {
        outcome.worse = 1;
        score.worse.add(|| words(if gone { "an object is gone" } else { "good values are lost" }));
    } else if verdict == Verdict::Wrong {
        outcome.wrong = 1;
        score.wrong.add(|| words("not an accepted repair"));
    } else if verdict == Verdict::Repaired {
        outcome.repaired = 1;
        score.repaired += 1;
    } else if row.may_leave_and_report() && row_places(row).any(|place| reports.contains(&place)) {
        outcome.repaired = 1;
        score.repaired += 1;
        score.left_and_reported += 1;
    } else {
        outcome.missed = 1;
        score.missed.add(|| words("left as it was"));
    }
    score.by_defect.entry(row.defect.clone()).or_default().merge(outcome);
    score.by_attribute.entry(row.attribute.clone()).or_default().merge(outcome);
}

/// A good value (clean, there after the injection, and part of every accepted repair that names its place) is
/// gone: worse than a defect that stays.
fn is_worse(row: &LedgerRow, after: &Directory) -> bool {
    row.places.iter().any(|place| {
        let now = present(after, place.object, &place.attribute);
        place.before.iter().filter(|good| place.injected.contains(good)).any(|good| {
            let lost = !now.iter().any(|value| value.eq_ignore_ascii_case(good));
            let named =
                row.accepted.outcomes().iter().flat_map(|outcome| &outcome.holdings).filter(|holding| {
                    holding.object == place.object && holding.attribute.eq_ignore_ascii_case(&place.attribute)
                });
            let mut sets = named.flat_map(|holding| &holding.any_of);
            lost && sets.all(|set| set.iter().any(|value| value.eq_ignore_ascii_case(good)))
        })
    })
}

fn collateral(
    ledger: &Ledger,
    before: &Directory,
    after: &Directory,
    changes: &Changes,
    score: &mut RepairScore,
) {
    let spanned: BTreeSet<(Guid, String)> = ledger
        .rows
        .iter()
        .flat_map(|row| &row.places)
        .map(|place| (place.object, place.attribute.to_ascii_lowercase()))
        .collect();
    let decoys: BTreeMap<(Guid, String), &str> = ledger
        .decoys
        .iter()
        .map(|decoy| ((decoy.object, decoy.attribute.to_ascii_lowercase()), decoy.kind.as_str()))
        .collect();
    for (object, attribute) in &changes.attributes {
        let place = (*object, attribute.to_ascii_lowercase());
        if spanned.contains(&place) {
            continue;
        }
        let words = || {
            let old = present(before, *object, attribute).join(" | ");
            let new = present(after, *object, attribute).join(" | ");
            format!("{attribute} of {}: \"{old}\" became \"{new}\"", name(*object, before))
        };
        match decoys.get(&place) {
            Some(kind) => score.decoys_touched.add(|| format!("{kind} {}", words())),
            None => score.collateral.add(words),
        }
    }
    let may_go = |object: &Guid| ledger.rows.iter().any(|row| row.may_be_deleted(*object));
    for object in changes.deleted.iter().filter(|object| !may_go(object)) {
        let decoy = ledger.decoys.iter().find(|decoy| decoy.object == *object);
        match decoy {
            Some(decoy) => {
                score.decoys_touched.add(|| format!("{} {}: deleted", decoy.kind, name(*object, before)))
            }
            None => score.collateral.add(|| format!("{}: deleted", name(*object, before))),
        }
    }
    for object in &changes.added {
        score.collateral.add(|| format!("{}: added", name(*object, after)));
    }
    for object in &changes.moved {
        score.collateral.add(|| format!("{}: moved to {}", name(*object, before), name(*object, after)));
    }
}

/// The values of an attribute as text; none when the object is gone.
fn present(directory: &Directory, object: Guid, attribute: &str) -> Vec<String> {
    crate::defects::present(directory, object, attribute).unwrap_or_default()
}

fn live(directory: &Directory, object: Guid) -> Option<Entry<'_>> {
    let entry = directory.by_guid(object).and_then(|id| directory.entry(id))?;
    (!entry.is_deleted()).then_some(entry)
}

/// What changed between two states of one directory.
#[derive(Default)]
struct Changes {
    attributes: BTreeSet<(Guid, &'static str)>,
    deleted: BTreeSet<Guid>,
    added: BTreeSet<Guid>,
    moved: BTreeSet<Guid>,
}

/// Changes with any write, or without one: no sign of a fixer's hand. `name` follows the RDN.
const NOISE: [&str; 10] = [
    "uSNCreated",
    "whenChanged",
    "uSNChanged",
    "name",
    "distinguishedName",
    "lastLogon",
    "lastLogonTimestamp",
    "logonCount",
    "dSCorePropagationData",
    "badPwdCount",
];

impl Changes {
    fn between(before: &Directory, after: &Directory) -> Changes {
        let mut changes = Changes::default();
        for id in before.ids() {
            let Some(old) = before.entry(id).filter(|entry| !entry.is_deleted()) else { continue };
            let Some(new) = live(after, old.guid()) else {
                changes.deleted.insert(old.guid());
                continue;
            };
            // two states of one database: nothing was written where the USN is the same
            if old.usn_changed() != new.usn_changed() || new.id() != id {
                changes.compare(before, &old, after, &new);
            }
        }
        for id in after.ids() {
            let Some(new) = after.entry(id).filter(|entry| !entry.is_deleted()) else { continue };
            if live(before, new.guid()).is_none() {
                changes.added.insert(new.guid());
            }
        }
        changes
    }

    fn compare(&mut self, before: &Directory, old: &Entry<'_>, after: &Directory, new: &Entry<'_>) {
        let parent = |directory: &Directory, entry: &Entry<'_>| {
            entry.parent().and_then(|id: ObjectId| directory.entry(id)).map(|parent| parent.guid())
        };
        if parent(before, old) != parent(after, new) {
            self.moved.insert(old.guid());
        }
        let ids: BTreeSet<AttrId> =
            old.attributes().map(|(id, _)| id).chain(new.attributes().map(|(id, _)| id)).collect();
        for id in ids {
            let attribute = before.schema().attribute(id);
            let back_link = attribute.link_id.is_some_and(|link| link % 2 == 1);
            if attribute.constructed || back_link || NOISE.contains(&attribute.name) {
                continue;
            }
            let sorted = |directory: &Directory, entry: &Entry<'_>| {
                let mut values = ldap_values(directory, entry, id);
                values.sort_unstable();
                values
            };
            let (was, is) = (sorted(before, old), sorted(after, new));
            if was != is && !is_written_back_anchor(attribute.name, old.guid(), &was, &is) {
                self.attributes.insert((old.guid(), attribute.name));
            }
        }
    }
}

/// A sync engine writes an object's own objectGUID to its empty mS-DS-ConsistencyGuid: as designed.
fn is_written_back_anchor(attribute: &str, object: Guid, was: &[Vec<u8>], is: &[Vec<u8>]) -> bool {
    attribute == "mS-DS-ConsistencyGuid" && was.is_empty() && *is == [object.to_bytes_le().to_vec()]
}

#[cfg(test)]
mod tests;
