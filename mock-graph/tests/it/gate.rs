//! What stands before Graph's resources: tokens, permissions, limits, faults (microsoft-graph.md 1.7 and 4).

use super::support::{Lab, WALL, at, decode, forge, world};
use bytes::Bytes;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::fault::{Effect, Fault};
use forestbed_sim::journal::Side;
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn kid(lab: &Lab) -> String {
    let bearer = lab.bearer();
    decode(bearer.strip_prefix("Bearer ").unwrap()).0["kid"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_is_refused_with_the_text_of_its_fault() {
    let lab = Lab::new();
    let kid = kid(&lab);
    let check = |bearer: &str, message: &str| {
        let answer = lab.graph("GET", "/v1.0/users", bearer, at(WALL, Duration::ZERO));
        let error = &answer.body["error"];
        assert_eq!(answer.status, 401, "{message}");
        assert_eq!(
            (&error["code"], &error["message"]),
            (&json!("InvalidAuthenticationToken"), &json!(message))
        );
        assert!(answer.header("www-authenticate").starts_with("Bearer "), "{message}");
    };
    let changed = |claim: &str, value: Value| {
        let mut claims = lab.good_claims();
        claims[claim] = value;
        forge(&kid, &claims)
    };
    check("", "Access token is empty.");
    check("Bearer ", "Access token is empty.");
    check("Basic YTpi", "Access token is empty.");
    check("Bearer garbage", "CompactToken parsing failed with error code: 80049217");
    let good = forge(&kid, &lab.good_claims());
    let other = changed("exp", json!(WALL + 7200));
    let (_, other_signature) = other.rsplit_once('.').unwrap();
    let (message, _) = good.rsplit_once('.').unwrap();
    check(&format!("{message}.{other_signature}"), "Access token validation failure.");
    check(&forge("another", &lab.good_claims()), "Access token validation failure.");
    let audience = "Access token validation failure. Invalid audience.";
    check(&changed("aud", json!("https://graph.windows.net")), audience);
    let lifetime = "Access token has expired or is not yet valid.";
    check(&changed("exp", json!(WALL)), lifetime);
    check(&changed("nbf", json!(WALL + 1)), lifetime);
    let stranger = json!("6fd2c87f-b296-42f0-b197-1e91e994b900");
    check(&changed("tid", stranger), "Access token validation failure.");
    let answer = lab.graph("GET", "/v1.0/users", &good, at(WALL, Duration::ZERO));
    assert_ne!(answer.status, 401, "{}", answer.body);
}

#[test]
fn a_token_lives_as_long_as_the_clocks_say() {
    let check = |mode: ClockMode, wall: u64, moved: Duration, accepted: bool| {
        let lab = Lab::of(world(mode, |_| {}));
        let bearer = lab.bearer();
        lab.world.advance(moved);
        let answer = lab.graph("GET", "/v1.0/users", &bearer, at(WALL + wall, Duration::ZERO));
        assert_eq!(answer.status != 401, accepted, "{mode} {wall} {moved:?}");
    };
    // expires_in is 3599 seconds by the client's own clock...
    check(ClockMode::Frozen, 3598, Duration::ZERO, true);
    check(ClockMode::Frozen, 3599, Duration::ZERO, false);
    // ...a frozen clock moves only when a test says so, and means it...
    check(ClockMode::Frozen, 0, HOUR, false);
    // ...and a stepped one runs ahead of the only clock that a client can see
    check(ClockMode::Stepped, 0, HOUR, true);
    check(ClockMode::Stepped, 3599, HOUR, false);
}

#[test]
fn every_answer_carries_graphs_headers() {
    let lab = Lab::new();
    for bearer in ["", &lab.bearer()] {
        let request = Request::get("/v1.0/organization")
            .header(AUTHORIZATION, bearer)
            .header("client-request-id", "6fd2c87f-b296-42f0-b197-1e91e994b900")
            .body(Bytes::new())
            .unwrap();
        let answer = lab.send(request, at(WALL, Duration::ZERO));
        for (name, expected) in [
            ("client-request-id", "6fd2c87f-b296-42f0-b197-1e91e994b900"),
            ("date", "Mon, 05 Jan 2026 08:00:00 GMT"),
            ("odata-version", "4.0"),
            (
                "content-type",
                "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
            ),
            ("cache-control", "no-cache"),
            ("vary", "Accept-Encoding"),
            (
                "x-ms-ags-diagnostic",
                r#"{"ServerInfo":{"DataCenter":"North Europe","Slice":"E","Ring":"2","ScaleUnit":"000","RoleInstance":"AGSFE_IN_33"}}"#,
            ),
        ] {
            assert_eq!(answer.header(name), expected, "{name}");
        }
        assert_eq!(answer.header("request-id").len(), 36);
        assert!(answer.header("x-ms-resource-unit").parse::<u32>().is_ok());
        assert!(answer.header("strict-transport-security").starts_with("max-age="));
    }
    let without = lab.graph("GET", "/v1.0/users", "", at(WALL, Duration::ZERO));
    assert_eq!(without.header("client-request-id"), without.header("request-id"));
    let inner = &without.body["error"]["innerError"];
    assert_eq!(inner["date"], "2026-01-05T08:00:00");
    assert_eq!(inner["request-id"], without.header("request-id"));
}

#[test]
fn request_ids_are_the_same_for_the_same_seed() {
    let ids = || {
        let lab = Lab::new();
        [(); 3].map(|()| lab.get("/v1.0/users").header("request-id").to_owned())
    };
    let first = ids();
    assert_eq!(first, ids());
    assert_ne!(first[0], first[1]);
}

#[test]
fn what_the_gateway_cannot_take_is_refused() {
    let lab = Lab::of(world(ClockMode::Frozen, |limits| {
        limits.max_body_bytes = 64;
        limits.max_head_bytes = 8192;
    }));
    let bearer = forge(&kid(&Lab::new()), &lab.good_claims());
    let check = |request: Request<Bytes>, status: u16| {
        let answer = lab.send(request, at(WALL, Duration::ZERO));
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body["error"]["code"].is_string(), "{}", answer.body);
    };
    let request = || Request::post("/v1.0/users").header(AUTHORIZATION, &bearer);
    check(request().body(Bytes::from(vec![b' '; 65])).unwrap(), 413);
    check(request().header("x", "y".repeat(8192)).body(Bytes::new()).unwrap(), 431);
    check(request().method("TRACE").body(Bytes::new()).unwrap(), 405);
    check(Request::get("/v3.0/users").body(Bytes::new()).unwrap(), 400);
    check(Request::get("/").body(Bytes::new()).unwrap(), 400);
}

#[test]
fn the_provisioning_service_takes_larger_bodies_than_graph_up_to_a_limit_of_its_own() {
    let lab = Lab::of(world(ClockMode::Frozen, |limits| {
        limits.max_body_bytes = 64;
        limits.max_provisioning_body_bytes = 128;
    }));
    let check = |octets: usize, is_too_large: bool| {
        let request =
            Request::post("/provisioningservice.svc").body(Bytes::from(vec![b' '; octets])).unwrap();
        let answer = lab.send(request, at(WALL, Duration::ZERO));
        assert_eq!(answer.status == 413, is_too_large, "{octets} octets: {}", answer.status);
    };
    check(128, false);
    check(129, true);
}

#[test]
fn a_role_that_does_not_suffice_is_denied() {
    let lab = Lab::new();
    let kid = kid(&lab);
    let check = |roles: &[&str], method: &str, path: &str, denied: bool| {
        let mut claims = lab.good_claims();
        claims["roles"] = json!(roles);
        let answer = lab.graph(method, path, &forge(&kid, &claims), at(WALL, Duration::ZERO));
        assert_eq!(answer.status == 403, denied, "{roles:?} {method} {path}: {}", answer.body);
        if denied {
            let error = &answer.body["error"];
            assert_eq!(error["code"], "Authorization_RequestDenied");
            assert_eq!(error["message"], "Insufficient privileges to complete the operation.");
        }
    };
    // microsoft-graph.md 1.8
    let someone = "/v1.0/users/6fd2c87f-b296-42f0-b197-1e91e994b900";
    check(&["Directory.ReadWrite.All"], "DELETE", someone, true);
    check(&["User.ReadWrite.All"], "DELETE", someone, false);
    check(&["User.Read.All"], "GET", "/v1.0/users", false);
    check(&["User.Read.All"], "POST", "/v1.0/users", true);
    check(&["User.Read.All"], "GET", "/v1.0/groups", true);
    check(&[], "GET", "/v1.0/users", true);
    check(&["Group.Create"], "POST", "/v1.0/groups", false);
}

#[test]
fn a_scripted_fault_answers_instead() {
    let check = |status: u16, code: &str, message: &str| {
        let lab = Lab::new();
        let pattern = "GET /v1.0/users/*".to_owned();
        let effect = Effect::status(status, Some(Duration::from_millis(2500)));
        lab.world.faults.add(Fault {
            side: Side::Graph,
            pattern,
            nth: 1,
            count: Some(1),
            every: 1,
            per_million: 1_000_000,
            effect,
        });
        let bearer = lab.bearer();
        let answer = lab.graph("GET", "/v1.0/users/a", &bearer, at(WALL, Duration::ZERO));
        let error = &answer.body["error"];
        assert_eq!(answer.status, status);
        assert_eq!((&error["code"], &error["message"]), (&json!(code), &json!(message)));
        // whole seconds
        assert_eq!(answer.header("retry-after"), "3");
        let entry = lab.world.journal.since(1, 9).remove(0);
        assert_eq!((entry.fault, entry.status, entry.retry_after_ms), (true, status, Some(3000)));
    };
    check(500, "Service_InternalServerError", "Encountered an internal server error.");
    check(504, "UnknownError", "");
    check(429, "TooManyRequests", "Please retry again later.");
}

#[test]
fn the_journal_shows_each_request_by_its_shape() {
    let lab = Lab::new();
    let bearer = lab.bearer();
    lab.graph("PATCH", "/v1.0/users/ada@contoso.com?$select=id", &bearer, at(WALL, Duration::ZERO));
    let entries = lab.world.journal.since(0, 9);
    assert_eq!((entries[0].side, entries[1].side), (Side::Login, Side::Graph));
    assert_eq!(entries[0].client, lab.app.app_id.to_string());
    assert_eq!(entries[1].client, lab.app.app_id.to_string());
    assert_eq!(entries[1].operation, "PATCH /v1.0/users/{id}");
    assert_eq!(entries[1].target, "/v1.0/users/ada@contoso.com?$select=id");
    assert!(entries[1].write);
}
