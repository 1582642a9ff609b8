//! What was decided about attributes, while rules of falling precedence are run.

use crate::value::Name;

/// A decision for each attribute that has one, found by the attribute's number.
pub(super) struct Decided<T> {
    place: Vec<u16>,
    list: Vec<(Name, T)>,
}

/// No decision yet. There are at most 65,535 names, so no place in the list has this number.
const NONE: u16 = u16::MAX;

impl<T> Decided<T> {
    /// Nothing decided, for names below this number.
    pub(super) fn new(names: usize) -> Self {
        Self { place: vec![NONE; names], list: Vec::with_capacity(64) }
    }

    pub(super) fn get_mut(&mut self, name: Name) -> Option<&mut T> {
        match self.place.get(usize::from(name.0)) {
            Some(&at) if at != NONE => Some(&mut self.list[usize::from(at)].1),
            _ => None,
        }
    }

    pub(super) fn contains(&self, name: Name) -> bool {
        self.place.get(usize::from(name.0)).is_some_and(|at| *at != NONE)
    }

    /// Decides, or decides anew.
    pub(super) fn set(&mut self, name: Name, decision: T) {
        if let Some(old) = self.get_mut(name) {
            *old = decision;
            return;
        }
        if let Some(place) = self.place.get_mut(usize::from(name.0)) {
            *place = self.list.len() as u16;
            self.list.push((name, decision));
        }
    }

    /// All decisions, by number of the attribute.
    pub(super) fn in_order(mut self) -> Vec<(Name, T)> {
        self.list.sort_unstable_by_key(|(name, _)| *name);
        self.list
    }
}
