use super::*;
use crate::oracle::testing::{guid, record, tenant};
use crate::oracle::{AddressRules, Switches};

const ADA: &str = "ada@contoso.com";
const UPN: &str = "ada.upn@contoso.com";

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// Ada's address is required; what is primary is left open unless a case says it.
fn rule() -> AddressRule {
    let primaries = BTreeSet::from([None, Some(ADA.to_owned())]);
    AddressRule { required: set(&[ADA]), primaries, ..AddressRule::default() }
}

/// The same for a mailbox: with its name, and an address at the initial domain made of `ada`.
fn mailbox_rule() -> AddressRule {
    AddressRule { moera: set(&["ada"]), with_upn: true, ..rule() }
}

fn ada(addresses: &[&str], mail: Option<&str>) -> CloudRecord {
    let mut properties = vec![("userPrincipalName", UPN), ("mailNickname", "ada")];
    properties.extend(addresses.iter().map(|value| ("proxyAddresses", *value)));
    properties.extend(mail.map(|mail| ("mail", mail)));
    record(SyncKind::User, 1, Some("anchor"), &properties)
}

fn mailbox(addresses: &[&str], mail: Option<&str>) -> CloudRecord {
    CloudRecord { exchange: true, ..ada(addresses, mail) }
}

fn bob(address: &str) -> CloudRecord {
    record(SyncKind::User, 2, Some("bob"), &[("proxyAddresses", address)])
}

fn quarantined(value: &str) -> Vec<(String, String)> {
    vec![("proxyaddresses".to_owned(), value.to_owned())]
}

/// Properties that are wrong, and the number of conflicts, of the first of these objects.
fn judged(
    rule: AddressRule,
    now: &[&CloudRecord],
    before: Vec<CloudRecord>,
    switches: Switches,
) -> (Vec<&'static str>, usize) {
    let expected = Expected {
        before: before.into_iter().map(|record| (record.id, record)).collect(),
        tenant: tenant(&["contoso.com"], Vec::new()),
        switches,
        ..Expected::default()
    };
    let object = ExpectedObject {
        anchor: "anchor".to_owned(),
        kind: SyncKind::User,
        name: "ada".to_owned(),
        may_be_absent: None,
        matches: BTreeSet::new(),
        may_be_new: true,
        before: None,
        properties: BTreeMap::new(),
        upn: None,
        nicknames: None,
        addresses: AddressRules { plain: rule.clone(), mailbox: rule },
        members: BTreeSet::new(),
        manager: None,
        country: None,
        is_person: true,
        frozen: false,
        alternatives: Vec::new(),
    };
    let live = now.iter().map(|record| (record.id, *record)).collect();
    let mut verdict = Verdict::default();
    check_addresses(&object, now[0], &Holders::of(&live, &expected), &expected, &mut verdict);
    (verdict.wrong.into_iter().map(|(property, _)| property).collect(), verdict.conflicts.len())
}

fn check(rule: AddressRule, now: &[&CloudRecord], before: Vec<CloudRecord>, wanted: (&[&str], usize)) {
    let (wrong, conflicts) = judged(rule, now, before, Switches::default());
    assert_eq!((wrong.as_slice(), conflicts), wanted, "{:?}", now[0]);
}

#[test]
fn an_address_may_be_missing_only_where_another_object_has_it_and_the_conflict_is_on_record() {
    // directory-sync.md 2.3: the value is set aside, and named among the provisioning errors
    let missing = ada(&[], None);
    let recorded = |value: &str| CloudRecord { quarantined: quarantined(value), ..ada(&[], None) };
    let prefixed = recorded("smtp:ada@contoso.com");
    let taken = bob("smtp:ADA@contoso.com");
    check(rule(), &[&missing], vec![], (&["proxyAddresses"], 0));
    check(rule(), &[&prefixed, &taken], vec![], (&[], 1));
    check(rule(), &[&recorded("Ada@contoso.com"), &taken], vec![], (&[], 1));
    check(rule(), &[&missing, &taken], vec![], (&["onPremisesProvisioningErrors"], 1));
    // on record under the user principal name, which another object has as well
    check(rule(), &[&recorded("bob@contoso.com"), &taken], vec![], (&[], 1));
    // who had it before keeps it
    let had = ada(&["SMTP:ada@contoso.com"], Some(ADA));
    check(rule(), &[&missing, &taken], vec![had], (&["proxyAddresses"], 0));
    // without resiliency nothing is put on record
    let changed = BTreeMap::from([("duplicate_attribute".to_owned(), "first-wins".to_owned())]);
    let first_wins = Switches::of("today", &changed).unwrap();
    assert_eq!(judged(rule(), &[&missing, &taken], vec![], first_wins), (vec![], 1));
}

#[test]
fn a_quarantined_address_waits_for_the_sweep_when_it_is_free_again() {
    let recorded = |value: &str| CloudRecord { quarantined: quarantined(value), ..ada(&[], None) };
    let (own, other) = (recorded("smtp:ada@contoso.com"), recorded("smtp:eve@contoso.com"));
    check(rule(), &[&own], vec![own.clone()], (&[], 1));
    check(rule(), &[&own], vec![], (&["proxyAddresses"], 0));
    check(rule(), &[&own], vec![other.clone()], (&["proxyAddresses"], 0));
    check(rule(), &[&ada(&[], None)], vec![own], (&["proxyAddresses"], 0));
    check(rule(), &[&other], vec![other.clone()], (&["proxyAddresses"], 0));
}

