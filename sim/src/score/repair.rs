//! What a fixer did to a dirty directory, against the ledger.

use super::estate::{Estate, row_places};
use super::{Outcomes, RepairScore};
use crate::defects::{Ledger, LedgerRow, Place, Verdict, holds};
use crate::directory::{AttrId, Directory, Entry, ObjectId};
use crate::ids::Guid;
use crate::oracle::ldap_values;
use crate::rules::Finding;
use std::collections::{BTreeMap, BTreeSet};

/// Judges a fixer.
///
/// `before` are the directories (one a domain) as they were given to the fixer, `after` the same directories
/// when it was done, `ledgers` their ledgers; `reported` is what it left on purpose and said so. Each row ends
/// as repaired, wrong, missed or worse; everything else that changed is collateral, decoys apart.
pub fn repair(
    before: &[Directory],
    after: &[Directory],
    ledgers: &[&Ledger],
    reported: &[Finding],
) -> RepairScore {
    let mut changes = Changes::default();
    for (before, after) in before.iter().zip(after) {
        changes.between(before, after);
    }
    let estate = Estate(before);
    let reports: BTreeSet<(Guid, String)> =
        reported.iter().filter_map(|finding| estate.place(finding)).collect();
    let work = Work { before: estate, after: Estate(after), ledgers, changes, reports };
    let mut score = RepairScore::default();
    for row in ledgers.iter().flat_map(|ledger| &ledger.rows) {
        work.judge_row(row, &mut score);
    }
    work.collateral(&mut score);
    score.recall = super::share(score.repaired, score.injected);
    score
}

/// What a fixer has done, and what it says.
struct Work<'a> {
    before: Estate<'a>,
    after: Estate<'a>,
    ledgers: &'a [&'a Ledger],
    changes: Changes,
    /// Left on purpose.
    reports: BTreeSet<(Guid, String)>,
}

