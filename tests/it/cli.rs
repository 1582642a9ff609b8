//! The command-line tool as a process: exit codes, signals, and what is left behind.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn forestbed(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forestbed"));
    command.args(arguments).stdin(Stdio::null()).env_remove("FORESTBED_CONTROL_URL");
    command
}

fn output(arguments: &[&str]) -> Output {
    forestbed(arguments).output().expect("forestbed runs")
}

/// Starts it with its run folders under `folder`, and gives the first line that it prints.
fn started(arguments: &[&str], folder: &Path) -> (Child, BufReader<std::process::ChildStdout>, String) {
    let mut command = forestbed(arguments);
    let mut child = command.env("TMPDIR", folder).stdout(Stdio::piped()).spawn().expect("forestbed runs");
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    (child, out, line)
}

fn send(signal: &str, process: u32) {
    let sent = Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).expect("a folder").next().is_none()
}

#[test]
fn exec_passes_the_exit_code_on_and_says_when_it_cannot_start() {
    for (command, code) in [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)] {
        let ended = output(&["exec", "--users", "5", "--", "sh", "-c", command]);
        assert_eq!(ended.status.code(), Some(code), "{command}");
    }
    let ended = output(&["exec", "--users", "5", "--", "no-such-program-anywhere"]);
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("no-such-program-anywhere"), "{said}");
}

#[test]
fn the_sync_command_is_told_by_the_environment_which_engine_it_is_and_whether_it_is_in_staging() {
    let library = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/library");
    let engine = format!("sync={} sync", env!("CARGO_BIN_EXE_forestbed"));
    let file = format!("{library}/staging-switchover.yaml");
    let ended = output(&["run", &file, "--tool", &engine]);
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stdout));
    // who pays no heed to it is caught
    let deaf = format!("sync=env -u FORESTBED_STAGING {} sync", env!("CARGO_BIN_EXE_forestbed"));
    let ended = output(&["run", &file, "--tool", &deaf]);
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("FAILED last_run.writes <= 0"), "{said}");
}

#[test]
fn exec_ends_with_everything_that_it_started() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let folder = tempfile::tempdir().expect("a folder");
        let tool = "trap 'exit 3' INT; sleep 600 & echo ready; wait";
        let arguments = ["exec", "--users", "5", "--", "sh", "-c", tool];
        let (mut child, mut out, line) = started(&arguments, folder.path());
        assert_eq!(line, "ready\n");
        send(signal, child.id());
        // the end of the output comes when nobody is left who could write: neither the tool nor its child
        let mut rest = String::new();
        out.read_to_string(&mut rest).expect("the rest");
        assert!(!child.wait().expect("its end").success(), "{signal}");
        assert!(is_empty(folder.path()), "{signal} left the run's folder");
    }
}

#[test]
fn up_tells_its_addresses_privately_and_leaves_nothing() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let folder = tempfile::tempdir().expect("a folder");
        let ready = tempfile::NamedTempFile::new().expect("a file").into_temp_path();
        // a file that others may read lies there already
        std::fs::set_permissions(&ready, PermissionsExt::from_mode(0o644)).expect("a mode");
        let file = ready.to_str().expect("a path");
        let (mut child, _out, line) = started(&["up", "--users", "5", "--ready-file", file], folder.path());
        assert!(line.contains("\"FORESTBED_LDAP_URL\":\"ldap://127.0.0.1:"), "{line}");
        assert_eq!(std::fs::read_to_string(&ready).expect("the file"), line);
        let mode = std::fs::metadata(&ready).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        send(signal, child.id());
        assert!(child.wait().expect("its end").success(), "{signal}");
        assert!(is_empty(folder.path()) && !ready.exists(), "{signal} left something");
    }
}

#[test]
fn one_wrong_file_does_not_keep_the_others_from_running() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a path").to_owned()
    };
    let wrong = write("wrong.yaml", "format: 1\nname: wrong\nsede: 3\n");
    let right = write(
        "right.yaml",
        "format: 1\nname: right\nforests: [{ domain: contoso.local, population: { users: 20 }, defects: clean }]\nsteps: []\n",
    );
    let too_many = write(
        "too-many.yaml",
        "format: 1\nname: too-many\nforests:\n  - domain: contoso.local\n    population: { users: 20 }\n    defects: { PA26: 5000 }\n",
    );
    let ended = output(&["run", &wrong, &too_many, &right]);
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert_eq!(ended.status.code(), Some(2), "{err}");
    assert!(err.contains("wrong.yaml:3:1: ") && err.contains("sede"), "{err}");
    assert!(err.contains("too-many.yaml:6:16: ") && err.contains("5000 defects PA26"), "{err}");
    assert!(out.contains("right (seed 42)"), "{out}");
}
