//! How much goes out in one call.

use super::fakes::World;
use super::{cycle, quiet};
use crate::ImportKind;

#[test]
fn a_call_has_no_more_references_than_the_target_takes_and_a_group_that_has_more_goes_alone() {
    let mut world = World::new(1);
    let dn = |name: &str| format!("CN={name},DC=contoso,DC=com");
    let people: Vec<String> = (0..9).map(|number| format!("p{number}")).collect();
    for (number, name) in (1u8..).zip(&people) {
        let fields = [("userAccountControl", "512"), ("sAMAccountName", name), ("displayName", name)];
        world.forests[0].put(&[number; 16], &dn(name), "user", &fields);
    }
    for (guid, name, members) in [(20u8, "All", 9), (21, "Few", 2), (22, "Some", 2), (23, "More", 3)] {
        let members = people[..members].iter().map(|name| dn(name)).collect::<Vec<_>>().join("|");
        let fields = [
            ("groupType", "-2147483646"),
            ("sAMAccountName", name),
            ("displayName", name),
            ("member", &members),
        ];
        world.forests[0].put(&[guid; 16], &dn(name), "group", &fields);
    }
    let mut engine = world.open().expect("opens");
    let first = cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    assert_eq!(first.export.sent, 13);
    let groups: Vec<(usize, usize)> = world.cloud.calls.iter().copied().filter(|call| call.1 > 0).collect();
    assert_eq!(groups, [(1, 9), (2, 4), (1, 3)], "items and references, in the order of their anchors");
    assert!(quiet(&cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle")));
}
