//! Runs: tools that end well, badly, late or not at all; snapshots; reports; exit codes.

use crate::support::{File, Function};
use forestbed_scenarios::runner::{self, RunOptions, RunReport, SnapshotMode, StepStatus};
use forestbed_scenarios::{Role, report};
use std::sync::Arc;

async fn run(file: &File, options: RunOptions) -> RunReport {
    runner::run(&file.path, options).await.unwrap()
}

/// Runs a step that a command fills, and says how it ended.
async fn check(step: &str, command: &str, exit: u8, words: &[&str]) -> File {
    let file = File::small(&format!("  - run: {step}\n  - advance: 1s\n"));
    let report = run(&file, file.options().command(Role::Sync, command)).await;
    assert_eq!(report.exit_code(), exit, "{command}: {report:?}");
    // a wrong exit lets the run go on, a tool that cannot run ends it
    assert_eq!(report.steps.len(), if exit == 3 { 1 } else { 2 });
    let shown = report::terminal(&report);
    for word in words {
        assert!(shown.contains(word), "{word} is not in: {shown}");
    }
    file
}

#[tokio::test]
async fn the_exit_rule_of_a_step_judges_the_exit_code() {
    check("sync", "true", 0, &["passed"]).await;
    check("sync", "echo something; exit 4", 1, &["exit code 4, expected 0", "| something"]).await;
    check("{ role: sync, exit: 4 }", "exit 4", 0, &["passed"]).await;
    check("{ role: sync, exit: any }", "exit 5", 0, &["passed"]).await;
    check("sync", "echo late words >&2; kill -9 $$", 1, &["ended by signal 9", "| late words"]).await;
}

#[tokio::test]
async fn a_tool_that_cannot_start_or_runs_out_of_time_ends_the_run() {
    check("sync", "no-such-program-anywhere", 3, &["cannot start", "no-such-program-anywhere"]).await;
    check(
        "{ role: sync, timeout: 300ms }",
        "echo working; exec tail -f /dev/null",
        3,
        &["ran out of time", "| working"],
    )
    .await;
}

