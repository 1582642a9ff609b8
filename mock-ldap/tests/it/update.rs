//! Changes on the wire: rights, results, and what a search shows afterwards. What the directory itself allows is
//! tested where it lives.

use crate::support::{Client, DOMAIN, PASSWORD, administrator, control, modify, object, renaming};
use forestbed_sim::directory::ObjectId;
use forestbed_sim::limits::Limits;
use forestbed_sim::world::World;
use ldap3_proto::proto::{LdapCompareRequest, LdapModifyType, LdapOp};

fn compare(dn: &str, attribute: &str, value: &str) -> LdapOp {
    let (dn, atype, val) = (dn.to_owned(), attribute.to_owned(), value.as_bytes().to_vec());
    LdapOp::CompareRequest(LdapCompareRequest { dn, atype, val })
}

#[test]
fn an_object_is_added_changed_renamed_moved_compared_and_deleted() {
    let mut client = administrator(Limits::default());
    let (here, there) = (client.add_ou("Here"), client.add_ou("There"));
    let dn = client.add_contact(&here, "carl");
    let change = [(LdapModifyType::Replace, "mail", &["carl@fabrikam.com"][..])];
    assert_eq!(client.ask(modify(&dn, &change)).code, 0);
    assert_eq!(client.search(object(&dn, &["mail"])).entries[0].text("mail"), "carl@fabrikam.com");
    assert_eq!(client.ask(renaming(&dn, "CN=karl", None)).code, 0);
    assert_eq!(client.ask(renaming(&format!("CN=karl,{here}"), "CN=karl", Some(&there))).code, 0);
    let dn = format!("CN=karl,{there}");
    // golden 06, "compare"
    assert_eq!(client.ask(compare(&dn, "cn", "KARL")).code, 6);
    assert_eq!(client.ask(compare(&dn, "cn", "Rob")).code, 5);
    assert_eq!(client.ask(compare(&format!("CN=x,{there}"), "cn", "x")).code, 32);
    assert_eq!(client.ask(LdapOp::DelRequest(dn.clone())).code, 0);
    assert_eq!(client.ask(LdapOp::DelRequest(dn)).code, 32);
    let lines = client.world.journal.since(0, usize::MAX);
    assert!(lines.iter().all(|line| {
        line.write == matches!(line.operation.as_str(), "add" | "modify" | "modifyDN" | "delete")
    }));
}

#[test]
fn refusals_carry_active_directorys_texts() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let dn = client.add_contact(&ou, "carl");
    // active-directory.md 10
    let exists = client.add(&dn, &[("objectClass", &["contact"])]);
    assert_eq!(exists.code, 68);
    assert!(exists.text.starts_with("00002071: UpdErr: DSID-"), "{}", exists.text);
    assert!(exists.text.contains("problem 6005 (ENTRY_EXISTS), data 0") && exists.text.ends_with("\n\0"));
    assert_eq!(client.ask(LdapOp::DelRequest(ou)).code, 66);
    let unknown = client.ask(modify(&dn, &[(LdapModifyType::Replace, "noSuchAttrX", &["1"])]));
    assert_eq!(unknown.code, 16);
    assert!(unknown.text.starts_with("00000057: LdapErr: DSID-"), "{}", unknown.text);
}

#[test]
fn a_plain_account_writes_its_own_telephone_number_and_little_else() {
    // active-directory.md 8 and golden 07: telephoneNumber yes, displayName no, others' objects no
    let mut admin = administrator(Limits::default());
    let ou = admin.add_ou("Staff");
    let (bob, eve) = (admin.add_user(&ou, "bob"), admin.add_user(&ou, "eve"));
    let mut client = Client::new(&admin.world, true);
    assert_eq!(client.bind(&bob, PASSWORD).code, 0);
    let set = |dn: &str, attribute: &str| modify(dn, &[(LdapModifyType::Replace, attribute, &["1"])]);
    assert_eq!(client.search(object(&eve, &["cn"])).entries.len(), 1, "everybody may read");
    for (op, code) in [
        (set(&bob, "telephoneNumber"), 0),
        (set(&bob, "displayName"), 50),
        (set(&eve, "telephoneNumber"), 50),
        (set(&format!("CN=x,{ou}"), "telephoneNumber"), 32),
        (renaming(&bob, "CN=robert", None), 50),
        (LdapOp::DelRequest(eve.clone()), 50),
    ] {
        let answer = client.ask(op.clone());
        assert_eq!(answer.code, code, "{op:?}: {}", answer.text);
        if code == 50 {
            assert!(
                answer.text.contains("problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n\0"),
                "{}",
                answer.text
            );
        }
    }
    assert_eq!(client.add(&format!("CN=y,{ou}"), &[("objectClass", &["contact"])]).code, 50);
    assert_eq!(admin.search(object(&bob, &["telephoneNumber"])).entries[0].text("telephoneNumber"), "1");
}

