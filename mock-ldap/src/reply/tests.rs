//! What is written, read back by a second implementation.

use super::*;
use bytes::BytesMut;
use forestbed_sim::clock::DEFAULT_START;
use forestbed_sim::directory::{
    AttrId, Directory, DirectoryConfig, NameCache, NewObject, ObjectId, Port, Reader, SecurityParts,
    UpdateContext, attr,
};
use forestbed_sim::seed::Seed;
use forestbed_sim::spec::SchemaExtensions;
use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapMsg, LdapOp, LdapSearchResultEntry};
use proptest::prelude::*;
use std::sync::LazyLock;
use tokio_util::codec::Decoder;

/// An empty forest, to be cloned.
static DIRECTORY: LazyLock<Directory> = LazyLock::new(|| {
    Directory::new(&DirectoryConfig {
        domain: "contoso.local".to_owned(),
        netbios: "CONTOSO".to_owned(),
        upn_suffixes: Vec::new(),
        extensions: SchemaExtensions::default(),
        dc_name: "DC1".to_owned(),
        admin_password: "Passw0rd!1".to_owned(),
        time: DEFAULT_START,
        seed: Seed::default(),
    })
});

fn load(directory: &mut Directory, rdn: &str, attributes: Vec<(AttrId, Vec<Vec<u8>>)>) -> ObjectId {
    let parent = directory.info().users;
    let object = NewObject { parent, rdn: rdn.to_owned(), class: "user", attributes, guid: None, rid: None };
    directory.load(&UpdateContext::lenient(DEFAULT_START), object)
}

fn decoded(bytes: &[u8]) -> Vec<LdapMsg> {
    let mut bytes = BytesMut::from(bytes);
    let mut codec = LdapCodec::new(Some(1 << 26), None);
    let mut messages = Vec::new();
    while let Some(message) = codec.decode(&mut bytes).expect("readable") {
        messages.push(message);
    }
    assert!(bytes.is_empty());
    messages
}

fn shown(directory: &Directory, id: ObjectId, selection: &Selection) -> LdapSearchResultEntry {
    let writer = EntryWriter {
        directory,
        selection,
        types_only: false,
        extended_dn: None,
        max_val_range: 1500,
        range_no_error: false,
        confidential: true,
        reader: Reader::system(DEFAULT_START),
        security_parts: Some(SecurityParts::ALL),
        port: Port::Directory,
    };
    let mut out = Vec::new();
    let entry = directory.entry(id).expect("an object");
    writer.write(&mut out, 77, &entry, &mut NameCache::default()).expect("written");
    let message = decoded(&out).remove(0);
    assert_eq!(message.msgid, 77);
    let LdapOp::SearchResultEntry(entry) = message.op else { panic!("{:?}", message.op) };
    entry
}

fn values(entry: &LdapSearchResultEntry, name: &str) -> Vec<Vec<u8>> {
    entry
        .attributes
        .iter()
        .find(|found| found.atype == name)
        .map(|found| found.vals.clone())
        .unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn an_entry_is_read_as_it_was_loaded(
        rdn in "[a-zA-Zäø,+\"<>;= ]{0,20}[a-z]",
        titles in prop::collection::btree_set("[ -~]{1,200}", 0..6),
        photo in prop::collection::vec(any::<u8>(), 1..40_000),
        number: i32,
        large: i64,
    ) {
        let mut directory = DIRECTORY.clone();
        let bytes = |text: &str| text.as_bytes().to_vec();
        let titles: Vec<Vec<u8>> = titles.iter().map(|text| bytes(text)).collect();
        let attributes = vec![
            (attr::PROXY_ADDRESSES, titles.clone()),
            (attr::THUMBNAIL_PHOTO, vec![photo.clone()]),
            (attr::COUNTRY_CODE, vec![bytes(&number.to_string())]),
            (attr::ACCOUNT_EXPIRES, vec![bytes(&large.to_string())]),
        ];
        let id = load(&mut directory, &rdn, attributes);
        let all = Selection { all: true, ..Selection::default() };
        let entry = shown(&directory, id, &all);
        prop_assert_eq!(&entry.dn, &directory.entry(id).expect("an object").dn());
        prop_assert_eq!(values(&entry, "cn"), [bytes(&rdn)]);
        let mut addresses = values(&entry, "proxyAddresses");
        addresses.sort();
        prop_assert_eq!(addresses, titles);
        prop_assert_eq!(values(&entry, "thumbnailPhoto"), [photo]);
        prop_assert_eq!(values(&entry, "countryCode"), [bytes(&number.to_string())]);
        prop_assert_eq!(values(&entry, "accountExpires"), [bytes(&large.to_string())]);
        let guid = directory.entry(id).expect("an object").guid();
        prop_assert_eq!(values(&entry, "objectGUID"), [guid.to_bytes_le().to_vec()]);
        prop_assert_eq!(values(&entry, "whenCreated"), [bytes("20260105080000.0Z")]);
        // named one by one, the same values come
        let names: Vec<&str> = entry.attributes.iter().map(|found| found.atype.as_str()).collect();
        let named = Selection::parse(&names, directory.schema()).expect("no ranges");
        prop_assert_eq!(shown(&directory, id, &named), entry);
    }
}

#[test]
fn results_carry_texts_referrals_controls_and_extended_parts() {
    let outcome = Outcome {
        code: 10,
        matched_dn: "DC=local".to_owned(),
        text: "text".to_owned(),
        referrals: vec!["ldap://a/".to_owned(), "ldap://b/".to_owned()],
    };
    let mut out = Vec::new();
    let controls = [("1.2.840.113556.1.4.319", vec![0x30, 5, 2, 1, 0, 4, 0])];
    write_result(
        &mut out,
        3,
        op::SEARCH_DONE,
        &outcome,
        &Answer { controls: &controls, ..Answer::default() },
    );
    let extended = Some((Some("1.2.3"), Some(&b"v"[..])));
    write_result(&mut out, 4, op::EXTENDED, &Outcome::success(), &Answer { extended, ..Answer::default() });
    write_search_reference(&mut out, 5, "ldap://c/");
    notice_of_disconnection(&mut out, &Outcome::of("unavailable"));
    let messages = decoded(&out);
    let LdapOp::SearchResultDone(result) = &messages[0].op else { panic!("{messages:?}") };
    assert_eq!((result.code.clone() as i64, result.matcheddn.as_str()), (10, "DC=local"));
    assert_eq!(result.message, "text\0");
    // the other implementation does not read referrals: [3] { "ldap://a/", "ldap://b/" } of RFC 4511 4.1.9
    let referral = b"\xa3\x84\0\0\0\x16\x04\x09ldap://a/\x04\x09ldap://b/";
    assert!(out.windows(referral.len()).any(|window| window == referral));
    assert_eq!(messages[0].ctrl, [LdapControl::SimplePagedResults { size: 0, cookie: Vec::new() }]);
    let LdapOp::ExtendedResponse(response) = &messages[1].op else { panic!("{messages:?}") };
    assert_eq!((response.name.as_deref(), response.value.as_deref()), (Some("1.2.3"), Some(&b"v"[..])));
    assert_eq!(response.res.message, "", "a text that is empty stays so");
    let LdapOp::SearchResultReference(reference) = &messages[2].op else { panic!("{messages:?}") };
    assert_eq!(reference.uris, ["ldap://c/"]);
    assert_eq!(messages[3].msgid, 0);
}
