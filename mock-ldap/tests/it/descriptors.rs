//! nTSecurityDescriptor over the wire, and what else depends on who reads.

use super::support::{Client, DOMAIN, PASSWORD, administrator, control, element, object};
use forestbed_sim::limits::Limits;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::*;

const FLAGS: &str = "1.2.840.113556.1.4.801";

fn flags(flags: u8) -> Vec<LdapControl> {
    vec![control(FLAGS, true, Some(&element(0x30, &[2, 1, flags])))]
}

fn read(client: &mut Client, dn: &str, controls: Vec<LdapControl>) -> Vec<u8> {
    let answer = client.search_with(object(dn, &["nTSecurityDescriptor"]), controls);
    assert_eq!(answer.code, 0, "{answer:?}");
    answer.entries[0].bytes("nTSecurityDescriptor").pop().unwrap_or_default()
}

fn write(client: &mut Client, dn: &str, value: Vec<u8>, controls: Vec<LdapControl>) -> i64 {
    let modification = LdapPartialAttribute { atype: "nTSecurityDescriptor".to_owned(), vals: vec![value] };
    let changes = vec![LdapModify { operation: LdapModifyType::Replace, modification }];
    client.ask_with(LdapOp::ModifyRequest(LdapModifyRequest { dn: dn.to_owned(), changes }), controls).code
}

/// Offsets of owner, group, SACL and DACL.
fn offsets(descriptor: &[u8]) -> [u32; 4] {
    let word = |at: usize| u32::from_le_bytes(descriptor[at..at + 4].try_into().expect("four octets"));
    [word(4), word(8), word(12), word(16)]
}

#[test]
fn the_control_names_the_parts_that_come() {
    // golden/05: flags 1, 2, 4, 8 give owner, group, DACL, SACL; sizes 48 and 48 of the first two
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let user = client.add_user(&ou, "alice");
    for (asked, present) in [
        (1, [true, false, false, false]),
        (2, [false, true, false, false]),
        (4, [false, false, false, true]),
        (8, [false, false, true, false]),
        (7, [true, true, false, true]),
        (15, [true; 4]),
    ] {
        let descriptor = read(&mut client, &user, flags(asked));
        assert_eq!(offsets(&descriptor).map(|offset| offset != 0), present, "flags {asked}");
    }
    assert_eq!(
        (read(&mut client, &user, flags(1)).len(), read(&mut client, &user, flags(2)).len()),
        (48, 48)
    );
    // MS-ADTS 3.1.1.3.4.1.11: without the control, or with no bit set, all parts
    let whole = read(&mut client, &user, Vec::new());
    assert_eq!(whole, read(&mut client, &user, flags(15)));
    assert_eq!(whole, read(&mut client, &user, flags(0)));
    // it comes only when it is named
    let all = client.search(object(&user, &["*"])).entries.remove(0);
    assert!(!all.names().contains(&"nTSecurityDescriptor"));
}

#[test]
fn who_may_not_read_the_system_list_gets_nothing_with_it() {
    // active-directory.md 5: without the control a reader lacking the SACL right gets no descriptor at all
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let user = client.add_user(&ou, "alice");
    let mut plain = Client::new(&client.world, true);
    assert_eq!(plain.bind(&user, PASSWORD).code, 0);
    assert!(read(&mut plain, &user, Vec::new()).is_empty());
    assert!(read(&mut plain, &user, flags(15)).is_empty());
    assert_eq!(read(&mut plain, &user, flags(7)), read(&mut client, &user, flags(7)));
    // and writes nothing
    let descriptor = read(&mut plain, &user, flags(7));
    assert_eq!(write(&mut plain, &user, descriptor, flags(7)), 50);
}

