//! The labelled cases of `data/rule-cases.jsonl`, and single rules by example.

use super::{ATTRIBUTES, ObjectView, Settings, Severity, check};
use std::collections::BTreeMap;

/// Labels that the documented rules do not follow, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "C003",
        "labelled for the attributes that IdFix reads: its group has an alias and addresses, and is global (GR06)",
    ),
    (
        "C121",
        "labelled for the duplicate check only: its first object has a lone smtp: address, which C111 labels a violation",
    ),
    (
        "C282",
        "a group without groupType, which Active Directory never has; only its displayName is absent, which C005 to C007 label ok or a warning",
    ),
];

#[derive(serde::Deserialize)]
struct Case {
    id: String,
    objects: Vec<CaseObject>,
    rule_truth: String,
    note: String,
}

#[derive(serde::Deserialize)]
struct CaseObject {
    dn: String,
    class: String,
    attributes: BTreeMap<String, Vec<String>>,
}

fn settings() -> Settings {
    Settings {
        domain_map: [("contoso.local".to_owned(), "contoso.com".to_owned())].into(),
        ..Settings::default()
    }
}

fn views(case: &Case) -> Vec<ObjectView> {
    let view = |object: &CaseObject| {
        let mut view = ObjectView::new(&object.dn, &object.class);
        object.attributes.iter().for_each(|(name, values)| view.set(name, values.clone()));
        view
    };
    case.objects.iter().map(view).collect()
}

#[test]
fn labelled_cases_are_judged_as_the_documents_judge_them() {
    let mut wrong = Vec::new();
    let mut judged = 0;
    for line in include_str!("../../data/rule-cases.jsonl").lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let findings = check(&views(&case), &settings());
        let error = findings.iter().any(|f| f.severity == Severity::Error);
        let right = match case.rule_truth.as_str() {
            "violation" => error,
            _ => !error,
        };
        judged += 1;
        let excepted = EXCEPTIONS.iter().any(|(id, _)| *id == case.id);
        if right == excepted {
            let found: Vec<_> = findings.iter().map(|f| (&f.rule, f.severity, &f.value)).collect();
            wrong.push(format!("{} {}: {} {found:?}", case.id, case.rule_truth, case.note));
        }
    }
    // preparation-rules.md section 5: 201 cases
    assert_eq!(judged, 201);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_attribute_that_is_asked_for_can_be_set() {
    for name in ATTRIBUTES {
        let view = ObjectView::new("CN=x", "user").with(&name.to_uppercase(), vec!["v".to_owned()]);
        assert_eq!(view.first(name), Some("v"));
    }
}

#[test]
fn who_should_keep_a_duplicate_is_told_with_the_criterion() {
    let user = |name: &str, attributes: &[(&str, &str)]| {
        let mut view = ObjectView::new(format!("CN={name},DC=contoso,DC=local"), "user");
        view.set("cn", vec![name.to_owned()]);
        attributes.iter().for_each(|(attribute, value)| view.set(attribute, vec![(*value).to_owned()]));
        view
    };
    let check = |rule: &str, one: &[(&str, &str)], other: &[(&str, &str)], owner: Option<&str>, why: &str| {
        let found = check(&[user("One", one), user("Other", other)], &settings());
        let about: Vec<_> = found.iter().filter(|f| f.rule == rule).collect();
        assert_eq!(about.len(), 2, "{rule}: {found:#?}");
        for finding in about {
            let expected = owner.map(|name| format!("CN={name},DC=contoso,DC=local"));
            assert_eq!(finding.owner, expected, "{rule}");
            assert!(finding.reason.ends_with(why), "{rule}: {}", finding.reason);
            assert_eq!(finding.others.len(), 1);
        }
    };
    let (upn, mail, proxies) = ("userPrincipalName", "mail", "proxyAddresses");
    // preparation-rules.md, PA26: owner = UPN or mail equals, enabled, mailbox
    let (a, shared) = ("a@contoso.com", "SMTP:a@contoso.com");
    check(
        "PA26",
        &[(proxies, shared)],
        &[(proxies, shared), (upn, a)],
        Some("Other"),
        "userPrincipalName it is should keep it",
    );
    check(
        "PA26",
        &[(proxies, shared), (mail, a)],
        &[(proxies, shared)],
        Some("One"),
        "whose mail it is should keep it",
    );
    let disabled = ("userAccountControl", "514");
    check(
        "PA26",
        &[(proxies, shared), disabled],
        &[(proxies, shared)],
        Some("Other"),
        "is enabled should keep it",
    );
    let mailbox = ("msExchRecipientTypeDetails", "1");
    check(
        "PA26",
        &[(proxies, shared), mailbox],
        &[(proxies, shared)],
        Some("One"),
        "with a mailbox should keep it",
    );
    check("PA26", &[(proxies, shared)], &[(proxies, shared)], None, "another object has this address");
    check(
        "ML01",
        &[(mail, a), (upn, a)],
        &[(mail, a)],
        Some("One"),
        "userPrincipalName it is should keep it",
    );
    check(
        "UP18",
        &[(upn, a)],
        &[(upn, a), (proxies, shared)],
        Some("Other"),
        "own address it is should keep it",
    );
    let (born, later) = (("whenCreated", "20240301090000.0Z"), ("whenCreated", "20250301090000.0Z"));
    let alias = ("mailNickname", "jan");
    check("MN09", &[alias, later], &[alias, born], Some("Other"), "the eldest should keep it");
}

