//! Change notification: MS-ADTS 3.1.1.3.4.1.9, active-directory.md 5 (.528).

use crate::support::{
    ADMINISTRATOR, Answer, Client, DOMAIN, PASSWORD, Wire, administrator, administrators_password, below,
    control, decode, delete, modify, object, rename, request, server, world,
};
use forestbed_mock_ldap::Effect;
use forestbed_sim::directory::{Modification, ModifyOp, UpdateContext};
use forestbed_sim::limits::Limits;
use forestbed_sim::world::World;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::*;
use std::sync::Arc;
use std::time::Duration;

fn notification() -> LdapControl {
    control("1.2.840.113556.1.4.528", true, None)
}

fn show_deleted() -> LdapControl {
    control("1.2.840.113556.1.4.417", true, None)
}

fn subtree(base: &str) -> LdapSearchRequest {
    below(base, "(objectClass=*)", &["description"])
}

/// Opens one, which answers nothing yet.
fn open(client: &mut Client, request: LdapSearchRequest, more: Vec<LdapControl>) {
    let answer = client.search_with(request, [vec![notification()], more].concat());
    assert_eq!((answer.code, answer.raw.len(), answer.effects.as_slice()), (-1, 0, &[Effect::Watch][..]));
    assert_eq!(told(client).raw, Vec::<u8>::new());
}

/// What the notifications have to tell now.
fn told(client: &mut Client) -> Answer {
    let mut out = Vec::new();
    while client.session.notify(&mut out) {}
    decode(&out)
}

fn describe(client: &mut Client, dn: &str, text: &str) {
    let change = [(LdapModifyType::Replace, "description", &[text][..])];
    assert_eq!(client.ask(modify(dn, &change)).code, 0);
}

#[test]
fn an_object_comes_as_it_is_when_it_changed() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let carl = client.add_contact(&ou, "carl");
    open(&mut client, subtree(DOMAIN), Vec::new());
    describe(&mut client, &carl, "first");
    let answer = told(&mut client);
    assert_eq!(
        (answer.dns(), answer.entries[0].text("description")),
        (vec![carl.as_str()], "first".to_owned())
    );
    assert_eq!(answer.code, -1, "the search stays open");
    // several changes before it is asked: once, as it is
    describe(&mut client, &carl, "second");
    let dora = client.add_contact(&ou, "dora");
    describe(&mut client, &carl, "third");
    let answer = told(&mut client);
    assert_eq!(answer.dns(), [dora.as_str(), carl.as_str()]);
    assert_eq!(answer.entries[1].text("description"), "third");
    assert_eq!(told(&mut client).entries, []);
    // a replacement by the same values changes nothing
    describe(&mut client, &carl, "third");
    assert_eq!(told(&mut client).entries, []);
}

#[test]
fn the_scope_is_that_of_the_search() {
    let mut client = administrator(Limits::default());
    let (here, there) = (client.add_ou("Here"), client.add_ou("There"));
    let answer = client.add(&format!("OU=Inner,{here}"), &[("objectClass", &["organizationalUnit"])]);
    assert_eq!(answer.code, 0);
    let (inner, child) = (format!("OU=Inner,{here}"), client.add_contact(&here, "child"));
    let grandchild = client.add_contact(&inner, "grandchild");
    let other = client.add_contact(&there, "other");
    let all = [&here, &there, &inner, &child, &grandchild, &other];
    for (scope, expected) in [
        (LdapSearchScope::Base, vec![&here]),
        (LdapSearchScope::OneLevel, vec![&inner, &child]),
        (LdapSearchScope::Subtree, vec![&here, &inner, &child, &grandchild]),
    ] {
        let mut watcher = Client::new(&client.world, true);
        assert_eq!(watcher.bind(ADMINISTRATOR, administrators_password(&client.world)).code, 0);
        open(&mut watcher, request(&here, scope.clone(), "(objectClass=*)", &[]), Vec::new());
        for dn in all {
            describe(&mut client, dn, &format!("{scope:?}"));
        }
        assert_eq!(told(&mut watcher).dns(), expected, "{scope:?}");
    }
    // a subtree ends where another naming context begins
    open(&mut client, subtree(DOMAIN), Vec::new());
    let partitions = format!("CN=Partitions,CN=Configuration,{DOMAIN}");
    let suffixes = [(LdapModifyType::Add, "uPNSuffixes", &["fabrikam.com"][..])];
    assert_eq!(client.ask(modify(&partitions, &suffixes)).code, 0);
    assert_eq!(told(&mut client).entries, []);
}

