//! What every input has to stand: the bodies that fuzz/ runs on any octets, and the tests here on some.
//!
//! A body takes octets and asserts; it panics where the program is wrong. It uses public interfaces only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use forestbed_mock_graph::binary_xml::{Limits, decode};
use forestbed_mock_graph::{Reception, TenantCore};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::seed::Seed;
use forestbed_sim::spec::EstateSpec;
use forestbed_sim::world::World;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// One target: octets in, a panic where something is wrong.
pub(crate) type FuzzBody = fn(&[u8]);

/// Every target by the name of its file under fuzz/fuzz_targets and of its corpus.
pub(crate) const TARGETS: &[(&str, FuzzBody)] =
    &[("graph_token", graph_token), ("graph_batch", graph_batch), ("binary_xml", binary_xml)];

/// The sets whose tokens are tried.
const SETS: [&str; 4] = ["users", "groups", "contacts", "directoryObjects"];

/// .NET binary XML: what is read can be written, reads back, and is written the same from then on. An empty text has a
/// record that says nothing, so the first writing may be longer than the second.
pub(crate) fn binary_xml(input: &[u8]) {
    let limits = Limits { depth: 32, nodes: 20_000, unfolded: 1 << 20 };
    let Ok(element) = decode(input, &limits) else { return };
    let read = |octets: &[u8]| decode(octets, &limits).expect("what was written is read");
    let once = read(&element.encode());
    let twice = once.encode();
    assert_eq!(read(&twice).encode(), twice);
}

struct Tenant {
    core: TenantCore,
    bearer: String,
}

impl Tenant {
    fn new() -> Tenant {
        let mut spec = EstateSpec { clock: ClockMode::Frozen, ..EstateSpec::default() };
        spec.forests.clear();
        spec.limits.graph_resource_units = Some(u32::MAX);
        let world = Arc::new(World::generate(spec, 1).expect("a small world"));
        let (app, tenant) = {
            let tenant = world.tenant();
            let app = &tenant.applications()[0];
            let form = format!(
                "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
                app.app_id, app.secret
            );
            (form, tenant.id())
        };
        let core = TenantCore::new(world, None);
        let request = Request::post(format!("/{tenant}/oauth2/v2.0/token"))
            .header(HOST, "localhost")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(app))
            .expect("a request");
        let (status, _, body) = answer(&core, &request);
        assert_eq!(status, 200, "{body}");
        let bearer = format!("Bearer {}", body["access_token"].as_str().expect("a token"));
        Tenant { core, bearer }
    }

    fn get(&self, target: &str) -> (u16, bool, Value) {
        let request = Request::get(target)
            .header(HOST, "localhost")
            .header(AUTHORIZATION, &self.bearer)
            .body(Bytes::new())
            .expect("a request");
        answer(&self.core, &request)
    }
}

fn answer(core: &TenantCore, request: &Request<Bytes>) -> (u16, bool, Value) {
    let reception = Reception { wall_seconds: 1_900_000_000, monotonic: Duration::ZERO, secure: true };
    let (parts, body) = core.handle(request, reception).response.into_parts();
    let body = serde_json::from_slice(&body).expect("every answer is JSON");
    (parts.status.as_u16(), parts.headers.contains_key(LOCATION), body)
}

/// A token under a good seal, made apart from the code under test.
pub(crate) fn sealed(set: &str, option: &str, octets: &[u8]) -> String {
    let text = format!("{option}\n{set}\n{}", URL_SAFE_NO_PAD.encode(octets));
    let seal = Seed::default().hash("deltatoken", &text, 0).to_be_bytes();
    URL_SAFE_NO_PAD.encode([octets, &seal[..]].concat())
}

fn encoded(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut out, octet| {
        write!(out, "%{octet:02X}").expect("a string takes everything");
        out
    })
}

/// Skip and delta tokens: as they come, and as the content of one under a good seal. Whatever they say, the
/// answer is a page or a refusal.
pub(crate) fn graph_token(input: &[u8]) {
    thread_local!(static TENANT: Tenant = Tenant::new());
    let (choice, octets) = input.split_first().map_or((0, input), |(first, rest)| (*first, rest));
    let octets = &octets[..octets.len().min(4096)];
    let set = SETS[usize::from(choice) % SETS.len()];
    TENANT.with(|tenant| {
        for option in ["$skiptoken", "$deltatoken"] {
            for token in [encoded(octets), sealed(set, option, octets)] {
                check(tenant, &format!("/v1.0/{set}/delta?{option}={token}"));
            }
        }
        if set != "directoryObjects" {
            check(tenant, &format!("/v1.0/{set}?$skiptoken={}", encoded(octets)));
            check(tenant, &format!("/v1.0/{set}?$skiptoken={}", URL_SAFE_NO_PAD.encode(octets)));
        }
    });
}

fn check(tenant: &Tenant, target: &str) {
    let (status, located, body) = tenant.get(target);
    match status {
        200 => assert!(body["value"].is_array(), "{target}"),
        400 => assert!(!located && body["error"]["code"].is_string(), "{target}"),
        410 => assert!(located, "{target}"),
        other => panic!("{target}: {other}"),
    }
}

