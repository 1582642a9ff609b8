//! The fuzz targets, bounded: on stable Rust, their corpora and some thousand inputs drawn from grammars and from
//! changed corpora. `fuzz/` runs the same bodies for as long as one likes.

mod bodies;

use bodies::{FuzzBody, TARGETS};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::fs;
use std::path::PathBuf;

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
    for (target, body) in TARGETS {
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

/// Runs a body on changed inputs of its corpus.
fn stands_changes(target: &str, cases: u32) {
    let (_, body) = TARGETS.iter().find(|(name, _)| *name == target).expect("a target");
    let inputs = corpus(target);
    let changes = prop::collection::vec(
        (any::<u8>(), any::<usize>(), any::<usize>(), prop::collection::vec(any::<u8>(), 0..6)),
        0..6,
    );
    run(
        *body,
        cases,
        (any::<prop::sample::Index>(), changes)
            .prop_map(move |(index, changes)| changed(index.get(&inputs).clone(), &changes)),
    );
}

fn run(body: FuzzBody, cases: u32, inputs: impl Strategy<Value = Vec<u8>>) {
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let result = runner.run(&inputs, |input| {
        body(&input);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn changed_requests() {
    stands_changes("ldap_request", 600);
}

#[test]
fn changed_filters() {
    stands_changes("filter", 2_000);
}

#[test]
fn changed_names() {
    stands_changes("distinguished_name", 2_000);
}

#[test]
fn changed_ldif() {
    stands_changes("ldif", 2_000);
}

#[test]
fn changed_cookies() {
    stands_changes("dirsync_cookie", 300);
}

#[test]
fn filters_by_their_grammar() {
    const NAMES: &[&str] = &[
        "cn",
        "name",
        "objectClass",
        "objectCategory",
        "member",
        "memberOf",
        "userAccountControl",
        "uSNChanged",
        "anr",
        "whenCreated",
        "objectGUID",
        "nosuch",
        "2.5.4.3",
        "sAMAccountName",
    ];
    const RULES: &[&str] = &["", ":dn", ":1.2.840.113556.1.4.803", ":1.2.840.113556.1.4.1941", ":1.2.3"];
    let values = "[a-z0-9*=,@\\\\. -]{0,12}|CN=Users,DC=contoso,DC=local|-?[0-9]{1,12}|\\\\[0-9a-f]{2}|group|person|20260105080000.0Z";
    let leaf = (
        prop::sample::select(NAMES),
        prop::sample::select(&["=", ">=", "<=", "~=", ":="][..]),
        prop::sample::select(RULES),
        values,
    )
        .prop_map(|(name, operator, rule, value)| match operator {
            ":=" => format!("({name}{rule}:={value})"),
            _ => format!("({name}{operator}{value})"),
        });
    let tree = leaf.prop_recursive(5, 40, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            list.clone().prop_map(|list| format!("(&{})", list.concat())),
            list.prop_map(|list| format!("(|{})", list.concat())),
            inner.prop_map(|inner| format!("(!{inner})")),
        ]
    });
    run(bodies::filter, 2_000, tree.prop_map(String::into_bytes));
}

#[test]
fn any_octets() {
    for (target, body) in TARGETS {
        let cases = if ["ldap_request", "dirsync_cookie"].contains(target) { 200 } else { 2_000 };
        run(*body, cases, prop::collection::vec(any::<u8>(), 0..200));
    }
}