#[test]
fn deletions_and_moves_come_by_where_the_object_is() {
    let mut client = administrator(Limits::default());
    let (here, there) = (client.add_ou("Here"), client.add_ou("There"));
    let people: Vec<String> = ["a", "b", "c"].iter().map(|name| client.add_contact(&here, name)).collect();
    let mut with_deleted = Client::new(&client.world, true);
    assert_eq!(with_deleted.bind(ADMINISTRATOR, administrators_password(&client.world)).code, 0);
    open(&mut client, subtree(&here), Vec::new());
    open(&mut with_deleted, subtree(DOMAIN), vec![show_deleted()]);
    delete(&mut client, &people[0]);
    rename(&mut client, &people[1], "CN=b", Some(&there));
    rename(&mut client, &people[2], "CN=renamed", None);
    // what left the unit is not told
    assert_eq!(told(&mut client).dns(), [format!("CN=renamed,{here}")]);
    let answer = told(&mut with_deleted);
    let deleted = &answer.entries[0].dn;
    assert!(
        deleted.starts_with("CN=a\\0ADEL:") && deleted.ends_with(&format!(",CN=Deleted Objects,{DOMAIN}"))
    );
    assert_eq!(answer.dns()[1..], [format!("CN=b,{there}"), format!("CN=renamed,{here}")]);
}

#[test]
fn only_one_filter_and_so_many_notifications_are_taken() {
    let mut client = administrator(Limits::default());
    for filter in ["(objectClass=user)", "(cn=*)", "(&(objectClass=*))", "(!(objectClass=*))"] {
        let answer = client.search_with(below(DOMAIN, filter, &[]), vec![notification()]);
        // MS-ADTS: unwillingToPerform
        assert_eq!(answer.code, 53, "{filter}");
    }
    let nowhere = client.search_with(subtree(&format!("OU=nope,{DOMAIN}")), vec![notification()]);
    assert_eq!(nowhere.code, 32);
    for _ in 0..5 {
        open(&mut client, subtree(DOMAIN), Vec::new());
    }
    // MaxNotificationPerConn of active-directory.md 7; MS-ADTS 3.1.1.3.4.6: busy
    assert_eq!(client.search_with(subtree(DOMAIN), vec![notification()]).code, 51);
    let mut nobody = Client::new(&client.world, true);
    assert_eq!(nobody.search_with(subtree(DOMAIN), vec![notification()]).code, 1);
}

#[test]
fn abandon_bind_and_reset_end_them() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let open_one = |client: &mut Client| {
        let bytes = client.encode(LdapOp::SearchRequest(subtree(DOMAIN)), vec![notification()]);
        let id = i32::from(*bytes.iter().skip_while(|b| **b != 2).nth(2).expect("a message id"));
        assert_eq!(client.session.handle(&bytes).effects, [Effect::Watch]);
        id
    };
    let id = open_one(&mut client);
    let reply = client.encode(LdapOp::AbandonRequest(id), Vec::new());
    assert_eq!(client.session.handle(&reply).effects, [Effect::Abandon(id)]);
    describe(&mut client, &ou, "nobody waits");
    assert!(!client.session.awaits_changes() && told(&mut client).raw.is_empty());

    open_one(&mut client);
    let password = administrators_password(&client.world).to_owned();
    assert_eq!(client.bind(ADMINISTRATOR, &password).code, 0);
    describe(&mut client, &ou, "nobody waits either");
    assert!(told(&mut client).raw.is_empty());

    open_one(&mut client);
    client.world.reset();
    // docs/decisions/0008
    assert_eq!(told(&mut client).code, 52);
    assert!(!client.session.awaits_changes());
    let canceled = client.journal().iter().filter(|(op, status, _)| op == "search" && *status == 118).count();
    assert_eq!(canceled, 2);
}