impl Work<'_> {
    fn judge_row(&self, row: &LedgerRow, score: &mut RepairScore) {
        let verdict = row.judge(|object, attribute| self.after.present(object, attribute));
        // nobody can see it: leaving it is no fault, and touching it is judged like any other
        if row.detectable == "no" && verdict == Verdict::Untouched {
            return;
        }
        let lost = |object: &Guid| self.changes.deleted.contains(object) && !row.may_be_deleted(*object);
        let gone = row.objects.iter().any(lost);
        let mut outcome = Outcomes { injected: 1, ..Outcomes::default() };
        let words = |what: &str| {
            let at = format!("{} {} of {}", row.defect, row.attribute, self.before.names(row));
            let now: Vec<String> =
                row.places.iter().map(|p| present(self.after, p.object, &p.attribute).join(" | ")).collect();
            format!("{at}: {what}, now {now:?}")
        };
        if gone || verdict == Verdict::Wrong && self.is_worse(row) {
            outcome.worse = 1;
            score.worse.add(|| words(if gone { "an object is gone" } else { "good values are lost" }));
        } else if verdict == Verdict::Wrong {
            outcome.wrong = 1;
            score.wrong.add(|| words("not an accepted repair"));
        } else if verdict == Verdict::Repaired {
            outcome.repaired = 1;
        } else if row.may_leave_and_report() && row_places(row).any(|place| self.reports.contains(&place)) {
            outcome.repaired = 1;
            score.left_and_reported += 1;
        } else {
            outcome.missed = 1;
            score.missed.add(|| words("left as it was"));
        }
        score.injected += 1;
        score.repaired += outcome.repaired;
        score.by_defect.entry(row.defect.clone()).or_default().merge(outcome);
        score.by_attribute.entry(row.attribute.clone()).or_default().merge(outcome);
        score.by_severity.entry(row.severity.clone()).or_default().merge(outcome);
    }

    /// A good value (clean, there after the injection, and part of every accepted repair that names its place)
    /// is gone: worse than a defect that stays.
    fn is_worse(&self, row: &LedgerRow) -> bool {
        row.places.iter().any(|place| {
            let now = present(self.after, place.object, &place.attribute);
            place.before.iter().filter(|good| place.injected.contains(good)).any(|good| {
                let lost = !now.iter().any(|value| value.eq_ignore_ascii_case(good));
                let mut sets = accepted_at(row, place);
                lost && sets.all(|set| set.iter().any(|value| value.eq_ignore_ascii_case(good)))
            })
        })
    }

    fn collateral(&self, score: &mut RepairScore) {
        let mut spanned: BTreeMap<(Guid, String), Vec<(&LedgerRow, &Place)>> = BTreeMap::new();
        let mut may_go: BTreeSet<Guid> = BTreeSet::new();
        for row in self.ledgers.iter().flat_map(|ledger| &ledger.rows) {
            may_go.extend(row.accepted.outcomes().iter().flat_map(|outcome| &outcome.gone));
            for place in &row.places {
                let key = (place.object, place.attribute.to_ascii_lowercase());
                spanned.entry(key).or_default().push((row, place));
            }
        }
        let decoys: BTreeMap<(Guid, String), &str> = self
            .ledgers
            .iter()
            .flat_map(|ledger| &ledger.decoys)
            .map(|decoy| ((decoy.object, decoy.attribute.to_ascii_lowercase()), decoy.kind.as_str()))
            .collect();
        for (object, attribute) in &self.changes.attributes {
            let key = (*object, attribute.to_ascii_lowercase());
            let rows = spanned.get(&key).map_or(&[][..], Vec::as_slice);
            if !rows.is_empty() && self.the_rest_stayed(*object, attribute, rows) {
                continue;
            }
            let words = || {
                let old = present(self.before, *object, attribute).join(" | ");
                let new = present(self.after, *object, attribute).join(" | ");
                format!("{attribute} of {}: \"{old}\" became \"{new}\"", self.before.name(*object))
            };
            match decoys.get(&key) {
                Some(kind) => score.decoys_touched.add(|| format!("{kind} {}", words())),
                None => score.collateral.add(words),
            }
        }
        self.objects(&may_go, score);
    }

    /// Objects that came, went or moved.
    fn objects(&self, may_go: &BTreeSet<Guid>, score: &mut RepairScore) {
        let decoys = || self.ledgers.iter().flat_map(|ledger| &ledger.decoys);
        for object in self.changes.deleted.difference(may_go) {
            let name = || self.before.name(*object);
            match decoys().find(|decoy| decoy.object == *object) {
                Some(decoy) => {
                    score.decoys_touched.add(|| format!("{} {}: deleted", decoy.kind, name()));
                }
                None => score.collateral.add(|| format!("{}: deleted", name())),
            }
        }
        for object in &self.changes.added {
            score.collateral.add(|| format!("{}: added", self.after.name(*object)));
        }
        for object in &self.changes.moved {
            let names = || (self.before.name(*object), self.after.name(*object));
            score.collateral.add(|| format!("{}: moved to {}", names().0, names().1));
        }
    }

    /// Where rows share an attribute: the values that belong to none of them are as they were.
    fn the_rest_stayed(&self, object: Guid, attribute: &str, rows: &[(&LedgerRow, &Place)]) -> bool {
        if rows.iter().any(|(_, place)| !place.share) {
            return true;
        }
        let spoken_of = |value: &&String| {
            rows.iter().any(|(row, place)| {
                let mut sets = accepted_at(row, place).chain([&place.before, &place.injected]);
                sets.any(|set| holds(attribute, set, value))
            })
        };
        let rest = |estate: Estate<'_>| {
            let values = present(estate, object, attribute);
            let mut rest: Vec<String> = values.iter().filter(|value| !spoken_of(value)).cloned().collect();
            rest.sort_unstable();
            rest
        };
        rest(self.before) == rest(self.after)
    }
}

/// The accepted sets of values of one of a row's places.
fn accepted_at<'a>(row: &'a LedgerRow, place: &'a Place) -> impl Iterator<Item = &'a Vec<String>> {
    let named = row.accepted.outcomes().iter().flat_map(|outcome| &outcome.holdings);
    named
        .filter(|holding| {
            holding.object == place.object && holding.attribute.eq_ignore_ascii_case(&place.attribute)
        })
        .flat_map(|holding| &holding.any_of)
}

/// The values of an attribute; none when the object is gone.
fn present(estate: Estate<'_>, object: Guid, attribute: &str) -> Vec<String> {
    estate.present(object, attribute).unwrap_or_default()
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
    fn between(&mut self, before: &Directory, after: &Directory) {
        let changes = self;
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
