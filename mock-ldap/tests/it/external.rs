//! Client certificates: MS-ADTS 5.1.1.2.

use crate::support::{Client, PASSWORD, administrator, modify};
use forestbed_sim::limits::Limits;
use ldap3_proto::proto::{LdapModifyType, LdapOp};
use rcgen::{CertificateParams, DnType, KeyPair, OtherNameValue, SanType};

fn certificate(common_name: &str, principal: Option<&str>) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.subject_alt_names = principal
        .map(|name| {
            let kind = vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3];
            SanType::OtherName((kind, OtherNameValue::Utf8String(name.to_owned())))
        })
        .into_iter()
        .collect();
    let key = KeyPair::generate().expect("a key");
    params.self_signed(&key).expect("a certificate").der().to_vec()
}

#[test]
fn a_certificate_binds_the_account_that_it_names() {
    let mut admin = administrator(Limits::default());
    let staff = admin.add_ou("Staff");
    let bob = admin.add_user(&staff, "bob");
    admin.add_user(&staff, "amy");
    let by_subject = [(LdapModifyType::Replace, "altSecurityIdentities", &["X509:<I>CN=Amy<S>CN=Amy"][..])];
    assert_eq!(admin.ask(modify(&format!("CN=amy,{staff}"), &by_subject)).code, 0);
    let disable = [(LdapModifyType::Replace, "userAccountControl", &["514"][..])];
    let check = |der: &[u8], authorization: &str, code: i64, who: &str| {
        // after StartTLS
        let mut client = Client::new(&admin.world, false);
        client.session.set_secure();
        client.session.set_client_certificate(der);
        assert_eq!(client.who_am_i(), "", "nobody is bound before the bind");
        assert_eq!(client.sasl("EXTERNAL", authorization.as_bytes()).code, code);
        assert_eq!(client.who_am_i(), if authorization.is_empty() || code == 0 { who } else { "" });
        // over LDAPS
        let mut client = Client::new(&admin.world, true);
        client.session.set_client_certificate(der);
        assert_eq!(client.who_am_i(), who);
        assert_eq!(client.sasl("EXTERNAL", b"").code, 53);
    };
    let bobs = certificate("Bob", Some("bob@contoso.local"));
    check(&bobs, "", 0, "u:CONTOSO\\bob");
    check(&bobs, &format!("dn:{bob}"), 0, "u:CONTOSO\\bob");
    check(&bobs, "u:bob", 49, "u:CONTOSO\\bob");
    check(&bobs, &format!("dn:{staff}"), 49, "u:CONTOSO\\bob");
    check(&certificate("Amy", None), "", 0, "u:CONTOSO\\amy");
    check(&certificate("Eve", None), "", 49, "");
    check(&certificate("Bob", Some("nobody@contoso.local")), "", 49, "");
    check(b"no certificate", "", 49, "");
    assert_eq!(admin.ask(modify(&bob, &disable)).code, 0);
    let mut client = Client::new(&admin.world, true);
    client.session.set_client_certificate(&bobs);
    assert_eq!(client.who_am_i(), "");
    assert_eq!(client.bind("amy@contoso.local", PASSWORD).code, 0, "another bind is still possible");
}

#[test]
fn external_without_a_certificate_is_invalid_credentials() {
    let admin = administrator(Limits::default());
    for secure in [false, true] {
        let mut client = Client::new(&admin.world, secure);
        let answer = client.sasl("EXTERNAL", b"");
        assert_eq!((answer.code, client.who_am_i().as_str()), (49, ""));
        assert!(matches!(client.ask(LdapOp::DelRequest("CN=x".to_owned())).code, 1));
    }
}
