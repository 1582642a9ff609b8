//! Binding.

use crate::support::{ADMINISTRATOR, Client, DOMAIN, PASSWORD, administrator, object};
use forestbed_sim::limits::Limits;
use ldap3_proto::proto::{LdapBindCred, LdapBindRequest, LdapModifyType, LdapOp, SaslCredentials};

/// active-directory.md 8; the NUL byte ends every text of Active Directory.
fn refused(data: &str) -> String {
    format!("80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data {data}, v4563\0")
}

/// active-directory.md 6.7.
const NOT_BOUND: &str = "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, v4563\0";

fn with_bob() -> Client {
    let mut client = administrator(Limits::default());
    let staff = client.add_ou("Staff");
    client.add_user(&staff, "bob");
    client
}

#[test]
fn an_account_binds_by_each_form_of_its_name() {
    // golden 06, "good binds" and those that are not
    let mut admin = with_bob();
    let dn = format!("CN=bob,OU=Staff,{DOMAIN}");
    let sid = admin.search(object(&dn, &["objectSid"])).entries[0].bytes("objectSid").remove(0);
    let sid = forestbed_sim::ids::Sid::from_bytes(&sid).expect("a SID");
    for (name, good) in [
        (dn.as_str(), true),
        ("cn=BOB , ou=staff,dc=contoso,dc=local", true),
        ("bob@contoso.local", true),
        ("BOB@CONTOSO.LOCAL", true),
        ("bob@CONTOSO", true),
        ("CONTOSO\\bob", true),
        ("contoso.local/Staff/bob", true),
        (format!("<SID={sid}>").as_str(), true),
        ("bob", false),
        ("CONTOSO/bob", false),
        ("nobody@contoso.local", false),
    ] {
        let mut client = Client::new(&admin.world, false);
        let answer = client.bind(name, PASSWORD);
        if good {
            assert_eq!((answer.code, client.who_am_i()), (0, "u:CONTOSO\\bob".to_owned()), "{name}");
        } else {
            assert_eq!((answer.code, answer.text), (49, refused("52e")), "{name}");
        }
    }
}

#[test]
fn a_refused_bind_says_why_and_leaves_the_client_anonymous() {
    let mut admin = with_bob();
    let mut client = Client::new(&admin.world, false);
    assert_eq!(client.bind("bob@contoso.local", PASSWORD).code, 0);
    let answer = client.bind("bob@contoso.local", "wrong");
    assert_eq!((answer.code, answer.text), (49, refused("52e")));
    assert_eq!(client.who_am_i(), "");
    let dn = format!("CN=bob,OU=Staff,{DOMAIN}");
    let disable = [(LdapModifyType::Replace, "userAccountControl", &["514"][..])];
    assert_eq!(admin.ask(crate::support::modify(&dn, &disable)).code, 0);
    for (password, data) in [(PASSWORD, "533"), ("wrong", "52e")] {
        let answer = client.bind(&dn, password);
        assert_eq!((answer.code, answer.text), (49, refused(data)));
    }
}

#[test]
fn an_empty_password_makes_the_client_anonymous() {
    let mut client = administrator(Limits::default());
    assert_eq!(client.bind(ADMINISTRATOR, "").code, 0);
    assert_eq!(client.who_am_i(), "");
    let answer = client.search(object(DOMAIN, &[]));
    assert_eq!((answer.code, answer.text.as_str(), answer.entries.len()), (1, NOT_BOUND, 0));
    for op in [LdapOp::DelRequest(DOMAIN.to_owned()), crate::support::modify(DOMAIN, &[])] {
        let answer = client.ask(op);
        assert_eq!((answer.code, answer.text.as_str()), (1, NOT_BOUND));
    }
}

#[test]
fn versions_and_methods_are_told_apart() {
    let admin = administrator(Limits::default());
    let password = crate::support::administrators_password(&admin.world).to_owned();
    let simple = || LdapBindCred::Simple(password.clone());
    let sasl = |mechanism: &str| {
        LdapBindCred::SASL(SaslCredentials { mechanism: mechanism.to_owned(), credentials: vec![1] })
    };
    for (version, cred, code) in [
        (2, simple(), 0),
        (3, simple(), 0),
        (4, simple(), 2),
        (3, sasl("GSSAPI"), 7),
        (3, sasl("DIGEST-MD5"), 7),
    ] {
        let mut client = Client::new(&admin.world, false);
        let request = LdapBindRequest { version, dn: ADMINISTRATOR.to_owned(), cred };
        assert_eq!(client.ask(LdapOp::BindRequest(request)).code, code);
    }
    let unknown = || admin.journal().last().and_then(|(_, _, unknown)| unknown.clone());
    assert_eq!(unknown(), Some("DIGEST-MD5".into()));
    // a method of another tag
    let mut client = Client::new(&admin.world, false);
    let answer = client.ask_raw(&[0x30, 12, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x87, 0]);
    assert_eq!(answer.code, 7);
    assert_eq!(unknown(), Some("authentication-7".into()));
}
