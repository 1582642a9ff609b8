//! Entries, written straight from the store's records into the output buffer.

use super::op;
use super::selection::{Named, Range, RangeError, Selection, Slice};
use crate::ber::{Begun, Block, Head, tag};
use forestbed_sim::directory::{
    AttrId, AttributeReader, ClassId, ContextKind, Directory, Entry, NameCache, ObjectId, Port, Reader,
    Schema, SecurityParts, Value, Values, attr,
};
use forestbed_sim::spec::SchemaExtensions;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// An attribute with more names than this names objects that few others name: its names are not worth a
/// place in the cache.
pub(super) const MANY_NAMES: usize = 32;
/// Names that are fetched at once.
const FETCHED: usize = 16;

/// How each attribute of an entry begins, by its number; none for those whose names are too long. What the
/// schema got while the program runs is not among them.
static HEADS: LazyLock<Vec<Option<Head>>> = LazyLock::new(|| {
    let mut heads = Vec::new();
    for row in every_schema().attributes() {
        heads.resize(row.id.index() + 1, None);
        heads[row.id.index()] = Head::of(row.name);
    }
    heads
});

/// The whole attribute `objectClass` of each class, by its number.
static CLASSES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let schema = every_schema();
    let mut classes = Vec::new();
    for class in schema.classes() {
        classes.resize(class.id.index() + 1, Vec::new());
        let mut block = Block::new(&mut classes[class.id.index()]);
        list(&mut block, "objectClass", None, |block| {
            class.chain.iter().for_each(|id| block.octets(schema.class_name(*id).as_bytes()));
        });
    }
    classes
});

fn every_schema() -> Schema {
    Schema::new(SchemaExtensions { exchange: true, skype: true, server_2016: true })
}

