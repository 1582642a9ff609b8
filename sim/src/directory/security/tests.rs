//! Against a transcript's sizes and the rules of MS-DTYP.

use super::ace::Ace;
use super::descriptor::{SecurityDescriptor, SecurityParts};
use super::sddl::Template;
use crate::clock::DEFAULT_START;
use crate::directory::testing::forest;
use crate::directory::{
    Directory, Entry, Modification, ModifyOp, NewObject, ObjectId, Schema, UpdateContext, attr,
};
use crate::ids::{Guid, Sid};
use crate::spec::SchemaExtensions;

fn add(directory: &mut Directory, parent: ObjectId, rdn: &str, class: &'static str) -> ObjectId {
    let object = NewObject { parent, rdn: rdn.into(), class, attributes: Vec::new(), guid: None, rid: None };
    directory.load(&UpdateContext::lenient(DEFAULT_START), object)
}

fn parts(entry: &Entry<'_>, flags: i64) -> SecurityDescriptor {
    let bytes = entry.security_descriptor(SecurityParts::from_flags(flags));
    SecurityDescriptor::parse(&bytes).expect("a descriptor that reads back")
}

fn about(guid: &str) -> impl Fn(&&Ace) -> bool + use<> {
    let guid = Guid::parse(guid);
    move |ace: &&Ace| ace.object == guid
}

#[test]
fn every_default_of_the_schema_is_read() {
    let schema = Schema::new(SchemaExtensions::default());
    let texts: Vec<_> = schema.classes().filter_map(|row| schema.default_security(row.id)).collect();
    // MS-ADSC: all classes but applicationSettings, domain, samDomainBase and one more have one
    assert_eq!(texts.len(), 260);
    assert!(texts.iter().all(|text| Template::parse(text).is_some()));
}

#[test]
fn the_parts_of_a_user_have_the_sizes_of_the_transcript() {
    let mut directory = forest();
    let domain = directory.info().domain;
    let ou = add(&mut directory, domain, "Staff", "organizationalUnit");
    let user = add(&mut directory, ou, "Alice", "user");
    let user = directory.entry(user).unwrap();
    let size = |flags| user.security_descriptor(SecurityParts::from_flags(flags)).len();
    // golden/05, a domain as Windows Server 2008 R2 makes it: 48, 48, 2024 and 140 bytes. Windows Server 2012
    // and 2012 R2 added two inheritable entries to the default of domainDNS, of 56 and 40 bytes
    let newer = 56 + 40;
    assert_eq!((size(1), size(2), size(4), size(8)), (48, 48, 2024 + newer, 140));
    assert_eq!((size(7), size(15), size(0)), (2080 + newer, 2200 + newer, 2200 + newer));
}

#[test]
fn entries_come_down_from_the_head_and_count_where_their_class_fits() {
    let mut directory = forest();
    let domain = directory.info().domain;
    let ou = add(&mut directory, domain, "Staff", "organizationalUnit");
    let (user, group) = (add(&mut directory, ou, "A", "user"), add(&mut directory, ou, "G", "group"));
    let membership = "bc0ac240-79a9-11d0-9020-00c04fc2d4cf";
    let user_class = Guid::parse("bf967aba-0de6-11d0-a285-00aa003049e2");
    let flags = |id: ObjectId| {
        let dacl = parts(&directory.entry(id).unwrap(), 4).dacl.unwrap().aces();
        let of_users = |ace: &&Ace| ace.inherited_object == user_class && about(membership)(ace);
        dacl.iter().find(of_users).map(|ace| ace.flags)
    };
    // as Windows shows them: CIIO on the head, CIIOID on what it passes, CIID where it counts
    assert_eq!(
        (flags(domain), flags(ou), flags(group), flags(user)),
        (Some(0x0a), Some(0x1a), Some(0x1a), Some(0x12))
    );
}

#[test]
fn members_of_administrative_groups_inherit_nothing() {
    let directory = forest();
    let administrator = parts(&directory.entry(directory.info().administrator).unwrap(), 15);
    let dacl = administrator.dacl.unwrap();
    assert!(dacl.protected && dacl.aces().iter().all(|ace| ace.flags & 0x10 == 0));
    assert_eq!(administrator.owner, Some(directory.info().sid.with_rid(512)));
}

