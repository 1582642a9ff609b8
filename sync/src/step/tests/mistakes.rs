//! Each mistake shows: the right engine and the mistaken one end differently, in the way that its name says.

use super::fakes::{Fields, World, cloud_dn_of, sid};
use super::{cycle, import};
use crate::config::{Anchor, Matching};
use crate::{Engine, ExportOutcome, Fault, ImportKind, Mistake, Mistakes, SyncKind, Told};

/// FILETIME of 2021-01-01 (directory-sync.md, section 1.4).
const NOW: i64 = 132_539_328_000_000_000;
const ADA: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const BOB: [u8; 16] = [2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const STAFF: [u8; 16] = [3; 16];

fn person(world: &mut World, forest: usize, guid: &[u8], name: &str, more: &[(&str, &str)]) {
    let upn = format!("{name}@contoso.com");
    let mut fields =
        vec![("userAccountControl", "512"), ("sAMAccountName", name), ("userPrincipalName", upn.as_str())];
    fields.retain(|(field, _)| !more.iter().any(|(other, _)| other == field));
    fields.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    let dn = format!("CN={name},DC=forest{forest},DC=com");
    world.forests[forest].put(guid, &dn, "user", &fields);
}

/// Ada, and Bob whose manager she is, in a group.
fn estate() -> World {
    let mut world = World::new(1);
    person(&mut world, 0, &ADA, "ada", &[("title", "Countess"), ("mailNickname", "ada")]);
    person(&mut world, 0, &BOB, "bob", &[("manager", "CN=ada,DC=forest0,DC=com")]);
    let members = "CN=ada,DC=forest0,DC=com|CN=bob,DC=forest0,DC=com";
    let fields = [("groupType", "-2147483646"), ("member", members), ("sAMAccountName", "staff")];
    world.forests[0].put(&STAFF, "CN=staff,DC=forest0,DC=com", "group", &fields);
    world
}

fn open(world: &World, mistake: Option<Mistake>) -> Engine {
    world.open_mistaken(Mistakes::new(mistake, NOW)).expect("opens")
}

fn run(world: &mut World, engine: &mut Engine, kind: ImportKind) -> ExportOutcome {
    cycle(world, engine, kind).expect("a cycle").export.outcome
}

fn texts(fields: &Fields, name: &str) -> String {
    let text = |told: &Told| match told {
        Told::Text(text) => text.clone(),
        Told::Object { dn, .. } => dn.clone(),
        other => format!("{other:?}"),
    };
    fields.get(name).map(|values| values.iter().map(text).collect::<Vec<_>>().join("|")).unwrap_or_default()
}

/// An attribute of all that is in the cloud.
fn all(world: &World, name: &str) -> Vec<String> {
    let mut all: Vec<String> = world.cloud.things.values().map(|thing| texts(&thing.fields, name)).collect();
    all.sort();
    all
}

/// What the right engine comes to, and what the mistaken one does.
fn check(mistake: Mistake, scenario: impl Fn(Option<Mistake>) -> String, right: &str, wrong: &str) {
    assert_eq!(scenario(None), right, "without {mistake:?}");
    assert_eq!(scenario(Some(mistake)), wrong, "{mistake:?}");
    assert_ne!(right, wrong);
}

#[test]
fn anchors_are_made_wrong_and_sent_too_early() {
    let anchored = |mistake| {
        let mut world = estate();
        world.config.anchor = Anchor::ObjectGuid;
        // the GUID and both of its forms are those of directory-sync.md, section 1.4
        let guid = [0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd, 1, 35, 69, 103, 137, 171, 205, 239];
        person(&mut world, 0, &guid, "carol", &[]);
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        let carol = world.cloud.named("carol").expect("exported");
        crate::source_anchor_of(&carol.dn).unwrap_or_default()
    };
    check(Mistake::GuidByteOrder, anchored, "Z0UjAauJ780BI0VniavN7w==", "ASNFZ4mrze8BI0VniavN7w==");
    let early = |mistake| {
        let mut world = estate();
        let mut engine = open(&world, mistake);
        for connector in ["forest0", "cloud"] {
            let World { forests, cloud, .. } = &mut world;
            let source: &mut dyn crate::Source = if connector == "cloud" { cloud } else { &mut forests[0] };
            import(&mut engine, connector, ImportKind::Full, source).expect("an import");
        }
        engine.sync(SyncKind::Full).expect("a synchronization");
        engine.export("cloud", &mut world.cloud).expect("an export").accepted.to_string()
    };
    check(Mistake::ExportsBeforeAnchor, early, "1", "3");
    let changed = |mistake| {
        let mut world = estate();
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        run(&mut world, &mut engine, ImportKind::Delta);
        world.forests[0].set(&ADA, "mS-DS-ConsistencyGuid", &["another anchor"]);
        run(&mut world, &mut engine, ImportKind::Delta);
        world.cloud.find(&cloud_dn_of(&ADA)).is_some().to_string()
    };
    check(Mistake::RecreatesOnAnchorChange, changed, "true", "false");
    let returned = |mistake| {
        let mut world = estate();
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        let ada = world.forests[0].things[&ADA.to_vec()].clone();
        world.forests[0].delete(&ADA);
        run(&mut world, &mut engine, ImportKind::Delta);
        let title = ("title", "back");
        person(&mut world, 0, &ADA, "ada", &[title]);
        world.forests[0].things.get_mut(ADA.as_slice()).expect("there").fields = ada.fields;
        run(&mut world, &mut engine, ImportKind::Delta);
        run(&mut world, &mut engine, ImportKind::Delta);
        world.cloud.find(&cloud_dn_of(&ADA)).is_some().to_string()
    };
    check(Mistake::NewObjectOnReturn, returned, "true", "false");
}

#[test]
fn more_is_sent_or_read_than_there_is_reason_for() {
    let critical = |mistake| {
        let mut world = estate();
        person(&mut world, 0, &[9; 16], "krbtgt", &[("isCriticalSystemObject", "TRUE")]);
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        world.cloud.named("krbtgt").is_some().to_string()
    };
    check(Mistake::SyncsCriticalObjects, critical, "false", "true");
    let again = |mistake| {
        let mut world = estate();
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        run(&mut world, &mut engine, ImportKind::Delta);
        world.cloud.written.clear();
        run(&mut world, &mut engine, ImportKind::Full);
        world.cloud.written.len().to_string()
    };
    check(Mistake::ResendsEverything, again, "0", "3");
    let cookie = |mistake| {
        let mut world = estate();
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        let delta = engine.import("forest0", ImportKind::Delta, &mut world.forests[0]);
        delta.is_err_and(|error| error.is_out_of_order()).to_string()
    };
    check(Mistake::LosesCookie, cookie, "false", "true");
    let fights = |mistake| {
        let mut world = estate();
        world.cloud.shouts = true;
        let mut engine = open(&world, mistake);
        (0..3).for_each(|_| drop(run(&mut world, &mut engine, ImportKind::Full)));
        world.cloud.written.clear();
        run(&mut world, &mut engine, ImportKind::Full);
        world.cloud.written.len().to_string()
    };
    check(Mistake::FightsTheService, fights, "0", "1");
    let staging = |mistake| {
        let mut world = estate();
        world.config.staging = true;
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        world.cloud.things.len().to_string()
    };
    check(Mistake::ExportsInStaging, staging, "0", "3");
}

#[test]
fn duplicates_lose_objects_and_values() {
    let twins = |mistake| {
        let mut world = estate();
        for (guid, name) in [(&ADA, "ada"), (&BOB, "bob")] {
            person(&mut world, 0, guid, name, &[("proxyAddresses", "smtp:team@contoso.com")]);
        }
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        format!("{:?} {:?}", all(&world, "displayName"), all(&world, "proxyAddresses"))
    };
    let both = r#"["ada", "bob", "staff"] ["", "smtp:team@contoso.com", "smtp:team@contoso.com"]"#;
    let one = |name: &str| format!(r#"["{name}", "staff"] ["", "smtp:team@contoso.com"]"#);
    check(Mistake::DropsSecondDuplicate, twins, both, &one("ada"));
    check(Mistake::DropsFirstDuplicate, twins, both, &one("bob"));
    check(Mistake::StripsDuplicates, twins, both, r#"["ada", "bob", "staff"] ["", "", ""]"#);
}

#[test]
fn values_are_lost_or_made_up() {
    let alias = |mistake| {
        let mut world = estate();
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        texts(&world.cloud.named("ada").expect("exported").fields, "alias")
    };
    check(Mistake::LosesMailboxName, alias, "ada", "");
    let blank = |mistake| {
        let mut world = estate();
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        format!("{:?}", all(&world, "displayName"))
    };
    check(Mistake::SendsEmptyText, blank, r#"["ada", "bob", "staff"]"#, r#"["", "", ""]"#);
    let nameless = |mistake| {
        let mut world = estate();
        person(&mut world, 0, &[9; 16], "carol", &[("userPrincipalName", "")]);
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        let carol = world.cloud.named("carol");
        carol.map(|thing| texts(&thing.fields, "userPrincipalName")).unwrap_or_default()
    };
    check(Mistake::SkipsBlankUpn, nameless, "carol@forest0.com", "");
    let expired = |mistake| {
        let mut world = estate();
        let yesterday = (NOW - 864_000_000_000).to_string();
        person(&mut world, 0, &ADA, "ada", &[("accountExpires", yesterday.as_str())]);
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        texts(&world.cloud.named("ada").expect("exported").fields, "accountEnabled")
    };
    check(Mistake::ExpiredIsDisabled, expired, "Boolean(true)", "Boolean(false)");
    let back = |attribute: &'static str, value: &'static str| {
        move |mistake| {
            let mut world = estate();
            let mut engine = open(&world, mistake);
            run(&mut world, &mut engine, ImportKind::Full);
            world.cloud.set("ada", attribute, value);
            run(&mut world, &mut engine, ImportKind::Full);
            texts(&world.forests[0].things[ADA.as_slice()].fields, attribute)
        }
    };
    let address = "SMTP:ada@contoso.onmicrosoft.com";
    check(Mistake::WritesProxiesBack, back("proxyAddresses", address), "", address);
    let mail = "ada@contoso.onmicrosoft.com";
    check(Mistake::RepairsMail, back("mail", mail), "", mail);
    let members = |mistake| {
        let mut world = World::new(1);
        let mut names = Vec::new();
        for number in 0..1_600u32 {
            let guid = [number.to_be_bytes().as_slice(), &[7; 12]].concat();
            person(&mut world, 0, &guid, &format!("u{number}"), &[]);
            names.push(format!("CN=u{number},DC=forest0,DC=com"));
        }
        let fields = [("groupType", "-2147483646"), ("member", &names.join("|")), ("sAMAccountName", "all")];
        world.forests[0].put(&STAFF, "CN=all,DC=forest0,DC=com", "group", &fields);
        world.forests[0].page = 1_000;
        world.config.batch = 1_000;
        world.config.anchor = Anchor::ObjectGuid;
        let mut engine = open(&world, mistake);
        engine.import("forest0", ImportKind::Full, &mut world.forests[0]).expect("an import");
        engine.import("cloud", ImportKind::Full, &mut world.cloud).expect("an import");
        engine.sync(SyncKind::Full).expect("a synchronization");
        let all = engine.preview("forest0", "CN=all,DC=forest0,DC=com").expect("readable").expect("there");
        let change = all.exports[0].changes.iter().find(|(name, ..)| name == "member").expect("members");
        change.2.len().to_string()
    };
    check(Mistake::FirstMembers, members, "1600", "1500");
}

#[test]
fn refusals_are_taken_too_lightly_or_too_seriously() {
    let refused = |code: &'static str| {
        move |mistake| {
            let mut world = estate();
            let anchor = crate::source_anchor_of(&cloud_dn_of(&ADA)).unwrap_or_default();
            world.cloud.refuses.insert(anchor, code.to_owned());
            let mut engine = open(&world, mistake);
            let outcome = run(&mut world, &mut engine, ImportKind::Full);
            world.cloud.refuses.clear();
            run(&mut world, &mut engine, ImportKind::Delta);
            let stopped = matches!(outcome, ExportOutcome::Stopped { .. });
            format!("stopped: {stopped}, there in the end: {}", world.cloud.named("ada").is_some())
        }
    };
    // directory-sync.md, section 2.4: retried each export; the quota stops all
    let unique = refused("AttributeValueMustBeUnique");
    check(
        Mistake::NeverRetries,
        unique,
        "stopped: false, there in the end: true",
        "stopped: false, there in the end: false",
    );
    check(
        Mistake::OneRefusalStopsAll,
        unique,
        "stopped: false, there in the end: true",
        "stopped: true, there in the end: true",
    );
    check(
        Mistake::IgnoresQuota,
        refused("ExceededQuota"),
        "stopped: true, there in the end: true",
        "stopped: false, there in the end: true",
    );
    let quarantined = |mistake| {
        let mut world = estate();
        world.cloud.notes = true;
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        world.cloud.written.clear();
        (engine.export("cloud", &mut world.cloud).expect("an export").sent > 0).to_string()
    };
    check(Mistake::LoopsOnQuarantine, quarantined, "false", "true");
}

#[test]
fn deletions_do_not_come_where_there_are_some() {
    let one = |mistake| {
        let mut world = estate();
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        run(&mut world, &mut engine, ImportKind::Delta);
        world.forests[0].delete(&ADA);
        run(&mut world, &mut engine, ImportKind::Delta);
        world.cloud.things.len().to_string()
    };
    check(Mistake::NeverDeletes, one, "2", "3");
}

#[test]
fn deletions_come_where_there_are_none() {
    let many = |mistake| {
        let mut world = estate();
        world.config.delete_threshold = Some(1);
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        run(&mut world, &mut engine, ImportKind::Delta);
        [ADA, BOB].iter().for_each(|guid| world.forests[0].delete(guid));
        run(&mut world, &mut engine, ImportKind::Delta);
        world.cloud.things.len().to_string()
    };
    check(Mistake::IgnoresThreshold, many, "3", "1");
    check(Mistake::DeletesUpToThreshold, many, "3", "2");
    let cut = |mistake| {
        let mut world = estate();
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        run(&mut world, &mut engine, ImportKind::Delta);
        world.forests[0].page = 1;
        world.forests[0].cut = Some(Fault::Interrupted("lost".into()));
        run(&mut world, &mut engine, ImportKind::Full);
        world.cloud.things.len().to_string()
    };
    check(Mistake::PartialImportDeletes, cut, "3", "2");
    let toggled = |mistake| {
        let mut world = estate();
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        run(&mut world, &mut engine, ImportKind::Delta);
        for filtered in [&["TRUE"][..], &[]] {
            world.forests[0].set(&ADA, "isCriticalSystemObject", filtered);
            run(&mut world, &mut engine, ImportKind::Delta);
            run(&mut world, &mut engine, ImportKind::Delta);
        }
        let manager = texts(&world.cloud.named("bob").expect("exported").fields, "manager");
        (manager == cloud_dn_of(&ADA)).to_string()
    };
    check(Mistake::ReferencesNotResent, toggled, "true", "false");
    let filtered = |mistake| {
        let mut world = estate();
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        run(&mut world, &mut engine, ImportKind::Delta);
        world.forests[0].set(&ADA, "mailNickname", &["SystemMailbox{1f05a927}"]);
        run(&mut world, &mut engine, ImportKind::Delta);
        world.cloud.find(&cloud_dn_of(&ADA)).is_some().to_string()
    };
    check(Mistake::DanglingReferences, filtered, "false", "true");
    let nested = |mistake| {
        let mut world = estate();
        let inner = [
            ("groupType", "-2147483646"),
            ("member", "CN=staff,DC=forest0,DC=com"),
            ("sAMAccountName", "inner"),
        ];
        world.forests[0].put(&[4; 16], "CN=inner,DC=forest0,DC=com", "group", &inner);
        world.forests[0].set(&STAFF, "member", &["CN=inner,DC=forest0,DC=com"]);
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        format!("{:?}", all(&world, "onPremisesSamAccountName"))
    };
    let everybody = r#"["ada", "bob", "inner", "staff"]"#;
    check(Mistake::LoopsOnNestedGroups, nested, everybody, r#"["ada", "bob"]"#);
}

/// An enabled account in one forest and its mailbox in the other.
fn two_forests() -> World {
    let mut world = World::new(2);
    person(&mut world, 0, &ADA, "ada", &[]);
    let master = [("userAccountControl", "514"), ("mailNickname", "ada")];
    person(&mut world, 1, &BOB, "mailbox", &master);
    let thing = world.forests[1].things.get_mut(BOB.as_slice()).expect("there");
    thing.fields.insert("msExchMasterAccountSid".to_owned(), vec![Told::Octets(sid(&ADA))]);
    world
}

#[test]
fn forests_are_put_together_wrong() {
    let names = |mistake| {
        let mut world = two_forests();
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        format!("{:?}", all(&world, "userPrincipalName"))
    };
    let right = r#"["ada@contoso.com"]"#;
    check(Mistake::NoJoins, names, right, r#"["ada@contoso.com", "mailbox@contoso.com"]"#);
    check(Mistake::DisabledAccountWins, names, right, r#"["mailbox@contoso.com"]"#);
    let filtered = |mistake| {
        let mut world = two_forests();
        world.forests[1].set(&BOB, "mailNickname", &["SystemMailbox{1}"]);
        let mut engine = open(&world, mistake);
        run(&mut world, &mut engine, ImportKind::Full);
        world.cloud.things.len().to_string()
    };
    check(Mistake::FilteredIsFalse, filtered, "0", "1");
    let mesh = |contact_first: bool, later: bool| {
        move |mistake| {
            let mut world = World::new(2);
            world.config.matching = vec![Matching::Mail];
            let (user, contact) = if contact_first { (1, 0) } else { (0, 1) };
            let fields = [("mail", "ada@contoso.com"), ("displayName", "ada")];
            world.forests[contact].put(&STAFF, "CN=c,DC=forest,DC=com", "contact", &fields);
            if !later {
                person(&mut world, user, &ADA, "ada", &[("mail", "ada@contoso.com")]);
            }
            // a forest that tells of nothing at all is refused
            person(&mut world, user, &BOB, "bob", &[]);
            let mut engine = open(&world, mistake);
            run(&mut world, &mut engine, ImportKind::Full);
            if later {
                person(&mut world, user, &ADA, "ada", &[("mail", "ada@contoso.com")]);
                run(&mut world, &mut engine, ImportKind::Delta);
            }
            let mut kinds: Vec<&str> = world.cloud.things.values().map(|t| t.class.as_str()).collect();
            kinds.sort_unstable();
            kinds.join(" ")
        }
    };
    check(Mistake::ContactsApart, mesh(true, false), "user user", "contact user user");
    check(Mistake::OrderDependence, mesh(true, false), "user user", "contact user");
    assert_eq!(mesh(false, false)(Some(Mistake::OrderDependence)), "user user", "the other order");
    check(Mistake::KeepsClass, mesh(true, true), "user user", "contact user");
}

#[test]
fn every_mistake_is_shown_by_a_test_here() {
    let text = include_str!("mistakes.rs");
    for mistake in Mistake::ALL {
        assert!(
            text.contains(&format!("check(\n        Mistake::{mistake:?},"))
                || text.contains(&format!("check(Mistake::{mistake:?},")),
            "{mistake:?}"
        );
    }
}
