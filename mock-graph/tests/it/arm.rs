//! What programs ask Azure Resource Manager while they sign in: subscriptions and tenants.

use super::support::{Answer, HOST_NAME, Lab, WALL, at, decode, forge, world};
use bytes::Bytes;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::journal::{Entry, Side};
use http::Request;
use http::header::{AUTHORIZATION, HOST};
use serde_json::{Value, json};
use std::time::Duration;

const SUBSCRIPTIONS: &str = "/subscriptions?api-version=2022-12-01";
const TENANTS: &str = "/tenants?api-version=2022-12-01";

fn ask(lab: &Lab, method: &str, host: &str, path: &str, bearer: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header(HOST, host);
    if !bearer.is_empty() {
        request = request.header(AUTHORIZATION, bearer);
    }
    lab.send(request.body(Bytes::new()).unwrap(), at(WALL, Duration::ZERO))
}

fn get(lab: &Lab, path: &str, bearer: &str) -> Answer {
    ask(lab, "GET", HOST_NAME, path, bearer)
}

/// A token for a resource, got as clients get it.
fn bearer(lab: &Lab, resource: &str) -> String {
    let form = lab.form().replace("https%3A%2F%2Fgraph.microsoft.com", resource);
    let answer = lab.token("/contoso.com/oauth2/v2.0/token", &form);
    format!("Bearer {}", answer.body["access_token"].as_str().unwrap())
}

fn managing(lab: &Lab) -> String {
    bearer(lab, "https%3A%2F%2Fmanagement.azure.com")
}

fn last(lab: &Lab) -> Entry {
    lab.world.journal.since(0, 999).pop().unwrap()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    let error = answer.body["error"].as_object().unwrap();
    assert_eq!((answer.status, &error["code"]), (status, &json!(code)), "{}", answer.body);
    // Graph's envelope has an innerError, this one has none
    assert_eq!(error.keys().collect::<Vec<_>>(), ["code", "message"], "{code}");
    assert_eq!(answer.header("x-ms-failure-cause"), "gateway");
}

#[test]
fn subscriptions_are_an_empty_list_for_a_token_of_either_audience() {
    let lab = Lab::new();
    for resource in ["https%3A%2F%2Fmanagement.azure.com", "https%3A%2F%2Fmanagement.core.windows.net%2F"] {
        let token = bearer(&lab, resource);
        for version in ["2022-12-01", "2019-11-01", "2016-06-01"] {
            let answer = get(&lab, &format!("/subscriptions?api-version={version}"), &token);
            assert_eq!(answer.status, 200, "{}", answer.body);
            let empty = json!({ "value": [], "count": { "type": "Total", "value": 0 } });
            assert_eq!(answer.body, empty, "{resource} {version}");
        }
    }
    let entry = last(&lab);
    assert_eq!((entry.side, entry.operation.as_str()), (Side::Login, "GET /subscriptions"));
    assert_eq!((entry.status, entry.client, entry.unknown), (200, lab.app.app_id.to_string(), None));
}

#[test]
fn the_one_tenant_is_listed_with_its_verified_domains() {
    let lab = Lab::new();
    let token = managing(&lab);
    let listed = get(&lab, TENANTS, &token).body["value"].clone();
    let id = lab.tenant.to_string();
    let world = lab.world.tenant();
    let verified = world.domains().iter().filter(|domain| domain.is_verified);
    let names: Vec<Value> = verified.map(|domain| json!(domain.name)).collect();
    let organization = world.organization();
    let expected = json!([{
        "id": format!("/tenants/{id}"),
        "tenantId": id,
        "countryCode": organization.country_letter_code,
        "displayName": organization.display_name,
        "domains": names,
        "tenantCategory": "Home",
        "defaultDomain": world.domains().iter().find(|domain| domain.is_default).unwrap().name,
        "tenantType": "AAD",
    }]);
    assert_eq!(listed, expected);
    drop(world);
    let old = get(&lab, "/tenants?api-version=2016-06-01", &token).body["value"].clone();
    assert_eq!(old, json!([{ "id": format!("/tenants/{id}"), "tenantId": id }]));
    assert_eq!(last(&lab).returned, 1);
}

#[test]
fn a_version_is_asked_for_before_a_token() {
    let lab = Lab::new();
    for path in ["/subscriptions", "/tenants?x=1", "/tenants?api-version="] {
        let answer = get(&lab, path, "");
        refused(&answer, 400, "MissingApiVersionParameter");
        // seen in public issues, word by word
        let told = "The api-version query parameter (?api-version=) is required for all requests.";
        assert_eq!(answer.body["error"]["message"], told);
    }
    let answer = get(&lab, "/subscriptions?api-version=2018-10-15-preview", &managing(&lab));
    refused(&answer, 400, "InvalidApiVersionParameter");
    let told = answer.body["error"]["message"].as_str().unwrap();
    assert!(
        told.starts_with("The api-version '2018-10-15-preview' is invalid. The supported versions are '")
    );
    assert!(told.contains("2022-12-01,") && told.ends_with("'."), "{told}");
    assert_eq!(last(&lab).unknown.as_deref(), Some("api-version 2018-10-15-preview"));
}

