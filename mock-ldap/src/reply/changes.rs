//! Entries of which only what changed is told (MS-ADTS 3.1.1.3.4.1.3).

use super::entry::{EntryWriter, Filling, MANY_NAMES, begin_list};
use super::op;
use crate::ber::{Block, tag};
use forestbed_sim::directory::{AttrId, Entry, LinkStamp, NameCache, Value, Values, attr};

/// From when on changes are told, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Changes {
    /// What changed at or before this update sequence number is known. Zero: nothing is.
    pub(crate) after: u64,
    /// Of links, only the values that came and went.
    pub(crate) incremental: bool,
    /// Links that the recycle bin hides are told too.
    pub(crate) deactivated: bool,
}

impl EntryWriter<'_> {
    /// Appends the selected attributes of an entry that changed, as a message. Appends nothing, and says false,
    /// when none of them did. An attribute that was emptied comes without a value; `objectGUID` and
    /// `instanceType` always come, `parentGUID` with a `name` that changed.
    pub(crate) fn write_changes(
        &self,
        out: &mut Vec<u8>,
        id: i32,
        entry: &Entry<'_>,
        names: &mut NameCache,
        changes: Changes,
    ) -> bool {
        let start = out.len();
        let mut block = Block::new(out);
        let message = block.begin(tag::SEQUENCE);
        block.integer(id);
        let body = block.begin(op::SEARCH_ENTRY);
        let mut filling = self.filling(&mut block, entry, names);
        let attributes = filling.block.begin(tag::SEQUENCE);
        let changed = filling.changed(entry, changes);
        block.end(attributes);
        block.end(body);
        block.end(message);
        if !changed {
            block.back_to(start);
        }
        changed
    }

    fn is_asked_for(&self, id: AttrId) -> bool {
        let row = self.directory.schema().attribute(id);
        let asked = self.selection.all || self.selection.named.iter().any(|named| named.id == id);
        asked && (self.confidential || !row.is_confidential())
    }
}

impl Filling<'_, '_> {
    fn changed(&mut self, entry: &Entry<'_>, changes: Changes) -> bool {
        let writer = self.writer;
        let (mut any, mut instance_type) = (false, false);
        let done: Result<(), std::convert::Infallible> = entry.each_changed(changes.after, |id, values| {
            if writer.is_asked_for(id) {
                self.change(entry, changes, (id, values));
                any = true;
                instance_type |= id == attr::INSTANCE_TYPE;
            }
            Ok(())
        });
        debug_assert!(done.is_ok());
        if let Some(parts) = writer.security_parts
            && writer.is_asked_for(attr::NT_SECURITY_DESCRIPTOR)
            && entry.is_descriptor_changed_after(changes.after)
        {
            self.alone("nTSecurityDescriptor", &entry.security_descriptor(parts));
            any = true;
        }
        if !any {
            return false;
        }
        let parent = entry.parent().and_then(|parent| writer.directory.entry(parent));
        if let Some(parent) = parent.filter(|_| writer.is_asked_for(attr::NAME))
            && entry.is_renamed_after(changes.after)
        {
            self.alone("parentGUID", &parent.guid().to_bytes_le());
        }
        self.alone("objectGUID", &entry.guid().to_bytes_le());
        if !instance_type {
            self.first(attr::INSTANCE_TYPE, entry.values(attr::INSTANCE_TYPE));
        }
        true
    }

    fn change(&mut self, entry: &Entry<'_>, changes: Changes, (id, values): (AttrId, Values<'_>)) {
        let row = self.writer.directory.schema().attribute(id);
        if !(changes.incremental && row.is_forward_link()) {
            return self.first(id, values);
        }
        let mut links = entry.link_stamps(id);
        // what is gone is news only to those who knew it; what the recycle bin hides is not gone
        let is_there = |link: &LinkStamp| link.present || link.deactivated;
        let is_shown = |link: &LinkStamp| {
            !link.deactivated && (link.present || changes.after > 0)
                || link.deactivated && changes.deactivated
        };
        links.retain(|link| link.stamp.usn > changes.after && is_shown(link));
        let (came, went): (Vec<LinkStamp>, Vec<LinkStamp>) = links.into_iter().partition(is_there);
        for (option, links) in [(";range=0-0", went), (";range=1-1", came)] {
            if !links.is_empty() {
                let targets = links.iter().map(|link| Value::Dn(link.target));
                self.list(row.name, Some(option), links.len(), targets);
            }
        }
    }

    /// All values of an attribute, or the first so many.
    fn first(&mut self, id: AttrId, values: Values<'_>) {
        let (count, most) = (values.len(), self.writer.max_val_range);
        let option = (count > most).then(|| format!(";range=0-{}", most - 1));
        let name = self.writer.directory.schema().name(id);
        self.list(name, option.as_deref(), count, values.take(most));
    }

    fn list<'v>(
        &mut self,
        name: &str,
        option: Option<&str>,
        count: usize,
        values: impl Iterator<Item = Value<'v>>,
    ) {
        self.many = count > MANY_NAMES;
        let begun = begin_list(self.block, name, option);
        if !self.writer.types_only {
            values.for_each(|value| self.value(value));
        }
        self.block.end_attribute(begun);
        self.many = false;
    }

    fn alone(&mut self, name: &str, value: &[u8]) {
        self.list(name, None, 1, std::iter::once(Value::Bytes(value)));
    }
}
