use super::*;

const ADA: &str = "CN=Ada,OU=Staff,DC=contoso,DC=local";

fn read(text: &str) -> Result<Vec<(String, String, Choice)>, String> {
    let decisions = Decisions::read(text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(decisions.all().map(|d| (d.dn.clone(), d.attribute.clone(), d.choice.clone())).collect())
}

fn set(values: &[&str]) -> Choice {
    Choice::Set(values.iter().map(|v| (*v).to_owned()).collect())
}

fn each(pairs: &[(&str, Option<&str>)]) -> Choice {
    Choice::Each(pairs.iter().map(|(old, new)| ((*old).to_owned(), new.map(str::to_owned))).collect())
}

fn check(text: &str, attribute: &str, expected: Choice) {
    assert_eq!(read(text).unwrap(), [(ADA.to_owned(), attribute.to_owned(), expected)], "{text}");
}

#[test]
fn a_sheet_of_dn_attribute_and_value_is_read_with_its_spaces_and_quotes() {
    let row = |rest: &str| format!("dn,attribute,value\n\"{ADA}\",{rest}\n");
    check(&row("mail,ada@contoso.com"), "mail", set(&["ada@contoso.com"]));
    check(&row("MAIL,\" ada \"\"x\"\", y \""), "mail", set(&[" ada \"x\", y "]));
    check(&row("displayName,\"two\nlines\""), "displayName", set(&["two\nlines"]));
    check(&row("mail,leave"), "mail", Choice::Leave);
    check(&format!("\u{feff}dn;attribute;value\r\n{ADA};mail;a@b.c\r\n"), "mail", set(&["a@b.c"]));
    let two = format!(
        "dn,attribute,value\n\"{ADA}\",proxyAddresses,SMTP:a@b.c\n\"{ADA}\",proxyaddresses,smtp:d@b.c\n"
    );
    check(&two, "proxyAddresses", set(&["SMTP:a@b.c", "smtp:d@b.c"]));
}

#[test]
fn an_action_column_says_set_remove_or_leave_and_old_names_one_value() {
    let row = |rest: &str| format!("dn,attribute,old,value,action\n\"{ADA}\",proxyAddresses,{rest}\n");
    check(&row("smtp:a,smtp:b,set"), "proxyAddresses", each(&[("smtp:a", Some("smtp:b"))]));
    check(&row("smtp:a,,"), "proxyAddresses", each(&[("smtp:a", None)]));
    check(&row(",smtp:a,remove"), "proxyAddresses", each(&[("smtp:a", None)]));
    check(&row(",,remove"), "proxyAddresses", set(&[]));
    check(&row(",leave,set"), "proxyAddresses", set(&["leave"]));
}

#[test]
fn the_sheet_of_idfix_is_read_as_idfix_meant_it() {
    let head = "DISTINGUISHEDNAME,COMMONNAME,OBJECTCLASS,ATTRIBUTE,ERROR,VALUE,UPDATE,PROPOSEDACTION,ACTION";
    let row = |rest: &str| format!("{head}\n\"{ADA}\",Ada,user,{rest}\n");
    check(
        &row("proxyAddresses,Character, smtp:a b@c.d ,smtp:ab@c.d,EDIT,EDIT"),
        "proxyAddresses",
        each(&[(" smtp:a b@c.d ", Some("smtp:ab@c.d"))]),
    );
    check(&row("mail,Duplicate,a@b.c,,EDIT,REMOVE"), "mail", each(&[("a@b.c", None)]));
    check(&row("mail,Duplicate,a@b.c,,EDIT,EDIT"), "mail", each(&[("a@b.c", None)]));
    check(&row("displayName,Blank,,Ada,EDIT,EDIT"), "displayName", set(&["Ada"]));
    check(&row("mail,Duplicate,a@b.c,a@b.c,COMPLETE,COMPLETE"), "mail", Choice::Leave);
    assert_eq!(read(&row("mail,Duplicate,a@b.c,a@b.c,EDIT,")).unwrap(), []);
}

#[test]
fn json_is_read_alone_or_under_a_key() {
    check(&format!(r#"[{{"dn":"{ADA}","attribute":"mail","value":"a@b.c"}}]"#), "mail", set(&["a@b.c"]));
    check(&format!(r#"{{"decisions":[{{"dn":"{ADA}","attribute":"mail","values":[]}}]}}"#), "mail", set(&[]));
    check(&format!(r#"[{{"dn":"{ADA}","attribute":"mail","action":"leave"}}]"#), "mail", Choice::Leave);
}

#[test]
fn whatever_is_wrong_is_said_with_its_row_and_nothing_is_taken() {
    let wrong = |text: &str, expected: &str| {
        let error = read(text).unwrap_err();
        assert!(error.contains(expected), "{text:?}: {error}");
    };
    wrong("", "no column DN");
    wrong("dn,value\n", "no column ATTRIBUTE");
    wrong(&format!("dn,attribute,value\n{ADA},mail,x\n"), "row 2: 6 fields, the header has 3");
    wrong("dn,attribute,value\nnobody,mail,x\n", "row 2: 'nobody' is no distinguished name");
    wrong(&format!("dn,attribute,value\n\"{ADA}\",unicodePwd,x\n"), "row 2: 'unicodePwd' is no attribute");
    wrong(&format!("dn,attribute,value\n\"{ADA}\",mail,\n"), "row 2: no value");
    wrong(&format!("dn,attribute,value\n\"{ADA}\",mail,\"x\n"), "row 2: a quote that is never closed");
    wrong(
        &format!("dn,attribute,value\n\"{ADA}\",mail,leave\n\"{ADA}\",mail,x\n"),
        "row 3: contradicts row 2",
    );
    wrong(&format!(r#"[{{"dn":"{ADA}","attribute":"mail","valu":"a@b.c"}}]"#), "unknown field `valu`");
    wrong("{\"decisions\": 3}", "no decisions");
    let utf16 = Decisions::read(b"\xff\xfed\0n\0").unwrap_err();
    assert!(utf16.to_string().contains("not UTF-8"), "{utf16}");
}

#[test]
fn a_choice_that_names_values_which_are_not_there_is_not_applied() {
    let present: Vec<String> = ["a", "b"].map(str::to_owned).to_vec();
    let applied = |choice: Choice| choice.applied(&present);
    assert_eq!(applied(each(&[("a", Some("c"))])), Some(vec!["c".into(), "b".into()]));
    assert_eq!(applied(each(&[("a", Some("b"))])), Some(vec!["b".into()]));
    assert_eq!(applied(each(&[("a", None), ("b", None)])), Some(vec![]));
    assert_eq!(applied(each(&[("A", Some("c"))])), None);
    assert_eq!(applied(each(&[("gone", Some("b")), ("gone", None)])), Some(present.clone()));
    assert_eq!(applied(Choice::Leave), Some(present.clone()));
}