#[test]
fn a_token_for_something_else_is_refused_and_so_is_none() {
    let lab = Lab::new();
    let check = |token: &str, code: &str| {
        let answer = get(&lab, SUBSCRIPTIONS, token);
        refused(&answer, 401, code);
        let challenge = answer.header("www-authenticate").to_owned();
        assert!(challenge.contains(&format!("authorization_uri=\"https://{HOST_NAME}/{}\"", lab.tenant)));
        answer.body["error"]["message"].as_str().unwrap().to_owned()
    };
    let told = check(&lab.bearer(), "InvalidAuthenticationTokenAudience");
    // issue go-azure-helpers#51
    assert_eq!(
        told,
        "The access token has been obtained for wrong audience or resource 'https://graph.microsoft.com'. \
         It should exactly match with one of the allowed audiences 'https://management.core.windows.net/',\
         'https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'."
    );
    assert_eq!(
        check("", "AuthenticationFailed"),
        "Authentication failed. The 'Authorization' header is missing."
    );
    check("Basic YTpi", "AuthenticationFailedInvalidHeader");
    check("Bearer abc", "InvalidAuthenticationToken");
    let (header, _) = decode(lab.bearer().strip_prefix("Bearer ").unwrap());
    let kid = header["kid"].as_str().unwrap();
    let changed = |name: &str, value: Value| {
        let mut claims = lab.good_claims();
        claims["aud"] = json!("https://management.azure.com/");
        claims[name] = value;
        forge(kid, &claims)
    };
    assert_eq!(get(&lab, SUBSCRIPTIONS, &changed("x", json!(1))).status, 200);
    let told = check(&changed("exp", json!(WALL - 1)), "ExpiredAuthenticationToken");
    // 1,900,000,000 seconds after 1970
    let expected = "The access token expiry UTC time '3/17/2030 5:46:39 PM' is earlier than current UTC time \
                    '3/17/2030 5:46:40 PM'.";
    assert_eq!(told, expected);
    check(&changed("nbf", json!(WALL + 900)), "InvalidAuthenticationToken");
    check(&changed("iss", json!("https://sts.windows.net/x/")), "InvalidAuthenticationTokenTenant");
    let stranger = "11111111-2222-4333-8444-555555555555";
    check(&changed("appid", json!(stranger)), "InvalidAuthenticationToken");
    let forged = changed("x", json!(1)).replace('.', ".A");
    check(&forged, "InvalidAuthenticationToken");
}

#[test]
fn graph_does_not_take_a_token_for_azure() {
    let lab = Lab::new();
    let answer = get(&lab, "/v1.0/users", &managing(&lab));
    assert_eq!((answer.status, &answer.body["error"]["code"]), (401, &json!("InvalidAuthenticationToken")));
}

#[test]
fn what_is_not_served_is_not_found_and_noted() {
    let lab = Lab::new();
    let token = managing(&lab);
    let id = "6fd2c87f-b296-42f0-b197-1e91e994b900";
    let check = |method: &str, host: &str, path: &str, status: u16, code: &str, told: &str| {
        let answer = ask(&lab, method, host, &format!("{path}?api-version=2022-12-01"), &token);
        refused(&answer, status, code);
        let message = answer.body["error"]["message"].as_str().unwrap();
        assert!(message.contains(told), "{message}");
        last(&lab).unknown
    };
    // a subscription that is not there is not a gap of this server
    let about = format!("The subscription '{id}' could not be found.");
    for rest in ["", "/resourcegroups"] {
        let path = format!("/subscriptions/{id}{rest}");
        assert_eq!(check("GET", HOST_NAME, &path, 404, "SubscriptionNotFound", &about), None);
    }
    let path = "/providers/Microsoft.Management/managementGroups";
    let about = "in the namespace 'Microsoft.Management' for api version '2022-12-01'.";
    let noted = check("GET", HOST_NAME, path, 404, "InvalidResourceType", about);
    assert_eq!(noted, Some(format!("path {path}")));
    let noted = check("GET", "management.azure.com", "/batches", 404, "NotFound", "");
    assert_eq!(noted, Some("path /batches".to_owned()));
    assert!(check("POST", HOST_NAME, "/subscriptions", 405, "MethodNotAllowed", "").is_some());
    // by a name that is not Azure's such a path is Graph's
    let answer = get(&lab, "/batches?api-version=2022-12-01", &token);
    assert_eq!((answer.status, last(&lab).side), (400, Side::Graph));
}

#[test]
fn garbage_is_answered() {
    let lab = Lab::of(world(ClockMode::Stepped, |limits| limits.max_head_bytes = 4096));
    let token = managing(&lab);
    let long = "%F0".repeat(400);
    for path in [
        "/subscriptions/%FF%00/..?api-version=2022-12-01".to_owned(),
        "//subscriptions//?api-version=%FF".to_owned(),
        format!("/providers/{long}/x?api-version=2022-12-01"),
        format!("/providers/?api-version={long}"),
        format!("/tenants?api-version=2022-12-01&{}", "x".repeat(5000)),
    ] {
        let answer = get(&lab, &path, &token);
        assert!((400..=431).contains(&answer.status), "{path}: {}", answer.status);
        assert!(answer.body.to_string().len() < 2000, "{path}");
    }
}
