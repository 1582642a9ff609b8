//! The labelled cases of `data/rule-cases.jsonl` as IdFix answered them, and what they leave open.

use super::super::{IdFixMode, Severity};
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
    let mode = if case.mode == "Dedicated" { IdFixMode::Dedicated } else { IdFixMode::MultiTenant };
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

fn user(name: &str) -> ObjectView {
    let dn = format!("CN={name},OU=Lab,DC=contoso,DC=com");
    ObjectView::new(dn, "user").with("cn", vec![name.to_owned()]).with("displayName", vec![name.to_owned()])
}

#[test]
fn of_n_holders_the_first_is_listed_n_minus_one_times() {
    // preparation-rules.md section 2.4
    let holder = |name| user(name).with("mail", vec!["dup@contoso.com".to_owned()]);
    let report = check(&[holder("A"), holder("B"), holder("C")], &IdFixSettings::default());
    let names: Vec<(&str, RowKind)> =
        report.rows.iter().map(|row| (row.common_name.as_str(), row.kind)).collect();
    let (added, found) = (RowKind::AddedOriginal, RowKind::Finding);
    assert_eq!(names, [("A", added), ("B", found), ("A", added), ("C", found)]);
}

#[test]
fn the_first_holder_is_looked_for_by_the_value_before_its_repair() {
    // the repaired values of A and B are stored; C's repaired one is B's, its raw one happens to be A's
    let upn = |name, upn: &str| user(name).with("userPrincipalName", vec![upn.to_owned()]);
    let views = [upn("A", "jan..@contoso.com"), upn("B", "jan@contoso.com"), upn("C", "jan.@contoso.com")];
    let report = check(&views, &IdFixSettings::default());
    let last: Vec<(&str, &str)> =
        report.rows.iter().rev().take(2).map(|row| (row.common_name.as_str(), row.attribute)).collect();
    assert_eq!(last, [("C", "userPrincipalName"), ("A", "userPrincipalName")]);
    assert!(report.suppressed.is_empty());
}

#[test]
fn an_export_without_cn_is_named_by_its_distinguished_name() {
    let view = ObjectView::new("CN=Doe\\, John,OU=Lab,DC=contoso,DC=com", "user");
    let report = check(&[view], &IdFixSettings::default());
    assert_eq!(report.rows[0].update.as_deref(), Some("Doe, John"));
}

#[test]
fn dedicated_asks_for_objects_with_mail_alone() {
    let dedicated = IdFixSettings { mode: IdFixMode::Dedicated, ..IdFixSettings::default() };
    let group = ObjectView::new("CN=g,DC=contoso,DC=com", "group").with("cn", vec!["g".to_owned()]);
    assert!(check(std::slice::from_ref(&group), &dedicated).rows.is_empty());
    let with_mail = group.with("mail", vec!["g@contoso.com".to_owned()]);
    assert_eq!(check(&[with_mail], &dedicated).rows[0].error_text(), "Blank");
}

#[test]
fn findings_suggest_what_accepting_every_proposal_leaves() {
    let proxies = ["SMTP:jan j@contoso.local", "smtp:ok@contoso.com", "smtp:bad(x)@contoso.com"];
    let view = user("Jan").with("proxyAddresses", proxies.map(str::to_owned).to_vec());
    let objects = [view];
    let findings = check(&objects, &IdFixSettings::default()).findings(&objects);
    let expected = ["SMTP:janj@contoso.local", "smtp:ok@contoso.com", "smtp:badx@contoso.com"]
        .map(str::to_owned)
        .to_vec();
    let rules: Vec<&str> = findings.iter().map(|finding| &*finding.rule).collect();
    assert_eq!(rules, ["idfix:Character+TopLevelDomain", "idfix:Character"]);
    for finding in findings {
        assert_eq!(finding.suggestion.as_ref(), Some(&expected));
        assert_eq!((finding.severity, &*finding.attribute), (Severity::Error, "proxyAddresses"));
    }
}

#[test]
fn an_edit_that_changes_nothing_is_no_suggestion() {
    let objects = [
        user("Jan").with("userPrincipalName", vec!["jan@contoso.local".to_owned()]),
        user("Piet").with("userPrincipalName", vec!["jan@contoso.local".to_owned()]),
    ];
    let findings = check(&objects, &IdFixSettings::default()).findings(&objects);
    assert_eq!(findings.len(), 3);
    assert!(findings.iter().all(super::super::Finding::needs_decision));
    assert_eq!(findings[1].others, [objects[1].dn.clone()]);
    assert_eq!(findings[2].others, [objects[0].dn.clone()]);
}

