//! Values of indexed attributes in order: what `>=`, `<=`, `=abc*` and `=*` are answered by.
//!
//! An index is made when a filter first asks for it, from the objects as they are, and holds of each value
//! only what fits into 64 bits: enough to narrow a search, whose candidates are verified anyway. No write
//! keeps it up to date: whatever changed since it was made is in the change log and is a candidate too, until
//! so much has changed that it is made anew. Ambiguous name resolution has one index over all its attributes.

use super::test::Operand;
use crate::directory::store::{Cells, fold};
use crate::directory::{AttrId, Attribute, Directory, Entry, ObjectId, Syntax, Value, keys};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Changes since an index was made that are looked at beside it, at least.
const CHANGES: u64 = 256;

/// An attribute, or none for all those of ambiguous name resolution.
type Name = Option<AttrId>;

/// Values in order.
#[derive(Debug)]
pub(in crate::directory) struct Sorted {
    /// The highest USN when it was made.
    usn: u64,
    /// Beginnings of values, and who has them; in order.
    keys: Vec<(u64, u32)>,
}

/// The indexes of one directory. A clone has its own from then on: its changes are others.
#[derive(Debug, Default)]
pub(in crate::directory) struct SortedIndexes(Mutex<BTreeMap<Name, Arc<Sorted>>>);

impl Clone for SortedIndexes {
    fn clone(&self) -> SortedIndexes {
        let indexes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        SortedIndexes(Mutex::new(indexes.clone()))
    }
}

/// A part of an index, and what has changed since.
#[derive(Debug, Clone)]
pub(in crate::directory) struct Part {
    index: Arc<Sorted>,
    from: usize,
    to: usize,
}

/// The first eight bytes, so that numbers are in the order of texts.
fn text_key(text: &str, filler: u8) -> u64 {
    let mut key = [filler; 8];
    key.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    u64::from_be_bytes(key)
}

fn number_key(number: i64) -> u64 {
    number as u64 ^ 1 << 63
}

fn value_key(syntax: Syntax, value: Value<'_>) -> Option<u64> {
    Some(match value {
        Value::Text(text) if syntax == Syntax::CaseIgnoreString => text_key(&fold(text), 0),
        Value::Text(text) => text_key(text, 0),
        Value::Int(number) => number_key(number),
        Value::Time(time) => number_key(time.seconds()),
        _ => return None,
    })
}

fn operand_key(operand: &Operand) -> Option<u64> {
    Some(match operand {
        Operand::Folded(text) | Operand::Exact(text) => text_key(text, 0),
        Operand::Int(number) => number_key(*number),
        Operand::Time(time) => number_key(time.seconds()),
        _ => return None,
    })
}

impl Sorted {
    fn between(self: Arc<Sorted>, low: u64, high: u64) -> Part {
        let from = self.keys.partition_point(|(key, _)| *key < low);
        let to = self.keys.partition_point(|(key, _)| *key <= high).max(from);
        Part { index: self, from, to }
    }
}

impl Part {
    pub(super) fn cost(&self, directory: &Directory) -> usize {
        let changed = directory.highest_usn().saturating_sub(self.index.usn);
        (self.to - self.from).saturating_add(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    /// Appends the objects, in any order and perhaps twice.
    pub(in crate::directory) fn collect(&self, directory: &Directory, out: &mut Vec<u32>) {
        out.extend(self.index.keys[self.from..self.to].iter().map(|(_, id)| *id));
        out.extend(directory.store.changed_since(self.index.usn));
    }
}

impl SortedIndexes {
    /// Forgets them all: the schema decides what is in them.
    pub(in crate::directory) fn clear(&mut self) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Directory {
    /// Objects with a value between two keys, both included; none when the attribute has no such index.
    fn between(&self, id: AttrId, low: u64, high: u64) -> Option<Part> {
        Some(self.sorted(id)?.between(low, high))
    }

    pub(super) fn at_least(&self, id: AttrId, operand: &Operand) -> Option<Part> {
        self.between(id, operand_key(operand)?, u64::MAX)
    }

    pub(super) fn at_most(&self, id: AttrId, operand: &Operand) -> Option<Part> {
        self.between(id, 0, operand_key(operand)?)
    }

    /// `initial` is folded where the attribute's matching is.
    pub(in crate::directory) fn beginning_with(&self, id: AttrId, initial: &str) -> Option<Part> {
        if initial.is_empty() {
            return None;
        }
        self.between(id, text_key(initial, 0), text_key(initial, 0xff))
    }

    pub(super) fn having(&self, id: AttrId) -> Option<Part> {
        self.between(id, 0, u64::MAX)
    }

    /// Only attributes that Active Directory indexes, whose values are texts, numbers or times; not those
    /// that a domain controller keeps for itself, whose changes have no number.
    fn sorted(&self, id: AttrId) -> Option<Arc<Sorted>> {
        let row = self.schema().attribute(id);
        let ordered = row.syntax.is_string()
            || matches!(row.syntax, Syntax::Integer | Syntax::LargeInteger | Syntax::Time);
        if !ordered || !(row.is_indexed() || keys::is_ambiguous(row)) || !is_numbered(row) {
            return None;
        }
        Some(self.index_of(Some(id), |entry, keys| {
            keys.extend(entry.values(id).filter_map(|value| value_key(row.syntax, value)));
        }))
    }

    /// Objects that have, among the attributes of ambiguous name resolution, a value with such a beginning
    /// (folded); none when there is no such index.
    pub(super) fn resolving(&self, initial: &str) -> Option<Part> {
        let rows = || self.schema().attributes().filter(|row| keys::is_ambiguous(row));
        if initial.is_empty() || !rows().all(is_numbered) {
            return None;
        }
        let mut among: Vec<AttrId> = rows().map(|row| row.id).collect();
        among.sort_unstable();
        let index = self.index_of(None, |entry, keys| {
            for (id, _) in Cells::of(&entry.record.cells).unstamped() {
                if among.binary_search(&id).is_ok() {
                    let values = entry.values(id);
                    keys.extend(values.filter_map(|value| value_key(Syntax::CaseIgnoreString, value)));
                }
            }
        });
        Some(index.between(text_key(initial, 0), text_key(initial, 0xff)))
    }

    /// An index that is there and not too old, or a new one of the keys that an object's values give.
    fn index_of(&self, name: Name, keys_of: impl Fn(&Entry<'_>, &mut Vec<u64>)) -> Arc<Sorted> {
        let mut indexes = self.sorted.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = indexes.get(&name) {
            let changed = self.highest_usn().saturating_sub(index.usn);
            if changed <= CHANGES.max(index.keys.len() as u64 / 8) {
                return Arc::clone(index);
            }
        }
        let (mut keys, mut own) = (Vec::new(), Vec::new());
        for object in 0..self.store.len() {
            let Some(entry) = self.entry(ObjectId(object)) else { continue };
            keys_of(&entry, &mut own);
            own.sort_unstable();
            own.dedup();
            keys.extend(own.drain(..).map(|key| (key, object)));
        }
        keys.sort_unstable();
        keys.shrink_to_fit();
        let index = Arc::new(Sorted { usn: self.highest_usn(), keys });
        indexes.insert(name, Arc::clone(&index));
        index
    }
}

/// Whether each change of an attribute has a number, so that the change log knows it; secrets are not looked for.
fn is_numbered(row: &Attribute) -> bool {
    !row.not_replicated && !row.secret && !row.constructed
}
