//! Remembered names are the names that the objects have now, whatever happened to them.

use crate::directory::testing::{attributes, seeded, system};
use crate::directory::{Directory, NameCache};

/// Writes every name twice with one cache, so that the second time reads what the first one kept.
fn check(directory: &Directory, cache: &mut NameCache, after: &str) {
    for _ in 0..2 {
        for id in directory.ids() {
            let mut expected = Vec::new();
            let known = directory.known_dn(id, cache).to_vec();
            let own = directory.own_dn(id, cache).to_vec();
            directory.write_dn(id, &mut expected);
            let text = String::from_utf8_lossy(&expected);
            assert_eq!(String::from_utf8_lossy(&known), text, "known, after {after}");
            assert_eq!(String::from_utf8_lossy(&own), text, "own, after {after}");
        }
    }
}

#[test]
fn a_remembered_name_follows_renames_moves_deletions_and_restores() {
    let (mut directory, mut cache) = (seeded(), NameCache::default());
    check(&directory, &mut cache, "nothing");
    let before = directory.clone();
    let staff = "OU=Staff,DC=contoso,DC=local";
    directory.modify_dn(&system(), staff, "OU=People, too", true, None).unwrap_err();
    directory.modify_dn(&system(), staff, r"OU=People\, too", true, None).unwrap();
    check(&directory, &mut cache, "a rename above others");
    let sales = r"OU=Sales,OU=People\, too,DC=contoso,DC=local";
    let groups = "OU=Groups,DC=contoso,DC=local";
    directory.modify_dn(&system(), sales, "OU=Sales", true, Some(groups)).unwrap();
    check(&directory, &mut cache, "a move above others");
    directory.delete(&system(), "CN=Bob Stone,OU=Sales,OU=Groups,DC=contoso,DC=local").unwrap();
    check(&directory, &mut cache, "a deletion");
    check(&before, &mut cache, "a restore");
    let (mut left, mut right) = (before.clone(), before);
    let contact = attributes(&["objectClass: contact"]);
    left.add(&system(), "CN=Left,OU=Staff,DC=contoso,DC=local", &contact).unwrap();
    right.add(&system(), "CN=Right,OU=Staff,DC=contoso,DC=local", &contact).unwrap();
    check(&left, &mut cache, "an addition");
    check(&right, &mut cache, "another one in its place");
}
