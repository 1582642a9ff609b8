use super::*;
use forestbed_sim::ldif::{Body, Reader, SpecOp, Value};
use forestbed_sim::rules::Severity;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// An object with these addresses, and a finding about one of them.
fn finding(dn: &str, value: Option<&str>, suggestion: Option<&[String]>) -> Finding {
    Finding {
        object: 0,
        dn: dn.to_owned(),
        guid: Some("6f1b2a3c-0000-4000-8000-0123456789ab".to_owned()),
        attribute: "proxyAddresses".into(),
        rule: "PA26".into(),
        severity: Severity::Error,
        value: value.map(str::to_owned),
        suggestion: suggestion.map(<[String]>::to_vec),
        others: vec!["CN=Other,DC=contoso,DC=local".to_owned()],
        owner: None,
        reason: "another object has it".to_owned(),
    }
}

fn text(format: Format, views: &[ObjectView], findings: &[Finding]) -> String {
    let context =
        Context { sources: vec!["a file.ldif".to_owned()], rules: "documented".to_owned(), width: None };
    let mut out = Vec::new();
    let mut output = begin(format, &context, &mut out).unwrap();
    let (mut tally, mut proposals) = (Tally::default(), Proposals::default());
    for finding in findings {
        let view = &views[finding.object];
        tally.count(finding);
        let action = proposals.action(view, finding);
        output.finding(&Found { view, finding, action: &action }, &mut out).unwrap();
    }
    output.end(&tally, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn one(
    format: Format,
    dn: &str,
    present: &[String],
    value: Option<&str>,
    wanted: Option<&[String]>,
) -> String {
    let view = ObjectView::new(dn, "user").with("proxyAddresses", present.to_vec());
    text(format, &[view], &[finding(dn, value, wanted)])
}

/// A reader of CSV that shares nothing with the one of the sources: RFC 4180 to the letter.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut rest = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = rest.next() {
        match (quoted, c) {
            (true, '"') if rest.peek() == Some(&'"') => cell.extend(rest.next()),
            (true, '"') => quoted = false,
            (true, c) => cell.push(c),
            (false, '"') => quoted = true,
            (false, ',') => row.push(std::mem::take(&mut cell)),
            (false, '\r') => {}
            (false, '\n') => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (false, c) => cell.push(c),
        }
    }
    rows
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

proptest! {
    #[test]
    fn json_reads_back_and_csv_has_its_cells_whatever_the_value_is(
        dn in "[a-zé,\"\n\u{202e}=+]{1,12}", value in "[ a-z\"',;\n\r\t=@+\u{1b}\u{202e}\u{7f}é名-]{0,16}",
    ) {
        let new = texts(&["SMTP:ada@contoso.com"]);
        let present = [value.clone()];
        let json = one(Format::Json, &dn, &present, Some(&value), Some(&new));
        let report: crate::tool::ToolReport = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&report.findings[0].dn, &dn);
        prop_assert_eq!(&report.findings[0].value, &value);
        prop_assert_eq!(report.findings[0].suggestion.as_deref(), Some("SMTP:ada@contoso.com"));
        let obeyed = json.contains(['\u{1b}', '\u{202e}', '\u{7f}']);
        prop_assert!(!obeyed);

        let csv = rows(&one(Format::Csv, &dn, &present, Some(&value), Some(&new)));
        prop_assert_eq!(csv.len(), 2);
        prop_assert_eq!((csv[0].len(), csv[1].len()), (10, 10));
        let shown = crate::report::escape_terminal(&value);
        prop_assert_eq!(csv[1][4].trim_start_matches('\''), shown.trim_start_matches('\''));
        for cell in &csv[1] {
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{}", cell);
            prop_assert!(!cell.chars().any(forestbed_sim::dump::is_unsafe));
        }
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_marked_and_two_texts_stay_two(a in "['=+@a-]{0,5}", b in "['=+@a-]{0,5}") {
        prop_assert!(!csv::guarded(&a).starts_with(['=', '+', '-', '@']));
        prop_assert_eq!(csv::guarded(&a) == csv::guarded(&b), a == b);
    }

    #[test]
    fn ldif_reads_back_as_the_change_of_one_object(
        present in proptest::collection::btree_set("[ a-z:<é\n\u{0}-]{1,60}", 0..5),
        wanted in proptest::collection::btree_set("[ a-z:<é\n\u{0}-]{1,60}", 0..5),
    ) {
        let dn = "CN=Zoë,DC=contoso,DC=local";
        let (present, wanted): (Vec<String>, Vec<String>) = (present.into_iter().collect(), wanted.into_iter().collect());
        let ldif = one(Format::Ldif, dn, &present, present.first().map(String::as_str), Some(&wanted));
        let records: Vec<_> = Reader::new(ldif.as_bytes()).map(Result::unwrap).collect();
        let mut held: Vec<Vec<u8>> = present.iter().map(|value| value.clone().into_bytes()).collect();
        prop_assert_eq!(records.len(), usize::from(present != wanted));
        for record in records {
            prop_assert_eq!(&record.dn, dn);
            let Body::Modify(parts) = record.body else { panic!() };
            for part in parts {
                for value in part.values {
                    let Value::Bytes(octets) = value else { panic!() };
                    match part.op {
                        SpecOp::Delete => {
                            let at = held.iter().position(|value| *value == octets);
                            held.remove(at.unwrap());
                        }
                        SpecOp::Add => held.push(octets),
                        _ => panic!(),
                    }
                }
            }
        }
        held.sort();
        let wanted: Vec<Vec<u8>> = wanted.into_iter().map(String::into_bytes).collect();
        prop_assert_eq!(held, wanted);
    }
}

#[test]
fn ldif_names_values_that_are_not_utf_8_by_their_octets_and_removes_pictures_as_a_whole() {
    let mut view = ObjectView::new("CN=a,DC=x", "user");
    view.set_octets("displayName", vec![b"J\xfcrgen".to_vec()]);
    view.set_octets("thumbnailPhoto", vec![b"GIF89a".to_vec()]);
    let about = |attribute: &'static str, wanted: &[&str]| Finding {
        attribute: attribute.into(),
        suggestion: Some(texts(wanted)),
        ..finding("CN=a,DC=x", None, None)
    };
    let ldif =
        text(Format::Ldif, &[view], &[about("displayName", &["Jürgen"]), about("thumbnailPhoto", &[])]);
    let Body::Modify(parts) = Reader::new(ldif.as_bytes()).next().unwrap().unwrap().body else { panic!() };
    let said: Vec<_> =
        parts.iter().map(|part| (part.op, part.attribute.as_str(), part.values.len())).collect();
    assert_eq!(
        said,
        [
            (SpecOp::Delete, "displayName", 1),
            (SpecOp::Add, "displayName", 1),
            (SpecOp::Delete, "thumbnailPhoto", 0)
        ]
    );
    assert_eq!(parts[0].values, [Value::Bytes(b"J\xfcrgen".to_vec())]);
}

