//! Peers that mean no good, or do not know better.

use crate::support::{Client, Wire, server, world};
use forestbed_sim::limits::Limits;
use ldap3_proto::proto::LdapOp;
use std::time::Duration;

/// OID of the notice of disconnection (RFC 4511 4.4.1).
const NOTICE: &[u8] = b"1.3.6.1.4.1.1466.20036";

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn what_is_no_ldap_is_told_so_and_closed() {
    let server = server(&world(Limits::default()));
    for sent in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00",
        // 100 MB claimed, and a length of eight octets
        &[0x30, 0x84, 0x05, 0xf5, 0xe1, 0x00, 1, 2, 3],
        &[0x30, 0x88, 0, 0, 0, 0, 5, 0xf5, 0xe1, 0x00],
        // an indefinite length
        &[0x30, 0x80, 2, 1, 1],
        // whole messages without a message id
        &[0x30, 0],
        &[0x30, 3, 2, 1, 0],
    ] {
        let mut wire = Wire::connect(&server).await;
        wire.send(sent).await;
        let last = wire.rest().await;
        assert!(contains(&last, NOTICE), "{sent:02x?} got {last:02x?}");
        // protocolError
        assert!(contains(&last, &[0x0a, 1, 2]), "{sent:02x?} got {last:02x?}");
    }
}

#[tokio::test]
async fn half_a_message_is_waited_for_and_dropped_when_the_client_ends() {
    let server = server(&world(Limits::default()));
    let mut wire = Wire::connect(&server).await;
    wire.send(&[0x30, 0x0c, 0x02, 0x01]).await;
    wire.end().await;
    assert!(wire.rest().await.is_empty());
}

#[tokio::test]
async fn an_idle_client_is_closed() {
    let limits = Limits { max_conn_idle_time: Duration::from_millis(20), ..Limits::default() };
    let server = server(&world(limits));
    let mut wire = Wire::connect(&server).await;
    wire.send(&[0x30]).await;
    assert!(wire.rest().await.is_empty());
}

#[tokio::test]
async fn a_client_that_says_nothing_is_closed_sooner() {
    let init_recv_timeout = Duration::from_millis(20);
    let world = world(Limits { init_recv_timeout, ..Limits::default() });
    let server = server(&world);
    let mut silent = Wire::connect(&server).await;
    let mut heard = Wire::connect(&server).await;
    // an unbind would end it: an anonymous bind is a first request
    heard.send(&[0x30, 12, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0]).await;
    assert_eq!(heard.answer().await.code, 0);
    assert_eq!(silent.rest().await, b"");
    heard.send(&[0x30, 12, 2, 1, 2, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0]).await;
    assert_eq!(heard.answer().await.code, 0);
    server.shutdown().await;
}

#[tokio::test]
async fn a_request_over_the_limit_is_refused_before_it_has_come_in() {
    let limits = Limits { max_receive_buffer_bytes: 100, ..Limits::default() };
    let server = server(&world(limits));
    let mut wire = Wire::connect(&server).await;
    wire.send(&[0x30, 0x81, 0x80]).await;
    assert!(contains(&wire.rest().await, NOTICE));
}

#[tokio::test]
async fn more_connections_than_allowed_are_refused() {
    let limits = Limits { max_connections: 1, ..Limits::default() };
    let world = world(limits);
    let server = server(&world);
    let mut client = Client::new(&world, false);
    let mut first = Wire::connect(&server).await;
    first.send(&client.encode(LdapOp::DelRequest("CN=x".to_owned()), Vec::new())).await;
    assert_eq!(first.answer().await.code, 1);
    let mut second = Wire::connect(&server).await;
    assert!(second.rest().await.is_empty());
}

/// `(!(!(...)))`, so many times, in a search of the root DSE with message id 1.
fn nested(times: usize) -> Vec<u8> {
    let element = |tag: u8, content: Vec<u8>| {
        let length = u32::try_from(content.len()).expect("short enough").to_be_bytes();
        [&[tag, 0x84][..], &length, &content].concat()
    };
    let filter = (0..times).fold(element(0x87, b"objectClass".to_vec()), |inner, _| element(0xa2, inner));
    let search =
        [&[4, 0, 0x0a, 1, 0, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0][..], &filter, &[0x30, 0]].concat();
    element(0x30, [&[2, 1, 1][..], &element(0x63, search)].concat())
}

#[test]
fn ten_thousand_nested_filters_are_a_protocol_error_and_the_session_goes_on() {
    let mut client = Client::new(&world(Limits::default()), false);
    let answer = client.ask_raw(&nested(10_000));
    assert_eq!((answer.code, answer.entries.len()), (2, 0));
    assert_eq!(client.ask_raw(&nested(500)).entries.len(), 1);
    assert_eq!(client.journal()[0], ("malformed".to_owned(), 2, None));
}

#[tokio::test]
async fn requests_that_come_together_are_answered_in_order() {
    let world = world(Limits::default());
    let server = server(&world);
    let mut client = Client::new(&world, false);
    let mut wire = Wire::connect(&server).await;
    let requests: Vec<u8> = (0..200).flat_map(|_| nested(1)).collect();
    wire.send(&requests).await;
    wire.send(&client.encode(LdapOp::UnbindRequest, Vec::new())).await;
    let answers = wire.rest().await;
    let ends = answers.windows(9).filter(|window| *window == [0x65, 0x84, 0, 0, 0, 7, 0x0a, 1, 0]).count();
    assert_eq!(ends, 200);
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_frees_its_ports() {
    let world = world(Limits::default());
    let running = server(&world);
    let mut wire = Wire::connect(&running).await;
    wire.send(&nested(2)).await;
    wire.message().await;
    wire.message().await;
    let address = running.plain_addr();
    let (last, ()) = tokio::join!(wire.rest(), running.shutdown());
    assert!(contains(&last, NOTICE));
    assert!(contains(&last, &[0x0a, 1, 52]), "unavailable");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_server_that_is_dropped_is_gone() {
    let world = world(Limits::default());
    let running = server(&world);
    let mut wire = Wire::connect(&running).await;
    wire.send(&nested(2)).await;
    wire.message().await;
    wire.message().await;
    drop(running);
    // the connection ends, with a notice or without one
    let last = wire.rest().await;
    assert!(last.is_empty() || contains(&last, NOTICE), "{last:02x?}");
}
