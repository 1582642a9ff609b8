//! What every `$filter` and `$search` has to stand: the bodies that fuzz/ runs on any octets, and the tests here on
//! some. They take octets and assert, and use public interfaces only.

use bytes::Bytes;
use forestbed_mock_graph::validate::{Answer, faults};
use forestbed_mock_graph::{Reception, TenantCore};
use forestbed_sim::spec::EstateSpec;
use forestbed_sim::world::World;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde_json::Value;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

/// One target: octets in, a panic where something is wrong.
pub(crate) type FuzzBody = fn(&[u8]);

/// Every target by the name of its file under fuzz/fuzz_targets and of its corpus.
pub(crate) const TARGETS: &[(&str, FuzzBody)] = &[("odata_filter", filter), ("odata_search", search)];

struct Tenant {
    core: TenantCore,
    bearer: String,
}

const RECEPTION: Reception =
    Reception { wall_seconds: 1_900_000_000, monotonic: Duration::ZERO, secure: true };

thread_local! {
    static TENANT: RefCell<Option<Tenant>> = const { RefCell::new(None) };
}

fn tenant() -> Tenant {
    let mut spec = EstateSpec::default();
    spec.forests.clear();
    // nobody is throttled: the clock stands still
    spec.limits.graph_resource_units = Some(u32::MAX);
    let world = Arc::new(World::generate(spec, 1).expect("a small world"));
    let (tenant, app) = {
        let tenant = world.tenant();
        (tenant.id(), tenant.applications()[0].clone())
    };
    let core = TenantCore::new(world, None);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        app.app_id, app.secret,
    );
    let request = Request::post(format!("/{tenant}/oauth2/v2.0/token"))
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(form))
        .expect("a request");
    let reply = core.handle(&request, RECEPTION).response;
    let body: Value = serde_json::from_slice(reply.body()).expect("JSON");
    let bearer = format!("Bearer {}", body["access_token"].as_str().expect("a token"));
    Tenant { core, bearer }
}

fn encoded(octets: &[u8]) -> String {
    let one = |byte: &u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    octets.iter().map(one).collect()
}

/// Asks for the ids that an option finds: none when it is refused, as it may be, with an error that fits.
fn ask(option: &str, value: &[u8], advanced: bool) -> Option<Vec<String>> {
    let count = if advanced { "&$count=true" } else { "" };
    let path = "/v1.0/users";
    let target = format!("{path}?$top=999&$select=id{count}&{option}={}", encoded(value));
    TENANT.with_borrow_mut(|tenant| {
        let tenant = tenant.get_or_insert_with(self::tenant);
        let mut request =
            Request::get(&target).header(HOST, "localhost").header(AUTHORIZATION, &tenant.bearer);
        if advanced {
            request = request.header("consistencylevel", "eventual");
        }
        let request = request.body(Bytes::new()).expect("a request");
        let reply = tenant.core.handle(&request, RECEPTION).response;
        let kind = reply.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let status = reply.status().as_u16();
        let faults = faults(&Answer { path, status, content_type: kind, body: reply.body() });
        assert!(faults.is_empty(), "{target}: {faults:?}");
        assert!(matches!(status, 200 | 400 | 414), "{target}: {status}");
        let body: Value = serde_json::from_slice(reply.body()).expect("JSON");
        (status == 200).then(|| {
            let ids = body["value"].as_array().expect("a page").iter();
            ids.map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
        })
    })
}

/// Longer ones do not fit into a request's head, percent-encoded.
const MAX: usize = 20_000;

/// Any octets as a `$filter`. What is taken means the same in parentheses, joined with itself, and plainly where the
/// table allows it.
pub(crate) fn filter(input: &[u8]) {
    if input.len() > MAX {
        return;
    }
    let Some(found) = ask("$filter", input, true) else {
        assert!(ask("$filter", input, false).is_none(), "refused only in an advanced query");
        return;
    };
    if let Some(plain) = ask("$filter", input, false) {
        assert_eq!(plain, found);
    }
    // a nul ends a text for nobody; invalid UTF-8 is replaced on both sides alike
    let wrapped = [b"(", input, b")"].concat();
    if let Some(again) = ask("$filter", &wrapped, true) {
        assert_eq!(again, found);
    }
    let twice = [b"(", input, b") and (", input, b")"].concat();
    if let Some(again) = ask("$filter", &twice, true) {
        assert_eq!(again, found);
    }
}

/// Any octets as a `$search`. What is taken finds the same joined with itself by AND and by OR.
pub(crate) fn search(input: &[u8]) {
    if input.len() > MAX {
        return;
    }
    let Some(found) = ask("$search", input, true) else { return };
    for word in [" AND ", " OR "] {
        let twice = [b"(", input, b")", word.as_bytes(), b"(", input, b")"].concat();
        if let Some(again) = ask("$search", &twice, true) {
            assert_eq!(again, found);
        }
    }
}
