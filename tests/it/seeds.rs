//! What a seed decides, and what it must not: every generated id is another one, what Microsoft gave an id keeps it.

use forestbed::ids::{Guid, Sid};
use forestbed::tenant::ObjectKind;
use forestbed::tools::ReferenceSync;
use forestbed::world::World;
use forestbed::{Lab, Role};
use std::collections::{BTreeMap, BTreeSet};

/// The ids of one estate after its first synchronization.
struct Ids {
    /// Of directory objects, cloud objects, the tenant and its application.
    generated: BTreeSet<Guid>,
    domain: Sid,
    /// SIDs outside the domain and RIDs within it, by account or name.
    well_known: BTreeMap<String, String>,
    skus: Vec<Guid>,
    role_templates: Vec<Guid>,
}

async fn ids(seed: u64) -> Ids {
    let lab: Lab = super::start(super::estate(seed, 60, &[])).await;
    lab.run(Role::Sync, &ReferenceSync::default()).await.expect("a synchronization");
    let ids = read(lab.world());
    lab.shutdown().await;
    ids
}

fn read(world: &World) -> Ids {
    let directory = world.directory(0);
    let tenant = world.tenant();
    let domain = directory.info().sid.clone();
    let mut generated = BTreeSet::from([tenant.id()]);
    generated.extend(tenant.applications().iter().flat_map(|app| [app.app_id, app.service_principal_id]));
    generated.extend(ObjectKind::ALL.iter().flat_map(|kind| tenant.iter(*kind)).map(|object| object.id()));
    generated.extend(tenant.directory_roles().iter().map(|role| role.id));
    let mut well_known = BTreeMap::new();
    for entry in directory.ids().filter_map(|id| directory.entry(id)) {
        generated.insert(entry.guid());
        let Some(sid) = entry.sid() else { continue };
        let text = sid.to_string();
        let rid = text.strip_prefix(&domain.to_string());
        // RIDs from 1000 on are given to whoever comes
        if rid.is_none_or(|rid| rid.len() == "-500".len()) {
            let name = entry.dn().split(',').next().unwrap_or_default().to_owned();
            well_known.insert(name, rid.unwrap_or(&text).to_owned());
        }
    }
    Ids {
        generated,
        domain,
        well_known,
        skus: tenant.skus().iter().map(|sku| sku.sku.id).collect(),
        role_templates: tenant.directory_roles().iter().map(|role| role.role_template_id).collect(),
    }
}

#[tokio::test]
async fn another_seed_changes_every_generated_id_and_no_other() {
    let (seven, again, eight) = (ids(7).await, ids(7).await, ids(8).await);
    assert!(seven.generated == again.generated, "the same seed gave other ids");
    let shared: Vec<_> = seven.generated.intersection(&eight.generated).collect();
    assert!(shared.is_empty(), "ids that do not come from the seed: {shared:?}");
    assert!(seven.generated.len() > 200 && seven.domain != eight.domain);
    assert_eq!(seven.well_known, eight.well_known);
    assert_eq!((&seven.skus, &seven.role_templates), (&eight.skus, &eight.role_templates));
    // Microsoft's: [MS-ADTS] 6.1.1.6 and 6.1.1.4.12, the list of licence products, the built-in role templates
    for (name, sid) in [
        ("CN=Administrator", "-500"),
        ("CN=Guest", "-501"),
        ("CN=krbtgt", "-502"),
        ("CN=Domain Admins", "-512"),
        ("CN=Domain Users", "-513"),
        ("CN=Enterprise Admins", "-519"),
        ("CN=Administrators", "S-1-5-32-544"),
    ] {
        assert_eq!(seven.well_known.get(name).map(String::as_str), Some(sid), "{name}");
    }
    let enterprisepack = Guid::parse("6fd2c87f-b296-42f0-b197-1e91e994b900");
    assert_eq!(seven.skus.first().copied(), enterprisepack);
    let global_administrator = Guid::parse("62e90394-69f5-4237-9190-012177145e10");
    assert!(seven.role_templates.iter().any(|id| Some(*id) == global_administrator));
}
