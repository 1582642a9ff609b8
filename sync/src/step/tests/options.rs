//! What the configuration chooses, and what single objects can do.

use super::fakes::{Rows, World, cloud_dn_of, told};
use super::{cycle, quiet};
use crate::config::{Anchor, Matching};
use crate::{
    Entry, ExportItem, Fault, ImportKind, ImportRequest, ItemResult, News, Part, Patch, Source, SyncKind,
    Target, Told, cloud_dn,
};

const ENABLED: (&str, &str) = ("userAccountControl", "512");

fn one_person(more: &[(&str, &str)]) -> World {
    let mut world = World::new(1);
    let mut fields = vec![ENABLED, ("sAMAccountName", "ada"), ("userPrincipalName", "ada@contoso.local")];
    fields.extend(more);
    world.forests[0].put(&[1; 16], "CN=Ada,DC=contoso,DC=com", "user", &fields);
    world
}

fn field(world: &World, name: &str) -> Option<Vec<Told>> {
    world.cloud.things.values().next().and_then(|thing| thing.fields.get(name).cloned())
}

#[test]
fn another_attribute_may_be_the_anchor_or_the_sign_in_name() {
    let mut world = one_person(&[("employeeID", " 4711 "), ("mail", "ada@contoso.com")]);
    world.config.anchor = Anchor::Attribute("employeeID".to_owned());
    world.config.alternate_id = Some("mail".to_owned());
    let mut engine = world.open().expect("opens");
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert!(world.cloud.find(&cloud_dn("4711")).is_some(), "text is not encoded");
    assert_eq!(field(&world, "userPrincipalName"), Some(vec![Told::Text("ada@contoso.com".into())]));
    assert_eq!(
        field(&world, "onPremisesUserPrincipalName"),
        Some(vec![Told::Text("ada@contoso.local".into())])
    );
    assert_eq!(world.forests[0].written, [""; 0]);
    let mut world = one_person(&[]);
    world.config.anchor = Anchor::ObjectGuid;
    let mut engine = world.open().expect("opens");
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert!(world.cloud.find(&cloud_dn_of(&[1; 16])).is_some());
    assert_eq!(world.forests[0].written, [""; 0]);
}

#[test]
fn an_anchor_with_characters_that_are_forbidden_or_too_many_of_them_stops_its_object_alone() {
    let long = "-".repeat(20);
    for (anchor, there) in [("4711", true), ("ada_l", false), (long.as_str(), false)] {
        let mut world = one_person(&[("employeeID", anchor)]);
        let other = [ENABLED, ("sAMAccountName", "bob"), ("employeeID", "4712")];
        world.forests[0].put(&[2; 16], "CN=Bob,DC=contoso,DC=com", "user", &other);
        world.config.anchor = Anchor::Attribute("employeeID".to_owned());
        let mut engine = world.open().expect("opens");
        let report = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle").sync;
        assert_eq!(world.cloud.find(&cloud_dn(anchor)).is_some(), there, "{anchor}");
        assert!(world.cloud.find(&cloud_dn("4712")).is_some(), "the other one");
        assert_eq!(report.errors.is_empty(), there);
        assert!(report.errors.iter().all(|(_, text)| text.contains("source anchor")), "{report:?}");
    }
}

#[test]
fn people_of_two_forests_match_by_what_the_configuration_says() {
    // directory-sync.md, section 4, items 3 to 5
    let fields = [
        ("mail", "ada@contoso.com", "ADA@contoso.com"),
        ("sAMAccountName", "ada", "Ada"),
        ("mailNickname", "ada", "ada"),
        ("employeeID", "4711", "4711"),
    ];
    let people = |matching: Vec<Matching>, differs: &str| {
        let mut world = World::new(2);
        world.config.matching = matching;
        for forest in 0..2usize {
            let guid = [forest as u8 + 1; 16];
            let mut own = vec![ENABLED];
            own.extend(fields.iter().map(|(name, one, two)| {
                let value = if forest == 0 { one } else { two };
                (*name, if *name == differs && forest == 1 { "other" } else { *value })
            }));
            let dn = format!("CN=p,DC=forest{forest},DC=com");
            world.forests[forest].put(&guid, &dn, "user", &own);
        }
        let mut engine = world.open().expect("opens");
        cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
        world.cloud.things.len()
    };
    assert_eq!(people(vec![], ""), 2, "nothing but SIDs");
    assert_eq!(people(vec![Matching::Mail], ""), 1);
    assert_eq!(people(vec![Matching::Mail], "mail"), 2);
    let account = || vec![Matching::from("sAMAccountName+mailNickname".to_owned())];
    assert_eq!(people(account(), "mail"), 1);
    assert_eq!(people(account(), "mailNickname"), 2, "both have to be equal");
    assert_eq!(people(vec![Matching::from("employeeID".to_owned())], "mail"), 1);
    assert_eq!(people(vec![Matching::Mail, Matching::from("employeeID".to_owned())], "mail"), 1, "the next");
}