#[test]
fn the_head_of_the_domain_lets_a_sync_account_replicate() {
    let mut directory = forest();
    let (domain, users) = (directory.info().domain, directory.info().users);
    let object = NewObject {
        parent: users,
        rdn: "MSOL_1".into(),
        class: "user",
        attributes: vec![(attr::SAM_ACCOUNT_NAME, vec![b"MSOL_1".to_vec()])],
        guid: None,
        rid: None,
    };
    let account = directory.load(&UpdateContext::lenient(DEFAULT_START), object);
    let sid = directory.entry(account).unwrap().sid().unwrap();
    let dacl = parts(&directory.entry(domain).unwrap(), 4).dacl.unwrap().aces();
    for right in ["1131f6aa-9c07-11d1-f79f-00c04fc2dcd2", "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"] {
        let granted = dacl.iter().filter(about(right)).any(|ace| ace.trustee == sid && ace.mask == 0x100);
        assert!(granted, "{right}");
    }
}

#[test]
fn a_malformed_descriptor_is_not_read() {
    let directory = forest();
    let whole = directory.entry(directory.info().users).unwrap().security_descriptor(SecurityParts::ALL);
    assert!(SecurityDescriptor::parse(&whole).is_some());
    for cut in (0..whole.len()).step_by(7) {
        assert!(SecurityDescriptor::parse(&whole[..cut]).is_none(), "{cut} of {} bytes", whole.len());
    }
    let broken = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        SecurityDescriptor::parse(&bytes)
    };
    assert!(broken(0, 2).is_none(), "revision");
    assert!(broken(3, 0).is_none(), "not self-relative");
    assert!(broken(7, 0xff).is_none(), "owner beyond the end");
}

#[test]
fn every_object_of_a_new_forest_has_a_descriptor_with_an_owner() {
    let directory = forest();
    for id in directory.ids() {
        let descriptor = parts(&directory.entry(id).unwrap(), 15);
        assert!(descriptor.owner.is_some() && descriptor.group.is_some(), "{id:?}");
        assert!(!descriptor.dacl.unwrap().aces().is_empty() || descriptor.sacl.is_some(), "{id:?}");
    }
    let schema_admins: Sid = directory.info().sid.with_rid(518);
    assert_eq!(parts(&directory.entry(directory.info().schema).unwrap(), 1).owner, Some(schema_admins));
}

#[test]
fn a_list_above_that_is_as_long_as_can_be_breaks_nothing_below() {
    let mut directory = forest();
    let domain = directory.info().domain;
    let ou = add(&mut directory, domain, "Staff", "organizationalUnit");
    let user = add(&mut directory, ou, "A", "user");
    let trustee = Sid::parse("S-1-5-10").unwrap();
    let kind = super::ace::Kind::Allow;
    let ace = Ace { kind, flags: 2, mask: 16, object: None, inherited_object: None, trustee };
    // entries of 20 octets behind a header of 8: as many as 65,535 octets hold
    let dacl = Some(super::descriptor::Acl::new(&vec![ace; 4000], false, false));
    let written = SecurityDescriptor { dacl, ..SecurityDescriptor::default() };
    let value = written.to_bytes(SecurityParts::ALL);
    let attribute = "nTSecurityDescriptor".to_owned();
    let change = Modification { op: ModifyOp::Replace, attribute, values: vec![value] };
    let dn = directory.entry(ou).unwrap().dn();
    directory.modify(&UpdateContext::system(DEFAULT_START), &dn, &[change]).unwrap();
    assert_eq!(parts(&directory.entry(ou).unwrap(), 4).dacl.unwrap().aces().len(), (65_535 - 8) / 20);
    assert!(parts(&directory.entry(user).unwrap(), 15).dacl.unwrap().aces().len() > 3000);
}

proptest::proptest! {
    #[test]
    fn any_octets_are_read_or_refused(
        at in 0usize..400,
        octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64),
    ) {
        let directory = forest();
        let users = directory.entry(directory.info().users).unwrap();
        let mut bytes = users.security_descriptor(SecurityParts::ALL);
        let end = (at + octets.len()).min(bytes.len());
        bytes.splice(at.min(end)..end, octets.iter().copied());
        if let Some(read) = SecurityDescriptor::parse(&bytes) {
            let again = read.to_bytes(SecurityParts::ALL);
            proptest::prop_assert_eq!(SecurityDescriptor::parse(&again), Some(read));
        }
        proptest::prop_assert!(SecurityDescriptor::parse(&octets).is_none() || octets.len() >= 20);
    }
}
