//! Applications, devices, roles, units, deleted items, memberships: as a client meets them.

use super::support::{Answer, HOST_NAME, Lab, WALL, at};
use bytes::Bytes;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde_json::{Value, json};
use std::time::Duration;

mod applications;
mod confined;
mod lifecycle;
mod roles;

/// A client with all roles of the estate's application.
pub(super) struct Client {
    lab: Lab,
    bearer: String,
}

impl Client {
    fn new() -> Client {
        let lab = Lab::new();
        let bearer = lab.bearer();
        Client { lab, bearer }
    }

    fn send_as(
        &self,
        bearer: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/v1.0{path}"))
            .header(HOST, HOST_NAME)
            .header(AUTHORIZATION, bearer);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = request.header(CONTENT_TYPE, "application/json").body(bytes).unwrap();
        self.lab.send(request, at(WALL, Duration::ZERO))
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send_as(&self.bearer, method, path, &[], body)
    }

    /// The body of an answer that must have this status.
    fn want(&self, status: u16, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.send(method, path, body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        answer.body
    }

    fn get(&self, path: &str) -> Value {
        self.want(200, "GET", path, &Value::Null)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.want(201, "POST", path, body)
    }

    fn advance(&self, seconds: u64) {
        self.lab.world.advance(Duration::from_secs(seconds));
    }
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

fn ids(page: &Value) -> Vec<String> {
    page["value"].as_array().unwrap().iter().map(id).collect()
}

fn user(client: &Client, name: &str) -> String {
    id(&client.post(
        "/users",
        &json!({
            "accountEnabled": true, "displayName": name, "mailNickname": name,
            "userPrincipalName": format!("{name}@contoso.com"),
            "passwordProfile": { "password": "Secret!1234" },
        }),
    ))
}

fn group(client: &Client, name: &str, more: Value) -> Value {
    let mut body = json!({
        "displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true,
    });
    more.as_object().into_iter().flatten().for_each(|(name, value)| body[name] = value.clone());
    client.post("/groups", &body)
}

fn reference(id: &str) -> Value {
    json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}") })
}
