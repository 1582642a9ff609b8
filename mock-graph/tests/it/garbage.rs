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
        Just("oauth2/v2.0/authorize".to_owned()),
        Just("oauth2/v2.0/devicecode".to_owned()),
        Just("oauth2/deviceauth".to_owned()),
        Just("oauth2/logout".to_owned()),
        Just("common/GetCredentialType".to_owned()),
        Just("oidc/userinfo".to_owned()),
        Just("users".to_owned()),
        Just("users('".to_owned()),
        "[!-~]{0,12}",
        "(%[0-9a-f]{2}){1,4}",
    ];
    proptest::collection::vec(segment, 0..5).prop_map(|parts| format!("/{}", parts.join("/")))
}

/// A form of the estate's own application, good but for what is in its fields.
fn grant() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![
        Just("password"),
        Just("refresh_token"),
        Just("authorization_code"),
        Just("device_code"),
        Just("client_credentials"),
    ];
    let field = prop_oneof![
        Just("username"),
        Just("password"),
        Just("refresh_token"),
        Just("code"),
        Just("device_code"),
        Just(
            "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion"
        ),
        Just("scope"),
        Just("redirect_uri=http://localhost&response_type=code&code_challenge"),
        Just("otc"),
        Just("login"),
    ];
    let fields = proptest::collection::vec((field, "[!-~&&[^&=]]{0,40}|(1\\.)?[A-Za-z0-9_-]{0,80}"), 0..6);
    (kind, fields).prop_map(|(kind, fields)| {
        let mut form = format!("grant_type={kind}&client_id={}&scope=openid", LAB.app.app_id);
        fields.iter().for_each(|(name, value)| form.push_str(&format!("&{name}={value}")));
        form.into_bytes()
    })
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
            grant(),
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
