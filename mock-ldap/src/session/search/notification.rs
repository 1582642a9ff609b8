//! Change notification (MS-ADTS 3.1.1.3.4.1.9): searches that stay open and return objects as they change.
//!
//! A notification is a position in the order of changes, not a queue: what a client does not take yet costs
//! nothing, and an object that changed several times meanwhile comes once, as it is.

use super::plan::{base, options, shown_parts};
use super::walk::{CHUNK_BYTES, CHUNK_CANDIDATES};
use crate::reply::{Answer, EntryWriter, ExtendedDn, Outcome, Selection, op, write_result};
use crate::request::{Controls, SearchRequest};
use crate::session::record::Record;
use crate::session::{Effect, Reply, Session};
use forestbed_sim::directory::{
    Directory, Filter, NameCache, ObjectId, Reader, Schema, Scope, SearchOptions, SecurityParts, attr,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The notifications of one connection, by their message ids.
#[derive(Debug, Default)]
pub(in crate::session) struct Watches(BTreeMap<i32, Watch>);

/// What is asked for, fixed when the request comes.
#[derive(Debug)]
struct Asked {
    /// None for everything that the server holds.
    base: Option<ObjectId>,
    scope: Scope,
    options: SearchOptions,
    selection: Selection,
    types_only: bool,
    extended_dn: Option<ExtendedDn>,
    range_no_error: bool,
    confidential: bool,
    reader: Reader,
    security_parts: Option<SecurityParts>,
    deactivated_links: bool,
    max_val_range: usize,
}

/// One notification.
#[derive(Debug)]
struct Watch {
    id: i32,
    asked: Asked,
    /// Changes at or before this one were looked at.
    seen: u64,
    generation: u64,
    record: Record,
}

impl Watches {
    /// Ends the one with this message id: it gets no answer.
    pub(in crate::session) fn end(&mut self, id: i32) {
        self.0.remove(&id);
    }

    /// Ends all of them.
    pub(in crate::session) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Session {
    /// Opens a notification. It tells of what changes from now on.
    pub(super) fn watch(
        &mut self,
        id: i32,
        request: &SearchRequest<'_>,
        controls: &Controls<'_>,
        mut record: Record,
    ) -> Reply {
        match self.begin_watch(request, controls, &mut record) {
            Ok((asked, seen)) => {
                let generation = self.world.generation();
                self.watches.0.insert(id, Watch { id, asked, seen, generation, record });
                Reply::nothing().then(Effect::Watch)
            }
            Err(refused) => record.answer(id, op::SEARCH_DONE, &refused),
        }
    }

    fn begin_watch(
        &mut self,
        request: &SearchRequest<'_>,
        controls: &Controls<'_>,
        record: &mut Record,
    ) -> Result<(Asked, u64), Outcome> {
        let (confidential, reader) = (self.sees_confidential(), self.reader(request.scope == Scope::Base));
        let generation = self.world.generation();
        let directory = self.world.controller(self.controller);
        let policy = self.policy.of(&directory, &self.world, generation);
        let selection = Selection::parse(&request.attributes, directory.schema())?;
        record.unknown(selection.unknown.iter().map(String::as_str));
        if !is_of_everything(&request.filter, directory.schema()) {
            return Err(Outcome::of("notification-filter"));
        }
        let base = base(&directory, self.port, request, controls)?;
        if self.watches.0.len() >= policy.max_notification_per_conn {
            return Err(Outcome::of("notification-limit"));
        }
        let text = |text| if text { ExtendedDn::Text } else { ExtendedDn::Hexadecimal };
        let asked = Asked {
            base,
            scope: request.scope,
            options: options(self.port, controls),
            selection,
            types_only: request.types_only,
            extended_dn: controls.extended_dn.map(text),
            range_no_error: controls.range_no_error,
            confidential,
            reader,
            security_parts: shown_parts(controls, &reader),
            deactivated_links: controls.show_deactivated_links,
            max_val_range: policy.max_val_range,
        };
        Ok((asked, directory.highest_usn()))
    }

    /// Whether a notification is open.
    pub fn awaits_changes(&self) -> bool {
        !self.watches.0.is_empty()
    }

    /// Appends what the notifications have to tell of the changes since they were last asked, a chunk at a
    /// time. True when there is more. To be called after the directory changed (`World::on_change`) and
    /// after a notification was opened.
    pub fn notify(&mut self, out: &mut Vec<u8>) -> bool {
        let world = Arc::clone(&self.world);
        let begin = out.len();
        let (mut candidates, mut more) = (CHUNK_CANDIDATES, false);
        let mut open = std::mem::take(&mut self.watches.0);
        open.retain(|_, watch| {
            let directory = world.controller(self.controller);
            if world.generation() != watch.generation {
                watch.finish(out);
                return false;
            }
            watch.asked.reader.now = world.clock.now();
            let left = CHUNK_BYTES.saturating_sub(out.len() - begin);
            more |= watch.tell(&directory, &mut self.names, out, (&mut candidates, left));
            true
        });
        self.watches.0 = open;
        more
    }
}

/// Whether a filter is the only one that a notification may have: `(objectClass=*)`.
fn is_of_everything(filter: &Filter, schema: &Schema) -> bool {
    matches!(filter, Filter::Present(name) if schema.attribute_id(name) == Some(attr::OBJECT_CLASS))
}

impl Watch {
    /// Writes the objects that changed, within a number of candidates and octets. True when there are more.
    fn tell(
        &mut self,
        directory: &Directory,
        names: &mut NameCache,
        out: &mut Vec<u8>,
        (candidates, octets): (&mut usize, usize),
    ) -> bool {
        let begin = out.len();
        for (usn, id) in directory.changes_after(self.seen) {
            // objects that changed under one number stay together
            if usn != self.seen && (*candidates == 0 || out.len() - begin >= octets) {
                return true;
            }
            self.look_at(directory, id, names, out);
            self.seen = usn;
            *candidates = candidates.saturating_sub(1);
        }
        false
    }

    fn look_at(&mut self, directory: &Directory, id: ObjectId, names: &mut NameCache, out: &mut Vec<u8>) {
        let asked = &self.asked;
        let in_scope = match asked.base {
            Some(base) => directory.is_in_scope(id, base, asked.scope, asked.options),
            None => directory.is_visible(id, asked.options),
        };
        let Some(entry) = directory.entry(id).filter(|_| in_scope) else { return };
        let entry = if asked.deactivated_links { entry.with_deactivated_links() } else { entry };
        let writer = EntryWriter {
            directory,
            selection: &asked.selection,
            types_only: asked.types_only,
            extended_dn: asked.extended_dn,
            max_val_range: asked.max_val_range,
            range_no_error: asked.range_no_error,
            confidential: asked.confidential,
            reader: asked.reader,
            security_parts: asked.security_parts,
            port: asked.options.port,
        };
        // a range beyond the end has nothing to tell
        if writer.write(out, self.id, &entry, names).is_ok() {
            self.record.returned += 1;
        }
    }

    /// The world went back to another state: the search ends like every other one.
    fn finish(&mut self, out: &mut Vec<u8>) {
        let outcome = Outcome::of("unavailable");
        write_result(out, self.id, op::SEARCH_DONE, &outcome, &Answer::default());
        self.record.end(outcome.code);
    }
}
