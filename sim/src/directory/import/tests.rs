use super::*;
use crate::clock::DEFAULT_START;
use crate::directory::{Modification, ModifyOp};
use crate::dump::{self, DumpOptions};
use crate::ldif::refuse_urls;
use crate::spec::{DefectMix, EstateSpec, ForestSpec, PopulationSpec};
use crate::world::World;
use proptest::prelude::*;
use std::time::Duration;

fn content(text: &str) -> Content {
    Content::read("people.ldif", text.as_bytes(), &mut refuse_urls).unwrap_or_else(|e| panic!("{e}"))
}

/// The world that starts from a text, of another seed than any dump.
fn world(text: &str) -> World {
    let forest = ForestSpec::of_ldif(content(text)).unwrap();
    World::generate(EstateSpec { seed: 99, forests: vec![forest], ..EstateSpec::default() }, 1).unwrap()
}

fn report(world: &World) -> &ImportReport {
    world.domains()[0].import.as_ref().unwrap()
}

fn skipped(world: &World) -> Vec<(usize, &str)> {
    report(world).skipped.iter().map(|note| (note.line, note.text.as_str())).collect()
}

fn grown(seed: u64, users: u32) -> World {
    let forest = ForestSpec {
        population: PopulationSpec::of_users(users),
        defects: DefectMix::Profile { name: "idfix-classic".to_owned(), rate: 0.1 },
        decoys: 4,
        ..ForestSpec::default()
    };
    World::generate(EstateSpec { seed, forests: vec![forest], ..EstateSpec::default() }, 1).unwrap()
}

fn dumped(world: &World) -> String {
    let options = DumpOptions::since(&world.initial().directories[0]);
    dump::directory(&world.directory(0), options).to_ldif().unwrap()
}

fn same_again(text: &str) -> World {
    let loaded = world(text);
    assert_eq!(skipped(&loaded), [], "nothing of a dump is lost");
    let again = dumped(&loaded);
    if let Some((a, b)) = text.lines().zip(again.lines()).find(|(a, b)| a != b) {
        panic!("dumped {a}\nagain  {b}");
    }
    assert_eq!(text.len(), again.len());
    loaded
}

#[test]
fn a_dump_of_a_dirty_estate_loads_back_to_equal_bytes() {
    for seed in [7, 42, 4711] {
        let world = grown(seed, 80);
        let loaded = same_again(&dumped(&world));
        let (before, after) = (world.directory(0), loaded.directory(0));
        assert_eq!(before.info().sid, after.info().sid);
        assert_eq!(before.info().invocation_id, after.info().invocation_id);
    }
}

/// What is done to an estate before it is dumped.
#[derive(Debug, Clone)]
enum Step {
    Delete(usize),
    Describe(usize, Vec<u8>),
    Photograph(usize, Vec<u8>),
    Join(usize, usize),
    Leave(usize, usize),
    Rename(usize, String),
    Arrive(String),
}

fn step() -> impl Strategy<Value = Step> {
    let text = prop_oneof![
        "[ :<]?[a-z äöüß\u{202e}\\n\\r,=+\"#;<>\\\\]{1,60} ?",
        "\\PC{1,30}",
        // longer than a line of LDIF
        "[a-zü]{70,200}",
    ];
    let name = "[ #]?[a-zA-Zäé,+\"<>;=\\\\]{1,12}";
    prop_oneof![
        any::<usize>().prop_map(Step::Delete),
        (any::<usize>(), text).prop_map(|(i, text)| Step::Describe(i, text.into_bytes())),
        (any::<usize>(), prop::collection::vec(any::<u8>(), 1..200))
            .prop_map(|(i, b)| Step::Photograph(i, b)),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Step::Join(a, b)),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Step::Leave(a, b)),
        (any::<usize>(), name).prop_map(|(i, name)| Step::Rename(i, name)),
        name.prop_map(Step::Arrive),
    ]
}

