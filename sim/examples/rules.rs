//! How much processor time and memory the rules need.
//!
//! `rules memory USERS`: grows that many people with defects, and checks them in memory.
//! `rules write OBJECTS`: writes that many made-up users as LDIF, one in fifty a duplicate.
//! `rules write-same OBJECTS`: the same, each a duplicate of every other.
//! `rules read FOLDER`: checks LDIF from standard input, with the check's files in that folder.

use forestbed_sim::rules::{Checker, LdifViews, ObjectView, Settings, check, view_of};
use forestbed_sim::spec::{EstateSpec, PopulationSpec};
use forestbed_sim::world::World;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["memory", users] => memory(users.parse()?),
        ["write", objects] => write(objects.parse()?, false),
        ["write-same", objects] => write(objects.parse()?, true),
        ["read", folder] => read(folder),
        _ => Err("usage: rules memory USERS | write OBJECTS | write-same OBJECTS | read FOLDER".into()),
    }
}

/// Processor time of the process so far, in hundredths of a second; 0 where the system does not tell.
fn processor_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

fn settings() -> Settings {
    Settings { verified_domains: vec!["contoso.com".to_owned()], ..Settings::default() }
}

fn memory(users: u32) -> Outcome {
    let mut spec = EstateSpec::default();
    spec.forests[0].population = PopulationSpec::of_users(users);
    let world = World::generate(spec, 2)?;
    let directory = world.directory(0);
    let views: Vec<ObjectView> = directory.ids().filter_map(|id| view_of(&directory, id)).collect();
    for round in 1..=5 {
        let start = processor_time();
        let findings = check(&views, &settings()).len();
        let spent = processor_time() - start;
        println!("round {round}: {} objects, {findings} findings, {spent} cs", views.len());
    }
    Ok(())
}

fn write(objects: u32, same: bool) -> Outcome {
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    for nth in 0..objects {
        let name = match (same, nth % 50) {
            (true, _) => "team".to_owned(),
            (false, 0) => format!("user{}", nth / 100),
            _ => format!("user{nth}"),
        };
        writeln!(
            out,
            "dn: CN=User {nth},OU=Staff {},DC=contoso,DC=local\nobjectClass: top\nobjectClass: person\n\
             objectClass: organizationalPerson\nobjectClass: user\ncn: User {nth}\ndisplayName: User {nth}\n\
             givenName: User\nsn: {nth}\nmail: {name}@contoso.com\nmailNickname: {name}\n\
             proxyAddresses: SMTP:{name}@contoso.com\nproxyAddresses: smtp:u{nth}@contoso.com\n\
             sAMAccountName: u{nth}\nuserPrincipalName: {name}@contoso.com\nuserAccountControl: 512\n\
             whenCreated: 20240301090000.0Z\ntitle: Planner\ndepartment: Operations\n\
             physicalDeliveryOfficeName: Utrecht\ntelephoneNumber: +3130{:07}\nstreetAddress: Stationsplein 1\n\
             l: Utrecht\nst: Utrecht\npostalCode: 3511 ED\nc: NL\nco: Netherlands\ncountryCode: 528\n\
             company: Contoso\n",
            nth % 997,
            nth % 10_000_000
        )?;
    }
    Ok(())
}

fn read(folder: &str) -> Outcome {
    let settings = settings();
    let mut checker = Checker::new(&settings, folder);
    let mut broken = 0;
    for view in LdifViews::new(std::io::BufReader::with_capacity(1 << 20, std::io::stdin()), 0) {
        match view {
            Ok(view) => checker.add(view)?,
            Err(_) => broken += 1,
        }
    }
    let objects = checker.len();
    println!("{objects} objects and {broken} broken records read, {} cs", processor_time());
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    checker.finish(|finding| *counts.entry(finding.rule.into_owned()).or_default() += 1)?;
    println!("{counts:?}, {} cs", processor_time());
    Ok(())
}