#[test]
fn what_was_written_is_kept() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let user = client.add_user(&ou, "alice");
    let whole = read(&mut client, &user, flags(15));
    // the owner becomes S-1-5-32-544: one part, the others stay
    let owner = [
        &[1, 0, 0, 0x80][..],
        &20u32.to_le_bytes(),
        &[0; 12],
        &[1, 2, 0, 0, 0, 0, 0, 5],
        &32u32.to_le_bytes(),
        &544u32.to_le_bytes(),
    ]
    .concat();
    assert_eq!(write(&mut client, &user, owner.clone(), flags(1)), 0);
    assert_eq!(read(&mut client, &user, flags(1)), owner);
    assert_eq!(read(&mut client, &user, flags(6)), {
        let mut administrators = Client::new(&client.world, true);
        assert_eq!(
            administrators
                .bind(super::support::ADMINISTRATOR, super::support::administrators_password(&client.world))
                .code,
            0
        );
        read(&mut administrators, &user, flags(6))
    });
    assert_ne!(read(&mut client, &user, flags(15)), whole);
    // a whole one comes back as it was given
    assert_eq!(write(&mut client, &user, whole.clone(), Vec::new()), 0);
    assert_eq!(read(&mut client, &user, Vec::new()), whole);
    // active-directory.md 10: a value that is not of its syntax, 21
    for malformed in [vec![1, 2, 3], whole[..whole.len() - 5].to_vec()] {
        assert_eq!(write(&mut client, &user, malformed, Vec::new()), 21);
    }
    assert_eq!(read(&mut client, &user, Vec::new()), whole);
}

#[test]
fn transitive_members_carry_extended_names_too() {
    let mut client = administrator(Limits::default());
    let request = object("CN=Administrators,CN=Builtin,DC=contoso,DC=local", &["msds-memberTransitive"]);
    let extended = control("1.2.840.113556.1.4.529", true, Some(&[0x30, 3, 2, 1, 1]));
    let names = client.search_with(request, vec![extended]).entries.remove(0).texts("msds-memberTransitive");
    let administrator =
        names.iter().find(|name| name.contains(";CN=Administrator,")).expect("the administrator");
    assert!(
        administrator.starts_with("<GUID=") && administrator.contains(">;<SID=S-1-5-21-"),
        "{administrator}"
    );
    assert!(administrator.ends_with(&format!(";CN=Administrator,CN=Users,{DOMAIN}")));
}

#[test]
fn a_connection_in_fast_bind_mode_only_proves_passwords() {
    // MS-ADTS 3.1.1.3.4.2.1
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let user = client.add_user(&ou, "alice");
    let extended = |client: &mut Client, name: &str, value: Option<Vec<u8>>| {
        client.ask(LdapOp::ExtendedRequest(LdapExtendedRequest { name: name.to_owned(), value })).code
    };
    let fast = "1.2.840.113556.1.4.1781";
    assert_eq!(extended(&mut client, fast, None), 53, "it is bound already");
    let mut prover = Client::new(&client.world, true);
    assert_eq!(extended(&mut prover, fast, None), 0);
    assert_eq!(prover.bind(&user, PASSWORD).code, 0);
    assert_eq!(prover.bind(&user, "wrong").code, 49);
    assert_eq!(prover.search(object("", &[])).code, 53);
    assert_eq!(prover.add(&format!("CN=x,{ou}"), &[("objectClass", &["contact"])]).code, 53);
    // RFC 2589: what is no dynamic object cannot be refreshed
    let value = element(0x30, &[element(0x80, user.as_bytes()), vec![0x81, 1, 9]].concat());
    let refresh = "1.3.6.1.4.1.1466.101.119.1";
    assert_eq!(extended(&mut client, refresh, Some(value)), 65);
    let nobody = element(0x30, &[element(0x80, b"CN=nobody,DC=contoso,DC=local"), vec![0x81, 1, 9]].concat());
    assert_eq!(extended(&mut client, refresh, Some(nobody)), 32);
    assert_eq!(extended(&mut client, refresh, None), 2);
}
