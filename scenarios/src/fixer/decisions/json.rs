//! Decisions as JSON: `[{"dn", "attribute", "value" | "values", "old", "action"}]`, alone or under `decisions`.

use super::{Asked, Row};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    decisions: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    dn: String,
    attribute: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    values: Option<Vec<String>>,
    #[serde(default)]
    old: Option<String>,
    #[serde(default)]
    action: Option<String>,
}

pub(super) fn rows(text: &str, problems: &mut Vec<(usize, String)>) -> Vec<Row> {
    let parsed = match text.trim_start().starts_with('[') {
        true => serde_json::from_str::<Vec<Item>>(text),
        false => serde_json::from_str::<Wrapped>(text).map(|wrapped| wrapped.decisions),
    };
    let items = match parsed {
        Ok(items) => items,
        Err(error) => {
            problems.push((0, format!("no decisions: {error}")));
            return Vec::new();
        }
    };
    let mut rows = Vec::new();
    for (nth, item) in items.into_iter().enumerate() {
        let place = nth + 1;
        let mut push = |asked| {
            rows.push(Row { place, dn: item.dn.clone(), attribute: item.attribute.clone(), asked });
        };
        let (action, old) =
            (item.action.as_deref().unwrap_or_default(), item.old.as_deref().unwrap_or_default());
        match (item.values, &item.value) {
            (Some(values), None) if action.is_empty() && old.is_empty() => {
                if values.is_empty() {
                    push(Asked::Value(None));
                }
                values.into_iter().for_each(|value| push(Asked::Value(Some(value))));
            }
            (Some(_), _) => {
                problems.push((place, "values stands alone: no value, old or action beside it".into()))
            }
            (None, value) => match super::csv::asked(action, old, value.as_deref().unwrap_or_default()) {
                Ok(asked) => push(asked),
                Err(problem) => problems.push((place, problem)),
            },
        }
    }
    rows
}
