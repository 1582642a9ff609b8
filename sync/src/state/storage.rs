//! Where rows lie.

use crate::error::Result;
use std::collections::BTreeMap;

/// An ordered table of keys with atomic commits and one writer.
pub trait Storage {
    /// The value of a key.
    ///
    /// # Errors
    /// When it cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// At most so many rows from a key on, below another, by key.
    ///
    /// # Errors
    /// When they cannot be read.
    fn range(&self, from: &[u8], until: &[u8], most: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>>;

    /// Writes all changes (`None` deletes) or none of them, and outlives a crash once it returns.
    ///
    /// # Errors
    /// When they cannot be written.
    fn commit(&mut self, changes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> Result<()>;
}

/// A table in memory, for tests and for runs that are to leave nothing behind.
#[derive(Debug, Clone, Default)]
pub struct Memory(BTreeMap<Vec<u8>, Vec<u8>>);

impl Storage for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(key).cloned())
    }

    fn range(&self, from: &[u8], until: &[u8], most: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let rows = self.0.range(from.to_vec()..until.to_vec()).take(most);
        Ok(rows.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn commit(&mut self, changes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> Result<()> {
        for (key, value) in changes {
            match value {
                Some(value) => drop(self.0.insert(key.clone(), value.clone())),
                None => drop(self.0.remove(key)),
            }
        }
        Ok(())
    }
}
