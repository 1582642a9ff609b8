//! Keys of the index: what an object is found by.

use super::schema::{AttrId, Attribute, ClassId, Syntax};
use super::store::{Cell, Cells, Dictionary, Hasher, Record, varint};
use super::{ObjectId, attr};
use crate::ids::{Guid, Sid};

const GUID: u64 = 1 << 32;
const SID: u64 = 2 << 32;
const CLASS: u64 = 3 << 32;
const DELETED: u64 = 4 << 32;
const CHILD: u64 = 5 << 32;
/// `searchFlags`: part of ambiguous name resolution.
const AMBIGUOUS: i64 = 4;

pub(super) fn guid(guid: Guid) -> u64 {
    let mut hasher = Hasher::new(GUID);
    hasher.bytes(&guid.to_bytes());
    hasher.finish()
}

pub(super) fn sid(sid: &Sid) -> u64 {
    sid_bytes(&sid.to_bytes())
}

fn sid_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = Hasher::new(SID);
    hasher.bytes(bytes);
    hasher.finish()
}

/// Live objects of one structural class.
pub(super) fn class(class: ClassId) -> u64 {
    Hasher::new(CLASS | class.index() as u64).finish()
}

/// Tombstones.
pub(super) fn deleted() -> u64 {
    Hasher::new(DELETED).finish()
}

/// A name below a parent.
pub(super) fn child(parent: ObjectId, name: &str) -> u64 {
    let mut hasher = Hasher::new(CHILD);
    hasher.bytes(&parent.0.to_le_bytes());
    hasher.folded(name);
    hasher.finish()
}

/// A packed value of an attribute, blind to case where the attribute is.
pub(super) fn value(attribute: &Attribute, packed: &[u8]) -> u64 {
    let mut hasher = Hasher::new(attribute.id.index() as u64);
    match (attribute.syntax, std::str::from_utf8(packed)) {
        (Syntax::CaseIgnoreString | Syntax::ObjectIdentifier, Ok(text)) => hasher.folded(text),
        _ => hasher.bytes(packed),
    }
    hasher.finish()
}

/// Whether ambiguous name resolution looks among an attribute's values.
pub(super) fn is_ambiguous(attribute: &Attribute) -> bool {
    attribute.search_flags & AMBIGUOUS != 0
        && attribute.syntax == Syntax::CaseIgnoreString
        && !attribute.constructed
}

/// Whether values of an attribute are in the index.
pub(super) fn is_indexed(attribute: &Attribute) -> bool {
    let elsewhere =
        attribute.link_id.is_some() || matches!(attribute.id, attr::OBJECT_SID | attr::OBJECT_CATEGORY);
    attribute.is_indexed() && !elsewhere || is_ambiguous(attribute)
}

/// The keys of one cell's values, each once.
pub(super) fn of_cell(attribute: &Attribute, cell: &Cell<'_>, dictionary: &Dictionary) -> Vec<u64> {
    let mut keys: Vec<u64> = cell
        .values()
        .map(|mut packed| {
            if cell.interned {
                packed = dictionary.get(varint::take(&mut packed)).as_bytes();
            }
            value(attribute, packed)
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Calls `each` with every key of a record.
pub(super) fn each(
    record: &Record,
    domain: &Sid,
    row: impl Fn(AttrId) -> &'static Attribute,
    dictionary: &Dictionary,
    mut each: impl FnMut(u64),
) {
    each(guid(record.guid));
    if record.rid != 0 {
        let mut own = Vec::with_capacity(32);
        domain.write_with_rid(record.rid, &mut own);
        each(sid_bytes(&own));
    }
    each(if record.deleted { deleted() } else { class(record.class) });
    for cell in Cells::of(&record.cells) {
        let attribute = row(cell.attribute);
        match cell.attribute {
            attr::NAME => {
                if let Some(name) = cell.values().next() {
                    each(child(ObjectId(record.parent), std::str::from_utf8(name).unwrap_or_default()));
                }
            }
            attr::OBJECT_SID => {
                cell.values().filter_map(Sid::from_bytes).for_each(|own| each(sid(&own)));
                continue;
            }
            _ => {}
        }
        if is_indexed(attribute) {
            match cell.single() {
                Some(packed) if !cell.interned => each(value(attribute, packed)),
                _ => of_cell(attribute, &cell, dictionary).into_iter().for_each(&mut each),
            }
        }
    }
}
