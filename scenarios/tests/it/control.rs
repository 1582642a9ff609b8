//! The control API: who may call, and what each call does.

use crate::support::Api;
use forestbed_scenarios::Lab;
use forestbed_sim::tenant::{CallContext, Catalogue, SubscriptionStatus};
use reqwest::{Method, Response};
use serde_json::{Value, json};

async fn problem(response: Response, status: u16, word: &str) {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], status);
    assert!(body.to_string().contains(word), "{word} is not in {body}");
}

#[tokio::test]
async fn only_a_caller_with_the_token_from_this_machine_is_answered() {
    let api = Api::start().await;
    let url = format!("{}/api/health", api.lab.control_url());
    problem(api.client.get(&url).send().await.unwrap(), 401, "FORESTBED_CONTROL_TOKEN").await;
    problem(api.client.get(&url).bearer_auth("0000").send().await.unwrap(), 401, "token").await;
    let get = || api.request(Method::GET, "/api/health");
    problem(get().header("origin", "https://evil.example").send().await.unwrap(), 403, "origin").await;
    problem(get().header("host", "evil.example").send().await.unwrap(), 403, "host").await;
    let own = api.lab.control_url().to_owned();
    assert_eq!(get().header("origin", own).send().await.unwrap().status(), 200);
    let form = api.request(Method::POST, "/api/clock").header("content-type", "text/plain").body("{}");
    problem(form.send().await.unwrap(), 415, "application/json").await;
    let naked = api.request(Method::POST, "/api/clock").body("{}");
    problem(naked.send().await.unwrap(), 415, "application/json").await;
    problem(api.request(Method::GET, "/api/nothing").send().await.unwrap(), 404, "/api/nothing").await;
    problem(api.request(Method::DELETE, "/api/clock").send().await.unwrap(), 405, "DELETE").await;
    api.lab.shutdown().await;
}

#[tokio::test]
async fn whatever_is_wrong_comes_back_as_a_problem() {
    let api = Api::start().await;
    for (body, word) in [
        (json!({}), "one of advance, set and wait"),
        (json!({ "advance": "1s", "wait": "1s" }), "one of advance, set and wait"),
        (json!({ "advanc": "1s" }), "advanc"),
        (json!({ "advance": "1 parsec" }), "500ms, 3s, 30m"),
    ] {
        problem(api.post("/api/clock", body).await, 400, word).await;
    }
    for (method, path, status, word) in [
        (Method::GET, "/api/journal?since=abc", 400, "since"),
        (Method::GET, "/api/journal?sinc=1", 400, "sinc"),
        (Method::GET, "/api/dump/tenant?format=xml", 400, "yaml"),
        (Method::DELETE, "/api/faults/abc", 400, "abc"),
        (Method::GET, "/api/nope", 404, "/api/nope"),
        (Method::DELETE, "/api/health", 405, "DELETE"),
    ] {
        problem(api.request(method, path).send().await.unwrap(), status, word).await;
    }
    api.lab.shutdown().await;
}

#[tokio::test]
async fn a_huge_body_and_a_huge_head_are_refused() {
    let api = Api::start().await;
    let body = vec![b' '; 17 * 1024 * 1024];
    let huge =
        api.request(Method::POST, "/api/provision").header("content-type", "application/json").body(body);
    // the listener may hang up on the rest of the body once it has answered
    if let Ok(response) = huge.send().await {
        assert_eq!(response.status(), 413);
    }
    let head = api.request(Method::GET, "/api/health").header("x-long", "x".repeat(100_000));
    if let Ok(response) = head.send().await {
        assert_eq!(response.status(), 431);
    }
    assert_eq!(api.get("/api/health").await["ready"], true);
    api.lab.shutdown().await;
}

#[tokio::test]
async fn health_names_seed_and_doors() {
    let api = Api::start().await;
    let health = api.get("/api/health").await;
    assert_eq!((&health["ready"], &health["seed"], &health["format"]), (&json!(true), &json!(42), &json!(1)));
    assert_eq!(health["forests"][0]["ldap"], api.lab.env()["FORESTBED_LDAP_URL"]);
    assert_eq!(health["tenant"]["graph"], api.lab.env()["FORESTBED_GRAPH_URL"]);
    let ready: Value = serde_json::from_str(&api.lab.ready_line()).unwrap();
    assert_eq!(ready["env"]["FORESTBED_CONTROL_TOKEN"], api.lab.env()["FORESTBED_CONTROL_TOKEN"]);
    api.lab.shutdown().await;
}

