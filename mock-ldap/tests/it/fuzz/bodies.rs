//! What every input has to stand: the bodies that fuzz/ runs on any octets, and the tests here on some.
//!
//! A body takes octets and asserts; it panics where the program is wrong. It uses public interfaces only.

use forestbed_mock_ldap::{Effect, Port, Session};
use forestbed_sim::directory::dn::Dn;
use forestbed_sim::directory::{Directory, Filter, ObjectId, Scope, SearchOptions};
use forestbed_sim::ldif::{Reader, Record, write_record};
use forestbed_sim::spec::{DefectMix, EstateSpec, ForestSpec, PopulationSpec};
use forestbed_sim::world::World;
use std::cell::RefCell;
use std::sync::Arc;

/// One target: octets in, a panic where something is wrong.
pub(crate) type FuzzBody = fn(&[u8]);

/// Every target by the name of its file under fuzz/fuzz_targets and of its corpus.
pub(crate) const TARGETS: &[(&str, FuzzBody)] = &[
    ("ldap_request", ldap_request),
    ("filter", filter),
    ("distinguished_name", distinguished_name),
    ("ldif", ldif),
    ("dirsync_cookie", dirsync_cookie),
];

const DOMAIN: &str = "DC=contoso,DC=local";
/// So many requests change a world before it is made anew: what one input did is not another's fault for long.
const REQUESTS_A_WORLD: usize = 2_000;

fn world() -> Arc<World> {
    let few = PopulationSpec {
        users: 12,
        groups: 4,
        contacts: 2,
        rooms: 1,
        computers: 2,
        ..PopulationSpec::NOBODY
    };
    let forest =
        ForestSpec { population: few, defects: DefectMix::none(), decoys: 0, ..ForestSpec::default() };
    let spec = EstateSpec { forests: vec![forest], ..EstateSpec::default() };
    Arc::new(World::generate(spec, 1).expect("a small world"))
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("short enough").to_be_bytes();
    [&[tag, 0x84][..], &length, content].concat()
}

fn message(operation: &[u8], controls: &[u8]) -> Vec<u8> {
    element(0x30, &[&[2, 1, 1][..], operation, controls].concat())
}

/// A connection over TLS that asks to be the administrator's: what came before may have locked the account.
fn administrator(world: &Arc<World>) -> Session {
    let mut session = Session::new(Arc::clone(world), 0, Port::Directory, true);
    let name = format!("CN=Administrator,CN=Users,{DOMAIN}");
    let bind = [
        &[2, 1, 3][..],
        &element(4, name.as_bytes()),
        &element(0x80, world.domains()[0].admin_password.as_bytes()),
    ];
    answer(&mut session, &message(&element(0x60, &bind.concat()), &[]));
    session
}

fn answer(session: &mut Session, request: &[u8]) -> Vec<u8> {
    let reply = session.handle(request);
    reply.messages.rest(session)
}

/// The tags of the operations in a run of messages; panics when the octets are not whole messages.
fn operations(mut answers: &[u8]) -> Vec<u8> {
    let mut tags = Vec::new();
    while !answers.is_empty() {
        let (message, rest) = split(answers);
        let (_, operation) = split(message);
        tags.push(operation[0]);
        answers = rest;
    }
    tags
}

/// The content of the first element and what follows it.
fn split(octets: &[u8]) -> (&[u8], &[u8]) {
    let long = usize::from(octets[1]).saturating_sub(0x80);
    let length = match octets[1] {
        short @ ..0x80 => usize::from(short),
        _ => octets[2..2 + long].iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)),
    };
    octets[2 + long..].split_at(length)
}

/// The result code of the last message.
fn code(mut answers: &[u8]) -> u8 {
    loop {
        let (message, rest) = split(answers);
        if rest.is_empty() {
            let (_, operation) = split(message);
            return split(split(operation).0).0[0];
        }
        answers = rest;
    }
}

/// Any octets as a message of the administrator and of a stranger: the answers are whole messages, and a session
/// that is not told to close goes on.
pub(crate) fn ldap_request(input: &[u8]) {
    thread_local!(static WORLD: RefCell<(Arc<World>, usize)> = RefCell::new((world(), 0)));
    let world_ = WORLD.with_borrow_mut(|(made, used)| {
        *used += 1;
        if *used > REQUESTS_A_WORLD {
            (*made, *used) = (world(), 0);
        }
        Arc::clone(made)
    });
    let stranger = Session::new(Arc::clone(&world_), 0, Port::Directory, false);
    let catalog = Session::new(Arc::clone(&world_), 0, Port::Catalog, false);
    for mut session in [stranger, catalog, administrator(&world_)] {
        let reply = session.handle(input);
        let closes = reply.effects.iter().any(|effect| matches!(effect, Effect::Close));
        let answers = reply.messages.rest(&mut session);
        operations(&answers);
        if !closes && session.take_layer().is_none() {
            let root_dse =
                [&element(4, b"")[..], &[0x0a, 1, 0, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0]].concat();
            let search = [&root_dse[..], &element(0x87, b"objectClass"), &element(0x30, &[])].concat();
            let answers = answer(&mut session, &message(&element(0x63, &search), &[]));
            assert_eq!(operations(&answers).last(), Some(&0x65), "the session goes on");
        }
    }
}

