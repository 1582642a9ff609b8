//! What lies around the directory: logs, subscriptions, provisioning, domains, invitations, photos.

mod audit;
mod domains;
mod people;
mod upload;
mod webhook;

use super::support::{Answer, HOST_NAME, Lab, WALL, at, world};
use bytes::Bytes;
use forestbed_mock_graph::Validation;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::limits::Limits;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde_json::Value;
use std::time::Duration;

pub(crate) const NAME: &str = "mock-graph/tests/it/services";

/// A client with a token, without a socket.
pub(crate) struct Client {
    pub(crate) lab: Lab,
    bearer: String,
}

impl Client {
    pub(crate) fn new() -> Client {
        Client::limited(|_| {})
    }

    pub(crate) fn limited(change: impl FnOnce(&mut Limits)) -> Client {
        let lab = Lab::of(world(ClockMode::Frozen, change));
        let bearer = lab.bearer();
        Client { lab, bearer }
    }

    pub(crate) fn raw(&self, method: &str, path: &str, kind: &str, body: impl Into<Bytes>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path.replace(' ', "%20"))
            .header(HOST, HOST_NAME)
            .header(AUTHORIZATION, &self.bearer)
            .header(CONTENT_TYPE, kind)
            .body(body.into())
            .unwrap();
        self.lab.send(request, at(WALL, Duration::ZERO))
    }

    /// Sends a request whose status is known, and gives what came.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16, method: &str, path: &str, body: Value) -> Answer {
        let bytes = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.raw(method, path, "application/json", bytes);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        answer
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        self.expect(200, "GET", path, Value::Null).body
    }

    /// Sends a request that is refused, and gives the error's code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, method: &str, path: &str, body: Value) -> String {
        let answer = self.expect(status, method, path, body);
        answer.body["error"]["code"].as_str().unwrap_or("").to_owned()
    }

    /// Sends a request whose answer waits for what an address says.
    #[track_caller]
    pub(crate) fn asked(&self, path: &str, body: &Value) -> Validation {
        let request = Request::post(path)
            .header(HOST, HOST_NAME)
            .header(AUTHORIZATION, &self.bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let reply = self.lab.core.handle(&request, at(WALL, Duration::ZERO));
        *reply.validation.expect("an address that is to be asked")
    }

    pub(crate) fn exchanges(&self) -> u64 {
        self.lab.world.journal.last_seq()
    }
}