#[tokio::test]
async fn the_clock_moves_when_it_is_told_and_never_back() {
    let api = Api::start().await;
    assert_eq!(api.get("/api/clock").await["now"], "2026-01-05T08:00:00Z");
    for (body, now) in [
        (json!({ "advance": "30m" }), "2026-01-05T08:30:00Z"),
        (json!({ "wait": "3s" }), "2026-01-05T08:30:03Z"),
        (json!({ "set": "2026-01-06T00:00:00Z" }), "2026-01-06T00:00:00Z"),
    ] {
        let clock: Value = api.post("/api/clock", body).await.json().await.unwrap();
        assert_eq!((clock["now"].as_str(), clock["mode"].as_str()), (Some(now), Some("frozen")));
    }
    problem(api.post("/api/clock", json!({ "set": "2026-01-05T08:00:00Z" })).await, 409, "/api/reset").await;
    problem(api.post("/api/clock", json!({ "advance": 30 })).await, 400, "string").await;
    problem(api.post("/api/clock", json!({ "stop": "3s" })).await, 400, "advance").await;
    assert_eq!(api.post("/api/reset", json!({})).await.status(), 200);
    assert_eq!(api.get("/api/clock").await["now"], "2026-01-05T08:00:00Z");
    api.lab.shutdown().await;
}

#[tokio::test]
async fn faults_on_graph_and_login_come_back_as_they_were_told() {
    let api = Api::start().await;
    for (fault, shown) in [
        (
            json!({ "graph": "POST *", "drop": true, "every": 3 }),
            json!({ "drop": true, "after_commit": false }),
        ),
        (json!({ "graph": "POST *", "after_commit": true }), json!({ "drop": true, "after_commit": true })),
        (
            json!({ "graph": "* *", "delay": "2s", "probability": 0.5 }),
            json!({ "delay": "2000ms", "probability": 0.5 }),
        ),
        (
            json!({ "provisioning": "Provision*", "status": 429, "retry_after": "30s" }),
            json!({ "provisioning": "Provision*", "status": 429, "retry_after": "30000ms" }),
        ),
        (
            json!({ "login": "POST */token", "truncate": true }),
            json!({ "truncate": true, "login": "POST */token" }),
        ),
        (
            json!({ "graph": "PATCH *", "status": 503, "retry_after": "3s", "after_commit": true }),
            json!({ "status": 503, "retry_after": "3000ms", "after_commit": true, "graph": "PATCH *" }),
        ),
    ] {
        let answer: Value = api.post("/api/faults", fault.clone()).await.json().await.unwrap();
        for (name, value) in shown.as_object().unwrap() {
            assert_eq!(&answer[name], value, "{fault} {name}: {answer}");
        }
    }
    for bad in [
        json!({ "graph": "POST *" }),
        json!({ "graph": "POST *", "drop": true, "truncate": true }),
        json!({ "graph": "POST *", "retry_after": "3s", "drop": true }),
        json!({ "graph": "POST *", "result": "busy" }),
        json!({ "graph": "POST *", "login": "POST *", "drop": true }),
    ] {
        assert_eq!(api.post("/api/faults", bad.clone()).await.status(), 400, "{bad}");
    }
    // a lost answer is one for the reference client too
    assert_eq!(api.request(Method::DELETE, "/api/faults").send().await.unwrap().status(), 200);
    api.post("/api/faults", json!({ "login": "* *", "drop": true })).await;
    let url = format!("{}/common/discovery/instance", api.lab.env()["FORESTBED_GRAPH_HTTP_URL"]);
    assert!(api.client.get(&url).send().await.is_err());
    assert_eq!(api.client.get(&url).send().await.unwrap().status(), 400);
    api.lab.shutdown().await;
}

