//! Expected values from directory-sync.md 1.3 to 1.6, 4 and 8 (scenarios 25 to 27).

use super::*;
use crate::oracle::testing::{domain_of, guid, object, tenant};
use crate::oracle::{Expected, Switches, Synchronize, expect_by};

const ACCOUNT_SID: &str = "S-1-5-21-1-1-1-1104";

fn user(number: u8, attributes: &[(&'static str, &str)], more: &[(&'static str, &str)]) -> OnPremObject {
    let mut user = object(SyncKind::User, number, attributes);
    for (name, value) in more {
        user.attributes.insert(*name, vec![value.as_bytes().to_vec()]);
    }
    user
}

fn expected(by: &PeopleMatch, forests: &[OnPremDomain]) -> Expected {
    let cloud = tenant(&["contoso.com"], Vec::new());
    expect_by(by, &Synchronize::default(), forests.to_vec(), cloud, &Switches::default())
}

fn value<'a>(expected: &'a Expected, anchor: &str, property: &str) -> &'a super::super::Permitted {
    &expected.objects[anchor].properties[property]
}

fn account() -> OnPremObject {
    let account = [
        ("cn", "Ada"),
        ("sAMAccountName", "ada"),
        ("userPrincipalName", "ada@contoso.com"),
        ("displayName", "Ada Byron"),
        ("department", "Engines"),
        ("userAccountControl", "512"),
    ];
    user(1, &account, &[("objectsid", ACCOUNT_SID)])
}

fn mailbox() -> OnPremObject {
    let mailbox = [
        ("cn", "Ada"),
        ("sAMAccountName", "abyron"),
        ("userPrincipalName", "abyron@fabrikam.local"),
        ("displayName", "Byron, Ada"),
        ("mailNickname", "ada.byron"),
        ("mail", "ada.byron@contoso.com"),
        ("proxyAddresses", "SMTP:ada.byron@contoso.com"),
        ("userAccountControl", "514"),
        ("msExchRecipientTypeDetails", "2"),
    ];
    user(2, &mailbox, &[("objectsid", "S-1-5-21-2-2-2-1104"), ("msexchmasteraccountsid", ACCOUNT_SID)])
}

#[test]
fn an_account_and_its_linked_mailbox_are_one_person_in_either_order_of_forests() {
    // scenario 25: sign-in from F1, GAL from F2; mistakes: two users, the disabled account's UPN wins
    let accounts = || domain_of("contoso", vec![account()]);
    let resources = || domain_of("fabrikam", vec![mailbox()]);
    for forests in [vec![accounts(), resources()], vec![resources(), accounts()]] {
        let expected = expected(&PeopleMatch::Sid, &forests);
        let anchor = guid(1).immutable_id();
        assert_eq!(expected.objects.keys().collect::<Vec<_>>(), [&anchor]);
        let ada = &expected.objects[&anchor];
        let names = &ada.upn.as_ref().unwrap().permitted;
        assert_eq!(*names, BTreeSet::from(["ada@contoso.com".to_owned()]));
        let is = |property: &str, text: &str| value(&expected, &anchor, property).allows(Some(text));
        assert!(is("displayName", "Byron, Ada") && !is("displayName", "Ada Byron"));
        assert!(is("accountEnabled", "true") && is("onPremisesSamAccountName", "ada"));
        assert!(is("onPremisesDomainName", "contoso.local") && is("department", "Engines"));
        assert_eq!(ada.nicknames, Some(BTreeSet::from(["ada.byron".to_owned()])));
        assert!(ada.addresses.plain.required.contains("ada.byron@contoso.com"));
    }
}

#[test]
fn a_linked_mailbox_alone_is_not_sent_and_is_no_member() {
    // directory-sync.md 4.2
    let mut group = object(SyncKind::Group, 5, &[("groupType", "-2147483646")]);
    group.members = vec![guid(2)];
    let expected = expected(
        &PeopleMatch::Sid,
        &[domain_of("contoso", vec![]), domain_of("fabrikam", vec![mailbox(), group])],
    );
    assert_eq!(expected.objects.len(), 1);
    assert!(expected.objects[&guid(5).immutable_id()].members.is_empty());
    assert_eq!(expected.filtered[&guid(2).immutable_id()].1, "linked mailbox");
}

fn mesh_person(number: u8, name: &'static str) -> OnPremObject {
    let mail = format!("{name}@contoso.com");
    let attributes = [
        ("cn", name),
        ("sAMAccountName", name),
        ("userPrincipalName", &mail),
        ("displayName", name),
        ("mailNickname", name),
        ("mail", &mail),
        ("userAccountControl", "512"),
    ];
    object(SyncKind::User, number, &attributes)
}

fn contact_of(number: u8, name: &'static str) -> OnPremObject {
    let mail = format!("{}@CONTOSO.com", name.to_uppercase());
    let title = format!("{name} as their neighbours know them");
    let attributes =
        [("cn", name), ("displayName", &title), ("mail", &mail), ("title", "Friend"), ("mailNickname", name)];
    object(SyncKind::Contact, number, &attributes)
}

