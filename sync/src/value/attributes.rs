//! The attributes of one object.

use super::{Name, Value};

/// Attributes with their values, by number of the name; values are a sorted set, as in a directory. A list of
/// no values means "cleared" where changes are held, and does not occur elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(Vec<(Name, Vec<Value>)>);

impl Attributes {
    /// The values of an attribute; none when it is absent.
    pub fn get(&self, name: Name) -> &[Value] {
        self.find(name).unwrap_or_default()
    }

    /// The values, or `None` when the attribute is not even named.
    pub fn find(&self, name: Name) -> Option<&[Value]> {
        let at = self.0.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        Some(&self.0[at].1)
    }

    /// Puts sorted, distinct values in place of the former ones.
    pub fn set(&mut self, name: Name, mut values: Vec<Value>) {
        values.sort();
        values.dedup();
        match self.0.binary_search_by_key(&name, |(name, _)| *name) {
            Ok(at) => self.0[at].1 = values,
            Err(at) => self.0.insert(at, (name, values)),
        }
    }

    /// Puts an attribute behind all others, as they come from the database: in order, with sorted values.
    pub(crate) fn push(&mut self, name: Name, values: Vec<Value>) {
        if self.0.last().is_none_or(|(last, _)| *last < name) && values.is_sorted() {
            self.0.push((name, values));
        } else {
            self.set(name, values);
        }
    }

    /// Takes an attribute away.
    pub fn remove(&mut self, name: Name) -> Option<Vec<Value>> {
        let at = self.0.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        Some(self.0.remove(at).1)
    }

    /// By number of the name.
    pub fn iter(&self) -> impl Iterator<Item = (Name, &[Value])> {
        self.0.iter().map(|(name, values)| (*name, values.as_slice()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
