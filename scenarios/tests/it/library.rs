//! The scenario library: every file is read, and every row of the mission's table is covered or deferred.

use forestbed_scenarios::format::Step;
use forestbed_scenarios::library::{LIBRARY, LibraryFile};
use forestbed_scenarios::report;
use forestbed_scenarios::runner::{self, RunOptions};
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

/// A scenario with snapshots or many people, which has a test of its own.
fn is_large(file: &LibraryFile) -> bool {
    let scenario = file.scenario().unwrap();
    let users: u32 = scenario.estate().forests.iter().map(|forest| forest.population.users).sum();
    let has_steps = !scenario.steps.is_empty();
    has_steps && (users > 300 || scenario.steps.iter().any(|step| matches!(step, Step::Snapshot(_))))
}

/// The scenarios that teach one thing each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_small_scenario_of_the_library_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    let witness = "scenarios/tests/it/library.rs";
    let (mut played, mut requests, mut of_forests) = (0, 0, 0);
    let (mut of_selections, mut of_faults) = (0, 0);
    for file in LIBRARY {
        let scenario = file.scenario().unwrap();
        if is_large(file) || scenario.steps.is_empty() {
            continue;
        }
        assert!(scenario.about.contains("teaches"), "{} teaches nothing", file.name);
        let path = folder.join(format!("{}.yaml", file.name));
        let report = runner::run(&path, RunOptions::default()).await.unwrap();
        assert_eq!(report.exit_code(), 0, "{}", report::terminal(&report));
        let checks = report.steps.iter().map(|step| step.checks.len()).sum::<usize>();
        assert!(checks > 1, "{} expects nothing", file.name);
        played += 1;
        let cost = report.score.cost.as_ref().map_or(0, |cost| cost.requests());
        requests += cost;
        of_forests += if scenario.topology.is_some() { cost } else { 0 };
        of_selections += if file.text.contains("synchronize: {") { cost } else { 0 };
        of_faults += if file.text.contains("fault: { provisioning:") { cost } else { 0 };
    }
    forestbed_witness::record("SCENARIOS-LIBRARY", requests, witness);
    forestbed_witness::record("SCENARIOS-OBJECTS", requests, witness);
    forestbed_witness::record("SCENARIOS-ENGINES", requests, witness);
    forestbed_witness::record("FORESTS-TOPOLOGIES", of_forests, witness);
    forestbed_witness::record("FORESTS-MATCHING", of_forests, witness);
    forestbed_witness::record("SYNC-WANTED", of_selections, witness);
    forestbed_witness::record("SCENARIOS-FAULTS", of_faults, witness);
    assert!(played >= 31, "{played}");
}

/// Plays a scenario of the library with the reference tools and its own snapshots.
async fn play(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("library").join(format!("{name}.yaml"));
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions { progress: false, folder: folder.path().to_owned(), ..RunOptions::default() };
    let report = runner::run(&path, options).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{}", report::terminal(&report));
}

macro_rules! plays {
    ($($test:ident: $name:literal),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            play($name).await;
        })*

        #[test]
        fn every_large_scenario_of_the_library_is_played() {
            let played = BTreeSet::from([$($name),*]);
            let large = LIBRARY.iter().filter(|file| is_large(file));
            assert_eq!(played, large.map(|file| file.name).collect());
        }
    };
}

plays! {
    duplicates_are_quarantined_and_healed: "duplicates-and-conflicts",
    a_directory_is_cleaned_synchronized_and_licensed: "first-sync-and-license",
    licences_are_assigned_past_a_throttle: "licence-throttling",
    a_group_is_larger_than_an_answer: "large-group",
    two_companies_become_one_tenant: "merger",
    a_school_begins_a_new_year: "school-rollover",
}
