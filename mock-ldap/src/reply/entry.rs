//! Entries, written straight from the store's records into the output buffer.

use super::op;
use super::selection::{Named, Range, RangeError, Selection, Slice};
use crate::ber::{Head, Writer, tag};
use forestbed_sim::directory::{
    AttrId, Directory, Entry, NameCache, ObjectId, Port, Reader, Schema, SecurityParts, Value, Values, attr,
};
use forestbed_sim::spec::SchemaExtensions;
use std::fmt::Write as _;
use std::ops::Range as Bytes;
use std::sync::LazyLock;

/// An attribute with more names than this names objects that few others name: its names are not worth a
/// place in the cache.
const MANY_NAMES: usize = 32;

/// How each attribute of an entry begins, by its number; none for those whose names are too long.
static HEADS: LazyLock<Vec<Option<Head>>> = LazyLock::new(|| {
    let every = SchemaExtensions { exchange: true, skype: true, server_2016: true };
    let mut heads = Vec::new();
    for row in Schema::new(every).attributes() {
        heads.resize(row.id.index() + 1, None);
        heads[row.id.index()] = Head::of(row.name);
    }
    heads
});

/// How distinguished names carry GUID and SID (the extended DN control).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExtendedDn {
    Hexadecimal,
    Text,
}

/// The names that an entry is written with.
pub(super) struct Names<'a> {
    cache: &'a mut NameCache,
    /// The entry itself, and where its name stands.
    own: ObjectId,
    at: Bytes<usize>,
}

/// Writes the entries of one search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryWriter<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) selection: &'a Selection,
    /// Attributes without their values.
    pub(crate) types_only: bool,
    pub(crate) extended_dn: Option<ExtendedDn>,
    /// Most values of one attribute in one answer.
    pub(crate) max_val_range: usize,
    /// A range that begins after the last value gives no value instead of an error.
    pub(crate) range_no_error: bool,
    /// Whether confidential attributes are shown.
    pub(crate) confidential: bool,
    /// On whose behalf constructed attributes are read.
    pub(crate) reader: Reader,
    /// The parts of security descriptors that are shown; none when the reader may not see one of them.
    pub(crate) security_parts: Option<SecurityParts>,
    /// Through which port the entry is read: a global catalog shows the partial attribute set alone.
    pub(crate) port: Port,
}

