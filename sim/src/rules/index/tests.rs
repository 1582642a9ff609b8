//! Keys, ranks and records by themselves.

use super::super::{Settings, check};
use super::*;
use crate::ids::Guid;
use std::collections::BTreeSet;

fn born(time: &str) -> u64 {
    let view = ObjectView::new("CN=x", "user").with("whenCreated", vec![time.to_owned()]);
    rank(&view, 0) >> NAME_BITS
}

#[test]
fn who_was_created_earlier_comes_first() {
    let times = [
        "16010101000000.0Z",
        "19991231235959.0Z",
        "20231130235959.0Z",
        "20231231235959.0Z",
        "20240101000000.0Z",
        "20240101000001.0Z",
        "20240101000059.0Z",
        "20240101000100.0Z",
        "20240101005959.0Z",
        "20240101010000.0Z",
        "20240101235959.0Z",
        "20240102000000.0Z",
        "20240131235959.0Z",
        "20240201000000.0Z",
        "20241231235959.0Z",
        "20250101000000.0Z",
        "99991231235959.0Z",
    ];
    for pair in times.windows(2) {
        assert!(born(pair[0]) < born(pair[1]), "{pair:?}");
    }
    for unknown in ["", "2024", "x0240101000000.0Z", "soon"] {
        assert!(born("99991231235959.0Z") < born(unknown), "{unknown}");
        assert_eq!(born(unknown), born("never"));
    }
}

#[test]
fn objects_of_one_age_are_told_apart_by_name_and_guid() {
    let of = |dn: &str, guid: Option<u8>| {
        let mut view = ObjectView::new(dn, "user").with("whenCreated", vec!["20240101000000.0Z".to_owned()]);
        view.guid = guid.map(|nth| Guid::from_bytes([nth; 16]));
        rank(&view, dn_digest(dn))
    };
    let ranks: Vec<u64> = ["CN=a", "CN=b", "CN=c"]
        .into_iter()
        .flat_map(|dn| [None, Some(1), Some(2), Some(3)].map(|guid| of(dn, guid)))
        .collect();
    assert_eq!(ranks.iter().collect::<BTreeSet<_>>().len(), 12);
    let ages: BTreeSet<u64> = ranks.iter().map(|rank| rank >> NAME_BITS).collect();
    assert_eq!(ages, BTreeSet::from([born("20240101000000.0Z")]));
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let held = Held {
        key: Key(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210),
        rank: 0xa1b2_c3d4_e5f6_0718,
        object: 0x1122_3344,
        marks: Marks(0x5566_7788),
    };
    let mut octets = Vec::new();
    held.write(&mut octets);
    assert_eq!((octets.len(), Held::read(&octets)), (Held::OCTETS, held));
    assert_eq!((held.marks.forest(), held.marks.phase()), (0x5566, 0));
    assert_eq!(held.created(), 0xa1b2_c3d4_e5f6_0718 / (1 << NAME_BITS));
}

#[test]
fn each_half_of_a_key_tells_values_and_spaces_apart() {
    let spaces =
        [Space::Address, Space::OtherProxy, Space::Alias, Space::Account, Space::Target, Space::Anchor];
    let texts: Vec<String> = (0..5000).map(|nth| format!("jan{nth}@contoso.com")).collect();
    let keys: Vec<Key> =
        spaces.iter().flat_map(|space| texts.iter().map(|text| Key::of(*space, text))).collect();
    assert_eq!(keys.iter().map(|key| key.0).collect::<BTreeSet<_>>().len(), keys.len());
    assert_eq!(keys.iter().map(|key| key.1).collect::<BTreeSet<_>>().len(), keys.len());
    assert_eq!(Key::of(Space::Alias, "JÜRGEN"), Key::of(Space::Alias, "jürgen"));
    assert_eq!(Key::of(Space::Alias, "JAN"), Key::of(Space::Alias, "jan"));
}

#[test]
fn a_value_is_compared_within_its_own_space() {
    let kinds: [(Slot, &str, Space, &str); 8] = [
        (MAIL, " a@b.com ", Space::Address, "a@b.com"),
        (USER_PRINCIPAL_NAME, "a@b.com", Space::Address, "a@b.com"),
        (PROXY_ADDRESSES, "smtp: a@b.com", Space::Address, "a@b.com"),
        (PROXY_ADDRESSES, "sip:a@b.com", Space::OtherProxy, "sip:a@b.com"),
        (MAIL_NICKNAME, "a", Space::Alias, "a"),
        (SAM_ACCOUNT_NAME, "a", Space::Account, "a"),
        (CONSISTENCY_GUID, "a", Space::Anchor, "a"),
        (TARGET_ADDRESS, "SMTP:a@b.com", Space::Target, "SMTP:a@b.com"),
    ];
    for (slot, value, space, text) in kinds {
        assert_eq!(key(slot, value), (space, text), "{value}");
        assert_eq!(key_of(slot, value), Key::of(space, text), "{value}");
    }
}

