//! Controllers that were changed apart agree once each has heard the other.

mod catalogs;

use super::Carried;
use crate::clock::{DEFAULT_START, SimTime};
use crate::directory::store::{Cells, Link};
use crate::directory::testing::{attributes, config};
use crate::directory::{
    ContextKind, Directory, DirectoryConfig, Modification, ModifyOp, ObjectId, Port, UpdateContext, attr,
    controller_seed,
};
use crate::ids::Guid;
use crate::replication::Partners;
use crate::seed::Seed;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

fn second_config(dc_name: &str) -> DirectoryConfig {
    DirectoryConfig {
        dc_name: dc_name.to_owned(),
        seed: controller_seed(Seed::new(42), dc_name),
        ..config(true)
    }
}

fn child_config() -> DirectoryConfig {
    DirectoryConfig {
        domain: "emea.contoso.local".to_owned(),
        netbios: "EMEA".to_owned(),
        dc_name: "EMEA-DC1".to_owned(),
        seed: Seed::new(43),
        ..config(true)
    }
}

/// Two controllers of contoso.local and one of emea.contoso.local, agreed.
static FOREST: LazyLock<(Vec<Directory>, Partners)> = LazyLock::new(|| {
    let mut first = Directory::new(&config(true));
    let child = first.new_child(&child_config());
    let mut second = first.promote(&second_config("DC2"));
    second.learn_domain(&child, DEFAULT_START);
    let from = first.next_rid();
    first.take_rid_blocks(1, 2, from);
    second.take_rid_blocks(2, 2, from);
    let mut all = vec![first, second, child];
    let mut partners = Partners::new(3);
    partners.settle(&mut all, DEFAULT_START);
    (all, partners)
});

/// Everything replicated of the naming contexts held in full, by GUID.
fn state(directory: &Directory, shared: impl Fn(&str) -> bool) -> BTreeMap<Guid, String> {
    let guid = |id: u32| directory.store.even_purged(id).map(|record| record.guid);
    let mut out = BTreeMap::new();
    for id in directory.ids() {
        let Some(entry) = directory.entry(id) else { continue };
        let context = &directory.naming_contexts()[entry.naming_context()];
        if !context.kind.is_full() || !shared(&context.dn) {
            continue;
        }
        let record = entry.record;
        let mut text = format!("{} deleted={} rid={}\n", entry.dn(), record.deleted, record.rid);
        if directory.context_headed_by(id).is_none() {
            text += &format!("below {:?}\n", guid(record.parent));
        }
        for cell in Cells::of(&record.cells) {
            let row = directory.schema().attribute(cell.attribute);
            if row.not_replicated {
                continue;
            }
            let change = directory.attribute_change(record, &cell);
            let mut values: Vec<&Carried> = change.values.iter().collect();
            values.sort_by_key(|value| format!("{value:?}"));
            text += &format!("{} {:?} {values:?}\n", row.name, change.stamp);
        }
        let mut links: Vec<String> = record
            .links()
            .iter()
            .filter(|link| link.exists())
            .map(|link: &Link| {
                format!(
                    "{:?} {} {:?}",
                    link.attribute,
                    link.is_present(),
                    (guid(link.target), link.version())
                )
            })
            .collect();
        links.sort();
        out.insert(record.guid, format!("{text}{links:#?}"));
    }
    out
}

fn everything(_: &str) -> bool {
    true
}

fn of_the_domain(dn: &str) -> bool {
    dn == "DC=contoso,DC=local"
}

fn of_the_forest(dn: &str) -> bool {
    dn.starts_with("CN=") || dn.starts_with("DC=ForestDnsZones")
}

fn assert_agreed(all: &[Directory]) {
    let (one, other) = (state(&all[0], everything), state(&all[1], everything));
    for (guid, text) in &one {
        assert_eq!(Some(text), other.get(guid), "{guid}");
    }
    assert_eq!(one.len(), other.len());
    let (one, other) = (state(&all[0], of_the_forest), state(&all[2], of_the_forest));
    for (guid, text) in &one {
        assert_eq!(Some(text), other.get(guid), "{guid}");
    }
    assert_eq!(one.len(), other.len());
}

