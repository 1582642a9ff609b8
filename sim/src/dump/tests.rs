use super::*;
use crate::clock::DEFAULT_START;
use crate::directory::{Directory, DirectoryConfig, NewObject, UpdateContext};
use crate::population::populate;
use crate::seed::Seed;
use crate::spec::{ForestSpec, PopulationSpec, TenantSpec};
use crate::tenant::{CallContext, ObjectKind, Tenant};
use serde_json::json;
use std::time::Duration;

fn grown(threads: usize, seed: u64) -> Directory {
    let forest = ForestSpec { population: PopulationSpec::of_users(120), ..ForestSpec::default() };
    let mut directory = Directory::new(&DirectoryConfig {
        domain: forest.domain.clone(),
        netbios: forest.netbios(),
        upn_suffixes: forest.upn_suffixes.clone(),
        extensions: forest.schema,
        dc_name: "DC1".to_owned(),
        admin_password: "P@ssw0rd!".to_owned(),
        time: DEFAULT_START,
        seed: Seed::new(seed),
    });
    let tenant = TenantSpec::default();
    populate(&mut directory, &forest, &tenant, Seed::new(seed), DEFAULT_START, threads);
    directory
}

#[test]
fn one_thread_and_two_grow_the_same_bytes_and_another_seed_does_not() {
    let text = |threads, seed| directory(&grown(threads, seed), DumpOptions::default()).to_yaml();
    let one = text(1, 7);
    assert!(one.contains("objectGUID") && one.contains("userPrincipalName") && one.len() > 100_000);
    assert_eq!(one, text(2, 7));
    assert_ne!(one, text(1, 8));
}

/// A person who came at run time.
fn arrive(directory: &mut Directory, name: &str, after: Duration) {
    let parent = directory.info().users;
    let account = directory.schema().attribute_id("sAMAccountName").unwrap();
    let attributes = vec![(account, vec![name.as_bytes().to_vec()])];
    let guid = Some(Seed::new(7).guid("user", name, 0));
    let object = NewObject { parent, rdn: name.to_owned(), class: "user", attributes, guid, rid: None };
    directory.load(&UpdateContext::lenient(DEFAULT_START.plus(after)), object);
}

#[test]
fn the_order_of_arrival_shows_only_in_the_stamps() {
    let initial = grown(1, 7);
    let arrived = |names: [&str; 2]| {
        let mut now = initial.clone();
        names
            .iter()
            .enumerate()
            .for_each(|(i, name)| arrive(&mut now, name, Duration::from_secs(i as u64 + 1)));
        now
    };
    let (one, other) = (arrived(["Ada", "Bob"]), arrived(["Bob", "Ada"]));
    let options = DumpOptions::since(&initial);
    assert_eq!(directory(&one, options).to_ldif(), directory(&other, options).to_ldif());
    assert_ne!(directory(&one, options).digest(), directory(&initial, options).digest());
    let stamped = DumpOptions::with_stamps();
    assert_ne!(directory(&one, stamped).to_ldif(), directory(&other, stamped).to_ldif());
}

#[test]
fn a_tenants_dump_follows_what_is_written_and_not_when() {
    let created = |seconds: u64, name: &str| {
        let mut tenant = Tenant::new(&TenantSpec::default(), 100, Seed::new(7), DEFAULT_START).unwrap();
        let context = CallContext { now: DEFAULT_START.plus(Duration::from_secs(seconds)), app: None };
        let body = json!({
            "accountEnabled": true,
            "displayName": name,
            "mailNickname": "ada",
            "userPrincipalName": "ada@contoso.com",
            "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
        });
        tenant.create_user(&context, body.as_object().unwrap()).unwrap();
        tenant
    };
    let text = |t: &Tenant, options| tenant(t, options).to_jsonl();
    let plain = DumpOptions::default();
    let (early, late) = (created(1, "Ada"), created(90, "Ada"));
    assert_eq!(text(&early, plain), text(&late, plain));
    assert_ne!(text(&early, DumpOptions::with_stamps()), text(&late, DumpOptions::with_stamps()));
    assert_ne!(text(&early, plain), text(&created(1, "Ada B"), plain));
    assert!(!text(&early, plain).contains("xWwvJ"), "a password is never shown");
    let users = early.iter(ObjectKind::User).count();
    let shown = tenant(&early, plain).objects().iter().filter(|object| object.class == "user").count();
    assert_eq!(shown, users);
}
