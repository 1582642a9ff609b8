//! `$batch` (microsoft-graph.md section 2.5): items go their own way, in the order that dependsOn asks for.

use super::support::{Answer, HOST_NAME, Lab, WALL, at, decode, forge, world};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::fault::{Effect, Fault, HttpAction, HttpFault};
use forestbed_sim::journal::{RetryAfter, Side};
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde_json::{Value, json};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn post(lab: &Lab, path: &str, bearer: &str, body: &str, waited: Duration) -> Answer {
    let request = Request::post(path)
        .header(HOST, HOST_NAME)
        .header(AUTHORIZATION, bearer)
        .header(CONTENT_TYPE, "application/json")
        .header("client-request-id", "batch-of-contoso")
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap();
    lab.send(request, at(WALL, waited))
}

fn batch(lab: &Lab, requests: &Value) -> Answer {
    let bearer = lab.bearer();
    post(lab, "/v1.0/$batch", &bearer, &json!({ "requests": requests }).to_string(), Duration::ZERO)
}

/// The answer to the item of this id.
fn item<'a>(answer: &'a Answer, id: &str) -> &'a Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut found = answer.body["responses"].as_array().unwrap().iter().filter(|one| one["id"] == id);
    let one = found.next().unwrap_or_else(|| panic!("no answer {id}: {}", answer.body));
    assert!(found.next().is_none(), "{id} twice");
    one
}

fn user(upn: &str) -> Value {
    json!({
        "accountEnabled": true, "displayName": "Ada", "mailNickname": "ada", "userPrincipalName": upn,
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
    })
}

fn create(id: &str, upn: &str) -> Value {
    let headers = json!({ "Content-Type": "application/json" });
    json!({ "id": id, "method": "POST", "url": "/users", "headers": headers, "body": user(upn) })
}

fn with(mut request: Value, name: &str, value: Value) -> Value {
    request[name] = value;
    request
}

fn get(id: &str, url: &str) -> Value {
    json!({ "id": id, "method": "GET", "url": url })
}

