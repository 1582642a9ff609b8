//! What stands in the directories, read without the code that put it there; lines of directory-sync.md 4 and 1.6.

use super::*;
use crate::directory::{Entry, attr};
use crate::oracle::{PeopleMatch, Switches, SyncKind, Synchronize, expected_by};
use crate::spec::{EstateSpec, ForestSpec, PopulationSpec};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

fn estate(topology: Topology, second: u32) -> EstateSpec {
    let forest = |domain: &str, suffix: &str, users: u32| ForestSpec {
        domain: domain.to_owned(),
        upn_suffixes: vec![suffix.to_owned()],
        population: PopulationSpec {
            groups: 4,
            contacts: 3,
            rooms: 2,
            ..PopulationSpec { users, ..PopulationSpec::NOBODY }
        },
        defects: crate::spec::DefectMix::none(),
        decoys: 0,
        ..ForestSpec::default()
    };
    let mut spec = EstateSpec {
        seed: 21,
        topology,
        forests: vec![
            forest("contoso.local", "contoso.com", 60),
            forest("fabrikam.local", "fabrikam.com", second),
        ],
        ..EstateSpec::default()
    };
    spec.tenant.verified_domains = vec!["contoso.com".to_owned(), "fabrikam.com".to_owned()];
    spec
}

fn grown(topology: Topology, second: u32) -> (World, Vec<Directory>) {
    let world = World::generate(estate(topology, second), 1).unwrap();
    let directories = world.converged();
    (world, directories)
}

fn entries(directory: &Directory) -> impl Iterator<Item = Entry<'_>> {
    directory.ids().filter_map(|id| directory.entry(id)).filter(|entry| !entry.is_deleted())
}

fn under(directory: &Directory, unit: &str) -> BTreeMap<String, String> {
    let below = |entry: &Entry<'_>| entry.dn().contains(&format!(",OU={unit},"));
    let mail = |entry: Entry<'_>| Some((entry.text(attr::MAIL)?.into_owned(), entry.dn()));
    entries(directory).filter(below).filter_map(mail).collect()
}

fn staff(directory: &Directory) -> BTreeMap<String, String> {
    let person = |entry: &Entry<'_>| {
        let enabled = entry.int(attr::USER_ACCOUNT_CONTROL).is_some_and(|control| control & 2 == 0);
        entry.is_class("user") && enabled && entry.has(attr::GIVEN_NAME) && entry.has(attr::MAIL_NICKNAME)
    };
    let mail = |entry: Entry<'_>| Some((entry.text(attr::MAIL)?.into_owned(), entry.dn()));
    entries(directory).filter(person).filter_map(mail).collect()
}

/// Mail and kind of everything that the oracle expects.
fn expected(world: &World, directories: &[Directory], by: PeopleMatch) -> crate::oracle::Expected {
    let directories: Vec<&Directory> = directories.iter().collect();
    expected_by(&by, &Synchronize::default(), &directories, &world.tenant(), &Switches::default())
}

fn users(expected: &crate::oracle::Expected) -> usize {
    expected.objects.values().filter(|object| object.kind == SyncKind::User).count()
}

#[test]
fn in_a_full_mesh_each_forest_has_everybody_else_as_a_contact_with_their_mail() {
    let (world, forests) = grown(Topology::FullMesh, 30);
    let people: Vec<BTreeMap<String, String>> = forests.iter().map(staff).collect();
    assert!(people[0].len() > 40 && people[1].len() > 15, "{people:?}");
    let mails = |of: &BTreeMap<String, String>| of.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(mails(&under(&forests[0], "GAL FABRIKAM")), mails(&people[1]));
    assert_eq!(mails(&under(&forests[1], "GAL CONTOSO")), mails(&people[0]));
    // by mail there is nobody twice, by anything else everybody
    let (by_mail, by_sid) =
        (expected(&world, &forests, PeopleMatch::Mail), expected(&world, &forests, PeopleMatch::Sid));
    let contacts = by_sid.objects.len() - by_mail.objects.len();
    assert_eq!(contacts, people[0].len() + people[1].len());
    assert_eq!(users(&by_mail), users(&by_sid));
    // separately grown, the people are the same ones
    let (_, separate) = grown(Topology::Separate, 30);
    assert_eq!(separate.iter().map(staff).collect::<Vec<_>>(), people);
    assert!(under(&separate[0], "GAL FABRIKAM").is_empty());
}

