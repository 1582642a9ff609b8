//! What Microsoft Graph's answers cost beside servers that answer with the same bytes: an axum handler, in
//! process and over a socket, and wiremock, over a socket. `cargo bench --bench graph`.
//!
//! Throughput only: the client's time is in what goes over a socket. The processor time of the servers alone,
//! and the memory over a million requests, tell `cargo run --release -p forestbed-mock-graph --features wiremock
//! --example graph_load`; figures are in BENCHMARKS.md.

use axum::body::{Body, Bytes};
use axum::http::Request;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use forestbed::spec::EstateSpec;
use forestbed::world::World;
use forestbed_mock_graph::{Reception, TenantCore};
use forestbed_sim::tenant::ObjectKind;
use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// Users of the tenant; a page of `$top=999` is full.
const USERS: u32 = 1200;

struct Lab {
    core: TenantCore,
    bearer: String,
    user: String,
}

impl Lab {
    fn new() -> Lab {
        let mut spec = EstateSpec::default();
        spec.forests.clear();
        spec.tenant.cloud_users = USERS;
        let world = Arc::new(World::generate(spec, 2).expect("an estate"));
        let (form, path, user) = {
            let tenant = world.tenant();
            let app = &tenant.applications()[0];
            let form = format!(
                "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
                app.app_id, app.secret
            );
            let user = tenant.iter(ObjectKind::User).next().expect("a user").id();
            (form, format!("/{}/oauth2/v2.0/token", tenant.id()), format!("/v1.0/users/{user}"))
        };
        let core = TenantCore::new(world, None);
        let asked = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .expect("a request");
        let answer = core.handle(&asked, now()).response;
        let token: serde_json::Value = serde_json::from_slice(answer.body()).expect("JSON");
        let bearer = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
        Lab { core, bearer, user }
    }

    fn request<B>(&self, path: &str, body: B) -> Request<B> {
        let builder = Request::get(path).header("host", "127.0.0.1").header("authorization", &self.bearer);
        builder.body(body).expect("a request")
    }

    fn answer(&self, path: &str) -> Bytes {
        let response = self.core.handle(&self.request(path, Bytes::new()), now()).response;
        assert_eq!(response.status(), 200, "{path}");
        response.into_body()
    }
}

#[expect(clippy::disallowed_methods, reason = "tokens are held against the wall clock")]
fn now() -> Reception {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    Reception { wall_seconds: since.as_secs(), monotonic: since, secure: false }
}

fn router(answer: Bytes) -> axum::Router {
    let handler = move || async move { ([("content-type", "application/json")], Body::from(answer)) };
    axum::Router::new()
        .route("/v1.0/users", axum::routing::get(handler.clone()))
        .route("/v1.0/users/{id}", axum::routing::get(handler))
}

fn in_process(criterion: &mut Criterion) {
    let (lab, runtime) = (Lab::new(), Runtime::new().expect("a runtime"));
    let list = "/v1.0/users?$top=999".to_owned();
    for (name, path, elements) in [("one user", lab.user.clone(), 1), ("$top=999", list, 999)] {
        let mut group = criterion.benchmark_group(format!("Graph in process: {name}"));
        group.throughput(Throughput::Elements(elements));
        group.bench_function("forestbed", |bencher| {
            let request = lab.request(&path, Bytes::new());
            bencher.iter(|| black_box(lab.core.handle(&request, now())));
        });
        group.bench_function("axum, the same bytes", |bencher| {
            let app = router(lab.answer(&path));
            bencher.iter(|| {
                let asked = app.clone().oneshot(lab.request(&path, Body::empty()));
                black_box(runtime.block_on(asked))
            });
        });
        group.finish();
    }
}

fn over_a_socket(criterion: &mut Criterion) {
    let (lab, runtime) = (Lab::new(), Runtime::new().expect("a runtime"));
    let answer = lab.answer(&lab.user);
    let client = reqwest::Client::new();
    let wiremock = runtime.block_on(async {
        let server = wiremock::MockServer::start().await;
        let reply = wiremock::ResponseTemplate::new(200).set_body_raw(answer.to_vec(), "application/json");
        wiremock::Mock::given(wiremock::matchers::any()).respond_with(reply).mount(&server).await;
        server
    });
    let axum = runtime.block_on(listen(router(answer)));
    let tenant = forestbed_mock_graph::TenantService::new(Arc::clone(lab.core.world()), None);
    let forestbed = runtime.block_on(listen(axum::Router::new().fallback_service(
        tenant.map_err(|dropped| -> std::convert::Infallible { panic!("no fault drops: {dropped:?}") }),
    )));
    let mut group = criterion.benchmark_group("Graph over a socket: one user");
    group.throughput(Throughput::Elements(1)).measurement_time(Duration::from_secs(3));
    for (name, address) in [
        ("forestbed", forestbed),
        ("axum, the same bytes", axum),
        ("wiremock, the same bytes", *wiremock.address()),
    ] {
        let url = format!("http://{address}{}", lab.user);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                runtime.block_on(async {
                    let asked = client.get(&url).header("authorization", &lab.bearer).send().await;
                    let answer = asked.expect("an answer");
                    assert_eq!(answer.status(), 200);
                    answer.bytes().await.expect("a body")
                })
            });
        });
    }
    group.finish();
}

async fn listen(app: axum::Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

criterion_group!(benches, in_process, over_a_socket);
criterion_main!(benches);