fn apply(world: &World, step: &Step) {
    let mut directory = world.directory_mut(0);
    let everybody = Population::of_world(&directory);
    let (people, groups) = (&everybody.0, &everybody.1);
    let pick = |list: &[String], index: usize| list[index % list.len()].clone();
    let context = UpdateContext::lenient(DEFAULT_START.plus(Duration::from_secs(3600)));
    let modify = |op, attribute: &str, value: Vec<u8>| Modification {
        op,
        attribute: attribute.to_owned(),
        values: vec![value],
    };
    // a step that the directory refuses is no step
    let outcome = match step {
        Step::Delete(i) => directory.delete(&context, &pick(people, *i)).map(|()| ObjectId::from_index(0)),
        Step::Describe(i, text) => directory.modify(
            &context,
            &pick(people, *i),
            &[modify(ModifyOp::Replace, "description", text.clone())],
        ),
        Step::Photograph(i, bytes) => directory.modify(
            &context,
            &pick(people, *i),
            &[modify(ModifyOp::Replace, "thumbnailPhoto", bytes.clone())],
        ),
        Step::Join(i, g) | Step::Leave(i, g) => {
            let op = if matches!(step, Step::Join(..)) { ModifyOp::Add } else { ModifyOp::Delete };
            let member = pick(people, *i).into_bytes();
            directory.modify(&context, &pick(groups, *g), &[modify(op, "member", member)])
        }
        Step::Rename(i, name) => {
            let rdn = format!("CN={}", crate::directory::dn::escape(name));
            directory.modify_dn(&context, &pick(people, *i), &rdn, true, None)
        }
        Step::Arrive(name) => {
            let dn = format!("CN={},CN=Users,DC=contoso,DC=local", crate::directory::dn::escape(name));
            let attributes = [
                ("objectClass".to_owned(), vec![b"user".to_vec()]),
                ("sAMAccountName".to_owned(), vec![format!("new{}", name.len()).into_bytes()]),
            ];
            directory.add(&context, &dn, &attributes)
        }
    };
    drop(outcome);
}

struct Population;

