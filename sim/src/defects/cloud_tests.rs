//! What lies in the cloud alone: the directory stays as it is, the tenant has somebody with the same names.

use super::{LedgerRow, catalogue, decoy_kinds, how_made, why_not_made};
use crate::dump::{self, DumpOptions};
use crate::oracle::{self, Switches};
use crate::spec::{DefectMix, EstateSpec, ForestSpec, PopulationSpec, TenantSpec};
use crate::tenant::Property;
use crate::world::World;

fn world(defects: DefectMix, tenant: TenantSpec) -> Result<World, crate::Error> {
    let population = PopulationSpec { contacts: 40, groups: 30, ..PopulationSpec::of_users(200) };
    let forest = ForestSpec { population, defects, decoys: 12, ..ForestSpec::default() };
    World::generate(EstateSpec { seed: 5, forests: vec![forest], tenant, ..EstateSpec::default() }, 2)
}

fn exact(counts: &[(&str, u32)]) -> DefectMix {
    DefectMix::Exact(counts.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect())
}

fn rows<'a>(world: &'a World, defect: &'a str) -> impl Iterator<Item = &'a LedgerRow> {
    world.domains()[0].ledger.rows.iter().filter(move |row| row.defect == defect)
}

fn held<'a>(row: &'a LedgerRow, attribute: &str) -> &'a [String] {
    &row.places.iter().find(|place| place.attribute == attribute).unwrap().injected
}

#[test]
fn every_row_of_the_catalogue_is_made_or_the_reason_why_not_is_told() {
    for kind in catalogue().rows() {
        let made = how_made(kind.id).is_some() || decoy_kinds().any(|id| id == kind.id);
        assert_eq!(made, why_not_made(kind.id).is_none(), "{}", kind.id);
    }
}

#[test]
fn the_tenant_has_the_accounts_that_the_ledger_names() {
    let world = world(exact(&[("XD07", 3), ("UP24", 2), ("PA26", 4)]), TenantSpec::default()).unwrap();
    let tenant = world.tenant();
    assert_eq!((rows(&world, "XD07").count(), rows(&world, "UP24").count()), (3, 2));
    for row in rows(&world, "XD07") {
        let primary = held(row, "proxyAddresses").iter().find_map(|v| v.strip_prefix("SMTP:")).unwrap();
        let holders: Vec<_> = tenant
            .iter(crate::tenant::ObjectKind::User)
            .filter(|user| user.text(Property::Mail).is_some_and(|mail| mail.eq_ignore_ascii_case(primary)))
            .collect();
        assert_eq!(holders.len(), 1, "{primary}");
        assert!(!holders[0].is_synchronized() && !tenant.has_admin_role(holders[0].id()));
        assert_ne!(holders[0].user_principal_name(), Some(primary));
    }
    for row in rows(&world, "UP24") {
        let user = tenant.user(&held(row, "userPrincipalName")[0]).unwrap();
        assert!(!user.is_synchronized() && tenant.is_global_administrator(user.id()));
    }
}

#[test]
fn the_directory_is_as_it_would_be_without() {
    let text = |world: &World| dump::directory(&world.directory(0), DumpOptions::with_stamps()).to_yaml();
    let defects = [("PA26", 4), ("UP15", 9)];
    let plain = world(exact(&defects), TenantSpec::default()).unwrap();
    let cloudy =
        world(exact(&[&defects[..], &[("XD07", 3), ("UP24", 2)]].concat()), TenantSpec::default()).unwrap();
    assert_eq!(text(&plain), text(&cloudy));
    let count = |world: &World| world.domains()[0].ledger.rows.len();
    assert_eq!(count(&cloudy), count(&plain) + 5);
    assert_eq!(plain.domains()[0].ledger.decoys, cloudy.domains()[0].ledger.decoys);
    let spoilt = |defect: &'static str| rows(&cloudy, defect).flat_map(|row| &row.places);
    assert!(spoilt("XD07").chain(spoilt("UP24")).all(|place| place.before == place.injected));
}

/// directory-sync.md 2.1: the address matches softly, whoever it belongs to; an administrator is never matched.
#[test]
fn synchronization_takes_the_one_account_over_and_refuses_the_other() {
    let world = world(exact(&[("XD07", 2), ("UP24", 2)]), TenantSpec::default()).unwrap();
    let (directory, tenant) = (world.directory(0), world.tenant());
    let expected = oracle::expected(&[&directory], &tenant, &Switches::default());
    let of = |row: &LedgerRow| {
        use base64::Engine as _;
        let anchor = base64::engine::general_purpose::STANDARD.encode(row.objects[0].to_bytes_le());
        expected.objects.values().find(|object| object.anchor == anchor).expect("a person in scope")
    };
    for row in rows(&world, "XD07") {
        let object = of(row);
        let matched = object.matches.iter().next().and_then(|id| tenant.object(*id)).unwrap();
        let mail = matched.text(Property::Mail).unwrap_or_default();
        assert!(held(row, "proxyAddresses").contains(&format!("SMTP:{mail}")));
        assert!(!object.may_be_new && object.may_be_absent.is_none());
    }
    for row in rows(&world, "UP24") {
        assert_eq!(of(row).may_be_absent, Some("Existing Admin Role Conflict"));
        assert!(of(row).matches.is_empty());
    }
}

#[test]
fn a_tenant_that_cannot_hold_such_an_account_is_told_of() {
    let none = || TenantSpec { cloud_users: 0, ..TenantSpec::default() };
    let elsewhere =
        || TenantSpec { verified_domains: vec!["fabrikam.com".to_owned()], ..TenantSpec::default() };
    for tenant in [none(), elsewhere()] {
        let refused = world(exact(&[("UP24", 1)]), tenant.clone()).unwrap_err().to_string();
        assert!(refused.contains("room for 0") && refused.contains("cloud-only users"), "{refused}");
        let profile = DefectMix::Profile { name: "merger".to_owned(), rate: 0.3 };
        let world = world(profile, tenant).unwrap();
        assert_eq!(rows(&world, "XD07").chain(rows(&world, "UP24")).count(), 0);
    }
}