#[test]
fn the_items_of_a_batch_read_and_change_the_tenant() {
    let lab = Lab::new();
    let ada = "ada.batch@contoso.com";
    let patch = json!({
        "id": "2", "method": "patch", "url": format!("https://graph.microsoft.com/v1.0/users/{ada}"),
        "headers": { "content-type": "application/json; charset=utf-8" },
        "body": { "jobTitle": "Engineer" }, "dependsOn": ["1"],
    });
    let read = with(get("3", &format!("users/{ada}?$select=jobTitle")), "dependsOn", json!("2"));
    let filtered = with(
        get("4", "/users?$filter=userPrincipalName eq 'ada.batch@contoso.com'"),
        "dependsOn",
        json!(["1", "2"]),
    );
    let delete = json!({ "id": "5", "method": "DELETE", "url": format!("/v1.0/users/{ada}"), "dependsOn": ["3", "4"] });
    // the order of the request is not the order of the work
    let answer = batch(&lab, &json!([delete, filtered, read, patch, create("1", ada)]));
    assert_eq!(item(&answer, "1")["status"], 201);
    assert_eq!(item(&answer, "1")["body"]["userPrincipalName"], ada);
    let location = item(&answer, "1")["headers"]["Location"].as_str().unwrap();
    assert!(location.starts_with(&format!("https://{HOST_NAME}/")), "{location}");
    assert_eq!(item(&answer, "2")["status"], 204);
    assert_eq!(item(&answer, "3")["body"]["jobTitle"], "Engineer");
    assert_eq!(item(&answer, "4")["body"]["value"].as_array().unwrap().len(), 1);
    // microsoft-graph.md 2.5 and clients.md: no Content-Type and no body
    for id in ["2", "5"] {
        let one = item(&answer, id);
        assert_eq!((&one["status"], one.get("body")), (&json!(204), None));
        assert_eq!(one["headers"].get("Content-Type"), None);
    }
    let ids: Vec<&str> =
        answer.body["responses"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!((ids[0], ids[1], ids[4]), ("1", "2", "5"), "what depends comes later");
    // microsoft-graph.md 4: GET users costs 2, each of the others 1
    assert_eq!(answer.header("x-ms-resource-unit"), "6");
    let gone = lab.graph("GET", &format!("/v1.0/users/{ada}"), &lab.bearer(), at(WALL, Duration::ZERO));
    assert_eq!(gone.status, 404);
}

#[test]
fn answers_come_in_no_order_to_count_on_and_in_the_same_for_the_same_seed() {
    let ids = || {
        let requests: Vec<Value> = (0..20).map(|n| get(&n.to_string(), "/organization")).collect();
        let answer = batch(&Lab::new(), &json!(requests));
        let one = |one: &Value| one["id"].as_str().unwrap().to_owned();
        answer.body["responses"].as_array().unwrap().iter().map(one).collect::<Vec<String>>()
    };
    let (first, second) = (ids(), ids());
    assert_eq!(first, second);
    let sent: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    assert_ne!(first, sent);
}

#[test]
fn a_property_that_no_batch_has_is_ignored_and_written_down() {
    // clients.md: a client library of Microsoft's sends an empty `depends_on`; with ids in it the journal says so
    for (value, noted) in [(json!([]), None), (json!(["1"]), Some("batch item property depends_on"))] {
        let lab = Lab::new();
        let late = with(get("2", "/organization"), "depends_on", value);
        let answer = batch(&lab, &json!([get("1", "/users/nobody@contoso.com"), late]));
        assert_eq!(item(&answer, "2")["status"], 200);
        let entry = lab.world.journal.since(lab.world.journal.last_seq() - 1, 1).remove(0);
        assert_eq!(entry.unknown.as_deref(), noted);
    }
}

#[test]
fn an_item_whose_dependency_failed_fails_too_and_is_not_carried_out() {
    let lab = Lab::new();
    let late = with(create("2", "ada.late@contoso.com"), "dependsOn", json!(["1"]));
    let later = with(get("3", "/organization"), "dependsOn", json!(["2"]));
    let answer =
        batch(&lab, &json!([get("1", "/users/nobody@contoso.com"), late, later, get("4", "/organization")]));
    let status = |id: &str| item(&answer, id)["status"].as_u64().unwrap();
    assert_eq!([status("1"), status("2"), status("3"), status("4")], [404, 424, 424, 200]);
    assert!(item(&answer, "2")["body"]["error"]["code"].is_string());
    let found = lab.graph("GET", "/v1.0/users/ada.late@contoso.com", &lab.bearer(), at(WALL, Duration::ZERO));
    assert_eq!(found.status, 404);
}

#[test]
fn a_batch_that_cannot_be_understood_is_refused_as_a_whole() {
    let lab = Lab::new();
    let bearer = lab.bearer();
    let before = lab.world.journal.last_seq();
    let mut sent = 0;
    let mut check = |body: &str| {
        let answer = post(&lab, "/v1.0/$batch", &bearer, body, Duration::ZERO);
        assert_eq!((answer.status, &answer.body["error"]["code"]), (400, &json!("BadRequest")), "{body:.80}");
        sent += 1;
    };
    for body in
        ["", "{", "[]", "null", "{}", r#"{"requests":{}}"#, r#"{"requests":[]}"#, r#"{"requests":[7]}"#]
    {
        check(body);
    }
    let mut whole = |requests: Value| check(&json!({ "requests": requests }).to_string());
    whole((0..21).map(|n| get(&n.to_string(), "/organization")).collect());
    whole((0..25).map(|n| get(&n.to_string(), "/organization")).collect());
    whole(json!([get("1", "/users"), get("1", "/groups")]));
    whole(json!([with(get("1", "/users"), "dependsOn", json!(["9"]))]));
    whole(json!([
        with(get("1", "/users"), "dependsOn", json!(["2"])),
        with(get("2", "/users"), "dependsOn", json!(["1"]))
    ]));
    whole(json!([with(get("1", "/users"), "dependsOn", json!([1]))]));
    whole(json!([{ "id": 1, "method": "GET", "url": "/users" }]));
    whole(json!([{ "id": "1", "url": "/users" }]));
    whole(json!([{ "id": "1", "method": "GET" }]));
    whole(json!([with(get("1", "/users"), "headers", json!({ "a b": "c" }))]));
    whole(json!([with(get("1", "/users"), "headers", json!(["a"]))]));
    // observed: the write is what is told of, the batch is what is refused
    whole(
        json!([get("0", "/organization"), { "id": "1", "method": "POST", "url": "/users", "body": user("a@contoso.com") }]),
    );
    whole(
        json!([{ "id": "1", "method": "PATCH", "url": "/users/a", "headers": { "Content-Type": "application/json" } }]),
    );
    assert_eq!(lab.world.journal.last_seq() - before, sent, "no item was carried out");
    let texts = post(
        &lab,
        "/v1.0/$batch",
        &bearer,
        &json!({ "requests": [{ "id": "w", "method": "POST", "url": "/users", "body": {} }] }).to_string(),
        Duration::ZERO,
    );
    // [GI Softeria/ms-365-mcp-server#677]
    assert_eq!(
        texts.body["error"]["message"],
        "Write request with id 'w' does not contain a Content-Type header."
    );
    let form = lab.token("/v1.0/$batch", "requests=1");
    assert_eq!(form.status, 401);
    let wrong_media = Request::post("/v1.0/$batch")
        .header(AUTHORIZATION, &bearer)
        .header(CONTENT_TYPE, "text/plain")
        .body(Bytes::from_static(b"{}"))
        .unwrap();
    assert_eq!(lab.send(wrong_media, at(WALL, Duration::ZERO)).status, 415);
    let read = lab.graph("GET", "/v1.0/$batch", &bearer, at(WALL, Duration::ZERO));
    assert_eq!((read.status, read.header("allow")), (405, "POST"));
}

#[test]
fn an_item_that_is_wrong_fails_alone() {
    let lab = Lab::new();
    let text = json!({ "Content-Type": "text/plain" });
    let nested = json!({
        "id": "nested", "method": "POST", "url": "/$batch", "headers": { "Content-Type": "application/json" },
        "body": { "requests": [get("1", "/organization")] },
    });
    let answer = batch(
        &lab,
        &json!([
            nested,
            with(get("method", "/users"), "method", json!("TRACE")),
            get("segment", "/nosuch"),
            get("missing", "/users/6fd2c87f-b296-42f0-b197-1e91e994b900"),
            get("filter", "/users?$filter=accountEnabled eq 'true'"),
            { "id": "base64", "method": "PUT", "url": "/users/a/photo/$value", "headers": text, "body": "no base64!" },
            { "id": "media", "method": "POST", "url": "/users", "headers": text, "body": STANDARD.encode("{}") },
            get("fine", "/organization"),
        ]),
    );
    for (id, status) in [
        ("nested", 400),
        ("method", 405),
        ("segment", 400),
        ("missing", 404),
        ("filter", 400),
        ("base64", 400),
        ("media", 415),
        ("fine", 200),
    ] {
        let one = item(&answer, id);
        assert_eq!(one["status"], status, "{id}: {one}");
        assert_eq!(one["body"]["error"]["code"].is_string(), status != 200, "{id}: {one}");
        let inner = &one["body"]["error"]["innerError"];
        assert!(status == 200 || inner["client-request-id"] == "batch-of-contoso", "{id}: {one}");
    }
}

#[test]
fn headers_of_an_item_are_its_own_but_for_who_calls() {
    let lab = Lab::new();
    let eventual =
        json!({ "ConsistencyLevel": "eventual", "Authorization": "Bearer nonsense", "Host": "evil.test" });
    let answer = batch(
        &lab,
        &json!([with(get("with", "/users/$count"), "headers", eventual), get("without", "/users/$count")]),
    );
    let one = item(&answer, "with");
    // what is not JSON is base64
    let text = STANDARD.decode(one["body"].as_str().unwrap()).unwrap();
    assert!(String::from_utf8(text).unwrap().parse::<u32>().is_ok_and(|count| count > 0), "{one}");
    assert_eq!(one["headers"]["Content-Type"], "text/plain");
    assert_eq!(item(&answer, "without")["status"], 400);
    let body = json!({ "requests": [get("1", "/organization")] }).to_string();
    assert_eq!(post(&lab, "/v1.0/$batch", "", &body, Duration::ZERO).status, 401);
    // both versions, and the name in any case
    for path in ["/beta/$batch", "/v1.0/%24Batch", "/v1.0/$batch/"] {
        assert_eq!(
            item(&post(&lab, path, &lab.bearer(), &body, Duration::ZERO), "1")["status"],
            200,
            "{path}"
        );
    }
}

#[test]
fn a_flood_of_headers_of_an_item_is_refused() {
    let lab = Lab::new();
    let headers: serde_json::Map<String, Value> = (0..25_000).map(|n| (format!("a{n}"), json!(""))).collect();
    let answer = batch(&lab, &json!([with(get("1", "/users"), "headers", headers.into())]));
    assert_eq!(answer.status, 400, "{}", answer.body);
}

#[test]
fn permissions_are_asked_item_by_item() {
    let lab = Lab::new();
    let kid = decode(lab.bearer().strip_prefix("Bearer ").unwrap()).0["kid"].as_str().unwrap().to_owned();
    let mut claims = lab.good_claims();
    claims["roles"] = json!(["User.Read.All"]);
    let body = json!({ "requests": [get("users", "/users"), get("groups", "/groups")] }).to_string();
    let answer = post(&lab, "/v1.0/$batch", &forge(&kid, &claims), &body, Duration::ZERO);
    assert_eq!(item(&answer, "users")["status"], 200);
    let denied = item(&answer, "groups");
    assert_eq!(
        (&denied["status"], &denied["body"]["error"]["code"]),
        (&json!(403), &json!("Authorization_RequestDenied"))
    );
}

#[test]
fn an_item_is_throttled_alone_and_let_in_after_the_wait() {
    let lab = Lab::of(world(ClockMode::Stepped, |limits| limits.graph_writes = 2));
    let bearer = lab.bearer();
    let writes: Vec<Value> = (0..4).map(|n| create(&n.to_string(), &format!("u{n}@contoso.com"))).collect();
    let send = |requests: &[Value], waited| {
        post(&lab, "/v1.0/$batch", &bearer, &json!({ "requests": requests }).to_string(), waited)
    };
    let answer = send(&writes, Duration::ZERO);
    let status = |answer: &Answer, n: usize| item(answer, &n.to_string())["status"].as_u64().unwrap();
    assert_eq!([0, 1, 2, 3].map(|n| status(&answer, n)), [201, 201, 429, 429]);
    assert_eq!(answer.header("retry-after"), "");
    let refused = item(&answer, "2");
    assert_eq!(refused["body"]["error"]["code"], "TooManyRequests");
    assert_eq!(refused["headers"]["x-ms-throttle-information"], "WriteLimitExceeded");
    let wait: u64 = refused["headers"]["Retry-After"].as_str().unwrap().parse().unwrap();
    // too early: refused again, whatever else stands in the batch
    let early = send(&writes[2..], SECOND);
    assert_eq!([2, 3].map(|n| status(&early, n)), [429, 429]);
    let late = send(&writes[2..], Duration::from_secs(2 * wait));
    assert_eq!([2, 3].map(|n| status(&late, n)), [201, 201]);
    let totals = lab.world.journal.totals(Side::Graph);
    assert_eq!((totals.batches, totals.throttled, totals.writes), (3, 4, 8));
    assert_eq!((totals.retry_after_kept, totals.retry_after_broken), (2, 2));
}

#[test]
fn each_item_and_the_batch_have_an_entry_of_the_journal() {
    let lab = Lab::new();
    let bearer = lab.bearer();
    let before = lab.world.journal.last_seq();
    let body = json!({ "requests": [get("1", "/organization"), create("2", "ada.journal@contoso.com")] })
        .to_string();
    post(&lab, "/v1.0/$batch", &bearer, &body, Duration::ZERO);
    let entries = lab.world.journal.since(before, 9);
    let seen: Vec<(&str, u16, bool)> =
        entries.iter().map(|entry| (entry.operation.as_str(), entry.status, entry.write)).collect();
    assert_eq!(
        seen,
        [
            ("GET /v1.0/organization", 200, false),
            ("POST /v1.0/users", 201, true),
            ("POST /v1.0/$batch", 200, false)
        ]
    );
    assert!(entries.iter().all(|entry| entry.client == lab.app.app_id.to_string()));
}

#[test]
fn faults_hit_a_batch_or_one_of_its_items() {
    let check = |pattern: &str, action: HttpAction, after_commit: bool, expected: u16, made: bool| {
        let lab = Lab::new();
        lab.world.faults.add(Fault {
            side: Side::Graph,
            pattern: pattern.to_owned(),
            nth: 1,
            count: Some(1),
            every: 1,
            per_million: 1_000_000,
            effect: Effect::Http(HttpFault { action, after_commit }),
        });
        let ada = "ada.fault@contoso.com";
        let answer = batch(&lab, &json!([create("1", ada), get("2", "/organization")]));
        if pattern.contains("$batch") {
            assert_eq!(answer.status, expected);
        } else {
            assert_eq!(item(&answer, "1")["status"], expected, "{}", answer.body);
            assert_eq!(item(&answer, "2")["status"], 200);
        }
        let found = lab.graph("GET", &format!("/v1.0/users/{ada}"), &lab.bearer(), at(WALL, Duration::ZERO));
        assert_eq!(found.status == 200, made, "{pattern} {action:?}");
    };
    let status = |status| HttpAction::Status { status, retry_after: Some(3 * SECOND) };
    check("POST /v1.0/users", status(503), false, 503, false);
    check("POST /v1.0/users", status(503), true, 503, true);
    // an item has no connection of its own: the gateway says that no answer came
    check("POST /v1.0/users", HttpAction::Drop, false, 504, false);
    check("POST /v1.0/users", HttpAction::Drop, true, 504, true);
    check("POST /v1.0/users", HttpAction::Truncate, false, 502, true);
    check("POST /v1.0/users", HttpAction::Delay(SECOND), false, 201, true);
    check("POST */$batch", status(429), false, 429, false);
    check("POST */$batch", status(429), true, 429, true);
}

#[test]
fn a_throttled_batch_keeps_its_retry_after_as_a_whole() {
    let lab = Lab::of(world(ClockMode::Stepped, |_| {}));
    let bearer = lab.bearer();
    lab.world.faults.add(Fault {
        side: Side::Graph,
        pattern: "POST */$batch".to_owned(),
        nth: 1,
        count: Some(1),
        every: 1,
        per_million: 1_000_000,
        effect: Effect::status(429, Some(3 * SECOND)),
    });
    let body = json!({ "requests": [get("1", "/organization")] }).to_string();
    let send = |waited| post(&lab, "/v1.0/$batch", &bearer, &body, waited);
    assert_eq!(send(Duration::ZERO).header("retry-after"), "3");
    assert_eq!(send(SECOND).status, 429);
    assert_eq!(send(5 * SECOND).status, 200);
    let verdicts: Vec<RetryAfter> =
        lab.world.journal.since(0, 99).into_iter().filter_map(|entry| entry.after_retry).collect();
    assert_eq!(verdicts, [RetryAfter::Broken, RetryAfter::Kept]);
}

#[test]
fn an_item_may_carry_a_url_that_no_request_line_could() {
    let lab = Lab::of(world(ClockMode::Frozen, |limits| limits.max_head_bytes = 8192));
    let long = format!("/users?$select=id&$top=1&x={}", "y".repeat(20_000));
    assert_eq!(item(&batch(&lab, &json!([get("1", &long)])), "1")["status"], 200);
    let longest = format!("/users?x={}", "y".repeat(70_000));
    assert_eq!(item(&batch(&lab, &json!([get("1", &longest)])), "1")["status"], 400);
}
