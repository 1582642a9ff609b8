//! A small world, and a client without a socket.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use forestbed_mock_graph::{Reception, Reply, TenantCore};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::ids::Guid;
use forestbed_sim::limits::Limits;
use forestbed_sim::spec::EstateSpec;
use forestbed_sim::tenant::Application;
use forestbed_sim::world::World;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Wall time of most tests: years away from virtual time, so that a mix-up shows.
pub(crate) const WALL: u64 = 1_900_000_000;
pub(crate) const HOST_NAME: &str = "login.contoso.test:8443";

/// A world without forests: its tenant is all that these tests ask.
pub(crate) fn world(clock: ClockMode, change: impl FnOnce(&mut Limits)) -> Arc<World> {
    let mut spec = EstateSpec { clock, ..EstateSpec::default() };
    spec.forests.clear();
    change(&mut spec.limits);
    Arc::new(World::generate(spec, 1).unwrap())
}

pub(crate) struct Lab {
    pub(crate) world: Arc<World>,
    pub(crate) core: TenantCore,
    pub(crate) app: Application,
    pub(crate) tenant: Guid,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Answer {
        let (parts, body) = reply.response.into_parts();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

pub(crate) fn at(wall_seconds: u64, monotonic: Duration) -> Reception {
    Reception { wall_seconds, monotonic, secure: true }
}

impl Lab {
    pub(crate) fn new() -> Lab {
        Lab::of(world(ClockMode::Frozen, |_| {}))
    }

    pub(crate) fn of(world: Arc<World>) -> Lab {
        let (app, tenant) = {
            let tenant = world.tenant();
            (tenant.applications()[0].clone(), tenant.id())
        };
        Lab { core: TenantCore::new(Arc::clone(&world), None), world, app, tenant }
    }

    pub(crate) fn send(&self, request: Request<Bytes>, reception: Reception) -> Answer {
        let reply = self.core.handle(&request, reception);
        super::validate::check(&request, &reply);
        reply.into()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(HOST, HOST_NAME).body(Bytes::new()).unwrap();
        self.send(request, at(WALL, Duration::ZERO))
    }

    /// Posts a form to the token endpoint.
    pub(crate) fn token(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(HOST, HOST_NAME)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::copy_from_slice(form.as_bytes()))
            .unwrap();
        self.send(request, at(WALL, Duration::ZERO))
    }

    /// The form of a good request for a Graph token.
    pub(crate) fn form(&self) -> String {
        format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
            self.app.app_id, self.app.secret,
        )
    }

    /// A token, got as clients get it.
    pub(crate) fn bearer(&self) -> String {
        let answer = self.token(&format!("/{}/oauth2/v2.0/token", self.tenant), &self.form());
        assert_eq!(answer.status, 200, "{}", answer.body);
        format!("Bearer {}", answer.body["access_token"].as_str().unwrap())
    }

    /// A token that is good by the wall clock of the machine as well as by that of most tests: for real sockets.
    pub(crate) fn lasting_bearer(&self) -> String {
        let (header, _) = decode(self.bearer().strip_prefix("Bearer ").unwrap());
        let mut claims = self.good_claims();
        claims["nbf"] = json!(0);
        forge(header["kid"].as_str().unwrap(), &claims)
    }

    /// A request to Graph.
    pub(crate) fn graph(&self, method: &str, path: &str, bearer: &str, reception: Reception) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, HOST_NAME)
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from_static(b"{}"))
            .unwrap();
        self.send(request, reception)
    }

    /// Claims that are good in every respect.
    pub(crate) fn good_claims(&self) -> Value {
        json!({
            "aud": "https://graph.microsoft.com",
            "iss": format!("https://sts.windows.net/{}/", self.tenant),
            "nbf": WALL - 10,
            "exp": WALL + 3600,
            "appid": self.app.app_id.to_string(),
            "tid": self.tenant.to_string(),
            "roles": self.app.roles,
        })
    }
}

/// Signs a token apart from the code under test, with the committed key and ring.
pub(crate) fn forge(kid: &str, claims: &Value) -> String {
    let pem = include_str!("../../data/keys/signing-1.pem");
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = ring::rsa::KeyPair::from_der(&STANDARD.decode(text).unwrap()).unwrap();
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": kid });
    let message = format!("{}.{}", encode(&header), encode(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    key.sign(&ring::signature::RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
    format!("Bearer {message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Header and claims of a token.
pub(crate) fn decode(token: &str) -> (Value, Value) {
    let part = |n| {
        let part = token.split('.').nth(n).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    (part(0), part(1))
}
