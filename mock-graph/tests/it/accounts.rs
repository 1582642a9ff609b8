//! What is told of accounts beside tokens (microsoft-graph.md 1.6, OpenID Connect).

use super::grants::{ADMIN, encode, text};
use super::support::{HOST_NAME, Lab, WALL, at, decode};
use bytes::Bytes;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::spec::EstateSpec;
use forestbed_sim::tenant::CallContext;
use forestbed_sim::world::World;
use http::header::HOST;
use http::{Method, Request};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn what_is_told_of_an_account_before_it_signs_in() {
    let lab = Lab::new();
    let ask = |name: &str| {
        let request = Request::post("/common/GetCredentialType")
            .header(HOST, HOST_NAME)
            .body(Bytes::from(json!({ "username": name, "isOtherIdpSupported": true }).to_string()))
            .unwrap();
        lab.send(request, at(WALL, Duration::ZERO)).body
    };
    // microsoft-graph.md 1.6
    let known = ask(ADMIN);
    assert_eq!((&known["IfExistsResult"], &known["ThrottleStatus"]), (&json!(0), &json!(0)));
    assert_eq!(known["Credentials"]["PrefCredential"], 1);
    assert_eq!(known["EstsProperties"]["DomainType"], 3);
    assert_eq!(ask("nobody@contoso.com")["IfExistsResult"], 1);
    (0..10).for_each(|nth| drop(lab.sign_in(ADMIN, &format!("Wrong-{nth}"))));
    assert_eq!(ask(ADMIN)["ThrottleStatus"], 1);
    assert_eq!(lab.get("/common/GetCredentialType").status, 405);
}

#[test]
fn userinfo_tells_the_user_of_a_token() {
    let lab = Lab::new();
    let answer = lab.sign_in(ADMIN, &lab.password());
    let bearer = format!("Bearer {}", text(&answer, "access_token"));
    let info = lab.graph("GET", "/oidc/userinfo", &bearer, at(WALL, Duration::ZERO));
    let (_, identity) = decode(text(&answer, "id_token"));
    assert_eq!((info.status, &info.body["sub"]), (200, &identity["sub"]), "{}", info.body);
    assert_eq!(lab.graph("GET", "/oidc/userinfo", "", at(WALL, Duration::ZERO)).status, 401);
    let own = lab.bearer();
    assert_eq!(lab.graph("GET", "/oidc/userinfo", &own, at(WALL, Duration::ZERO)).status, 403);
}

#[test]
fn logging_out_leads_back_only_to_registered_addresses() {
    let lab = Lab::new();
    let out = |address: &str| {
        let path = format!("/common/oauth2/v2.0/logout?{}", encode(&[("post_logout_redirect_uri", address)]));
        let (status, location, _) = lab.page(Method::GET, &path, &[]);
        (status, location)
    };
    assert_eq!(out("http://localhost:3000"), (302, "http://localhost:3000".to_owned()));
    assert_eq!(out("https://evil.example"), (200, String::new()));
}

#[test]
fn users_of_a_federated_domain_are_sent_to_its_identity_provider() {
    let mut spec = EstateSpec { clock: ClockMode::Frozen, ..EstateSpec::default() };
    spec.forests.clear();
    spec.tenant.verified_domains.push("fabrikam.com".to_owned());
    let lab = Lab::of(Arc::new(World::generate(spec, 1).unwrap()));
    let values = json!({
        "issuerUri": "http://idp.fabrikam.com/adfs/services/trust",
        "passiveSignInUri": "https://idp.fabrikam.com/adfs/ls/",
        "activeSignInUri": "https://idp.fabrikam.com/adfs/services/trust/2005/usernamemixed",
        "metadataExchangeUri": "https://idp.fabrikam.com/adfs/services/trust/mex",
    });
    let ctx = CallContext { now: lab.world.clock.now(), app: None };
    let federate = |values: &Value| {
        lab.world.tenant_mut().federate_domain(&ctx, "fabrikam.com", values.as_object().unwrap()).unwrap()
    };
    federate(&values);
    // microsoft-graph.md 1.6
    let old = lab.get("/common/userrealm/ada@fabrikam.com?api-version=1.0").body;
    assert_eq!((&old["account_type"], &old["federation_protocol"]), (&json!("Federated"), &json!("WSTrust")));
    assert_eq!(old["federation_metadata_url"], values["metadataExchangeUri"]);
    assert_eq!(old["federation_active_auth_url"], values["activeSignInUri"]);
    let new = lab.get("/common/userrealm/ada@fabrikam.com?api-version=2.0").body;
    assert_eq!((&new["NameSpaceType"], &new["DomainName"]), (&json!("Federated"), &json!("fabrikam.com")));
    let page = lab.get("/GetUserRealm.srf?login=ada@fabrikam.com").body;
    assert_eq!((&page["State"], &page["FederationGlobalVersion"]), (&json!(3), &json!(-1)));
    for address in [&new["AuthURL"], &page["AuthURL"]] {
        assert!(address.as_str().unwrap().starts_with("https://idp.fabrikam.com/adfs/ls/?username=ada"));
    }
    let request = Request::post("/common/GetCredentialType")
        .body(Bytes::from(json!({ "username": "ada@fabrikam.com" }).to_string()))
        .unwrap();
    let kind = lab.send(request, at(WALL, Duration::ZERO)).body;
    assert_eq!(
        (&kind["Credentials"]["PrefCredential"], &kind["EstsProperties"]["DomainType"]),
        (&json!(4), &json!(4))
    );
    let redirect = kind["Credentials"]["FederationRedirectUrl"].as_str().unwrap();
    assert!(redirect.starts_with("https://idp.fabrikam.com/adfs/ls/?"), "{redirect}");
}
