use super::fakes::{Thing, World, cloud_dn_of};
use super::{cycle, quiet};
use crate::config::Anchor;
use crate::value::Value;
use crate::{ExportOutcome, Fault, ImportKind, Operation, SyncKind, Told};

const ENABLED: (&str, &str) = ("userAccountControl", "512");

/// A small company: three people, a nested group with a circle, a contact, a computer, and what stays out.
fn company() -> World {
    let mut world = World::new(1);
    let forest = &mut world.forests[0];
    let people = "OU=People,DC=contoso,DC=com";
    let user = |name: &str| {
        [ENABLED, ("sAMAccountName", name), ("displayName", name)].map(|(a, b)| (a, b.to_owned())).to_vec()
    };
    let mut put = |guid: u8, name: &str, class: &str, fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
        forest.put(&[guid; 16], &format!("CN={name},{people}"), class, &fields);
    };
    let with = |mut fields: Vec<(&'static str, String)>, more: &[(&'static str, &str)]| {
        fields.extend(more.iter().map(|(a, b)| (*a, (*b).to_owned())));
        fields
    };
    put(
        9,
        "Ada",
        "user",
        with(user("ada"), &[("manager", "CN=Ben,OU=People,DC=contoso,DC=com"), ("title", "Head")]),
    );
    put(
        2,
        "Ben",
        "user",
        with(user("ben"), &[("userPrincipalName", " ben@contoso.com "), ("mail", "ben@contoso.com")]),
    );
    put(3, "Cleo", "user", vec![("userAccountControl", "514".into()), ("sAMAccountName", "cleo".into())]);
    put(4, "krbtgt", "user", with(user("krbtgt"), &[("isCriticalSystemObject", "TRUE")]));
    put(5, "MSOL_1", "user", user("MSOL_1"));
    let group = |members: &str| {
        vec![
            ("groupType", "-2147483646".to_owned()),
            ("member", members.to_owned()),
            ("sAMAccountName", "g".to_owned()),
        ]
    };
    let dn = |name: &str| format!("CN={name},{people}");
    put(1, "All", "group", group(&[dn("Ada"), dn("Sales"), dn("krbtgt")].join("|")));
    put(6, "Sales", "group", group(&[dn("Ben"), dn("All")].join("|")));
    put(7, "Plain list", "group", vec![("groupType", "2".into()), ("sAMAccountName", "p".into())]);
    put(8, "Eve", "contact", vec![("mail", "eve@fabrikam.com".into())]);
    put(10, "Silent", "contact", vec![]);
    put(11, "PC", "computer", vec![("userAccountControl", "4096".into())]);
    world
}

fn text(thing: &Thing, name: &str) -> String {
    match thing.fields.get(name).map(Vec::as_slice) {
        Some([Told::Text(text)]) => text.clone(),
        Some([Told::Boolean(truth)]) => truth.to_string(),
        other => format!("{other:?}"),
    }
}