#[test]
fn every_account_has_its_mailbox_in_the_resource_forest_and_some_mailboxes_have_lost_their_account() {
    let (world, forests) = grown(Topology::AccountResource, 0);
    let (_, separate) = grown(Topology::Separate, 0);
    let before = staff(&separate[0]);
    assert!(staff(&forests[0]).is_empty(), "no mailbox is left in the account forest");
    let boxes: Vec<Entry<'_>> =
        entries(&forests[1]).filter(|entry| entry.dn().contains(",OU=Linked Mailboxes,")).collect::<Vec<_>>();
    let boxes: Vec<&Entry<'_>> = boxes.iter().filter(|entry| entry.is_class("user")).collect();
    let master = forests[1].schema().attribute_id("msExchMasterAccountSid").unwrap();
    let (mut linked, mut orphans) = (BTreeSet::new(), 0);
    for mailbox in &boxes {
        assert_eq!(mailbox.int(attr::USER_ACCOUNT_CONTROL), Some(514), "disabled resource account (4.1)");
        assert_eq!(mailbox.int(attr::MS_EXCH_RECIPIENT_TYPE_DETAILS), Some(2), "a linked mailbox (1.3)");
        let mut octets = Vec::new();
        mailbox.values(master).next().unwrap().write_ldap(&forests[1], &mut octets);
        let sid = crate::ids::Sid::from_bytes(&octets).unwrap();
        match entries(&forests[0]).find(|entry| entry.sid() == Some(sid.clone())) {
            Some(account) => {
                assert!(linked.insert(account.dn()), "one mailbox an account");
                assert_eq!(account.text(attr::DISPLAY_NAME), mailbox.text(attr::DISPLAY_NAME));
            }
            None => orphans += 1,
        }
    }
    assert_eq!(linked, before.values().cloned().collect::<BTreeSet<_>>());
    assert_eq!(orphans, before.len() / 20);
    let both = expected(&world, &forests, PeopleMatch::Sid);
    let plain = expected(&world, &separate, PeopleMatch::Sid);
    assert_eq!(users(&both), users(&plain), "nobody is there twice, and no orphan comes");
    let stay = both.filtered.values().filter(|(_, reason)| *reason == "linked mailbox").count();
    assert_eq!(stay, orphans);
}

#[test]
fn who_moved_is_in_the_other_forest_alone_and_a_member_here_by_the_new_sid() {
    let (world, forests) = grown(Topology::Consolidation, 20);
    let (_, separate) = grown(Topology::Separate, 20);
    let (was, is) = (staff(&separate[0]), staff(&forests[0]));
    let moved = under(&forests[1], "Moved");
    assert_eq!(moved.len(), was.len().div_ceil(5));
    let here: BTreeSet<&String> = is.keys().chain(moved.keys()).collect();
    assert_eq!(here, was.keys().collect::<BTreeSet<_>>());
    assert!(moved.keys().all(|mail| !is.contains_key(mail)));
    let anchor = forests[1].schema().attribute_id("mS-DS-ConsistencyGuid").unwrap();
    let kept = entries(&forests[1]).filter(|entry| entry.dn().contains(",OU=Moved,") && entry.has(anchor));
    let old: BTreeSet<Vec<u8>> =
        entries(&separate[0]).map(|entry| entry.guid().to_bytes_le().to_vec()).collect();
    let mut anchors = 0;
    for entry in kept {
        let mut octets = Vec::new();
        entry.values(anchor).next().unwrap().write_ldap(&forests[1], &mut octets);
        assert!(old.contains(&octets), "the anchor of the account that was left");
        anchors += 1;
    }
    assert_eq!(anchors, moved.len().div_ceil(2));
    let expected = expected(&world, &forests, PeopleMatch::Sid);
    let group = entries(&forests[0]).find(|entry| entry.rdn_value() == consolidation::GROUP).unwrap();
    let members = &expected.objects[&group.guid().immutable_id()].members;
    assert_eq!(members.len(), moved.len());
}

#[test]
fn a_topology_that_cannot_be_is_refused_with_what_to_do() {
    let mut spec = estate(Topology::FullMesh, 5);
    spec.forests.truncate(1);
    let error = World::generate(spec, 1).err().unwrap();
    assert!(error.to_string().contains("needs two forests"), "{error}");
    let mut spec = estate(Topology::AccountResource, 5);
    spec.forests[1].schema.exchange = false;
    let error = World::generate(spec, 1).err().unwrap();
    assert!(error.to_string().contains("fabrikam.local"), "{error}");
    assert!("mesh".parse::<Topology>().unwrap_err().contains("full-mesh"));
    for topology in Topology::ALL {
        assert_eq!(topology.name().parse(), Ok(topology));
    }
}
