//! Reading every attribute of an object in one pass, without an allocation.

use super::attr;
use super::entry::Entry;
use super::schema::{AttrId, Attribute, ClassId};
use super::store::{self, Cells, varint};
use super::value::{Source, Value, Values};

/// What takes the attributes of an object as they are read: [`Entry::read_attributes`].
pub trait AttributeReader<'a> {
    /// Why reading ends early.
    type Error;

    /// `objectClass`: the classes from `top` down to the structural one, which comes by itself too.
    ///
    /// # Errors
    /// When reading shall end; so for the others.
    fn classes(&mut self, class: ClassId, values: Values<'a>) -> Result<(), Self::Error>;

    /// An attribute with one value, which LDAP carries as the store keeps it: a string, or bytes.
    #[allow(clippy::missing_errors_doc, reason = "see classes")]
    fn carried(&mut self, id: AttrId, value: &'a [u8]) -> Result<(), Self::Error>;

    /// An attribute with one value of another kind.
    #[allow(clippy::missing_errors_doc, reason = "see classes")]
    fn one(&mut self, id: AttrId, value: Value<'a>) -> Result<(), Self::Error>;

    /// An attribute with several values, or a link: at least one.
    #[allow(clippy::missing_errors_doc, reason = "see classes")]
    fn several(&mut self, id: AttrId, values: Values<'a>) -> Result<(), Self::Error>;
}

/// Hands everything on as [`Values`].
struct AsValues<'e, 'a, F> {
    entry: &'e Entry<'a>,
    each: F,
}

impl<'a, E, F: FnMut(AttrId, Values<'a>) -> Result<(), E>> AttributeReader<'a> for AsValues<'_, 'a, F> {
    type Error = E;

    fn classes(&mut self, _: ClassId, values: Values<'a>) -> Result<(), E> {
        (self.each)(attr::OBJECT_CLASS, values)
    }

    fn carried(&mut self, id: AttrId, value: &'a [u8]) -> Result<(), E> {
        let value = match std::str::from_utf8(value) {
            Ok(text) if self.entry.directory.schema().attribute(id).syntax.is_text() => Value::Text(text),
            _ => Value::Bytes(value),
        };
        (self.each)(id, Values::one(value))
    }

    fn one(&mut self, id: AttrId, value: Value<'a>) -> Result<(), E> {
        (self.each)(id, Values::one(value))
    }

    fn several(&mut self, id: AttrId, values: Values<'a>) -> Result<(), E> {
        (self.each)(id, values)
    }
}

impl<'a> Entry<'a> {
    /// Calls `each` with every attribute that `*` returns and its values, as [`Entry::read_attributes`] has
    /// them.
    ///
    /// # Errors
    /// Those of `each`, at once.
    pub fn each_attribute<E>(&self, each: impl FnMut(AttrId, Values<'a>) -> Result<(), E>) -> Result<(), E> {
        self.read_attributes(&mut AsValues { entry: self, each })
    }

    /// Hands every attribute that `*` returns to a reader: those that follow from the record first, then the
    /// stored ones, links and back links, each part in the order of ids. Attributes without a value, secret
    /// ones and nTSecurityDescriptor are left out.
    ///
    /// # Errors
    /// Those of the reader, at once.
    #[inline]
    pub fn read_attributes<R: AttributeReader<'a>>(&self, reader: &mut R) -> Result<(), R::Error> {
        self.read_derived(reader)?;
        let schema = *self.directory.schema();
        for (id, cell) in Cells::of(&self.record.cells).unstamped() {
            let row = schema.attribute(id);
            if row.is_hidden() || !schema.is_installed(id) {
                continue;
            }
            match cell.single() {
                Some(mut number) if cell.interned => {
                    let text = self.directory.store.dictionary.get(varint::take(&mut number));
                    reader.carried(id, text.as_bytes())?;
                }
                Some(packed) if row.syntax.is_stored_as_carried() => reader.carried(id, packed)?,
                Some(packed) => reader.one(id, Value::unpack(row, packed))?,
                None if cell.is_empty() => {}
                None => reader.several(id, self.cell_values(Some(cell)))?,
            }
        }
        self.read_links(reader)
    }

    /// The attributes of [`super::entry::DERIVED`], in its order; the naming attribute in the place of `cn`.
    #[inline]
    fn read_derived<R: AttributeReader<'a>>(&self, reader: &mut R) -> Result<(), R::Error> {
        let record = self.record;
        let class = self.directory.schema().class(record.class);
        match self.class_values() {
            own @ Values(Source::ClassesAnd(..)) => reader.several(attr::OBJECT_CLASS, own)?,
            of_class => reader.classes(record.class, of_class)?,
        }
        if let Some(name) = record.cell(attr::NAME).and_then(|cell| cell.single()) {
            reader.carried(class.rdn, name)?;
        }
        let numbers = [
            (attr::DISTINGUISHED_NAME, Value::Dn(self.id)),
            (attr::INSTANCE_TYPE, Value::Int(self.directory.instance_type(self.id))),
            (attr::WHEN_CREATED, Value::Time(self.when_created())),
            (attr::WHEN_CHANGED, Value::Time(self.when_changed())),
            (attr::USN_CREATED, Value::Int(record.usn_created as i64)),
            (attr::USN_CHANGED, Value::Int(record.usn_changed as i64)),
            (attr::OBJECT_GUID, Value::Guid(record.guid)),
        ];
        for (id, value) in numbers {
            reader.one(id, value)?;
        }
        if record.rid != 0 {
            reader.one(attr::OBJECT_SID, Value::Rid(record.rid))?;
        }
        if let Some(category) = self.values(attr::OBJECT_CATEGORY).next() {
            reader.one(attr::OBJECT_CATEGORY, category)?;
        }
        if record.deleted {
            reader.one(attr::IS_DELETED, Value::Bool(true))?;
        }
        Ok(())
    }

    fn read_links<R: AttributeReader<'a>>(&self, reader: &mut R) -> Result<(), R::Error> {
        let mut rest = self.record.links();
        while let Some(first) = rest.first() {
            let (links, after) = rest.split_at(store::of_attribute(rest, first.attribute).len());
            rest = after;
            let values = Values(Source::Links(links.iter(), self.deactivated));
            if !values.is_empty() {
                reader.several(first.attribute, values)?;
            }
        }
        let mut rest = self.record.back_links();
        while let Some(first) = rest.first() {
            let (links, after) = rest.split_at(store::of_forward(rest, first.forward).len());
            rest = after;
            let values = Values(Source::BackLinks(links.iter(), self.deactivated));
            if let (Some(id), false) = (self.directory.schema().link_pair(first.forward), values.is_empty()) {
                reader.several(id, values)?;
            }
        }
        Ok(())
    }
}

impl Attribute {
    /// No cell of it is shown by `*`: secrets, the security descriptor, and what is derived.
    #[inline]
    fn is_hidden(&self) -> bool {
        self.secret
            || matches!(self.id, attr::NT_SECURITY_DESCRIPTOR | attr::OBJECT_CATEGORY | attr::OBJECT_CLASS)
    }
}
