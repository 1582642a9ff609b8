//! The provisioning service over the core: what refuses a call, who may call, the limit of writes, no panic.

use super::support::{HOST_NAME, Lab, WALL, at, world};
use bytes::Bytes;
use forestbed_mock_graph::binary_xml::{Element, Limits, Text, decode};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::journal::Side;
use http::Request;
use http::header::{CONTENT_TYPE, HOST};
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

const CHANGE: &str = "http://schemas.microsoft.com/online/aws/change/2010/01";
const BINARY: &str = "application/soap+msbin1";

struct Answered {
    status: u16,
    retry_after: Option<u64>,
    body: Option<Element>,
}

impl Answered {
    fn fault(&self) -> String {
        let text = self.body.as_ref().and_then(|body| body.descend(&["Body", "Fault", "Reason", "Text"]));
        text.map(Element::text).unwrap_or_default()
    }
}

fn post(lab: &Lab, kind: &str, body: Vec<u8>, wall: Duration) -> Answered {
    let request = Request::post("/provisioningservice.svc")
        .header(HOST, HOST_NAME)
        .header(CONTENT_TYPE, kind)
        .body(Bytes::from(body))
        .unwrap();
    let response = lab.core.handle(&request, at(WALL, wall)).response;
    let retry_after =
        response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let body = decode(response.body(), &Limits::default()).ok();
    Answered { status: response.status().as_u16(), retry_after, body }
}

fn envelope(operation: &str, token: &str, call: Element) -> Vec<u8> {
    let action = format!("{CHANGE}/IProvisioningWebService/{operation}");
    let sync_token = Element::new("", "SyncToken").with(Element::new("", "BearerToken").with_text(token));
    Element::new("s", "Envelope")
        .with_namespace("s", "http://www.w3.org/2003/05/soap-envelope")
        .with(
            Element::new("s", "Header")
                .with(Element::new("a", "Action").with_text(&*action))
                .with(sync_token),
        )
        .with(Element::new("s", "Body").with(call))
        .encode()
}

fn users(count: usize) -> Element {
    let list = (0..count).fold(Element::new("b", "SyncObjects"), |list, nth| {
        let pair = |key: &str, value: &str| {
            Element::new("c", "KeyValueOfstringanyType").with(Element::new("c", "Key").with_text(key)).with(
                Element::new("c", "Value")
                    .with_attribute("i", "type", Text::from("d:string"))
                    .with_text(value),
            )
        };
        let values = Element::new("b", "PropertyValues")
            .with(pair("SourceAnchor", &format!("anchor{nth}")))
            .with(pair("userPrincipalName", &format!("user{nth}@contoso.com")))
            .with(pair("displayName", "Somebody"));
        let object = Element::new("b", "AzureADSyncObject")
            .with(values)
            .with(Element::new("b", "SyncObjectType").with_text("User"))
            .with(Element::new("b", "SyncOperation").with_text("Set"));
        list.with(object)
    });
    Element::new("", "ProvisionAzureADSyncObjects").with(Element::new("", "syncRequest").with(list))
}

/// A token of the application for the directory service.
fn token(lab: &Lab) -> String {
    let form = lab.form().replace("graph.microsoft.com", "graph.windows.net");
    let answer = lab.token("/contoso.com/oauth2/v2.0/token", &form);
    answer.body["access_token"].as_str().unwrap().to_owned()
}

fn activated(lab: &Lab) -> String {
    let path = format!("/v1.0/organization/{}", lab.tenant);
    let request = Request::patch(path)
        .header(HOST, HOST_NAME)
        .header("authorization", lab.bearer())
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::from(json!({ "onPremisesSyncEnabled": true }).to_string()))
        .unwrap();
    let answer = lab.send(request, at(WALL, Duration::ZERO));
    assert_eq!(answer.status, 204, "{}", answer.body);
    token(lab)
}