#[tokio::test]
async fn a_fault_answers_instead_of_graph_as_often_as_it_was_told() {
    let api = Api::start().await;
    let fault = json!({ "graph": "GET /v1.0/users*", "nth": 2, "status": 503, "retry_after": "7s" });
    let added: Value = api.post("/api/faults", fault).await.json().await.unwrap();
    let url = format!("{}/v1.0/users", api.lab.env()["FORESTBED_GRAPH_HTTP_URL"]);
    let mut answers = Vec::new();
    for _ in 0..3 {
        let response = api.client.get(&url).send().await.unwrap();
        let wait = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        answers.push((response.status().as_u16(), wait));
    }
    // without a token Graph itself says 401
    assert_eq!(answers, [(401, None), (503, Some("7".to_owned())), (401, None)]);
    assert_eq!(api.get("/api/faults").await["faults"][0]["matched"], 3);
    let path = format!("/api/faults/{}", added["id"]);
    assert_eq!(api.request(Method::DELETE, &path).send().await.unwrap().status(), 200);
    problem(api.request(Method::DELETE, &path).send().await.unwrap(), 404, "fault").await;
    for bad in
        [json!({ "graph": "users", "status": 429 }), json!({ "graph": "GET /x", "status": 99 }), json!({})]
    {
        assert_eq!(api.post("/api/faults", bad).await.status(), 400);
    }
    api.lab.shutdown().await;
}

#[tokio::test]
async fn the_journal_tells_every_request_once_and_waits_for_the_next() {
    let api = Api::start().await;
    let url = format!("{}/v1.0/users", api.lab.env()["FORESTBED_GRAPH_HTTP_URL"]);
    let waiting = api.text("/api/journal?since=0&wait=30s");
    let asking = async { api.client.get(&url).send().await.unwrap() };
    let (lines, _) = tokio::join!(waiting, asking);
    let entries: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entries.len(), 1, "{lines}");
    assert_eq!((entries[0]["side"].as_str(), entries[0]["status"].as_u64()), (Some("graph"), Some(401)));
    assert_eq!(api.text(&format!("/api/journal?since={}", entries[0]["seq"])).await, "");
    for bad in ["/api/journal?since=x", "/api/journal?wait=5", "/api/journal?sinc=1"] {
        assert_eq!(api.request(Method::GET, bad).send().await.unwrap().status(), 400, "{bad}");
    }
    api.lab.shutdown().await;
}

#[tokio::test]
async fn a_change_is_deterministic_and_a_restore_takes_it_back() {
    let api = Api::start().await;
    let before = api.text("/api/dump/directory").await;
    assert_eq!(api.post("/api/checkpoints/before", json!({})).await.status(), 200);
    let change = json!({ "delete_users": 2, "create_users": 1, "rename": 1 });
    let first: Value = api.post("/api/change", change.clone()).await.json().await.unwrap();
    assert_eq!(first["deleted"].as_array().map(Vec::len), Some(2), "{first}");
    let after = api.text("/api/dump/directory").await;
    assert_ne!(before, after);
    assert_eq!(api.post("/api/checkpoints/before/restore", json!({})).await.status(), 200);
    assert_eq!(api.text("/api/dump/directory").await, before);
    assert_eq!(api.post("/api/reset", json!({})).await.status(), 200);
    let again: Value = api.post("/api/change", change).await.json().await.unwrap();
    assert_eq!(again, first);
    assert_eq!(api.text("/api/dump/directory").await, after);
    problem(api.post("/api/checkpoints/none/restore", json!({})).await, 404, "none").await;
    problem(api.post("/api/checkpoints/No%20Name", json!({})).await, 400, "a-z").await;
    problem(api.post("/api/change", json!({ "delete_users": 1000 })).await, 409, "1000").await;
    problem(api.post("/api/change", json!({ "delete": 1 })).await, 400, "delete_users").await;
    problem(
        api.post("/api/change", json!({ "move_ou": { "from": "Nowhere", "to": "X" } })).await,
        409,
        "Nowhere",
    )
    .await;
    api.lab.shutdown().await;
}

