//! The labelled cases of `data/rule-cases.jsonl` as IdFix answered them, and what they leave open.

use super::*;
use std::collections::BTreeMap;

/// Cases whose expectation is not followed, each with the reason.
const DISAGREEMENTS: &[(&str, &str)] = &[];

#[derive(serde::Deserialize)]
struct Case {
    id: String,
    mode: String,
    #[serde(rename = "useAlternateLogin")]
    alternate_login_id: bool,
    objects: Vec<CaseObject>,
    expect: Expected,
}

#[derive(serde::Deserialize)]
struct CaseObject {
    dn: String,
    class: String,
    attributes: BTreeMap<String, Vec<String>>,
}

#[derive(serde::Deserialize)]
struct Expected {
    skipped: Vec<String>,
    rows: Vec<ExpectedRow>,
    original_row_suppressed: bool,
    status: Vec<String>,
}

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExpectedRow {
    dn: String,
    object_class: String,
    attribute: String,
    errors: Vec<String>,
    value: Option<String>,
    proposed_action: String,
    update: Option<String>,
    kind: String,
}

fn shown(row: &IdFixRow) -> ExpectedRow {
    ExpectedRow {
        dn: row.dn.clone(),
        object_class: row.object_class.clone(),
        attribute: row.attribute.to_owned(),
        errors: row.errors.iter().map(|error| error.name().to_owned()).collect(),
        value: row.value.clone(),
        proposed_action: row.proposed_action.name().to_owned(),
        update: row.update.clone(),
        kind: if row.kind == RowKind::Finding { "finding" } else { "added_original" }.to_owned(),
    }
}

fn cases() -> Vec<Case> {
    let lines = include_str!("../../../data/rule-cases.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn views(case: &Case) -> Vec<ObjectView> {
    let view = |object: &CaseObject| {
        let mut view = ObjectView::new(&object.dn, &object.class);
        object.attributes.iter().for_each(|(name, values)| view.set(name, values.clone()));
        view
    };
    case.objects.iter().map(view).collect()
}

fn settings(case: &Case) -> IdFixSettings {
    let mode = if case.mode == "Dedicated" { Mode::Dedicated } else { Mode::MultiTenant };
    IdFixSettings { mode, alternate_login_id: case.alternate_login_id }
}

#[test]
fn labelled_cases_are_judged_as_idfix_judged_them() {
    let cases = cases();
    // preparation-rules.md section 5
    assert_eq!(cases.len(), 201);
    let mut wrong = Vec::new();
    for case in &cases {
        let views = views(case);
        let report = check(&views, &settings(case));
        let rows: Vec<ExpectedRow> = report.rows.iter().map(shown).collect();
        let skipped: Vec<&String> = report.skipped.iter().map(|object| &views[*object].dn).collect();
        let right = rows == case.expect.rows
            && skipped.iter().copied().eq(&case.expect.skipped)
            && report.suppressed.is_empty() != case.expect.original_row_suppressed
            && report.status == case.expect.status;
        let excepted = DISAGREEMENTS.iter().any(|(id, _)| *id == case.id);
        if right == excepted {
            wrong.push(format!("{}: {rows:#?} {skipped:?} {:?}", case.id, report.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
