//! Searches that end before they are done.

use crate::support::{Client, DOMAIN, Wire, administrator, administrators_password, below, server};
use forestbed_sim::limits::Limits;
use ldap3_proto::proto::{LdapBindCred, LdapBindRequest, LdapOp};

#[tokio::test]
async fn an_abandoned_search_gets_no_answer_and_the_next_request_does() {
    let admin = administrator(Limits::default());
    let server = server(&admin.world);
    let mut client = Client::new(&admin.world, false);
    let cred = LdapBindCred::Simple(administrators_password(&admin.world).to_owned());
    let bind = LdapBindRequest { version: 3, dn: "Administrator@contoso.local".to_owned(), cred };
    let search = || LdapOp::SearchRequest(below(DOMAIN, "(objectClass=*)", &[]));
    let mut wire = Wire::connect(&server).await;
    // all in one packet: 1 binds, 2 searches, 3 abandons 2, 4 compares
    let mut packet = client.encode(LdapOp::BindRequest(bind), Vec::new());
    packet.extend(client.encode(search(), Vec::new()));
    packet.extend(client.encode(LdapOp::AbandonRequest(2), Vec::new()));
    packet.extend(client.encode(LdapOp::DelRequest("CN=nobody,DC=contoso,DC=local".to_owned()), Vec::new()));
    wire.send(&packet).await;
    assert_eq!(wire.answer().await.code, 0);
    let next = wire.message().await;
    assert_eq!(next[6..9], [2, 1, 4], "the answer to the fourth request");
}

#[test]
fn a_search_that_is_dropped_is_in_the_journal_as_canceled() {
    let mut admin = administrator(Limits::default());
    let request = admin.encode(LdapOp::SearchRequest(below(DOMAIN, "(objectClass=*)", &[])), Vec::new());
    drop(admin.session.handle(&request));
    let (operation, status, _) = admin.journal().pop().expect("a line");
    assert_eq!((operation.as_str(), status), ("search", 118));
}

#[test]
fn a_reset_ends_a_search() {
    let mut admin = administrator(Limits::default());
    let request = admin.encode(LdapOp::SearchRequest(below(DOMAIN, "(objectClass=*)", &[])), Vec::new());
    let reply = admin.session.handle(&request);
    admin.world.reset();
    let bytes = reply.messages.rest(&mut admin.session);
    // unavailable
    assert!(bytes.windows(3).any(|window| window == [0x0a, 1, 52]));
    assert_eq!(admin.who_am_i(), "u:CONTOSO\\Administrator", "who is still there stays bound");
}
