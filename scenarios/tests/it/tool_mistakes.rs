//! Wrong copies of the reference licenser and fixer: each must fail a scenario that is there to catch it. The table lies in
//! docs/tool-mistakes.md; `FORESTBED_UPDATE_DOCS=1` writes it anew.

use forestbed_scenarios::runner::{self, RunOptions, SnapshotMode};
use forestbed_scenarios::tools::{
    FixerMistake, FixerOptions, LicenserMistake, ReferenceFixer, ReferenceLicenser,
};
use forestbed_scenarios::{Role, Tool};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The marks of the page between which a table stands, with words of the page around them.
const FIXERS: (&str, &str) = ("<!-- fixers -->\n", "<!-- end of fixers -->");
const SERVICE: (&str, &str) = ("<!-- service -->\n", "<!-- end of service -->");
const LICENSERS: (&str, &str) = ("<!-- licensers -->\n", "<!-- end of licensers -->");

/// The expectations that fail with such a tool, none when nothing notices it; and the requests that it made.
async fn caught(name: &str, role: Role, tool: Arc<dyn Tool>) -> (Vec<String>, u64) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("library/{name}.yaml"));
    let options = RunOptions::default().snapshots(None, SnapshotMode::Compare).tool(role, tool);
    let report = runner::run(&path, options).await.unwrap();
    let failed = report.steps.iter().flat_map(|step| &step.checks).filter(|check| !check.passed);
    let failed: Vec<String> = failed.map(|check| check.what.clone()).collect();
    // a tool that ends with an error is no expectation that fails: who judges strangers must not need it
    assert!(report.exit_code() <= 1, "{name}: {}", forestbed_scenarios::report::terminal(&report));
    (failed, report.score.cost.as_ref().map_or(0, |cost| cost.requests()))
}

/// A row of the table: who catches a mistake, whether anybody does, and the requests that it took.
async fn row(
    name: &str,
    about: &str,
    scenarios: &[&'static str],
    role: Role,
    tool: Arc<dyn Tool>,
) -> (String, bool, u64) {
    let (mut by, mut missed, mut requests) = (Vec::new(), Vec::new(), 0);
    for scenario in scenarios {
        let (failed, made) = caught(scenario, role, tool.clone()).await;
        requests += made;
        match failed.is_empty() {
            true => missed.push(*scenario),
            false => by.push(*scenario),
        }
    }
    let list = |names: &[&str]| if names.is_empty() { "-".to_owned() } else { names.join(", ") };
    (format!("| {name} | {about} | {} | {} |\n", list(&by), list(&missed)), !by.is_empty(), requests)
}

/// Compares what stands between the marks of the page with what it has to be, or writes it.
fn compare(marks: (&str, &str), table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tool-mistakes.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(marks.0).unwrap();
    let (now, tail) = rest.split_once(marks.1).unwrap();
    if std::env::var_os("FORESTBED_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}{}{table}{}{tail}", marks.0, marks.1)).unwrap();
    } else {
        assert_eq!(now, table);
    }
}

/// Plays every mistake, and gives the requests that it took.
async fn play(rows: Vec<(Mistake, Arc<dyn Tool>)>, role: Role, marks: (&str, &str)) -> u64 {
    let mut table =
        String::from("| mistake | what it does | caught by | not noticed by |\n|---|---|---|---|\n");
    let (mut survivors, mut requests) = (Vec::new(), 0);
    for ((name, about, scenarios), tool) in rows {
        let (line, is_caught, made) = row(name, about, &scenarios, role, tool).await;
        table.push_str(&line);
        requests += made;
        if !is_caught {
            survivors.push(name);
        }
    }
    assert_eq!(survivors, [""; 0], "{table}");
    compare(marks, &table);
    requests
}

/// Name, what it does, the scenarios that have to catch it.
type Mistake = (&'static str, &'static str, Vec<&'static str>);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mistake_of_a_licenser_or_a_fixer_survives_its_scenario() {
    let licenser = |mistake: &LicenserMistake| {
        let tool: Arc<dyn Tool> = Arc::new(ReferenceLicenser::mistaken(*mistake));
        ((mistake.name(), mistake.about(), mistake.scenarios()), tool)
    };
    let rows = LicenserMistake::ALL.iter().map(licenser).collect();
    let requests = play(rows, Role::Licenser, LICENSERS).await;
    forestbed_witness::record("SCENARIOS-LICENCES", requests, "scenarios/tests/it/tool_mistakes.rs");
    let fixer = |mistake: &FixerMistake| {
        let options = FixerOptions { mistake: Some(*mistake), ..FixerOptions::default() };
        let tool: Arc<dyn Tool> = Arc::new(ReferenceFixer::with_options(options));
        ((mistake.name(), mistake.about(), mistake.scenarios()), tool)
    };
    let rows = FixerMistake::ALL.iter().map(fixer).collect();
    let requests = play(rows, Role::Fixer, FIXERS).await;
    forestbed_witness::record("SCENARIOS-FIXERS", requests, "scenarios/tests/it/tool_mistakes.rs");
}

/// Whether a file of a folder, or of one in it, holds a text.
fn holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| match path.is_dir() {
        true => holds(&path, text),
        false => std::fs::read_to_string(&path).unwrap().contains(text),
    })
}

/// What the service itself could do wrong is for tests of the service: each row names one that is there.
#[test]
fn every_mistake_of_the_service_names_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let rows = include_str!("../../data/service-mistakes.tsv").lines().skip(1);
    let mut table = String::from("| mistake | what the service would do | test |\n|---|---|---|\n");
    let mut names = std::collections::BTreeSet::new();
    for row in rows.map(|line| line.split('\t').collect::<Vec<_>>()) {
        let [name, numbers, what, folder, test, source, _] = row[..] else { panic!("{row:?}") };
        assert!(names.insert(name) && source.starts_with("directory-sync 8"), "{row:?}");
        assert!(
            numbers.split(',').all(|number| (1..=38).contains(&number.parse::<u32>().unwrap())),
            "{row:?}"
        );
        let test_is_there = holds(&root.join(folder), &format!("#[test]\nfn {test}() {{"));
        assert!(test_is_there, "{folder} has no test {test}");
        table.push_str(&format!("| {name} | {what} | `{test}` |\n"));
    }
    compare(SERVICE, &table);
}