#[test]
fn the_export_quotes_what_a_reader_would_misread() {
    // preparation-rules.md section 1: IdFix quotes commas only
    let view = ObjectView::new("CN=Jan \"JJ\",DC=contoso", "user")
        .with("cn", vec!["Jan \"JJ\"".to_owned()])
        .with("displayName", vec!["x".to_owned()])
        .with("proxyAddresses", vec![" SMTP:a@contoso.com".to_owned()]);
    let text = csv(&check(&[view], &IdFixSettings::default()).rows);
    let expected = concat!(
        "DISTINGUISHEDNAME,COMMONNAME,OBJECTCLASS,ATTRIBUTE,ERROR,VALUE,UPDATE,PROPOSEDACTION,ACTION\r\n",
        "\"CN=Jan \"\"JJ\"\",DC=contoso\",\"Jan \"\"JJ\"\"\",user,proxyAddresses,Character,",
        "\" SMTP:a@contoso.com\",SMTP:a@contoso.com,Edit,\r\n",
    );
    assert_eq!(text, expected);
}

#[test]
fn what_idfix_would_do_with_a_duplicate_is_what_a_finding_suggests() {
    use crate::rules::{Finding, ObjectView, RuleSet, Settings, check};
    // preparation-rules.md 2.4, proposed action
    let user = |name: &str, attributes: &[(&str, &[&str])]| {
        let texts = |values: &[&str]| values.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        let view = ObjectView::new(format!("CN={name},DC=contoso,DC=com"), "user")
            .with("cn", texts(&[name]))
            .with("displayName", texts(&[name]));
        attributes.iter().fold(view, |view, (attribute, values)| view.with(attribute, texts(values)))
    };
    let settings = Settings { rules: RuleSet::IdFix, ..Settings::default() };
    let found = |attributes: &[(&str, &[&str])], alias: Option<&str>| -> Vec<Finding> {
        let one = user("One", attributes);
        let mut other = user("Other", attributes);
        other.set("mailNickname", alias.map(str::to_owned).into_iter().collect());
        check(&[one, other], &settings)
    };
    let mail: [(&str, &[&str]); 1] = [("mail", &["a@contoso.com"])];
    let complete = found(&mail, Some("other"));
    assert_eq!(complete.len(), 1, "{complete:#?}");
    assert_eq!(complete[0].suggestion, Some(vec!["a@contoso.com".to_owned()]));
    assert!(complete[0].reason.starts_with("IdFix: Duplicate; proposes "), "{}", complete[0].reason);
    assert_eq!((complete[0].dn.as_str(), complete[0].object), ("CN=Other,DC=contoso,DC=com", 1));
    let edit = found(&mail, None);
    let shown: Vec<(&str, &[String])> = edit.iter().map(|f| (f.dn.as_str(), &f.others[..])).collect();
    let (one, other) = ("CN=One,DC=contoso,DC=com", "CN=Other,DC=contoso,DC=com");
    assert_eq!(shown, [(one, &[other.to_owned()][..]), (other, &[one.to_owned()][..])]);
    assert!(edit.iter().all(|f| f.suggestion.is_none()));
    assert!(edit[0].reason.starts_with("IdFix: first holder of a value"), "{}", edit[0].reason);
    let addresses: [(&str, &[&str]); 1] = [("proxyAddresses", &["smtp:a@contoso.com", "smtp:b@contoso.com"])];
    let removed = found(&addresses, None);
    let first = removed.iter().find(|f| f.dn == other && f.value.as_deref() == Some("smtp:a@contoso.com"));
    assert_eq!(first.unwrap().suggestion, Some(vec!["smtp:b@contoso.com".to_owned()]), "{removed:#?}");
}

#[test]
fn a_blank_that_idfix_would_fill_has_a_suggestion() {
    // preparation-rules.md 2.1: the suggestion for a blank displayName is cn
    let objects = [ObjectView::new("CN=Jan,DC=contoso,DC=com", "user").with("cn", vec!["Jan".to_owned()])];
    let findings = check(&objects, &IdFixSettings::default()).findings(&objects);
    let shown: Vec<_> = findings.iter().map(|f| (&*f.rule, &*f.attribute, f.suggestion.clone())).collect();
    assert_eq!(shown, [("idfix:Blank", "displayName", Some(vec!["Jan".to_owned()]))]);
}

#[test]
fn a_first_holders_row_names_that_object() {
    let mut objects = ["A", "B"].map(|name| user(name).with("mail", vec!["dup@contoso.com".to_owned()]));
    objects[0].guid = Some(crate::ids::Guid::from_bytes([1; 16]));
    objects[1].guid = Some(crate::ids::Guid::from_bytes([2; 16]));
    let rows = check(&objects, &IdFixSettings::default()).rows;
    let named: Vec<_> = rows.iter().map(|row| (row.kind, row.object, row.guid)).collect();
    let expected = [(RowKind::AddedOriginal, 0, objects[0].guid), (RowKind::Finding, 1, objects[1].guid)];
    assert_eq!(named, expected);
}
