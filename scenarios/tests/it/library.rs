//! The scenario library: every file is read, and every row of the mission's table is covered or deferred.

use forestbed_scenarios::library::{LIBRARY, LibraryFile};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::spec::EstateSpec;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_file_of_the_library_is_listed_and_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().into_string().ok()?.strip_suffix(".yaml").map(str::to_owned)
        })
        .collect();
    let listed: BTreeSet<String> = LIBRARY.iter().map(|file| file.name.to_owned()).collect();
    assert_eq!(files, listed);
    for file in LIBRARY {
        let scenario = file.scenario().unwrap();
        assert_eq!(scenario.name.0, file.name);
        assert!(!scenario.about.is_empty());
    }
}

#[test]
fn every_row_of_the_mission_is_covered_or_deferred_and_not_both() {
    let covered: BTreeSet<String> =
        LIBRARY.iter().flat_map(|file| file.scenario().unwrap().covers).map(|row| row.0).collect();
    let readme = include_str!("../../library/README.md");
    let deferred: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| M").and_then(|rest| rest.split_once(' ')))
        .map(|(number, _)| format!("M{number}"))
        .collect();
    for row in (1..=22).map(|row| format!("M{row:02}")) {
        assert_ne!(
            covered.contains(&row),
            deferred.contains(&row),
            "{row} must be covered by a scenario or listed as deferred in library/README.md"
        );
    }
}

#[test]
fn the_default_file_describes_the_default_estate() {
    let spec = LibraryFile::find("default").unwrap().scenario().unwrap().estate();
    assert_eq!(EstateSpec { clock: ClockMode::Frozen, ..spec }, EstateSpec::default());
}
