//! Confidential attributes: active-directory.md 8, "read everything except confidential attrs".

use crate::support::{Answer, Client, DOMAIN, PASSWORD, administrator, below, control, element, object};
use forestbed_sim::limits::Limits;
use ldap3_proto::proto::{LdapCompareRequest, LdapOp};

/// An attribute of computers with `F` in its search flags (sim/data/ad-schema-attributes.psv).
const SECRET: &str = "msTPM-OwnerInformation";

/// An administrator, a plain user, and the unit with the computers pc1 (secret "zeta"), pc2 (secret "alpha")
/// and pc3 (none).
fn computers() -> (Client, Client, String) {
    let mut admin = administrator(Limits::default());
    let ou = admin.add_ou("Machines");
    for (name, secret) in [("pc1", Some("zeta")), ("pc2", Some("alpha")), ("pc3", None)] {
        let account = format!("{name}$");
        let mut attributes = vec![("objectClass", vec!["computer"]), ("sAMAccountName", vec![&account])];
        attributes.extend(secret.map(|secret| (SECRET, vec![secret])));
        let attributes: Vec<(&str, &[&str])> =
            attributes.iter().map(|(name, values)| (*name, values.as_slice())).collect();
        let answer = admin.add(&format!("CN={name},{ou}"), &attributes);
        assert_eq!(answer.code, 0, "{answer:?}");
    }
    let bob = admin.add_user(&format!("CN=Users,{DOMAIN}"), "bob");
    let mut plain = Client::new(&admin.world, true);
    assert_eq!(plain.bind(&bob, PASSWORD).code, 0);
    (admin, plain, ou)
}

fn names(answer: &Answer) -> Vec<String> {
    answer.entries.iter().map(|entry| entry.text("cn")).collect()
}

#[test]
fn a_filter_on_them_is_undefined_to_who_may_not_read_them() {
    let (mut admin, mut plain, ou) = computers();
    let mut check = |filter: &str, to_admin: &[&str], to_plain: &[&str]| {
        let filter = filter.replace("SECRET", SECRET);
        for (client, expected) in [(&mut admin, to_admin), (&mut plain, to_plain)] {
            let request = below(&ou, &filter, &["cn"]);
            assert_eq!(names(&client.search(request)), expected, "{filter}");
        }
    };
    check("(SECRET=zeta)", &["pc1"], &[]);
    check("(SECRET=z*)", &["pc1"], &[]);
    check("(SECRET=*)", &["pc1", "pc2"], &[]);
    check("(SECRET>=b)", &["pc1"], &[]);
    check("(mstpm-ownerinformation=zeta)", &["pc1"], &[]);
    // undefined stays undefined under a negation
    check("(&(cn=pc*)(!(SECRET=zeta)))", &["pc2", "pc3"], &[]);
    check("(|(SECRET=zeta)(cn=pc3))", &["pc1", "pc3"], &["pc3"]);
    check("(cn=pc1)", &["pc1"], &["pc1"]);
}

#[test]
fn comparing_and_sorting_see_no_value_of_them_either() {
    let (mut admin, mut plain, ou) = computers();
    let compare = || {
        let (dn, atype, val) = (format!("CN=pc1,{ou}"), SECRET.to_owned(), b"zeta".to_vec());
        LdapOp::CompareRequest(LdapCompareRequest { dn, atype, val })
    };
    // RFC 4511 4.10: compareTrue, compareFalse
    assert_eq!(admin.ask(compare()).code, 6);
    assert_eq!(plain.ask(compare()).code, 5);
    let key = element(0x30, &element(0x30, &element(4, SECRET.as_bytes())));
    let sort = || vec![control("1.2.840.113556.1.4.473", true, Some(&key))];
    let all = || below(&ou, "(cn=pc*)", &["cn"]);
    assert_eq!(names(&admin.search_with(all(), sort())), ["pc2", "pc1", "pc3"]);
    assert_eq!(names(&plain.search_with(all(), sort())), ["pc1", "pc2", "pc3"]);
    let shown = plain.search(object(&format!("CN=pc1,{ou}"), &[SECRET]));
    assert_eq!(shown.entries[0].names(), Vec::<&str>::new());
}
