//! What stands around every call of these tests: an answer of Graph with an unknown or wrongly typed property
//! fails the test that asked for it. Over sockets the server does the same (`GraphOptions::check_answers`).

use super::support::{Lab, WALL, at};
use bytes::Bytes;
use forestbed_mock_graph::Reply;
use forestbed_mock_graph::validate::{Answer, faults};
use http::Request;
use http::header::CONTENT_TYPE;
use std::time::Duration;

/// Fails when Graph's answer does not fit the property tables; answers of the token service are not looked at.
pub(crate) fn check(request: &Request<Bytes>, reply: &Reply) {
    let path = request.uri().path();
    if !path.starts_with("/v1.0") && !path.starts_with("/beta") {
        return;
    }
    let kind = reply.response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let faults = faults(&Answer {
        path,
        status: reply.response.status().as_u16(),
        content_type: kind.unwrap_or(""),
        body: reply.response.body(),
    });
    let body = String::from_utf8_lossy(reply.response.body());
    assert!(faults.is_empty(), "{} {path}: {faults:?}\n{body}", request.method());
}

#[test]
fn every_listing_of_the_default_tenant_fits_the_tables() {
    let lab = Lab::new();
    let bearer = lab.bearer();
    for version in ["v1.0", "beta"] {
        for set in ["users", "groups", "contacts", "domains", "organization", "subscribedSkus"] {
            let path = format!("/{version}/{set}");
            let page = lab.graph("GET", &path, &bearer, at(WALL, Duration::ZERO));
            assert_eq!(page.status, 200, "{path}");
            for element in page.body["value"].as_array().unwrap() {
                let one = format!("{path}/{}", element["id"].as_str().unwrap());
                assert_eq!(lab.graph("GET", &one, &bearer, at(WALL, Duration::ZERO)).status, 200, "{one}");
            }
        }
    }
}