impl EntryWriter<'_> {
    /// Appends one entry as a message. Nothing is appended when it fails.
    pub(crate) fn write(
        &self,
        out: &mut Vec<u8>,
        id: i32,
        entry: &Entry<'_>,
        names: &mut NameCache,
    ) -> Result<(), RangeError> {
        let start = out.len();
        let mut writer = Writer::new(out);
        let message = writer.begin(tag::SEQUENCE);
        writer.integer(i64::from(id));
        let body = writer.begin(op::SEARCH_ENTRY);
        let mut names = self.own_name(&mut writer, entry, names);
        let attributes = writer.begin(tag::SEQUENCE);
        let written = self.attributes(&mut writer, entry, &mut names);
        writer.end(attributes);
        writer.end(body);
        writer.end(message);
        written.inspect_err(|_| out.truncate(start))
    }

    /// Writes the name of the entry itself.
    pub(super) fn own_name<'n>(
        &self,
        writer: &mut Writer<'_>,
        entry: &Entry<'_>,
        names: &'n mut NameCache,
    ) -> Names<'n> {
        let mut length = 0;
        writer.octets_with(|out| {
            let start = out.len();
            self.identity(out, entry.id());
            self.directory.write_own_dn(entry.id(), names, out);
            length = out.len() - start;
        });
        let end = writer.position();
        Names { cache: names, own: entry.id(), at: end - length..end }
    }

    fn attributes(
        &self,
        writer: &mut Writer<'_>,
        entry: &Entry<'_>,
        names: &mut Names<'_>,
    ) -> Result<(), RangeError> {
        let (schema, heads) = (self.directory.schema(), &HEADS[..]);
        if self.selection.all {
            let (named, types_only) = (&self.selection.named[..], self.types_only);
            entry.each_attribute(|id, values| {
                if !named.is_empty() && named.iter().any(|named| named.id == id) || !self.shows(id) {
                    return Ok(());
                }
                // most of an entry are strings of one value: they go straight from the store to the socket's buffer
                if let (Some(value), false) = (values.single_as_stored(), types_only)
                    && !schema.attribute(id).is_confidential()
                    && let Some(Some(head)) = heads.get(id.index())
                {
                    writer.attribute(head, value);
                    return Ok(());
                }
                self.stored(writer, id, values, None, names)
            })?;
        }
        for named in self.selection.named.iter().filter(|named| self.shows(named.id)) {
            let constructed = schema.attribute(named.id).constructed;
            if constructed || matches!(named.id, attr::NT_SECURITY_DESCRIPTOR | attr::REPL_PROPERTY_META_DATA)
            {
                self.computed(writer, entry, named, names)?;
            } else {
                self.stored(writer, named.id, entry.values(named.id), named.range, names)?;
            }
        }
        Ok(())
    }

    /// Whether the port shows an attribute at all.
    fn shows(&self, id: AttrId) -> bool {
        self.port == Port::Directory || self.directory.schema().is_in_catalog(id)
    }

    /// The values of a back link that the port shows: a domain controller's own door knows only groups of the
    /// naming contexts that it holds in full.
    fn of_own_contexts(&self, id: AttrId, values: &Values<'_>) -> Option<Vec<ObjectId>> {
        let partial = self.port == Port::Directory
            && self.directory.schema().attribute(id).link_id.is_some_and(|link| link % 2 == 1);
        let ids = |values: Values<'_>| -> Vec<ObjectId> {
            values.filter_map(|value| if let Value::Dn(id) = value { Some(id) } else { None }).collect()
        };
        let foreign = |value: Value<'_>| matches!(value, Value::Dn(id) if self.directory.is_partial(id));
        (partial && values.clone().any(foreign)).then(|| {
            let mut ids = ids(values.clone());
            ids.retain(|id| !self.directory.is_partial(*id));
            ids
        })
    }

    /// An attribute that the store does not hold as it is shown.
    fn computed(
        &self,
        writer: &mut Writer<'_>,
        entry: &Entry<'_>,
        named: &Named,
        names: &mut Names<'_>,
    ) -> Result<(), RangeError> {
        if let Some(ids) = entry.constructed_references(named.id) {
            let count = ids.len();
            return self.attribute(writer, named.id, ids, named.range, |id, out| {
                self.value(Value::Dn(id), out, names, count);
            });
        }
        let values = match (named.id, self.security_parts) {
            (attr::NT_SECURITY_DESCRIPTOR, Some(parts)) => vec![entry.security_descriptor(parts)],
            (attr::NT_SECURITY_DESCRIPTOR, None) => Vec::new(),
            _ => entry.constructed_for(named.id, &self.reader).unwrap_or_default(),
        };
        self.attribute(writer, named.id, &values, named.range, |value, out| out.extend_from_slice(value))
    }

    fn stored(
        &self,
        writer: &mut Writer<'_>,
        id: AttrId,
        values: Values<'_>,
        range: Option<Range>,
        names: &mut Names<'_>,
    ) -> Result<(), RangeError> {
        let count = values.len();
        let row = self.directory.schema().attribute(id);
        if let Some(ids) = self.of_own_contexts(id, &values) {
            let count = ids.len();
            return self
                .attribute(writer, id, ids, range, |id, out| self.value(Value::Dn(id), out, names, count));
        }
        let plain = range.is_none() && count <= self.max_val_range && !row.is_confidential();
        let head = HEADS.get(id.index()).and_then(Option::as_ref);
        let (Some(head), true) = (head, plain && count > 0 && !self.types_only) else {
            return self
                .attribute(writer, id, values, range, |value, out| self.value(value, out, names, count));
        };
        if let Some(value) = values.single_as_stored() {
            writer.attribute(head, value);
            return Ok(());
        }
        let (attribute, set) = writer.begin_both(head);
        if !values.each_as_stored(|value| writer.octets(value)) {
            for value in values {
                match value {
                    Value::Class(class) => {
                        writer.octets(self.directory.schema().class_name(class).as_bytes());
                    }
                    value => writer.octets_with(|out| self.value(value, out, names, count)),
                }
            }
        }
        writer.end(set);
        writer.end(attribute);
        Ok(())
    }

    /// One attribute. Without a value there is none.
    fn attribute<I>(
        &self,
        writer: &mut Writer<'_>,
        id: AttrId,
        values: I,
        range: Option<Range>,
        mut write: impl FnMut(I::Item, &mut Vec<u8>),
    ) -> Result<(), RangeError>
    where
        I: IntoIterator<IntoIter: ExactSizeIterator>,
    {
        let values = values.into_iter();
        let row = self.directory.schema().attribute(id);
        if values.len() == 0 || row.is_confidential() && !self.confidential {
            return Ok(());
        }
        // texts of the schema come whole: clients read thousands of attributeTypes in one answer
        let whole = row.constructed && row.link_id.is_none() && !row.syntax.is_reference();
        let most = if whole { usize::MAX } else { self.max_val_range };
        let (from, count, option) = match Range::of(range, values.len(), most) {
            Slice::Whole => (0, values.len(), None),
            Slice::Part { from, to, last: true } => (from, to + 1 - from, Some(format!(";range={from}-*"))),
            Slice::Part { from, to, last: false } => {
                (from, to + 1 - from, Some(format!(";range={from}-{to}")))
            }
            Slice::BeyondEnd if self.range_no_error => return Ok(()),
            Slice::BeyondEnd => return Err(RangeError),
        };
        if range.is_none() && option.is_some() {
            // the attribute itself comes too, empty, for those who do not know ranges
            list(writer, row.name, None, |_| {});
        }
        list(writer, row.name, option.as_deref(), |writer| {
            if !self.types_only {
                for value in values.skip(from).take(count) {
                    writer.octets_with(|out| write(value, out));
                }
            }
        });
        Ok(())
    }

    /// One of so many values of an attribute.
    pub(super) fn value(&self, value: Value<'_>, out: &mut Vec<u8>, names: &mut Names<'_>, count: usize) {
        let Value::Dn(id) = value else { return value.write_ldap(self.directory, out) };
        if id == names.own {
            return out.extend_from_within(names.at.clone());
        }
        self.identity(out, id);
        if count > MANY_NAMES {
            self.directory.write_own_dn(id, names.cache, out);
        } else {
            self.directory.write_known_dn(id, names.cache, out);
        }
    }

    /// `<GUID=...>;<SID=...>;`, before a distinguished name.
    fn identity(&self, out: &mut Vec<u8>, id: ObjectId) {
        let (Some(form), Some(entry)) = (self.extended_dn, self.directory.entry(id)) else { return };
        let hexadecimal = |bytes: &[u8]| {
            bytes.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
        };
        let guid = match form {
            ExtendedDn::Text => entry.guid().to_string(),
            ExtendedDn::Hexadecimal => hexadecimal(&entry.guid().to_bytes_le()),
        };
        out.extend_from_slice(format!("<GUID={guid}>;").as_bytes());
        if let Some(sid) = entry.sid() {
            let sid = match form {
                ExtendedDn::Text => sid.to_string(),
                ExtendedDn::Hexadecimal => hexadecimal(&sid.to_bytes()),
            };
            out.extend_from_slice(format!("<SID={sid}>;").as_bytes());
        }
    }
}

