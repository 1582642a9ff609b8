//! How long it takes to check 100,000 people with defects, and how the time of both rule sets grows with the number
//! of people: `cargo bench --bench rules`, a few minutes at most.
//!
//! Throughput only. Figures of processor time and memory, and the commands that repeat them, are in BENCHMARKS.md.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use forestbed::spec::{EstateSpec, PopulationSpec};
use forestbed::world::World;
use forestbed_sim::rules::{Checker, LdifViews, ObjectView, RuleSet, Settings, check, view_of};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

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

/// As in the measurement of IdFix that BENCHMARKS.md quotes: a userPrincipalName, two proxy addresses, mail and
/// alias; one in ten repeats another's address.
fn person(number: usize) -> ObjectView {
    let shared = if number % 10 == 9 { number - 1 } else { number };
    let name = format!("Jan Jansen {number}");
    let addresses =
        vec![format!("SMTP:jan.jansen{shared}@contoso.com"), format!("smtp:jjansen{number}@contoso.com")];
    ObjectView::new(format!("CN={name},OU=Staff,OU=Sites,DC=contoso,DC=com"), "user")
        .with("cn", vec![name.clone()])
        .with("displayName", vec![name])
        .with("sAMAccountName", vec![format!("jjansen{number}")])
        .with("userPrincipalName", vec![format!("jan.jansen{number}@contoso.com")])
        .with("mail", vec![format!("jan.jansen{shared}@contoso.com")])
        .with("mailNickname", vec![format!("jan.jansen{number}")])
        .with("proxyAddresses", addresses)
}

fn growth(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("growth");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for users in [250, 500, 1000, 2000, 10_000] {
        let people: Vec<ObjectView> = (0..users).map(person).collect();
        group.throughput(Throughput::Elements(users as u64));
        for (name, rules) in [("documented", RuleSet::Documented), ("idfix", RuleSet::IdFix)] {
            let settings = Settings { rules, ..Settings::default() };
            group.bench_with_input(BenchmarkId::new(name, users), &people, |bencher, people| {
                bencher.iter(|| check(black_box(people), &settings));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, rules, growth);
criterion_main!(benches);
