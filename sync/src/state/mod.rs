//! What the engine holds: one ordered table of keys, written in whole journal positions.

mod database;
mod keys;
mod storage;

pub use database::Database;
pub(crate) use keys::Table;
pub use storage::{Memory, Storage};

use crate::error::{Error, Result};
use crate::value::CsKey;
use std::collections::BTreeMap;

/// Version of what the database holds.
const VERSION: u8 = 1;

/// The database behind what has changed since the last journal position. Nothing is written until
/// [`State::commit`], and then everything at once: a crash leaves the former position.
pub(crate) struct State {
    storage: Box<dyn Storage>,
    pending: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl State {
    /// # Errors
    /// When another version wrote it.
    pub(crate) fn open(storage: Box<dyn Storage>) -> Result<Self> {
        let mut state = Self { storage, pending: BTreeMap::new() };
        match state.meta("version")? {
            None => state.set_meta("version", vec![VERSION]),
            Some(version) if version == [VERSION] => {}
            Some(version) => {
                return Err(Error::corrupt(format!("version {version:?}; this program writes {VERSION}")));
            }
        }
        Ok(state)
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.pending.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.storage.get(key),
        }
    }

    pub(crate) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.pending.insert(key, Some(value));
    }

    /// Whether a key was deleted since the last position.
    pub(crate) fn was_deleted(&self, key: &[u8]) -> bool {
        matches!(self.pending.get(key), Some(None))
    }

    pub(crate) fn delete(&mut self, key: Vec<u8>) {
        self.pending.insert(key, None);
    }

    /// Keys that begin so, after the one named, with their values, by key: at least one page unless there are
    /// no more.
    pub(crate) fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        most: usize,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let until = keys::after_prefix(prefix);
        let mut from = match after {
            Some(after) => [after, &[0]].concat(),
            None => prefix.to_vec(),
        };
        let mut out = Vec::new();
        while from < until {
            let page = self.storage.range(&from, &until, most)?;
            let more = page.len() == most;
            let end = match page.last() {
                Some((last, _)) if more => [last.as_slice(), &[0]].concat(),
                _ => until.clone(),
            };
            let mut merged: BTreeMap<Vec<u8>, Option<Vec<u8>>> =
                page.into_iter().map(|(key, value)| (key, Some(value))).collect();
            let changed = self.pending.range(from.clone()..end.clone());
            merged.extend(changed.map(|(key, value)| (key.clone(), value.clone())));
            out.extend(merged.into_iter().filter_map(|(key, value)| Some((key, value?))));
            if !more || out.len() >= most {
                break;
            }
            from = end;
        }
        out.truncate(most);
        Ok(out)
    }

    /// Whether any key begins so.
    pub(crate) fn any(&self, prefix: &[u8]) -> Result<bool> {
        Ok(!self.scan(prefix, None, 1)?.is_empty())
    }

    /// A journal position: all that changed since the last one, or nothing of it.
    pub(crate) fn commit(&mut self, step: &str) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.set_meta("position", step.as_bytes().to_vec());
        self.storage.commit(&self.pending)?;
        self.pending.clear();
        Ok(())
    }

    /// Forgets what changed since the last position.
    pub(crate) fn roll_back(&mut self) {
        self.pending.clear();
    }

    pub(crate) fn meta(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.get(&keys::meta(name))
    }

    pub(crate) fn set_meta(&mut self, name: &str, value: Vec<u8>) {
        self.put(keys::meta(name), value);
    }

    pub(crate) fn clear_meta(&mut self, name: &str) {
        self.delete(keys::meta(name));
    }

    /// The next number of a kind of object.
    pub(crate) fn next(&mut self, name: &str) -> Result<u32> {
        let name = format!("next/{name}");
        let next = match self.meta(&name)? {
            Some(octets) => keys::number(&octets).ok_or_else(|| Error::corrupt(&name))?,
            None => 0,
        };
        let after =
            next.checked_add(1).ok_or_else(|| Error::storage("four billion objects were numbered"))?;
        self.set_meta(&name, after.to_be_bytes().to_vec());
        Ok(next)
    }

    /// Puts a mark.
    pub(crate) fn mark(&mut self, table: Table, parts: &[&[u8]]) {
        self.put(table.key(parts), Vec::new());
    }

    /// The number that a key holds.
    pub(crate) fn number(&self, key: &[u8]) -> Result<Option<u32>> {
        Ok(self.get(key)?.as_deref().and_then(keys::number))
    }
}

/// The last octets of a key as a number.
pub(crate) fn tail(key: &[u8]) -> u32 {
    key.len().checked_sub(4).and_then(|at| keys::number(&key[at..])).unwrap_or(0)
}

/// The object that the last five octets of a key name.
pub(crate) fn tail_object(key: &[u8]) -> CsKey {
    let connector = key.len().checked_sub(5).map_or(0, |at| key[at]);
    CsKey { connector, id: tail(key) }
}