#[test]
fn only_a_mailbox_has_its_name_and_its_initial_address_besides() {
    let with = |more: &'static str| [&["SMTP:ada@contoso.com"][..], &[more]].concat();
    let (upn, initial) = ("smtp:ada.upn@contoso.com", "smtp:ada@contoso.onmicrosoft.com");
    for more in [upn, initial] {
        check(rule(), &[&ada(&with(more), Some(ADA))], vec![], (&["proxyAddresses"], 0));
    }
    let all = |initial: &str| mailbox(&["SMTP:ada@contoso.com", upn, initial], Some(ADA));
    for right in ["ada", "ada1234", "ada+1234"] {
        check(mailbox_rule(), &[&all(&format!("smtp:{right}@contoso.onmicrosoft.com"))], vec![], (&[], 0));
    }
    // not permitted, and the right one is missing
    for wrong in ["adaabcd", "ada123", "ada12345", "bob1234"] {
        let now = all(&format!("smtp:{wrong}@contoso.onmicrosoft.com"));
        check(mailbox_rule(), &[&now], vec![], (&["proxyAddresses", "proxyAddresses"], 0));
    }
}

#[test]
fn values_of_other_protocols_are_required_permitted_or_neither() {
    let x500 = "x500:/o=contoso/cn=ada";
    let with = |required: &[&str], optional: &[&str]| AddressRule {
        other_required: set(required),
        other_optional: set(optional),
        ..rule()
    };
    let now = |more: &[&str]| ada(&[&["SMTP:ada@contoso.com"], more].concat(), Some(ADA));
    check(with(&[x500], &[]), &[&now(&["X500:/o=Contoso/cn=Ada"])], vec![], (&[], 0));
    check(with(&[x500], &[]), &[&now(&[])], vec![], (&["proxyAddresses"], 0));
    check(with(&[x500], &[]), &[&now(&[]), &bob("X500:/o=contoso/cn=ada")], vec![], (&[], 1));
    check(with(&[], &[x500]), &[&now(&[x500])], vec![], (&[], 0));
    check(with(&[], &[x500]), &[&now(&["sip:ada@contoso.com"])], vec![], (&["proxyAddresses"], 0));
}

#[test]
fn the_primary_address_is_a_permitted_one_or_the_choice_of_a_mailbox_that_was_given_none() {
    let addresses = |primary: &str| {
        let all = [ADA, UPN, "ada@contoso.onmicrosoft.com", "old@contoso.com"];
        let prefix = |address: &&str| if *address == primary { "SMTP:" } else { "smtp:" };
        all.iter().map(|address| format!("{}{address}", prefix(address))).collect::<Vec<String>>()
    };
    let now = |primary: &str| {
        let values = addresses(primary);
        mailbox(&values.iter().map(String::as_str).collect::<Vec<_>>(), Some(primary))
    };
    let with = |primaries: &[&str]| AddressRule {
        optional: set(&["old@contoso.com"]),
        primaries: primaries.iter().map(|address| Some((*address).to_owned())).collect(),
        ..mailbox_rule()
    };
    check(with(&[ADA]), &[&now(ADA)], vec![], (&[], 0));
    check(with(&[ADA]), &[&now(UPN)], vec![], (&["mail"], 0));
    check(with(&[ADA]), &[&now("old@contoso.com")], vec![], (&["mail"], 0));
    check(with(&[]), &[&now(UPN)], vec![], (&[], 0));
    check(with(&[]), &[&now("ada@contoso.onmicrosoft.com")], vec![], (&[], 0));
    check(with(&[]), &[&now("old@contoso.com")], vec![], (&["mail"], 0));
    // the permitted one is another object's, so any other may stand in
    let left = CloudRecord {
        quarantined: quarantined("smtp:ada@contoso.com"),
        ..ada(&["SMTP:old@contoso.com"], Some("old@contoso.com"))
    };
    let plain = AddressRule {
        optional: set(&["old@contoso.com"]),
        primaries: BTreeSet::from([Some(ADA.to_owned())]),
        ..rule()
    };
    check(plain, &[&left, &bob("SMTP:ada@contoso.com")], vec![], (&[], 1));
}

#[test]
fn who_holds_a_value_is_found_without_the_object_itself() {
    let (ada, bob) = (ada(&["SMTP:ada@contoso.com"], None), bob("smtp:ada@contoso.com"));
    let expected = Expected::default();
    let live = BTreeMap::from([(ada.id, &ada), (bob.id, &bob)]);
    let holders = Holders::of(&live, &expected);
    assert_eq!(holders.other(ADA, Some(guid(1))), Some(guid(2)));
    assert_eq!(holders.other(UPN, Some(guid(1))), None);
    assert_eq!(holders.other(UPN, None), Some(guid(1)));
}
