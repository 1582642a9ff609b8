//! Objects in, one by one; findings out, in the order of the objects.

use super::super::census::{Census, nested};
use super::super::duplicates;
use super::super::facts::FactsBuilder;
use super::super::index::Held;
use super::super::links::{Scope, Surroundings};
use super::super::local::check_names_of;
use super::super::sheet::{Rows, report};
use super::super::verdicts::{Verdict, Verdicts};
use super::super::whole::{First, names_and_keys, rest_of};
use super::super::{Finding, ObjectView, RuleSet, Settings, check};
use super::codec;
use super::error::CheckError;
use super::spill::{Blob, Reader, Room, Sorter};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// Most records of one kind in memory: of those that keys are sorted with, 64 MB.
const RECORDS: usize = 2_000_000;
/// Most octets of one kind in memory.
const OCTETS: usize = 32 << 20;
// the most of what is worked on at once, see `Most`
const BATCH: usize = 4096;
const SHARES: usize = 16;
const BATCH_OCTETS: usize = 16 << 20;
/// Names of other holders that are kept at hand.
const NAMES: usize = 4096;

/// Checks any number of objects in bounded memory.
///
/// Objects come one by one and are written to files in a folder that the caller names, with the keys that
/// duplicates are found by; [`Checker::finish`] reads them again and hands over what was found, in the order
/// in which the objects came: the same as [`check`](super::super::check) finds. Few objects need no files.
/// They are removed as soon as they are made where the system allows that, and in any case with the checker.
/// The rules of IdFix, which compare everything with everything met before, need all objects in memory.
///
/// Ten million objects need about 20 GB in the folder.
///
/// ```
/// use forestbed_sim::rules::{Checker, ObjectView, Settings};
/// let settings = Settings::default();
/// let mut checker = Checker::new(&settings, std::env::temp_dir());
/// for name in ["Ada", "Bob"] {
///     let view = ObjectView::new(format!("CN={name},DC=contoso,DC=local"), "user")
///         .with("displayName", vec![name.to_owned()])
///         .with("mail", vec!["team@contoso.com".to_owned()]);
///     checker.add(view)?;
/// }
/// let mut shared = Vec::new();
/// checker.finish(|finding| shared.extend((finding.rule == "ML01").then_some(finding.dn)))?;
/// assert_eq!(shared, ["CN=Ada,DC=contoso,DC=local", "CN=Bob,DC=contoso,DC=local"]);
/// # Ok::<(), forestbed_sim::rules::CheckError>(())
/// ```
#[derive(Debug)]
pub struct Checker<'a> {
    settings: &'a Settings,
    room: Room,
    spool: Spool,
    facts: FactsBuilder,
    held: Sorter<Held>,
    census: Census,
    /// Objects that wait to be looked at, and how large they are.
    batch: Vec<ObjectView>,
    batch_octets: usize,
    most: Most,
}

/// How much is worked on at once.
#[derive(Debug, Clone, Copy)]
struct Most {
    objects: usize,
    /// Those of them that one thread takes.
    share: usize,
    /// Octets of objects: a few large groups are enough.
    octets: usize,
}

impl Most {
    fn of(room: &Room) -> Most {
        let objects = room.records.min(BATCH);
        Most { objects, share: (objects / SHARES).max(1), octets: room.octets.min(BATCH_OCTETS) }
    }
}

