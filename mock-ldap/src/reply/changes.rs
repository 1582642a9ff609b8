//! Entries of which only what changed is told (MS-ADTS 3.1.1.3.4.1.3).

use super::entry::{EntryWriter, Names, list};
use super::op;
use crate::ber::{Writer, tag};
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
        let mut writer = Writer::new(out);
        let message = writer.begin(tag::SEQUENCE);
        writer.integer(i64::from(id));
        let body = writer.begin(op::SEARCH_ENTRY);
        let mut names = self.own_name(&mut writer, entry, names);
        let attributes = writer.begin(tag::SEQUENCE);
        let changed = self.changed(&mut writer, entry, &mut names, changes);
        writer.end(attributes);
        writer.end(body);
        writer.end(message);
        if !changed {
            out.truncate(start);
        }
        changed
    }

    fn changed(
        &self,
        writer: &mut Writer<'_>,
        entry: &Entry<'_>,
        names: &mut Names<'_>,
        changes: Changes,
    ) -> bool {
        let (mut any, mut instance_type) = (false, false);
        let done: Result<(), std::convert::Infallible> = entry.each_changed(changes.after, |id, values| {
            if self.is_asked_for(id) {
                self.change(writer, entry, names, changes, (id, values));
                any = true;
                instance_type |= id == attr::INSTANCE_TYPE;
            }
            Ok(())
        });
        debug_assert!(done.is_ok());
        if let Some(parts) = self.security_parts
            && self.is_asked_for(attr::NT_SECURITY_DESCRIPTOR)
            && entry.is_descriptor_changed_after(changes.after)
        {
            self.plain(writer, "nTSecurityDescriptor", &entry.security_descriptor(parts));
            any = true;
        }
        if !any {
            return false;
        }
        let parent = entry.parent().and_then(|parent| self.directory.entry(parent));
        if let Some(parent) = parent.filter(|_| self.is_asked_for(attr::NAME))
            && entry.is_renamed_after(changes.after)
        {
            self.plain(writer, "parentGUID", &parent.guid().to_bytes_le());
        }
        self.plain(writer, "objectGUID", &entry.guid().to_bytes_le());
        if !instance_type {
            self.whole(writer, attr::INSTANCE_TYPE, entry.values(attr::INSTANCE_TYPE), names);
        }
        true
    }

    fn is_asked_for(&self, id: AttrId) -> bool {
        let row = self.directory.schema().attribute(id);
        let asked = self.selection.all || self.selection.named.iter().any(|named| named.id == id);
        asked && (self.confidential || !row.is_confidential())
    }

    fn change(
        &self,
        writer: &mut Writer<'_>,
        entry: &Entry<'_>,
        names: &mut Names<'_>,
        changes: Changes,
        (id, values): (AttrId, Values<'_>),
    ) {
        let row = self.directory.schema().attribute(id);
        if !(changes.incremental && row.is_forward_link()) {
            return self.whole(writer, id, values, names);
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
                list(writer, row.name, Some(option), |writer| {
                    for link in links.iter().filter(|_| !self.types_only) {
                        let value = Value::Dn(link.target);
                        writer.octets_with(|out| self.value(value, out, names, links.len()));
                    }
                });
            }
        }
    }

    /// All values of an attribute, or the first so many.
    fn whole(&self, writer: &mut Writer<'_>, id: AttrId, values: Values<'_>, names: &mut Names<'_>) {
        let count = values.len();
        let first = (count > self.max_val_range).then(|| format!(";range=0-{}", self.max_val_range - 1));
        list(writer, self.directory.schema().name(id), first.as_deref(), |writer| {
            for value in values.take(self.max_val_range).filter(|_| !self.types_only) {
                writer.octets_with(|out| self.value(value, out, names, count));
            }
        });
    }

    fn plain(&self, writer: &mut Writer<'_>, name: &str, value: &[u8]) {
        list(writer, name, None, |writer| {
            if !self.types_only {
                writer.octets(value);
            }
        });
    }
}
