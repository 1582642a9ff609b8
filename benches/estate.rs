//! How long it takes to grow, search, check and dump an estate of 10,000 people: `cargo bench`.
//!
//! Throughput only. Figures against slapd, and the command that repeats them, are in BENCHMARKS.md.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use forestbed::directory::{Filter, Scope, SearchOptions};
use forestbed::dump::{self, DumpOptions};
use forestbed::spec::{EstateSpec, PopulationSpec};
use forestbed::world::World;
use forestbed_sim::rules::{self, ObjectView, Settings};
use std::hint::black_box;

const PEOPLE: u32 = 10_000;

fn spec() -> EstateSpec {
    let mut spec = EstateSpec::default();
    spec.forests[0].population = PopulationSpec::of_users(PEOPLE);
    spec
}

fn estate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("estate of 10,000 people");
    group.sample_size(10).throughput(Throughput::Elements(u64::from(PEOPLE)));
    group.bench_function("grow on one thread", |bencher| {
        bencher.iter_batched(
            spec,
            |spec| World::generate(spec, 1).expect("an estate"),
            BatchSize::LargeInput,
        );
    });
    let world = World::generate(spec(), 1).expect("an estate");
    let directory = world.directory(0);
    group.bench_function("scan with a filter that no index answers", |bencher| {
        let filter = directory.compile(&Filter::parse("(telephoneNumber=*1*)").expect("a filter"));
        let base = directory.info().domain;
        bencher.iter(|| {
            let found = directory.candidates(base, Scope::Subtree, &filter, SearchOptions::default());
            found.filter(|id| directory.matches(*id, &filter)).count()
        });
    });
    let views: Vec<ObjectView> = directory.ids().filter_map(|id| rules::view_of(&directory, id)).collect();
    let settings = Settings { verified_domains: vec!["contoso.com".to_owned()], ..Settings::default() };
    group.bench_function("check by the documented rules", |bencher| {
        bencher.iter(|| rules::check(black_box(&views), &settings));
    });
    group.bench_function("canonical dump", |bencher| {
        bencher.iter(|| dump::directory(&directory, DumpOptions::default()).digest());
    });
    group.finish();
}

criterion_group!(benches, estate);
criterion_main!(benches);