impl Population {
    fn of_world(directory: &Directory) -> (Vec<String>, Vec<String>) {
        let all = crate::population::Population::of(directory);
        let names = |ids: &[ObjectId]| ids.iter().filter_map(|id| Some(directory.entry(*id)?.dn())).collect();
        (names(&all.people), names(&all.groups))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happened_to_an_estate_its_dump_loads_back_to_equal_bytes(
        seed in 0u64..1000,
        steps in prop::collection::vec(step(), 0..25),
    ) {
        let world = grown(seed, 20);
        steps.iter().for_each(|step| apply(&world, step));
        same_again(&dumped(&world));
    }
}

#[test]
fn what_came_and_went_at_run_time_is_in_the_dump_and_comes_back() {
    let world = grown(42, 20);
    for step in [
        Step::Delete(0),
        Step::Photograph(3, vec![0xff, 0xd8, 0xff, 0]),
        Step::Describe(4, " :leading blank, Müller".into()),
        Step::Arrive("Zoë, #1".to_owned()),
        Step::Join(5, 0),
    ] {
        apply(&world, &step);
    }
    let text = dumped(&world);
    for part in [
        "\nlastKnownParent: ",
        "thumbnailPhoto:: /9j/AA==\n",
        "description:: IDpsZWFkaW5nIGJsYW5rLCBNw7xsbGVy\n",
        "isDeleted: TRUE",
    ] {
        assert!(text.replace("\n ", "").contains(part), "{part}");
    }
    let loaded = same_again(&text);
    let directory = loaded.directory(0);
    let new = directory.resolve("CN=Zoë\\, #1,CN=Users,DC=contoso,DC=local").unwrap();
    assert!(directory.entry(new).unwrap().sid().is_some());
}

const HANDWRITTEN: &str = "dn: OU=Staff,DC=fabrikam,DC=com
objectClass: organizationalUnit

dn: CN=Ada Lovelace,OU=Staff,DC=fabrikam,DC=com
objectClass: user
sAMAccountName: ada
userPrincipalName: ada@fabrikam.example
unicodePwd:: IgBQAGEAcwBzAHcAMAByAGQAIQAxACIA

dn: CN=Bob,OU=Sales,OU=Staff,DC=fabrikam,DC=com
objectClass: user
sAMAccountName: bob
manager: CN=Ada Lovelace,OU=Staff,DC=fabrikam,DC=com

dn: CN=Crew,OU=Groups,DC=fabrikam,DC=com
objectClass: group
sAMAccountName: crew
member: CN=Bob,OU=Sales,OU=Staff,DC=fabrikam,DC=com
member: CN=Nobody,DC=fabrikam,DC=com
";

#[test]
fn entries_written_by_hand_become_a_forest_of_their_own() {
    let world = world(HANDWRITTEN);
    let mut directory = world.directory_mut(0);
    assert_eq!(
        (directory.info().dns.as_str(), directory.info().netbios.as_str()),
        ("fabrikam.com", "FABRIKAM")
    );
    let bob = directory.resolve("CN=Bob,OU=Sales,OU=Staff,DC=fabrikam,DC=com").unwrap();
    let entry = directory.entry(bob).unwrap();
    assert_eq!(entry.texts("memberOf"), ["CN=Crew,OU=Groups,DC=fabrikam,DC=com"]);
    assert_eq!(entry.int("userAccountControl"), Some(512));
    assert!(entry.sid().is_some());
    let nobody = (19, "member: 'CN=Nobody,DC=fabrikam,DC=com' names no object");
    assert_eq!(skipped(&world), [nobody]);
    let assumed: Vec<_> = report(&world).assumed.iter().map(|note| note.line).collect();
    // two parents, and two accounts of which the first is named
    assert_eq!(
        (assumed, report(&world).assumed.iter().map(|n| n.count).sum::<usize>()),
        (vec![4, 10, 15], 4)
    );
    assert!(world.domains()[0].ledger.rows.is_empty());
    // the password that stands in the file, and the forest's own for the administrator
    let now = world.clock.now();
    assert!(directory.authenticate("ada@fabrikam.example", b"Passw0rd!1", now).is_ok());
    let password = &world.domains()[0].admin_password;
    assert!(directory.authenticate("FABRIKAM\\Administrator", password.as_bytes(), now).is_ok());
}

/// The shape of an `ldapsearch -LLL` of a real domain: golden/02.
const EXPORT: &str = "dn: CN=Alice,OU=Staff,DC=contoso,DC=local
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
cn: Alice
distinguishedName: CN=Alice,OU=Staff,DC=contoso,DC=local
instanceType: 4
whenCreated: 20240229101112.0Z
whenChanged: 20240301101112.0Z
uSNCreated: 36950
memberOf: CN=Crew,OU=Staff,DC=contoso,DC=local
memberOf: CN=Elsewhere,OU=Staff,DC=contoso,DC=local
uSNChanged: 40012
name: Alice
objectGUID:: AQIDBAUGBwgJCgsMDQ4PEA==
userAccountControl: 512
badPwdCount: 3
primaryGroupID: 513
objectSid:: AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAWwQAAA==
sAMAccountName: alice
sAMAccountType: 805306368
objectCategory: CN=Person,CN=Schema,CN=Configuration,DC=contoso,DC=local
contosoBadge: 17
lastLogon: soon

# refldap://contoso.local/CN=Configuration,DC=contoso,DC=local

dn: CN=Crew,OU=Staff,DC=contoso,DC=local
objectClass: group
member;range=0-0: CN=Alice,OU=Staff,DC=contoso,DC=local
objectSid:: AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAWgQAAA==

dn: CN=Chief,CN=Users,DC=contoso,DC=local
objectClass: user
objectSid:: AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAA9AEAAA==
sAMAccountName: Chief
userAccountControl: 514
accountExpires: 132000000000000000

dn: CN=Crew,OU=Staff,DC=contoso,DC=local
objectClass: group

dn: CN=Eve,OU=Staff,DC=fabrikam,DC=com
objectClass: user

dn: uid=mallory,OU=Staff,DC=contoso,DC=local
objectClass: user
objectClass: posixThing
";

#[test]
fn an_export_of_a_real_domain_keeps_its_identifiers_and_tells_what_it_lost() {
    let content = content(EXPORT);
    assert_eq!(content.domain().unwrap_err().problems[0].0, 44);
    let forest = ForestSpec::default().with_ldif(content);
    let spec = EstateSpec { forests: vec![forest], ..EstateSpec::default() };
    let world = World::generate(spec, 1).unwrap();
    let mut directory = world.directory_mut(0);
    assert_eq!(directory.info().sid.to_string(), "S-1-5-21-1-2-3");
    let alice = directory.entry(directory.resolve("CN=Alice,OU=Staff,DC=contoso,DC=local").unwrap()).unwrap();
    assert_eq!(alice.guid().to_string(), "04030201-0605-0807-090a-0b0c0d0e0f10");
    assert_eq!(alice.sid().unwrap().to_string(), "S-1-5-21-1-2-3-1115");
    assert_eq!(alice.when_created().generalized(), "20240229101112.0Z");
    assert_eq!(alice.int("badPwdCount"), Some(3));
    assert_eq!(alice.texts("memberOf"), ["CN=Crew,OU=Staff,DC=contoso,DC=local"]);
    assert_eq!(
        skipped(&world),
        [
            (13, "memberOf: 'CN=Elsewhere,OU=Staff,DC=contoso,DC=local' is not in the file"),
            (24, "contosoBadge: the schema has no such attribute"),
            (25, "lastLogon: 'soon' is not a number of 64 bits"),
            (41, "'CN=Crew,OU=Staff,DC=contoso,DC=local': an earlier entry has this name"),
            (44, "'CN=Eve,OU=Staff,DC=fabrikam,DC=com': it lies outside of contoso.local"),
            (47, "'uid=mallory,OU=Staff,DC=contoso,DC=local': objects of class user are named by cn"),
        ]
    );
    // the administrator was renamed, disabled and has expired: tools sign in all the same
    assert_eq!(
        directory.entry(directory.info().administrator).unwrap().dn(),
        "CN=Chief,CN=Users,DC=contoso,DC=local"
    );
    let password = &world.domains()[0].admin_password;
    assert!(directory.authenticate("CONTOSO\\Chief", password.as_bytes(), world.clock.now()).is_ok());
    // relative ids of the file are not given again
    let context = UpdateContext::lenient(DEFAULT_START);
    let new = [("objectClass".to_owned(), vec![b"user".to_vec()])];
    let id = directory.add(&context, "CN=New,CN=Users,DC=contoso,DC=local", &new).unwrap();
    assert_eq!(directory.entry(id).unwrap().sid().unwrap().rid(), Some(1116));
    let recomputed = &report(&world).recomputed;
    assert_eq!((recomputed["uSNChanged"], recomputed["memberOf"]), (1, 2));
}

#[test]
fn what_no_forest_can_start_from_is_refused_with_its_line() {
    let problem = |text: &str| {
        let read = Content::read("x.ldif", text.as_bytes(), &mut refuse_urls).and_then(ForestSpec::of_ldif);
        read.unwrap_err().to_string()
    };
    for (text, expected) in [
        ("", "x.ldif: no entry in it"),
        ("dn: DC=x,DC=y\nobjectClass top\n", "x.ldif: line 2: column 16: no colon"),
        (
            "dn: CN=a,DC=x,DC=y\nchangetype: modify\nadd: cn\ncn: b\n",
            "x.ldif: line 1: a change (changetype: modify) of 'CN=a,DC=x,DC=y'",
        ),
        ("dn: a\ncn: a\n", "x.ldif: line 1: 'a' is no distinguished name"),
        ("dn: cn=a,o=Airius\ncn: a\n", "x.ldif: line 1: 'cn=a,o=Airius' does not fit: names end in"),
        (
            "dn: CN=a,DC=x,DC=y\njpegPhoto:< file:///etc/passwd\n",
            "x.ldif: line 2: a value from file:///etc/passwd is not fetched: no folder is allowed",
        ),
    ] {
        assert!(problem(text).starts_with(expected), "{}", problem(text));
    }
}

#[test]
fn defects_may_be_injected_on_top() {
    let base = grown(7, 60);
    let clean = World::generate(
        EstateSpec {
            forests: vec![ForestSpec {
                defects: DefectMix::none(),
                decoys: 0,
                ..base.spec.forests[0].clone()
            }],
            ..base.spec.clone()
        },
        1,
    );
    let text = dumped(&clean.unwrap());
    let forest = ForestSpec::of_ldif(content(&text)).unwrap();
    let defects = DefectMix::Exact([("UP15".to_owned(), 3)].into());
    let spec = EstateSpec { forests: vec![ForestSpec { defects, ..forest }], ..EstateSpec::default() };
    let world = World::generate(spec, 1).unwrap();
    assert_eq!(world.domains()[0].ledger.rows.len(), 3);
}
