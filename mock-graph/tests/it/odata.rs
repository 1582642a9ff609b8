//! OData over every resource: properties, references, levels of description, the schema.

pub(crate) mod bodies;
mod conformance;
mod fuzz;
mod paths;
mod properties;
mod queries;

use super::support::{Answer, HOST_NAME, Lab, WALL, at};
use bytes::Bytes;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use std::time::Duration;

/// A client that may send headers of its own.
pub(crate) struct Reader {
    pub(crate) lab: Lab,
    bearer: String,
}

impl Reader {
    pub(crate) fn new() -> Reader {
        Reader::of(Lab::new())
    }

    pub(crate) fn of(lab: Lab) -> Reader {
        let bearer = lab.bearer();
        Reader { lab, bearer }
    }

    pub(crate) fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let uri = target.replace(' ', "%20").replace('"', "%22").replace('#', "%23");
        let mut request = Request::builder().method(method).uri(uri).header(HOST, HOST_NAME);
        request = request.header(AUTHORIZATION, &self.bearer);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        self.lab.send(request, at(WALL, Duration::ZERO))
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &[], "")
    }

    /// With `ConsistencyLevel: eventual`.
    pub(crate) fn eventual(&self, target: &str) -> Answer {
        self.send("GET", target, &[("consistencylevel", "eventual")], "")
    }

    /// The first id of a collection.
    pub(crate) fn first(&self, target: &str) -> String {
        self.get(target).body["value"][0]["id"].as_str().unwrap().to_owned()
    }
}
