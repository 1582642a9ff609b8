//! graph-filter-support.tsv as this test reads it: which clause needs an advanced query.

use super::ast::{F, Lit};
use super::encoded;
use super::population::population;

const TABLE: &str = include_str!("../../../../data/graph-filter-support.tsv");
const COLUMNS: [&str; 8] = ["eq", "ne", "not", "ge", "le", "in", "startsWith", "null"];

/// The cells of a path of a set, by column: D, A or blank.
fn row(set: &str, path: &str) -> Option<Vec<&'static str>> {
    let own = if set == "users" { "(User" } else { "(Group" };
    let line = |wanted: &str| {
        TABLE.lines().skip(2).find(|line| {
            let subject = line.split('\t').next().unwrap();
            let (name, of) = subject
                .split_once(" (")
                .map_or((subject, ""), |(name, _)| (name, &subject[subject.find('(').unwrap()..]));
            name == wanted && (of.is_empty() || of.starts_with(own))
        })
    };
    let wanted = match path.split_once('/') {
        Some((head, member)) if member.starts_with("extensionAttribute") => {
            format!("{head} {{extensionAttribute1-15}}")
        }
        Some((head, member)) => format!("{head} {{{member}}}"),
        None => path.to_owned(),
    };
    line(&wanted).map(|line| line.split('\t').skip(1).take(8).collect())
}

/// The weakest level that a filter needs: None when the table refuses it, else whether it must be advanced.
fn needs(set: &str, around: &str, filter: &F) -> Option<bool> {
    let full = |path: &str| match (around, path) {
        ("", path) => path.to_owned(),
        (around, "") => around.to_owned(),
        (around, path) => format!("{around}/{path}"),
    };
    let cell = |path: &str, column: &str| {
        let at = COLUMNS.iter().position(|known| *known == column).unwrap();
        match row(set, &full(path))?[at] {
            "D" => Some(false),
            "A" => Some(true),
            _ => None,
        }
    };
    let all = |parts: &[F]| {
        parts.iter().map(|part| needs(set, around, part)).try_fold(false, |so_far, part| Some(so_far | part?))
    };
    match filter {
        F::Cmp(path, op, lit) => {
            let column = match *op {
                "gt" => "ge",
                "lt" => "le",
                other => other,
            };
            match lit {
                Lit::Null if *op == "eq" => cell(path, "null"),
                Lit::Null => Some(cell(path, "null")? | cell(path, "ne")?),
                _ => cell(path, column),
            }
        }
        F::In(path, _) => cell(path, "in"),
        F::Starts(path, _) => cell(path, "startsWith"),
        // microsoft-graph.md section 3: endsWith is always advanced, and only for these two
        F::Ends(path, _) => matches!(path.as_str(), "mail" | "userPrincipalName").then_some(true),
        F::And(parts) | F::Or(parts) => {
            all(parts).map(|needed| needed | (!around.is_empty() && parts.len() > 1))
        }
        F::Not(inner) => Some(needs(set, around, inner)? | negatable(set, around, inner)?),
        F::Any(path, body) => needs(set, &full(path), body),
        F::Count(..) | F::Some(_) => Some(true),
    }
}

/// Whether `not` may stand before a filter, and whether it must be advanced then.
fn negatable(set: &str, around: &str, filter: &F) -> Option<bool> {
    let full = |path: &str| {
        if around.is_empty() {
            path.to_owned()
        } else {
            format!("{around}/{path}").trim_end_matches('/').to_owned()
        }
    };
    match filter {
        F::Cmp(path, ..) | F::In(path, _) | F::Starts(path, _) => match row(set, &full(path))?[2] {
            "D" => Some(false),
            "A" => Some(true),
            _ => None,
        },
        F::Any(path, body) => negatable(set, &full(path), body),
        F::And(parts) | F::Or(parts) => parts
            .iter()
            .map(|part| negatable(set, around, part))
            .try_fold(false, |so_far, part| Some(so_far | part?)),
        F::Not(inner) => negatable(set, around, inner),
        F::Ends(..) | F::Count(..) | F::Some(_) => Some(true),
    }
}

pub(super) fn is_supported(set: &str, filter: &F) -> bool {
    needs(set, "", filter).is_some()
}

pub(super) fn is_default(set: &str, filter: &F) -> bool {
    needs(set, "", filter) == Some(false)
}

