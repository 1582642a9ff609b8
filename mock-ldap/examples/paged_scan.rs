//! Reads every object of a domain in pages, in process and without sockets, so many times: something to put
//! under a profiler. `cargo run --release --example paged_scan -- USERS TIMES`, or with `equality` or `modify`
//! behind it so many searches for one account, or changes of one attribute.
//!
//! What a page costs is the difference between two runs, divided by the entries between them:
//! `valgrind --tool=callgrind` or `perf stat` on TIMES 1 and TIMES 11.

use forestbed_mock_ldap::{Port, Session};
use forestbed_sim::spec::{DefectMix, EstateSpec, ForestSpec, PopulationSpec};
use forestbed_sim::world::World;
use std::sync::Arc;

const PAGE: u16 = 1000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let users = arguments.next().map_or(Ok(10_000), |users| users.parse())?;
    let times: u32 = arguments.next().map_or(Ok(1), |times| times.parse())?;
    let forest = ForestSpec {
        population: PopulationSpec::of_users(users),
        defects: DefectMix::none(),
        decoys: 0,
        ..ForestSpec::default()
    };
    let spec = EstateSpec { forests: vec![forest], ..EstateSpec::default() };
    let world = Arc::new(World::generate(spec, 2)?);
    let mut session = Session::new(Arc::clone(&world), 0, Port::Directory, false);
    let name = format!("Administrator@{}", world.directory(0).info().dns);
    let password = &world.domains()[0].admin_password;
    let credentials = [element(4, name.as_bytes()), element(0x80, password.as_bytes())].concat();
    let bind = message(&element(0x60, &[&[2, 1, 3], &credentials[..]].concat()), &[]);
    let reply = session.handle(&bind);
    reply.messages.rest(&mut session);

    let done = match arguments.next().as_deref() {
        Some("equality") => equality(&world, &mut session, times),
        Some("modify") => modify(&world, &mut session, times),
        _ => scan(&world, &mut session, times),
    };
    println!("{done}");
    Ok(())
}

fn scan(world: &World, session: &mut Session, times: u32) -> String {
    let (mut entries, mut bytes) = (0, 0);
    for _ in 0..times {
        let mut cookie = Vec::new();
        loop {
            let reply = session.handle(&page(world, &cookie));
            let answer = reply.messages.rest(session);
            bytes += answer.len();
            entries += world.journal.since(world.journal.last_seq() - 1, 1)[0].returned;
            match next_cookie(&answer) {
                Some(next) => cookie = next,
                None => break,
            }
        }
    }
    format!("{entries} entries, {bytes} bytes")
}

/// People of the domain: account names and distinguished names.
fn people(world: &World) -> Vec<(String, String)> {
    let directory = world.directory(0);
    let entries = directory.ids().filter_map(|id| directory.entry(id)).filter(|entry| entry.has("title"));
    entries.map(|entry| (entry.text("sAMAccountName").unwrap_or_default().into_owned(), entry.dn())).collect()
}

fn equality(world: &World, session: &mut Session, times: u32) -> String {
    let people = people(world);
    let mut bytes = 0;
    for (account, _) in people.iter().cycle().take(times as usize) {
        let filter = element(0xa3, &[element(4, b"sAMAccountName"), element(4, account.as_bytes())].concat());
        let reply = session.handle(&search(world, &filter, &[]));
        bytes += reply.messages.rest(session).len();
    }
    format!("{times} searches, {bytes} bytes")
}

fn modify(world: &World, session: &mut Session, times: u32) -> String {
    let people = people(world);
    let mut bytes = 0;
    for (number, (_, dn)) in people.iter().cycle().take(times as usize).enumerate() {
        let values = element(0x31, &element(4, format!("Desk {number}").as_bytes()));
        let attribute = element(0x30, &[element(4, b"physicalDeliveryOfficeName"), values].concat());
        let change = element(0x30, &[&[0x0a, 1, 2][..], &attribute].concat());
        let request = element(0x66, &[element(4, dn.as_bytes()), element(0x30, &change)].concat());
        let reply = session.handle(&message(&request, &[]));
        bytes += reply.messages.rest(session).len();
    }
    format!("{times} modifications, {bytes} bytes")
}

fn search(world: &World, filter: &[u8], controls: &[u8]) -> Vec<u8> {
    let base = world.directory(0).info().domain_dn.clone();
    let limits = [0x0a, 1, 2, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0];
    let request = [&element(4, base.as_bytes())[..], &limits, filter, &[0x30, 0]].concat();
    message(&element(0x63, &request), controls)
}

fn page(world: &World, cookie: &[u8]) -> Vec<u8> {
    let page = [&[2, 2][..], &PAGE.to_be_bytes(), &element(4, cookie)].concat();
    let control = [element(4, b"1.2.840.113556.1.4.319"), element(4, &element(0x30, &page))].concat();
    search(world, &element(0x87, b"objectClass"), &element(0xa0, &element(0x30, &control)))
}

/// The cookie at the end of an answer, if it is not empty: 16 octets, as the server makes them.
fn next_cookie(answer: &[u8]) -> Option<Vec<u8>> {
    let (head, cookie) = answer.split_last_chunk::<16>()?;
    head.ends_with(&[4, 16]).then(|| cookie.to_vec())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_be_bytes();
    [&[tag, 0x84][..], &length, content].concat()
}

fn message(operation: &[u8], controls: &[u8]) -> Vec<u8> {
    element(0x30, &[&[2, 1, 1][..], operation, controls].concat())
}
