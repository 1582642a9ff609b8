use super::{Client, NAME};
use crate::support::forge;
use crate::wire::{Served, client, serve};
use forestbed_mock_graph::PostOutcome;
use forestbed_sim::clock::SimTime;
use forestbed_witness::record;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const PATIENCE: Duration = Duration::from_secs(20);

/// A receiver of notifications: it repeats the token, and answers what comes later with statuses in turn.
struct Receiver {
    url: String,
    came: UnboundedReceiver<Value>,
}

impl Receiver {
    async fn start(statuses: &'static [u16]) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?own=1", listener.local_addr().unwrap());
        let (sender, came) = unbounded_channel();
        tokio::spawn(async move {
            let mut statuses = statuses.iter().copied();
            while let Ok((stream, _)) = listener.accept().await {
                answer(stream, &mut statuses, &sender).await;
            }
        });
        Receiver { url, came }
    }

    /// The next notification, while time passes: when the last one was refused is known to the server alone.
    async fn next_while(&mut self, pass: impl Fn() -> SimTime) -> Value {
        for _ in 0..100 {
            pass();
            if let Ok(Some(told)) = tokio::time::timeout(PATIENCE / 50, self.came.recv()).await {
                return told;
            }
        }
        panic!("no notification in time")
    }

    async fn next(&mut self) -> Value {
        tokio::time::timeout(PATIENCE, self.came.recv()).await.expect("a notification in time").unwrap()
    }
}

async fn answer(
    mut stream: TcpStream,
    statuses: &mut impl Iterator<Item = u16>,
    came: &UnboundedSender<Value>,
) {
    let mut bytes = Vec::new();
    let (head, mut body) = loop {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.unwrap_or(0);
        bytes.extend_from_slice(&part[..read]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break (String::from_utf8(bytes[..end].to_vec()).unwrap(), bytes[end + 4..].to_vec());
        }
        if read == 0 {
            return;
        }
    };
    let field =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
    let length: usize = field.map_or(0, |value| value.trim().parse().unwrap());
    while body.len() < length {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.unwrap();
        body.extend_from_slice(&part[..read]);
    }
    let token = head
        .lines()
        .next()
        .unwrap()
        .split("validationToken=")
        .nth(1)
        .map(|rest| rest.split(' ').next().unwrap());
    let (status, text) = match token {
        Some(token) => (200, percent_decode_str(token).decode_utf8().unwrap().into_owned()),
        None => {
            came.send(serde_json::from_slice(&body).unwrap()).unwrap();
            (statuses.next().unwrap_or(202), String::new())
        }
    };
    let answer = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}

struct Graph<'s> {
    served: &'s Served,
    http: reqwest::Client,
    bearer: String,
}

