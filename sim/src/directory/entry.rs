//! One object, read.

use super::schema::{AttrId, ClassId, Schema, Syntax};
use super::store::{self, Cell, CellStamp, Cells, Record};
use super::value::{Source, Value, Values};
use super::{Directory, ObjectId, attr};
use crate::clock::SimTime;
use crate::ids::{Guid, Sid};
use base64::Engine as _;
use std::borrow::Cow;

/// An attribute by id or by name, so that readers may write either.
pub trait AttrKey {
    /// The attribute, when this schema has it.
    fn resolve(&self, schema: &Schema) -> Option<AttrId>;
}

impl AttrKey for AttrId {
    fn resolve(&self, schema: &Schema) -> Option<AttrId> {
        schema.is_installed(*self).then_some(*self)
    }
}

impl AttrKey for &str {
    fn resolve(&self, schema: &Schema) -> Option<AttrId> {
        schema.attribute_id(self)
    }
}

/// When and where an attribute was last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The update sequence number of this domain controller.
    pub usn: u64,
    /// How often it was changed, from 1.
    pub version: u32,
    /// When.
    pub time: SimTime,
    /// The database instance that the change originated in.
    pub invocation: Guid,
}

/// A link value with its own stamp; a removed one stays, absent, as replication needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkStamp {
    /// The object that it points to.
    pub target: ObjectId,
    /// Whether the value is there to see; false for one that was removed, and for a deactivated one.
    pub present: bool,
    /// Hidden because the recycle bin holds one of its ends; its stamp is that of the time before.
    pub deactivated: bool,
    /// Its stamp; times in whole seconds.
    pub stamp: Stamp,
}

/// Attributes that no record stores as a cell: they follow from what it stores.
pub(super) const DERIVED: [AttrId; 12] = [
    attr::OBJECT_CLASS,
    attr::CN,
    attr::DISTINGUISHED_NAME,
    attr::INSTANCE_TYPE,
    attr::WHEN_CREATED,
    attr::WHEN_CHANGED,
    attr::USN_CREATED,
    attr::USN_CHANGED,
    attr::OBJECT_GUID,
    attr::OBJECT_SID,
    attr::OBJECT_CATEGORY,
    attr::IS_DELETED,
];

/// A view of one object.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub(super) directory: &'a Directory,
    pub(super) id: ObjectId,
    pub(super) record: &'a Record,
    /// Deactivated links are shown too.
    pub(super) deactivated: bool,
}

