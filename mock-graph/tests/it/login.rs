//! The token service against microsoft-graph.md section 1.

use super::support::{Answer, HOST_NAME, Lab, WALL, at, decode};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use forestbed_sim::fault::{Effect, Fault};
use forestbed_sim::journal::Side;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};
use std::time::Duration;

fn keys_of(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn configuration_names_the_host_that_was_asked_for_every_name_of_the_tenant() {
    let lab = Lab::new();
    let id = lab.tenant.to_string();
    let check = |name: &str, segment: &str, issuer: &str| {
        let answer = lab.get(&format!("/{name}/v2.0/.well-known/openid-configuration"));
        assert_eq!(answer.status, 200, "{name}");
        let root = format!("https://{HOST_NAME}/{segment}");
        for (key, path) in [
            ("token_endpoint", "/oauth2/v2.0/token"),
            ("authorization_endpoint", "/oauth2/v2.0/authorize"),
            ("device_authorization_endpoint", "/oauth2/v2.0/devicecode"),
            ("end_session_endpoint", "/oauth2/v2.0/logout"),
            ("jwks_uri", "/discovery/v2.0/keys"),
        ] {
            assert_eq!(answer.body[key], format!("{root}{path}"), "{name} {key}");
        }
        assert_eq!(answer.body["issuer"], format!("https://{HOST_NAME}/{issuer}/v2.0"), "{name}");
    };
    check(&id, &id, &id);
    check("contoso.com", &id, &id);
    check("Contoso.onmicrosoft.com", &id, &id);
    check("common", "common", "{tenantid}");
    check("organizations", "organizations", "{tenantid}");
}

#[test]
fn configuration_has_the_fields_of_the_real_document() {
    // microsoft-graph.md 1.2, from a real document of 2026-07-13
    let fields = [
        "authorization_endpoint",
        "claims_supported",
        "cloud_graph_host_name",
        "cloud_instance_name",
        "device_authorization_endpoint",
        "end_session_endpoint",
        "frontchannel_logout_supported",
        "http_logout_supported",
        "id_token_signing_alg_values_supported",
        "issuer",
        "jwks_uri",
        "kerberos_endpoint",
        "msgraph_host",
        "mtls_endpoint_aliases",
        "rbac_url",
        "request_uri_parameter_supported",
        "response_modes_supported",
        "response_types_supported",
        "scopes_supported",
        "subject_types_supported",
        "tenant_region_scope",
        "tls_client_certificate_bound_access_tokens",
        "token_endpoint",
        "token_endpoint_auth_methods_supported",
        "userinfo_endpoint",
    ];
    let body = Lab::new().get("/contoso.com/v2.0/.well-known/openid-configuration").body;
    assert_eq!(keys_of(&body), fields);
    assert_eq!(body["subject_types_supported"], json!(["pairwise"]));
    let methods =
        ["client_secret_post", "private_key_jwt", "client_secret_basic", "self_signed_tls_client_auth"];
    assert_eq!(body["token_endpoint_auth_methods_supported"], json!(methods));
}

#[test]
fn the_older_configuration_has_the_older_issuer_and_endpoints() {
    let lab = Lab::new();
    let body = lab.get("/contoso.com/.well-known/openid-configuration").body;
    assert_eq!(body["issuer"], format!("https://sts.windows.net/{}/", lab.tenant));
    assert_eq!(body["token_endpoint"], format!("https://{HOST_NAME}/{}/oauth2/token", lab.tenant));
}

#[test]
fn instance_discovery_knows_microsofts_hosts_and_its_own() {
    let lab = Lab::new();
    let ask = |host: &str| {
        let path = "/common/discovery/instance?api-version=1.1&authorization_endpoint=";
        lab.get(&format!("{path}https://{host}/contoso.com/oauth2/v2.0/authorize"))
    };
    let own = ask(HOST_NAME);
    let expected = format!("https://{HOST_NAME}/contoso.com/v2.0/.well-known/openid-configuration");
    assert_eq!(own.body["tenant_discovery_endpoint"], expected);
    assert_eq!(keys_of(&own.body), ["api-version", "metadata", "tenant_discovery_endpoint"]);
    let metadata = own.body["metadata"].as_array().unwrap();
    assert!(metadata.iter().any(|cloud| cloud["preferred_network"] == HOST_NAME));
    assert_eq!(keys_of(&metadata[0]), ["aliases", "preferred_cache", "preferred_network"]);
    assert_eq!(ask("login.microsoftonline.com").status, 200);
    assert_eq!(ask("login.fabrikam.test").body["error"], "invalid_instance");
    assert_eq!(lab.get("/common/discovery/instance").status, 400);
}

/// The signature of a token, checked with the public key that the key set lists under its kid.
fn verify(set: &Value, token: &str) -> bool {
    let (header, _) = decode(token);
    let keys = set["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("the key is listed");
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    RsaPublicKeyComponents { n: bytes("n"), e: bytes("e") }
        .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
        .is_ok()
}

#[test]
fn a_token_verifies_with_the_key_set_of_either_generation() {
    let lab = Lab::new();
    let bearer = lab.bearer();
    let token = bearer.strip_prefix("Bearer ").unwrap();
    for path in ["/contoso.com/discovery/v2.0/keys", "/common/discovery/keys"] {
        let set = lab.get(path).body;
        assert_eq!(set["keys"].as_array().unwrap().len(), 2, "{path}");
        let key = &set["keys"][0];
        assert_eq!((&key["kty"], &key["use"]), (&json!("RSA"), &json!("sig")), "{path}");
        assert!(verify(&set, token), "{path}");
    }
}

#[test]
fn a_token_carries_the_claims_of_an_app_only_graph_token() {
    let lab = Lab::new();
    let bearer = lab.bearer();
    let (header, claims) = decode(bearer.strip_prefix("Bearer ").unwrap());
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("JWT")));
    for (claim, expected) in [
        ("ver", json!("1.0")),
        ("iss", json!(format!("https://sts.windows.net/{}/", lab.tenant))),
        ("aud", json!("https://graph.microsoft.com")),
        ("appid", json!(lab.app.app_id.to_string())),
        ("app_displayname", json!(lab.app.display_name)),
        ("appidacr", json!("1")),
        ("idtyp", json!("app")),
        ("oid", json!(lab.app.service_principal_id.to_string())),
        ("sub", json!(lab.app.service_principal_id.to_string())),
        ("tid", json!(lab.tenant.to_string())),
        ("roles", json!(lab.app.roles)),
        ("exp", json!(WALL + 3599)),
        ("nbf", claims["iat"].clone()),
    ] {
        assert_eq!(claims[claim], expected, "{claim}");
    }
    assert!(claims["iat"].as_u64().is_some_and(|iat| iat <= WALL && iat + 600 > WALL));
}

