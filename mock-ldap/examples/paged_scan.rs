//! Reads every object of a domain in pages, in process and without sockets, so many times: something to put
//! under a profiler. `cargo run --release --example paged_scan -- USERS TIMES`
//!
//! What a page costs is the difference between two runs, divided by the entries between them:
//! `valgrind --tool=callgrind` or `perf stat` on TIMES 1 and TIMES 11.

use forestbed_mock_ldap::Session;
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
    let mut session = Session::new(Arc::clone(&world), 0, false);
    let name = format!("Administrator@{}", world.directory(0).info().dns);
    let password = &world.forests()[0].admin_password;
    let credentials = [element(4, name.as_bytes()), element(0x80, password.as_bytes())].concat();
    let bind = message(&element(0x60, &[&[2, 1, 3], &credentials[..]].concat()), &[]);
    let reply = session.handle(&bind);
    reply.messages.rest(&mut session);

    let (mut entries, mut bytes) = (0, 0);
    for _ in 0..times {
        let mut cookie = Vec::new();
        loop {
            let reply = session.handle(&search(&world, &cookie));
            let answer = reply.messages.rest(&mut session);
            bytes += answer.len();
            entries += world.journal.since(world.journal.last_seq() - 1, 1)[0].returned;
            match next_cookie(&answer) {
                Some(next) => cookie = next,
                None => break,
            }
        }
    }
    println!("{entries} entries, {bytes} bytes");
    Ok(())
}

fn search(world: &World, cookie: &[u8]) -> Vec<u8> {
    let base = world.directory(0).info().domain_dn.clone();
    let limits = [0x0a, 1, 2, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0];
    let all = element(0x87, b"objectClass");
    let request = [&element(4, base.as_bytes())[..], &limits, &all, &[0x30, 0]].concat();
    let page = [&[2, 2][..], &PAGE.to_be_bytes(), &element(4, cookie)].concat();
    let control = [element(4, b"1.2.840.113556.1.4.319"), element(4, &element(0x30, &page))].concat();
    message(&element(0x63, &request), &element(0xa0, &element(0x30, &control)))
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
