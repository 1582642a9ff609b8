//! Deletions, restorations and group scopes on three controllers that pull from each other in any order, with
//! and without the recycle bin; what their global catalogs show of each other's domains.

use super::*;

/// Two controllers of contoso.local and one of emea.contoso.local, with the recycle bin.
static BINNED: LazyLock<(Vec<Directory>, Partners)> = LazyLock::new(|| {
    let (mut all, mut partners) = FOREST.clone();
    all[0].enable_recycle_bin(DEFAULT_START);
    partners.settle(&mut all, DEFAULT_START);
    (all, partners)
});

/// Brings a deleted object back, or makes a group universal or global.
fn run_more(directory: &mut Directory, Step(kind, a, b): Step, now: SimTime) {
    if kind < 12 {
        return run(directory, Step(kind, a, b), now);
    }
    let context = UpdateContext { show_deleted: true, ..UpdateContext::system(now) };
    let entry = |id: ObjectId| directory.entry(id).unwrap();
    if kind == 12 {
        let groups = pool(directory, "group");
        if groups.is_empty() {
            return;
        }
        let dn = entry(groups[a % groups.len()]).dn();
        let kind = if b % 2 == 0 { "-2147483640" } else { "-2147483646" };
        let _ = directory.modify(&context, &dn, &[change("groupType", ModifyOp::Replace, kind)]);
        return;
    }
    let mut gone: Vec<ObjectId> = directory
        .ids()
        .filter(|id| {
            let e = directory.entry(*id);
            e.is_some_and(|e| e.is_deleted() && e.rdn_value().starts_with(['u', 'g', 'o']))
        })
        .collect();
    gone.sort_by_key(|id| directory.entry(*id).map(|entry| entry.guid()));
    if gone.is_empty() {
        return;
    }
    let one = entry(gone[a % gone.len()]);
    let dn = one.dn();
    if kind == 13 {
        let _ = directory.delete(&context, &dn);
        return;
    }
    let letter = one.rdn_value().chars().next().unwrap();
    let rdn = if letter == 'o' { "OU" } else { "CN" };
    let units = pool(directory, "organizationalUnit");
    let root = directory.info().domain_dn.clone();
    let place = if units.is_empty() { root } else { entry(units[b % units.len()]).dn() };
    let steps = [
        change("isDeleted", ModifyOp::Delete, ""),
        change("distinguishedName", ModifyOp::Replace, &format!("{rdn}={letter}{},{place}", b % 5)),
    ];
    let _ = directory.modify(&context, &dn, &steps);
}

/// What a catalog shows of a domain of others, beside its own controller's.
fn assert_partial(all: &[Directory]) {
    for (holder, owner, dn) in [(1, 2, "DC=emea,DC=contoso,DC=local"), (2, 0, "DC=contoso,DC=local")] {
        let show = |d: &Directory| -> BTreeMap<Guid, String> {
            d.ids()
                .chain(d.partial_ids())
                .filter_map(|id| d.entry(id))
                .filter(|e| d.naming_contexts()[e.naming_context()].dn == dn)
                .map(|e| {
                    let universal = e.int(attr::GROUP_TYPE).is_some_and(|k| k & 8 != 0);
                    let mut members = if universal { e.texts("member") } else { Vec::new() };
                    members.sort();
                    let mut text = format!("{} {} {members:?} ", e.dn(), e.is_deleted());
                    for a in ["description", "displayName", "sAMAccountName", "groupType", "lastKnownParent"]
                    {
                        text += &format!("{a}={:?} ", e.text(a));
                    }
                    (e.guid(), text)
                })
                .collect()
        };
        let (owned, held) = (show(&all[owner]), show(&all[holder]));
        for (guid, text) in &owned {
            assert_eq!(Some(text), held.get(guid), "{guid} at {holder}");
        }
        assert_eq!(owned.len(), held.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn restorations_and_catalogs_converge_whoever_pulls_first(
        binned in any::<bool>(),
        rounds in prop::collection::vec(
            (prop::collection::vec((0u8..16, 0usize..3, 0usize..40, 0usize..40), 1..14),
             prop::collection::vec((0usize..3, 0usize..3), 0..5)),
            1..6,
        ),
    ) {
        let (mut all, mut partners) = if binned { BINNED.clone() } else { FOREST.clone() };
        let mut second = 10;
        for (steps, pulls) in rounds {
            for (kind, which, a, b) in steps {
                second += 1;
                run_more(&mut all[which], Step(kind, a, b), later(second));
            }
            for (source, destination) in pulls {
                second += 1;
                if source == destination { continue }
                let replica = all[destination].replica();
                let (changes, upto) = all[source].changes_for(&replica, partners.since(destination, source));
                all[destination].apply(changes, later(second));
                partners.took(destination, source, upto);
            }
            if second % 2 == 0 { continue }
            second += 15;
            partners.settle(&mut all, later(second));
            assert_agreed(&all);
            assert_partial(&all);
        }
        partners.settle(&mut all, later(second));
        assert_agreed(&all);
        assert_partial(&all);
    }
}
