//! What changed after an update sequence number: the objects, and of each one the replicated attributes.
//!
//! Nothing is kept for it but the stamps of attributes and links, and the log of objects by uSNChanged. What
//! leaves no stamp is no change here either: a link that went with the object it pointed to (MS-ADTS
//! 3.1.1.1.6).

use super::entry::DERIVED;
use super::store::{self, Cells};
use super::value::{Source, Values};
use super::{AttrId, Directory, Entry, ObjectId, Scope, SearchOptions, attr};

impl Directory {
    /// The objects with uSNChanged greater than `usn`, each with that number, in the order of their changes.
    /// It costs what changed, not what is there. One number may come several times: a change may touch
    /// several objects.
    pub fn changes_after(&self, usn: u64) -> impl Iterator<Item = (u64, ObjectId)> + '_ {
        self.store.changes_after(usn).map(|(usn, id)| (usn, ObjectId(id)))
    }

    /// Whether an object lies where a search from `base` looks, and is one that its options show, as it is now.
    pub fn is_in_scope(&self, id: ObjectId, base: ObjectId, scope: Scope, options: SearchOptions) -> bool {
        let context = |id: ObjectId| self.store.get(id.0).map(|record| record.context);
        let inside = match scope {
            Scope::Base => id == base,
            Scope::One => self.entry(id).is_some_and(|entry| entry.parent() == Some(base)),
            Scope::Subtree => self.is_below(id, base),
        };
        let same = options.all_naming_contexts || scope == Scope::Base || context(id) == context(base);
        inside && same && self.is_visible(id, options)
    }

    /// Whether an object replicates with the naming context of `head`: it lies in it, or is the head of one
    /// directly below, which both contexts have.
    pub fn replicates_with(&self, head: ObjectId, id: ObjectId) -> bool {
        let context = |id: ObjectId| self.store.get(id.0).map(|record| record.context);
        let (Some(wanted), Some(own)) = (context(head), context(id)) else { return false };
        own == wanted
            || self.context_headed_by(id).is_some()
                && !self.is_partial(id)
                && self.entry(id).and_then(|entry| entry.parent()).and_then(context) == Some(wanted)
    }
}

impl<'a> Entry<'a> {
    /// Calls `each` with every replicated attribute that changed after `usn`, and its values now: none when it
    /// was emptied. `nTSecurityDescriptor` is left out: see [`Entry::is_descriptor_changed_after`]. After zero, every one that has values. Attributes that are not replicated, constructed,
    /// secret or back links never come, and neither does the naming attribute: it follows from `name`.
    ///
    /// # Errors
    /// Those of `each`, at once.
    pub fn each_changed<E>(
        &self,
        usn: u64,
        mut each: impl FnMut(AttrId, Values<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let schema = *self.directory.schema();
        let naming = schema.class(self.record.class).rdn;
        let replicated = |id: AttrId| {
            let row = schema.attribute(id);
            let unreplicated = row.not_replicated || row.constructed || row.secret;
            let kept_back = unreplicated || id == naming || id == attr::NT_SECURITY_DESCRIPTOR;
            !kept_back && schema.is_installed(id)
        };
        for id in DERIVED.into_iter().filter(|id| replicated(*id) && self.record.cell(*id).is_none()) {
            if self.stamp(id).is_some_and(|stamp| stamp.usn > usn) {
                let values = self.values(id);
                if !values.is_empty() {
                    each(id, values)?;
                }
            }
        }
        for cell in Cells::of(&self.record.cells) {
            let changed = self.record.usn_created + cell.stamp.usn > usn;
            if !changed || !replicated(cell.attribute) {
                continue;
            }
            // an object that was undeleted before has the cell, but the value follows from the record
            let derived = cell.attribute == attr::IS_DELETED && self.record.deleted;
            let values = if derived { self.values(attr::IS_DELETED) } else { self.cell_values(Some(cell)) };
            if usn > 0 || !values.is_empty() {
                each(cell.attribute, values)?;
            }
        }
        let mut rest = self.record.links();
        while let Some(first) = rest.first() {
            let (links, after) = rest.split_at(store::of_attribute(rest, first.attribute).len());
            rest = after;
            let values = Values(Source::Links(links.iter(), self.deactivated));
            let changed =
                if usn == 0 { !values.is_empty() } else { links.iter().any(|link| link.usn() > usn) };
            if changed && replicated(first.attribute) {
                each(first.attribute, values)?;
            }
        }
        Ok(())
    }

    /// Whether its name or its place changed after `usn`; true for an object that was made after it.
    pub fn is_renamed_after(&self, usn: u64) -> bool {
        self.stamp(attr::NAME).is_some_and(|stamp| stamp.usn > usn)
    }

    /// Whether its security descriptor was written after `usn`; true for an object that was made after it. What
    /// an object inherits changes without it.
    pub fn is_descriptor_changed_after(&self, usn: u64) -> bool {
        let written = self.stamp(attr::NT_SECURITY_DESCRIPTOR).is_some_and(|stamp| stamp.usn > usn);
        written || self.usn_created() > usn
    }
}
