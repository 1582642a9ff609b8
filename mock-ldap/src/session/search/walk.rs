//! Walking the candidates of a search, a chunk at a time.

use super::attribute_scope;
use super::paging::{KeptSearches, Page, paged_answer};
use super::plan::Scan;
use crate::ber::Block;
use crate::reply::{Answer, EntryWriter, Outcome, RangeError, op, write_result, write_search_reference};
use crate::request::oid;
use crate::session::Session;
use crate::session::record::Record;
use forestbed_sim::clock::SimTime;
use forestbed_sim::directory::{Directory, Entry, NameCache, ObjectId, QueryPolicy};
use forestbed_sim::journal::Explain;
use std::sync::Arc;
use std::time::Duration;

/// Most candidates that one chunk examines.
pub(super) const CHUNK_CANDIDATES: usize = 1000;
/// A chunk examines fewer candidates when their number times the clauses of the filter exceeds this.
pub(super) const CHUNK_CLAUSES: usize = 100_000;
/// A chunk ends when it has written so many bytes.
pub(super) const CHUNK_BYTES: usize = 64 * 1024;
/// timeLimitExceeded and sizeLimitExceeded: Active Directory sends no text with them.
pub(super) const TIME_LIMIT_EXCEEDED: u32 = 3;
const SIZE_LIMIT_EXCEEDED: u32 = 4;

/// One answer to a search that is being written.
#[derive(Debug)]
pub(in crate::session) struct Walk {
    id: i32,
    scan: Scan,
    page: Option<Page>,
    /// Most entries of this answer.
    most: u32,
    /// When the time that client and server allow is over.
    deadline: SimTime,
    record: Record,
}

/// When the time is over that a client, in seconds, and the server allow from now on.
pub(super) fn deadline(now: SimTime, time_limit: u32, policy: &QueryPolicy) -> SimTime {
    let most = policy.max_query_duration;
    let allowed = match time_limit {
        0 => most,
        seconds => most.min(Duration::from_secs(u64::from(seconds))),
    };
    now.plus(allowed)
}

/// What a chunk came to.
enum Step {
    /// There is more to do.
    More,
    /// Every candidate had its turn.
    Exhausted,
    /// The answer is full, and there is another match.
    Full,
    /// It cannot go on.
    Refused(Outcome),
}

impl Walk {
    pub(super) fn new(
        session: &Session,
        id: i32,
        scan: Scan,
        page: Option<Page>,
        time_limit: u32,
        record: Record,
    ) -> Walk {
        let policy = &scan.policy;
        let page_size = page.map_or(u32::MAX, |page| page.size);
        let left = match scan.size_limit {
            0 => u32::MAX,
            limit => limit.saturating_sub(scan.returned_before),
        };
        let most = u32::try_from(policy.max_page_size).unwrap_or(u32::MAX).min(page_size).min(left);
        let deadline = deadline(session.world.clock.now(), time_limit, policy);
        Walk { id, scan, page, most, deadline, record }
    }