#[test]
fn success_has_numbers_in_the_new_endpoint_and_strings_in_the_old() {
    let lab = Lab::new();
    let new = lab.token("/contoso.com/oauth2/v2.0/token", &lab.form());
    assert_eq!(keys_of(&new.body), ["access_token", "expires_in", "ext_expires_in", "token_type"]);
    assert_eq!((&new.body["expires_in"], &new.body["token_type"]), (&json!(3599), &json!("Bearer")));
    let form = lab.form().replace("scope=", "resource=").replace("%2F.default", "");
    let old = lab.token("/contoso.com/oauth2/token", &form);
    let keys = [
        "access_token",
        "expires_in",
        "expires_on",
        "ext_expires_in",
        "not_before",
        "resource",
        "token_type",
    ];
    assert_eq!(keys_of(&old.body), keys);
    assert_eq!((&old.body["expires_in"], &old.body["ext_expires_in"]), (&json!("3599"), &json!("3599")));
    assert_eq!(old.body["expires_on"], (WALL + 3599).to_string());
    assert_eq!(old.body["resource"], "https://graph.microsoft.com");
}

#[test]
fn scopes_come_as_clients_write_them() {
    let lab = Lab::new();
    let check = |resource: &str, audience: &str| {
        let form = lab.form().replace("https%3A%2F%2Fgraph.microsoft.com", resource);
        let answer = lab.token("/contoso.com/oauth2/v2.0/token", &form);
        assert_eq!(answer.status, 200, "{resource}: {}", answer.body);
        let (_, claims) = decode(answer.body["access_token"].as_str().unwrap());
        assert_eq!(claims["aud"], audience, "{resource}");
    };
    let graph = "https://graph.microsoft.com";
    // clients.md: with another host, without port, with a double slash
    for resource in [
        "https://graph.microsoft.com/",
        "https://login.contoso.test:8443",
        "https://login.contoso.test",
        "https://127.0.0.1:4711/",
        "http://localhost",
    ] {
        check(resource, graph);
    }
    check("00000003-0000-0000-c000-000000000000", "00000003-0000-0000-c000-000000000000");
    check("https://graph.windows.net", "https://graph.windows.net");
}

#[test]
fn basic_credentials_are_taken_as_well() {
    let lab = Lab::new();
    let credentials = STANDARD.encode(format!("{}:{}", lab.app.app_id, lab.app.secret));
    let request = Request::post("/contoso.com/oauth2/v2.0/token")
        .header(HOST, HOST_NAME)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
        .header(AUTHORIZATION, format!("Basic {credentials}"))
        .body(Bytes::from("grant_type=client_credentials&scope=https://graph.microsoft.com/.default"))
        .unwrap();
    assert_eq!(lab.send(request, at(WALL, Duration::ZERO)).status, 200);
}