#[test]
fn a_promoted_controller_holds_what_the_first_one_holds_under_numbers_of_its_own() {
    let (all, _) = &*FOREST;
    assert_agreed(all);
    let administrator = |directory: &Directory| {
        let entry = directory.entry(directory.info().administrator).unwrap();
        (entry.dn(), entry.guid(), entry.sid(), entry.usn_changed())
    };
    let (first, second) = (administrator(&all[0]), administrator(&all[1]));
    assert_eq!((&first.0, first.1, &first.2), (&second.0, second.1, &second.2));
    assert_ne!(first.3, second.3);
    assert_ne!(all[0].info().invocation_id, all[1].info().invocation_id);
    // the origin of a replicated attribute is where it was written
    let stamp = all[1].entry(all[1].info().administrator).unwrap().stamp(attr::SAM_ACCOUNT_NAME).unwrap();
    assert_eq!(stamp.invocation, all[0].info().invocation_id);
}

#[test]
fn a_child_domain_has_its_own_names_in_one_forest() {
    let (all, _) = &*FOREST;
    let child = &all[2];
    let dns: Vec<&str> = child.naming_contexts().iter().map(|context| context.dn.as_str()).collect();
    assert_eq!(
        dns,
        [
            "DC=emea,DC=contoso,DC=local",
            "CN=Configuration,DC=contoso,DC=local",
            "CN=Schema,CN=Configuration,DC=contoso,DC=local",
            "DC=DomainDnsZones,DC=emea,DC=contoso,DC=local",
            "DC=ForestDnsZones,DC=contoso,DC=local",
            "DC=contoso,DC=local",
            "DC=DomainDnsZones,DC=contoso,DC=local",
        ]
    );
    assert_eq!(child.naming_contexts()[5].kind, ContextKind::Partial);
    assert_ne!(child.info().sid, all[0].info().sid);
    let partition = "CN=EMEA,CN=Partitions,CN=Configuration,DC=contoso,DC=local";
    for directory in all {
        let entry = directory.entry(directory.resolve(partition).unwrap()).unwrap();
        assert_eq!(entry.text("nCName").as_deref(), Some("DC=emea,DC=contoso,DC=local"));
        assert_eq!(entry.text("dnsRoot").as_deref(), Some("emea.contoso.local"));
        assert_eq!(
            entry.text("trustParent").as_deref(),
            Some("CN=CONTOSO,CN=Partitions,CN=Configuration,DC=contoso,DC=local")
        );
    }
    // the configuration lies below the forest's root alone
    assert!(child.resolve("CN=Configuration,DC=emea,DC=contoso,DC=local").is_err());
    assert!(child.resolve("CN=Enterprise Admins,CN=Users,DC=emea,DC=contoso,DC=local").is_err());
    // the administrators of the forest are administrators of its domains
    let administrators = "CN=Administrators,CN=Builtin,DC=emea,DC=contoso,DC=local";
    let members = child.entry(child.resolve(administrators).unwrap()).unwrap().texts("member");
    assert!(members.contains(&"CN=Enterprise Admins,CN=Users,DC=contoso,DC=local".to_owned()), "{members:?}");
}

#[test]
fn a_partial_replica_holds_the_partial_attribute_set_and_is_seen_through_the_catalog_alone() {
    let (mut all, mut partners) = FOREST.clone();
    let now = later(1);
    let context = UpdateContext::system(now);
    let users = "CN=Users,DC=emea,DC=contoso,DC=local";
    let user = format!("CN=Erika,{users}");
    let given =
        ["objectClass: user", "sAMAccountName: erika", "displayName: Erika", "title: Head", "employeeID: 7"];
    all[2].add(&context, &user, &attributes(&given)).unwrap();
    for (name, kind) in [("Universal", "-2147483640"), ("Global", "-2147483646")] {
        let group_type = format!("groupType: {kind}");
        let given = [
            "objectClass: group",
            &format!("sAMAccountName: {name}"),
            &group_type,
            &format!("member: {user}"),
        ];
        all[2].add(&context, &format!("CN={name},{users}"), &attributes(&given)).unwrap();
    }
    partners.settle(&mut all, now);
    let root = &all[1];
    let refused = root.resolve(&user).unwrap_err();
    assert_eq!(refused.referrals, [format!("ldap://emea.contoso.local/{user}")]);
    let entry = root.entry(root.resolve_on(Port::Catalog, &user).unwrap()).unwrap();
    assert_eq!(entry.text("displayName").as_deref(), Some("Erika"));
    assert_eq!(entry.sid(), all[2].entry(all[2].resolve(&user).unwrap()).unwrap().sid());
    // active-directory.md 13: title is not in the partial attribute set
    assert!(!entry.has("title") && !entry.has("employeeID"));
    let members = |name: &str| {
        let id = root.resolve_on(Port::Catalog, &format!("CN={name},{users}")).unwrap();
        root.entry(id).unwrap().texts("member")
    };
    assert_eq!(members("Universal"), std::slice::from_ref(&user));
    assert_eq!(members("Global"), Vec::<String>::new());
}

