//! Filters over a fixed population, over Graph's own wire: what they find, and what is refused.

mod ast;
mod cases;
mod matrix;
mod population;
mod refusals;

use ast::F;
pub(super) use population::{Population, population};
use serde_json::{Value, json};

/// Percent-encodes what a filter may hold.
pub(super) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/()',:$".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// The ids that a filter finds, sorted.
fn found(population: &Population, set: &str, filter: &str, advanced: bool) -> Vec<String> {
    let count = if advanced { "&$count=true" } else { "" };
    let target = format!("/v1.0/{set}?$top=999&$select=id{count}&$filter={}", encoded(filter));
    let answer = match advanced {
        true => population.reader.eventual(&target),
        false => population.reader.get(&target),
    };
    assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
    let mut ids: Vec<String> = answer.body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort_unstable();
    if advanced {
        assert_eq!(answer.body["@odata.count"], json!(ids.len()), "{filter}");
    }
    ids
}

fn expected(objects: &[Value], filter: &F) -> Vec<String> {
    let mut ids: Vec<String> = objects
        .iter()
        .filter(|object| filter.holds(object))
        .map(|object| object["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort_unstable();
    ids
}

#[test]
fn single_clauses_find_what_a_naive_evaluator_finds() {
    let population = population();
    let (mut asked, mut hits, mut plain) = (0, 0, 0);
    for (set, objects, filters) in
        [("users", &population.users, cases::users()), ("groups", &population.groups, cases::groups())]
    {
        for filter in &filters {
            let (text, wanted) = (filter.text(""), expected(objects, filter));
            assert_eq!(found(&population, set, &text, true), wanted, "{set}: {text}");
            if matrix::is_default(set, filter) {
                assert_eq!(found(&population, set, &text, false), wanted, "{set}, not advanced: {text}");
                plain += 1;
            }
            asked += 1;
            hits += usize::from(!wanted.is_empty() && wanted.len() < objects.len());
        }
    }
    println!("{asked} filters, {plain} of them plainly too, {hits} find some but not all");
    assert!(asked >= 300, "{asked}");
    assert!(plain >= 100, "{plain}");
    // a filter that finds nobody or everybody says little
    assert!(hits * 10 >= asked * 7, "{hits} of {asked}");
}

#[test]
fn connected_clauses_find_what_a_naive_evaluator_finds() {
    let population = population();
    let clauses = cases::users();
    let pick = |i: usize| clauses[i % clauses.len()].clone();
    for i in 0..160usize {
        let (a, b, c) = (pick(i * 7), pick(i * 13 + 5), pick(i * 29 + 11));
        let filter = match i % 5 {
            0 => F::And(vec![a, b]),
            1 => F::Or(vec![a, F::And(vec![b, c])]),
            2 => F::And(vec![F::Or(vec![a, b]), c]),
            3 if matrix::is_negatable("users", &a) => F::And(vec![ast::not(a), b]),
            _ => F::Or(vec![a, b, c]),
        };
        let text = filter.text("");
        assert_eq!(found(&population, "users", &text, true), expected(&population.users, &filter), "{text}");
    }
}

#[test]
fn texts_of_every_style_mean_the_same() {
    let population = population();
    for (text, filter) in cases::styles() {
        assert_eq!(found(&population, "users", text, true), expected(&population.users, &filter), "{text}");
    }
}

#[test]
fn the_count_of_a_set_takes_the_same_filters() {
    let population = population();
    for filter in cases::users().iter().step_by(9) {
        let target = format!("/v1.0/users/$count?$filter={}", encoded(&filter.text("")));
        let answer = population.reader.eventual(&target);
        assert_eq!(answer.body, json!(expected(&population.users, filter).len()), "{target}");
    }
}

#[test]
fn a_filtered_set_is_read_page_by_page() {
    let population = population();
    let filter =
        cases::users().into_iter().find(|filter| expected(&population.users, filter).len() > 20).unwrap();
    let mut target =
        format!("/v1.0/users?$top=7&$select=id&$count=true&$filter={}", encoded(&filter.text("")));
    let mut ids = Vec::new();
    loop {
        let page = population.reader.eventual(&target).body;
        ids.extend(
            page["value"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["@odata.nextLink"].as_str() else { break };
        target = next.split_once(super::HOST_NAME).unwrap().1.to_owned();
    }
    ids.sort_unstable();
    assert_eq!(ids, expected(&population.users, &filter));
}