pub(super) fn is_negatable(set: &str, filter: &F) -> bool {
    negatable(set, "", filter).is_some()
}

/// Every cell of the table for which users or groups have the property: D answers, A answers only an advanced query,
/// blank never.
#[test]
fn every_cell_of_the_table_decides_as_it_says() {
    let population = population();
    let mut cells = [0usize; 3];
    for line in TABLE.lines().skip(2) {
        let subject = line.split('\t').next().unwrap();
        let (name, of) = subject.split_once(" (").unwrap_or((subject, ""));
        for (set, entity) in [("users", "user"), ("groups", "group")] {
            if !of.is_empty() && !of.to_ascii_lowercase().starts_with(entity) {
                continue;
            }
            let Some((path, lambda, ty)) = property(entity, name) else { continue };
            for (at, column) in COLUMNS.iter().enumerate() {
                let Some(filter) = clause(&path, lambda, ty, column) else { continue };
                let level = line.split('\t').nth(1 + at).unwrap();
                // `not` is asked of eq, which must itself be allowed; and null beside `eq null` has no other form
                let eq = line.split('\t').nth(1).unwrap();
                if *column == "not" && eq.is_empty() {
                    continue;
                }
                let target = format!("/v1.0/{set}?$select=id&$filter={}", encoded(&filter));
                let plain = population.reader.get(&target).status;
                let advanced = population.reader.eventual(&format!("{target}&$count=true")).status;
                let expected = match (level, *column, eq) {
                    ("D", "not", "A") => (400, 200),
                    ("D", ..) => (200, 200),
                    ("A", ..) => (400, 200),
                    _ => (400, 400),
                };
                assert_eq!((plain, advanced), expected, "{set}: {filter}, {column} is {level:?}");
                cells[match level {
                    "D" => 0,
                    "A" => 1,
                    _ => 2,
                }] += 1;
            }
        }
    }
    assert!(cells.iter().all(|count| *count > 50), "{cells:?}");
}

/// The path, whether it needs a lambda, and the type of a property of the table; none when the type lacks it.
fn property(entity: &str, name: &str) -> Option<(String, bool, &'static str)> {
    let properties = include_str!("../../../../data/graph-properties.tsv");
    let (head, member) =
        name.split_once(" {").map_or((name, None), |(head, tail)| (head, Some(tail.trim_end_matches('}'))));
    let prefix = format!("{entity}\tproperty\t{head}\t");
    let ty = properties.lines().find(|line| line.starts_with(&prefix))?.split('\t').nth(3)?;
    let (element, collection) = match ty.strip_prefix("C(") {
        Some(rest) => (rest.trim_end_matches(')'), true),
        None => (ty, false),
    };
    let Some(member) = member else { return Some((head.to_owned(), collection, element)) };
    let member = if member.starts_with("extensionAttribute") { "extensionAttribute3" } else { member };
    let complex = include_str!("../../../../data/graph-complex-types.tsv");
    let prefix = format!("{element}\t{member}\t");
    let ty = complex.lines().find(|line| line.starts_with(&prefix))?.split('\t').nth(2)?;
    let path = if collection { format!("{head}|{member}") } else { format!("{head}/{member}") };
    Some((path, collection, ty))
}

/// A clause with an operator over a property of a type; none when the type has no such operator.
fn clause(path: &str, lambda: bool, ty: &str, column: &str) -> Option<String> {
    let value = match ty {
        "String" => "'x'",
        "Boolean" => "true",
        "Guid" => "00000000-0000-0000-0000-000000000001",
        "DateTimeOffset" => "2026-01-05T08:00:00Z",
        _ => return None,
    };
    let (head, member) = path.split_once('|').unwrap_or((path, ""));
    let own = match (lambda, member) {
        (false, _) => path.to_owned(),
        (true, "") => "x".to_owned(),
        (true, member) => format!("x/{member}"),
    };
    let inner = match column {
        "eq" | "not" => format!("{own} eq {value}"),
        "ne" | "ge" | "le" if ty != "Boolean" || column == "ne" => format!("{own} {column} {value}"),
        "in" => format!("{own} in ({value})"),
        "startsWith" if ty == "String" => format!("startsWith({own},{value})"),
        "null" if !lambda => format!("{own} eq null"),
        _ => return None,
    };
    let whole = if lambda { format!("{head}/any(x:{inner})") } else { inner };
    Some(if column == "not" { format!("not({whole})") } else { whole })
}
