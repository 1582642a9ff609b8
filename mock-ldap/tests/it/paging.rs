//! Paged results, and the limits of searches that are not paged.

use crate::support::{Client, DOMAIN, administrator, administrators_password, below, paged};
use forestbed_sim::limits::Limits;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapOp, LdapSearchRequest};
use std::collections::BTreeSet;
use std::time::Duration;

const CONTACTS: &str = "(objectClass=contact)";

/// An administrator and so many contacts.
fn with_contacts(count: usize, limits: Limits) -> (Client, String) {
    let mut client = administrator(limits);
    let ou = client.add_ou("Partners");
    for number in 0..count {
        client.add_contact(&ou, &format!("c{number:03}"));
    }
    (client, ou)
}

fn contacts(ou: &str) -> LdapSearchRequest {
    below(ou, CONTACTS, &["cn"])
}

/// Follows cookies to the end; the sizes of the pages and the names found.
fn follow(
    client: &mut Client,
    request: &LdapSearchRequest,
    size: i64,
    mut between: impl FnMut(&mut Client, usize),
) -> (Vec<usize>, BTreeSet<String>) {
    let (mut sizes, mut names, mut cookie) = (Vec::new(), BTreeSet::new(), Vec::new());
    loop {
        let answer = client.search_with(request.clone(), paged(size, &cookie));
        assert_eq!(answer.code, 0, "{}", answer.text);
        sizes.push(answer.entries.len());
        names.extend(answer.entries.iter().map(|entry| entry.text("cn")));
        cookie = answer.cookie().expect("a paged results control").to_vec();
        if cookie.is_empty() {
            return (sizes, names);
        }
        between(client, sizes.len());
    }
}

#[test]
fn pages_come_to_the_end_and_the_last_cookie_is_empty() {
    let (mut client, ou) = with_contacts(10, Limits { max_page_size: 5, ..Limits::default() });
    let mut check = |size, expected: &[usize]| {
        let (sizes, names) = follow(&mut client, &contacts(&ou), size, |_, _| {});
        assert_eq!((sizes.as_slice(), names.len()), (expected, 10), "pages of {size}");
    };
    check(3, &[3, 3, 3, 1]);
    check(1, &[1; 10]);
    check(5, &[5, 5]);
    // active-directory.md 6.2: a page above MaxPageSize is clamped
    check(1000, &[5, 5]);
}

#[test]
fn a_changing_directory_neither_breaks_nor_repeats_pages() {
    let (mut client, ou) = with_contacts(9, Limits::default());
    let (sizes, names) = follow(&mut client, &contacts(&ou), 3, |client, page| {
        if page == 1 {
            // one that was shown, one that was not, and a new one
            for name in ["c000", "c008"] {
                assert_eq!(client.ask(LdapOp::DelRequest(format!("CN={name},{ou}"))).code, 0);
            }
            client.add_contact(&ou, "late");
        }
    });
    assert_eq!(sizes, [3, 3, 2]);
    let expected = ["c000", "c001", "c002", "c003", "c004", "c005", "c006", "c007"].map(str::to_owned);
    assert_eq!(names, BTreeSet::from(expected));
}

#[test]
fn a_cookie_is_good_for_its_connection_and_its_request_only() {
    let (mut client, ou) = with_contacts(4, Limits::default());
    let first = client.search_with(contacts(&ou), paged(1, &[]));
    let cookie = first.cookie().expect("a cookie").to_vec();
    let mut other = Client::new(&client.world, false);
    assert_eq!(other.bind("Administrator@contoso.local", administrators_password(&client.world)).code, 0);
    // active-directory.md 6.2: wrong cookie -> 12
    assert_eq!(other.search_with(contacts(&ou), paged(1, &cookie)).code, 12);
    let changed = below(&ou, CONTACTS, &["name"]);
    assert_eq!(client.search_with(changed, paged(1, &cookie)).code, 12);
    assert_eq!(client.search_with(contacts(&ou), paged(1, b"rubbish")).code, 12);
    assert_eq!(client.search_with(contacts(&ou), paged(1, &cookie)).dns(), [format!("CN=c001,{ou}")]);
    assert_eq!(client.search_with(contacts(&ou), paged(1, &cookie)).code, 12, "it has been used");
}

#[test]
fn a_page_of_size_zero_estimates_or_ends_the_search() {
    let (mut client, ou) = with_contacts(4, Limits::default());
    let answer = client.search_with(contacts(&ou), paged(0, &[]));
    let [LdapControl::SimplePagedResults { size, cookie }] = answer.controls.as_slice() else {
        panic!("{answer:?}");
    };
    assert!((4..=5).contains(size), "an estimate of 4: {size}");
    assert_eq!((answer.entries.len(), cookie.len()), (0, 0));
    let cookie = client.search_with(contacts(&ou), paged(1, &[])).cookie().expect("a cookie").to_vec();
    assert_eq!(client.search_with(contacts(&ou), paged(0, &cookie)).code, 0);
    assert_eq!(client.search_with(contacts(&ou), paged(1, &cookie)).code, 12, "it was ended");
}