/// The body of a batch, as octets come and with a batch drawn from them. Whatever it says, the answer is a refusal
/// of the whole, or one answer an item in which failures stop what depends on them.
pub(crate) fn graph_batch(input: &[u8]) {
    thread_local!(static TENANT: Tenant = Tenant::new());
    let input = &input[..input.len().min(16 * 1024)];
    TENANT.with(|tenant| {
        check_batch(tenant, input);
        check_batch(tenant, drawn_batch(input).to_string().as_bytes());
    });
}

/// A batch that three octets an item describe: what it asks, and on which of its fellows it depends.
fn drawn_batch(input: &[u8]) -> Value {
    const URLS: [&str; 8] = [
        "/organization",
        "users/nobody@contoso.com",
        "/v1.0/users/$count",
        "https://graph.microsoft.com/beta/domains",
        "/nosuch",
        "/$batch",
        "/users?$filter=displayName eq 'a|b'",
        "//groups?$top=1",
    ];
    let item = |(place, octets): (usize, &[u8])| {
        let (what, body, on) = (octets[0], octets[1], octets[2]);
        let method = ["GET", "POST", "PATCH", "DELETE", "get", "TRACE"][usize::from(what >> 3) % 6];
        let mut item =
            json!({ "id": place.to_string(), "method": method, "url": URLS[usize::from(what) % 8] });
        if body & 1 == 1 {
            item["headers"] =
                json!({ "Content-Type": if body & 2 == 2 { "application/json" } else { "text/plain" } });
        }
        if body & 4 == 4 {
            item["body"] = if body & 8 == 8 { json!({}) } else { json!("AAAA") };
        }
        match on % 4 {
            0 => {}
            1 => item["dependsOn"] = json!([(usize::from(on / 4) % 24).to_string()]),
            2 => item["dependsOn"] = json!(place.saturating_sub(1).to_string()),
            _ => item["depends_on"] = json!([]),
        }
        item
    };
    let items: Vec<Value> = input.chunks_exact(3).take(22).enumerate().map(item).collect();
    json!({ "requests": items })
}

fn check_batch(tenant: &Tenant, body: &[u8]) {
    let request = Request::post("/v1.0/$batch")
        .header(HOST, "localhost")
        .header(AUTHORIZATION, &tenant.bearer)
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::copy_from_slice(body))
        .expect("a request");
    let before = tenant.core.world().journal.last_seq();
    let (status, _, answered) = answer(&tenant.core, &request);
    let entries = tenant.core.world().journal.last_seq() - before;
    if status != 200 {
        assert_eq!((status, entries), (400, 1), "{answered}");
        assert!(answered["error"]["code"].is_string(), "{answered}");
        return;
    }
    let asked: Value = serde_json::from_slice(body).expect("it was understood");
    let requests = asked["requests"].as_array().expect("requests");
    let responses = answered["responses"].as_array().expect("responses");
    assert_eq!((responses.len(), entries), (requests.len(), requests.len() as u64 + 1));
    let mut statuses = BTreeMap::new();
    for response in responses {
        let status = response["status"].as_u64().expect("a status");
        assert!((200..600).contains(&status), "{response}");
        assert!(status < 400 || response["body"]["error"]["code"].is_string(), "{response}");
        assert!(statuses.insert(response["id"].as_str().expect("an id"), status).is_none(), "{response}");
    }
    for request in requests {
        let on = match &request["dependsOn"] {
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            Value::String(one) => vec![one.as_str()],
            _ => Vec::new(),
        };
        let stopped = on.iter().any(|id| statuses[id] >= 400);
        let status = statuses[request["id"].as_str().expect("an id")];
        assert!(!stopped || status >= 400, "{request}: {status}");
        assert!(stopped || status != 424, "{request}");
    }
}

/// What the octets of a good token of each kind look like, for the corpus and the tests.
pub(crate) fn good_tokens() -> Vec<(&'static str, Vec<u8>)> {
    // form 1, generation 0, the start of the default world, no page size
    let issued = 1_767_600_000_000_i64.to_be_bytes();
    let head = [&[1][..], &[0; 8], &issued, &[0, 0]].concat();
    let all = [&head[..], &[0xff, 0xff], &[0, 0], &[0]].concat();
    let names = b"displayName,members";
    let some = [&head[..], &[0, names.len() as u8], names, &[0, 0], &[1], &[7; 16]].concat();
    vec![
        ("changes", [&all[..], &[0], &[0; 8]].concat()),
        ("first", [&all[..], &[1], &[0; 8], &[0], &[0; 8]].concat()),
        ("after", [&all[..], &[2], &[0; 8], &[0], &[0; 8], &[9; 16]].concat()),
        ("selected", [&some[..], &[0], &[0; 8]].concat()),
        ("far", [&all[..], &[1], &[0xff; 8], &[0xff], &[0xff; 8]].concat()),
    ]
}
