//! The page for people who come from IdFix is complete.

use super::CSV_HEADER;
use super::row::{Action, ErrorType};
use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../../../docs/coming-from-idfix.md");

/// Id and IdFix's answer of every row of the catalogue.
fn catalogue() -> BTreeMap<&'static str, &'static str> {
    let mut lines = include_str!("../../../data/defects.tsv").lines();
    let header = lines.next().unwrap();
    let column = header.split('\t').position(|name| name == "idfix_error_MT").unwrap();
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        (cells[0], cells[column])
    };
    lines.map(row).collect()
}

/// The first two cells of each row of the page's long table, as they read.
fn table() -> Vec<(String, String)> {
    let (_, rest) = PAGE.split_once("<!-- rules: begin -->").unwrap();
    let (table, _) = rest.split_once("<!-- rules: end -->").unwrap();
    let cells = |line: &str| {
        let plain = line.replace("\\|", "\u{1}").replace('\\', "");
        let cells: Vec<String> = plain.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect();
        (cells[1].clone(), cells[2].clone())
    };
    table.trim().lines().skip(2).map(cells).collect()
}

#[test]
fn every_row_of_the_catalogue_stands_beside_idfixs_answer() {
    let (catalogue, table) = (catalogue(), table());
    let written: BTreeMap<&str, &str> = table.iter().map(|(id, said)| (&**id, &**said)).collect();
    assert_eq!(written.len(), table.len(), "a row stands there twice");
    let wrong: Vec<_> = catalogue.iter().filter(|(id, said)| written.get(*id) != Some(said)).collect();
    assert!(wrong.is_empty(), "not in docs/coming-from-idfix.md, or with another answer: {wrong:?}");
    let unknown: Vec<_> = written.keys().filter(|id| !catalogue.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "not in the catalogue: {unknown:?}");
}

#[test]
fn every_rule_that_the_text_names_is_in_the_catalogue() {
    let catalogue = catalogue();
    let (text, _) = PAGE.split_once("<!-- rules: begin -->").unwrap();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let is_id = |word: &&str| {
        let (letters, digits) = word.split_at(word.len().min(2));
        word.len() == 4
            && letters.bytes().all(|b| b.is_ascii_uppercase())
            && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let named: Vec<&str> = words.filter(is_id).collect();
    assert!(named.len() > 20, "{named:?}");
    let unknown: Vec<_> = named.iter().filter(|id| !catalogue.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn every_error_action_and_column_of_idfix_is_told() {
    use ErrorType::{Blank, Character, DomainPart, Duplicate, Format, Length, LocalPart, TopLevelDomain};
    let errors = [Format, Blank, Duplicate, Character, TopLevelDomain, DomainPart, LocalPart, Length];
    let told = |name: &str| {
        let row = PAGE.lines().filter(|line| line.starts_with('|'));
        row.map(|row| row.split('|').nth(1).unwrap_or(""))
            .any(|cell| cell.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word == name))
    };
    for error in errors {
        assert!(told(error.name()), "{}", error.name());
    }
    for action in [Action::Edit, Action::Complete, Action::Remove] {
        assert!(told(&action.name().to_uppercase()), "{}", action.name());
    }
    for column in CSV_HEADER {
        assert!(told(column), "{column}");
    }
}
