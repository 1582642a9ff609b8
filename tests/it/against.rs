//! Two tools in one role of a scenario, side by side: on the terminal, in JSON and in JUnit.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

const FORESTBED: &str = env!("CARGO_BIN_EXE_forestbed");

const SCENARIO: &str = "format: 1
name: two-fixers
seed: 7
forests:
  - domain: contoso.local
    upn_suffixes: [contoso.com]
    population: { users: 60, groups: 6, contacts: 4, rooms: 1, computers: 1, services: 1 }
    defects: { UP15: 6, MN01: 3, PA02: 4 }
    decoys: 4
steps:
  - run: { role: fixer, exit: any }
  - snapshot: fixed
  - expect: { repairs: { recall: 1.0 } }
";

/// Runs the scenario with these arguments; exit code, output, JSON, JUnit.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, Value, String) {
    std::fs::write(folder.join("two-fixers.yaml"), SCENARIO).expect("a file");
    let ended = Command::new(FORESTBED)
        .args(["run", "two-fixers.yaml", "--update-snapshots", "--json", "out.json", "--junit", "out.xml"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("forestbed runs");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a report");
    let json = serde_json::from_str(&read("out.json")).expect("JSON");
    let code = ended.status.code().expect("an exit code");
    (code, String::from_utf8(ended.stdout).expect("text"), json, read("out.xml"))
}

fn line<'a>(json: &'a Value, what: &str) -> &'a Value {
    let lines = json["runs"][0]["against"]["comparison"]["lines"].as_array().expect("lines");
    lines.iter().find(|line| line["what"] == what).unwrap_or_else(|| panic!("no line {what}"))
}

#[test]
fn two_fixers_are_shown_side_by_side_and_the_exit_code_is_the_first_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let mine = format!("{FORESTBED} fix --apply --no-undo");
    let (code, shown, json, junit) =
        run(folder.path(), &["--tool", &format!("fixer={mine}"), "--against", "fixer=true"]);
    assert_eq!(code, 0, "{shown}");
    let check = |what: &str, values: [&str; 2], better: Option<u64>| {
        let line = line(&json, what);
        assert_eq!(line["values"], serde_json::json!(values), "{what}");
        assert_eq!(line["better"].as_u64(), better, "{what}");
        assert!(
            junit.contains(&format!("<property name=\"{what}\" value=\"{} | {}\"/>", values[0], values[1]))
        );
    };
    check("repairs.recall", ["100.0 %", "0.0 %"], Some(0));
    check("repairs.UP15", ["6 of 6", "0 of 6"], Some(0));
    check("repairs.collateral", ["0", "0"], None);
    let against = &json["runs"][0]["against"];
    assert_eq!(against["roles"], serde_json::json!(["fixer"]));
    assert_eq!(against["comparison"]["tools"], serde_json::json!([mine, "true"]));
    // what the second one failed is told, and fails nothing
    assert_eq!(against["steps"][2]["status"], "failed");
    assert!(
        shown.contains("Side by side") && junit.contains("failures=\"0\" errors=\"0\""),
        "{shown}\n{junit}"
    );
    let snapshots = std::fs::read_dir(folder.path().join("snapshots")).expect("snapshots");
    assert_eq!(snapshots.count(), 1);

    // the other way round the same numbers change places; without a command it is the reference fixer
    let (code, shown, json, _) = run(folder.path(), &["--tool", "fixer=true", "--against", "fixer"]);
    assert_eq!(code, 1, "{shown}");
    assert_eq!(line(&json, "repairs.recall")["values"], serde_json::json!(["0.0 %", "100.0 %"]));
    assert_eq!(json["runs"][0]["against"]["comparison"]["tools"], serde_json::json!(["true", "reference"]));
}

#[test]
fn a_second_tool_that_cannot_run_is_told_and_so_is_a_role_that_there_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, shown, json, junit) = run(folder.path(), &["--against", "fixer=no-such-program-anywhere"]);
    assert_eq!(code, 3, "{shown}");
    assert!(shown.contains("cannot start") && shown.contains("2 more steps did not run"), "{shown}");
    assert!(junit.contains("errors=\"1\"") && junit.contains("second play"), "{junit}");
    assert_eq!(json["runs"][0]["steps"][2]["status"], "passed");
    for wrong in ["fixer=", "plumber=true", "plumber"] {
        let ended = Command::new(FORESTBED)
            .args(["run", "two-fixers.yaml", "--against", wrong])
            .current_dir(folder.path())
            .output()
            .expect("forestbed runs");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains("plumber") || said.contains("leave the = out"), "{said}");
    }
}