    /// Appends a chunk. Gives the walk back when there is more to do.
    pub(in crate::session) fn next_chunk(
        mut self: Box<Self>,
        session: &mut Session,
        out: &mut Vec<u8>,
    ) -> Option<Box<Walk>> {
        let world = Arc::clone(&session.world);
        let step = if world.clock.now() > self.deadline {
            Step::Refused(Outcome::code(TIME_LIMIT_EXCEEDED))
        } else {
            let directory = world.controller(session.controller);
            if world.generation() == self.scan.generation {
                self.scan.reader.now = world.clock.now();
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

    /// Examines candidates: gathers matches while they have to be sorted, else writes them.
    fn step(&mut self, directory: &Directory, names: &mut NameCache, out: &mut Vec<u8>) -> Step {
        let mut block = Block::new(out);
        let begin = block.position();
        let candidates = CHUNK_CANDIDATES.min(CHUNK_CLAUSES / self.scan.clauses.max(1)).max(1);
        for _ in 0..candidates {
            let Some(id) = self.scan.candidates.get(self.scan.next).copied() else {
                return match &self.scan.sorting {
                    Some(sorting) if sorting.gathering => self.arrange(directory),
                    _ => Step::Exhausted,
                };
            };
            if let Some(entry) = self.matching(directory, id) {
                match &mut self.scan.sorting {
                    Some(sorting) if sorting.gathering => {
                        if !sorting.gather(directory, &entry) {
                            return self.unsortable();
                        }
                    }
                    _ if self.record.returned >= self.most => return Step::Full,
                    _ => {
                        if self.write(directory, &entry, names, &mut block).is_err() {
                            return Step::Refused(Outcome::of("range-beyond-end"));
                        }
                        self.record.returned += 1;
                    }
                }
            }
            self.scan.next += 1;
            if block.position() - begin >= CHUNK_BYTES {
                break;
            }
        }
        Step::More
    }

    /// Every match is there: they are put in order, and a window is cut out of it when one was asked for.
    fn arrange(&mut self, directory: &Directory) -> Step {
        let Some(sorting) = &mut self.scan.sorting else { return Step::Exhausted };
        self.scan.candidates = match &mut self.scan.list_view {
            None => sorting.sorted(None).0,
            Some(view) => match view.cut(directory, sorting) {
                Ok(window) => window,
                Err(refused) => return Step::Refused(refused),
            },
        };
        self.scan.next = 0;
        Step::More
    }

    /// There are more matches than may be sorted: they come unsorted, unless the client insists.
    fn unsortable(&mut self) -> Step {
        if let Some(view) = &mut self.scan.list_view {
            return Step::Refused(view.too_long());
        }
        match self.scan.sorting.as_ref().and_then(|sorting| sorting.refusal()) {
            Some(refused) => Step::Refused(refused),
            None => {
                self.scan.next = 0;
                Step::More
            }
        }
    }

    /// The candidate as it is now, if it matches.
    fn matching<'d>(&self, directory: &'d Directory, id: ObjectId) -> Option<Entry<'d>> {
        if !directory.matches(id, &self.scan.filter) {
            return None;
        }
        // it may have been deleted since the search began
        let entry = directory.entry(id).filter(|_| directory.is_visible(id, self.scan.options))?;
        Some(if self.scan.deactivated_links { entry.with_deactivated_links() } else { entry })
    }

    fn write(
        &self,
        directory: &Directory,
        entry: &Entry<'_>,
        names: &mut NameCache,
        block: &mut Block<'_>,
    ) -> Result<(), RangeError> {
        let writer = EntryWriter {
            directory,
            selection: &self.scan.selection,
            types_only: self.scan.types_only,
            extended_dn: self.scan.extended_dn,
            max_val_range: self.scan.policy.max_val_range,
            range_no_error: self.scan.range_no_error,
            confidential: self.scan.confidential,
            reader: self.scan.reader,
            security_parts: self.scan.security_parts,
            port: self.scan.options.port,
        };
        writer.write_to(block, self.id, entry, names)
    }

    /// How the search came to its answer, for the journal: of an empty one, why.
    fn explain(&self, session: &Session, step: &Step) -> Explain {
        let scan = &self.scan;
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let empty = matches!(step, Step::Exhausted)
            && scan.returned_before == 0
            && self.record.returned == 0
            && scan.attribute_scope.is_none();
        let rejected_by = if empty {
            let directory = session.world.controller(session.controller);
            directory.rejected_by(&scan.filter, &scan.candidates)
        } else {
            None
        };
        Explain {
            index: scan.index.clone(),
            candidates: count(scan.candidates.len()),
            examined: count(scan.next.saturating_sub(scan.examined)),
            rejected_by,
        }
    }

    /// Writes the result, with the references before it and the controls in it; keeps the search if it has a
    /// next page.
    fn finish(self, session: &mut Session, out: &mut Vec<u8>, step: Step) {
        let explain = self.explain(session, &step);
        let Walk { id, mut scan, page, mut record, .. } = self;
        record.explain = Some(explain);
        scan.examined = scan.next;
        let total = scan.returned_before.saturating_add(record.returned);
        let client_limit = scan.size_limit != 0 && total >= scan.size_limit;
        let mut controls = Vec::new();
        if let Some(sorting) = &scan.sorting {
            controls.push((oid::SORT_ANSWER, sorting.answer()));
        }
        if let Some(view) = &scan.list_view {
            controls.push((oid::LIST_VIEW_ANSWER, view.answer(scan.context)));
        }
        if let Some(result) = scan.attribute_scope {
            controls.push((oid::ATTRIBUTE_SCOPE, attribute_scope::answer(result)));
        }
        let mut cookie = Vec::new();
        let outcome = match (step, page) {
            (Step::Refused(outcome), _) => outcome,
            (Step::Exhausted | Step::More, _) => {
                scan.referrals.iter().for_each(|url| write_search_reference(out, id, url));
                Outcome::success()
            }
            (Step::Full, Some(page)) if !client_limit => {
                scan.returned_before = total;
                let limits = KeptSearches::of(&session.world.limits, &scan.policy);
                cookie = session.paged.keep(scan, page.asked, &limits).to_vec();
                Outcome::success()
            }
            (Step::Full, _) => Outcome::code(SIZE_LIMIT_EXCEEDED),
        };
        if page.is_some() {
            controls.push((oid::PAGED_RESULTS, paged_answer(0, &cookie)));
        }
        let around = Answer { controls: &controls, ..Answer::default() };
        write_result(out, id, op::SEARCH_DONE, &outcome, &around);
        let returned = record.returned;
        record.finish(outcome.code, returned);
    }
}