#[test]
fn the_oldest_waiting_search_goes_when_there_are_too_many() {
    let limits = Limits { max_paged_searches_per_connection: 2, ..Limits::default() };
    let (mut client, ou) = with_contacts(3, limits);
    let mut cookies = Vec::new();
    for _ in 0..3 {
        cookies.push(client.search_with(contacts(&ou), paged(1, &[])).cookie().expect("a cookie").to_vec());
    }
    let codes: Vec<i64> =
        cookies.iter().map(|cookie| client.search_with(contacts(&ou), paged(1, cookie)).code).collect();
    assert_eq!(codes, [12, 0, 0]);
}

#[test]
fn an_unpaged_search_ends_at_the_page_limit_with_size_limit_exceeded() {
    let (mut client, ou) = with_contacts(6, Limits { max_page_size: 5, ..Limits::default() });
    let answer = client.search(contacts(&ou));
    assert_eq!((answer.code, answer.entries.len()), (4, 5));
    assert_eq!(client.ask(LdapOp::DelRequest(format!("CN=c000,{ou}"))).code, 0);
    let answer = client.search(contacts(&ou));
    assert_eq!((answer.code, answer.entries.len()), (0, 5), "as many as fit");
}

#[test]
fn the_clients_own_limit_counts_over_all_pages() {
    let (mut client, ou) = with_contacts(6, Limits::default());
    let limited = |sizelimit| LdapSearchRequest { sizelimit, ..contacts(&ou) };
    for (limit, code, entries) in [(3, 4, 3), (6, 0, 6), (7, 0, 6)] {
        let answer = client.search(limited(limit));
        assert_eq!((answer.code, answer.entries.len()), (code, entries), "limit {limit}");
    }
    let first = client.search_with(limited(3), paged(2, &[]));
    let cookie = first.cookie().expect("a cookie").to_vec();
    let second = client.search_with(limited(3), paged(2, &cookie));
    assert_eq!((first.entries.len(), second.code, second.entries.len()), (2, 4, 1));
}

#[test]
fn a_search_ends_when_its_time_is_over() {
    let (mut client, ou) = with_contacts(3, Limits::default());
    let request = LdapSearchRequest { timelimit: 2, ..contacts(&ou) };
    let bytes = client.encode(LdapOp::SearchRequest(request), Vec::new());
    let reply = client.session.handle(&bytes);
    client.world.advance(Duration::from_secs(3));
    let rest = reply.messages.rest(&mut client.session);
    // timeLimitExceeded
    assert!(rest.windows(3).any(|window| window == [0x0a, 1, 3]));
}

#[test]
fn a_long_search_comes_in_chunks() {
    let (mut client, _) = with_contacts(3, Limits { max_page_size: 20_000, ..Limits::default() });
    // the schema alone has more than 1,000 objects below the configuration
    let request = below(&format!("CN=Schema,CN=Configuration,{DOMAIN}"), "(cn=*)", &["1.1"]);
    let bytes = client.encode(LdapOp::SearchRequest(request), Vec::new());
    let mut reply = client.session.handle(&bytes);
    let (mut chunks, mut largest) = (1, 0);
    loop {
        let mut out = Vec::new();
        let more = reply.messages.next_chunk(&mut client.session, &mut out);
        largest = largest.max(out.len());
        if !more {
            break;
        }
        chunks += 1;
    }
    assert!(chunks > 1, "{chunks}");
    assert!(largest < 80 * 1024, "{largest}");
}

#[test]
fn searches_that_wait_hold_no_more_filters_than_a_message_may_have_octets() {
    let (mut client, ou) = with_contacts(4, Limits { max_receive_buffer_bytes: 10_000, ..Limits::default() });
    let with_filter = |letter: &str| {
        let filter = format!("(|{CONTACTS}(cn={}))", letter.repeat(4000));
        below(&ou, &filter, &["cn"])
    };
    let begin = |client: &mut Client, letter| {
        client.search_with(with_filter(letter), paged(1, &[])).cookie().expect("a cookie").to_vec()
    };
    let cookies = ["a", "b", "c"].map(|letter| (letter, begin(&mut client, letter)));
    let codes =
        cookies.map(|(letter, cookie)| client.search_with(with_filter(letter), paged(1, &cookie)).code);
    // two filters fit; the oldest search went, and a cookie without one is answered with 12
    assert_eq!(codes, [12, 0, 0]);
}
