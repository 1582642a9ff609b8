//! Answers over a generated tenant: shapes, texts and paging, each held against the reference.

use super::{ApiCall, ApiReply, ApiVersion, Caller, handle};
use crate::validate::{Answer, faults};
use forestbed_sim::clock::DEFAULT_START;
use forestbed_sim::ids::Guid;
use forestbed_sim::spec::{DefectMix, EstateSpec, PopulationSpec, TenantSpec};
use forestbed_sim::world::World;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

const BASE: &str = "https://graph.example";

fn world(cloud_users: u32) -> World {
    let mut spec = EstateSpec::default();
    spec.forests[0].population = PopulationSpec { users: 3, ..PopulationSpec::NOBODY };
    spec.forests[0].defects = DefectMix::none();
    spec.forests[0].decoys = 0;
    spec.tenant = TenantSpec { cloud_users, ..TenantSpec::default() };
    World::generate(spec, 1).unwrap()
}

struct Client<'w> {
    world: &'w World,
    headers: HeaderMap,
    version: ApiVersion,
}

impl<'w> Client<'w> {
    fn new(world: &'w World) -> Client<'w> {
        Client { world, headers: HeaderMap::new(), version: ApiVersion::V1 }
    }

    fn with(mut self, name: &'static str, value: &'static str) -> Client<'w> {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    fn advanced(world: &'w World) -> Client<'w> {
        Client::new(world).with("consistencylevel", "eventual")
    }

    fn send(&self, method: &Method, target: &str, body: &str) -> ApiReply {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = self.headers.clone();
        if !body.is_empty() && !headers.contains_key("content-type") {
            headers.insert("content-type", HeaderValue::from_static("application/json"));
        }
        let caller = Caller { unchecked: true, ..Caller::default() };
        let reply = handle(
            self.world,
            &ApiCall {
                method,
                version: self.version,
                path,
                query,
                headers: &headers,
                body: body.as_bytes(),
                base: BASE,
                caller: &caller,
                now: DEFAULT_START,
                request_id: Guid::NIL,
            },
        );
        self.check(path, &reply);
        reply
    }

    /// No test sees an answer that does not fit the property tables.
    fn check(&self, path: &str, reply: &ApiReply) {
        let kind = reply.headers.iter().find(|(name, _)| name == "content-type");
        let faults = faults(&Answer {
            path: &format!("/{}{path}", self.version.as_str()),
            status: reply.status,
            content_type: kind.and_then(|(_, value)| value.to_str().ok()).unwrap_or(""),
            body: &reply.body,
        });
        assert!(faults.is_empty(), "{path}: {faults:?}\n{}", String::from_utf8_lossy(&reply.body));
    }

    fn get(&self, target: &str) -> Value {
        let reply = self.send(&Method::GET, target, "");
        assert_eq!(reply.status, 200, "{target}: {}", text(&reply));
        serde_json::from_slice(&reply.body).unwrap()
    }

    fn post(&self, target: &str, body: &Value) -> (u16, Value) {
        self.body(&Method::POST, target, body)
    }

    fn body(&self, method: &Method, target: &str, body: &Value) -> (u16, Value) {
        let reply = self.send(method, target, &body.to_string());
        let json =
            if reply.body.is_empty() { Value::Null } else { serde_json::from_slice(&reply.body).unwrap() };
        (reply.status, json)
    }

    /// Status, code and message of a refusal.
    fn refusal(&self, method: &Method, target: &str, body: &str) -> (u16, String, String) {
        let reply = self.send(method, target, body);
        let json: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let part = |name: &str| json["error"][name].as_str().unwrap_or_default().to_owned();
        (reply.status, part("code"), part("message"))
    }

    /// The values of a member over all pages.
    fn pages(&self, target: &str, member: &str) -> Vec<Vec<String>> {
        let (mut pages, mut next) = (Vec::new(), Some(target.to_owned()));
        while let Some(target) = next {
            let page = self.get(&target);
            let values = page["value"].as_array().unwrap();
            pages.push(values.iter().map(|v| v[member].as_str().unwrap_or_default().to_owned()).collect());
            let prefix = format!("{BASE}/v1.0");
            next = page["@odata.nextLink"].as_str().map(|l| l.strip_prefix(&prefix).unwrap().to_owned());
            assert!(pages.len() < 1000, "pages without end");
        }
        pages
    }
}

fn text(reply: &ApiReply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}

/// The member names of an object as they stand in the text (at its first level).
fn order(json: &str) -> Vec<String> {
    let (mut depth, mut names, mut rest) = (0, Vec::new(), json);
    while let Some(c) = rest.chars().next() {
        let mut skip = 1;
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            '"' => {
                let end = rest[1..].find('"').unwrap() + 2;
                if depth == 1 && rest[end..].starts_with(':') {
                    names.push(rest[1..end - 1].to_owned());
                }
                skip = end;
            }
            _ => {}
        }
        rest = &rest[skip..];
    }
    names
}

mod pages;
mod shapes;
mod writes;
