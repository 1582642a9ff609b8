//! A forest that tells of changes only, as DirSync does, also where everything is asked for: what is not there
//! any more is then told by nobody (MS-ADTS 3.1.1.3.4.1.3).

use super::fakes::{Forest, World, cloud_dn_of};
use super::{Cycle, import, quiet};
use crate::{
    Engine, Entry, Fault, ImportKind, ImportRequest, News, Part, Patch, Result, Source, SyncKind, Told,
};

/// Attributes come at once, links at the end.
struct DirSync<'a> {
    forest: &'a mut Forest,
    request: Option<ImportRequest>,
    links: Vec<Entry>,
}

impl DirSync<'_> {
    fn changes(&mut self, entry: Entry) -> Entry {
        let News::Whole(list) = entry.news else { return entry };
        let request = self.request.as_ref().expect("begun");
        let (links, plain): (Vec<_>, Vec<_>) =
            list.into_iter().partition(|(name, _)| name == "member" || name == "manager");
        let mut patches: Vec<(String, Patch)> = Vec::new();
        if request.cookie.is_some() {
            // a later call names what was cleared
            let cleared = request.attributes.iter().filter(|name| plain.iter().all(|(n, _)| n != *name));
            patches.extend(cleared.map(|name| (name.clone(), Patch::Replace(Vec::new()))));
        }
        patches.extend(plain.into_iter().map(|(name, values)| (name, Patch::Replace(values))));
        for (name, add) in links {
            for value in add {
                let patch = Patch::Change { add: vec![value], remove: Vec::new() };
                let news = News::Changed(vec![(name.clone(), patch)]);
                let (anchor, dn) = (entry.anchor.clone(), entry.dn.clone());
                self.links.push(Entry { anchor, dn, class: String::new(), news });
            }
        }
        Entry { news: News::Changed(patches), ..entry }
    }
}

impl Source for DirSync<'_> {
    fn begin(&mut self, request: &ImportRequest) -> std::result::Result<(), Fault> {
        self.request = Some(request.clone());
        self.forest.begin(request)
    }

    fn next(&mut self) -> std::result::Result<Part, Fault> {
        Ok(match self.forest.next()? {
            Part::More(entries) => Part::More(entries.into_iter().map(|e| self.changes(e)).collect()),
            Part::End { entries, cookie } => {
                let mut entries: Vec<Entry> = entries.into_iter().map(|e| self.changes(e)).collect();
                entries.append(&mut self.links);
                Part::End { entries, cookie }
            }
        })
    }
}

fn cycle(world: &mut World, engine: &mut Engine, kind: ImportKind) -> Result<Cycle> {
    let forest = &mut world.forests[0];
    let mut source = DirSync { forest, request: None, links: Vec::new() };
    let mut imports = vec![import(engine, "forest0", kind, &mut source)?];
    imports.push(import(engine, "cloud", kind, &mut world.cloud)?);
    let sync = engine.sync(if kind == ImportKind::Full { SyncKind::Full } else { SyncKind::Delta })?;
    let back = vec![engine.export("forest0", &mut world.forests[0])?];
    let export = engine.export("cloud", &mut world.cloud)?;
    Ok(Cycle { imports, sync, back, export })
}

const ANN: &str = "CN=Ann,DC=contoso,DC=com";
const BEN: &str = "CN=Ben,DC=contoso,DC=com";

/// Two people, one the manager of the other, in a group.
fn team() -> World {
    let mut world = World::new(1);
    let forest = &mut world.forests[0];
    let user = |name| [("userAccountControl", "512"), ("sAMAccountName", name), ("displayName", name)];
    forest.put(&[1; 16], ANN, "user", &[&user("ann")[..], &[("title", "Head")]].concat());
    forest.put(&[2; 16], BEN, "user", &[&user("ben")[..], &[("manager", ANN)]].concat());
    let members = [ANN, BEN].join("|");
    let group = [("groupType", "-2147483646"), ("sAMAccountName", "team"), ("member", members.as_str())];
    forest.put(&[3; 16], "CN=Team,DC=contoso,DC=com", "group", &group);
    world
}

fn links(world: &World, guid: u8, name: &str) -> Vec<Told> {
    let anchor = world.cloud.find(&cloud_dn_of(&[guid; 16])).expect("it is in the cloud");
    let mut values = world.cloud.things[&anchor].fields.get(name).cloned().unwrap_or_default();
    values.sort_by_key(|value| format!("{value:?}"));
    values
}

fn link_to(guid: u8) -> Told {
    Told::Object { dn: cloud_dn_of(&[guid; 16]), anchor: None }
}

