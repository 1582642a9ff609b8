//! Witnesses of PARITY.md: a test that exercises a feature over a wire records the feature's row here, and a
//! row without a witness is not Real.
//!
//! One file a row lies under `target/parity/`, holding the number of wire exchanges and the witness's name.
//! Client programs that are not Rust write the same files (`tests/clients/lib.sh`).

use std::fs;
use std::path::PathBuf;

/// The text of PARITY.md.
pub const PARITY: &str = include_str!("../../../PARITY.md");

/// What PARITY.md says of one feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id, such as `LDAP-PAGING`.
    pub id: String,
    /// What it is.
    pub feature: String,
    /// `Real`, `Partial` or `Absent`.
    pub state: String,
    /// The source that it follows.
    pub source: String,
    /// The test that witnesses it.
    pub witness: String,
}

/// All rows of PARITY.md: table lines whose first cell is an id in upper case.
pub fn rows() -> Vec<Row> {
    PARITY.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    let [id, feature, state, source, witness] = cells[..] else { return None };
    let is_id =
        id.contains('-') && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
    (is_id && id.starts_with(|c: char| c.is_ascii_uppercase())).then(|| Row {
        id: id.to_owned(),
        feature: feature.to_owned(),
        state: state.to_owned(),
        source: source.to_owned(),
        witness: witness.to_owned(),
    })
}

/// The folder that holds the records: `target/parity`, or below `CARGO_TARGET_DIR`.
pub fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")), PathBuf::from);
    target.join("parity")
}

/// Records that `test` witnessed the row over so many wire exchanges.
///
/// # Panics
/// When PARITY.md has no such row, when it says Absent, or when nothing went over a wire.
pub fn record(id: &str, exchanges: u64, test: &str) {
    let row = rows().into_iter().find(|row| row.id == id);
    let row = row.unwrap_or_else(|| panic!("PARITY.md has no row {id}: add it, or correct the id"));
    assert_ne!(row.state, "Absent", "{id} is Absent in PARITY.md, yet {test} witnesses it");
    assert_ne!(exchanges, 0, "{id}: a witness without a wire exchange proves nothing");
    let folder = folder();
    fs::create_dir_all(&folder).expect("target/parity can be made");
    fs::write(folder.join(id), format!("{exchanges}\t{test}\n")).expect("target/parity can be written");
}