#[test]
fn in_a_full_mesh_people_win_over_their_contacts_in_either_order_of_forests() {
    // scenario 26: same result in both orders, users win, contacts gone; 1.2: mail=mail without regard to case
    let one = || domain_of("contoso", vec![mesh_person(1, "ada"), contact_of(11, "bob")]);
    let other = || domain_of("fabrikam", vec![mesh_person(2, "bob"), contact_of(12, "ada")]);
    for forests in [vec![one(), other()], vec![other(), one()]] {
        let expected = expected(&PeopleMatch::Mail, &forests);
        let anchors = BTreeSet::from([guid(1).immutable_id(), guid(2).immutable_id()]);
        assert_eq!(expected.objects.keys().cloned().collect::<BTreeSet<_>>(), anchors);
        let bob = guid(2).immutable_id();
        assert!(expected.objects.values().all(|object| object.kind == SyncKind::User));
        assert!(value(&expected, &bob, "displayName").allows(Some("bob")));
        // what the user has not, the contact gives
        assert!(value(&expected, &bob, "jobTitle").allows(Some("Friend")));
        assert!(expected.objects.values().all(|object| object.may_be_absent.is_none()));
    }
    // by another configuration they are strangers, and the order of arrival decides
    let expected = expected(&PeopleMatch::Sid, &[one(), other()]);
    assert_eq!(expected.objects.len(), 4);
    assert!(expected.objects[&guid(12).immutable_id()].may_be_absent.is_some());
}

#[test]
fn people_are_recognised_by_what_the_configuration_names() {
    let one = |number: u8, attributes: &[(&'static str, &str)]| {
        let mut all = vec![("cn", "ada"), ("userAccountControl", "512"), ("displayName", "ada")];
        all.extend(attributes);
        object(SyncKind::User, number, &all)
    };
    let check = |by: &str, first: &[(&'static str, &str)], second: &[(&'static str, &str)], people: usize| {
        let forests =
            [domain_of("contoso", vec![one(1, first)]), domain_of("fabrikam", vec![one(2, second)])];
        let by: PeopleMatch = by.parse().unwrap();
        assert_eq!(expected(&by, &forests).objects.len(), people, "{by} {first:?} {second:?}");
    };
    let (ada, alias) = (("sAMAccountName", "ada"), ("mailNickname", "ada"));
    check("account-and-alias", &[ada, alias], &[("sAMAccountName", "ADA"), alias], 1);
    check("account-and-alias", &[ada, alias], &[ada, ("mailNickname", "other")], 2);
    check("account-and-alias", &[ada], &[ada], 2);
    check("sid", &[ada, alias], &[ada, alias], 2);
    let number = ("employeeID", "0042");
    check("attribute:employeeID", &[ada, number], &[("sAMAccountName", "b"), number], 1);
    check("attribute:employeeID", &[ada, number], &[("sAMAccountName", "b"), ("employeeID", "42")], 2);
    check("attribute:employeeID", &[ada], &[("sAMAccountName", "b")], 2);
    assert!("attribute:gravity".parse::<PeopleMatch>().unwrap_err().contains("employeeID"));
    assert!("name".parse::<PeopleMatch>().is_err());
    for text in ["sid", "mail", "account-and-alias", "attribute:employeeID"] {
        assert_eq!(text.parse::<PeopleMatch>().unwrap().to_string(), text);
    }
}

#[test]
fn whoever_carries_the_anchor_of_an_account_elsewhere_is_that_person() {
    // a migration under way: the old account is disabled, the new one has its anchor
    let mut old = account();
    old.attributes.insert("useraccountcontrol", vec![b"514".to_vec()]);
    let mut new = mesh_person(2, "ada");
    new.attributes.insert("ms-ds-consistencyguid", vec![guid(1).to_bytes_le().to_vec()]);
    let forests = [domain_of("contoso", vec![old]), domain_of("fabrikam", vec![new.clone()])];
    let both = expected(&PeopleMatch::Sid, &forests);
    let anchor = guid(1).immutable_id();
    assert_eq!(both.objects.keys().collect::<Vec<_>>(), [&anchor]);
    assert!(both.objects[&anchor].alternatives.is_empty());
    assert!(value(&both, &anchor, "onPremisesDomainName").allows(Some("fabrikam.local")));
    // in one forest the same two are two, of whom the cloud holds either
    let one = expected(&PeopleMatch::Sid, &[domain_of("contoso", vec![account(), new])]);
    assert_eq!((one.objects.len(), one.objects[&anchor].alternatives.len()), (1, 1));
}

#[test]
fn a_foreign_member_is_whom_its_sid_names() {
    // directory-sync.md 4.3: FSPs resolve to real members
    let mut group = object(SyncKind::Group, 5, &[("groupType", "-2147483644")]);
    group.members = vec![guid(0x71), guid(0x72)];
    let mut here = domain_of("fabrikam", vec![group]);
    here.foreign.insert(guid(0x71), ACCOUNT_SID.to_owned());
    here.foreign.insert(guid(0x72), "S-1-5-11".to_owned());
    let expected = expected(&PeopleMatch::Sid, &[here, domain_of("contoso", vec![account()])]);
    let members = &expected.objects[&guid(5).immutable_id()].members;
    assert_eq!(*members, BTreeSet::from([guid(1).immutable_id()]));
}

#[test]
fn two_of_one_forest_are_never_one_person() {
    // which of them the third one joins no reference says: each may be missing
    let forests = [
        domain_of("contoso", vec![mesh_person(1, "ada"), mesh_person(3, "ada")]),
        domain_of("fabrikam", vec![mesh_person(2, "ada")]),
    ];
    let expected = expected(&PeopleMatch::Mail, &forests);
    assert_eq!(expected.objects.len(), 3);
    assert!(expected.objects.values().all(|object| object.may_be_absent.is_some()));
}