/// Appends one attribute with a list of values, as an entry carries it. `option` follows its name.
pub(super) fn list(
    writer: &mut Writer<'_>,
    name: &str,
    option: Option<&str>,
    fill: impl FnOnce(&mut Writer<'_>),
) {
    let attribute = writer.begin(tag::SEQUENCE);
    match option {
        None => writer.octets(name.as_bytes()),
        Some(option) => writer.octets(format!("{name}{option}").as_bytes()),
    }
    let set = writer.begin(tag::SET);
    fill(writer);
    writer.end(set);
    writer.end(attribute);
}

/// Appends an entry that is not in the store: the root DSE.
pub(crate) fn write_plain_entry(
    out: &mut Vec<u8>,
    id: i32,
    attributes: &[(&str, Vec<Vec<u8>>)],
    types_only: bool,
) {
    let mut writer = Writer::new(out);
    let message = writer.begin(tag::SEQUENCE);
    writer.integer(i64::from(id));
    let body = writer.begin(op::SEARCH_ENTRY);
    writer.octets(b"");
    let all = writer.begin(tag::SEQUENCE);
    for (name, values) in attributes {
        list(&mut writer, name, None, |writer| {
            if !types_only {
                values.iter().for_each(|value| writer.octets(value));
            }
        });
    }
    writer.end(all);
    writer.end(body);
    writer.end(message);
}
