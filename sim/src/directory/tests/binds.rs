//! Simple binds of golden/06 and active-directory.md 8.

use crate::clock::{DEFAULT_START, SimTime};
use crate::directory::testing::seeded;
use crate::directory::{Directory, Role, UpdateContext, attr, nt_hash_of};
use std::time::Duration;

const PASSWORD: &[u8] = b"Passw0rd!1";

fn check(directory: &mut Directory, name: &str, password: &[u8], expected: Option<u32>) {
    let data = directory.authenticate(name, password, DEFAULT_START).err().map(|error| error.data);
    assert_eq!(data, expected, "{name}");
}

#[test]
fn names_are_accepted_in_every_form() {
    let mut directory = seeded();
    let bob = directory.resolve("CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local").unwrap();
    let (guid, sid) = {
        let entry = directory.entry(bob).unwrap();
        (entry.guid(), entry.sid().unwrap())
    };
    for name in [
        "CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local".to_owned(),
        "bob@contoso.local".to_owned(),
        "CONTOSO\\bob".to_owned(),
        "BOB@CONTOSO.LOCAL".to_owned(),
        "bob@CONTOSO".to_owned(),
        format!("<SID={sid}>"),
        format!("<GUID={guid}>"),
        "contoso.local/Staff/Sales/Bob Stone".to_owned(),
        // MS-ADTS 5.1.1.1.1; Samba refuses a displayName
        "Bob Stone".to_owned(),
    ] {
        let principal = directory.authenticate(&name, PASSWORD, DEFAULT_START).unwrap();
        assert_eq!((principal.id, &*principal.netbios_name), (bob, "CONTOSO\\bob"), "{name}");
        assert_eq!(principal.role, Role::User);
    }
    for name in ["CONTOSO/bob", "bob", "nobody@contoso.local", "CONTOSO\\nobody", "nobody@fabrikam.com"] {
        check(&mut directory, name, PASSWORD, Some(0x52e));
    }
    let admin = directory.authenticate("Administrator@contoso.local", PASSWORD, DEFAULT_START).unwrap();
    assert_eq!(admin.role, Role::Admin);
}

#[test]
fn refusals_carry_the_sub_codes_of_the_transcript() {
    let mut directory = seeded();
    check(&mut directory, "bob@contoso.local", b"wrong", Some(0x52e));
    check(&mut directory, "bob@contoso.local", b"", Some(0x52e));
    check(&mut directory, "eve@contoso.local", PASSWORD, Some(0x701));
    check(&mut directory, "eve@contoso.local", b"wrong", Some(0x52e));
    check(&mut directory, "mia@contoso.local", PASSWORD, Some(0x773));
    check(&mut directory, "dora@contoso.local", PASSWORD, Some(0x533));
    check(&mut directory, "dora@contoso.local", b"wrong", Some(0x52e));
    check(&mut directory, "CN=DC1,OU=Domain Controllers,DC=contoso,DC=local", b"x", Some(0x52e));
    let error = directory.authenticate("nobody", b"x", DEFAULT_START).unwrap_err();
    assert_eq!(
        error.text,
        "80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data 52e, v4563"
    );
}

#[test]
fn failures_lock_an_account_until_its_time_is_over() {
    let mut directory = seeded();
    let head = directory.info().domain;
    let context = UpdateContext::lenient(DEFAULT_START);
    directory.load_values(&context, head, attr::LOCKOUT_THRESHOLD, vec![b"3".to_vec()]);
    let lou = "lou@contoso.local";
    let at = |minutes: u64| DEFAULT_START.plus(Duration::from_secs(minutes * 60));
    let mut bind = |password: &[u8], now: SimTime| {
        directory.authenticate(lou, password, now).err().map(|error| error.data)
    };
    assert_eq!(bind(b"x", at(0)), Some(0x52e));
    assert_eq!(bind(b"x", at(0)), Some(0x52e));
    assert_eq!(bind(b"x", at(0)), Some(0x52e));
    assert_eq!(bind(PASSWORD, at(1)), Some(0x775));
    // lockoutDuration of a new domain: 30 minutes
    assert_eq!(bind(PASSWORD, at(31)), None);
    let id = directory.resolve("CN=Lou Lockout,OU=Staff,DC=contoso,DC=local").unwrap();
    let entry = directory.entry(id).unwrap();
    assert_eq!((entry.int("badPwdCount"), entry.int("lockoutTime")), (Some(0), Some(0)));
}

#[test]
fn the_count_of_failures_does_not_bump_the_object() {
    let mut directory = seeded();
    let id = directory.resolve("CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local").unwrap();
    let before = (directory.entry(id).unwrap().usn_changed(), directory.highest_usn());
    check(&mut directory, "bob@contoso.local", b"wrong", Some(0x52e));
    assert_eq!((directory.entry(id).unwrap().usn_changed(), directory.highest_usn()), before);
    assert_eq!(directory.entry(id).unwrap().int("badPwdCount"), Some(1));
}

#[test]
fn a_proof_of_another_kind_meets_the_same_rules() {
    let mut directory = seeded();
    let held = nt_hash_of(std::str::from_utf8(PASSWORD).unwrap());
    let mut log_on = |domain: &str, user: &str, right: bool| {
        let account = directory.account_of(domain, user);
        let outcome = directory.log_on(account, DEFAULT_START, |hash| right && *hash == held);
        outcome.map(|principal| principal.netbios_name).map_err(|error| error.data)
    };
    for (domain, user) in [
        ("CONTOSO", "bob"),
        ("contoso.local", "BOB"),
        ("", "bob"),
        ("", "bob@contoso.local"),
        ("", "bob@CONTOSO"),
    ] {
        assert_eq!(log_on(domain, user, true), Ok("CONTOSO\\bob".into()), "{domain} {user}");
    }
    for (domain, user, right, data) in [
        ("CONTOSO", "bob", false, 0x52e),
        ("CONTOSO", "nobody", true, 0x52e),
        ("FABRIKAM", "bob", true, 0x52e),
        ("", "", true, 0x52e),
        ("CONTOSO", "dora", true, 0x533),
        ("CONTOSO", "mia", true, 0x773),
        // an account without a password
        ("CONTOSO", "DC1$", true, 0x52e),
    ] {
        assert_eq!(log_on(domain, user, right), Err(data), "{domain} {user}");
    }
    let bob = directory.account_of("", "bob").unwrap();
    assert_eq!(directory.entry(bob).unwrap().int("badPwdCount"), Some(1));
}

#[test]
fn an_estate_may_tell_unknown_names_apart() {
    let mut directory = seeded();
    directory.constraints.tell_unknown_names = true;
    check(&mut directory, "nobody@contoso.local", PASSWORD, Some(0x525));
    check(&mut directory, "bob@contoso.local", b"wrong", Some(0x52e));
}

#[test]
fn a_role_follows_every_change_of_a_membership() {
    let mut directory = seeded();
    let bob = directory.resolve("CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local").unwrap();
    let admins = directory.resolve("CN=Domain Admins,CN=Users,DC=contoso,DC=local").unwrap();
    let context = UpdateContext::lenient(DEFAULT_START);
    assert_eq!(directory.role_of(bob), Role::User);
    let before = directory.clone();
    directory.load_links(&context, admins, attr::MEMBER, &[bob]);
    assert_eq!((directory.role_of(bob), before.role_of(bob)), (Role::Admin, Role::User));
    directory.delete(&context, "CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local").unwrap();
    assert_eq!(directory.role_of(bob), Role::User);
}