#[tokio::test]
async fn subscriptions_change_without_the_directory() {
    let api = Api::start().await;
    let directory = api.text("/api/dump/directory").await;
    let ems = |api: &Api| {
        let sku = Catalogue::get().find("EMS").unwrap().id;
        let subscription = api.lab.world().tenant().subscription(sku).cloned().unwrap();
        (subscription.seats, subscription.status)
    };
    let change = json!({ "subscriptions": { "EMS": { "seats": 3, "status": "suspended" } } });
    let report: Value = api.post("/api/change", change).await.json().await.unwrap();
    assert_eq!(report["subscriptions"], json!(["EMS"]));
    assert_eq!(ems(&api), (3, SubscriptionStatus::Suspended));
    assert_eq!(api.text("/api/dump/directory").await, directory);
    // all or nothing, and only what the tenant owns
    let change = json!({ "delete_users": 1000, "subscriptions": { "EMS": { "seats": 9 } } });
    problem(api.post("/api/change", change).await, 409, "1000").await;
    let ends = json!({ "subscriptions": { "EMS": { "seats": 9, "ends": "2026-02-01T00:00:00Z" } } });
    problem(api.post("/api/change", ends).await, 409, "Suspended").await;
    assert_eq!(ems(&api), (3, SubscriptionStatus::Suspended));
    problem(api.post("/api/change", json!({ "subscriptions": { "SPB": {} } })).await, 409, "own").await;
    problem(
        api.post("/api/change", json!({ "subscriptions": { "EMS": { "seat": 1 } } })).await,
        400,
        "seats",
    )
    .await;
    api.lab.shutdown().await;
}

#[tokio::test]
async fn dumps_truth_and_scores_are_served() {
    let api = Api::start().await;
    for (path, word) in [
        ("/api/dump/directory", "format: 1"),
        ("/api/dump/directory?format=jsonl&forest=1", "\"format\":1"),
        ("/api/dump/directory?format=ldif&stamps=true", "version: 1"),
        ("/api/dump/tenant", "format: 1"),
        ("/api/dump/tenant?format=jsonl", "\"format\":1"),
        ("/api/truth", "contoso.local"),
        ("/api/score", "\"cost\":{"),
        ("/api/score?format=json", "\"cost\":{"),
    ] {
        assert!(api.text(path).await.contains(word), "{path}");
    }
    let score = api.request(Method::GET, "/api/score?format=text").send().await.unwrap();
    assert_eq!(
        (score.status().as_u16(), score.headers()["content-type"].to_str().unwrap()),
        (200, "text/plain; charset=utf-8")
    );
    assert_eq!(score.text().await.unwrap(), api.lab.score().to_string());
    for (path, status) in [
        ("/api/score?format=xml", 400),
        ("/api/score?form=text", 400),
        ("/api/dump/tenant?format=ldif", 400),
        ("/api/dump/directory?format=xml", 400),
        ("/api/dump/directory?forest=2", 404),
        ("/api/dump/everything", 404),
    ] {
        assert_eq!(api.request(Method::GET, path).send().await.unwrap().status(), status, "{path}");
    }
    api.lab.shutdown().await;
}

#[tokio::test]
async fn credentials_and_versions_go_through_the_json_door_too() {
    let api = Api::start().await;
    let user = json!({ "objects": [{ "type": "User", "operation": "Set", "source_anchor": "ada",
        "properties": { "userPrincipalName": "ada@contoso.com", "displayName": "Ada" } }] });
    assert_eq!(api.post("/api/provision", user.clone()).await.status(), 200);
    // directory-sync.md 3.1.3: of P@ssw0rd!
    let hash = "v1;PPH1_MD4,b477124de54c2030378f,1000,4b4098ff6bde6cdd85040320b368911351e4f3add84f04b0579e0f72a87d0b24;";
    let hashes = json!({ "objects": [], "credentials": [{ "source_anchor": "ada", "data": hash }, { "source_anchor": "bob", "data": hash }] });
    let answer: Value = api.post("/api/provision", hashes.clone()).await.json().await.unwrap();
    assert_eq!(
        (&answer["credentials"][0]["result"], &answer["credentials"][1]["result"]),
        (&json!(0), &json!(1))
    );
    {
        let tenant = api.lab.world().tenant();
        let ada = tenant.user("ada@contoso.com").unwrap();
        assert_eq!(tenant.check_sign_in(ada, "P@ssw0rd!", api.lab.world().clock.now()), Ok(()));
    }
    let mut both = user;
    both["credentials"] = hashes["credentials"].clone();
    problem(api.post("/api/provision", both).await, 400, "another call").await;
    let members: Vec<String> = (0..50_001).map(|n| format!("m{n}")).collect();
    for (version, expected) in [("1", json!("MaximumGroupMemberCountExceeded")), ("2", Value::Null)] {
        let group = json!({ "version": version, "objects": [{ "type": "Group", "operation": "Set",
            "source_anchor": "g", "properties": { "displayName": "G", "member": members } }] });
        let answer: Value = api.post("/api/provision", group).await.json().await.unwrap();
        assert_eq!(answer["results"][0]["error_code"], expected, "{version}");
    }
    // switched off, this door is shut like the other one (directory-sync.md 2.5.6)
    {
        let world = api.lab.world();
        let context = CallContext { now: world.clock.now(), app: None };
        let off = json!({ "onPremisesSyncEnabled": false });
        world.tenant_mut().update_organization(&context, off.as_object().unwrap());
    }
    let text = "Identity synchronization is not yet activated for this company";
    problem(api.post("/api/provision", hashes).await, 400, text).await;
    api.lab.shutdown().await;
}

