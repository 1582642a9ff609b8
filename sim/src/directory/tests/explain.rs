//! Which index answers a filter, how many candidates it leaves, and which condition rejects the nearest.

use crate::clock::DEFAULT_START;
use crate::directory::testing::config;
use crate::directory::{
    Directory, Filter, Modification, ModifyOp, NewObject, ObjectId, Scope, SearchOptions, UpdateContext, attr,
};
use std::sync::LazyLock;

const USERS: usize = 300;

static DIRECTORY: LazyLock<Directory> = LazyLock::new(|| {
    let mut directory = Directory::new(&config(true));
    let parent = directory.info().users;
    for i in 0..USERS {
        let text = |text: String| vec![text.into_bytes()];
        let attributes = vec![
            (attr::SAM_ACCOUNT_NAME, text(format!("person{i:03}"))),
            (attr::SN, text(format!("Family{}", i % 10))),
            (attr::GIVEN_NAME, text(format!("Given{}", i % 7))),
            (attr::TELEPHONE_NUMBER, text(format!("+31 20 {i:07}"))),
        ];
        let object = NewObject {
            parent,
            rdn: format!("Person {i}"),
            class: "user",
            attributes,
            guid: None,
            rid: None,
        };
        directory.load(&UpdateContext::lenient(DEFAULT_START), object);
    }
    directory
});

fn people(fits: impl Fn(usize) -> bool) -> usize {
    (0..USERS).filter(|i| fits(*i)).count()
}

fn candidates(directory: &Directory, filter: &str) -> (String, Vec<ObjectId>) {
    let filter = directory.compile(&Filter::parse(filter).unwrap());
    let base = directory.info().domain;
    let found = directory.candidates(base, Scope::Subtree, &filter, SearchOptions::default());
    (found.index().to_string(), found.into_ids())
}

/// `count`: none when every object of the domain is a candidate.
fn check(filter: &str, index: &str, count: Option<usize>) {
    let (used, ids) = candidates(&DIRECTORY, filter);
    assert_eq!(used, index, "{filter}");
    match count {
        Some(count) => assert_eq!(ids.len(), count, "{filter}"),
        None => assert!(ids.len() > USERS, "{filter}: {}", ids.len()),
    }
}

#[test]
fn the_best_index_of_a_filter_is_used() {
    check("(sAMAccountName=person007)", "sAMAccountName", Some(1));
    check(
        "(&(objectCategory=person)(objectClass=user)(sAMAccountName=PERSON007))",
        "sAMAccountName",
        Some(1),
    );
    check("(sAMAccountName=nobody)", "sAMAccountName", Some(0));
    check("(cn=Person 12)", "cn", Some(1));
    check("(&(objectClass=user)(sn=Family3))", "sn", Some(people(|i| i % 10 == 3)));
    check("(&(sn=Family3)(givenName=Given2))", "sn & givenName", Some(people(|i| i % 10 == 3 && i % 7 == 2)));
    check(
        "(|(sAMAccountName=person001)(sn=Family3))",
        "sAMAccountName | sn",
        Some(people(|i| i == 1 || i % 10 == 3)),
    );
    check("(|(sn=Family1)(sn=Family2))", "sn", Some(people(|i| matches!(i % 10, 1 | 2))));
    check("(sAMAccountName=person00*)", "sAMAccountName", Some(10));
    check("(sn>=family8)", "sn", Some(people(|i| i % 10 >= 8)));
    // eight bytes of a value are kept in order, so what begins alike is a candidate: Family0 to Family1
    check("(sn<=Family1)", "sn", Some(people(|i| i % 10 <= 1)));
    check("(givenName=*)", "givenName", Some(USERS));
    check(
        "(&(givenName=*)(sn=Family4)(telephoneNumber=*1*))",
        "sn & givenName",
        Some(people(|i| i % 10 == 4)),
    );
    let last = DIRECTORY.highest_usn();
    check(&format!("(uSNChanged>={})", last - 4), "uSNChanged", Some(5));
    check(&format!("(&(objectClass=user)(uSNChanged>={last}))"), "uSNChanged", Some(1));
    check("(unheardOf=x)", "none", Some(0));
    // not indexed in Active Directory, and what no index can answer
    check("(telephoneNumber=+31 20 0000007)", "all", None);
    check("(sn=*mily3)", "all", None);
    check("(!(sn=Family1))", "all", None);
    check("(|(sn=Family1)(telephoneNumber=*1*))", "all", None);
}

