//! The fuzz targets of `$filter` and `$search`, bounded: their corpora, changed corpora, and inputs from a grammar.

use super::bodies::TARGETS;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz"))
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let files = fs::read_dir(folder().join("corpus").join(target)).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn run(target: &str, cases: u32, inputs: impl Strategy<Value = Vec<u8>>) {
    let (_, body) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let result = runner.run(&inputs, |input| {
        body(&input);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{target}: {error}"));
}

#[test]
fn every_target_has_a_program_and_a_corpus_that_it_stands() {
    for (target, body) in TARGETS {
        assert!(folder().join(format!("fuzz_targets/{target}.rs")).exists(), "{target}");
        let inputs = corpus(target);
        assert!(inputs.len() >= 5, "{target} has {} inputs", inputs.len());
        inputs.iter().for_each(|input| body(input));
    }
}

#[test]
fn changed_corpora_are_stood() {
    for (target, _) in TARGETS {
        let inputs = corpus(target);
        let change = (any::<prop::sample::Index>(), 0..6usize, prop::collection::vec(any::<u8>(), 0..6));
        let changes = prop::collection::vec(change, 0..5);
        let changed = (any::<prop::sample::Index>(), changes).prop_map(move |(index, changes)| {
            let mut input = index.get(&inputs).clone();
            for (place, removed, added) in changes {
                let at = place.index(input.len() + 1);
                let end = (at + removed).min(input.len());
                input.splice(at..end, added);
            }
            input
        });
        run(target, 400, changed);
    }
}

/// Words of the grammar in any order: mostly nonsense, sometimes a filter.
#[test]
fn words_of_the_grammar_in_any_order_are_stood() {
    let words = prop::sample::select(vec![
        "displayName",
        "accountEnabled",
        "proxyAddresses",
        "assignedLicenses",
        "createdDateTime",
        "skuId",
        "p",
        "p/skuId",
        "$it/",
        "/any(",
        "/all(",
        "p:",
        "/$count",
        " eq ",
        " ne ",
        " ge ",
        " in (",
        " and ",
        " or ",
        "not ",
        "not(",
        "startsWith(",
        "endsWith(",
        "isof(",
        "'x'",
        "''",
        "null",
        "true",
        "0",
        "-1",
        "1e9",
        "2026-01-05",
        "2026-01-05T08:00:00Z",
        "00000000-0000-0000-0000-000000000001",
        "duration'PT1H'",
        "(",
        ")",
        ",",
        "/",
        ":",
        " ",
        "\"",
        "\"displayName:a\"",
        " AND ",
        " OR ",
        "NOT ",
        "\\",
        "'",
        "İ",
        "\u{0}",
    ]);
    for (target, _) in TARGETS {
        let text = prop::collection::vec(words.clone(), 0..14).prop_map(|words| words.concat().into_bytes());
        run(target, 800, text);
    }
}
