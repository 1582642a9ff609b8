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

/// directory-sync.md 2.6.4: bit, and the feature's name in Graph (microsoft-graph.md 2.4).
const FEATURES: [(u32, &str); 15] = [
    (1, "passwordSyncEnabled"),
    (2, "passwordWritebackEnabled"),
    (4, "directoryExtensionsEnabled"),
    (8, "quarantineUponUpnConflictEnabled"),
    (16, "softMatchOnUpnEnabled"),
    (32, "quarantineUponProxyAddressesConflictEnabled"),
    (512, "cloudPasswordPolicyForPasswordSyncedUsersEnabled"),
    (1024, "unifiedGroupWritebackEnabled"),
    (2048, "userWritebackEnabled"),
    (4096, "deviceWritebackEnabled"),
    (8192, "synchronizeUpnForManagedUsersEnabled"),
    (16384, "userForcePasswordChangeOnLogonEnabled"),
    (131_072, "passThroughAuthenticationEnabled"),
    (524_288, "blockSoftMatchEnabled"),
    (1_048_576, "blockCloudObjectTakeoverThroughHardMatchEnabled"),
];

fn call(lab: &Lab, token: &str, operation: &'static str, body: impl FnOnce(Element) -> Element) -> Answered {
    let body = body(Element::new("", operation));
    post(lab, BINARY, envelope(operation, token, body), Duration::ZERO)
}

/// A text somewhere below the result of an operation.
fn told(answer: &Answered, operation: &str, path: &[&str]) -> String {
    let (response, result) = (format!("{operation}Response"), format!("{operation}Result"));
    let path: Vec<&str> = ["Body", &response, &result].into_iter().chain(path.iter().copied()).collect();
    let found = answer.body.as_ref().and_then(|body| body.descend(&path));
    found.map(Element::text).unwrap_or_default()
}

#[test]
fn every_bit_of_the_features_is_told_and_switched() {
    let lab = Lab::new();
    let directory = activated(&lab);
    let features = || -> u32 {
        let operation = "GetCompanyConfiguration";
        let answer = call(&lab, &directory, operation, |call| call);
        told(&answer, operation, &["DirSyncFeatures"]).parse().unwrap()
    };
    // the sample of directory-sync.md 2.6.4 without the bit that nobody knows: 41016 - 32768
    assert_eq!(features(), 8 + 16 + 32 + 8192);
    let switch = |bits: u32| {
        let number = bits.to_string();
        call(&lab, &directory, "SetCompanyDirsyncFeatures", |call| {
            call.with(Element::new("", "dirsyncFeatures").with_text(&*number))
        })
    };
    let lasting = 8 + 16 + 32;
    for (bit, name) in FEATURES {
        assert_eq!(switch(lasting | bit).status, 200, "{name}");
        assert!(lab.world.tenant().sync_feature(name), "{name}");
        assert_eq!(features(), lasting | bit, "{name}");
    }
    // duplicates and soft match by name stay on: 2.1.6, 2.3.1
    for bit in [8, 16, 32] {
        let answer = switch(lasting & !bit);
        assert!(answer.fault().contains("cannot be switched off"), "{bit}: {}", answer.fault());
    }
}

#[test]
fn the_threshold_of_deletions_is_told_as_graph_sets_it() {
    let lab = Lab::new();
    let directory = activated(&lab);
    let operation = "GetCompanyConfiguration";
    let mut shown = Vec::new();
    for (kind, number) in [("enabledForCount", 500), ("enabledForCount", 7), ("enabledForPercentage", 10)] {
        let path = format!("/v1.0/directory/onPremisesSynchronization/{}", lab.tenant);
        let body = json!({ "configuration": { "accidentalDeletionPrevention":
            { "synchronizationPreventionType": kind, "alertThreshold": number } } });
        let request = Request::patch(path)
            .header(HOST, HOST_NAME)
            .header("authorization", lab.bearer())
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let answer = lab.send(request, at(WALL, Duration::ZERO));
        assert_eq!(answer.status, 204, "{}", answer.body);
        let answer = call(&lab, &directory, operation, |call| call);
        let text =
            |name| told(&answer, operation, &["DirSyncConfiguration", "PreventAccidentalDeletion", name]);
        shown.push(
            [text("DeletionPrevention"), text("ThresholdCount"), text("ThresholdPercentage")].join(" "),
        );
    }
    // directory-sync.md 2.5.4
    assert_eq!(shown, ["EnabledForCount 500 0", "EnabledForCount 7 0", "EnabledForPercentage 0 10"]);
}

/// directory-sync.md 3.1.3: of `P@ssw0rd!`.
const HASH: &str =
    "v1;PPH1_MD4,b477124de54c2030378f,1000,4b4098ff6bde6cdd85040320b368911351e4f3add84f04b0579e0f72a87d0b24;";

