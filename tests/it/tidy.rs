//! House rules that no lint knows.

use std::fs;
use std::path::{Path, PathBuf};

/// Most lines of a source file, tests and data apart.
const MAX_LINES: usize = 600;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in
        fs::read_dir(folder).expect("a folder of the repository").map(|entry| entry.expect("an entry"))
    {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && name != ".git" && name != "node_modules" {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all() -> Vec<PathBuf> {
    let mut found = Vec::new();
    sources(Path::new(env!("CARGO_MANIFEST_DIR")), &mut found);
    assert!(found.len() > 50, "the sources were found");
    found
}

#[test]
fn no_source_file_is_longer_than_600_lines() {
    let long: Vec<String> = all()
        .iter()
        .map(|path| (path, fs::read_to_string(path).expect("a text").lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(path, lines)| format!("{}: {lines}", path.display()))
        .collect();
    assert!(long.is_empty(), "split these by purpose:\n{}", long.join("\n"));
}

#[test]
fn nothing_is_left_to_be_done_later_in_secret() {
    // spelt in two parts, so that this file does not find itself
    let words = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
    ];
    for path in all() {
        let text = fs::read_to_string(&path).expect("a text");
        for word in words {
            assert!(!text.contains(word), "{} holds {word}", path.display());
        }
    }
}

#[test]
fn the_world_knows_no_wire_and_no_runtime() {
    let manifest =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/sim/Cargo.toml")).expect("a manifest");
    for name in ["tokio", "hyper", "axum", "rustls", "ldap3", "reqwest", "http"] {
        assert!(!manifest.lines().any(|line| line.starts_with(name)), "sim depends on {name}");
    }
}
