//! The tables over estates, and the page that they are on.

use super::{Part, Rival, ScorecardRow, markdown, read};
use forestbed_sim::defects::{self, Detectable};
use forestbed_sim::population::PopulationProfile;
use forestbed_sim::score::{DetectionScore, Outcomes, RepairScore, Tally};

fn row(seed: u64, found: u64, repaired: u64, wrong: u64) -> ScorecardRow {
    let detection = DetectionScore {
        decidable: 10,
        found,
        findings: 12,
        warnings: (1, 2),
        with_settings: (3, 3),
        by_defect: [("PA26".to_owned(), (found, 10))].into(),
        with_settings_by_defect: [("GR03".to_owned(), (3, 3))].into(),
        by_attribute: [("proxyAddresses".to_owned(), (found, 10))].into(),
        ..DetectionScore::default()
    };
    let outcomes = Outcomes { injected: 10, repaired, wrong, ..Outcomes::default() };
    let repairs = RepairScore {
        injected: 10,
        repaired,
        wrong: Tally { count: wrong, examples: Vec::new() },
        by_defect: [("PA26".to_owned(), outcomes)].into(),
        by_attribute: [("proxyAddresses".to_owned(), outcomes)].into(),
        by_severity: [("defect".to_owned(), outcomes)].into(),
        ..RepairScore::default()
    };
    let (population, defects) = ("school".to_owned(), "everything".to_owned());
    ScorecardRow { population, defects, seed, detection, repairs, comparison: None, against: None }
}

#[test]
fn the_seeds_of_a_combination_are_one_line_and_a_share_below_one_is_not_the_whole() {
    let rows = [row(1, 10, 10, 0), row(2, 9, 8, 1)];
    let text = markdown(&rows, &[Part::Profile]);
    let expected =
        "| school | everything | 2 | 20 | 95.0 % | 100.0 % | 2 of 4 | 6 of 6 | 90.0 % | 1 | 0 | 0 |";
    assert!(text.lines().any(|line| line == expected), "{text}");
    let text = markdown(&rows, &[Part::Defect, Part::Attribute, Part::Severity]);
    for expected in [
        "| GR03 | members outside sync scope / orphaned references | 6 of 6 | 0 of 0 | 0 |",
        "| proxyAddresses | 20 | 19 of 20 | 18 of 20 | 1 |",
        "| defect | 20 | 19 of 20 | 18 of 20 | 1 |",
    ] {
        assert!(text.lines().any(|line| line == expected), "{expected} is not in {text}");
    }
}

#[test]
fn two_tools_stand_side_by_side() {
    let mut one = row(1, 10, 10, 0);
    let other = row(1, 4, 2, 5);
    one.against = Some(Rival { detection: other.detection, repairs: other.repairs });
    let text = markdown(&[one], &[Part::Severity, Part::Attribute]);
    let columns = "| severity | rows | found | ... found | repaired | ... repaired | wrong or worse | ... wrong or worse |";
    for expected in [columns, "| defect | 10 | 10 of 10 | 4 of 10 | 10 of 10 | 2 of 10 | 0 | 5 |"] {
        assert!(text.lines().any(|line| line == expected), "{expected} is not in {text}");
    }
}

#[test]
fn what_was_written_is_read_in_the_order_of_the_estates_and_each_estate_once() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, rows: &[ScorecardRow]| {
        let path = folder.path().join(name);
        let text = serde_json::json!({ "format": 1, "rows": serde_json::to_value(rows).unwrap() });
        std::fs::write(&path, text.to_string()).unwrap();
        path
    };
    let default = ScorecardRow { population: "default".to_owned(), ..row(1, 10, 10, 0) };
    let (late, early) = (write("a", &[row(2, 9, 8, 1), row(1, 10, 10, 0)]), write("b", &[default]));
    let rows = read(&[late.clone(), early]).unwrap();
    let order: Vec<(&str, u64)> = rows.iter().map(|row| (row.population.as_str(), row.seed)).collect();
    assert_eq!(order, [("default", 1), ("school", 1), ("school", 2)]);
    assert_eq!(markdown(&rows[1..], &Part::ALL.map(|(_, part)| part)), {
        let rows = [row(1, 10, 10, 0), row(2, 9, 8, 1)];
        markdown(&rows, &Part::ALL.map(|(_, part)| part))
    });
    let twice = read(&[late.clone(), late]).unwrap_err().to_string();
    assert!(twice.contains("school/everything/1 stands there twice"), "{twice}");
    let broken = folder.path().join("c");
    std::fs::write(&broken, "{").unwrap();
    for wrong in [broken, folder.path().join("nothing")] {
        assert!(read(&[wrong]).unwrap_err().to_string().contains("no scorecard in"));
    }
}

/// The page is written by hand around tables that the command made: it must speak of everything that can be played.
#[test]
fn the_page_has_a_line_for_each_population_and_profile_and_for_each_defect() {
    let page = include_str!("../../../docs/scorecard.md");
    let (reference, idfix) = page.split_once("## IdFix's rules").expect("a part about IdFix's rules");
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = |part: &str| part.lines().filter(|line| line.starts_with("| ")).map(cells).collect::<Vec<_>>();
    let (reference, idfix) = (rows(reference), rows(idfix));
    for population in PopulationProfile::all() {
        for profile in defects::profiles() {
            let is = |row: &&Vec<String>| row[1] == population.name() && row[2] == profile;
            let name = format!("{}/{profile}", population.name());
            let row = reference.iter().find(is).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(
                (row[3].as_str(), row[5].as_str(), row[6].as_str()),
                ("10", "100.0 %", "100.0 %"),
                "{name}"
            );
            assert_eq!(row[9..13], ["100.0 %", "0", "0", "0"], "{name}");
            assert!(
                idfix.iter().any(|row| row[1] == population.name() && row[2] == profile),
                "{name} of IdFix"
            );
        }
    }
    // what no directory shows is judged by nobody
    let catalogue = defects::catalogue();
    let shown = |id: &&str| catalogue.get(id).is_some_and(|kind| kind.detectable != Detectable::No);
    for id in defects::injectable().filter(shown) {
        assert!(reference.iter().any(|row| row[1] == id), "{id}");
    }
    for command in ["--seeds 1-10 --users 10000", "--against-rules idfix"] {
        assert!(page.contains(command), "{command}");
    }
}