fn later(seconds: u64) -> SimTime {
    DEFAULT_START.plus(Duration::from_secs(seconds))
}

/// One change: kind, which objects.
#[derive(Debug, Clone, Copy)]
struct Step(u8, usize, usize);

/// The live objects that steps may change, by name: the same on both controllers while they agree.
fn pool(directory: &Directory, class: &str) -> Vec<ObjectId> {
    let named = |id: &ObjectId| {
        let entry = directory.entry(*id);
        entry.is_some_and(|e| {
            e.is_class(class) && !e.is_deleted() && e.rdn_value().starts_with(['u', 'g', 'o'])
        })
    };
    let mut found: Vec<ObjectId> = directory.ids().filter(named).collect();
    found.sort_by_key(|id| directory.entry(*id).map(|entry| entry.guid()));
    found
}

fn change(attribute: &str, op: ModifyOp, value: &str) -> Modification {
    let values = if value.is_empty() { Vec::new() } else { vec![value.as_bytes().to_vec()] };
    Modification { op, attribute: attribute.to_owned(), values }
}

/// Makes a change; one that the directory refuses is none.
fn run(directory: &mut Directory, Step(kind, a, b): Step, now: SimTime) {
    let context = UpdateContext { permissive_modify: true, ..UpdateContext::system(now) };
    let (users, groups, units) =
        (pool(directory, "user"), pool(directory, "group"), pool(directory, "organizationalUnit"));
    let name = |directory: &Directory, ids: &[ObjectId], at: usize| {
        (!ids.is_empty()).then(|| directory.entry(ids[at % ids.len()]).unwrap().dn())
    };
    let root = directory.info().domain_dn.clone();
    let user = name(directory, &users, a);
    let other = name(directory, &users, b);
    let group = name(directory, &groups, b);
    let unit = name(directory, &units, b);
    let place = unit.clone().unwrap_or_else(|| root.clone());
    match kind {
        0 => {
            let given = ["objectClass: user", &format!("sAMAccountName: u{}", now.millis())];
            let _ = directory.add(&context, &format!("CN=u{},{place}", a % 5), &attributes(&given));
        }
        1 => {
            let _ = directory.add(
                &context,
                &format!("OU=o{},{place}", a % 3),
                &attributes(&["objectClass: organizationalUnit"]),
            );
        }
        2 => {
            let given = ["objectClass: group", &format!("sAMAccountName: g{}", now.millis())];
            let _ = directory.add(&context, &format!("CN=g{},{place}", a % 3), &attributes(&given));
        }
        3 | 4 => {
            let Some(user) = user else { return };
            let value = if b.is_multiple_of(4) { String::new() } else { format!("v{}", b % 7) };
            let _ = directory.modify(&context, &user, &[change("description", ModifyOp::Replace, &value)]);
        }
        5 => {
            let (Some(user), Some(other)) = (user, other) else { return };
            let _ = directory.modify(&context, &user, &[change("manager", ModifyOp::Replace, &other)]);
        }
        6 | 7 => {
            let (Some(user), Some(group)) = (user, group) else { return };
            let op = if kind == 6 { ModifyOp::Add } else { ModifyOp::Delete };
            let _ = directory.modify(&context, &group, &[change("member", op, &user)]);
        }
        8 => {
            let Some(user) = user else { return };
            let _ = directory.modify_dn(&context, &user, &format!("CN=u{}", b % 5), true, Some(&place));
        }
        9 => {
            let Some(moved) = name(directory, &units, a) else { return };
            let rdn = moved.split(',').next().unwrap_or_default().to_owned();
            let _ = directory.modify_dn(&context, &moved, &rdn, true, Some(&place));
        }
        10 => {
            let Some(user) = user else { return };
            let _ = directory.delete(&context, &user);
        }
        _ => {
            let Some(unit) = name(directory, &units, a) else { return };
            let below = directory.deletable_below(&context, &unit).unwrap_or_default();
            for id in below.iter().rev() {
                let dn = directory.entry(*id).unwrap().dn();
                let _ = directory.delete(&context, &dn);
            }
            let _ = directory.delete(&context, &unit);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_was_changed_apart_converges(
        rounds in prop::collection::vec(
            prop::collection::vec((0u8..12, any::<bool>(), 0usize..40, 0usize..40), 1..14),
            1..5,
        ),
    ) {
        let (mut all, mut partners) = FOREST.clone();
        let mut second = 10;
        for round in rounds {
            for (kind, which, a, b) in round {
                second += 1;
                run(&mut all[usize::from(which)], Step(kind, a, b), later(second));
            }
            second += 15;
            partners.settle(&mut all, later(second));
            let (one, other) = (state(&all[0], of_the_domain), state(&all[1], of_the_domain));
            for (guid, text) in &one {
                assert_eq!(Some(text), other.get(guid), "{guid}");
            }
            assert_eq!(one.len(), other.len());
        }
    }
}

#[test]
fn what_arrives_together_is_logged_in_the_order_of_its_numbers() {
    let (mut all, mut partners) = FOREST.clone();
    let context = UpdateContext::system(later(1));
    let groups = ["Domain Guests", "Domain Admins", "Schema Admins", "Enterprise Admins"];
    let mut ids: Vec<ObjectId> = groups
        .iter()
        .map(|name| all[0].resolve(&format!("CN={name},CN=Users,DC=contoso,DC=local")).unwrap())
        .collect();
    // the objects made later change first
    ids.sort();
    for id in ids.into_iter().rev() {
        let dn = all[0].entry(id).unwrap().dn();
        let krbtgt = "CN=krbtgt,CN=Users,DC=contoso,DC=local";
        all[0].modify(&context, &dn, &[change("member", ModifyOp::Add, krbtgt)]).unwrap();
    }
    let before = all[1].highest_usn();
    partners.settle(&mut all, later(2));
    let numbers: Vec<u64> = all[1].store.changes_after(before).map(|(usn, _)| usn).collect();
    assert_eq!(numbers.len(), groups.len());
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
}

#[test]
fn a_schema_that_was_extended_at_its_master_arrives_with_what_uses_it() {
    let (mut all, mut partners) = FOREST.clone();
    let schema = "CN=Schema,CN=Configuration,DC=contoso,DC=local";
    let context = UpdateContext::system(later(1));
    let badge = attributes(&[
        "objectClass: attributeSchema",
        "attributeID: 1.3.6.1.4.1.99999.1.1",
        "lDAPDisplayName: contosoBadgeNumber",
        "attributeSyntax: 2.5.5.12",
        "oMSyntax: 64",
        "isSingleValued: TRUE",
        "searchFlags: 1",
    ]);
    let name = format!("CN=Contoso-Badge-Number,{schema}");
    // the schema changes at its master only
    let refused = all[1].add(&context, &name, &badge).unwrap_err();
    assert_eq!(refused.code.number(), 53);
    all[0].add(&context, &name, &badge).unwrap();
    all[0].refresh_schema().unwrap();
    let may = change("mayContain", ModifyOp::Add, "contosoBadgeNumber");
    all[0].modify(&context, &format!("CN=User,{schema}"), &[may]).unwrap();
    all[0].refresh_schema().unwrap();
    let guest = "CN=Guest,CN=Users,DC=contoso,DC=local";
    let given = change("contosoBadgeNumber", ModifyOp::Replace, "4711");
    all[0].modify(&context, guest, &[given]).unwrap();
    partners.settle(&mut all, later(2));
    for directory in &all[..2] {
        let entry = directory.entry(directory.resolve(guest).unwrap()).unwrap();
        assert_eq!(entry.text("contosoBadgeNumber").as_deref(), Some("4711"));
    }
    // and the other controller writes it
    let changed = change("contosoBadgeNumber", ModifyOp::Replace, "4712");
    all[1].modify(&UpdateContext::system(later(3)), guest, &[changed]).unwrap();
}
