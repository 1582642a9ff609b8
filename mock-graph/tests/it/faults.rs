//! Scripted faults as a client sees them on its connection.

use super::support::Lab;
use super::wire::{PATIENCE, Served, client, serve};
use forestbed_sim::fault::{Effect, Fault, HttpAction, HttpFault};
use forestbed_sim::journal::Side;
use forestbed_witness::record;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn add(lab: &Lab, side: Side, pattern: &str, action: HttpAction, after_commit: bool) {
    lab.world.faults.add(Fault {
        side,
        pattern: pattern.to_owned(),
        nth: 1,
        count: Some(1),
        every: 1,
        per_million: 1_000_000,
        effect: Effect::Http(HttpFault { action, after_commit }),
    });
}

fn url(served: &Served, http1: bool, path: &str) -> String {
    match http1 {
        true => format!("http://{}{path}", served.server.http_addr()),
        false => format!("https://localhost:{}{path}", served.server.https_addr().port()),
    }
}

fn new_user(upn: &str) -> Value {
    json!({
        "accountEnabled": true, "displayName": "Ada", "mailNickname": "ada", "userPrincipalName": upn,
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
    })
}

#[tokio::test]
async fn an_answer_is_lost_or_cut_in_two_and_what_was_written_stays() {
    // over HTTP/1.1 the connection ends, over HTTP/2 the stream
    for http1 in [true, false] {
        let served = serve(|_| {});
        let client = client(&served.certificate, http1);
        let bearer = served.lab.lasting_bearer();
        let users = url(&served, http1, "/v1.0/users");
        let create = async |upn: &str| {
            let answer =
                client.post(&users).header("authorization", &bearer).json(&new_user(upn)).send().await?;
            let status = answer.status().as_u16();
            answer.bytes().await.map(|_| status)
        };
        let exists = async |upn: &str| {
            let answer = client.get(format!("{users}/{upn}")).header("authorization", &bearer).send().await;
            answer.unwrap().status() == 200
        };
        let post = "POST /v1.0/users";
        add(&served.lab, Side::Graph, post, HttpAction::Drop, false);
        assert!(create("a@contoso.com").await.is_err());
        assert!(!exists("a@contoso.com").await);
        add(&served.lab, Side::Graph, post, HttpAction::Drop, true);
        assert!(create("b@contoso.com").await.is_err());
        assert!(exists("b@contoso.com").await, "only the answer was lost");
        assert_eq!(create("b@contoso.com").await.unwrap(), 400, "who tries again finds it taken");
        add(&served.lab, Side::Graph, post, HttpAction::Truncate, false);
        assert!(create("c@contoso.com").await.is_err());
        assert!(exists("c@contoso.com").await);
        assert_eq!(create("d@contoso.com").await.unwrap(), 201);
        let journal = served.lab.world.journal.since(0, 99);
        let seen: Vec<(u16, bool)> = journal
            .iter()
            .filter(|entry| entry.write && entry.side == Side::Graph)
            .map(|entry| (entry.status, entry.fault))
            .collect();
        assert_eq!(seen, [(444, true), (201, true), (400, false), (201, true), (201, false)]);
        record("GRAPH-FAULTS", served.lab.world.journal.last_seq(), "mock-graph/tests/it/faults.rs");
    }
}

#[tokio::test]
async fn half_of_a_body_arrives_and_then_the_end() {
    let served = serve(|_| {});
    add(&served.lab, Side::Graph, "GET *", HttpAction::Truncate, false);
    let mut stream = TcpStream::connect(served.server.http_addr()).await.unwrap();
    stream.write_all(b"GET /v1.0/users HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    let text = String::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert_eq!(body.len(), promised.parse::<usize>().unwrap() / 2, "{text}");
    assert!(body.starts_with("{\"error\":"), "{body}");
}

#[tokio::test]
async fn a_slow_answer_comes_late_and_holds_nobody_else_up() {
    let served = serve(|_| {});
    let client = client(&served.certificate, true);
    let span = Duration::from_millis(400);
    add(&served.lab, Side::Graph, "GET /v1.0/users", HttpAction::Delay(span), false);
    let mut slow = Box::pin(client.get(url(&served, true, "/v1.0/users")).send());
    assert!(tokio::time::timeout(span / 2, &mut slow).await.is_err(), "it is not there yet");
    assert_eq!(client.get(url(&served, true, "/v1.0/groups")).send().await.unwrap().status(), 401);
    assert_eq!(slow.await.unwrap().status(), 401);
    let order: Vec<String> =
        served.lab.world.journal.since(0, 9).into_iter().map(|entry| entry.target).collect();
    assert_eq!(order, ["/v1.0/users", "/v1.0/groups"]);
}

#[tokio::test]
async fn the_token_service_has_faults_too() {
    let served = serve(|_| {});
    let client = client(&served.certificate, true);
    let token = async || {
        let request = client.post(url(&served, true, "/contoso.com/oauth2/v2.0/token"));
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").body(served.lab.form());
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        answer.bytes().await.map(|_| status)
    };
    let pattern = "POST */token";
    add(&served.lab, Side::Login, pattern, HttpAction::Status { status: 503, retry_after: None }, false);
    assert_eq!(token().await.unwrap(), 503);
    for action in [HttpAction::Drop, HttpAction::Truncate] {
        add(&served.lab, Side::Login, pattern, action, false);
        assert!(token().await.is_err(), "{action:?}");
    }
    assert_eq!(token().await.unwrap(), 200);
    record("LOGIN-FAULTS", served.lab.world.journal.last_seq(), "mock-graph/tests/it/faults.rs");
}
