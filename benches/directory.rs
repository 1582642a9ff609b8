//! What a domain controller does, by the size of its directory: equality searches, a page of a scan, a
//! modification, the first round of DirSync; through the whole session, without a socket.
//!
//! `cargo bench --bench directory` measures 1,000 people; `FORESTBED_BENCH_USERS=100000` (or 1000000, which
//! takes about a gigabyte and half a minute to grow) another size. Throughput only: figures against slapd are
//! in BENCHMARKS.md.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use forestbed::spec::{DefectMix, EstateSpec, PopulationSpec};
use forestbed::world::World;
use forestbed_mock_ldap::Session;
use std::hint::black_box;
use std::sync::Arc;

const PAGE: u16 = 1000;

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x84][..], &(content.len() as u32).to_be_bytes(), content].concat()
}

fn message(operation: &[u8], controls: &[u8]) -> Vec<u8> {
    element(0x30, &[&[2, 1, 1][..], operation, controls].concat())
}

fn search(base: &str, filter: &[u8], controls: &[u8]) -> Vec<u8> {
    let limits = [0x0a, 1, 2, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0];
    let request = [&element(4, base.as_bytes())[..], &limits, filter, &[0x30, 0]].concat();
    message(&element(0x63, &request), controls)
}

fn control(oid: &str, value: &[u8]) -> Vec<u8> {
    element(0xa0, &element(0x30, &[element(4, oid.as_bytes()), element(4, value)].concat()))
}

/// Answers a request; how many octets.
fn answer(session: &mut Session, out: &mut Vec<u8>, request: &[u8]) -> usize {
    out.clear();
    let mut reply = session.handle(request);
    while reply.messages.next_chunk(session, out) {}
    out.len()
}

fn users() -> u32 {
    std::env::var("FORESTBED_BENCH_USERS").ok().and_then(|users| users.parse().ok()).unwrap_or(1000)
}

fn directory(criterion: &mut Criterion) {
    let users = users();
    let mut spec = EstateSpec::default();
    spec.forests[0].population = PopulationSpec::of_users(users);
    spec.forests[0].defects = DefectMix::none();
    spec.forests[0].decoys = 0;
    let mut group = criterion.benchmark_group(format!("directory of {users} people"));
    group.sample_size(10);
    if users <= 100_000 {
        group.throughput(Throughput::Elements(u64::from(users)));
        group.bench_function("load", |bencher| {
            bencher.iter(|| World::generate(spec.clone(), 1).expect("an estate"));
        });
    }
    let world = Arc::new(World::generate(spec, 2).expect("an estate"));
    let mut session = Session::new(Arc::clone(&world), 0, forestbed::directory::Port::Directory, true);
    let base = world.directory(0).info().domain_dn.clone();
    let name = format!("Administrator@{}", world.directory(0).info().dns);
    let password = &world.domains()[0].admin_password;
    let credentials = [element(4, name.as_bytes()), element(0x80, password.as_bytes())].concat();
    let mut out = Vec::new();
    let bind = message(&element(0x60, &[&[2, 1, 3], &credentials[..]].concat()), &[]);
    answer(&mut session, &mut out, &bind);
    let people: Vec<(String, String)> = {
        let directory = world.directory(0);
        let entries = directory.ids().filter_map(|id| directory.entry(id)).filter(|e| e.has("employeeID"));
        entries.map(|e| (e.text("sAMAccountName").unwrap_or_default().into_owned(), e.dn())).collect()
    };
    let mut turn = people.iter().cycle();
    let mut next = move || turn.next().expect("a person");

    group.throughput(Throughput::Elements(1));
    group.bench_function("equality search, all attributes", |bencher| {
        bencher.iter(|| {
            let value = [element(4, b"sAMAccountName"), element(4, next().0.as_bytes())].concat();
            black_box(answer(&mut session, &mut out, &search(&base, &element(0xa3, &value), &[])))
        });
    });
    group.bench_function("modify", |bencher| {
        let mut number = 0u64;
        bencher.iter(|| {
            number += 1;
            let values = element(0x31, &element(4, format!("Desk {number}").as_bytes()));
            let attribute = [element(4, b"physicalDeliveryOfficeName"), values].concat();
            let change = element(0x30, &[&[0x0a, 1, 2][..], &element(0x30, &attribute)].concat());
            let request =
                [element(4, people[number as usize % people.len()].1.as_bytes()), element(0x30, &change)];
            black_box(answer(&mut session, &mut out, &message(&element(0x66, &request.concat()), &[])))
        });
    });
    group.throughput(Throughput::Elements(u64::from(users.min(u32::from(PAGE)))));
    group.bench_function("first page of a scan, all attributes", |bencher| {
        let page = element(0x30, &[&[2, 2][..], &PAGE.to_be_bytes(), &[4, 0]].concat());
        let controls = control("1.2.840.113556.1.4.319", &page);
        let filter = element(0xa3, &[element(4, b"objectCategory"), element(4, b"person")].concat());
        bencher.iter(|| black_box(answer(&mut session, &mut out, &search(&base, &filter, &controls))));
    });
    group.bench_function("first answer of DirSync", |bencher| {
        let asked = element(0x30, &[2, 1, 0, 2, 4, 0x00, 0x10, 0x00, 0x00, 4, 0]);
        let controls = control("1.2.840.113556.1.4.841", &asked);
        let filter = element(0x87, b"objectClass");
        bencher.iter(|| black_box(answer(&mut session, &mut out, &search(&base, &filter, &controls))));
    });
    group.finish();
}

criterion_group!(benches, directory);
criterion_main!(benches);
