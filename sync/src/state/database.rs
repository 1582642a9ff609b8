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

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(rows: &[(&str, Option<&str>)]) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
        let row = |(key, value): &(&str, Option<&str>)| {
            (key.as_bytes().to_vec(), value.map(|value| value.as_bytes().to_vec()))
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn what_is_committed_is_there_after_reopening_and_a_second_writer_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sync.redb");
        let mut database = Database::open(&path).expect("opens");
        database.commit(&changes(&[("a", Some("1")), ("b", Some("2")), ("c", Some("3"))])).expect("commits");
        database.commit(&changes(&[("b", None)])).expect("commits");
        assert!(Database::open(&path).is_err_and(|error| error.is_storage()), "one writer");
        drop(database);
        let database = Database::open(&path).expect("opens again");
        assert_eq!(database.get(b"a").expect("readable"), Some(b"1".to_vec()));
        assert_eq!(database.get(b"b").expect("readable"), None);
        let rows = database.range(b"a", b"c", 10).expect("readable");
        assert_eq!(rows, [(b"a".to_vec(), b"1".to_vec())]);
    }

    #[test]
    fn what_is_no_database_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "these are no rows, but more than a few octets of text".repeat(100))
            .expect("written");
        assert!(Database::open(&path).is_err_and(|error| error.is_storage()));
    }

    #[test]
    fn a_file_and_a_table_in_memory_hold_the_same_rows() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = Database::open(folder.path().join("sync.redb")).expect("opens");
        let mut memory = crate::Memory::default();
        for round in 0..20u8 {
            let step: BTreeMap<Vec<u8>, Option<Vec<u8>>> = (0..40u8)
                .map(|n| {
                    (vec![n.wrapping_mul(37) % 50, round % 3], (n % 3 != round % 3).then(|| vec![round; 3]))
                })
                .collect();
            file.commit(&step).expect("commits");
            memory.commit(&step).expect("commits");
            for most in [1, 7, 1_000] {
                let (a, b) = (file.range(&[5], &[40], most), memory.range(&[5], &[40], most));
                assert_eq!(a.expect("readable"), b.expect("readable"));
            }
        }
    }
}
