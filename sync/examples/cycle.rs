//! Measures whole cycles of the engine over a made-up forest, without any network.
//!
//! `cargo run --release -p forestbed-sync --example cycle -- 100000`; a second number is the batch.

use forestbed_sync::{
    Config, Database, Engine, Entry, ExportItem, Fault, ImportKind, ImportRequest, ItemResult, News, Part,
    Sent, Source, SyncKind, Target, Told, cloud_dn, rules,
};
use std::collections::BTreeMap;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Objects of a part of an import.
const PAGE: usize = 1_000;

struct Forest {
    entries: Vec<Entry>,
    at: usize,
    only: Vec<usize>,
    delta: bool,
}

fn text(value: String) -> Vec<Told> {
    vec![Told::Octets(value.into_bytes())]
}

fn guid(number: usize) -> Vec<u8> {
    // spread like real ones: neighbours by number are none by anchor
    let mixed = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    [mixed.to_be_bytes(), (number as u64).to_be_bytes()].concat()
}

fn person(number: usize) -> Entry {
    let mut fields = vec![
        ("objectGUID".to_owned(), vec![Told::Octets(guid(number))]),
        ("mS-DS-ConsistencyGuid".to_owned(), vec![Told::Octets(guid(number))]),
        (
            "objectSid".to_owned(),
            vec![Told::Octets({
                let mut sid = vec![1, 1, 0, 0, 0, 0, 0, 5];
                sid.extend(u32::try_from(number).unwrap_or(0).to_le_bytes());
                sid
            })],
        ),
        ("userAccountControl".to_owned(), text("512".to_owned())),
        ("pwdLastSet".to_owned(), text("132539328000000000".to_owned())),
        (
            "proxyAddresses".to_owned(),
            vec![
                Told::Octets(format!("SMTP:user{number}@contoso.com").into_bytes()),
                Told::Octets(format!("smtp:u{number}@contoso.com").into_bytes()),
            ],
        ),
        ("manager".to_owned(), text(format!("CN=User {},OU=People,DC=contoso,DC=com", number / 10))),
    ];
    for name in [
        "cn",
        "displayName",
        "givenName",
        "sn",
        "title",
        "department",
        "company",
        "l",
        "st",
        "co",
        "streetAddress",
        "postalCode",
        "telephoneNumber",
        "mobile",
        "physicalDeliveryOfficeName",
        "description",
    ] {
        fields.push((name.to_owned(), text(format!("{name} of {number}"))));
    }
    fields.push(("sAMAccountName".to_owned(), text(format!("user{number}"))));
    fields.push(("mailNickname".to_owned(), text(format!("user{number}"))));
    fields.push(("mail".to_owned(), text(format!("user{number}@contoso.com"))));
    fields.push(("userPrincipalName".to_owned(), text(format!("user{number}@contoso.com"))));
    Entry {
        anchor: guid(number),
        dn: format!("CN=User {number},OU=People,DC=contoso,DC=com"),
        class: "user".to_owned(),
        news: News::Whole(fields),
    }
}

fn group(number: usize, users: usize, members: usize) -> Entry {
    let member = |n: usize| {
        let who = (number * 7_919 + n * 13) % users;
        Told::Octets(format!("CN=User {who},OU=People,DC=contoso,DC=com").into_bytes())
    };
    let fields = vec![
        ("objectGUID".to_owned(), vec![Told::Octets(guid(10_000_000 + number))]),
        ("cn".to_owned(), text(format!("Group {number}"))),
        ("sAMAccountName".to_owned(), text(format!("group{number}"))),
        ("groupType".to_owned(), text("-2147483646".to_owned())),
        ("member".to_owned(), (0..members).map(member).collect()),
    ];
    Entry {
        anchor: guid(10_000_000 + number),
        dn: format!("CN=Group {number},OU=Groups,DC=contoso,DC=com"),
        class: "group".to_owned(),
        news: News::Whole(fields),
    }
}

impl Source for Forest {
    fn begin(&mut self, request: &ImportRequest) -> Result<(), Fault> {
        self.at = 0;
        self.delta = request.cookie.is_some();
        Ok(())
    }

    fn next(&mut self) -> Result<Part, Fault> {
        let entries = if self.delta {
            self.only.drain(..).map(|at| self.entries[at].clone()).collect()
        } else {
            let end = (self.at + PAGE).min(self.entries.len());
            let page = self.entries[self.at..end].to_vec();
            self.at = end;
            page
        };
        let done = self.delta || self.at == self.entries.len();
        Ok(if done { Part::End { entries, cookie: vec![1] } } else { Part::More(entries) })
    }
}

#[derive(Default)]
struct Cloud {
    things: BTreeMap<String, Entry>,
    changed: Vec<String>,
    delta: bool,
    calls: u64,
}

impl Target for Cloud {
    fn batch(&self) -> usize {
        250
    }