/// How distinguished names carry GUID and SID (the extended DN control).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExtendedDn {
    Hexadecimal,
    Text,
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
        self.write_to(&mut Block::new(out), id, entry, names)
    }

    /// The same, into a block that many entries share.
    pub(crate) fn write_to(
        &self,
        block: &mut Block<'_>,
        id: i32,
        entry: &Entry<'_>,
        names: &mut NameCache,
    ) -> Result<(), RangeError> {
        let start = block.position();
        let message = block.begin(tag::SEQUENCE);
        block.integer(id);
        let body = block.begin(op::SEARCH_ENTRY);
        let mut filling = self.filling(block, entry, names);
        let attributes = filling.block.begin(tag::SEQUENCE);
        let written = filling.fill(entry);
        block.end(attributes);
        block.end(body);
        block.end(message);
        written.inspect_err(|_| block.back_to(start))
    }

    /// Writes the name of the entry itself; its attributes are to follow.
    pub(super) fn filling<'w, 'o>(
        &'w self,
        block: &'w mut Block<'o>,
        entry: &Entry<'_>,
        names: &'w mut NameCache,
    ) -> Filling<'w, 'o> {
        let mut scratch = Vec::new();
        self.identity(&mut scratch, entry.id());
        let name = self.directory.own_dn(entry.id(), names);
        let own_length = scratch.len() + name.len();
        block.octets_of(&scratch, name);
        let own_at = block.position() - own_length;
        let whole = self.port == Port::Directory;
        let plain = !self.types_only && self.selection.named.is_empty() && whole;
        let contexts = self.directory.naming_contexts().iter();
        let partial = whole && contexts.skip(3).any(|context| context.kind == ContextKind::Partial);
        Filling {
            writer: self,
            own: entry.id(),
            own_at,
            own_length,
            plain,
            partial,
            many: false,
            scratch,
            block,
            names,
        }
    }

    /// Whether the port shows an attribute at all.
    fn shows(&self, id: AttrId) -> bool {
        self.port == Port::Directory || self.directory.schema().is_in_catalog(id)
    }

    /// `<GUID=...>;<SID=...>;`, before a distinguished name.
    fn identity(&self, out: &mut Vec<u8>, id: ObjectId) {
        // the object is looked at only for those who asked: reading many names is mostly waiting for memory
        let Some(form) = self.extended_dn else { return };
        let Some(entry) = self.directory.entry(id) else { return };
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

/// The attributes of one entry on their way into the block.
pub(super) struct Filling<'w, 'o> {
    pub(super) writer: &'w EntryWriter<'w>,
    pub(super) block: &'w mut Block<'o>,
    names: &'w mut NameCache,
    own: ObjectId,
    /// Where the entry's own name stands.
    own_at: usize,
    own_length: usize,
    /// Everything is written whole: no attribute is named, none comes without its values.
    plain: bool,
    /// Groups of other domains are known, but not shown at a domain controller's own door.
    partial: bool,
    /// The names being written are those of objects that few others name: see [`MANY_NAMES`].
    pub(super) many: bool,
    scratch: Vec<u8>,
}

impl Filling<'_, '_> {
    fn fill(&mut self, entry: &Entry<'_>) -> Result<(), RangeError> {
        let selection = self.writer.selection;
        if selection.all {
            entry.read_attributes(self)?;
        }
        for named in selection.named.iter().filter(|named| self.writer.shows(named.id)) {
            let constructed = self.writer.directory.schema().attribute(named.id).constructed;
            if constructed || matches!(named.id, attr::NT_SECURITY_DESCRIPTOR | attr::REPL_PROPERTY_META_DATA)
            {
                self.computed(entry, named)?;
            } else {
                self.named(named.id, entry.values(named.id), named.range)?;
            }
        }
        Ok(())
    }

    /// An attribute that the store does not hold as it is shown.
    fn computed(&mut self, entry: &Entry<'_>, named: &Named) -> Result<(), RangeError> {
        if let Some(ids) = entry.constructed_references(named.id) {
            self.many = ids.len() > MANY_NAMES;
            let ids = ids.into_iter().map(Value::Dn).collect::<Vec<_>>().into_iter();
            let done = self.part(named.id, ids, named.range, Filling::value);
            self.many = false;
            return done;
        }
        let values = match (named.id, self.writer.security_parts) {
            (attr::NT_SECURITY_DESCRIPTOR, Some(parts)) => vec![entry.security_descriptor(parts)],
            (attr::NT_SECURITY_DESCRIPTOR, None) => Vec::new(),
            _ => entry.constructed_for(named.id, &self.writer.reader).unwrap_or_default(),
        };
        self.part(named.id, values.iter(), named.range, |filling, value| filling.block.octets(value))
    }

    fn named(&mut self, id: AttrId, values: Values<'_>, range: Option<Range>) -> Result<(), RangeError> {
        match (self.head(id), values.single_as_stored(), values.only()) {
            _ if range.is_some() || self.writer.types_only => self.in_parts(id, values, range),
            (Some(head), Some(value), _) => {
                self.block.attribute(head, value);
                Ok(())
            }
            (Some(head), _, Some(value)) => {
                self.only(head, value);
                Ok(())
            }
            _ => self.whole(id, values),
        }
    }

    /// How an attribute begins, if it can be written at once: nobody has to be kept from seeing it.
    #[inline]
    fn head(&self, id: AttrId) -> Option<&'static Head> {
        let writer = self.writer;
        if !writer.confidential && writer.directory.schema().attribute(id).is_confidential() {
            return None;
        }
        HEADS.get(id.index())?.as_ref()
    }

    /// Whether `*` leaves an attribute out: to those who named it, or because the port does not show it.
    fn is_left_out(&self, id: AttrId) -> bool {
        self.writer.selection.named.iter().any(|named| named.id == id) || !self.writer.shows(id)
    }

    /// The values of a back link that the port shows: a domain controller's own door knows only groups of the
    /// naming contexts that it holds in full.
    fn of_own_contexts(&self, id: AttrId, values: &Values<'_>) -> Option<Vec<Value<'static>>> {
        let directory = self.writer.directory;
        let is_foreign = |value: &Value<'_>| matches!(value, Value::Dn(id) if directory.is_partial(*id));
        if !self.partial || !directory.schema().attribute(id).is_back_link() {
            return None;
        }
        let own = values.clone().filter(|value| !is_foreign(value));
        let ids = own.filter_map(|value| if let Value::Dn(id) = value { Some(Value::Dn(id)) } else { None });
        Some(ids.collect())
    }

    /// An attribute with the only value that it can have.
    #[inline]
    fn only(&mut self, head: &Head, value: Value<'_>) {
        let mut buffer = [0; 32];
        match value.write_short(self.writer.directory, &mut buffer) {
            Some(value) => self.block.attribute(head, value),
            None => {
                let begun = self.block.begin_attribute(head);
                self.value(value);
                self.block.end_attribute(begun);
            }
        }
    }

    /// All values of an attribute, in one answer if so many fit.
    fn whole(&mut self, id: AttrId, values: Values<'_>) -> Result<(), RangeError> {
        let count = if self.partial { usize::MAX } else { values.len() };
        let (Some(head), true) = (self.head(id), (1..=self.writer.max_val_range).contains(&count)) else {
            return self.in_parts(id, values, None);
        };
        self.many = count > MANY_NAMES;
        let begun = self.block.begin_attribute(head);
        if self.many {
            self.names(values);
        } else if !values.each_as_stored(|value| self.block.octets(value)) {
            values.for_each(|value| self.value(value));
        }
        self.block.end_attribute(begun);
        self.many = false;
        Ok(())
    }

    /// Many values, most of them names.
    fn names(&mut self, mut values: Values<'_>) {
        let mut ahead = values.clone();
        loop {
            let named = |value| if let Value::Dn(id) = value { Some(id) } else { None };
            self.writer.directory.fetch_names(ahead.by_ref().take(FETCHED).filter_map(named));
            let before = self.block.position();
            values.by_ref().take(FETCHED).for_each(|value| self.value(value));
            if self.block.position() == before {
                return;
            }
        }
    }

    /// The values of an attribute with all that a range, a limit or a right can do to them.
    #[cold]
    fn in_parts(&mut self, id: AttrId, values: Values<'_>, range: Option<Range>) -> Result<(), RangeError> {
        self.many = values.len() > MANY_NAMES;
        let done = match self.of_own_contexts(id, &values) {
            Some(own) => self.part(id, own.into_iter(), range, Filling::value),
            None => self.part(id, values, range, Filling::value),
        };
        self.many = false;
        done
    }

    /// The same, of any values.
    fn part<V>(
        &mut self,
        id: AttrId,
        values: impl ExactSizeIterator<Item = V>,
        range: Option<Range>,
        write: impl Fn(&mut Self, V),
    ) -> Result<(), RangeError> {
        let row = self.writer.directory.schema().attribute(id);
        if values.len() == 0 || row.is_confidential() && !self.writer.confidential {
            return Ok(());
        }
        // texts of the schema come whole: clients read thousands of attributeTypes in one answer
        let whole = row.constructed && row.link_id.is_none() && !row.syntax.is_reference();
        let most = if whole { usize::MAX } else { self.writer.max_val_range };
        let (from, count, option) = match Range::of(range, values.len(), most) {
            Slice::Whole => (0, values.len(), None),
            Slice::Part { from, to, last: true } => (from, to + 1 - from, Some(format!(";range={from}-*"))),
            Slice::Part { from, to, last: false } => {
                (from, to + 1 - from, Some(format!(";range={from}-{to}")))
            }
            Slice::BeyondEnd if self.writer.range_no_error => return Ok(()),
            Slice::BeyondEnd => return Err(RangeError),
        };
        if range.is_none() && option.is_some() {
            // the attribute itself comes too, empty, for those who do not know ranges
            list(self.block, row.name, None, |_| {});
        }
        let begun = begin_list(self.block, row.name, option.as_deref());
        if !self.writer.types_only {
            values.skip(from).take(count).for_each(|value| write(self, value));
        }
        self.block.end_attribute(begun);
        Ok(())
    }

    /// One value.
    pub(super) fn value(&mut self, value: Value<'_>) {
        let directory = self.writer.directory;
        match value {
            Value::Dn(id) if id == self.own => self.block.octets_again(self.own_at, self.own_length),
            Value::Dn(id) => {
                self.scratch.clear();
                self.writer.identity(&mut self.scratch, id);
                let name = match self.many {
                    true => directory.own_dn(id, self.names),
                    false => directory.known_dn(id, self.names),
                };
                self.block.octets_of(&self.scratch, name);
            }
            Value::Text(text) => self.block.octets(text.as_bytes()),
            Value::Bytes(bytes) => self.block.octets(bytes),
            value => {
                self.scratch.clear();
                value.write_ldap(directory, &mut self.scratch);
                self.block.octets(&self.scratch);
            }
        }
    }
}

/// Most of an entry are strings of one value: they go straight from the store into the buffer of the socket.
impl<'a> AttributeReader<'a> for Filling<'_, '_> {
    type Error = RangeError;

    fn classes(&mut self, class: ClassId, values: Values<'a>) -> Result<(), RangeError> {
        match CLASSES.get(class.index()) {
            Some(attribute) if self.plain => {
                self.block.octets_as_they_are(attribute);
                Ok(())
            }
            _ if self.is_left_out(attr::OBJECT_CLASS) => Ok(()),
            _ => self.named(attr::OBJECT_CLASS, values, None),
        }
    }

    #[inline]
    fn carried(&mut self, id: AttrId, value: &'a [u8]) -> Result<(), RangeError> {
        match self.head(id) {
            Some(head) if self.plain => self.block.attribute(head, value),
            _ if self.is_left_out(id) => {}
            Some(head) if !self.writer.types_only => self.block.attribute(head, value),
            _ => {
                return self.part(id, std::iter::once(value), None, |filling, v| filling.block.octets(v));
            }
        }
        Ok(())
    }

    fn one(&mut self, id: AttrId, value: Value<'a>) -> Result<(), RangeError> {
        match self.head(id) {
            Some(head) if self.plain => self.only(head, value),
            _ if self.is_left_out(id) => {}
            Some(head) if !self.writer.types_only => self.only(head, value),
            _ => return self.part(id, std::iter::once(value), None, Filling::value),
        }
        Ok(())
    }

    fn several(&mut self, id: AttrId, values: Values<'a>) -> Result<(), RangeError> {
        if !self.plain && self.is_left_out(id) {
            return Ok(());
        }
        if self.writer.types_only { self.in_parts(id, values, None) } else { self.whole(id, values) }
    }
}

/// Begins one attribute, as an entry carries it. `option` follows its name.
pub(super) fn begin_list(block: &mut Block<'_>, name: &str, option: Option<&str>) -> (Begun, Begun) {
    let attribute = block.begin(tag::SEQUENCE);
    block.octets_of(name.as_bytes(), option.unwrap_or_default().as_bytes());
    (attribute, block.begin(tag::SET))
}

/// Appends one attribute with a list of values.
fn list(block: &mut Block<'_>, name: &str, option: Option<&str>, fill: impl FnOnce(&mut Block<'_>)) {
    let begun = begin_list(block, name, option);
    fill(block);
    block.end_attribute(begun);
}

/// Appends an entry that is not in the store: the root DSE.
pub(crate) fn write_plain_entry(
    out: &mut Vec<u8>,
    id: i32,
    attributes: &[(&str, Vec<Vec<u8>>)],
    types_only: bool,
) {
    let mut block = Block::new(out);
    let message = block.begin(tag::SEQUENCE);
    block.integer(id);
    let body = block.begin(op::SEARCH_ENTRY);
    block.octets(b"");
    let all = block.begin(tag::SEQUENCE);
    for (name, values) in attributes {
        list(&mut block, name, None, |block| {
            if !types_only {
                values.iter().for_each(|value| block.octets(value));
            }
        });
    }
    block.end(all);
    block.end(body);
    block.end(message);
}