#[test]
fn a_base_and_a_level_need_no_index() {
    let filter = DIRECTORY.compile(&Filter::parse("(sn=Family3)").unwrap());
    for (scope, index, count) in [(Scope::Base, "base", 1), (Scope::One, "children", USERS)] {
        let found = DIRECTORY.candidates(DIRECTORY.info().users, scope, &filter, SearchOptions::default());
        assert_eq!(found.index(), index);
        assert!(found.into_ids().len() >= count);
    }
}

fn check_rejection(filter: &str, expected: Option<&str>) {
    let (_, ids) = candidates(&DIRECTORY, filter);
    let compiled = DIRECTORY.compile(&Filter::parse(filter).unwrap());
    assert_eq!(DIRECTORY.rejected_by(&compiled, &ids).as_deref(), expected, "{filter}");
}

#[test]
fn an_empty_answer_names_the_condition_that_rejected_the_nearest() {
    check_rejection("(sn=Family3)", None);
    check_rejection("(sAMAccountName=nobody)", Some("(sAMAccountName=nobody)"));
    check_rejection(
        "(&(objectClass=user)(sn=Family3)(sAMAccountName=nobody))",
        Some("(sAMAccountName=nobody)"),
    );
    check_rejection("(&(objectClass=user)(sn=Family3)(telephoneNumber=999))", Some("(telephoneNumber=999)"));
    check_rejection("(&(sn=Family3)(objectClass=user)(!(givenName=Given*)))", Some("(!(givenName=given*))"));
    check_rejection(
        "(&(sn=Family3)(|(telephoneNumber=1)(&(telephoneNumber=2)(mail=*))))",
        Some("(|(telephoneNumber=1)(&(telephoneNumber=2)(mail=*)))"),
    );
    check_rejection(
        "(&(sAMAccountName=person007)(userAccountControl:1.2.840.113556.1.4.803:=131072))",
        Some("(userAccountControl:1.2.840.113556.1.4.803:=131072)"),
    );
    check_rejection(
        "(&(objectClass=user)(unheardOf=x))",
        Some("(undefined: an unknown attribute, or a value of another syntax)"),
    );
}

#[test]
fn ordered_indexes_find_what_has_changed_since_they_were_made() {
    let filters = ["(sn>=G)", "(sn=changed*)", "(sn<=Family4)", "(sn=*)", "(&(sn=changed 1*)(givenName=*))"];
    let mut directory = DIRECTORY.clone();
    let check = |directory: &Directory, after: usize| {
        for text in filters {
            let filter = directory.compile(&Filter::parse(text).unwrap());
            let (index, found) = candidates(directory, text);
            assert_ne!(index, "all", "{text}");
            let found: Vec<ObjectId> =
                found.into_iter().filter(|id| directory.matches(*id, &filter)).collect();
            let expected: Vec<ObjectId> =
                directory.ids().filter(|id| directory.matches(*id, &filter)).collect();
            assert_eq!(found, expected, "{text} after {after} changes");
        }
    };
    let before = directory.clone();
    for change in 0..700 {
        let dn = format!("CN=Person {},CN=Users,DC=contoso,DC=local", change * 13 % USERS);
        let values =
            if change % 5 == 0 { Vec::new() } else { vec![format!("Changed {change}").into_bytes()] };
        let step = Modification { op: ModifyOp::Replace, attribute: "sn".to_owned(), values };
        directory.modify(&UpdateContext::system(DEFAULT_START), &dn, &[step]).unwrap();
        if change % 20 == 0 {
            check(&directory, change);
        }
    }
    check(&directory, 700);
    check(&before, 0);
}