impl<'a> Checker<'a> {
    /// A checker that puts its files, should it need any, into this folder.
    pub fn new(settings: &'a Settings, folder: impl AsRef<Path>) -> Checker<'a> {
        Checker::with_room(settings, Room::with_files(folder.as_ref(), RECORDS, OCTETS))
    }

    pub(super) fn with_room(settings: &'a Settings, room: Room) -> Checker<'a> {
        Checker {
            settings,
            spool: Spool { views: Blob::new(&room), ends: Blob::new(&room), count: 0 },
            facts: FactsBuilder::new(&room),
            held: Sorter::new(&room),
            census: Census::default(),
            batch: Vec::new(),
            batch_octets: 0,
            most: Most::of(&room),
            room,
        }
    }

    /// How many objects have come.
    pub fn len(&self) -> usize {
        self.spool.count as usize
    }

    /// None has come.
    pub fn is_empty(&self) -> bool {
        self.spool.count == 0
    }

    /// One more object.
    ///
    /// # Errors
    /// The folder is not there, the disk is full: the check cannot go on.
    pub fn add(&mut self, view: ObjectView) -> Result<(), CheckError> {
        self.batch_octets += self.spool.push(&view)?;
        self.batch.push(view);
        if self.batch.len() >= self.most.objects || self.batch_octets >= self.most.octets {
            self.look_at_batch()?;
        }
        Ok(())
    }

    fn look_at_batch(&mut self) -> Result<(), CheckError> {
        if self.settings.rules == RuleSet::IdFix {
            self.batch.clear();
            return Ok(());
        }
        let first = self.spool.count - self.batch.len() as u32;
        let (settings, most) = (self.settings, self.most);
        let shares: Vec<First> = self
            .batch
            .par_chunks(most.share)
            .enumerate()
            .map(|(nth, share)| names_and_keys(share, first + (nth * most.share) as u32, settings))
            .collect();
        self.batch.clear();
        self.batch_octets = 0;
        for share in shares {
            self.census.merge(share.census);
            self.facts.note(&share.known)?;
            share.keys.into_iter().try_for_each(|held| self.held.push(held))?;
        }
        Ok(())
    }

    /// Hands over what was found, in the order of the objects.
    ///
    /// # Errors
    /// The check's files could not be written or read: what was handed over so far is right, but not all.
    pub fn finish(self, mut each: impl FnMut(Finding)) -> Result<(), CheckError> {
        self.finish_with(|_, finding| each(finding))
    }

    /// The same, each finding with its object: for whoever tells what an attribute holds beside what is wrong.
    ///
    /// # Errors
    /// As [`Checker::finish`].
    pub fn finish_with(mut self, mut each: impl FnMut(&ObjectView, Finding)) -> Result<(), CheckError> {
        if self.settings.rules == RuleSet::IdFix {
            let objects = (0..self.spool.count).map(|object| self.spool.view(object));
            let objects = objects.collect::<Result<Vec<ObjectView>, CheckError>>()?;
            let findings = check(&objects, self.settings);
            findings.into_iter().for_each(|finding| each(&objects[finding.object], finding));
            return Ok(());
        }
        self.look_at_batch()?;
        let Checker { settings, room, spool, facts, held, census, most, .. } = self;
        let (facts, held) = (facts.finish()?, held.finish()?);
        let mut edges = Vec::new();
        for group in &census.all_groups {
            edges.extend(nested(*group, &spool.view(*group)?, &facts));
        }
        let (settled, scope) = (census.settle(edges), Scope::new(settings));
        let around = Surroundings { facts: &facts, settled: &settled, settings, scope: &scope };
        let look = |object: u32| spool.view(object).map(Cow::Owned);
        let verdicts = duplicates::resolve(&held, settings, &room, &look)?;
        drop(held);
        let mut second = Second {
            around: &around,
            spool: &spool,
            verdicts: &verdicts,
            reader: verdicts.sorted.reader(),
            next: None,
            names: BTreeMap::new(),
            share: most.share,
        };
        second.next = second.reader.next()?;
        let mut first = 0;
        while first < spool.count {
            let batch = spool.batch(first, most)?;
            second.report(&batch, first, &mut each)?;
            first += batch.len() as u32;
        }
        facts.into_failure()
    }
}

/// The second reading.
struct Second<'a> {
    around: &'a Surroundings<'a>,
    spool: &'a Spool,
    verdicts: &'a Verdicts,
    reader: Reader<'a, Verdict>,
    /// The next verdict.
    next: Option<Verdict>,
    /// Names of objects that others were found to clash with.
    names: BTreeMap<u32, String>,
    /// Objects that one thread takes.
    share: usize,
}

impl Second<'_> {
    fn report(
        &mut self,
        batch: &[ObjectView],
        first: u32,
        each: &mut dyn FnMut(&ObjectView, Finding),
    ) -> Result<(), CheckError> {
        let end = first + batch.len() as u32;
        let mut verdicts = Vec::new();
        while let Some(verdict) = self.next.filter(|verdict| verdict.object < end) {
            verdicts.push(verdict);
            self.next = self.reader.next()?;
        }
        let (around, notes, size) = (self.around, &self.verdicts.notes, self.share);
        let rows: Vec<Rows> = batch
            .par_chunks(size)
            .enumerate()
            .map(|(nth, share)| {
                let first = first + (nth * size) as u32;
                let place = |object: u32| verdicts.partition_point(|verdict| verdict.object < object);
                let own = &verdicts[place(first)..place(first + share.len() as u32)];
                let rows = check_names_of(share, first, around.settings);
                rest_of(share, first, rows, around, own, notes)
            })
            .collect::<Result<_, CheckError>>()?;
        for ((object, slot), row) in rows.into_iter().flatten() {
            let mut name = |other: u32| self.name(other);
            report(object, &batch[(object - first) as usize], slot, row, &mut name, each)?;
        }
        Ok(())
    }

