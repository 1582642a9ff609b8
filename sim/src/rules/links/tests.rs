//! References by example.

use super::super::{ObjectView, Settings, check};

const BASE: &str = "OU=Staff,DC=contoso,DC=local";

fn object(class: &str, name: &str, attributes: &[(&str, &[&str])]) -> ObjectView {
    let mut view = ObjectView::new(format!("CN={name},{BASE}"), class);
    for (attribute, values) in [("displayName", &[name][..]), ("sAMAccountName", &[name][..])] {
        view.set(attribute, values.iter().map(|value| (*value).to_owned()).collect());
    }
    if class == "user" {
        view.set("userPrincipalName", vec![format!("{name}@contoso.com")]);
    }
    for (attribute, values) in attributes {
        let named = |value: &&str| match attribute {
            &"manager" | &"managedBy" | &"member" if !value.contains('=') => format!("CN={value},{BASE}"),
            _ => (*value).to_owned(),
        };
        view.set(attribute, values.iter().map(named).collect());
    }
    view
}

fn rules(objects: &[ObjectView], settings: &Settings) -> Vec<(String, String)> {
    let told = |dn: &str| dn.split(',').next().unwrap_or_default().replace("CN=", "");
    let mut found: Vec<(String, String)> =
        check(objects, settings).iter().map(|f| (f.rule.to_string(), told(&f.dn))).collect();
    // people of these examples have no names of their own
    found.retain(|(rule, _)| rule.starts_with("GA") || rule.starts_with("GR"));
    found
}

fn told(objects: &[ObjectView], settings: &Settings, expected: &[(&str, &str)]) {
    let found = rules(objects, settings);
    let found: Vec<(&str, &str)> = found.iter().map(|(rule, dn)| (rule.as_str(), dn.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn managers_and_owners_are_there_and_are_others() {
    let people = |manager: &str| {
        vec![
            object("user", "ada", &[("manager", &[manager])]),
            object("user", "bea", &[]),
            object("user", "gone", &[("userAccountControl", &["514"])]),
        ]
    };
    let none = Settings::default();
    told(&people("bea"), &none, &[]);
    told(&people("ada"), &none, &[("GA14", "ada")]);
    told(&people("cn=ADA , ou=Staff,DC=contoso,DC=local"), &none, &[("GA14", "ada")]);
    told(&people("gone"), &none, &[("GA14", "ada")]);
    // who was not read may well be there
    told(&people("elsewhere"), &none, &[]);
    let group = |owner: &[&str]| {
        let mut all = people("bea");
        all.push(object("group", "team", &[("member", &["ada"]), ("managedBy", owner)]));
        all.push(object("group", "other", &[("member", &["ada"]), ("managedBy", &["bea"])]));
        all
    };
    told(&group(&["bea"]), &none, &[]);
    told(&group(&["gone"]), &none, &[("GR11", "team")]);
    told(&group(&[]), &none, &[("GR11", "team")]);
}

#[test]
fn groups_hold_somebody_and_no_more_than_are_synchronized() {
    let groups = |members: &[&str]| {
        [object("group", "team", &[("member", members)]), object("group", "other", &[("member", &["ada"])])]
    };
    told(&groups(&["ada"]), &Settings::default(), &[]);
    told(&groups(&[]), &Settings::default(), &[("GR08", "team")]);
    told(&[object("group", "team", &[])], &Settings::default(), &[]);
    let most = Settings { max_group_members: Some(2), ..Settings::default() };
    told(&groups(&["a", "b"]), &most, &[]);
    told(&groups(&["a", "b", "c"]), &most, &[("GR02", "team")]);
    told(&[object("group", "DnsUpdateProxy", &[]), groups(&["a"])[0].clone()], &Settings::default(), &[]);
}

#[test]
fn members_outside_the_scope_are_named_where_a_scope_is_given() {
    let foreign = "CN=S-1-5-21-1-2-3-1106,CN=ForeignSecurityPrincipals,DC=contoso,DC=local";
    let known = "CN=S-1-5-11,CN=ForeignSecurityPrincipals,DC=contoso,DC=local";
    let away = "CN=svc,OU=Services,DC=contoso,DC=local";
    let group = |member: &str| [object("group", "team", &[("member", &["ada", member])])];
    let scope = Settings { scope: vec!["ou=staff, DC=contoso,DC=local".to_owned()], ..Settings::default() };
    told(&group("bea"), &scope, &[]);
    told(&group(away), &scope, &[("GR03", "team")]);
    told(&group(foreign), &scope, &[("GR04", "team")]);
    told(&group(known), &scope, &[("GR03", "team")]);
    told(&group(away), &Settings::default(), &[]);
    told(&[object("user", "ada", &[("manager", &[away])])], &scope, &[("GA14", "ada")]);
}

#[test]
fn circles_are_told_to_each_group_on_them() {
    let group = |name: &str, members: &[&str]| object("group", name, &[("member", members)]);
    let none = Settings::default();
    told(&[group("a", &["b"]), group("b", &["c"]), group("c", &["x"])], &none, &[]);
    // nested in two groups: no circle
    told(&[group("a", &["b", "c"]), group("b", &["c"]), group("c", &["x"])], &none, &[]);
    let round = [group("a", &["x", "b"]), group("b", &["a"]), group("top", &["a"])];
    told(&round, &none, &[("GR01", "a"), ("GR01", "b")]);
    let finding = check(&round, &none).into_iter().find(|finding| finding.rule == "GR01").unwrap();
    assert_eq!(finding.value.as_deref(), Some("CN=b,OU=Staff,DC=contoso,DC=local"));
    assert_eq!(finding.others, ["CN=b,OU=Staff,DC=contoso,DC=local"]);
    told(&[group("self", &["self"])], &none, &[("GR01", "self")]);
}

#[test]
fn members_by_their_primary_group_alone_are_told() {
    let team = object("group", "team", &[("objectSid", &["S-1-5-21-1-2-3-5005"]), ("member", &["x"])]);
    let person =
        |rid: &str, sid: &str| object("user", "ada", &[("primaryGroupID", &[rid]), ("objectSid", &[sid])]);
    let none = Settings::default();
    told(&[team.clone(), person("5005", "S-1-5-21-1-2-3-1104")], &none, &[("GR05", "ada")]);
    told(&[team.clone(), person("513", "S-1-5-21-1-2-3-1104")], &none, &[]);
    told(&[team.clone(), person("5005", "S-1-5-21-9-9-9-1104")], &none, &[]);
    told(&[team, person("512", "S-1-5-21-1-2-3-1104")], &none, &[]);
}

#[test]
fn a_disabled_manager_is_named_and_nobody_beside_who_manages_himself() {
    let others = |manager: &str| {
        let objects = [
            object("user", "ada", &[("manager", &[manager])]),
            object("user", "gone", &[("userAccountControl", &["514"])]),
        ];
        let findings = check(&objects, &Settings::default());
        findings.into_iter().find(|finding| finding.rule == "GA14").expect("a finding").others
    };
    assert_eq!(others("gone"), [format!("CN=gone,{BASE}")]);
    assert_eq!(others("ada"), Vec::<String>::new());
}
