//! What the gateway does with a request before and after the resource: methods, other origins, compression, input
//! that comes slowly or in the wrong form.

use super::support::{Answer, Lab, WALL, at};
use super::wire::{PATIENCE, client, serve};
use bytes::Bytes;
use forestbed_witness::record;
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn send(lab: &Lab, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header(AUTHORIZATION, lab.bearer());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    lab.send(request.body(Bytes::new()).unwrap(), at(WALL, Duration::ZERO))
}

#[test]
fn a_method_that_a_path_has_not_is_refused_with_those_that_it_has() {
    let lab = Lab::new();
    // microsoft-graph.md section 4: HEAD and OPTIONS are 405
    for (method, path, allow) in [
        ("HEAD", "/v1.0/organization", "GET"),
        ("OPTIONS", "/v1.0/users", "GET, POST"),
        ("TRACE", "/v1.0/groups", "GET, POST"),
        ("PUT", "/v1.0/users", "GET, POST"),
        ("DELETE", "/v1.0/subscribedSkus", "GET"),
        ("GET", "/v1.0/$batch", "POST"),
        ("HEAD", "/v1.0/$batch", "POST"),
    ] {
        let answer = send(&lab, method, path, &[]);
        assert_eq!((answer.status, answer.header("allow")), (405, allow), "{method} {path}");
        assert_eq!(answer.body.is_null(), method == "HEAD", "{method} {path}: {}", answer.body);
    }
}

#[test]
fn a_page_of_another_origin_may_ask_first() {
    let lab = Lab::new();
    let question = [
        ("origin", "https://app.contoso.com"),
        ("access-control-request-method", "PATCH"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let answer = send(&lab, "OPTIONS", "/v1.0/users/1", &question);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-methods"), "PATCH");
    assert_eq!(answer.header("access-control-allow-headers"), "authorization,content-type");
    let read = send(&lab, "GET", "/v1.0/organization", &question[..1]);
    assert_eq!((read.status, read.header("access-control-allow-origin")), (200, "*"));
    assert!(read.header("access-control-expose-headers").contains("Retry-After"));
    let same = send(&lab, "GET", "/v1.0/organization", &[]);
    assert_eq!(same.header("access-control-allow-origin"), "");
}

#[test]
fn a_body_needs_to_say_that_it_is_json() {
    let lab = Lab::new();
    let bearer = lab.bearer();
    let check = |kind: Option<&str>, body: &'static str, status: u16| {
        let mut request = Request::post("/v1.0/users").header(AUTHORIZATION, &bearer);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let answer =
            lab.send(request.body(Bytes::from_static(body.as_bytes())).unwrap(), at(WALL, Duration::ZERO));
        assert_eq!(answer.status, status, "{kind:?} {body}: {}", answer.body);
        assert!(answer.body["error"]["innerError"]["request-id"].is_string(), "{}", answer.body);
    };
    check(None, "{}", 400);
    check(Some("text/plain"), "{}", 415);
    check(Some("application/xml"), "<user/>", 415);
    check(Some("application/json"), "{", 400);
    check(Some("application/json"), "[]", 400);
    check(Some("application/json; charset=utf-8"), "\"text\"", 400);
}

#[tokio::test]
async fn a_client_that_takes_gzip_gets_it() {
    let served = serve(|_| {});
    let client = client(&served.certificate, false);
    let bearer = served.lab.lasting_bearer();
    let url = format!("https://localhost:{}/v1.0/users?$top=999", served.server.https_addr().port());
    let root = reqwest::Certificate::from_der(&served.certificate).unwrap();
    let bare = reqwest::Client::builder().tls_certs_only([root]).no_proxy().gzip(false).build().unwrap();
    let get = |encoding: Option<&'static str>| {
        let mut request =
            if encoding.is_some() { &bare } else { &client }.get(&url).header("authorization", &bearer);
        if let Some(encoding) = encoding {
            request = request.header("accept-encoding", encoding);
        }
        request.send()
    };
    // one client asks for it by itself and unpacks it, the other sends what the test says
    let unpacked: Value = get(None).await.unwrap().json().await.unwrap();
    let plain = get(Some("identity")).await.unwrap();
    assert!(!plain.headers().contains_key("content-encoding"));
    let plain = plain.bytes().await.unwrap();
    let same = |value: &Value| value["value"].as_array().unwrap().len();
    assert_eq!(same(&unpacked), same(&serde_json::from_slice(&plain).unwrap()));
    for (asked, packed) in [
        ("gzip, deflate", true),
        ("deflate, GZIP;q=0.5", true),
        ("*", true),
        ("gzip;q=0", false),
        ("br", false),
    ] {
        let answer = get(Some(asked)).await.unwrap();
        assert_eq!(answer.headers()["vary"], "Accept-Encoding");
        assert_eq!(
            answer.headers().get("content-encoding").is_some_and(|coding| coding == "gzip"),
            packed,
            "{asked}"
        );
        let body = answer.bytes().await.unwrap();
        assert_eq!(body.starts_with(&[0x1f, 0x8b]) && body.len() < plain.len() / 2, packed, "{asked}");
    }
    record("GRAPH-GZIP", served.lab.world.journal.last_seq(), "mock-graph/tests/it/gateway.rs");
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_not_waited_for() {
    let served = serve(|limits| {
        limits.body_timeout = Duration::from_millis(150);
        limits.max_head_bytes = 16 * 1024;
    });
    let ask = async |bytes: Vec<u8>| {
        let mut stream = TcpStream::connect(served.server.http_addr()).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        String::from_utf8(answer).unwrap()
    };
    let slow = "POST /v1.0/users HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{";
    let answer = ask(slow.as_bytes().to_vec()).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"error\":{\"code\""), "{answer}");
    // somewhat too large a head gets Graph's envelope, whatever is larger the shell's bare 431
    let mut head = b"GET /v1.0/users HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ".to_vec();
    head.resize(17 * 1024, b'x');
    head.extend_from_slice(b"\r\n\r\n");
    let answer = ask(head).await;
    assert!(answer.starts_with("HTTP/1.1 431") && answer.contains("\"error\":{\"code\""), "{answer:.300}");
}

