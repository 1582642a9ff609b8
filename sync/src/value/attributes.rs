//! The attributes of one object.

use super::{Name, Value};
use std::borrow::Cow;
use std::rc::Rc;

/// Attributes with their values, by number of the name; values are a sorted set, as in a directory. A list of
/// no values means "cleared" where changes are held, and does not occur elsewhere. A copy shares the values until
/// one of both is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(Rc<Lists>);

/// All values in one list, so that an object of thirty attributes is two allocations and not thirty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Lists {
    /// Names in order, and where the values of each end.
    names: Vec<(Name, u32)>,
    values: Vec<Value>,
}

impl Lists {
    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.names[before].1 as usize)
    }

    fn at(&self, at: usize) -> &[Value] {
        &self.values[self.start(at)..self.names[at].1 as usize]
    }

    fn place(&self, name: Name) -> Result<usize, usize> {
        self.names.binary_search_by_key(&name, |(name, _)| *name)
    }

    /// So many values more or less: the ends from a place on move.
    fn shift(&mut self, from: usize, was: usize, is: usize) {
        for (_, end) in &mut self.names[from..] {
            *end = (*end as usize - was + is) as u32;
        }
    }
}

impl Attributes {
    /// The values of an attribute; none when it is absent.
    pub fn get(&self, name: Name) -> &[Value] {
        self.find(name).unwrap_or_default()
    }

    /// The values, or `None` when the attribute is not even named.
    pub fn find(&self, name: Name) -> Option<&[Value]> {
        self.0.place(name).ok().map(|at| self.0.at(at))
    }

    /// Puts sorted, distinct values in place of the former ones.
    pub fn set(&mut self, name: Name, mut values: Vec<Value>) {
        values.sort();
        values.dedup();
        let lists = Rc::make_mut(&mut self.0);
        let at = match lists.place(name) {
            Ok(at) => at,
            Err(at) => {
                let start = lists.start(at) as u32;
                lists.names.insert(at, (name, start));
                at
            }
        };
        let (start, end) = (lists.start(at), lists.names[at].1 as usize);
        lists.shift(at, end - start, values.len());
        lists.values.splice(start..end, values);
    }

    /// Of attributes in the order of their numbers, with values that are sorted sets.
    pub(crate) fn in_order<'a>(all: impl Iterator<Item = (Name, Cow<'a, [Value]>)>) -> Self {
        let mut lists = Lists::default();
        lists.names.reserve(all.size_hint().0);
        for (name, values) in all {
            match values {
                Cow::Owned(values) => lists.values.extend(values),
                Cow::Borrowed(values) => lists.values.extend_from_slice(values),
            }
            lists.names.push((name, lists.values.len() as u32));
        }
        Self(Rc::new(lists))
    }

    /// Of names with where the values of each end. Where they are out of order they are put in order.
    pub(crate) fn of(names: Vec<(Name, u32)>, values: Vec<Value>) -> Self {
        let lists = Lists { names, values };
        let ordered = lists.names.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if ordered && (0..lists.names.len()).all(|at| lists.at(at).windows(2).all(|pair| pair[0] < pair[1])) {
            return Self(Rc::new(lists));
        }
        let mut attributes = Self::default();
        (0..lists.names.len()).for_each(|at| attributes.set(lists.names[at].0, lists.at(at).to_vec()));
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
        let at = self.0.place(name).ok()?;
        let lists = Rc::make_mut(&mut self.0);
        let (start, end) = (lists.start(at), lists.names[at].1 as usize);
        lists.shift(at, end - start, 0);
        lists.names.remove(at);
        Some(lists.values.drain(start..end).collect())
    }

    /// By number of the name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Name, &[Value])> {
        self.0.names.iter().enumerate().map(|(at, (name, _))| (*name, self.0.at(at)))
    }

    /// All values of all attributes.
    pub(crate) fn values(&self) -> &[Value] {
        &self.0.values
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.names.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: crate::plans(12), ..ProptestConfig::default() })]

        #[test]
        fn they_are_a_map_from_names_to_sorted_sets(
            steps in proptest::collection::vec((0u16..6, proptest::option::of(proptest::collection::vec(0i64..5, 0..4))), 0..30)
        ) {
            let mut attributes = Attributes::default();
            let mut map: BTreeMap<Name, Vec<Value>> = BTreeMap::new();
            let shared = attributes.clone();
            for (name, values) in steps {
                let name = Name(name);
                match values {
                    Some(values) => {
                        let values: Vec<Value> = values.into_iter().map(Value::Integer).collect();
                        attributes.set(name, values.clone());
                        let set: std::collections::BTreeSet<Value> = values.into_iter().collect();
                        map.insert(name, set.into_iter().collect());
                    }
                    None => prop_assert_eq!(attributes.remove(name), map.remove(&name)),
                }
                let listed: Vec<(Name, Vec<Value>)> =
                    attributes.iter().map(|(name, values)| (name, values.to_vec())).collect();
                prop_assert_eq!(listed, map.clone().into_iter().collect::<Vec<_>>());
                for name in (0..6).map(Name) {
                    prop_assert_eq!(attributes.find(name), map.get(&name).map(Vec::as_slice));
                }
                let all: Vec<Value> = map.values().flatten().cloned().collect();
                prop_assert_eq!(attributes.values(), all);
            }
            prop_assert!(shared.is_empty(), "a copy stays as it was");
        }
    }
}
