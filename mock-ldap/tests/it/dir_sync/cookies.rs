//! What a cookie is good for.

use super::{ALL, Request, ask, cookie, round, told};
use crate::support::{
    ADMINISTRATOR, Answer, Client, DOMAIN, administrator, administrators_password, modify, world,
};
use forestbed_sim::limits::Limits;
use ldap3_proto::proto::LdapModifyType;
use proptest::prelude::*;

fn describe(client: &mut Client, dn: &str, text: &str) {
    let answer = client.ask(modify(dn, &[(LdapModifyType::Replace, "description", &[text])]));
    assert_eq!(answer.code, 0, "{answer:?}");
}

/// Microsoft, Polling for Changes Using the DirSync Control: what a client meets whose cookie is rejected.
fn is_rejected(answer: &Answer) {
    assert_eq!((answer.code, answer.entries.len()), (2, 0));
    assert!(answer.text.starts_with("0000203D: LdapErr: DSID-"), "{}", answer.text);
    assert!(answer.text.contains(", comment: Error processing control, data 0"), "{}", answer.text);
}

fn another_run() -> Client {
    let world = world(Limits::default());
    let mut client = Client::new(&world, true);
    assert_eq!(client.bind(ADMINISTRATOR, administrators_password(&world)).code, 0);
    client
}

#[test]
fn a_cookie_survives_a_restart_of_the_same_seed() {
    let known = cookie(&mut another_run());
    let mut client = another_run();
    assert_eq!(round(&mut client, &ALL, &known).0, Vec::new());
    describe(&mut client, ADMINISTRATOR, "changed");
    let (entries, _) = round(&mut client, &ALL, &known);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].text("description"), "changed");
}

#[test]
fn a_cookie_from_before_a_restore_makes_a_full_round() {
    let mut client = administrator(Limits::default());
    let first = round(&mut client, &ALL, &[]).0.len();
    client.world.checkpoint("before");
    let known = cookie(&mut client);
    describe(&mut client, ADMINISTRATOR, "lost");
    let later = cookie(&mut client);
    assert!(client.world.restore("before"));
    // the invocation id is another one: its numbers say nothing about this database
    for cookie in [known, later] {
        let (entries, next) = round(&mut client, &ALL, &cookie);
        assert_eq!(entries.len(), first);
        assert_eq!(round(&mut client, &ALL, &next).0, Vec::new());
    }
}

#[test]
fn a_cookie_from_the_future_is_rejected() {
    let mut ahead = another_run();
    describe(&mut ahead, ADMINISTRATOR, "of another run");
    let future = cookie(&mut ahead);
    let mut client = another_run();
    is_rejected(&ask(&mut client, &ALL, &future));
    // and is good once this database has got there
    describe(&mut client, ADMINISTRATOR, "of this run");
    told(&ask(&mut client, &ALL, &future));
}

#[test]
fn a_cookie_is_good_for_its_naming_context_only() {
    let mut client = administrator(Limits::default());
    let known = cookie(&mut client);
    let configuration = format!("CN=Configuration,{DOMAIN}");
    is_rejected(&ask(&mut client, &Request { base: &configuration, ..ALL }, &known));
}

#[test]
fn a_request_is_answered_again_from_the_same_cookie() {
    let mut client = administrator(Limits::default());
    let known = cookie(&mut client);
    client.add_ou("New");
    let once = round(&mut client, &ALL, &known);
    assert_eq!(round(&mut client, &ALL, &known), once);
    assert_eq!(once.0.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn forged_cookies_are_rejected(forged in forged()) {
        thread_local!(static CLIENT: std::cell::RefCell<(Client, Vec<u8>)> = {
            let mut client = another_run();
            let good = cookie(&mut client);
            std::cell::RefCell::new((client, good))
        });
        CLIENT.with_borrow_mut(|(client, good)| {
            let bytes = match forged {
                Forged::Octets(octets) => octets,
                Forged::Changed(changes) => {
                    let mut bytes = good.clone();
                    for (at, bits) in changes {
                        let at = at % bytes.len();
                        bytes[at] ^= bits;
                    }
                    bytes
                }
                Forged::Cut(length) => good[..length % good.len()].to_vec(),
            };
            if bytes.is_empty() || bytes == *good {
                told(&ask(client, &Request { attributes: &["mail"], ..ALL }, &bytes));
            } else {
                is_rejected(&ask(client, &ALL, &bytes));
            }
        });
    }
}

#[derive(Debug, Clone)]
enum Forged {
    Octets(Vec<u8>),
    Changed(Vec<(usize, u8)>),
    Cut(usize),
}

fn forged() -> impl Strategy<Value = Forged> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Forged::Octets),
        prop::collection::vec((any::<usize>(), 1u8..), 1..4).prop_map(Forged::Changed),
        any::<usize>().prop_map(Forged::Cut),
    ]
}
