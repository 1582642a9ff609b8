//! One answer of a DirSync search, a chunk at a time.

use super::cookie::Cookie;
use super::{Asked, Span, Told, ancestors};
use crate::ber::{Writer, tag};
use crate::reply::{Answer, EntryWriter, Outcome, op, write_result};
use crate::request::{DirSyncRequest, SearchRequest, oid};
use crate::session::Session;
use crate::session::record::Record;
use crate::session::search::walk::{
    CHUNK_BYTES, CHUNK_CANDIDATES, CHUNK_CLAUSES, TIME_LIMIT_EXCEEDED, deadline,
};
use forestbed_sim::clock::SimTime;
use forestbed_sim::directory::{Directory, NameCache, ObjectId, Port};
use forestbed_sim::limits::Limits;
use std::sync::Arc;

/// An answer that is being written.
#[derive(Debug)]
pub(in crate::session) struct Round {
    id: i32,
    asked: Asked,
    cookie: Cookie,
    until: u64,
    told: Told,
    /// Octets that the answer may still have, and entries.
    octets: usize,
    entries: u32,
    deadline: SimTime,
    generation: u64,
    record: Record,
}

/// What a chunk came to.
enum Step {
    /// There is more to do.
    More,
    /// Everything up to the round's end was looked at.
    Exhausted,
    /// The answer is as large as it may be, and there is more.
    Full,
    /// It cannot go on.
    Refused(Outcome),
}

impl Round {
    pub(super) fn new(
        session: &Session,
        id: i32,
        asked: Asked,
        span: Span,
        (request, control): (&SearchRequest<'_>, DirSyncRequest<'_>),
        record: Record,
    ) -> Round {
        let world = &session.world;
        let deadline = deadline(world.clock.now(), request.time_limit, &asked.policy);
        Round {
            id,
            asked,
            cookie: span.from,
            until: span.until,
            told: Told::new(),
            octets: octets(control.max_bytes, &world.limits),
            entries: if request.size_limit == 0 { u32::MAX } else { request.size_limit },
            deadline,
            generation: world.generation(),
            record,
        }
    }

    /// Appends a chunk. Gives the round back when there is more to do.
    pub(in crate::session) fn next_chunk(
        mut self: Box<Self>,
        session: &mut Session,
        out: &mut Vec<u8>,
    ) -> Option<Box<Round>> {
        let world = Arc::clone(&session.world);
        let step = if world.clock.now() > self.deadline {
            Step::Refused(Outcome::code(TIME_LIMIT_EXCEEDED))
        } else {
            let directory = world.controller(session.controller);
            if world.generation() == self.generation {
                self.step(&directory, &mut session.names, out)
            } else {
                Step::Refused(Outcome::of("unavailable"))
            }
        };
        if matches!(step, Step::More) {
            return Some(self);
        }
        self.finish(session, out, step);
        None
    }

    /// Looks at objects in the order of their changes. Objects that changed under one number stay together: a
    /// cookie cannot point between them.
    fn step(&mut self, directory: &Directory, names: &mut NameCache, out: &mut Vec<u8>) -> Step {
        let begin = out.len();
        let candidates = CHUNK_CANDIDATES.min(CHUNK_CLAUSES / self.asked.clauses.max(1)).max(1);
        for (looked_at, (usn, id)) in directory.changes_after(self.cookie.seen).enumerate() {
            if usn > self.until {
                break;
            }
            if usn != self.cookie.seen {
                if self.octets == 0 || self.entries == 0 {
                    return Step::Full;
                }
                if looked_at >= candidates || out.len() - begin >= CHUNK_BYTES {
                    return Step::More;
                }
            }
            self.look_at(directory, id, names, out);
            self.cookie.seen = usn;
        }
        Step::Exhausted
    }

    fn look_at(&mut self, directory: &Directory, id: ObjectId, names: &mut NameCache, out: &mut Vec<u8>) {
        if !self.asked.ancestors_first {
            self.tell(directory, id, names, out);
            return;
        }
        if !self.told.remove(&id) && self.is_meant(directory, id) {
            for above in ancestors(directory, self.asked.head, id) {
                let later =
                    directory.entry(above).is_some_and(|entry| entry.usn_changed() > self.cookie.seen);
                if later && !self.told.contains(&above) && self.tell(directory, above, names, out) {
                    self.told.insert(above);
                }
            }
            self.tell(directory, id, names, out);
        }
    }

    /// Whether an object is one that the request is about, as it is now.
    fn is_meant(&self, directory: &Directory, id: ObjectId) -> bool {
        let visible =
            |id| directory.entry(id).is_some_and(|entry| self.asked.tombstones || !entry.is_deleted());
        directory.replicates_with(self.asked.head, id)
            && visible(id)
            && directory.matches(id, &self.asked.filter)
    }

    /// Writes what changed of an object, if anything that was asked for did.
    fn tell(
        &mut self,
        directory: &Directory,
        id: ObjectId,
        names: &mut NameCache,
        out: &mut Vec<u8>,
    ) -> bool {
        let Some(entry) = directory.entry(id).filter(|_| self.is_meant(directory, id)) else { return false };
        let writer = EntryWriter {
            directory,
            selection: &self.asked.selection,
            types_only: self.asked.types_only,
            extended_dn: self.asked.extended_dn,
            max_val_range: self.asked.policy.max_val_range.max(1),
            range_no_error: false,
            confidential: self.asked.confidential,
            reader: self.asked.reader,
            security_parts: self.asked.security_parts,
            port: Port::Directory,
        };
        let entry = if self.asked.changes.deactivated { entry.with_deactivated_links() } else { entry };
        let begin = out.len();
        if !writer.write_changes(out, self.id, &entry, names, self.asked.changes) {
            return false;
        }
        self.octets = self.octets.saturating_sub(out.len() - begin);
        self.entries = self.entries.saturating_sub(1);
        self.record.returned += 1;
        true
    }

    /// Writes the result and the cookie for the next request.
    fn finish(self, session: &Session, out: &mut Vec<u8>, step: Step) {
        let Round { id, mut cookie, until, record, .. } = self;
        let (outcome, more) = match step {
            Step::Refused(outcome) => {
                write_result(out, id, op::SEARCH_DONE, &outcome, &Answer::default());
                let returned = record.returned;
                return record.finish(outcome.code, returned);
            }
            Step::Full => (Outcome::success(), true),
            Step::Exhausted | Step::More => {
                (cookie.known, cookie.seen) = (until, until);
                (Outcome::success(), false)
            }
        };
        let value = answer(more, &cookie.to_bytes(session.world.seed));
        let controls = [(oid::DIR_SYNC, value)];
        write_result(
            out,
            id,
            op::SEARCH_DONE,
            &outcome,
            &Answer { controls: &controls, ..Answer::default() },
        );
        let returned = record.returned;
        record.finish(outcome.code, returned);
    }
}

/// Most octets of one answer: what the client asks for, within what the server gives.
fn octets(asked: i64, limits: &Limits) -> usize {
    match usize::try_from(asked) {
        Ok(asked) if asked > 0 => asked.min(limits.max_dir_sync_bytes),
        _ => limits.max_dir_sync_bytes,
    }
}

/// The value of the control that goes with an answer: `SEQUENCE { moreResults, unused, cookie }`.
fn answer(more: bool, cookie: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    let value = writer.begin(tag::SEQUENCE);
    writer.integer(i64::from(more));
    writer.integer(0);
    writer.octets(cookie);
    writer.end(value);
    out
}
