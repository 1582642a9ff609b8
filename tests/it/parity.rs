//! PARITY.md is true: every row has a state, a source and a witness that exists; every record has a row.

use forestbed_witness::{folder, rows};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_row_names_its_state_its_source_and_a_witness_that_exists() {
    let rows = rows();
    assert!(rows.len() > 30, "the tables were read");
    let mut ids = BTreeSet::new();
    for row in &rows {
        assert!(ids.insert(&row.id), "{} is there twice", row.id);
        assert!(!row.feature.is_empty() && !row.source.is_empty(), "{} is incomplete", row.id);
        match row.state.as_str() {
            "Absent" => assert_eq!(row.witness, "-", "{} is Absent: nothing can witness it", row.id),
            "Real" | "Partial" => {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&row.witness);
                assert!(path.exists(), "{}: no witness {}", row.id, row.witness);
                assert!(names(&path, &row.id), "{}: {} does not record it", row.id, row.witness);
            }
            other => panic!("{}: no state '{other}': Real, Partial or Absent", row.id),
        }
    }
}

/// Whether the file, or one below the folder, names the row.
fn names(path: &Path, id: &str) -> bool {
    if path.is_dir() {
        return fs::read_dir(path)
            .expect("a folder")
            .any(|entry| names(&entry.expect("an entry").path(), id));
    }
    fs::read_to_string(path).is_ok_and(|text| {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).any(|word| word == id)
    })
}

#[test]
fn every_record_belongs_to_a_row_that_is_served() {
    let Ok(records) = fs::read_dir(folder()) else { return };
    let rows = rows();
    for record in records {
        let record = record.expect("an entry");
        let id = record.file_name().into_string().expect("a name");
        let row = rows.iter().find(|row| row.id == id).unwrap_or_else(|| panic!("a record of no row: {id}"));
        assert_ne!(row.state, "Absent", "{id} is witnessed, yet Absent");
        let text = fs::read_to_string(record.path()).expect("a record");
        let exchanges: u64 = text.split('\t').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        assert_ne!(exchanges, 0, "{id}: a witness without a wire exchange proves nothing");
    }
}
