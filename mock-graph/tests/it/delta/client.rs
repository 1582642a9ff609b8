//! A client that writes and follows changes, without a socket.

use crate::support::{Answer, HOST_NAME, Lab, WALL, at};
use bytes::Bytes;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::ids::Guid;
use forestbed_sim::spec::{EstateSpec, TenantSpec};
use forestbed_sim::tenant::CallContext;
use forestbed_sim::world::World;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Client {
    pub(super) lab: Lab,
    bearer: RefCell<String>,
}

/// A round that was followed to its end.
#[derive(Debug)]
pub(super) struct Round {
    /// The objects of every page.
    pub(super) pages: Vec<Vec<Value>>,
    /// Where the next round begins.
    pub(super) delta: String,
    pub(super) context: String,
}

impl Round {
    pub(super) fn items(&self) -> Vec<&Value> {
        self.pages.iter().flatten().collect()
    }

    pub(super) fn ids(&self) -> Vec<&str> {
        self.items().iter().map(|item| item["id"].as_str().unwrap()).collect()
    }
}

/// A tenant of three people, no group, and no limits.
pub(super) fn spec() -> EstateSpec {
    let tenant = TenantSpec { cloud_users: 3, cloud_groups: 0, ..TenantSpec::default() };
    let mut spec = EstateSpec { clock: ClockMode::Frozen, tenant, ..EstateSpec::default() };
    spec.forests.clear();
    spec.limits.graph_writes = u32::MAX;
    spec.limits.graph_resource_units = Some(u32::MAX);
    spec
}

impl Client {
    pub(super) fn new() -> Client {
        Client::of(spec())
    }

    pub(super) fn of(spec: EstateSpec) -> Client {
        let lab = Lab::of(Arc::new(World::generate(spec, 1).unwrap()));
        let bearer = RefCell::new(lab.bearer());
        Client { lab, bearer }
    }

    pub(super) fn world(&self) -> &World {
        &self.lab.world
    }

    pub(super) fn advance(&self, span: Duration) {
        self.world().advance(span);
        // on a frozen clock tokens grow old by virtual time
        *self.bearer.borrow_mut() = self.lab.bearer();
    }

    pub(super) fn send(&self, method: &str, target: &str, prefer: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, HOST_NAME)
            .header(AUTHORIZATION, &*self.bearer.borrow())
            .header(CONTENT_TYPE, "application/json")
            .header("prefer", prefer)
            .body(Bytes::from(body.to_string()))
            .unwrap();
        self.lab.send(request, at(WALL, Duration::ZERO))
    }

    /// Asks for a path, or for an absolute link.
    pub(super) fn ask(&self, link: &str, prefer: &str) -> Answer {
        let target = link.strip_prefix(&format!("https://{HOST_NAME}")).unwrap_or(link);
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/v1.0/{target}") };
        self.send("GET", &target.replace(' ', "%20").replace('"', "%22"), prefer, &Value::Null)
    }

    /// Follows a round to its end.
    pub(super) fn round(&self, link: &str, prefer: &str) -> Round {
        let mut answer = self.ask(link, prefer);
        let mut pages = Vec::new();
        loop {
            assert_eq!(answer.status, 200, "{link}: {}", answer.body);
            let context = answer.body["@odata.context"].as_str().unwrap().to_owned();
            pages.push(answer.body["value"].as_array().unwrap().clone());
            assert!(pages.len() < 10_000, "a round without an end");
            let (next, delta) = (&answer.body["@odata.nextLink"], &answer.body["@odata.deltaLink"]);
            assert_ne!(next.is_null(), delta.is_null(), "a page has one of the two links");
            match next.as_str() {
                Some(next) => answer = self.ask(next, prefer),
                None => return Round { pages, delta: delta.as_str().unwrap().to_owned(), context },
            }
        }
    }

    /// Writes, and says what came of it.
    pub(super) fn write(&self, method: &str, path: &str, body: Value, status: u16) -> Value {
        let answer = self.send(method, &format!("/v1.0/{path}"), "", &body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        answer.body
    }

    pub(super) fn user(&self, name: &str) -> String {
        let body = json!({"accountEnabled": true, "displayName": name, "mailNickname": name,
            "userPrincipalName": format!("{name}@contoso.com"), "passwordProfile": {"password": "Hunter-22"}});
        self.write("POST", "users", body, 201)["id"].as_str().unwrap().to_owned()
    }

    pub(super) fn group(&self, name: &str) -> String {
        let body = json!({"displayName": name, "mailNickname": name, "mailEnabled": false,
            "securityEnabled": true});
        self.write("POST", "groups", body, 201)["id"].as_str().unwrap().to_owned()
    }

    pub(super) fn join(&self, group: &str, member: &str) {
        let body =
            json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{member}")});
        self.write("POST", &format!("groups/{group}/members/$ref"), body, 204);
    }

    pub(super) fn leave(&self, group: &str, member: &str) {
        self.write("DELETE", &format!("groups/{group}/members/{member}/$ref"), Value::Null, 204);
    }

    pub(super) fn delete(&self, path: &str) {
        self.write("DELETE", path, Value::Null, 204);
    }

    pub(super) fn restore(&self, id: &str) {
        let ctx = CallContext { now: self.world().clock.now(), app: None };
        self.world().tenant_mut().restore_deleted(&ctx, Guid::parse(id).unwrap()).unwrap();
    }
}