/// Any text as a filter (RFC 4515): what the indexes find is what looking at every object finds, and nothing
/// matches both a filter and its negation.
pub(crate) fn filter(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(filter) = Filter::parse(text) else { return };
    thread_local!(static WORLD: Arc<World> = world());
    WORLD.with(|world| {
        let directory = world.directory(0);
        let head = directory.naming_contexts()[0].head;
        let compiled = directory.compile(&filter);
        let negated = directory.compile(&Filter::Not(Box::new(filter.clone())));
        let everybody = all(&directory, head);
        let matching = everybody.iter().copied().filter(|id| directory.matches(*id, &compiled));
        let matching: Vec<ObjectId> = matching.collect();
        let candidates = directory.candidates(head, Scope::Subtree, &compiled, SearchOptions::default());
        let found: Vec<ObjectId> = candidates.filter(|id| directory.matches(*id, &compiled)).collect();
        assert_eq!(found, matching, "by index and by looking at everybody: {text}");
        assert!(!matching.iter().any(|id| directory.matches(*id, &negated)), "both: {text}");
    });
}

fn all(directory: &Directory, head: ObjectId) -> Vec<ObjectId> {
    let everything = directory.compile(&Filter::everything());
    directory.candidates(head, Scope::Subtree, &everything, SearchOptions::default()).collect()
}

/// Any text as a distinguished name: what was read is written so that it reads as the same.
pub(crate) fn distinguished_name(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(name) = Dn::parse(text) else { return };
    let written = name.to_string();
    assert_eq!(Dn::parse(&written).as_ref(), Ok(&name), "{text:?} was written {written:?}");
    let normalized = name.normalized();
    let again = Dn::parse(&written).expect("a name").normalized();
    assert_eq!(normalized, again, "{text:?}");
    thread_local!(static WORLD: Arc<World> = world());
    WORLD.with(|world| drop(world.directory(0).resolve(text)));
}

/// Any octets as LDIF: the records that were read are written so that they read, and are written, as the same.
pub(crate) fn ldif(input: &[u8]) {
    let records: Vec<_> = Reader::new(input).map_while(Result::ok).collect();
    let written = ldif_of(&records);
    let again: Result<Vec<_>, _> = Reader::new(written.as_bytes()).collect();
    let again = again.unwrap_or_else(|error| panic!("{error:?} in what was written:\n{written}"));
    assert_eq!(written, ldif_of(&again));
    let names = |records: &[Record]| -> Vec<String> { records.iter().map(|one| one.dn.clone()).collect() };
    assert_eq!(names(&records), names(&again), "{written}");
}

fn ldif_of(records: &[Record]) -> String {
    let mut written = String::from("version: 1\n");
    for record in records {
        written.push('\n');
        write_record(&mut written, record);
    }
    written
}

/// Any octets as the cookie of a DirSync round: refused without an entry, or a round like another.
pub(crate) fn dirsync_cookie(input: &[u8]) {
    thread_local!(static WORLD: Arc<World> = world());
    WORLD.with(|world| {
        let mut session = administrator(world);
        let value = [&[2, 1, 0, 2, 1, 0][..], &element(4, input)].concat();
        let control =
            [&element(4, b"1.2.840.113556.1.4.841")[..], &[1, 1, 0xff], &element(4, &element(0x30, &value))];
        let controls = element(0xa0, &element(0x30, &control.concat()));
        let base = [&element(4, DOMAIN.as_bytes())[..], &[0x0a, 1, 2, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0]];
        let search =
            [&base.concat()[..], &element(0x87, b"objectClass"), &element(0x30, &element(4, b"name"))];
        let answers = answer(&mut session, &message(&element(0x63, &search.concat()), &controls));
        let entries = operations(&answers).iter().filter(|tag| **tag == 0x64).count();
        match code(&answers) {
            0 => {}
            refused => assert_eq!((refused, entries), (2, 0), "a cookie that is refused brings nothing"),
        }
    });
}
