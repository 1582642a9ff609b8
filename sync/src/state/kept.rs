//! Records as decoded: within a batch each is read once and written once, however often it is looked at.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Records that stay decoded between two journal positions.
const MAX_KEPT: usize = 4_096;

/// Records of one table by number. A record that is not here lies in the database as it was.
pub(super) struct Kept<T>(RefCell<BTreeMap<u64, Record<T>>>);

struct Record<T> {
    /// `None` for one that was deleted.
    value: Option<Rc<T>>,
    changed: bool,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T> Kept<T> {
    /// A record; `None` when it has to be read from the database.
    pub(super) fn get(&self, number: u64) -> Option<Option<Rc<T>>> {
        self.0.borrow().get(&number).map(|record| record.value.clone())
    }

    /// What is wanted of a record; `None` when it has to be read from the database.
    pub(super) fn look<R>(&self, number: u64, of: impl FnOnce(&T) -> R) -> Option<Option<R>> {
        self.0.borrow().get(&number).map(|record| record.value.as_deref().map(of))
    }

    /// Keeps a record as the database has it.
    pub(super) fn keep(&self, number: u64, value: Rc<T>) {
        self.0.borrow_mut().insert(number, Record { value: Some(value), changed: false });
    }

    /// Puts a record, or deletes it, from the next position on.
    pub(super) fn put(&mut self, number: u64, value: Option<Rc<T>>) {
        self.0.get_mut().insert(number, Record { value, changed: true });
    }

    /// The records that changed since the last time.
    pub(super) fn changes(&mut self) -> impl Iterator<Item = (u64, Option<&T>)> {
        let changed = self.0.get_mut().iter_mut().filter(|(_, record)| record.changed);
        changed.map(|(number, record)| {
            record.changed = false;
            (*number, record.value.as_deref())
        })
    }

    /// Makes room after a journal position.
    pub(super) fn shrink(&mut self) {
        if self.0.get_mut().len() > MAX_KEPT {
            self.forget();
        }
    }

    /// Forgets all, changes too.
    pub(super) fn forget(&mut self) {
        self.0.get_mut().clear();
    }
}