#[test]
fn two_groups_may_have_one_account_name_in_two_domains() {
    let named = |dn: &str, class: &str| {
        ObjectView::new(dn, class)
            .with("sAMAccountName", vec!["DnsAdmins".to_owned()])
            .with("displayName", vec!["DnsAdmins".to_owned()])
    };
    let found = |views: &[ObjectView]| {
        check(views, &settings()).iter().filter(|finding| finding.rule == "SA08").count()
    };
    let groups =
        ["DC=contoso,DC=local", "DC=fabrikam,DC=local"].map(|domain| format!("CN=DnsAdmins,{domain}"));
    let [one, other] = groups.each_ref().map(|dn| named(dn, "group"));
    assert_eq!(found(&[one.clone(), other]), 0);
    // rule-cases.jsonl C157: a person with a group's name is another matter
    assert_eq!(found(&[one, named(&groups[1], "user")]), 2);
}

#[test]
fn in_a_large_directory_each_object_gets_its_own_findings() {
    // more objects than one thread takes at once; the bad ones stand at the seams
    let bad = [0usize, 511, 512, 1023, 1024, 1299];
    let view = |nth: usize| {
        let alias = if bad.contains(&nth) { format!("a..{nth}") } else { format!("a{nth}") };
        ObjectView::new(format!("CN={nth},DC=contoso,DC=local"), "user")
            .with("displayName", vec![nth.to_string()])
            .with("userPrincipalName", vec![format!("a{nth}@contoso.com")])
            .with("mailNickname", vec![alias])
            .with("mail", vec![format!("a{}@contoso.com", nth % 1299)])
    };
    let views: Vec<ObjectView> = (0..1300).map(view).collect();
    let found = check(&views, &Settings::default());
    let of = |rule: &str| found.iter().filter(|f| f.rule == rule).map(|f| f.object).collect::<Vec<_>>();
    assert_eq!(of("MN03"), bad);
    assert_eq!(of("ML01"), [0, 1299]);
    assert!(found.iter().all(|f| f.dn == views[f.object].dn));
}

#[test]
fn of_many_holders_fifty_others_are_named() {
    let reason = |holders: usize| {
        let view = |nth: usize| {
            ObjectView::new(format!("CN={nth},DC=contoso,DC=local"), "group")
                .with("displayName", vec![nth.to_string()])
                .with("mail", vec!["all@contoso.com".to_owned()])
        };
        let found = check(&(0..holders).map(view).collect::<Vec<_>>(), &Settings::default());
        let shared: Vec<_> = found.iter().filter(|f| f.rule == "ML01").collect();
        assert_eq!(shared.len(), holders);
        assert!(shared.iter().all(|f| !f.others.contains(&f.dn)));
        (shared[0].others.len(), shared[0].reason.clone())
    };
    let words = "another object has this mail";
    assert_eq!(reason(51), (50, words.to_owned()));
    assert_eq!(reason(52), (50, format!("{words}: 52 have it, of whom 50 are named")));
    assert_eq!(reason(300), (50, format!("{words}: 300 have it, of whom 50 are named")));
}

#[test]
fn of_a_list_that_is_too_long_each_rule_speaks_once() {
    let values = |bad: usize| {
        let good = (0..300).map(|nth| format!("smtp:a{nth}@contoso.com"));
        let bad = (0..bad).map(|nth| format!("smtp:b {nth}@contoso.com"));
        ["SMTP:a@contoso.com".to_owned()].into_iter().chain(good).chain(bad).collect::<Vec<_>>()
    };
    let found = |values: Vec<String>| {
        let view = ObjectView::new("CN=x", "contact").with("proxyAddresses", values);
        let found = check(&[view], &settings());
        let about = found.into_iter().filter(|f| f.attribute == "proxyAddresses");
        about.map(|f| (f.rule.to_string(), f.reason)).collect::<Vec<_>>()
    };
    let space = |more: &str| ("PA02".to_owned(), format!("white space in the address{more}"));
    let long = || ("PA29".to_owned(), "more than 300 addresses".to_owned());
    assert_eq!(found(values(0)), [long()]);
    assert_eq!(found(values(0)[1..].to_vec()).len(), 1, "300 are not too many, but none is primary");
    assert_eq!(found(values(1)), [space(""), long()]);
    assert_eq!(found(values(2)), [space(" (and 1 more values)"), long()]);
    assert_eq!(found(values(5)), [space(" (and 4 more values)"), long()]);
    let mut most = values(2);
    most.drain(1..4);
    assert_eq!(most.len(), 300);
    assert_eq!(found(most), [space(""), space("")], "of 300 each is spoken of");
}

#[test]
fn each_finding_about_a_shared_address_names_the_address() {
    let addresses: Vec<String> = (0..9).map(|nth| format!("smtp:a{nth}@contoso.com")).collect();
    let holder = |name: &str, values: Vec<String>| {
        let own = format!("SMTP:{name}@contoso.com");
        let values = [own].into_iter().chain(values).collect();
        ObjectView::new(format!("CN={name}"), "user").with("proxyAddresses", values)
    };
    let turned = addresses.iter().rev().cloned().collect();
    let found = check(&[holder("a", addresses.clone()), holder("b", turned)], &settings());
    for name in ["CN=a", "CN=b"] {
        let of_one = found.iter().filter(|finding| finding.rule == "PA26" && finding.dn == name);
        let mut named: Vec<&str> = of_one.filter_map(|finding| finding.value.as_deref()).collect();
        named.sort_unstable();
        assert_eq!(named, addresses, "{name}");
    }
}
