//! The attributes of one object.

use super::{Name, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// Attributes with their values, by number of the name; values are a sorted set, as in a directory. A list of
/// no values means "cleared" where changes are held, and does not occur elsewhere. A copy shares the values until
/// one of both is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(Arc<Vec<(Name, Vec<Value>)>>);

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
        let all = Arc::make_mut(&mut self.0);
        match all.binary_search_by_key(&name, |(name, _)| *name) {
            Ok(at) => all[at].1 = values,
            Err(at) => all.insert(at, (name, values)),
        }
    }

    /// Of attributes as they come from the database, in order and with sorted values; others are put in order.
    pub(crate) fn of(all: Vec<(Name, Vec<Value>)>) -> Self {
        let ordered = all.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if ordered && all.iter().all(|(_, values)| values.is_sorted()) {
            return Self(Arc::new(all));
        }
        let mut attributes = Self::default();
        all.into_iter().for_each(|(name, values)| attributes.set(name, values));
        attributes
    }

    /// Values as a sorted set, copied only if they are none yet.
    pub(crate) fn normal(mut values: Cow<'_, [Value]>) -> Cow<'_, [Value]> {
        if !values.windows(2).all(|pair| pair[0] < pair[1]) {
            let all = values.to_mut();
            all.sort();
            all.dedup();
        }
        values
    }

    /// Takes an attribute away.
    pub fn remove(&mut self, name: Name) -> Option<Vec<Value>> {
        let at = self.0.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        Some(Arc::make_mut(&mut self.0).remove(at).1)
    }

    /// By number of the name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Name, &[Value])> {
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
