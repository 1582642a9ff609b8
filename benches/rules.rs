//! How long it takes to check 100,000 people with defects: `cargo bench --bench rules`.
//!
//! Throughput only. Figures of processor time and memory, and the commands that repeat them, are in BENCHMARKS.md.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use forestbed::spec::{EstateSpec, PopulationSpec};
use forestbed::world::World;
use forestbed_sim::rules::{Checker, LdifViews, ObjectView, Settings, check, view_of};
use std::fmt::Write as _;
use std::hint::black_box;

fn people() -> u32 {
    std::env::var("FORESTBED_BENCH_USERS").ok().and_then(|users| users.parse().ok()).unwrap_or(100_000)
}

fn views() -> Vec<ObjectView> {
    let mut spec = EstateSpec::default();
    spec.forests[0].population = PopulationSpec::of_users(people());
    let world = World::generate(spec, 2).expect("an estate");
    let directory = world.directory(0);
    directory.ids().filter_map(|id| view_of(&directory, id)).collect()
}

fn ldif(records: usize) -> String {
    let mut text = String::new();
    for nth in 0..records {
        writeln!(
            text,
            "dn: CN=User {nth},OU=Staff,DC=contoso,DC=local\nobjectClass: user\ncn: User {nth}\n\
             mail: u{nth}@contoso.com\nproxyAddresses: SMTP:u{nth}@contoso.com\nsAMAccountName: u{nth}\n\
             userPrincipalName: u{nth}@contoso.com\ndisplayName:: VXNlcg==\n"
        )
        .expect("text takes everything");
    }
    text
}

fn rules(criterion: &mut Criterion) {
    let views = views();
    let settings = Settings { verified_domains: vec!["contoso.com".to_owned()], ..Settings::default() };
    let mut group = criterion.benchmark_group("rules");
    group.sample_size(10).throughput(Throughput::Elements(views.len() as u64));
    group.bench_function("check in memory", |bencher| {
        bencher.iter(|| check(black_box(&views), &settings));
    });
    group.bench_function("check a stream", |bencher| {
        bencher.iter_batched(
            || views.clone(),
            |views| {
                let mut checker = Checker::new(&settings, std::env::temp_dir());
                views.into_iter().try_for_each(|view| checker.add(view)).expect("room for the files");
                let mut findings = 0;
                checker.finish(|_| findings += 1).expect("room for the files");
                findings
            },
            BatchSize::LargeInput,
        );
    });
    let text = ldif(20_000);
    group.throughput(Throughput::Elements(20_000));
    group.bench_function("read objects from LDIF", |bencher| {
        bencher.iter(|| LdifViews::new(black_box(text.as_bytes()), 0).filter(Result::is_ok).count());
    });
    group.finish();
}

criterion_group!(benches, rules);
criterion_main!(benches);
