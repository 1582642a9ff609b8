//! DirSync (MS-ADTS 3.1.1.3.4.1.3): what changed in a naming context since the client asked last.
//!
//! Nothing is kept here between two requests. A cookie says up to which update sequence number the client knows
//! attributes, and up to which one objects have been looked at since; the stamps of attributes and links and
//! the log of changes say the rest, so that a round costs what changed and not what there is.

mod cookie;
mod round;

pub(in crate::session) use round::Round;

use super::plan::survey;
use crate::reply::{Changes, ExtendedDn, Outcome, Selection, op};
use crate::request::{Controls, DirSyncRequest, SearchRequest};
use crate::session::record::Record;
use crate::session::{Reply, Session, State};
use cookie::Cookie;
use forestbed_sim::directory::{
    CompiledFilter, Directory, ObjectId, Port, QueryPolicy, Reader, Role, Scope, SecurityParts,
};
use forestbed_sim::seed::Seed;
use std::collections::BTreeSet;

/// What is asked for, fixed when the request comes.
#[derive(Debug)]
struct Asked {
    head: ObjectId,
    filter: CompiledFilter,
    /// Conditions in the filter: what examining a candidate may cost.
    clauses: usize,
    selection: Selection,
    types_only: bool,
    extended_dn: Option<ExtendedDn>,
    confidential: bool,
    /// Whether the client may see deleted objects.
    tombstones: bool,
    ancestors_first: bool,
    changes: Changes,
    security_parts: Option<SecurityParts>,
    reader: Reader,
    policy: QueryPolicy,
}

/// Where a round begins and ends.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Cookie,
    /// The highest update sequence number when the request came: later changes are the next round's.
    until: u64,
}

impl Session {
    pub(super) fn dir_sync(
        &mut self,
        id: i32,
        request: &SearchRequest<'_>,
        controls: &Controls<'_>,
        asked: DirSyncRequest<'_>,
        mut record: Record,
    ) -> Reply {
        match self.start_round(request, controls, asked, &mut record) {
            Ok((fixed, span)) => {
                let round = Round::new(self, id, fixed, span, (request, asked), record);
                Reply::of(State::DirSync(Box::new(round)))
            }
            Err(refused) => record.answer(id, op::SEARCH_DONE, &refused),
        }
    }

    fn start_round(
        &mut self,
        request: &SearchRequest<'_>,
        controls: &Controls<'_>,
        asked: DirSyncRequest<'_>,
        record: &mut Record,
    ) -> Result<(Asked, Span), Outcome> {
        let role = self.principal().map_or(Role::User, |principal| principal.role);
        let confidential = self.sees_confidential();
        let (seed, reader) = (self.world.seed, self.reader(false));
        let generation = self.world.generation();
        let directory = self.world.controller(self.controller);
        let selection = Selection::parse(&request.attributes, directory.schema())?;
        record.unknown(selection.unknown.iter().map(String::as_str));
        let clauses = survey(&request.filter, directory.schema(), record);
        let head = directory.resolve_on(self.port, request.base)?;
        // a global catalog replicates nothing on
        let replica = directory.context_headed_by(head).is_some() && self.port == Port::Directory;
        if !replica || request.scope != Scope::Subtree {
            let key = if asked.object_security { "dirsync-base" } else { "dirsync-access" };
            return Err(Outcome::of(key));
        }
        if !asked.object_security && role == Role::User {
            return Err(Outcome::of("dirsync-access"));
        }
        let from = begin(&directory, head, asked.cookie, seed)?;
        let policy = self.policy.of(&directory, &self.world, generation);
        let text = |text| if text { ExtendedDn::Text } else { ExtendedDn::Hexadecimal };
        let fixed = Asked {
            head,
            clauses,
            filter: directory.compile_on(Port::Directory, &request.filter, confidential),
            selection,
            types_only: request.types_only,
            extended_dn: controls.extended_dn.map(text),
            confidential,
            tombstones: role != Role::User,
            ancestors_first: asked.ancestors_first,
            changes: Changes {
                after: from.known,
                incremental: asked.incremental_values,
                deactivated: controls.show_deactivated_links,
            },
            // whoever may replicate sees them whole
            security_parts: (role != Role::User).then(|| controls.security_parts.unwrap_or_default()),
            reader,
            policy,
        };
        Ok((fixed, Span { from, until: directory.highest_usn() }))
    }
}

/// Where a round goes on. A cookie of another database instance, be it another domain controller's or this
/// one's before it was restored, says nothing about the numbers of this one: everything is told again. One
/// that is ahead of its own instance cannot be.
fn begin(directory: &Directory, head: ObjectId, bytes: &[u8], seed: Seed) -> Result<Cookie, Outcome> {
    let context = directory.entry(head).map(|entry| entry.guid()).unwrap_or_default();
    let invocation = directory.info().invocation_id;
    let first = Cookie { context, invocation, known: 0, seen: 0 };
    if bytes.is_empty() {
        return Ok(first);
    }
    let refused = || Outcome::of("dirsync-cookie");
    let cookie = Cookie::read(bytes, seed).filter(|cookie| cookie.context == context).ok_or_else(refused)?;
    if cookie.invocation != invocation {
        return Ok(first);
    }
    if cookie.seen > directory.highest_usn() { Err(refused()) } else { Ok(cookie) }
}

/// Ancestors of an object within its naming context, from the top.
fn ancestors(directory: &Directory, head: ObjectId, id: ObjectId) -> Vec<ObjectId> {
    let mut above = Vec::new();
    let mut next = directory.entry(id).and_then(|entry| entry.parent());
    while let Some(parent) = next.filter(|_| above.last() != Some(&head)) {
        above.push(parent);
        next = directory.entry(parent).and_then(|entry| entry.parent());
    }
    above.reverse();
    above
}

/// Objects that an answer has told out of their turn.
type Told = BTreeSet<ObjectId>;
