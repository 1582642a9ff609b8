//! Scripted faults, as DESIGN's control API has them.

use crate::support::{Client, DOMAIN, Wire, administrator, below, element, modify, object, server};
use forestbed_mock_ldap::Effect;
use forestbed_sim::fault::{self, Fault, LdapAction, LdapFault, MILLION};
use forestbed_sim::journal::Side;
use forestbed_sim::limits::Limits;
use ldap3_proto::proto::LdapModifyType;
use std::time::Duration;

fn arm(client: &Client, pattern: &str, action: LdapAction, after_commit: bool) {
    client.world.faults.clear();
    client.world.faults.add(Fault {
        side: Side::Ldap,
        pattern: pattern.to_owned(),
        nth: 1,
        count: Some(1),
        every: 1,
        per_million: MILLION,
        effect: fault::Effect::Ldap(LdapFault { action, after_commit }),
    });
}

/// Operations, results and whether a fault hit them, of the last so many requests.
fn journal(client: &Client, last: u64) -> Vec<(String, u16, bool)> {
    let journal = &client.world.journal;
    let entries = journal.since(journal.last_seq() - last, usize::MAX);
    entries.into_iter().map(|entry| (entry.operation, entry.status, entry.fault)).collect()
}

#[test]
fn an_operation_is_answered_with_the_result_of_a_fault() {
    let mut client = administrator(Limits::default());
    let staff = client.add_ou("Staff");
    arm(&client, "search *", LdapAction::Result(51), false);
    let answer = client.search(object(DOMAIN, &["dc"]));
    // ERROR_DS_BUSY
    assert_eq!((answer.code, answer.entries.len()), (51, 0));
    assert!(answer.text.starts_with("0000200E: SvcErr: DSID-"), "{}", answer.text);
    assert_eq!(client.search(object(DOMAIN, &["dc"])).code, 0, "once");
    assert_eq!(journal(&client, 2), [("search".to_owned(), 51, true), ("search".to_owned(), 0, false)]);

    arm(&client, "modify ou=staff,*", LdapAction::Result(52), false);
    let change = |dn: &str, value: &str| modify(dn, &[(LdapModifyType::Replace, "description", &[value])]);
    assert_eq!(client.ask(change(DOMAIN, "a")).code, 0, "another DN");
    assert_eq!(client.ask(change(&staff, "b")).code, 52);
    assert_eq!(client.search(object(&staff, &["description"])).entries[0].text("description"), "");
    arm(&client, "modify *", LdapAction::Result(51), true);
    assert_eq!(client.ask(change(&staff, "c")).code, 51);
    assert_eq!(client.search(object(&staff, &["description"])).entries[0].text("description"), "c");
    assert_eq!(journal(&client, 2)[0], ("modify".to_owned(), 0, true));
    // binds have a name, extended operations an identifier
    arm(&client, "bind *bob*", LdapAction::Result(52), false);
    assert_eq!(client.bind("bob@contoso.local", "x").code, 52);
    arm(&client, "extended 1.3.6.1.4.1.4203.1.11.3", LdapAction::Result(53), false);
    let request = [&[2, 1, 1][..], &element(0x77, &element(0x80, b"1.3.6.1.4.1.4203.1.11.3"))].concat();
    assert_eq!(client.ask_raw(&element(0x30, &request)).code, 53);
}

#[test]
fn an_answer_may_be_missing_cut_or_late() {
    let mut client = administrator(Limits::default());
    let mut ask = |action: LdapAction, after_commit: bool| {
        arm(&client, "* *", action, after_commit);
        let encoded = client.encode(
            ldap3_proto::proto::LdapOp::SearchRequest(below(DOMAIN, "(objectClass=*)", &[])),
            Vec::new(),
        );
        let reply = client.session.handle(&encoded);
        let (effects, delay) = (reply.effects, reply.delay);
        (reply.messages.rest(&mut client.session).len(), effects, delay)
    };
    for after_commit in [false, true] {
        assert_eq!(ask(LdapAction::Drop, after_commit), (0, vec![Effect::Close], None));
    }
    let late = Duration::from_millis(5);
    let (whole, effects, delay) = ask(LdapAction::Delay(late), false);
    assert!(whole > 10_000 && effects.is_empty() && delay == Some(late));
    let (half, effects, _) = ask(LdapAction::Truncate, false);
    assert!(half > 0 && half < whole, "{half} of {whole}");
    assert_eq!(effects, [Effect::Close]);
}

#[tokio::test]
async fn a_late_answer_holds_up_its_own_connection_only() {
    let admin = administrator(Limits::default());
    let server = server(&admin.world);
    let mut client = Client::new(&admin.world, false);
    let root = |client: &mut Client| {
        let search = ldap3_proto::proto::LdapOp::SearchRequest(object("", &["dnsHostName"]));
        client.encode(search, Vec::new())
    };
    // so late that it never comes in this test
    arm(&admin, "search *", LdapAction::Delay(Duration::from_secs(3600)), false);
    let (mut late, mut other) = (Wire::connect(&server).await, Wire::connect(&server).await);
    late.send(&root(&mut client)).await;
    let mut seen = 0;
    while seen == 0 {
        seen = admin.world.faults.list()[0].2;
        tokio::task::yield_now().await;
    }
    other.send(&root(&mut client)).await;
    assert_eq!(other.message().await.first(), Some(&0x30));
    arm(&admin, "search *", LdapAction::Drop, false);
    other.send(&root(&mut client)).await;
    assert!(other.rest().await.len() < 100, "the end of the first answer, and nothing of the second");
    // an abandon frees a connection that waits
    late.send(&element(0x30, &[&[2, 1, 9][..], &element(0x50, &[1])].concat())).await;
    late.send(&root(&mut client)).await;
    assert_eq!(late.message().await.first(), Some(&0x30));
    server.shutdown().await;
}