impl<'a> Entry<'a> {
    /// The same object with its deactivated links shown (show deactivated link control).
    #[must_use]
    pub fn with_deactivated_links(self) -> Entry<'a> {
        Entry { deactivated: true, ..self }
    }

    /// Its id.
    pub fn id(&self) -> ObjectId {
        self.id
    }

    /// `objectGUID`.
    pub fn guid(&self) -> Guid {
        self.record.guid
    }

    /// `objectSid`.
    pub fn sid(&self) -> Option<Sid> {
        match self.values(attr::OBJECT_SID).next()? {
            Value::Rid(rid) => Some(self.directory.info().sid.with_rid(rid)),
            Value::Bytes(bytes) => Sid::from_bytes(bytes),
            _ => None,
        }
    }

    /// Its distinguished name, escaped as RFC 4514 asks.
    pub fn dn(&self) -> String {
        let mut out = Vec::new();
        self.directory.write_dn(self.id, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    /// The value of its relative distinguished name.
    pub fn rdn_value(&self) -> &'a str {
        match self.cell_values(self.record.cell(attr::NAME)).next() {
            Some(Value::Text(name)) => name,
            _ => "",
        }
    }

    /// The octets of [`Entry::rdn_value`].
    pub(super) fn name_bytes(&self) -> &'a [u8] {
        self.record.cell(attr::NAME).and_then(|cell| cell.single()).unwrap_or_default()
    }

    /// The object above it; none for the head of the domain.
    pub fn parent(&self) -> Option<ObjectId> {
        (self.record.parent != store::NO_PARENT).then_some(ObjectId(self.record.parent))
    }

    /// Its structural class.
    pub fn class(&self) -> ClassId {
        self.record.class
    }

    /// Whether its structural class is exactly this one.
    pub fn is_class(&self, name: &str) -> bool {
        self.directory.schema().class_id(name) == Some(self.class())
    }

    /// Whether its class, a superclass or an auxiliary class of its own is this one: a computer has class `user`.
    pub fn has_class(&self, name: &str) -> bool {
        let schema = self.directory.schema();
        let of = |class: ClassId, other: ClassId| schema.class(class).chain.contains(&other);
        schema.class_id(name).is_some_and(|other| {
            of(self.class(), other) || self.auxiliary_classes().into_iter().any(|class| of(class, other))
        })
    }

    /// `uSNCreated`.
    pub fn usn_created(&self) -> u64 {
        self.record.usn_created
    }

    /// `uSNChanged`.
    pub fn usn_changed(&self) -> u64 {
        self.record.usn_changed
    }

    /// `whenCreated`.
    pub fn when_created(&self) -> SimTime {
        SimTime::from_millis(self.record.created)
    }

    /// `whenChanged`.
    pub fn when_changed(&self) -> SimTime {
        SimTime::from_millis(self.record.changed)
    }

    /// Whether it is deleted: a tombstone, or in the recycle bin, or recycled.
    pub fn is_deleted(&self) -> bool {
        self.record.deleted
    }

    /// Whether `isRecycled` is set: a recycled object, and a tombstone too.
    pub fn is_recycled(&self) -> bool {
        self.record.deleted && self.values(attr::IS_RECYCLED).next() == Some(Value::Bool(true))
    }

    /// Whether the attribute has a value.
    pub fn has(&self, attribute: impl AttrKey) -> bool {
        attribute.resolve(self.directory.schema()).is_some_and(|id| !self.values(id).is_empty())
    }

    /// The first value as text: strings as they are, GUIDs and SIDs in their text form, other bytes in base64.
    pub fn text(&self, attribute: impl AttrKey) -> Option<Cow<'a, str>> {
        let id = attribute.resolve(self.directory.schema())?;
        self.values(id).next().map(|value| self.as_text(id, value))
    }

    /// Every value as text, as [`Entry::text`].
    pub fn texts(&self, attribute: impl AttrKey) -> Vec<String> {
        let id = attribute.resolve(self.directory.schema());
        let texts = |id| self.values(id).map(move |value| self.as_text(id, value).into_owned()).collect();
        id.map(texts).unwrap_or_default()
    }

    fn as_text(&self, attribute: AttrId, value: Value<'a>) -> Cow<'a, str> {
        match value {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Guid(guid) => Cow::Owned(guid.to_string()),
            Value::Rid(rid) => Cow::Owned(self.directory.info().sid.with_rid(rid).to_string()),
            Value::Bytes(bytes) => {
                let is_sid = self.directory.schema().attribute(attribute).syntax == Syntax::Sid;
                let sid = is_sid.then(|| Sid::from_bytes(bytes)).flatten();
                let base64 = || base64::engine::general_purpose::STANDARD.encode(bytes);
                Cow::Owned(sid.map_or_else(base64, |sid| sid.to_string()))
            }
            value => {
                let mut out = Vec::new();
                value.write_ldap(self.directory, &mut out);
                Cow::Owned(String::from_utf8_lossy(&out).into_owned())
            }
        }
    }

    /// The first value as a number.
    pub fn int(&self, attribute: impl AttrKey) -> Option<i64> {
        let id = attribute.resolve(self.directory.schema())?;
        match self.values(id).next()? {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn cell_values(&self, cell: Option<Cell<'a>>) -> Values<'a> {
        let Some(cell) = cell else { return Values::none() };
        Values(if cell.interned {
            Source::Interned { directory: self.directory, values: cell.values() }
        } else {
            let attribute = self.directory.schema().attribute(cell.attribute);
            Source::Packed { attribute, values: cell.values() }
        })
    }

    /// The values of a stored attribute or back link; none for constructed and secret ones.
    pub fn values(&self, attribute: AttrId) -> Values<'a> {
        let schema = self.directory.schema();
        if !schema.is_installed(attribute) {
            return Values::none();
        }
        if let Some(values) = self.derived(attribute) {
            return values;
        }
        let row = schema.attribute(attribute);
        if row.is_forward_link() {
            let links = store::of_attribute(self.record.links(), attribute);
            return Values(Source::Links(links.iter(), self.deactivated));
        }
        if row.is_back_link() {
            let Some(forward) = schema.link_pair(attribute) else { return Values::none() };
            let links = store::of_forward(self.record.back_links(), forward);
            return Values(Source::BackLinks(links.iter(), self.deactivated));
        }
        if row.secret {
            return Values::none();
        }
        self.cell_values(self.record.cell(attribute))
    }

    /// The values of an attribute that follows from the record; none when it does not.
    #[inline]
    fn derived(&self, attribute: AttrId) -> Option<Values<'a>> {
        let record = self.record;
        let schema = self.directory.schema();
        Some(match attribute {
            attr::OBJECT_CLASS => self.class_values(),
            attr::DISTINGUISHED_NAME => Values::one(Value::Dn(self.id)),
            attr::INSTANCE_TYPE => Values::one(Value::Int(self.directory.instance_type(self.id))),
            attr::WHEN_CREATED => Values::one(Value::Time(self.when_created())),
            attr::WHEN_CHANGED => Values::one(Value::Time(self.when_changed())),
            attr::USN_CREATED => Values::one(Value::Int(record.usn_created as i64)),
            attr::USN_CHANGED => Values::one(Value::Int(record.usn_changed as i64)),
            attr::OBJECT_GUID => Values::one(Value::Guid(record.guid)),
            attr::OBJECT_SID if record.rid != 0 => Values::one(Value::Rid(record.rid)),
            attr::IS_DELETED if record.deleted => Values::one(Value::Bool(true)),
            attr::OBJECT_CATEGORY => match record.cell(attribute) {
                Some(cell) => self.cell_values(Some(cell)),
                None => {
                    let category =
                        self.directory.category_object(schema.class(record.class).default_category);
                    category.map_or(Values::none(), |id| Values::one(Value::Dn(id)))
                }
            },
            id if id == schema.class(record.class).rdn => self.cell_values(record.cell(attr::NAME)),
            _ => return None,
        })
    }

    /// `objectClass`: the chain of the structural class, then auxiliary classes of the object's own.
    #[inline]
    pub(super) fn class_values(&self) -> Values<'a> {
        let chain = self.directory.schema().class(self.record.class).chain.iter();
        match self.record.cell(attr::OBJECT_CLASS) {
            Some(cell) if !cell.is_empty() => Values(Source::ClassesAnd(chain, cell.values())),
            _ => Values(Source::Classes(chain)),
        }
    }

    /// The auxiliary classes that were added to this object alone.
    pub fn auxiliary_classes(&self) -> Vec<ClassId> {
        let names = self.cell_values(self.record.cell(attr::OBJECT_CLASS));
        let schema = self.directory.schema();
        names
            .filter_map(|name| if let Value::Text(name) = name { schema.class_id(name) } else { None })
            .collect()
    }

    /// Every attribute that `*` returns, as [`Entry::each_attribute`] gives them.
    pub fn attributes(&self) -> impl Iterator<Item = (AttrId, Values<'a>)> + use<'a> {
        let mut list = Vec::with_capacity(64);
        let all = self.each_attribute(|id, values| {
            list.push((id, values));
            Ok::<(), std::convert::Infallible>(())
        });
        debug_assert!(all.is_ok());
        list.into_iter()
    }

    fn stamp_of(&self, stamp: CellStamp) -> Stamp {
        Stamp {
            usn: self.record.usn_created + stamp.usn,
            version: stamp.version,
            time: SimTime::from_millis(self.record.created + stamp.millis),
            invocation: self.directory.invocation(stamp.origin.unwrap_or(self.record.origin)),
        }
    }

    /// The stamp of a stored attribute; kept when the attribute was emptied, none when it never had a value.
    /// Forward links carry theirs on each value: see [`Entry::link_stamps`].
    pub fn stamp(&self, attribute: AttrId) -> Option<Stamp> {
        let name = self.directory.schema().class(self.record.class).rdn;
        let stored = if attribute == name { attr::NAME } else { attribute };
        if let Some(cell) = self.record.cell(stored) {
            return Some(self.stamp_of(cell.stamp));
        }
        if attribute == attr::IS_DELETED && self.record.deleted {
            return self.stamp(attr::NAME);
        }
        let made = [attr::OBJECT_CLASS, attr::INSTANCE_TYPE, attr::WHEN_CREATED, attr::OBJECT_CATEGORY];
        let made = made.contains(&attribute) || attribute == attr::OBJECT_SID && self.record.rid != 0;
        made.then(|| self.stamp_of(CellStamp::default()))
    }

    /// Every stamped attribute that is not a link, emptied ones included: those that follow from the record
    /// first, then in the order of ids.
    pub fn stamps(&self) -> Vec<(AttrId, Stamp)> {
        let derived = DERIVED.into_iter().filter(|id| self.record.cell(*id).is_none());
        let derived = derived.filter_map(|id| Some((id, self.stamp(id)?)));
        let cells = Cells::of(&self.record.cells).map(|cell| (cell.attribute, self.stamp_of(cell.stamp)));
        derived.chain(cells).collect()
    }

    /// The values of a forward link with their stamps, removed ones included.
    pub fn link_stamps(&self, attribute: AttrId) -> Vec<LinkStamp> {
        let links = store::of_attribute(self.record.links(), attribute).iter();
        links
            .map(|link| LinkStamp {
                target: ObjectId(link.target),
                present: link.is_present(),
                deactivated: link.is_deactivated(),
                stamp: Stamp {
                    usn: link.usn(),
                    version: link.version(),
                    time: SimTime::from_millis(link.millis()),
                    invocation: self.directory.invocation(link.origin),
                },
            })
            .collect()
    }

    /// The forward links that have or had values, in the order of ids.
    pub fn linked_attributes(&self) -> Vec<AttrId> {
        let mut ids: Vec<AttrId> = self.record.links().iter().map(|link| link.attribute).collect();
        ids.dedup();
        ids
    }
}
