//! A check of objects that lie in memory.

use super::census::{Census, nested};
use super::certificates::check_octets;
use super::domains::Domains;
use super::encoding::check_encoding;
use super::facts::{FactsBuilder, Known};
use super::gal::check_entry;
use super::groups::check_group;
use super::index::{Held, keys_of};
use super::links::{Scope, Surroundings, check_links};
use super::local::check_names;
use super::recipients::check_recipient;
use super::sheet::{Broken, CN, Rows, Sheet, report};
use super::skip::{is_checked, is_conflict, is_skipped};
use super::stream::{CheckError, Room, Sorted, Sorter};
use super::verdicts::{Notes, Verdict, Verdicts, apply};
use super::{Finding, ObjectView, RuleSet, Settings, duplicates, idfix};
use rayon::prelude::*;
use std::borrow::Cow;

/// Objects that one thread takes at once.
const SHARE: usize = 512;

/// Checks a whole directory (or several: duplicates are looked for among everything that is handed in).
///
/// The system's own objects (built-in accounts, system mailboxes, replication victims) are left out, and so
/// are classes other than user, inetOrgPerson, contact and group. The findings come in the order of the
/// objects, then of the attributes in [`ATTRIBUTES`](super::ATTRIBUTES); those of [`RuleSet::IdFix`] in the
/// order in which IdFix makes its rows.
///
/// Takes time linear in the number of values, apart from sorting, and uses every thread of rayon's pool. For
/// more objects than memory holds there is [`Checker`](super::Checker), which finds the same.
pub fn check(objects: &[ObjectView], settings: &Settings) -> Vec<Finding> {
    if settings.rules == RuleSet::IdFix {
        return idfix::check(objects, &settings.into()).findings(objects);
    }
    let mut findings = Vec::new();
    let outcome = check_documented(objects, settings, &mut |finding| findings.push(finding));
    debug_assert!(outcome.is_ok(), "what needs no files cannot fail: {outcome:?}");
    findings
}

fn check_documented(
    objects: &[ObjectView],
    settings: &Settings,
    each: &mut dyn FnMut(Finding),
) -> Result<(), CheckError> {
    let room = Room::memory();
    let shares: Vec<First> = objects
        .par_chunks(SHARE)
        .enumerate()
        .map(|(nth, share)| names_and_keys(share, (nth * SHARE) as u32, settings))
        .collect();
    let (mut all_rows, mut held) = (Vec::with_capacity(shares.len()), Sorter::new(&room));
    let (mut census, mut facts) = (Census::default(), FactsBuilder::new(&room));
    for share in shares {
        all_rows.push(share.rows);
        share.keys.into_iter().try_for_each(|key| held.push(key))?;
        census.merge(share.census);
        facts.note(&share.known)?;
    }
    let facts = facts.finish()?;
    let groups = census.all_groups.iter();
    let edges = groups.flat_map(|group| nested(*group, &objects[*group as usize], &facts)).collect();
    let (settled, scope) = (census.settle(edges), Scope::new(settings));
    let around = Surroundings { facts: &facts, settled: &settled, settings, scope: &scope };
    let held = held.finish()?;
    let look = |object: u32| match objects.get(object as usize) {
        Some(view) => Ok(Cow::Borrowed(view)),
        None => Err(CheckError::damaged()),
    };
    let verdicts = duplicates::resolve(&held, settings, &room, &look)?;
    drop(held);
    let Verdicts { sorted: Sorted::Memory(sorted), notes } = verdicts else { return Ok(()) };
    let done: Vec<Rows> = all_rows
        .into_par_iter()
        .enumerate()
        .map(|(nth, rows)| {
            let (start, end) = (nth * SHARE, ((nth + 1) * SHARE).min(objects.len()));
            let of_share = |object: u32| sorted.partition_point(|verdict| verdict.object < object);
            let verdicts = &sorted[of_share(start as u32)..of_share(end as u32)];
            rest_of(&objects[start..end], start as u32, rows, &around, verdicts, &notes)
        })
        .collect::<Result<_, CheckError>>()?;
    let mut name = |object: u32| Ok(objects[object as usize].dn.clone());
    for ((object, slot), row) in done.into_iter().flatten() {
        report(object, &objects[object as usize], slot, row, &mut name, &mut |_, finding| each(finding))?;
    }
    facts.into_failure()
}

/// What the first round over some neighbouring objects gives.
pub(super) struct First {
    /// What is wrong with their names.
    pub(super) rows: Rows,
    /// The keys that they hold.
    pub(super) keys: Vec<Held>,
    /// What others must know of them.
    pub(super) census: Census,
    pub(super) known: Vec<Known>,
}

/// The first round: each object is touched once, since that is what takes the time.
pub(super) fn names_and_keys(objects: &[ObjectView], first: u32, settings: &Settings) -> First {
    let mut sheet = Sheet::at(objects, first);
    let mut domains = Domains::new(settings);
    let mut keys = Vec::with_capacity(objects.len() * 7);
    let mut census = Census::default();
    let mut known = Vec::with_capacity(objects.len());
    for (object, view) in (first..).zip(objects) {
        let system = is_skipped(view);
        let one = Known::of(view, system);
        known.push(one);
        if !system {
            sheet.turn_to(object);
            check_names(&mut sheet, object, view, &mut domains);
            keys_of(&sheet, object, view, &mut keys);
            census.note(object, view);
        }
    }
    First { rows: sheet.into_rows(), keys, census, known }
}

/// The second round: everything else. `verdicts` are those of these objects.
pub(super) fn rest_of(
    objects: &[ObjectView],
    first: u32,
    rows: Rows,
    around: &Surroundings<'_>,
    verdicts: &[Verdict],
    notes: &Notes,
) -> Result<Rows, CheckError> {
    let mut sheet = Sheet::with(objects, first, rows);
    let mut verdicts = verdicts;
    for (object, view) in (first..).zip(objects) {
        if around.facts.is_system(object) {
            check_conflict(&mut sheet, object, view);
            continue;
        }
        let own;
        (own, verdicts) = verdicts.split_at(verdicts.partition_point(|verdict| verdict.object <= object));
        sheet.turn_to(object);
        apply(&mut sheet, object, view, own, notes)?;
        if view.class == "group" {
            check_group(&mut sheet, object, view);
        }
        check_entry(&mut sheet, object, view, around.settled, around.settings);
        check_recipient(&mut sheet, object, view, around.settled, around.settings);
        check_octets(&mut sheet, object, view, around.settings);
        check_links(&mut sheet, object, view, around);
        check_encoding(&mut sheet, object, view);
    }
    Ok(sheet.into_rows())
}

/// Of a replication conflict's loser that is all there is to say.
fn check_conflict(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    if is_checked(view) && is_conflict(view) {
        let reason = "the loser of a replication conflict, which is not synchronized";
        sheet.row(object, CN).broken.push(Broken::warning("SK03", reason).of(&view.dn).decided(false));
    }
}