fn members(world: &World, guid: u8, name: &str) -> Vec<String> {
    let thing = world.cloud.find(&cloud_dn_of(&[guid; 16])).map(|anchor| &world.cloud.things[&anchor]);
    let values = thing.and_then(|thing| thing.fields.get(name)).cloned().unwrap_or_default();
    let mut names: Vec<String> = values
        .iter()
        .map(|value| match value {
            Told::Object { dn, .. } => dn.clone(),
            other => format!("{other:?}"),
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_first_cycle_takes_over_what_the_rules_say_and_a_second_writes_nothing() {
    let mut world = company();
    let mut engine = world.open().expect("opens");
    let first = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert_eq!(first.sync.errors, [], "nothing fails");
    let mut expected: Vec<String> = [9, 2, 3, 1, 6, 8].iter().map(|guid| cloud_dn_of(&[*guid; 16])).collect();
    expected.sort();
    let mut names: Vec<String> = world.cloud.things.values().map(|thing| thing.dn.clone()).collect();
    names.sort();
    assert_eq!(names, expected, "system accounts, plain lists, silent contacts and bare computers stay");
    let ada = world.cloud.named("ada").expect("Ada").clone();
    assert_eq!(
        text(&ada, "userPrincipalName"),
        "ada@contoso.com",
        "sAMAccountName@domain where there is none"
    );
    assert_eq!(text(&ada, "accountEnabled"), "true");
    assert_eq!(text(&ada, "title"), "Head");
    assert_eq!(members(&world, 9, "manager"), [cloud_dn_of(&[2; 16])]);
    let cleo = world.cloud.named("Cleo").expect("the common name stands in").clone();
    assert_eq!(text(&cleo, "accountEnabled"), "false", "disabled accounts are synchronized");
    let ben = world.cloud.named("ben").expect("Ben").clone();
    assert_eq!(text(&ben, "userPrincipalName"), "ben@contoso.com", "trimmed");
    let mut all = [cloud_dn_of(&[9; 16]), cloud_dn_of(&[6; 16])];
    all.sort();
    assert_eq!(members(&world, 1, "member"), all, "members out of scope are dropped");
    let mut sales = [cloud_dn_of(&[2; 16]), cloud_dn_of(&[1; 16])];
    sales.sort();
    assert_eq!(members(&world, 6, "member"), sales, "the circle is closed");
    // the anchors of the three people went back to the forest before
    assert_eq!(world.forests[0].written.len(), 3);
    assert_eq!(
        world.forests[0].things[&vec![9; 16]].fields["mS-DS-ConsistencyGuid"],
        [Told::Octets(vec![9; 16])]
    );
    for kind in [ImportKind::Delta, ImportKind::Full, ImportKind::Delta] {
        let again = cycle(&mut world, &mut engine, kind).expect("a cycle");
        assert!(quiet(&again), "{again:?}");
        assert!(again.imports.iter().all(|import| import.complete && import.deleted == 0));
    }
    assert_eq!(world.cloud.doubled, [""; 0]);
}

#[test]
fn a_delta_touches_what_changed_and_who_refers_to_it() {
    let mut world = company();
    let mut engine = world.open().expect("opens");
    for _ in 0..2 {
        cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    }
    world.cloud.written.clear();
    world.forests[0].set(&[9; 16], "title", &[]);
    world.forests[0].rename(&[2; 16], "CN=Benjamin,OU=People,DC=contoso,DC=com");
    let delta = cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    assert_eq!(delta.sync.objects, 2, "Ada and Ben");
    let expected = [2, 9].map(|guid| format!("Update {}", cloud_dn_of(&[guid; 16])));
    let mut written = world.cloud.written.clone();
    written.sort();
    assert_eq!(written, expected);
    assert_eq!(world.cloud.named("ada").expect("Ada").fields.get("title"), None, "gone is cleared");
    assert_eq!(members(&world, 9, "manager"), [cloud_dn_of(&[2; 16])], "a renamed manager stays the manager");
    world.forests[0].delete(&[2; 16]);
    cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    assert_eq!(world.cloud.find(&cloud_dn_of(&[2; 16])), None);
    assert_eq!(members(&world, 9, "manager"), [""; 0]);
    assert!(quiet(&cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle")));
    assert_eq!(world.cloud.doubled.len(), 0, "{:?}", world.cloud.doubled);
}

#[test]
fn an_import_without_an_end_deletes_nothing_whatever_it_says() {
    for fault in [
        Fault::Interrupted("connection reset".into()),
        Fault::Busy { retry_after: Some(3), text: "busy".into() },
        Fault::Refused("size limit".into()),
    ] {
        let mut world = company();
        let mut engine = world.open().expect("opens");
        for _ in 0..2 {
            cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
        }
        let before = world.cloud.view();
        world.forests[0].cut = Some(fault.clone());
        let cut = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
        assert_eq!((cut.imports[0].complete, cut.imports[0].deleted), (false, 0));
        assert_eq!(cut.imports[0].fault, Some(fault));
        assert!(quiet(&cut), "{cut:?}");
        // an empty answer that claims to be whole is no better
        let mut empty = World::new(1);
        let report = engine.import("forest0", ImportKind::Full, &mut empty.forests[0]).expect("a report");
        assert!(!report.complete && report.deleted == 0 && report.fault.is_some(), "{report:?}");
        engine.sync(SyncKind::Full).expect("a synchronization");
        engine.export("cloud", &mut world.cloud).expect("an export");
        assert_eq!(world.cloud.view(), before);
    }
}

#[test]
fn too_many_deletions_stop_the_export_before_anything_is_sent() {
    let mut world = company();
    world.config.delete_threshold = Some(2);
    let mut engine = world.open().expect("opens");
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    for guid in [2, 3, 8] {
        world.forests[0].delete(&[guid; 16]);
    }
    world.forests[0].set(&[9; 16], "title", &["Chief"]);
    world.cloud.written.clear();
    let stopped = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    let ExportOutcome::DeletionThresholdExceeded { text } = &stopped.export.outcome else {
        panic!("{:?}", stopped.export)
    };
    assert!(text.contains("(3 pending deletes) has exceeded the current threshold of 2 objects"), "{text}");
    assert_eq!(world.cloud.written, [""; 0], "nothing is exported");
    world.config.delete_threshold = Some(3);
    drop(engine);
    let mut engine = world.open().expect("opens");
    let sent = engine.export("cloud", &mut world.cloud).expect("an export");
    assert_eq!(sent.outcome, ExportOutcome::Done);
    assert!(world.cloud.written[..3].iter().all(|line| line.starts_with("Delete")), "deletions come first");
}

#[test]
fn staging_imports_and_synchronizes_but_sends_nothing() {
    let mut world = company();
    world.config.staging = true;
    let mut engine = world.open().expect("opens");
    let staged = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert_eq!(staged.export.outcome, ExportOutcome::Staging);
    assert_eq!(staged.export.planned.adds, 6);
    assert!(world.cloud.things.is_empty() && world.forests[0].written.is_empty());
}

#[test]
fn a_second_engine_finds_what_the_first_one_left_and_has_nothing_to_say() {
    let mut world = company();
    let mut engine = world.open().expect("opens");
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    let mut other = World { rows: Default::default(), ..World::new(1) };
    std::mem::swap(&mut other.forests, &mut world.forests);
    std::mem::swap(&mut other.cloud, &mut world.cloud);
    let mut engine = other.open().expect("opens");
    let first = cycle(&mut other, &mut engine, ImportKind::Full).expect("a cycle");
    assert!(quiet(&first), "{first:?} {:?}", other.cloud.written);
}

#[test]
fn a_lost_answer_is_recognised_by_the_next_import_and_a_busy_service_is_asked_again() {
    for happens in [true, false] {
        let mut world = company();
        let mut engine = world.open().expect("opens");
        world.cloud.faults = vec![(happens, Fault::Interrupted("reset".into()))];
        let lost = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
        assert_eq!(lost.export.outcome, ExportOutcome::Interrupted("reset".into()));
        // an export without an import in between leaves alone what is under way
        let sent = engine.export("cloud", &mut world.cloud).expect("an export");
        assert_eq!((sent.outcome, sent.planned.withheld), (ExportOutcome::Done, 3));
        for _ in 0..2 {
            cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
        }
        assert_eq!(world.cloud.things.len(), 6);
        assert_eq!(world.cloud.doubled, [""; 0]);
        assert!(quiet(&cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle")));
    }
    let mut world = company();
    let mut engine = world.open().expect("opens");
    world.cloud.faults = vec![(false, Fault::Busy { retry_after: Some(7), text: "slow down".into() })];
    let busy = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert_eq!(busy.export.outcome, ExportOutcome::Wait { seconds: Some(7), text: "slow down".into() });
    let sent = engine.export("cloud", &mut world.cloud).expect("an export");
    assert_eq!((sent.outcome, world.cloud.things.len()), (ExportOutcome::Done, 6));
    assert_eq!(world.cloud.doubled, [""; 0]);
}

#[test]
fn refusals_are_tried_again_as_their_code_says() {
    for (code, tries) in [("AttributeValueMustBeUnique", 3), ("DataValidationFailed", 1), ("Unheard", 3)] {
        let mut world = company();
        let mut engine = world.open().expect("opens");
        use base64::Engine as _;
        let anchor = base64::engine::general_purpose::STANDARD.encode([2; 16]);
        world.cloud.refuses.insert(anchor.clone(), code.to_owned());
        let mut refused = 0;
        for _ in 0..3 {
            let cycle = cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
            refused += cycle.export.refused;
        }
        assert_eq!(refused, tries, "{code}");
        assert_eq!(world.cloud.doubled, [""; 0]);
        // once it is taken, whoever refers to it gets the reference
        world.cloud.refuses.clear();
        world.forests[0].set(&[2; 16], "title", &["Boss"]);
        for _ in 0..2 {
            cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
        }
        assert_eq!(members(&world, 9, "manager"), [cloud_dn_of(&[2; 16])], "{code}");
        assert!(members(&world, 6, "member").contains(&cloud_dn_of(&[2; 16])));
    }
}

#[test]
fn what_the_service_makes_of_a_value_is_not_fought_over() {
    let mut world = company();
    world.cloud.shouts = true;
    let mut engine = world.open().expect("opens");
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    let second = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert!(quiet(&second), "{second:?}");
    assert_eq!(second.imports[1].not_reimported, 1);
    world.forests[0].set(&[9; 16], "title", &["Chief"]);
    cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    assert_eq!(text(world.cloud.named("ada").expect("Ada"), "title"), "CHIEF");
}

#[test]
fn filters_take_objects_out_and_bring_them_back() {
    let mut world = company();
    let group = "CN=All,OU=People,DC=contoso,DC=com";
    let count = |world: &mut World| {
        let mut engine = world.open().expect("opens");
        cycle(world, &mut engine, ImportKind::Full).expect("a cycle");
        world.cloud.things.len()
    };
    assert_eq!(count(&mut world), 6);
    world.config.connectors[0].group = Some(group.to_owned());
    assert_eq!(count(&mut world), 2, "direct members of the pilot: Ada and Sales");
    world.forests[0].set(&[1; 16], "member", &["CN=Eve,OU=People,DC=contoso,DC=com"]);
    {
        let mut engine = world.open().expect("opens");
        cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
        let names: Vec<&String> = world.cloud.things.values().map(|thing| &thing.dn).collect();
        assert_eq!(names, [&cloud_dn_of(&[8; 16])], "a delta follows the pilot's members");
    }
    world.config.connectors[0].group = None;
    assert_eq!(count(&mut world), 6);
    world.config.connectors[0].exclude = vec!["ou=people,dc=contoso,dc=com".to_owned()];
    world.config.connectors[0].include = vec!["DC=contoso,DC=com".to_owned()];
    world.forests[0].put(
        &[20; 16],
        "CN=Zed,DC=contoso,DC=com",
        "user",
        &[ENABLED, ("sAMAccountName", "zed")],
    );
    assert_eq!(count(&mut world), 1);
    world.config.connectors[0].exclude.clear();
    assert_eq!(count(&mut world), 7);
    world.config.connectors[0].domains =
        vec![crate::config::Domain { fqdn: "fabrikam.com".into(), netbios: None }];
    world.forests[0].put(
        &[21; 16],
        "CN=Yan,DC=fabrikam,DC=com",
        "user",
        &[ENABLED, ("sAMAccountName", "yan")],
    );
    world.config.connectors[0].include.clear();
    assert_eq!(count(&mut world), 1);
}

#[test]
fn null_gives_way_ignore_keeps_and_an_empty_text_is_never_sent() {
    let mut world = company();
    world.custom = r#"
format: 1
rules:
  - { name: Mine, precedence: 50, direction: inbound, connector: active-directory, object: user, metaverse: person,
      link: Join, source: test, confidence: custom, flows: [
        { to: title, expression: 'IIF([sAMAccountName] = "ada", NULL, "Custom")' },
        { to: department, expression: 'IIF([sAMAccountName] = "ada", "", "Dept")' },
        { to: company, constant: Contoso, once: true } ] }
  - { name: Mine out, precedence: 51, direction: outbound, connector: cloud, object: user, metaverse: person,
      link: Join, source: test, confidence: custom, flows: [
        { to: city, expression: 'IIF(IsNullOrEmpty([l]), IgnoreThisFlow, [l])' } ] }
"#
    .to_owned();
    world.forests[0].set(&[9; 16], "department", &["Sales"]);
    world.forests[0].set(&[9; 16], "l", &["Utrecht"]);
    let mut engine = world.open().expect("opens");
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    let ada = world.cloud.named("ada").expect("Ada").clone();
    assert_eq!(text(&ada, "title"), "Head", "NULL lets the default rule win");
    assert_eq!(ada.fields.get("department"), None, "the empty text wins and is not sent");
    let ben = world.cloud.named("ben").expect("Ben").clone();
    assert_eq!((text(&ben, "title"), text(&ben, "department")), ("Custom".into(), "Dept".into()));
    world.forests[0].set(&[9; 16], "l", &[]);
    cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    assert_eq!(text(world.cloud.named("ada").expect("Ada"), "city"), "Utrecht", "ignored, so left as it is");
}

#[test]
fn a_changed_anchor_freezes_the_object() {
    let mut world = company();
    world.config.anchor = Anchor::ConsistencyGuid;
    let mut engine = world.open().expect("opens");
    for _ in 0..2 {
        cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    }
    let before = world.cloud.view();
    let thing = world.forests[0].things.get_mut(&vec![9; 16]).expect("Ada");
    thing.fields.insert("mS-DS-ConsistencyGuid".into(), vec![Told::Octets(vec![77; 16])]);
    world.forests[0].set(&[9; 16], "title", &["Other"]);
    let frozen = cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    assert_eq!(frozen.sync.errors.len(), 1);
    assert_eq!(frozen.sync.errors[0].1, "SourceAnchor attribute has changed.");
    assert!(quiet(&frozen));
    assert_eq!(world.cloud.view(), before);
    let thing = world.forests[0].things.get_mut(&vec![9; 16]).expect("Ada");
    thing.fields.insert("mS-DS-ConsistencyGuid".into(), vec![Told::Octets(vec![9; 16])]);
    world.forests[0].set(&[9; 16], "title", &["Other"]);
    let mended = cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    assert_eq!((mended.sync.errors.len(), mended.export.accepted), (0, 1));
}

#[test]
fn an_account_and_its_linked_mailbox_become_one_person_in_either_order() {
    for swapped in [false, true] {
        let mut world = World::new(2);
        let (account, resource) = if swapped { (1, 0) } else { (0, 1) };
        world.forests[account].put(
            &[1; 16],
            "CN=Ada,DC=contoso,DC=com",
            "user",
            &[
                ENABLED,
                ("sAMAccountName", "ada"),
                ("userPrincipalName", "ada@contoso.com"),
                ("displayName", "A"),
            ],
        );
        let mailbox = [
            ("userAccountControl", "514"),
            ("sAMAccountName", "ada-mbx"),
            ("userPrincipalName", "mbx@fabrikam.com"),
            ("mailNickname", "ada"),
            ("displayName", "Ada of Fabrikam"),
            ("msExchRecipientTypeDetails", "2"),
        ];
        world.forests[resource].put(&[2; 16], "CN=Mbx,DC=fabrikam,DC=com", "user", &mailbox);
        let master = Told::Octets(super::fakes::sid(&[1; 16]));
        let thing = world.forests[resource].things.get_mut(&vec![2; 16]).expect("the mailbox");
        thing.fields.insert("msExchMasterAccountSid".into(), vec![master]);
        // a linked mailbox whose account is nowhere is not exported
        world.forests[resource].put(
            &[3; 16],
            "CN=Alone,DC=fabrikam,DC=com",
            "user",
            &[("userAccountControl", "514"), ("sAMAccountName", "x"), ("msExchRecipientTypeDetails", "2")],
        );
        let mut engine = world.open().expect("opens");
        let first = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
        assert_eq!(first.sync.errors, []);
        assert_eq!(world.cloud.things.len(), 1);
        let ada =
            world.cloud.named("Ada of Fabrikam").expect("the address list is the mailbox forest's").clone();
        assert_eq!(ada.dn, cloud_dn_of(&[1; 16]), "the anchor is the account's");
        assert_eq!(text(&ada, "userPrincipalName"), "ada@contoso.com");
        assert_eq!(text(&ada, "accountEnabled"), "true");
        assert!(quiet(&cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle")));
    }
}

#[test]
fn a_contact_gives_way_to_the_user_whom_it_stands_for() {
    let mut world = World::new(2);
    world.custom = r#"
format: 1
rules:
  - { name: Users by mail, precedence: 40, direction: inbound, connector: active-directory, object: user,
      metaverse: person, link: Provision, source: directory-sync 4, confidence: custom,
      scope: [[{ attribute: mail, operator: ISNOTNULL }, { attribute: adminDescription, operator: ISNOTNULL }]],
      join: [[{ object: mail, metaverse: mail }]] }
"#
    .to_owned();
    // only one rule with join criteria may be in scope: this user is outside the default one's
    world.forests[0].put(&[1; 16], "CN=C,DC=contoso,DC=com", "contact", &[("mail", "ada@contoso.com")]);
    let mut engine = world.open().expect("opens");
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert_eq!(world.cloud.things.values().map(|t| t.class.as_str()).collect::<Vec<_>>(), ["contact"]);
    world.forests[1].put(
        &[2; 16],
        "CN=Ada,DC=fabrikam,DC=com",
        "user",
        &[ENABLED, ("sAMAccountName", "ada"), ("mail", "Ada@contoso.com"), ("adminDescription", "x")],
    );
    let twice = cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    assert!(
        twice.sync.errors[0].1.starts_with("two rules with join criteria are in scope"),
        "{:?}",
        twice.sync
    );
    world.custom = world.custom.replace("ISNOTNULL }]]", "STARTSWITH, value: User_ }]]");
    drop(engine);
    // the sign-in rules leave such accounts alone; the test's own rule stands in
    world.custom += "  - { name: Sign in, precedence: 41, direction: inbound, connector: active-directory, object: user,\n      metaverse: person, link: Join, source: test, confidence: custom, flows: [\n        { to: accountEnabled, constant: 'True' }, { to: sourceObjectType, constant: User },\n        { to: sourceAnchor, expression: 'ConvertToBase64([objectGUID])' },\n        { to: sourceAnchorBinary, from: objectGUID } ] }\n";
    world.forests[1].set(&[2; 16], "adminDescription", &["User_x"]);
    let mut engine = world.open().expect("opens");
    let promoted = cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    assert_eq!(promoted.sync.errors, []);
    let now: Vec<(&str, &str)> =
        world.cloud.things.values().map(|t| (t.class.as_str(), t.dn.as_str())).collect();
    assert_eq!(now, [("user", cloud_dn_of(&[2; 16]).as_str())], "delete and add: another object");
    for _ in 0..2 {
        cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    }
    assert!(quiet(&cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle")));
}

#[test]
fn members_of_another_forest_are_found_through_their_stand_ins_in_either_order() {
    for swapped in [false, true] {
        let mut world = World::new(2);
        let (home, other) = if swapped { (1, 0) } else { (0, 1) };
        let ada = [ENABLED, ("sAMAccountName", "ada")];
        world.forests[home].put(&[1; 16], "CN=Ada,DC=contoso,DC=com", "user", &ada);
        let sid = "S-1-5-16843009";
        let stand_in = format!("CN={sid},CN=ForeignSecurityPrincipals,DC=fabrikam,DC=com");
        let forest = &mut world.forests[other];
        forest.put(&[2; 16], &stand_in, "foreignSecurityPrincipal", &[]);
        forest.put(
            &[3; 16],
            "CN=G,DC=fabrikam,DC=com",
            "group",
            &[("groupType", "-2147483644"), ("member", &stand_in)],
        );
        let mut engine = world.open().expect("opens");
        cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
        assert_eq!(members(&world, 3, "member"), [cloud_dn_of(&[1; 16])], "swapped: {swapped}");
    }
}

#[test]
fn an_object_that_takes_anothers_name_is_not_mistaken_for_it() {
    let mut world = company();
    let mut engine = world.open().expect("opens");
    for _ in 0..2 {
        cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    }
    let (ada, ben) = ("CN=Ada,OU=People,DC=contoso,DC=com", "CN=Ben,OU=People,DC=contoso,DC=com");
    world.forests[0].things.get_mut(&vec![9; 16]).expect("Ada").dn = ben.to_owned();
    world.forests[0].things.get_mut(&vec![2; 16]).expect("Ben").dn = ada.to_owned();
    world.forests[0].set(&[9; 16], "manager", &[ada]);
    world.forests[0].set(&[2; 16], "title", &["Swapped"]);
    cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    assert_eq!(world.cloud.things.len(), 6);
    assert_eq!(members(&world, 9, "manager"), [cloud_dn_of(&[2; 16])]);
    let dn = |name: &str| text(world.cloud.named(name).expect(name), "onPremisesDistinguishedName");
    assert_eq!((dn("ada").as_str(), dn("ben").as_str()), (ben, ada));
}

#[test]
fn the_preview_tells_what_would_happen_and_by_which_rule_and_writes_nothing() {
    let mut world = company();
    world.custom = "format: 1\nrules:\n  - { name: Mine, precedence: 50, direction: inbound, connector: active-directory, object: user, metaverse: person, link: Join, source: test, confidence: custom, flows: [{ to: title, constant: Custom }] }\n".to_owned();
    let mut engine = world.open().expect("opens");
    engine.import("forest0", ImportKind::Full, &mut world.forests[0]).expect("an import");
    let commits = world.rows.commits.get();
    let dn = "cn=ada,ou=people,dc=contoso,dc=com";
    let preview = engine.preview("forest0", dn).expect("readable").expect("Ada is there");
    assert_eq!(preview.metaverse.as_deref(), Some("person"));
    let title = preview.attributes.iter().find(|a| a.name == "title").expect("a title");
    let said: Vec<(&str, bool, Option<&str>)> = title
        .contributions
        .iter()
        .map(|c| (c.rule.as_str(), c.won, c.values.as_ref().and_then(|v| v.first()).and_then(Value::as_text)))
        .collect();
    assert_eq!(said, [("Mine", true, Some("Custom")), ("In from AD - User Common", false, Some("Head"))]);
    let cloud = preview.exports.iter().find(|export| export.connector == "cloud").expect("an export");
    assert_eq!((cloud.operation, cloud.dn.as_str()), (Operation::Add, cloud_dn_of(&[9; 16]).as_str()));
    assert!(cloud.changes.iter().any(|(name, before, after)| {
        name == "title" && before.is_empty() && *after == [Value::text("Custom")]
    }));
    assert_eq!(engine.preview("forest0", "CN=Nobody").expect("readable"), None);
    assert_eq!(world.rows.commits.get(), commits);
    assert_eq!(engine.pending("cloud").expect("readable").adds, 0);
}