#[tokio::test]
async fn provisioning_is_throttled_and_the_journal_shows_whether_a_wait_was_kept() {
    let mut spec = crate::support::small_spec();
    spec.limits.provisioning_writes = 2;
    let lab = Lab::builder().spec(spec).start().await.unwrap();
    let api = Api { lab, client: crate::support::client("/dev/null".as_ref()) };
    let object = |anchor: &str, name: &str| {
        json!({ "objects": [{ "type": "User", "operation": "Set", "source_anchor": anchor,
            "properties": { "userPrincipalName": format!("{name}@contoso.com"), "displayName": name, "accountEnabled": true } }] })
    };
    for (anchor, name) in [("AAAAAAAAAAAAAAAAAAAAAA==", "ada"), ("AQAAAAAAAAAAAAAAAAAAAA==", "bob")] {
        let answer: Value = api.post("/api/provision", object(anchor, name)).await.json().await.unwrap();
        assert_eq!(answer["results"][0]["result"], "Success", "{answer}");
        assert_eq!(answer["results"][0]["source_anchor"], anchor);
    }
    let more = || object("AgAAAAAAAAAAAAAAAAAAAA==", "cyd");
    for _ in 0..2 {
        let refused = api.post("/api/provision", more()).await;
        // the real window: 5 minutes (limits of the provisioning service)
        assert_eq!(refused.headers()["retry-after"], "300");
        problem(refused, 429, "300").await;
    }
    // another batch has been told nothing yet
    problem(api.post("/api/provision", object("AwAAAAAAAAAAAAAAAAAAAA==", "dee")).await, 429, "300").await;
    api.post("/api/clock", json!({ "wait": "300s" })).await;
    assert_eq!(api.post("/api/provision", more()).await.status(), 200);
    let journal = api.text("/api/journal").await;
    let kept: Vec<Value> = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|entry| entry["side"] == "provisioning")
        .map(|entry| entry["after_retry"].clone())
        .collect();
    let (none, broken) = (json!(null), json!("broken"));
    assert_eq!(kept, [none.clone(), none.clone(), none.clone(), broken, none.clone(), json!("kept")]);
    // a reset takes the promise to the other batch with it
    api.post("/api/reset", json!({})).await;
    let dee = api.post("/api/provision", object("AwAAAAAAAAAAAAAAAAAAAA==", "dee")).await;
    assert_eq!(dee.status(), 200);
    let journal = api.text("/api/journal").await;
    let last: Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    assert_eq!((&last["side"], &last["after_retry"]), (&json!("provisioning"), &none));
    for bad in [json!({}), json!({ "objects": [{ "type": "Robot" }] }), json!({ "objects": [], "more": 1 })] {
        problem(api.post("/api/provision", bad).await, 400, "body").await;
    }
    api.lab.shutdown().await;
}

#[tokio::test]
async fn a_fault_of_the_provisioning_service_hits_its_json_door_too() {
    let api = Api::start().await;
    let objects = json!({ "objects": [{
        "type": "User", "operation": "Set", "source_anchor": "ada", "properties": { "userPrincipalName": "ada@contoso.com" }
    }] });
    let send = || api.post("/api/provision", objects.clone());
    let is_there = || {
        let tenant = api.lab.world().tenant();
        tenant.iter(forestbed_sim::tenant::ObjectKind::User).any(|user| user.source_anchor() == Some("ada"))
    };
    api.post("/api/faults", json!({ "provisioning": "prov*", "status": 429, "retry_after": "30s" })).await;
    let refused = send().await;
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "30"));
    assert!(!is_there());
    api.post("/api/faults", json!({ "provisioning": "provision", "drop": true, "after_commit": true })).await;
    assert_eq!(send().await.status(), 504);
    assert!(is_there());
    assert_eq!(send().await.status(), 200);
    api.lab.shutdown().await;
}
