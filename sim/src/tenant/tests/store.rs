//! After any operations the indexes say what a full scan says, and a copy stays as it was.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
enum Step {
    Create(u8),
    Rename(u8, u8),
    Mail(u8, u8),
    Delete(u8),
    Restore(u8),
    Set(u8, u8, u8),
    Unset(u8),
    Group(u8, Vec<u8>),
    License(u8),
    Wait(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let few = 0u8..8;
    let step = prop_oneof![
        few.clone().prop_map(Step::Create),
        (few.clone(), few.clone()).prop_map(|(a, b)| Step::Rename(a, b)),
        (few.clone(), few.clone()).prop_map(|(a, b)| Step::Mail(a, b)),
        few.clone().prop_map(Step::Delete),
        few.clone().prop_map(Step::Restore),
        (few.clone(), few.clone(), few.clone()).prop_map(|(a, b, c)| Step::Set(a, b, c)),
        few.clone().prop_map(Step::Unset),
        (few.clone(), proptest::collection::vec(few.clone(), 0..4)).prop_map(|(a, b)| Step::Group(a, b)),
        few.prop_map(Step::License),
        (0u8..40).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 1..40)
}

fn nth(tenant: &Tenant, at: u8) -> Guid {
    let users: Vec<Guid> = tenant.iter(ObjectKind::User).map(|user| user.id()).collect();
    users.get(usize::from(at) % users.len().max(1)).copied().unwrap_or_default()
}

fn run(tenant: &mut Tenant, step: &Step, now: &mut SimTime) {
    let name = |at: &u8| format!("user{at}@contoso.com");
    match step {
        Step::Create(at) => drop(tenant.create_user(&ctx(), &user_body(&name(at)))),
        Step::Rename(at, to) => {
            let body = object(json!({ "userPrincipalName": name(to), "usageLocation": "NL" }));
            drop(tenant.update(&ctx(), nth(tenant, *at), &body));
        }
        Step::Mail(at, to) => {
            let body = object(json!({ "mail": format!("mail{to}@contoso.com") }));
            drop(tenant.update(&ctx(), nth(tenant, *at), &body));
        }
        Step::Delete(at) => drop(tenant.delete(&ctx(), nth(tenant, *at))),
        Step::Restore(at) => {
            let gone: Vec<Guid> = tenant.deleted().map(|object| object.id()).collect();
            let id = gone.get(usize::from(*at) % gone.len().max(1)).copied().unwrap_or_default();
            drop(tenant.restore_deleted(&ctx(), id));
        }
        Step::Set(at, upn, mail) => {
            let sent = json!({ "userPrincipalName": name(upn), "usageLocation": "NL",
                "proxyAddresses": [format!("SMTP:mail{mail}@contoso.com"), format!("smtp:user{at}@contoso.com")] });
            set(tenant, &format!("anchor{at}"), sent);
        }
        Step::Unset(at) => drop(remove(tenant, SyncType::User, &format!("anchor{at}"))),
        Step::Group(at, members) => {
            let members: Vec<String> = members.iter().map(|member| format!("anchor{member}")).collect();
            let sent =
                json!({ "displayName": "G", "mail": format!("mail{at}@contoso.com"), "member": members });
            set_kind(tenant, SyncType::Group, &format!("group{at}"), sent);
        }
        Step::License(at) => drop(license(tenant, nth(tenant, *at), E3)),
        Step::Wait(days) => {
            *now = now.plus(Duration::from_secs(u64::from(*days) * 86_400));
            tenant.run_due(*now);
        }
    }
}

fn check(tenant: &Tenant) {
    let all: Vec<&CloudObject> = ObjectKind::ALL.iter().flat_map(|kind| tenant.iter(*kind)).collect();
    let (mut names, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    let mut licensed = 0;
    for object in &all {
        assert_eq!(tenant.object(object.id()).map(CloudObject::id), Some(object.id()));
        if let Some(upn) = object.user_principal_name() {
            assert!(names.insert(upn.to_lowercase()), "two users are called {upn}");
            assert_eq!(tenant.user(upn).map(CloudObject::id), Some(object.id()));
        }
        for proxy in object.proxy_addresses() {
            assert!(addresses.insert(proxy.to_lowercase()), "two objects hold {proxy}");
            let found = tenant.lookup(object.kind(), Property::ProxyAddresses, proxy).unwrap();
            assert_eq!(found.iter().map(|found| found.id()).collect::<Vec<_>>(), [object.id()]);
        }
        for (property, value) in [Property::Mail, Property::MailNickname, Property::OnPremisesImmutableId]
            .into_iter()
            .filter_map(|property| Some((property, object.text(property)?)))
        {
            let found = tenant.lookup(object.kind(), property, value).unwrap();
            let scan = tenant.iter(object.kind()).filter(|other| match property {
                Property::OnPremisesImmutableId => other.text(property) == Some(value),
                _ => other.text(property).is_some_and(|own| own.eq_ignore_ascii_case(value)),
            });
            assert!(
                found.iter().map(|found| found.id()).eq(scan.map(CloudObject::id)),
                "{property:?} {value}"
            );
        }
        for group in tenant.member_of(object.id()) {
            assert!(tenant.members(*group).binary_search(&object.id()).is_ok());
        }
        for member in tenant.members(object.id()) {
            assert!(tenant.member_of(*member).binary_search(&object.id()).is_ok());
        }
        licensed += object.licenses().len();
    }
    assert_eq!(tenant.subscription(guid(E3)).unwrap().consumed as usize, licensed);
    let counted: usize = ObjectKind::ALL.iter().map(|kind| tenant.count(*kind)).sum();
    assert_eq!(counted, all.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn indexes_agree_with_a_full_scan_after_any_operations(plan in steps()) {
        let mut tenant = tenant();
        let mut now = DEFAULT_START;
        for step in &plan {
            let copy = tenant.clone();
            let (changes, names): (u64, Vec<Option<String>>) = state(&copy);
            run(&mut tenant, step, &mut now);
            check(&tenant);
            prop_assert_eq!(state(&copy), (changes, names));
        }
        let sequences: Vec<u64> = tenant.changes_since(0).map(|change| change.sequence).collect();
        prop_assert!(sequences.iter().copied().eq(tenant.first_change()..=tenant.last_change()));
        prop_assert_eq!(tenant.changes_since(tenant.last_change()).count(), 0);
    }
}

#[test]
fn the_log_keeps_the_changes_of_seven_days() {
    // microsoft-graph.md 2.6: how long a delta token lives
    let mut tenant = tenant();
    for number in 0..600 {
        set(
            &mut tenant,
            &format!("a{number}"),
            json!({ "userPrincipalName": format!("u{number}@contoso.com") }),
        );
    }
    let (last, day) = (tenant.last_change(), Duration::from_secs(86_400));
    tenant.run_due(DEFAULT_START.plus(day * 7));
    assert_eq!(tenant.first_change(), 1);
    tenant.run_due(DEFAULT_START.plus(day * 8));
    let first = tenant.first_change();
    assert!(first > 256 && tenant.last_change() == last);
    assert!(tenant.changes_since(0).map(|change| change.sequence).eq(first..=last));
    assert!(tenant.changes_since(last - 3).map(|change| change.sequence).eq(last - 2..=last));
    set(&mut tenant, "a0", json!({ "displayName": "x" }));
    assert_eq!(tenant.changes_since(last).map(|change| change.sequence).collect::<Vec<_>>(), [last + 1]);
}

fn state(tenant: &Tenant) -> (u64, Vec<Option<String>>) {
    let names = tenant.iter(ObjectKind::User).map(|user| user.user_principal_name().map(str::to_owned));
    (tenant.last_change(), names.collect())
}