/// What a refusal says: status, OAuth code, number, and the text before the trailer.
fn refusal(answer: &Answer) -> (u16, String, u64, String, bool) {
    let body = &answer.body;
    let text = body["error_description"].as_str().unwrap_or("");
    let number = body["error_codes"][0].as_u64().unwrap_or(0);
    let (text, _) = text.split_once(" Trace ID: ").unwrap_or((text, ""));
    let text = text.strip_prefix(&format!("AADSTS{number}: ")).unwrap_or("no prefix").to_owned();
    let uri = format!("https://login.microsoftonline.com/error?code={number}");
    let has_uri = body.get("error_uri").is_some_and(|got| got == uri.as_str());
    (answer.status, body["error"].as_str().unwrap_or("").to_owned(), number, text, has_uri)
}

#[test]
fn refusals_are_those_of_the_reference() {
    let lab = Lab::new();
    let good = lab.form();
    let (app, tenant) = (lab.app.app_id.to_string(), lab.tenant.to_string());
    let path = "/contoso.com/oauth2/v2.0/token";
    let check = |path: &str, form: &str, status: u16, error: &str, code: u64, text: &str, uri: bool| {
        let answer = lab.token(path, form);
        assert_eq!(refusal(&answer), (status, error.to_owned(), code, text.to_owned(), uri), "{path} {form}");
    };
    let secret = format!(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{app}'."
    );
    let wrong = good.replace(&lab.app.secret, "wrong");
    check(path, &wrong, 401, "invalid_client", 7_000_215, &secret, true);
    let id_for_secret = good.replace(&lab.app.secret, &lab.app.secret_id.to_string());
    check(path, &id_for_secret, 401, "invalid_client", 7_000_215, &secret, true);
    let missing =
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
    let without = good.replace(&format!("&client_secret={}", lab.app.secret), "");
    check(path, &without, 401, "invalid_client", 7_000_218, missing, true);
    let none = "00000000-0000-0000-0000-000000000000";
    let text = format!("{none} is not a valid application identifier.");
    check(path, &good.replace(&app, none), 400, "unauthorized_client", 700_038, &text, false);
    let stranger = "6fd2c87f-b296-42f0-b197-1e91e994b900";
    let text = format!(
        "Application with identifier '{stranger}' was not found in the directory 'Contoso'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
    );
    check(path, &good.replace(&app, stranger), 400, "unauthorized_client", 700_016, &text, true);
    let grant = good.replace("client_credentials", "magic");
    let text = "The app requested an unsupported grant type 'magic'.";
    check(path, &grant, 400, "unsupported_grant_type", 70_003, text, false);
    let text = "The request body must contain the following parameter: 'grant_type'.";
    check(path, "", 400, "invalid_request", 900_144, text, true);
    let text = "No tenant-identifying information found in either the request or implied by any provided credentials.";
    check("/common/oauth2/v2.0/token", &good, 400, "invalid_request", 50_059, text, true);
    let scope = good.replace("https%3A%2F%2Fgraph.microsoft.com%2F.default", "User.Read");
    let text = "The provided value for scope User.Read is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).";
    check(path, &scope, 400, "invalid_scope", 1_002_012, text, true);
    let resource = good.replace("graph.microsoft.com", "fabrikam.com");
    let text = format!(
        "The resource principal named https://fabrikam.com was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."
    );
    check(path, &resource, 400, "invalid_resource", 500_011, &text, true);
    let text =
        "Specified tenant identifier 'nowhere' is neither a valid DNS name, nor a valid external domain.";
    check("/nowhere/oauth2/v2.0/token", &good, 400, "invalid_request", 900_023, text, true);
}

#[test]
fn an_unknown_tenant_is_named() {
    let lab = Lab::new();
    for name in ["fabrikam.com", "6fd2c87f-b296-42f0-b197-1e91e994b900", "consumers"] {
        let answer = lab.token(&format!("/{name}/oauth2/v2.0/token"), &lab.form());
        let (status, error, code, text, uri) = refusal(&answer);
        assert_eq!((status, error.as_str(), code, uri), (400, "invalid_request", 90_002, true), "{name}");
        assert!(text.starts_with(&format!("Tenant '{name}' not found.")), "{text}");
        let discovery = lab.get(&format!("/{name}/v2.0/.well-known/openid-configuration"));
        assert_eq!((discovery.status, &discovery.body["error"]), (400, &json!("invalid_tenant")), "{name}");
    }
}