fn provision(lab: &Lab, token: &str, count: usize) -> Answered {
    let operation = "ProvisionAzureADSyncObjects";
    post(lab, BINARY, envelope(operation, token, users(count)), Duration::ZERO)
}

#[test]
fn calls_are_refused_with_the_texts_of_the_real_service() {
    let lab = Lab::new();
    let directory = token(&lab);
    let answer = provision(&lab, &directory, 1);
    // directory-sync.md 2.4
    assert_eq!(answer.fault(), "Identity synchronization is not yet activated for this company");
    for refused in ["", "nonsense", lab.bearer().strip_prefix("Bearer ").unwrap()] {
        let answer = provision(&lab, refused, 1);
        let denied = "Access to Azure Active Directory has been denied. Contact Technical Support.";
        assert_eq!((answer.status, answer.fault().as_str()), (500, denied), "{refused}");
    }
    let call = Element::new("", "Anything");
    let answer = post(&lab, BINARY, envelope("Anything", &directory, call), Duration::ZERO);
    assert!(answer.fault().contains("ContractFilter"), "{}", answer.fault());
    assert_eq!(post(&lab, "text/xml", Vec::new(), Duration::ZERO).status, 415);
    let last = lab.world.journal.since(0, 999).pop().unwrap();
    assert_eq!((last.side, last.status), (Side::Provisioning, 415));
}

#[test]
fn objects_arrive_and_are_read_back() {
    let lab = Lab::new();
    let directory = activated(&lab);
    let answer = provision(&lab, &directory, 3);
    let result = [
        "Body",
        "ProvisionAzureADSyncObjectsResponse",
        "ProvisionAzureADSyncObjectsResult",
        "SyncObjectResults",
    ];
    let body = answer.body.unwrap();
    let results: Vec<String> = body
        .descend(&result)
        .unwrap()
        .elements()
        .map(|one| one.child("ResultCode").unwrap().text())
        .collect();
    assert_eq!(results, ["Success"; 3]);
    assert_eq!(lab.world.tenant().user("user2@contoso.com").unwrap().source_anchor(), Some("anchor2"));
    let call =
        Element::new("", "ReadBackAzureADSyncObjects").with(Element::new("", "isFullSync").with_text("true"));
    let answer = post(&lab, BINARY, envelope("ReadBackAzureADSyncObjects", &directory, call), Duration::ZERO);
    let result =
        ["Body", "ReadBackAzureADSyncObjectsResponse", "ReadBackAzureADSyncObjectsResult", "ResultObjects"];
    assert_eq!(answer.body.unwrap().descend(&result).unwrap().elements().count(), 3);
}

#[test]
fn the_limit_of_writes_is_told_and_kept() {
    let lab = Lab::of(world(ClockMode::Stepped, |limits| limits.provisioning_writes = 5));
    let directory = activated(&lab);
    assert_eq!(provision(&lab, &directory, 4).status, 200);
    let refused = provision(&lab, &directory, 3);
    assert_eq!(refused.status, 429, "{}", refused.fault());
    let wait = refused.retry_after.unwrap();
    assert!((1..=300).contains(&wait), "{wait}");
    // a client that waits in wall time finds the promised instant reached
    let operation = "ProvisionAzureADSyncObjects";
    let again = post(&lab, BINARY, envelope(operation, &directory, users(3)), Duration::from_secs(wait));
    assert_eq!(again.status, 200, "{}", again.fault());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn no_change_of_an_octet_makes_the_service_panic(at in 0_usize..400, octet in any::<u8>(), cut in 0_usize..400) {
        let lab = Lab::new();
        let mut body = envelope("ProvisionAzureADSyncObjects", "token", users(1));
        let at = at % body.len();
        body[at] = octet;
        post(&lab, BINARY, body[..cut.min(body.len())].to_vec(), Duration::ZERO);
        post(&lab, BINARY, body, Duration::ZERO);
    }
}
