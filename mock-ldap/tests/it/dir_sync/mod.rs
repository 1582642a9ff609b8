//! DirSync (MS-ADTS 3.1.1.3.4.1.3; active-directory.md 9, 15; golden/04).

mod cookies;
mod example;
mod rights;
mod rounds;

use crate::support::{Answer, Client, DOMAIN, Shown, below, delete, rename};
use ldap3_proto::control::LdapControl;

/// Flags of a request.
const OBJECT_SECURITY: i64 = 0x1;
const ANCESTORS_FIRST: i64 = 0x800;
/// As .NET sends it: a signed number (golden/11).
const INCREMENTAL: i64 = -0x8000_0000;

/// What a client asks for.
#[derive(Debug, Clone)]
struct Request<'a> {
    base: &'a str,
    filter: &'a str,
    attributes: &'a [&'a str],
    flags: i64,
    max_bytes: i64,
}

const ALL: Request<'_> =
    Request { base: DOMAIN, filter: "(objectClass=*)", attributes: &["*"], flags: 0, max_bytes: 0 };

/// Sends one request, with other controls beside it.
fn ask_with(client: &mut Client, request: &Request<'_>, cookie: &[u8], others: Vec<LdapControl>) -> Answer {
    let Request { base, filter, attributes, flags, max_bytes } = request.clone();
    let dir_sync = LdapControl::AdDirsync { flags, max_bytes, cookie: Some(cookie.to_vec()) };
    let controls = [vec![dir_sync], others].concat();
    client.search_with(below(base, filter, attributes), controls)
}

/// Sends one request.
fn ask(client: &mut Client, request: &Request<'_>, cookie: &[u8]) -> Answer {
    ask_with(client, request, cookie, Vec::new())
}

/// Whether there is more, and the cookie.
fn told(answer: &Answer) -> (bool, Vec<u8>) {
    assert_eq!((answer.code, answer.references.len()), (0, 0), "{}", answer.text);
    match answer.controls.as_slice() {
        [LdapControl::AdDirsync { flags, max_bytes: 0, cookie: Some(cookie) }] => {
            (*flags != 0, cookie.clone())
        }
        other => panic!("no DirSync answer: {other:?}"),
    }
}

/// A whole round: asks until there is no more.
fn round(client: &mut Client, request: &Request<'_>, cookie: &[u8]) -> (Vec<Shown>, Vec<u8>) {
    let (mut entries, mut cookie) = (Vec::new(), cookie.to_vec());
    loop {
        let answer = ask(client, request, &cookie);
        let (more, next) = told(&answer);
        entries.extend(answer.entries);
        cookie = next;
        if !more {
            return (entries, cookie);
        }
    }
}

/// The cookie of now.
fn cookie(client: &mut Client) -> Vec<u8> {
    round(client, &ALL, &[]).1
}

/// The names of an entry's attributes that have values, and of those that have none; each in order.
fn split(entry: &Shown) -> (Vec<&str>, Vec<&str>) {
    let names = |empty: bool| {
        let found = entry.attributes.iter().filter(|(_, values)| values.is_empty() == empty);
        let mut names: Vec<&str> = found.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    };
    (names(false), names(true))
}

/// The value of `name`: what tells entries apart in these tests.
fn rdns(entries: &[Shown]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| entry.dn.split_once(',').map_or(&*entry.dn, |(rdn, _)| rdn).to_owned())
        .collect()
}