#[test]
fn a_refusal_tells_when_and_under_which_ids() {
    let lab = Lab::new();
    let correlation = "6fd2c87f-b296-42f0-b197-1e91e994b900";
    let request = Request::post("/contoso.com/oauth2/v2.0/token")
        .header("client-request-id", correlation)
        // JSON is no form: its parameters are not seen (900144 in microsoft-graph-docs-contrib#1369)
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::from(r#"{"grant_type":"client_credentials"}"#))
        .unwrap();
    let body = lab.send(request, at(WALL, Duration::ZERO)).body;
    assert_eq!(body["error_codes"], json!([900_144]));
    // virtual time: the world's default start
    assert_eq!(body["timestamp"], "2026-01-05 08:00:00Z");
    assert_eq!(body["correlation_id"], correlation);
    let trailer = format!(
        " Trace ID: {} Correlation ID: {correlation} Timestamp: 2026-01-05 08:00:00Z",
        body["trace_id"].as_str().unwrap()
    );
    assert!(body["error_description"].as_str().unwrap().ends_with(&trailer), "{body}");
    let expected =
        ["correlation_id", "error", "error_codes", "error_description", "error_uri", "timestamp", "trace_id"];
    assert_eq!(keys_of(&body), expected);
}

#[test]
fn a_token_is_not_given_on_get() {
    let answer = Lab::new().get("/contoso.com/oauth2/v2.0/token");
    assert_eq!((answer.status, &answer.body["error_codes"]), (400, &json!([900_561])));
}

#[test]
fn a_realm_is_managed_or_unknown() {
    let lab = Lab::new();
    let managed = lab.get("/common/userrealm/ada%40contoso.com?api-version=1.0").body;
    assert_eq!(
        managed,
        json!({
            "ver": "1.0",
            "account_type": "Managed",
            "domain_name": "contoso.com",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        })
    );
    let unknown = lab.get("/common/userrealm/ada@fabrikam.com?api-version=2.0").body;
    assert_eq!(unknown["NameSpaceType"], "Unknown");
    let state = lab.get("/GetUserRealm.srf?login=ada@contoso.com").body;
    assert_eq!((&state["State"], &state["NameSpaceType"]), (&json!(4), &json!("Managed")));
}

#[test]
fn what_is_not_served_is_said_to_be_unknown() {
    let lab = Lab::new();
    let answer = lab.get("/contoso.com/kerberos");
    assert_eq!(answer.status, 404);
    let entry = lab.world.journal.since(0, 1).remove(0);
    assert_eq!(entry.unknown.as_deref(), Some("GET /contoso.com/kerberos"));
}

#[test]
fn a_scripted_fault_of_the_token_service_is_told_in_its_own_way() {
    let check = |status: u16, code: u64| {
        let lab = Lab::new();
        let pattern = "POST */token".to_owned();
        let effect = Effect::status(status, Some(Duration::from_secs(7)));
        lab.world.faults.add(Fault {
            side: Side::Login,
            pattern,
            nth: 1,
            count: Some(1),
            every: 1,
            per_million: 1_000_000,
            effect,
        });
        let refused = lab.token("/contoso.com/oauth2/v2.0/token", &lab.form());
        assert_eq!((refused.status, refused.body["error_codes"][0].as_u64()), (status, Some(code)));
        assert_eq!(refused.header("retry-after"), "7");
        assert!(lab.world.journal.since(0, 1)[0].fault);
        lab.bearer();
    };
    // Microsoft's list of AADSTS codes: TenantThrottlingError, MsodsServiceUnavailable
    check(429, 90_055);
    check(503, 90_033);
}

#[test]
fn token_bodies_have_their_keys_in_the_order_of_the_service() {
    // microsoft-graph.md 1.3, 1.5, A1 and A2
    let lab = Lab::new();
    let check = |path: &str, form: &str, start: &str, expected: &[&str]| {
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::copy_from_slice(form.as_bytes()))
            .unwrap();
        let body = lab.core.handle(&request, at(WALL, Duration::ZERO)).response.into_body();
        let text = std::str::from_utf8(&body).unwrap();
        assert!(text.starts_with(start), "{text}");
        let places: Vec<_> = expected.iter().map(|key| text.find(&format!("\"{key}\":"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} {text}");
    };
    let form = lab.form();
    let new = r#"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"eyJ"#;
    check("/contoso.com/oauth2/v2.0/token", &form, new, &[]);
    let older = form.replace("scope=", "resource=").replace("%2F.default", "");
    let start = r#"{"token_type":"Bearer","expires_in":"3599","ext_expires_in":"3599","expires_on":""#;
    check(
        "/contoso.com/oauth2/token",
        &older,
        start,
        &["expires_on", "not_before", "resource", "access_token"],
    );
    let wrong = form.replace(&lab.app.secret, "wrong");
    let start = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret"#;
    let keys = ["error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri"];
    check("/contoso.com/oauth2/v2.0/token", &wrong, start, &keys);
}