#[test]
fn readers_see_what_they_may() {
    let mut admin = administrator(Limits::default());
    let bob = admin.add_user(&format!("CN=Users,{DOMAIN}"), "bob");
    let mut plain = Client::new(&admin.world, true);
    assert_eq!(plain.bind(&bob, PASSWORD).code, 0);
    let secret = "msTPM-OwnerInformation";
    open(&mut plain, below(DOMAIN, "(objectClass=*)", &[secret, "cn"]), Vec::new());
    let pc: [(&str, &[&str]); 3] =
        [("objectClass", &["computer"]), ("sAMAccountName", &["pc1$"]), (secret, &["zeta"])];
    assert_eq!(admin.add(&format!("CN=pc1,CN=Computers,{DOMAIN}"), &pc).code, 0);
    assert_eq!(told(&mut plain).entries[0].names(), ["cn"]);
}

// ---- over sockets

/// Changes the directory as the control interface or another server would.
fn change(world: &World, dn: &str, text: &str) {
    let attribute = "description".to_owned();
    let step = Modification { op: ModifyOp::Replace, attribute, values: vec![text.as_bytes().to_vec()] };
    let context = UpdateContext::system(world.clock.now());
    world.directory_mut(0).modify(&context, dn, &[step]).expect("changed");
}

/// A bound connection with a notification under way.
async fn watcher(world: &Arc<World>, wire: &mut Wire, attributes: &[&str]) {
    let mut encoder = Client::new(world, false);
    let cred = LdapBindCred::Simple(administrators_password(world).to_owned());
    let bind = LdapBindRequest { version: 3, dn: ADMINISTRATOR.to_owned(), cred };
    wire.send(&encoder.encode(LdapOp::BindRequest(bind), Vec::new())).await;
    assert_eq!(wire.answer().await.code, 0);
    let search = LdapOp::SearchRequest(below(DOMAIN, "(objectClass=*)", attributes));
    wire.send(&encoder.encode(search, vec![notification()])).await;
    // it is open once a request after it is answered
    wire.send(&encoder.encode(LdapOp::SearchRequest(object("", &["1.1"])), Vec::new())).await;
    assert_eq!(wire.answer().await.entries.len(), 1);
    assert_eq!(wire.answer().await.code, 0);
}

#[tokio::test]
async fn whoever_changes_the_directory_all_who_wait_are_told() {
    let limits = Limits { max_conn_idle_time: Duration::from_millis(200), ..Limits::default() };
    let world = world(limits);
    let server = server(&world);
    let mut wires = Vec::new();
    for _ in 0..50 {
        let mut wire = Wire::connect(&server).await;
        watcher(&world, &mut wire, &["description"]).await;
        wires.push(wire);
    }
    for text in ["one", "two"] {
        change(&world, ADMINISTRATOR, text);
        for wire in &mut wires {
            let answer = wire.answer().await;
            assert_eq!(
                (answer.dns(), answer.entries[0].text("description").as_str()),
                (vec![ADMINISTRATOR], text)
            );
        }
    }
    world.reset();
    for wire in &mut wires {
        assert_eq!(wire.answer().await.code, 52);
    }
    // nobody waits any more: connections are idle again
    assert!(wires.remove(0).rest().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_delays_only_itself() {
    let world = world(Limits::default());
    let server = server(&world);
    let (mut slow, mut quick) = (Wire::connect(&server).await, Wire::connect(&server).await);
    watcher(&world, &mut slow, &["description"]).await;
    watcher(&world, &mut quick, &["description"]).await;
    // 16 MB: more than the buffers of the slow one's connection hold
    let text = |turn: usize| format!("{turn} {}", "x".repeat(1000));
    let turns = 16_000;
    for turn in 0..turns {
        change(&world, ADMINISTRATOR, &text(turn));
        assert_eq!(quick.answer().await.entries[0].text("description"), text(turn));
    }
    let mut messages = 1;
    while slow.answer().await.entries[0].text("description") != text(turns - 1) {
        messages += 1;
    }
    assert!(messages < turns, "what it did not take in time came together: {messages}");
}