    fn export(&mut self, items: &[ExportItem]) -> Result<Vec<ItemResult>, Fault> {
        self.calls += 1;
        let mut results = Vec::new();
        for item in items {
            let anchor = format!("User_{}", item.dn).into_bytes();
            let entry = self.things.entry(item.dn.clone()).or_insert_with(|| Entry {
                anchor: anchor.clone(),
                dn: item.dn.clone(),
                class: item.class.clone(),
                news: News::Whole(Vec::new()),
            });
            if let News::Whole(fields) = &mut entry.news {
                fields.retain(|(name, _)| !item.attributes.iter().any(|(other, _)| other == name));
                let told = |value: &Sent| match value {
                    Sent::Text(text) => Told::Text(text.clone()),
                    Sent::Octets(octets) => Told::Octets(octets.clone()),
                    Sent::Integer(number) => Told::Integer(*number),
                    Sent::Boolean(truth) => Told::Boolean(*truth),
                    Sent::Object { dn } => Told::Object { dn: dn.clone(), anchor: None },
                };
                let set = item.attributes.iter().filter(|(_, values)| !values.is_empty());
                fields.extend(set.map(|(name, values)| (name.clone(), values.iter().map(told).collect())));
            }
            self.changed.push(item.dn.clone());
            results.push(ItemResult::Accepted { anchor: Some(anchor), note: None });
        }
        Ok(results)
    }
}

impl Source for Cloud {
    fn begin(&mut self, request: &ImportRequest) -> Result<(), Fault> {
        self.delta = request.cookie.is_some();
        Ok(())
    }

    fn next(&mut self) -> Result<Part, Fault> {
        let changed = std::mem::take(&mut self.changed);
        let entries = if self.delta {
            changed.iter().filter_map(|dn| self.things.get(dn)).cloned().collect()
        } else {
            self.things.values().cloned().collect()
        };
        Ok(Part::End { entries, cookie: vec![1] })
    }
}

fn seconds_of_cpu() -> f64 {
    // user and system time of this process, in ticks of a hundredth of a second
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let tick = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (tick(11) + tick(12)) / 100.0
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned()
}

fn cycle(engine: &mut Engine, forest: &mut Forest, cloud: &mut Cloud, kind: ImportKind, what: &str) {
    let mut last = seconds_of_cpu();
    let mut lap = |step: &str| {
        let now = seconds_of_cpu();
        println!("{what:22} {step:18} {:7.2} s CPU", now - last);
        last = now;
    };
    let report = engine.import("contoso", kind, forest).expect("an import");
    assert!(report.complete, "{report:?}");
    lap("import forest");
    engine.import("cloud", kind, cloud).expect("an import");
    lap("import cloud");
    engine
        .sync(if kind == ImportKind::Full { SyncKind::Full } else { SyncKind::Delta })
        .expect("a synchronization");
    lap("synchronization");
    let before = cloud.calls;
    let report = engine.export("cloud", cloud).expect("an export");
    lap("export");
    println!("{what:22} {} items in {} calls; {}", report.sent, cloud.calls - before, memory());
}

fn main() {
    let users: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let path = std::env::temp_dir().join(format!("forestbed-sync-{}.redb", std::process::id()));
    let mut config = Config::parse(
        "connectors: [{name: contoso, kind: active-directory}, {name: cloud, kind: cloud}]\ndelete_threshold: null",
    )
    .expect("a configuration");
    if let Some(batch) = std::env::args().nth(2).and_then(|text| text.parse().ok()) {
        config.batch = batch;
    }
    let database = Database::open(&path).expect("a database");
    let mut engine =
        Engine::open(Box::new(database), config, &[("default-rules.yaml", rules::DEFAULT_RULES)])
            .expect("opens");
    let mut entries: Vec<Entry> = (0..users).map(person).collect();
    entries.extend((0..users / 100).map(|number| group(number, users, 100.min(users))));
    entries.push(group(users, users, 60_000.min(users)));
    let mut forest = Forest { entries, at: 0, only: Vec::new(), delta: false };
    let mut cloud = Cloud::default();
    cycle(&mut engine, &mut forest, &mut cloud, ImportKind::Full, "initial");
    assert_eq!(cloud.things.len(), forest.entries.len());
    assert!(cloud.things.contains_key(&cloud_dn("AAAAAAAAAAAAAAAAAAAAAA==")), "user 0");
    cycle(&mut engine, &mut forest, &mut cloud, ImportKind::Delta, "delta, confirmation");
    cycle(&mut engine, &mut forest, &mut cloud, ImportKind::Delta, "delta, nothing");
    for at in (0..users).step_by(100) {
        if let News::Whole(fields) = &mut forest.entries[at].news {
            fields.retain(|(name, _)| name != "title");
        }
        forest.only.push(at);
    }
    cycle(&mut engine, &mut forest, &mut cloud, ImportKind::Delta, "delta, one in 100");
    cycle(&mut engine, &mut forest, &mut cloud, ImportKind::Full, "full, nothing new");
    println!("database: {} MB", std::fs::metadata(&path).map_or(0, |file| file.len() >> 20));
    drop(engine);
    std::fs::remove_file(&path).expect("a file to remove");
}