#[test]
fn a_delta_reads_what_changed_however_many_others_there_are() {
    let reads = |people: u8, changes: u8| {
        let mut world = World::new(1);
        for number in 1..=people {
            let name = format!("p{number}");
            let dn = format!("CN={name},DC=contoso,DC=com");
            world.forests[0].put(&[number; 16], &dn, "user", &[ENABLED, ("sAMAccountName", &name)]);
        }
        let mut engine = world.open().expect("opens");
        cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
        (0..2).for_each(|_| drop(cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle")));
        (1..=changes).for_each(|number| world.forests[0].set(&[number; 16], "title", &["Analyst"]));
        drop(engine);
        // an engine that was just opened keeps nothing decoded
        let mut engine = world.open().expect("opens");
        let before = world.rows.reads.get();
        let cycle = cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
        assert_eq!(cycle.export.sent, u64::from(changes));
        world.rows.reads.get() - before
    };
    assert_eq!(reads(20, 0), reads(100, 0));
    assert_eq!(reads(20, 3), reads(100, 3));
    assert!(reads(100, 3) > reads(100, 0));
}

#[test]
fn a_staging_engine_that_becomes_active_exports_exactly_what_differs() {
    let mut world = one_person(&[("title", "Countess")]);
    let mut active = world.open().expect("opens");
    cycle(&mut world, &mut active, ImportKind::Full).expect("a cycle");
    cycle(&mut world, &mut active, ImportKind::Delta).expect("a cycle");
    let (rows, written) = (world.rows.clone(), world.cloud.written.len());
    world.rows = Rows::default();
    world.config.staging = true;
    let mut standby = world.open().expect("opens");
    let quiet = cycle(&mut world, &mut standby, ImportKind::Full).expect("a cycle");
    assert_eq!((quiet.export.planned.adds, quiet.export.planned.updates), (0, 0), "nothing would change");
    // the active one dies, and something happens in the meantime
    drop((active, rows));
    world.forests[0].set(&[1; 16], "title", &["Analyst"]);
    let waiting = cycle(&mut world, &mut standby, ImportKind::Delta).expect("a cycle");
    assert_eq!((waiting.export.planned.updates, waiting.export.sent), (1, 0));
    drop(standby);
    world.config.staging = false;
    let mut standby = world.open().expect("opens");
    let switched = cycle(&mut world, &mut standby, ImportKind::Delta).expect("a cycle");
    assert_eq!((switched.export.sent, world.cloud.written.len()), (1, written + 1));
    assert_eq!(field(&world, "title"), Some(vec![Told::Text("Analyst".into())]));
    assert_eq!(world.cloud.doubled, [""; 0]);
}

/// A forest that lets nobody write.
struct ReadOnly;

impl Target for ReadOnly {
    fn batch(&self) -> usize {
        1
    }

    fn export(&mut self, items: &[ExportItem]) -> Result<Vec<ItemResult>, Fault> {
        let refused = ItemResult::Refused { code: "insufficientAccessRights".into(), text: "no".into() };
        Ok(vec![refused; items.len()])
    }
}

#[test]
fn nobody_goes_to_the_cloud_before_the_anchor_is_in_the_forest() {
    let mut world = one_person(&[]);
    let mut engine = world.open().expect("opens");
    engine.import("forest0", ImportKind::Full, &mut world.forests[0]).expect("an import");
    engine.sync(SyncKind::Full).expect("a synchronization");
    assert_eq!(engine.export("forest0", &mut ReadOnly).expect("an export").refused, 1);
    let held = engine.export("cloud", &mut world.cloud).expect("an export");
    assert_eq!((held.sent, held.planned.withheld), (0, 1));
    engine.export("forest0", &mut world.forests[0]).expect("an export");
    assert_eq!(engine.export("cloud", &mut world.cloud).expect("an export").accepted, 1);
}

#[test]
fn a_group_beyond_the_limit_is_not_taken_and_one_that_outgrows_it_stands_still() {
    let mut world = one_person(&[]);
    world.config.member_limit = 2;
    let people: Vec<String> = (1..=3).map(|n| format!("CN=P{n},DC=contoso,DC=com")).collect();
    let put = |world: &mut World, guid: u8, members: &[String]| {
        let list = members.join("|");
        let fields = [("groupType", "-2147483646"), ("member", list.as_str())];
        world.forests[0].put(&[guid; 16], &format!("CN=G{guid},DC=contoso,DC=com"), "group", &fields);
    };
    put(&mut world, 50, &people);
    put(&mut world, 51, &people[..1]);
    let mut engine = world.open().expect("opens");
    for _ in 0..2 {
        cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    }
    assert!(world.cloud.find(&cloud_dn_of(&[50; 16])).is_none());
    assert!(world.cloud.find(&cloud_dn_of(&[51; 16])).is_some());
    put(&mut world, 51, &people);
    let grown = cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    assert_eq!(grown.sync.errors.len(), 1, "{:?}", grown.sync);
    assert_eq!(grown.sync.errors[0].1, "Maximum Group member count exceeded");
    assert!(quiet(&grown) && world.cloud.find(&cloud_dn_of(&[51; 16])).is_some());
}

#[test]
fn an_object_that_changes_its_class_is_another_object() {
    let mut world = one_person(&[("mail", "ada@contoso.com")]);
    world.config.anchor = Anchor::ObjectGuid;
    let mut engine = world.open().expect("opens");
    for _ in 0..2 {
        cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    }
    world.forests[0].put(
        &[1; 16],
        "CN=Ada,DC=contoso,DC=com",
        "inetOrgPerson",
        &[ENABLED, ("sAMAccountName", "a")],
    );
    for _ in 0..3 {
        cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    }
    assert_eq!(world.cloud.things.len(), 1);
    assert_eq!(field(&world, "mail"), None);
    assert!(quiet(&cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle")));
}

#[test]
fn merged_flows_join_their_values_and_those_that_apply_once_only_begin() {
    let mut world = one_person(&[("otherTelephone", "1"), ("pager", "2"), ("title", "First")]);
    world.custom = r#"
format: 1
rules:
  - { name: Mine, precedence: 50, direction: inbound, connector: active-directory, object: user, metaverse: person,
      link: Join, source: test, confidence: custom, flows: [
        { to: otherMobile, expression: '[pager]', merge: Merge },
        { to: title, from: title, once: true } ] }
  - { name: Mine too, precedence: 51, direction: inbound, connector: active-directory, object: user, metaverse: person,
      link: Join, source: test, confidence: custom, flows: [
        { to: otherMobile, from: otherTelephone, merge: MergeCaseInsensitive } ] }
"#
    .to_owned();
    let mut engine = world.open().expect("opens");
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert_eq!(field(&world, "otherMobile"), Some(vec![Told::Text("1".into()), Told::Text("2".into())]));
    world.forests[0].set(&[1; 16], "title", &["Second"]);
    cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    assert_eq!(field(&world, "title"), Some(vec![Told::Text("First".into())]));
}

#[test]
fn changed_rules_and_filters_reach_objects_that_did_not_change() {
    let mut world = one_person(&[("title", "Head"), ("division", "North")]);
    let run = |world: &mut World| {
        let mut engine = world.open().expect("opens");
        for _ in 0..2 {
            cycle(world, &mut engine, ImportKind::Delta).expect("a cycle");
        }
    };
    run(&mut world);
    let rules = |flow: &str| {
        format!(
            "format: 1\nattributes: [{{ name: division, sides: [active-directory], kind: text }}]\nrules:\n  - {flow}"
        )
    };
    // a rule that leads out only: nothing in the metaverse changes
    world.custom = rules(
        "{ name: Out, precedence: 51, direction: outbound, connector: cloud, object: user, metaverse: person, link: Join, source: test, confidence: custom, flows: [{ to: city, from: title }] }",
    );
    run(&mut world);
    assert_eq!(field(&world, "city"), Some(vec![Told::Text("Head".into())]));
    // an attribute that was never asked for: a delta import would not tell of it
    world.custom = rules(
        "{ name: In, precedence: 50, direction: inbound, connector: active-directory, object: user, metaverse: person, link: Join, source: test, confidence: custom, flows: [{ to: title, from: division }] }",
    );
    let mut engine = world.open().expect("opens");
    let error = engine.import("forest0", ImportKind::Delta, &mut world.forests[0]).expect_err("too little");
    assert!(error.is_out_of_order() && error.to_string().contains("a full import is needed"), "{error}");
    drop(engine);
    run(&mut world);
    assert_eq!(field(&world, "title"), Some(vec![Told::Text("North".into())]));
    assert_eq!(field(&world, "city"), None, "the rule that gave it is gone");
}

/// Tells exactly what it holds.
struct Script(Vec<Part>);

impl Source for Script {
    fn begin(&mut self, _: &ImportRequest) -> Result<(), Fault> {
        Ok(())
    }

    fn next(&mut self) -> Result<Part, Fault> {
        if self.0.is_empty() { Ok(Part::More(Vec::new())) } else { Ok(self.0.remove(0)) }
    }
}

fn patch(guid: u8, changes: Vec<(&str, Patch)>) -> Part {
    let entry = Entry {
        anchor: vec![guid; 16],
        dn: format!("CN=G{guid},DC=contoso,DC=com"),
        class: String::new(),
        news: News::Changed(changes.into_iter().map(|(name, patch)| (name.to_owned(), patch)).collect()),
    };
    Part::End { entries: vec![entry], cookie: vec![0; 8] }
}

#[test]
fn a_delta_may_tell_of_single_members_by_name_or_by_anchor() {
    let mut world = one_person(&[]);
    for guid in [2, 3] {
        let fields = [ENABLED, ("sAMAccountName", "x")];
        world.forests[0].put(&[guid; 16], &format!("CN=P{guid},DC=contoso,DC=com"), "user", &fields);
    }
    let fields =
        [("groupType", "-2147483646"), ("member", "CN=Ada,DC=contoso,DC=com"), ("description", "old")];
    world.forests[0].put(&[9; 16], "CN=G9,DC=contoso,DC=com", "group", &fields);
    let mut engine = world.open().expect("opens");
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    let by_anchor = Told::Object { dn: "CN=outdated,DC=contoso,DC=com".into(), anchor: Some(vec![3; 16]) };
    let change = Patch::Change {
        add: vec![told("cn=p2, dc=contoso, dc=com"), by_anchor],
        remove: vec![told("CN=Ada,DC=contoso,DC=com")],
    };
    let mut script =
        Script(vec![patch(9, vec![("member", change), ("description", Patch::Replace(vec![]))])]);
    let report = engine.import("forest0", ImportKind::Delta, &mut script).expect("an import");
    assert_eq!((report.complete, report.updated), (true, 1));
    engine.sync(SyncKind::Delta).expect("a synchronization");
    engine.export("cloud", &mut world.cloud).expect("an export");
    let anchor = world.cloud.find(&cloud_dn_of(&[9; 16])).expect("the group");
    let group = &world.cloud.things[&anchor].fields;
    let link = |guid: u8| Told::Object { dn: cloud_dn_of(&[guid; 16]), anchor: None };
    let mut members = group["member"].clone();
    members.sort();
    assert_eq!(members, [link(2), link(3)]);
    assert_eq!(group.get("description"), None);
}

#[test]
fn a_source_that_never_ends_and_one_that_tells_nonsense_do_no_harm() {
    let mut world = one_person(&[]);
    let mut engine = world.open().expect("opens");
    for _ in 0..2 {
        cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    }
    let endless = engine.import("forest0", ImportKind::Full, &mut Script(Vec::new())).expect("a report");
    assert!(matches!(endless.fault, Some(Fault::Interrupted(_))) && endless.deleted == 0);
    let entry = |anchor: Vec<u8>, fields: &[(&str, Told)]| Entry {
        anchor,
        dn: "CN=Ada,DC=contoso,DC=com".into(),
        class: "user".into(),
        news: News::Whole(
            fields.iter().map(|(name, value)| ((*name).to_owned(), vec![value.clone()])).collect(),
        ),
    };
    let nonsense = vec![
        entry(Vec::new(), &[]),
        entry(vec![7; 5_000], &[]),
        entry(
            vec![1; 16],
            &[
                ("userAccountControl", told("many")),
                ("title", Told::Octets(vec![0xff, 0xfe])),
                ("manager", told("")),
                ("noSuchAttribute", told("x")),
                ("objectSid", Told::Octets(vec![1])),
                ("sAMAccountName", told("ada")),
            ],
        ),
    ];
    let mut script = Script(vec![Part::More(nonsense)]);
    let report = engine.import("forest0", ImportKind::Full, &mut script).expect("a report");
    assert_eq!((report.unreadable, report.complete), (5, false));
    let sync = engine.sync(SyncKind::Delta).expect("a synchronization");
    assert_eq!(sync.errors.len(), 1, "a SID that is none: {:?}", sync.errors);
    assert_eq!(
        engine.export("cloud", &mut world.cloud).expect("an export").sent,
        0,
        "the object stands still"
    );
}

/// directory-sync.md 4 and scenario 26: "same result in both import orders, users win, contacts gone".
#[test]
fn people_of_two_forests_are_one_by_what_the_configuration_names_in_either_order() {
    use crate::config::Matching;
    let result = |by: &str, turned: bool| {
        let mut world = World::new(2);
        world.config.matching = if by == "sid" { Vec::new() } else { vec![Matching::from(by.to_owned())] };
        let (one, other) = if turned { (1, 0) } else { (0, 1) };
        let fields = [
            ENABLED,
            ("sAMAccountName", "ada"),
            ("mailNickname", "ada"),
            ("employeeID", "0042"),
            ("mail", "ada@contoso.com"),
            ("displayName", "Ada"),
        ];
        world.forests[one].put(&[1; 16], "CN=Ada,DC=contoso,DC=com", "user", &fields);
        let contact = [("mail", "ADA@contoso.com"), ("displayName", "Their Ada"), ("title", "Friend")];
        if by == "mail" {
            world.forests[other].put(&[2; 16], "CN=Ada,DC=fabrikam,DC=com", "contact", &contact);
        }
        let mut again = fields.to_vec();
        again[0] = ("userAccountControl", "514");
        again[5] = ("displayName", "Ada of old");
        again[4] = ("mail", if by == "mail" { "ada@contoso.com" } else { "old@contoso.com" });
        if by != "mail" {
            world.forests[other].put(&[3; 16], "CN=Old,DC=fabrikam,DC=com", "user", &again);
        }
        let mut engine = world.open().expect("opens");
        for _ in 0..3 {
            cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
        }
        let classes: Vec<String> = world.cloud.things.values().map(|thing| thing.class.clone()).collect();
        (classes, world.cloud.named("Ada").is_some(), world.cloud.find(&cloud_dn_of(&[1; 16])).is_some())
    };
    for turned in [false, true] {
        assert_eq!(result("mail", turned), (vec!["user".to_owned()], true, true), "mail {turned}");
        let (classes, _, anchored) = result("sAMAccountName+mailNickname", turned);
        assert_eq!(
            (classes.iter().filter(|class| *class == "user").count(), anchored),
            (1, true),
            "{turned}"
        );
        let (classes, ..) = result("employeeID", turned);
        assert_eq!(classes.iter().filter(|class| *class == "user").count(), 1, "{turned}");
        // by SIDs they are strangers
        let (classes, ..) = result("sid", turned);
        assert_eq!(classes.iter().filter(|class| *class == "user").count(), 2, "{turned}");
    }
}
