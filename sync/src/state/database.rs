//! The table in a file, by redb.

use super::Storage;
use crate::error::{Error, Result};
use redb::{ReadOnlyTable, ReadableDatabase as _, TableDefinition};
use std::collections::BTreeMap;
use std::path::Path;

const ROWS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("rows");
/// Octets of pages kept in memory.
const CACHE: usize = 64 << 20;

/// A database in one file. A second writer is refused while this one is open.
pub struct Database {
    database: redb::Database,
    /// Of the state after the last commit.
    rows: ReadOnlyTable<&'static [u8], &'static [u8]>,
}

impl Database {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// When it is no database, damaged, or open elsewhere.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let database =
            redb::Database::builder().set_cache_size(CACHE).create(path).map_err(Error::storage)?;
        let transaction = database.begin_write().map_err(Error::storage)?;
        transaction.open_table(ROWS).map_err(Error::storage)?;
        transaction.commit().map_err(Error::storage)?;
        let rows = read(&database)?;
        Ok(Self { database, rows })
    }
}

fn read(database: &redb::Database) -> Result<ReadOnlyTable<&'static [u8], &'static [u8]>> {
    let transaction = database.begin_read().map_err(Error::storage)?;
    transaction.open_table(ROWS).map_err(Error::storage)
}

impl Storage for Database {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let found = self.rows.get(key).map_err(Error::storage)?;
        Ok(found.map(|value| value.value().to_vec()))
    }

    fn range(&self, from: &[u8], until: &[u8], most: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut rows = Vec::new();
        for row in self.rows.range(from..until).map_err(Error::storage)?.take(most) {
            let (key, value) = row.map_err(Error::storage)?;
            rows.push((key.value().to_vec(), value.value().to_vec()));
        }
        Ok(rows)
    }

    fn commit(&mut self, changes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> Result<()> {
        let transaction = self.database.begin_write().map_err(Error::storage)?;
        {
            let mut table = transaction.open_table(ROWS).map_err(Error::storage)?;
            for (key, value) in changes {
                match value {
                    Some(value) => {
                        table.insert(key.as_slice(), value.as_slice()).map_err(Error::storage)?;
                    }
                    None => {
                        table.remove(key.as_slice()).map_err(Error::storage)?;
                    }
                }
            }
        }
        transaction.commit().map_err(Error::storage)?;
        self.rows = read(&self.database)?;
        Ok(())
    }
}