fn credentials(lab: &Lab, token: &str, items: &[(&'static str, &str)]) -> Answered {
    let list = items.iter().fold(Element::new("b", "RequestItems"), |list, (key, anchor)| {
        let text = |name: &'static str, text: &str| Element::new("b", name).with_text(text);
        let item = Element::new("b", "SyncCredentialsChangeItem")
            .with(text("ChangeDate", "2026-01-05T07:00:00Z"))
            .with(text(key, anchor))
            .with(text("CredentialData", HASH))
            .with(text("ForcePasswordChangeOnLogon", "false"));
        list.with(item)
    });
    call(lab, token, "ProvisionCredentials", |call| call.with(Element::new("", "request").with(list)))
}

#[test]
fn a_password_hash_signs_its_user_in() {
    let lab = Lab::new();
    let directory = activated(&lab);
    assert_eq!(provision(&lab, &directory, 2).status, 200);
    let results = |answer: &Answered| -> Vec<String> {
        let path = ["Body", "ProvisionCredentialsResponse", "ProvisionCredentialsResult", "Results"];
        let list = answer.body.as_ref().unwrap().descend(&path).unwrap();
        list.elements().map(|one| one.child("Result").unwrap().text()).collect()
    };
    let answer = credentials(&lab, &directory, &[("SourceAnchor", "anchor0"), ("SourceAnchor", "nobody")]);
    assert_eq!((answer.status, results(&answer)), (200, vec!["0".to_owned(), "1".to_owned()]));
    let signs_in = |upn: &str| {
        let tenant = lab.world.tenant();
        tenant.check_sign_in(tenant.user(upn).unwrap(), "P@ssw0rd!", lab.world.clock.now()).is_ok()
    };
    assert!(signs_in("user0@contoso.com") && !signs_in("user1@contoso.com"));
    let id = lab.world.tenant().user("user1@contoso.com").unwrap().id();
    let answer = credentials(&lab, &directory, &[("CloudAnchor", &format!("User_{id}"))]);
    assert_eq!(results(&answer), ["0"]);
    assert!(signs_in("user1@contoso.com"));
    // directory-sync.md 2.4
    let cloud = lab.world.tenant().user("admin@contoso.onmicrosoft.com").unwrap().id();
    let answer = credentials(&lab, &directory, &[("CloudAnchor", &format!("User_{cloud}"))]);
    assert!(answer.fault().starts_with("Unable to process this update because one or more cloud-only users"));
    let answer = call(&lab, &directory, "ProvisionCredentials", |call| call);
    assert_eq!((answer.status, answer.fault().as_str()), (400, "the request has no RequestItems"));
}

#[test]
fn operations_that_are_known_by_name_only_say_so() {
    // directory-sync.md 2.6.2
    let lab = Lab::new();
    let directory = activated(&lab);
    for operation in [
        "GetKerberosDomain",
        "GetKerberosDomainSyncConfig",
        "GetMonitoringTenantCertificate",
        "GetWindowsCredentialsSyncConfig",
    ] {
        let answer = call(&lab, &directory, operation, |call| call);
        let text = format!("The operation {operation} is not served by this tenant.");
        assert_eq!((answer.status, answer.fault()), (500, text));
    }
}

#[test]
fn the_first_version_takes_smaller_groups_than_the_second() {
    // directory-sync.md 1.6
    let lab = Lab::new();
    let directory = activated(&lab);
    let group = |operation: &'static str| {
        let members = (0..50_001).fold(
            Element::new("c", "Value").with_attribute("i", "type", Text::from("c:ArrayOfstring")),
            |list, nth| list.with(Element::new("c", "string").with_text(&*format!("m{nth}"))),
        );
        let pair = |key: &str, value: Element| {
            Element::new("c", "KeyValueOfstringanyType")
                .with(Element::new("c", "Key").with_text(key))
                .with(value)
        };
        let text = |text: &str| {
            let kind = Text::from("d:string");
            Element::new("c", "Value").with_attribute("i", "type", kind).with_text(text)
        };
        let values = Element::new("b", "PropertyValues")
            .with(pair("SourceAnchor", text("large")))
            .with(pair("displayName", text("Large")))
            .with(pair("member", members));
        let object = Element::new("b", "AzureADSyncObject")
            .with(values)
            .with(Element::new("b", "SyncObjectType").with_text("Group"))
            .with(Element::new("b", "SyncOperation").with_text("Set"));
        let list = Element::new("b", "SyncObjects").with(object);
        call(&lab, &directory, operation, |call| call.with(Element::new("", "syncRequest").with(list)))
    };
    let code = |operation: &'static str| {
        let path = ["SyncObjectResults", "AzureADSyncObjectResult", "ResultErrorCode"];
        told(&group(operation), operation, &path)
    };
    assert_eq!(code("ProvisionAzureADSyncObjects"), "MaximumGroupMemberCountExceeded");
    assert_eq!(code("ProvisionAzureADSyncObjects2"), "");
}

#[test]
fn synchronization_that_was_switched_off_is_refused_at_once() {
    // directory-sync.md 2.5.6
    let lab = Lab::new();
    let directory = activated(&lab);
    assert_eq!(provision(&lab, &directory, 1).status, 200);
    lab.world.tenant_mut().update_organization(
        &forestbed_sim::tenant::CallContext { now: lab.world.clock.now(), app: None },
        json!({ "onPremisesSyncEnabled": false }).as_object().unwrap(),
    );
    let not_activated = "Identity synchronization is not yet activated for this company";
    assert_eq!(provision(&lab, &directory, 1).fault(), not_activated);
    assert_eq!(credentials(&lab, &directory, &[("SourceAnchor", "anchor0")]).fault(), not_activated);
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