#[test]
fn permissive_modify_lets_repetition_pass() {
    // active-directory.md 5
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let dn = client.add_contact(&ou, "carl");
    let again = || {
        modify(
            &dn,
            &[
                (LdapModifyType::Add, "proxyAddresses", &["smtp:a@contoso.com"]),
                (LdapModifyType::Delete, "mail", &["nobody@contoso.com"]),
            ],
        )
    };
    let permissive = || vec![control("1.2.840.113556.1.4.1413", true, None)];
    assert_eq!(client.ask_with(again(), permissive()).code, 0);
    assert_eq!(client.ask_with(again(), permissive()).code, 0);
    assert_eq!(client.ask(again()).code, 20);
}

#[test]
fn a_tree_goes_with_the_control_only() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let inner = format!("OU=Inner,{ou}");
    assert_eq!(client.add(&inner, &[("objectClass", &["organizationalUnit"])]).code, 0);
    client.add_contact(&inner, "carl");
    assert_eq!(client.ask(LdapOp::DelRequest(ou.clone())).code, 66);
    let tree = vec![control("1.2.840.113556.1.4.805", true, None)];
    let answer = client.ask_with(LdapOp::DelRequest(ou.clone()), tree);
    assert_eq!(answer.code, 0, "{}", answer.text);
    assert_eq!(client.search(object(&ou, &[])).code, 32);
}

#[test]
fn a_tree_that_holds_what_must_stay_loses_nothing() {
    let mut admin = administrator(Limits::default());
    let ou = admin.add_ou("Staff");
    let bob = admin.add_user(&ou, "bob");
    let mut plain = Client::new(&admin.world, true);
    assert_eq!(plain.bind(&bob, PASSWORD).code, 0);
    let live = |world: &World| {
        let directory = world.directory(0);
        let usn = directory.highest_usn();
        let alive = |id: &ObjectId| directory.entry(*id).is_some_and(|entry| !entry.is_deleted());
        (directory.ids().filter(alive).count(), usn)
    };
    let before = live(&admin.world);
    // active-directory.md 8: objects of the system 53, what the account may not do 50
    let check = |client: &mut Client, dn: &str, code: i64| {
        let tree = vec![control("1.2.840.113556.1.4.805", true, None)];
        let answer = client.ask_with(LdapOp::DelRequest(dn.to_owned()), tree);
        assert_eq!(answer.code, code, "{dn}: {}", answer.text);
        assert_eq!(live(&client.world), before, "{dn}");
    };
    check(&mut admin, DOMAIN, 53);
    check(&mut admin, &format!("CN=Configuration,{DOMAIN}"), 53);
    check(&mut admin, &format!("CN=Users,{DOMAIN}"), 53);
    check(&mut plain, &ou, 50);
    // Administrator is critical, wherever it is
    let moved = renaming(&format!("CN=Administrator,CN=Users,{DOMAIN}"), "CN=Administrator", Some(&ou));
    assert_eq!(admin.ask(moved).code, 0);
    let before = live(&admin.world);
    let tree = vec![control("1.2.840.113556.1.4.805", true, None)];
    assert_eq!(admin.ask_with(LdapOp::DelRequest(ou), tree).code, 53);
    assert_eq!(live(&admin.world), before);
}

#[test]
fn the_root_dse_takes_no_change_but_the_reload_of_the_schema() {
    // active-directory.md 2
    let mut client = administrator(Limits::default());
    let trigger = |name: &str| modify("", &[(LdapModifyType::Add, name, &["1"])]);
    assert_eq!(client.ask(trigger("schemaUpdateNow")).code, 0);
    assert_eq!(client.ask(trigger("becomePdc")).code, 53);
}

#[test]
fn an_unknown_extended_operation_is_a_protocol_error() {
    // active-directory.md 5, golden 06
    let mut client = administrator(Limits::default());
    let name = "1.3.6.1.4.1.4203.1.11.1".to_owned();
    let request = ldap3_proto::proto::LdapExtendedRequest { name, value: None };
    let answer = client.ask(LdapOp::ExtendedRequest(request));
    let text = "Extended Operation(1.3.6.1.4.1.4203.1.11.1) not supported\0";
    assert_eq!((answer.code, answer.text.as_str()), (2, text));
    assert_eq!(answer.effects, []);
    assert_eq!(client.search(object(DOMAIN, &["1.1"])).code, 0, "the session goes on");
}