    fn name(&mut self, object: u32) -> Result<String, CheckError> {
        if let Some(name) = self.names.get(&object) {
            return Ok(name.clone());
        }
        let name = self.spool.dn(object)?;
        if self.names.len() >= NAMES {
            self.names.clear();
        }
        self.names.insert(object, name.clone());
        Ok(name)
    }
}

/// The objects, as they came.
#[derive(Debug)]
struct Spool {
    views: Blob,
    /// Where each one ends.
    ends: Blob,
    count: u32,
}

/// How much of an object is read for the sake of its name.
const HEAD: u64 = 512;

impl Spool {
    /// Appends, and tells how large it is.
    fn push(&mut self, view: &ObjectView) -> Result<usize, CheckError> {
        if self.count == u32::MAX - 1 {
            return Err(CheckError::too_many());
        }
        let mut octets = Vec::with_capacity(1024);
        codec::write(view, &mut octets);
        let at = self.views.append(&octets)?;
        self.ends.append(&(at + octets.len() as u64).to_le_bytes())?;
        self.count += 1;
        Ok(octets.len())
    }

    fn end(&self, object: u32) -> Result<u64, CheckError> {
        let mut octets = [0; 8];
        self.ends.read(u64::from(object) * 8, &mut octets)?;
        Ok(u64::from_le_bytes(octets))
    }

    fn start(&self, object: u32) -> Result<u64, CheckError> {
        object.checked_sub(1).map_or(Ok(0), |before| self.end(before))
    }

    fn view(&self, object: u32) -> Result<ObjectView, CheckError> {
        let (start, end) = (self.start(object)?, self.end(object)?);
        let mut octets = vec![0; end.saturating_sub(start) as usize];
        self.views.read(start, &mut octets)?;
        codec::read(&octets)
    }

    fn dn(&self, object: u32) -> Result<String, CheckError> {
        let (start, end) = (self.start(object)?, self.end(object)?);
        let mut head = vec![0; end.saturating_sub(start).min(HEAD) as usize];
        self.views.read(start, &mut head)?;
        match codec::read_dn(&head) {
            Some(dn) => Ok(dn),
            None => Ok(self.view(object)?.dn),
        }
    }

    /// The objects from this one on that are worked on at once: one at least.
    fn batch(&self, first: u32, most: Most) -> Result<Vec<ObjectView>, CheckError> {
        let start = self.start(first)?;
        let count = most.objects.min((self.count - first) as usize);
        let mut ends = vec![0; count * 8];
        self.ends.read(u64::from(first) * 8, &mut ends)?;
        let ends = ends.as_chunks::<8>().0.iter();
        // places in what is read below
        let mut ends: Vec<usize> =
            ends.map(|end| u64::from_le_bytes(*end).saturating_sub(start) as usize).collect();
        ends.truncate(ends.partition_point(|end| *end <= most.octets).max(1));
        let mut octets = vec![0; ends.last().copied().unwrap_or(0)];
        self.views.read(start, &mut octets)?;
        let starts: Vec<usize> = [0].into_iter().chain(ends.iter().copied()).collect();
        let part = |(start, end): (usize, usize)| octets.get(start..end).ok_or_else(CheckError::damaged);
        starts.into_par_iter().zip(ends).map(|range| codec::read(part(range)?)).collect()
    }
}
