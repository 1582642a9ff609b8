//! Searches that end before they are done.

use crate::support::{Client, DOMAIN, Wire, administrator, administrators_password, below, server};
use forestbed_sim::limits::Limits;
use ldap3_proto::proto::{LdapBindCred, LdapBindRequest, LdapExtendedRequest, LdapOp};

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

#[tokio::test]
async fn a_bind_and_an_extended_operation_are_answered_though_abandoned() {
    // RFC 4511 4.11
    let admin = administrator(Limits::default());
    let server = server(&admin.world);
    let mut client = Client::new(&admin.world, false);
    let cred = LdapBindCred::Simple(administrators_password(&admin.world).to_owned());
    let bind = LdapBindRequest { version: 3, dn: "Administrator@contoso.local".to_owned(), cred };
    let delete = || LdapOp::DelRequest("CN=nobody,DC=contoso,DC=local".to_owned());
    let who = LdapExtendedRequest { name: "1.3.6.1.4.1.4203.1.11.3".to_owned(), value: None };
    let mut wire = Wire::connect(&server).await;
    // all in one packet: 1 binds, 2 deletes, 3 asks who is bound, 4 to 6 abandon them, 7 deletes
    let operations = [
        LdapOp::BindRequest(bind),
        delete(),
        LdapOp::ExtendedRequest(who),
        LdapOp::AbandonRequest(1),
        LdapOp::AbandonRequest(2),
        LdapOp::AbandonRequest(3),
        delete(),
    ];
    let packet: Vec<u8> = operations.into_iter().flat_map(|op| client.encode(op, Vec::new())).collect();
    wire.send(&packet).await;
    for id in [1, 3, 7] {
        let message = wire.message().await;
        assert_eq!(message_id(&message), id);
    }
}

/// The message id, where the message's length is in the short form or the long one.
fn message_id(message: &[u8]) -> u8 {
    let header = if message[1] < 0x80 { 2 } else { 2 + usize::from(message[1] & 0x7f) };
    assert_eq!(message[header..header + 2], [2, 1]);
    message[header + 2]
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