#[test]
fn idfixs_columns_have_a_row_a_value_with_all_that_is_wrong_with_it() {
    let view = ObjectView::new("CN=Doe\\, Jo,OU=x,DC=contoso,DC=local", "contact")
        .with("proxyAddresses", texts(&["smtp:a b@contoso.com", "smtp:c@contoso.com"]));
    let about = |rule: &'static str, value: &str, wanted: Option<&[String]>| Finding {
        rule: rule.into(),
        ..finding(&view.dn, Some(value), wanted)
    };
    let wanted = texts(&["smtp:ab@contoso.com"]);
    let findings = [
        about("PA26", "smtp:a b@contoso.com", Some(&wanted)),
        about("PA01", "smtp:a b@contoso.com", Some(&wanted)),
        about("PA26", "smtp:c@contoso.com", None),
    ];
    let got = rows(&text(Format::IdFixCsv, std::slice::from_ref(&view), &findings));
    // preparation-rules.md section 1: IdFix's header
    assert_eq!(
        got[0],
        [
            "DISTINGUISHEDNAME",
            "COMMONNAME",
            "OBJECTCLASS",
            "ATTRIBUTE",
            "ERROR",
            "VALUE",
            "UPDATE",
            "PROPOSEDACTION",
            "ACTION"
        ]
    );
    assert_eq!(got.len(), 3);
    assert_eq!(got[1][1..4], ["Doe, Jo", "contact", "proxyAddresses"]);
    assert!(got[1][4].starts_with("Duplicate, "), "{}", got[1][4]);
    assert_eq!(got[2][4..], ["Duplicate", "smtp:c@contoso.com", "", "", ""]);
}