#[test]
fn who_is_taken_out_by_an_attribute_comes_back_with_the_references_whatever_the_cycle() {
    use ImportKind::{Delta, Full};
    for (goes, comes) in [(Full, Full), (Full, Delta), (Delta, Full), (Delta, Delta)] {
        let mut world = team();
        let mut engine = world.open().expect("opens");
        for _ in 0..2 {
            cycle(&mut world, &mut engine, Full).expect("a cycle");
        }
        let ann = cloud_dn_of(&[1; 16]);
        for again in 0..2 {
            let place = format!("{goes:?}, {comes:?}, {again}");
            world.forests[0].set(&[1; 16], "adminDescription", &["User_NoSync"]);
            cycle(&mut world, &mut engine, goes).expect("a cycle");
            assert_eq!(world.cloud.find(&ann), None, "{place}");
            assert_eq!(links(&world, 3, "member"), [link_to(2)], "{place}");
            world.forests[0].set(&[1; 16], "adminDescription", &[]);
            cycle(&mut world, &mut engine, comes).expect("a cycle");
            assert!(world.cloud.find(&ann).is_some(), "{place}");
            assert_eq!(links(&world, 2, "manager"), [link_to(1)], "{place}");
            assert_eq!(links(&world, 3, "member"), [link_to(1), link_to(2)], "{place}");
            let next = cycle(&mut world, &mut engine, Full).expect("a cycle");
            assert!(quiet(&next), "{place}: {next:?}");
        }
        assert_eq!(world.cloud.doubled, [""; 0], "{goes:?}, {comes:?}");
    }
}

#[test]
fn a_full_import_notices_what_is_not_told_any_more() {
    let mut world = team();
    let mut engine = world.open().expect("opens");
    for _ in 0..2 {
        cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    }
    let forest = &mut world.forests[0];
    forest.set(&[1; 16], "title", &[]);
    forest.set(&[2; 16], "manager", &[]);
    forest.set(&[3; 16], "member", &[BEN]);
    let told = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert_eq!(world.cloud.named("ann").expect("Ann").fields.get("title"), None);
    assert_eq!(links(&world, 2, "manager"), []);
    assert_eq!(links(&world, 3, "member"), [link_to(2)]);
    let forest = &told.imports[0];
    assert_eq!((forest.updated, forest.added, forest.deleted), (3, 0, 0), "{forest:?}");
    let next = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert!(quiet(&next) && next.imports[0].updated == 0, "{next:?}");
}

#[test]
fn links_that_were_not_told_before_a_full_import_was_cut_short_stay() {
    let mut world = team();
    let mut engine = world.open().expect("opens");
    for _ in 0..2 {
        cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    }
    let before = world.cloud.view();
    world.forests[0].page = 1;
    world.forests[0].cut = Some(Fault::Interrupted("connection reset".into()));
    let cut = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert!(!cut.imports[0].complete && quiet(&cut), "{cut:?}");
    assert_eq!(world.cloud.view(), before);
    // a large group comes in parts, in one import
    world.forests[0].cut = None;
    let whole = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert!(whole.imports[0].complete && quiet(&whole), "{whole:?}");
    assert_eq!(world.cloud.view(), before);
}

#[test]
fn a_crash_at_any_position_of_a_full_import_that_lost_links_ends_the_same() {
    let plan = |world: &mut World| {
        world.config.batch = 1;
        let mut engine = world.open().expect("opens");
        for _ in 0..2 {
            cycle(world, &mut engine, ImportKind::Full).expect("a cycle");
        }
        world.forests[0].set(&[1; 16], "title", &[]);
        world.forests[0].set(&[2; 16], "manager", &[]);
        world.forests[0].set(&[3; 16], "member", &[BEN]);
    };
    let mut world = team();
    plan(&mut world);
    let mut engine = world.open().expect("opens");
    let before = world.rows.commits.get();
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    let wanted = world.cloud.view();
    let commits = world.rows.commits.get() - before;
    assert!(commits > 10, "{commits}");
    for at in 0..commits {
        for written in [false, true] {
            for next in [ImportKind::Full, ImportKind::Delta] {
                let mut world = team();
                plan(&mut world);
                let mut engine = world.open().expect("opens");
                world.rows.left.set(Some(at));
                world.rows.written.set(written);
                cycle(&mut world, &mut engine, ImportKind::Full).expect_err("the power went out");
                drop(engine);
                let mut engine = world.open().expect("opens");
                for _ in 0..2 {
                    cycle(&mut world, &mut engine, next).expect("a cycle");
                }
                assert_eq!(world.cloud.view(), wanted, "{at} {written} {next:?}");
            }
        }
    }
}