#[tokio::test]
async fn the_whole_process_group_is_gone_after_a_timeout_and_after_an_exit() {
    for (step, command, exit) in [
        ("{ role: sync, timeout: 500ms }", "tail -f /dev/null & echo $! > child; wait", 3),
        ("sync", "tail -f /dev/null & echo $! > child", 0),
    ] {
        let file = check(step, command, exit, &[]).await;
        let child: i32 = file.read("child").trim().parse().unwrap();
        let gone = async {
            while is_alive(child) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.expect("the child is gone");
    }
}

/// Whether a process runs (one that has ended but that nobody has waited for does not).
fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

#[tokio::test]
async fn a_command_runs_in_the_callers_folder_with_the_environment_contract() {
    let script = "pwd > where; env > variables; cat $FORESTBED_LICENSE_PLAN > plan; \
                  test -d $FORESTBED_STATE_DIR && echo $FORESTBED_CYCLE >> $FORESTBED_STATE_DIR/cycles; \
                  cp $FORESTBED_STATE_DIR/cycles .";
    let file = File::small("  - run: sync\n  - run: { role: sync, cycle: delta }\n");
    let report = run(&file, file.options().command(Role::Sync, script)).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    let folder = file.folder.path().canonicalize().unwrap();
    assert_eq!(file.read("where").trim(), folder.to_str().unwrap());
    // the state folder is kept between the steps of one run
    assert_eq!(file.read("cycles"), "initial\ndelta\n");
    let variables = file.read("variables");
    for name in ["FORESTBED_LDAP_URL=ldap://127.0.0.1:", "SSL_CERT_FILE=/", "FORESTBED_CLOCK=stepped"] {
        assert!(variables.contains(name), "{name}");
    }
    assert!(file.read("plan").contains("\"format\": 1"));
}

#[tokio::test]
async fn engines_with_names_have_folders_of_their_own_and_are_told_whether_they_are_in_staging() {
    let script = "echo $FORESTBED_STAGING $FORESTBED_CYCLE >> $FORESTBED_STATE_DIR/runs; \
                  cp $FORESTBED_STATE_DIR/runs runs-$(basename $FORESTBED_STATE_DIR)";
    let file = File::small(
        "  - run: sync
  - run: { role: sync, engine: second, staging: true }
  - expect: { last_run: { requests: 0, writes: 0, entries_read: 0 } }
  - run: { role: sync, cycle: delta }
  - run: { role: sync, engine: second }
  - expect: { sync: { second_run_writes: 0 } }
",
    );
    let report = run(&file, file.options().command(Role::Sync, script)).await;
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert_eq!(file.read("runs-state"), "0 initial\n0 delta\n");
    // a second run repeats the last step, and what it keeps is put back
    assert_eq!(file.read("runs-engine-second"), "1 initial\n0 initial\n0 initial\n");
    assert_eq!(report.steps[1].title, "run sync (initial, staging, engine second)");
}

#[tokio::test]
async fn what_the_last_run_cost_is_judged_and_faults_end() {
    let steps = "  - fault: { ldap: \"search *\", result: busy, every: 1 }
  - fault: none
  - expect: { last_run: { writes: 0 } }
  - run: sync
  - expect: { last_run: { requests: 1, writes: 0, entries_read: 1 } }
";
    let report = run(&File::small(steps), RunOptions { progress: false, ..RunOptions::default() }).await;
    assert_eq!(report.steps[3].status, StepStatus::Passed, "{report:?}");
    let actual = |step: usize, check: usize| report.steps[step].checks[check].actual.clone();
    // nobody has run yet: nothing holds
    assert_eq!((report.steps[2].status, actual(2, 0).as_str()), (StepStatus::Failed, "nothing to judge"));
    assert_eq!(report.steps[4].status, StepStatus::Failed);
    let cost = report.steps[3].cost.as_ref().unwrap();
    let counts = [cost.requests(), cost.writes(), cost.sides["ldap"].returned];
    assert_eq!([actual(4, 0), actual(4, 1), actual(4, 2)], counts.map(|count| count.to_string()));
    assert!(counts.iter().all(|count| *count > 12), "{counts:?}");
}

#[tokio::test]
async fn the_end_of_a_long_output_is_kept_and_escaped() {
    let command = "seq 1 20000; printf '\\033[31mred\\n'; exit 1";
    let file = check("sync", command, 1, &["| 20000", "\\u{1b}[31mred"]).await;
    drop(file);
}

#[tokio::test]
async fn a_rust_tool_fills_a_role_and_its_error_is_an_exit_code() {
    let file = File::small("  - run: licenser\n");
    let good = Function(|env| {
        assert_eq!(env.forests.len(), 1);
        Ok(forestbed_scenarios::ToolOutcome::done("done").with_count("licences", 3))
    });
    let report = run(&file, file.options().tool(Role::Licenser, Arc::new(good))).await;
    assert_eq!((report.exit_code(), report.steps[0].counts["licences"]), (0, 3));
    let bad = Function(|_| Err(forestbed_scenarios::ToolError::failed("no seat")));
    let report = run(&file, file.options().tool(Role::Licenser, Arc::new(bad))).await;
    assert_eq!((report.exit_code(), report.steps[0].exit), (1, Some(1)));
    assert!(report::terminal(&report).contains("no seat"));
}

#[tokio::test]
async fn a_wrong_report_file_fails_its_step() {
    let file = File::small("  - run: checker\n");
    let command = "echo '{\"format\":7,\"findings\":[]}' > $FORESTBED_REPORT_FILE";
    let report = run(&file, file.options().command(Role::Checker, command)).await;
    assert_eq!(report.exit_code(), 1);
    assert!(report::terminal(&report).contains("its report cannot be read"), "{report:?}");
}

#[tokio::test]
async fn a_snapshot_is_written_compared_and_accepted() {
    let file = File::small("  - snapshot: start\n");
    let (snap, pending) = ("snapshots/small__start.snap", "snapshots/small__start.snap.new");
    let update = || RunOptions { snapshot_mode: SnapshotMode::Update, ..file.options() };
    // missing: written beside its place, and the run fails
    assert_eq!(run(&file, file.options()).await.exit_code(), 1);
    assert!(file.exists(pending) && !file.exists(snap));
    // accepted
    assert_eq!(run(&file, update()).await.exit_code(), 0);
    assert!(file.exists(snap) && !file.exists(pending));
    assert!(
        file.read(snap).starts_with("---\nsource: small.yaml\nexpression: start\n---\nformat: 1\nseed: 42\n")
    );
    // the same state again
    let same = run(&file, file.options()).await;
    assert_eq!(same.exit_code(), 0);
    // another seed is another state
    let other = RunOptions { seed: Some(8), ..file.options() };
    let different = run(&file, other).await;
    assert_eq!(different.exit_code(), 1);
    assert!(file.exists(pending) && different.steps[0].output.contains("+ seed: 8"), "{different:?}");
    // a folder of its own
    let elsewhere = RunOptions { snapshots: Some(file.folder.path().join("elsewhere")), ..update() };
    assert_eq!(run(&file, elsewhere).await.exit_code(), 0);
    assert!(file.exists("elsewhere/small__start.snap"));
}

#[tokio::test]
async fn an_expectation_that_does_not_hold_fails_the_run() {
    let file = File::small(
        "  - expect: { cost: { requests: 0 } }\n  - run: sync\n  - expect: { sync: { second_run_writes: 0 }, licenses: { ENTERPRISEPACK: { consumed: 1 } } }\n",
    );
    let command = "echo x >> $FORESTBED_STATE_DIR/runs; cp $FORESTBED_STATE_DIR/runs .";
    let report = run(&file, file.options().command(Role::Sync, command)).await;
    assert_eq!(report.exit_code(), 1);
    let checks: Vec<(&str, bool)> = report
        .steps
        .iter()
        .flat_map(|step| &step.checks)
        .map(|check| (check.what.as_str(), check.passed))
        .collect();
    assert_eq!(
        checks,
        [
            ("cost.requests", true),
            ("licenses.ENTERPRISEPACK.consumed", false),
            ("sync.second_run_writes", true)
        ]
    );
    // the second run happened
    assert_eq!(file.read("runs"), "x\nx\n");
    let junit = report::junit(std::slice::from_ref(&report));
    assert!(junit.contains("<testsuite name=\"small\" tests=\"6\" failures=\"1\" errors=\"0\">"), "{junit}");
    let json: serde_json::Value = serde_json::from_str(&report::json(&[report])).unwrap();
    assert_eq!((&json["format"], &json["runs"][0]["steps"][1]["status"]), (&1.into(), &"passed".into()));
}

#[tokio::test]
async fn a_change_that_cannot_be_made_breaks_the_run_off() {
    let file = File::small("  - change: { delete_users: 500 }\n  - advance: 1s\n");
    let report = run(&file, file.options()).await;
    assert_eq!((report.exit_code(), report.steps.len()), (3, 1));
    assert_eq!(report.steps[0].status, StepStatus::Broken);
}

#[tokio::test]
async fn a_wrong_file_or_argument_is_told_before_anything_starts() {
    let file = File::small("  - rnu: sync\n");
    let error = runner::run(&file.path, file.options()).await.unwrap_err();
    assert_eq!((error.exit_code(), error.line_and_column().map(|place| place.1)), (2, Some(5)));
    let missing = runner::run("/no/such/file.yaml".as_ref(), RunOptions::default()).await.unwrap_err();
    assert_eq!(missing.exit_code(), 2);
    for bad in ["sync", "snyc=x", "sync= "] {
        assert!(RunOptions::default().tool_argument(bad).is_err(), "{bad}");
    }
    assert!(RunOptions::default().tool_argument("sync=python my.py --a=b").is_ok());
}