fn anchored(name: &str, guid: u8, anchor: Option<u8>) -> ObjectView {
    let of = |nth: u8| Guid::from_bytes([nth; 16]);
    let view = ObjectView::new(format!("CN={name},DC=contoso,DC=local"), "user").with_guid(of(guid));
    view.with("mS-DS-ConsistencyGuid", anchor.map(|nth| of(nth).to_string()).into_iter().collect())
}

/// Who has a source anchor too many, and whose it is.
fn anchors(objects: &[ObjectView]) -> Vec<(usize, Option<String>)> {
    let findings = check(objects, &Settings::default());
    let of_anchors = findings.into_iter().filter(|finding| finding.rule == "XD08");
    of_anchors.map(|finding| (finding.object, finding.owner)).collect()
}

#[test]
fn an_anchor_is_the_object_whose_guid_it_is() {
    // XD08; the anchor of an object without a written one is its objectGUID
    let bea = || Some("CN=bea,DC=contoso,DC=local".to_owned());
    assert_eq!(anchors(&[anchored("ada", 1, None), anchored("bea", 2, None)]), []);
    assert_eq!(anchors(&[anchored("ada", 1, Some(1)), anchored("bea", 2, Some(2))]), []);
    assert_eq!(anchors(&[anchored("ada", 1, Some(2)), anchored("bea", 2, None)]), [(0, bea())]);
    let both = [(0, bea()), (1, bea())];
    assert_eq!(anchors(&[anchored("ada", 1, Some(2)), anchored("bea", 2, Some(2))]), both);
    assert_eq!(anchors(&[anchored("ada", 1, Some(3)), anchored("bea", 2, Some(3))]), [(0, None), (1, None)]);
}

#[test]
fn what_is_not_utf8_is_compared_with_nothing_and_the_rest_with_all() {
    let view = |name: &str, mail: &[u8], display: &[u8]| {
        let mut view = ObjectView::new(format!("CN={name},DC=contoso,DC=local"), "group");
        view.set_octets("mail", vec![mail.to_vec()]);
        view.set_octets("displayName", vec![display.to_vec()]);
        view
    };
    let shared = |mail: &[u8], display: &[u8]| {
        let objects = [view("one", mail, display), view("two", mail, display)];
        let findings = check(&objects, &Settings::default());
        findings.iter().filter(|finding| finding.rule == "ML01").count()
    };
    assert_eq!(shared(b"team@contoso.com", b"Team"), 2);
    assert_eq!(shared(b"team@contoso.com", b"T\xe9am"), 2);
    assert_eq!(shared(b"t\xe9am@contoso.com", b"Team"), 0);
}

#[test]
fn what_is_no_utf_8_is_compared_with_nothing() {
    let odd = |name: &str| {
        let mut view = ObjectView::new(format!("CN={name}"), "user");
        view.set_octets("mailNickname", vec![b"J\xfcrgen".to_vec()]);
        view
    };
    let found = check(&[odd("a"), odd("b")], &Settings::default());
    assert!(found.iter().any(|finding| finding.attribute == "mailNickname"), "{found:#?}");
    assert!(found.iter().all(|finding| finding.rule != "MN09"), "{found:#?}");
}

#[test]
fn a_list_with_a_value_that_is_no_utf_8_is_not_compared_since_it_could_not_be_written_anew() {
    let mut odd = ObjectView::new("CN=a", "user");
    let values = [b"SMTP:team@contoso.com".to_vec(), b"smtp:J\xfcrgen@contoso.com".to_vec()];
    odd.set_octets("proxyAddresses", values.to_vec());
    let even =
        ObjectView::new("CN=b", "user").with("proxyAddresses", vec!["SMTP:team@contoso.com".to_owned()]);
    let found = check(&[odd, even], &Settings::default());
    assert!(found.iter().any(|finding| finding.rule == "UTF8"), "{found:#?}");
    assert!(found.iter().all(|finding| finding.rule != "PA26" && finding.others.is_empty()), "{found:#?}");
}
