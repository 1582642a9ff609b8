//! The tenant in a MockServer.

use super::support::{Lab, world};
use forestbed_mock_graph::TenantResponder;
use forestbed_sim::clock::ClockMode;
use serde_json::Value;
use std::sync::Arc;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

#[tokio::test]
async fn a_mock_server_serves_the_whole_tenant_beside_a_projects_own_mocks() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let lab = Lab::of(world(ClockMode::Frozen, |_| {}));
    let server = MockServer::start().await;
    Mock::given(path("/own")).respond_with(ResponseTemplate::new(418)).with_priority(1).mount(&server).await;
    Mock::given(any()).respond_with(TenantResponder::new(Arc::clone(&lab.world))).mount(&server).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client
        .post(format!("{}/contoso.com/oauth2/v2.0/token", server.uri()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(lab.form())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
    let token: Value = answer.json().await.unwrap();
    let graph = || client.get(format!("{}/v1.0/organization", server.uri()));
    let refused = graph().send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers().get_all("content-type").iter().count(), 1);
    let bearer = token["access_token"].as_str().unwrap();
    assert_ne!(graph().bearer_auth(bearer).send().await.unwrap().status(), 401);
    assert_eq!(client.get(format!("{}/own", server.uri())).send().await.unwrap().status(), 418);
}
