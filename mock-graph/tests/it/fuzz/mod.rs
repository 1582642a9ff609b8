//! The fuzz targets, bounded: on stable Rust, their corpora and some thousand inputs drawn from changed corpora
//! and at random. `fuzz/` runs the same bodies for as long as one likes.

mod bodies;

use super::odata::bodies as queries;
use bodies::{FuzzBody, TARGETS, good_tokens};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::fs;
use std::path::PathBuf;

/// The targets of this crate.
fn targets() -> impl Iterator<Item = (&'static str, FuzzBody)> {
    TARGETS.iter().chain(queries::TARGETS).copied()
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz"))
}

/// The committed inputs of a target, by name.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = folder().join("corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a file")).collect()
}

#[test]
fn every_target_has_a_program_and_a_corpus_that_it_stands() {
    for (target, body) in targets() {
        assert!(folder().join(format!("fuzz_targets/{target}.rs")).exists(), "{target}");
        let inputs = corpus(target);
        assert!(inputs.len() >= 5, "{target} has {} inputs", inputs.len());
        inputs.iter().for_each(|input| body(input));
    }
}

/// A change to an input: overwrite, insert, remove, or repeat a part of it.
type Change = (u8, usize, usize, Vec<u8>);

fn changed(mut input: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for (kind, at, length, octets) in changes {
        let at = at % (input.len() + 1);
        let end = (at + length % 8).min(input.len());
        match kind % 4 {
            0 => drop(input.splice(at..end, octets.iter().copied())),
            1 => drop(input.splice(at..at, octets.iter().copied())),
            2 => drop(input.drain(at..end)),
            _ => drop(input.splice(at..at, input[at..end].to_vec())),
        }
    }
    input
}

/// Some inputs, drawn from a strategy.
pub(crate) fn run(body: FuzzBody, cases: u32, inputs: impl Strategy<Value = Vec<u8>>) {
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let result = runner.run(&inputs, |input| {
        body(&input);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn changed_inputs() {
    for (target, body) in targets() {
        changed_of(target, body, 400);
    }
}

fn changed_of(target: &str, body: FuzzBody, cases: u32) {
    let inputs = corpus(target);
    let octets = prop::collection::vec(any::<u8>(), 0..6);
    let changes = prop::collection::vec((any::<u8>(), any::<usize>(), any::<usize>(), octets), 0..4);
    let drawn = (any::<prop::sample::Index>(), changes);
    run(body, cases, drawn.prop_map(move |(index, list)| changed(index.get(&inputs).clone(), &list)));
}

#[test]
fn any_octets() {
    for (_, body) in targets() {
        run(body, 300, prop::collection::vec(any::<u8>(), 0..200));
    }
}

#[test]
fn the_corpus_of_tokens_holds_good_ones() {
    // so that the changed ones go deep: without their seal being right, none would be read at all
    let inputs = corpus("graph_token");
    for (name, octets) in good_tokens() {
        assert!(inputs.iter().any(|input| input.get(1..) == Some(&octets[..])), "{name}");
    }
}
