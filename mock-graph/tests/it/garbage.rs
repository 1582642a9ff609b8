//! Whatever comes in, an answer goes out.

use super::support::{Lab, WALL, at};
use bytes::Bytes;
use http::{HeaderValue, Request};
use proptest::prelude::*;
use std::sync::LazyLock;
use std::time::Duration;

static LAB: LazyLock<Lab> = LazyLock::new(Lab::new);

fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        Just("v1.0".to_owned()),
        Just("beta".to_owned()),
        Just("contoso.com".to_owned()),
        Just("oauth2/v2.0/token".to_owned()),
        Just("oauth2/token".to_owned()),
        Just("common/userrealm".to_owned()),
        Just("discovery/instance".to_owned()),
        Just("users".to_owned()),
        Just("users('".to_owned()),
        "[!-~]{0,12}",
        "(%[0-9a-f]{2}){1,4}",
    ];
    proptest::collection::vec(segment, 0..5).prop_map(|parts| format!("/{}", parts.join("/")))
}

proptest! {
    #[test]
    fn no_request_makes_the_core_panic(
        method in "GET|POST|PATCH|HEAD|OPTIONS|[A-Z]{1,9}",
        path in path(),
        authorization in proptest::collection::vec(any::<u8>(), 0..40),
        scheme in "(Bearer |Basic |)",
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "(grant_type=client_credentials&)?(client_id=[!-~]{0,40}&)?(scope=[!-~]{0,40})?".prop_map(String::into_bytes),
        ],
    ) {
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = method.parse().unwrap();
        let Ok(uri) = path.parse() else { return Ok(()) };
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        let value = [scheme.as_bytes(), &authorization].concat();
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            headers.insert("authorization", value.clone());
            headers.insert("client-request-id", value.clone());
            headers.insert("host", value);
        }
        headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
        let answer = LAB.send(request, at(WALL, Duration::ZERO));
        prop_assert!((200..600).contains(&answer.status));
        prop_assert!(answer.headers.contains_key("date"));
    }
}