impl<'s> Graph<'s> {
    async fn of(served: &'s Served) -> Graph<'s> {
        let http = client(&served.certificate, true);
        let base = format!("https://localhost:{}", served.server.https_addr().port());
        let keys = http.get(format!("{base}/contoso.com/discovery/v2.0/keys")).send().await.unwrap();
        let keys: Value = keys.json().await.unwrap();
        let mut claims = served.lab.good_claims();
        claims["nbf"] = json!(0);
        let bearer = forge(keys["keys"][0]["kid"].as_str().unwrap(), &claims);
        Graph { served, http, bearer }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("https://localhost:{}{path}", self.served.server.https_addr().port());
        let request = self.http.request(method.parse().unwrap(), url).header("authorization", &self.bearer);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
    }

    fn in_minutes(&self, minutes: u64) -> String {
        self.served.lab.world.clock.now().plus(Duration::from_secs(minutes * 60)).rfc3339()
    }
}

fn user(nickname: &str) -> Value {
    json!({
        "accountEnabled": true, "displayName": nickname, "mailNickname": nickname,
        "userPrincipalName": format!("{nickname}@contoso.com"),
        "passwordProfile": { "password": "Sommer-2026" },
    })
}

#[tokio::test]
async fn a_subscriber_on_loopback_is_asked_and_then_told_of_changes() {
    let served = serve(|_| {});
    let graph = Graph::of(&served).await;
    let mut receiver = Receiver::start(&[]).await;
    let body = json!({
        "changeType": "updated,deleted", "notificationUrl": receiver.url, "resource": "/users",
        "expirationDateTime": graph.in_minutes(60), "clientState": "a secret",
    });
    let (status, made) = graph.send("POST", "/v1.0/subscriptions", body.clone()).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/v1.0/subscriptions/{}", made["id"].as_str().unwrap());
    let (_, user) = graph.send("POST", "/v1.0/users", user("ada")).await;
    let told = receiver.next().await;
    let notice = &told["value"][0];
    // microsoft-graph.md 2.7: a creation arrives as updated
    assert_eq!((&notice["changeType"], &notice["clientState"]), (&json!("updated"), &json!("a secret")));
    assert_eq!(
        (&notice["subscriptionId"], &notice["tenantId"]),
        (&made["id"], &json!(served.lab.tenant.to_string()))
    );
    assert_eq!(notice["resource"], format!("Users/{}", user["id"].as_str().unwrap()));
    assert_eq!(notice["resourceData"]["id"], user["id"]);
    let renewed = graph.in_minutes(120);
    let (status, patched) = graph.send("PATCH", &path, json!({ "expirationDateTime": renewed })).await;
    assert_eq!((status, &patched["expirationDateTime"]), (200, &json!(renewed)));
    let (_, list) = graph.send("GET", "/v1.0/subscriptions", Value::Null).await;
    assert_eq!(list["value"].as_array().unwrap().len(), 1);
    let at = format!("/v1.0/users/{}", user["id"].as_str().unwrap());
    assert_eq!(graph.send("DELETE", &at, Value::Null).await.0, 204);
    assert_eq!(receiver.next().await["value"][0]["changeType"], "deleted");
    assert_eq!(graph.send("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(graph.send("GET", &path, Value::Null).await.0, 404);
    record("GRAPH-SUBSCRIPTIONS", served.lab.world.journal.last_seq(), NAME);
}

#[tokio::test]
async fn a_notification_that_is_not_taken_comes_again_by_virtual_time() {
    let served = serve(|_| {});
    let graph = Graph::of(&served).await;
    let mut receiver = Receiver::start(&[503, 500]).await;
    let body = json!({
        "changeType": "updated", "notificationUrl": receiver.url, "resource": "users",
        "expirationDateTime": graph.in_minutes(41_000),
    });
    assert_eq!(graph.send("POST", "/v1.0/subscriptions", body).await.0, 201);
    graph.send("POST", "/v1.0/users", user("ada")).await;
    let first = receiver.next().await;
    for _ in 0..2 {
        assert_eq!(receiver.next_while(|| served.lab.world.advance(Duration::from_secs(31))).await, first);
    }
    // the third attempt was taken
    served.lab.world.advance(Duration::from_secs(3600));
    graph.send("POST", "/v1.0/users", user("bob")).await;
    assert_ne!(receiver.next().await, first);
}

#[tokio::test]
async fn a_lifecycle_address_hears_of_the_end() {
    let served = serve(|_| {});
    let graph = Graph::of(&served).await;
    let mut receiver = Receiver::start(&[]).await;
    let body = json!({
        "changeType": "updated", "notificationUrl": receiver.url, "resource": "groups",
        "lifecycleNotificationUrl": receiver.url, "expirationDateTime": graph.in_minutes(60),
    });
    assert_eq!(graph.send("POST", "/v1.0/subscriptions", body).await.0, 201);
    served.lab.world.advance(Duration::from_secs(50 * 60));
    assert_eq!(receiver.next().await["value"][0]["lifecycleEvent"], "reauthorizationRequired");
    served.lab.world.advance(Duration::from_secs(20 * 60));
    assert_eq!(receiver.next().await["value"][0]["lifecycleEvent"], "subscriptionRemoved");
    let (_, list) = graph.send("GET", "/v1.0/subscriptions", Value::Null).await;
    assert_eq!(list["value"], json!([]));
}

#[tokio::test]
async fn an_address_that_does_not_answer_gets_no_subscription() {
    let served = serve(|_| {});
    let graph = Graph::of(&served).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    // Graph itself answers 4xx there, and is no receiver
    let itself = format!("http://{}/v1.0/users", served.server.http_addr());
    for url in [format!("http://{nobody}/"), itself] {
        let body = json!({
            "changeType": "updated", "notificationUrl": url, "resource": "users",
            "expirationDateTime": graph.in_minutes(60),
        });
        let (status, answer) = graph.send("POST", "/v1.0/subscriptions", body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!("ValidationError")), "{url}");
    }
    let (_, list) = graph.send("GET", "/v1.0/subscriptions", Value::Null).await;
    assert_eq!(list["value"], json!([]));
}

#[test]
fn a_subscription_that_cannot_be_is_refused_before_anybody_is_asked() {
    let client = Client::new();
    let minutes = |n: u64| client.lab.world.clock.now().plus(Duration::from_secs(n * 60)).rfc3339();
    let good = json!({
        "changeType": "updated", "notificationUrl": "http://127.0.0.1:1/", "resource": "users",
        "expirationDateTime": minutes(60),
    });
    for (name, value) in [
        ("changeType", json!(null)),
        ("changeType", json!("renamed")),
        ("resource", json!("me/messages")),
        ("notificationUrl", json!("ftp://localhost/")),
        ("notificationUrl", json!("no url")),
        ("notificationUrl", json!("https://contoso.com/hook")),
        ("notificationUrl", json!("http://127.0.0.1.contoso.com/")),
        ("lifecycleNotificationUrl", json!("https://contoso.com/hook")),
        ("expirationDateTime", json!(minutes(0))),
        // microsoft-graph.md 2.7: at most 41760 minutes
        ("expirationDateTime", json!(minutes(41_761))),
        ("expirationDateTime", json!("soon")),
        ("clientState", json!("x".repeat(256))),
        ("includeResourceData", json!(true)),
    ] {
        let mut body = good.clone();
        body[name] = value.clone();
        let answer = client.raw("POST", "/v1.0/subscriptions", "application/json", body.to_string());
        assert_eq!(answer.status, 400, "{name} {value}: {}", answer.body);
    }
    let noted = client.lab.world.journal.since(0, 1000);
    assert!(
        noted.iter().any(|entry| entry.unknown.as_deref().is_some_and(|note| note.contains("contoso.com")))
    );
    let mut body = good.clone();
    body["resource"] = json!(format!("users/{}", client.lab.tenant));
    client.refused(404, "POST", "/v1.0/subscriptions", body);
    client.refused(404, "GET", &format!("/v1.0/subscriptions/{}", client.lab.tenant), Value::Null);
    client.refused(404, "PATCH", "/v1.0/subscriptions/x", json!({ "expirationDateTime": minutes(9) }));
}

#[test]
fn an_address_that_answers_after_a_reset_gets_no_subscription_in_the_new_world() {
    for (reset, expected) in [(false, (201, 1)), (true, (400, 0))] {
        let client = Client::new();
        let expires = client.lab.world.clock.now().plus(Duration::from_secs(3600)).rfc3339();
        let body = json!({
            "changeType": "updated", "notificationUrl": "http://127.0.0.1:1/", "resource": "users",
            "expirationDateTime": expires,
        });
        let validation = client.asked("/v1.0/subscriptions", &body);
        let url = validation.post().url;
        let token = url.split_once("validationToken=").unwrap().1;
        let token = percent_decode_str(token).decode_utf8().unwrap().replace('+', " ");
        let outcome = PostOutcome::Answered {
            status: 200,
            content_type: "text/plain".to_owned(),
            body: token.into_bytes().into(),
        };
        if reset {
            client.lab.world.reset();
        }
        let status = client.lab.core.validated(validation, &outcome).status().as_u16();
        let made = client.lab.world.tenant().change_subscriptions().count();
        assert_eq!((status, made), expected);
    }
}