#[tokio::test]
async fn of_two_writers_that_race_for_a_name_exactly_one_wins() {
    let served = serve(|_| {});
    let client = client(&served.certificate, false);
    let bearer = served.lab.lasting_bearer();
    let url = format!("https://localhost:{}/v1.0/users", served.server.https_addr().port());
    for round in 0..5 {
        let upn = format!("race{round}@contoso.com");
        let write = |nickname: String| {
            let body = json!({
                "accountEnabled": true, "displayName": "Race", "mailNickname": nickname, "userPrincipalName": upn,
                "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
            });
            let request = client.post(&url).header("authorization", &bearer).json(&body);
            tokio::spawn(async move {
                let answer = request.send().await.unwrap();
                (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
            })
        };
        let writers: Vec<_> = (0..8).map(|n| write(format!("race{round}-{n}"))).collect();
        let mut won = 0;
        for writer in writers {
            let (status, body) = writer.await.unwrap();
            if status == 201 {
                won += 1;
                continue;
            }
            // microsoft-graph.md 2.2, "UPN exists"
            let detail = &body["error"]["details"][0];
            assert_eq!(
                (status, &detail["code"], &detail["target"]),
                (400, &json!("ObjectConflict"), &json!("userPrincipalName"))
            );
        }
        assert_eq!(won, 1, "round {round}");
    }
    record("GRAPH-RACE", served.lab.world.journal.last_seq(), "mock-graph/tests/it/gateway.rs");
}

#[test]
fn limits_are_told_by_headers_and_a_low_priority_yields() {
    let lab = Lab::of(super::support::world(forestbed_sim::clock::ClockMode::Frozen, |limits| {
        limits.graph_resource_units = Some(10);
    }));
    let bearer = lab.bearer();
    let get = |priority: &str| {
        let request = Request::get("/v1.0/users/nobody").header(AUTHORIZATION, &bearer);
        let request = request.header("x-ms-throttle-priority", priority).body(Bytes::new()).unwrap();
        lab.send(request, at(WALL, Duration::ZERO))
    };
    let low: Vec<u16> = (0..9).map(|_| get("low").status).collect();
    assert_eq!(low, [404, 404, 404, 404, 404, 404, 404, 404, 429]);
    // another request of the application, so that no Retry-After stands before it
    let other = |query: &str| {
        lab.graph("GET", &format!("/v1.0/users/nobody?n={query}"), &bearer, at(WALL, Duration::ZERO))
    };
    let (ninth, tenth, refused) = (other("9"), other("10"), other("11"));
    assert_eq!([ninth.status, tenth.status, refused.status], [404, 404, 429]);
    assert_eq!(
        [ninth.header("x-ms-throttle-limit-percentage"), tenth.header("x-ms-throttle-limit-percentage")],
        ["0.90", "1.00"]
    );
    assert_eq!(refused.header("x-ms-throttle-information"), "ResourceUnitLimitExceeded");
    assert_eq!(refused.header("x-ms-resource-unit"), "1");
    assert_eq!(refused.header("retry-after"), "10");
}
