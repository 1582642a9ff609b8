//! How much goes out in one call.

use super::fakes::{Cloud, World};
use super::{cycle, import, quiet};
use crate::{ExportItem, ExportOutcome, Fault, ImportKind, ItemResult, SyncKind, Target};

/// Nine people, and groups: number, name, how many of the people are in it, and another group that is.
fn company(groups: &[(u8, &str, usize, Option<&str>)]) -> World {
    let mut world = World::new(1);
    let dn = |name: &str| format!("CN={name},DC=contoso,DC=com");
    let people: Vec<String> = (0..9).map(|number| format!("p{number}")).collect();
    for (number, name) in (1u8..).zip(&people) {
        let fields = [("userAccountControl", "512"), ("sAMAccountName", name), ("displayName", name)];
        world.forests[0].put(&[number; 16], &dn(name), "user", &fields);
    }
    for (guid, name, members, other) in groups {
        let members = people[..*members].iter().map(String::as_str).chain(*other).map(dn);
        let members = members.collect::<Vec<_>>().join("|");
        let fields = [
            ("groupType", "-2147483646"),
            ("sAMAccountName", name),
            ("displayName", name),
            ("member", &members),
        ];
        world.forests[0].put(&[*guid; 16], &dn(name), "group", &fields);
    }
    world
}

/// Wants every second call later.
struct Tired<'a> {
    cloud: &'a mut Cloud,
    calls: usize,
}

impl Target for Tired<'_> {
    fn batch(&self) -> usize {
        self.cloud.batch()
    }

    fn references(&self) -> usize {
        self.cloud.references()
    }

    fn export(&mut self, items: &[ExportItem]) -> Result<Vec<ItemResult>, Fault> {
        self.calls += 1;
        match self.calls % 2 {
            1 => Err(Fault::Busy { retry_after: Some(1), text: "later".to_owned() }),
            _ => self.cloud.export(items),
        }
    }
}

#[test]
fn an_export_that_is_told_to_wait_again_and_again_sends_what_an_undisturbed_one_sends() {
    // two pairs of groups hold each other: one of them in two calls, the other one in one call
    let groups = [
        (20, "All", 9, Some("Few")),
        (21, "Few", 2, Some("All")),
        (22, "Left", 0, Some("Right")),
        (23, "Right", 0, Some("Left")),
    ];
    let mut calm = company(&groups);
    let mut engine = calm.open().expect("opens");
    cycle(&mut calm, &mut engine, ImportKind::Full).expect("a cycle");
    let mut world = company(&groups);
    let mut engine = world.open().expect("opens");
    import(&mut engine, "forest0", ImportKind::Full, &mut world.forests[0]).expect("an import");
    import(&mut engine, "cloud", ImportKind::Full, &mut world.cloud).expect("an import");
    engine.sync(SyncKind::Full).expect("a synchronization");
    engine.export("forest0", &mut world.forests[0]).expect("anchors are written back");
    let mut tired = Tired { cloud: &mut world.cloud, calls: 0 };
    let mut waits = 0;
    let mut sent = 0;
    loop {
        let report = engine.export("cloud", &mut tired).expect("an export");
        sent += report.sent;
        match report.outcome {
            ExportOutcome::Wait { .. } => waits += 1,
            ExportOutcome::Done => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(waits > 4 && waits as usize == tired.calls / 2, "{waits} waits in {} calls", tired.calls);
    assert_eq!((&world.cloud.written, &world.cloud.calls), (&calm.cloud.written, &calm.cloud.calls));
    assert_eq!((sent as usize, &world.cloud.doubled[..]), (calm.cloud.written.len(), &[][..]));
    assert_eq!(world.cloud.view(), calm.cloud.view());
    assert!(quiet(&cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle")));
}

#[test]
fn a_call_has_no_more_references_than_the_target_takes_and_a_group_that_has_more_goes_alone() {
    let groups = [(20, "All", 9, None), (21, "Few", 2, None), (22, "Some", 2, None), (23, "More", 3, None)];
    let mut world = company(&groups);
    let mut engine = world.open().expect("opens");
    let first = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert_eq!(first.export.sent, 13);
    let groups: Vec<(usize, usize)> = world.cloud.calls.iter().copied().filter(|call| call.1 > 0).collect();
    assert_eq!(groups, [(1, 9), (2, 4), (1, 3)], "items and references, in the order of their anchors");
    assert!(quiet(&cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle")));
}