#[test]
fn sarif_has_what_its_schema_requires_and_a_rule_for_each_result() {
    let value = serde_json::from_str::<serde_json::Value>(&one(
        Format::Sarif,
        "CN=a",
        &texts(&["smtp:a@contoso.com"]),
        Some("smtp:a@contoso.com"),
        None,
    ));
    let log = value.unwrap();
    // the required members of sarif-schema-2.1.0.json: log, run, tool, toolComponent, result, message, rule
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "forestbed");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeMap<&str, usize> =
        rules.iter().enumerate().map(|(at, r)| (r["id"].as_str().unwrap(), at)).collect();
    assert_eq!(ids.len(), rules.len(), "ids are unique");
    assert!(rules.iter().all(|rule| !rule["help"]["text"].as_str().unwrap().is_empty()));
    let result = &run["results"][0];
    assert!(result["message"]["text"].as_str().unwrap().contains("another object has it"));
    assert_eq!(result["level"], "error");
    assert_eq!(result["ruleIndex"], ids["PA26"]);
    let place = &result["locations"][0];
    assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], "a%20file.ldif");
    assert_eq!(place["logicalLocations"][0]["fullyQualifiedName"], "CN=a");
}

#[test]
fn nothing_of_a_value_is_markup_and_no_output_obeys_it() {
    let dirty = "</script><b onclick=x>&\u{1b}[31m\u{202e}'\"";
    for format in [Format::Html, Format::Table, Format::Csv, Format::IdFixCsv, Format::Json, Format::Sarif] {
        let out = one(format, dirty, &texts(&[dirty]), Some(dirty), None);
        assert!(!out.contains(['\u{1b}', '\u{202e}']), "{format:?}");
    }
    let page = one(Format::Html, dirty, &texts(&[dirty]), Some(dirty), None);
    assert!(!page.contains("<b onclick"));
    assert_eq!(page.matches("</script>").count(), 1);
    assert!(!page.contains("http://") && !page.contains("https://"), "it needs no network");
    assert!(page.contains("<td>PA26<td>1<td>0<td>"), "counts by rule and severity");
}

#[test]
fn an_output_without_findings_is_whole() {
    let check =
        |format: Format, expected: &str| assert!(text(format, &[], &[]).contains(expected), "{format:?}");
    check(Format::Table, "nothing was found");
    check(Format::Json, "{\"format\":1,\"findings\":[\n]}\n");
    check(Format::Ldif, "version: 1");
    check(Format::Html, "</html>");
    check(Format::Sarif, "\"results\":[\n]}]}\n");
}

#[test]
fn a_hundred_thousand_findings_about_one_object_are_worked_out_once() {
    let count = 100_000;
    let present: Vec<String> = (0..count).map(|n| format!("smtp:a {n}@contoso.com")).collect();
    let wanted: Vec<String> = (0..count).map(|n| format!("smtp:a{n}@contoso.com")).collect();
    let view = ObjectView::new("CN=a", "user").with("proxyAddresses", present.clone());
    let mut proposals = Proposals::default();
    let mut about = finding("CN=a", None, Some(&wanted));
    for (old, new) in present.iter().zip(&wanted) {
        about.value = Some(old.clone());
        assert_eq!(proposals.action(&view, &about), Action::Replace(new.clone()));
    }
}
