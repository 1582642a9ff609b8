//! Rows of PARITY.md that no other client program witnesses, over https.

use super::support::{WALL, decode, forge};
use super::wire::{Served, client, serve};
use forestbed_witness::record;
use serde_json::{Value, json};

const NAME: &str = "mock-graph/tests/it/witness.rs";

struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    fn of(served: &Served) -> Client {
        let base = format!("https://localhost:{}", served.server.https_addr().port());
        Client { http: client(&served.certificate, false), base }
    }

    async fn get(&self, path: &str, bearer: &str) -> reqwest::Response {
        let request = self.http.get(format!("{}{path}", self.base)).header("authorization", bearer);
        request.send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        self.get(path, "").await.json().await.unwrap()
    }

    async fn post(&self, path: &str, form: String) -> Value {
        let request = self.http.post(format!("{}{path}", self.base));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        request.send().await.unwrap().json().await.unwrap()
    }
}

fn exchanges(served: &Served) -> u64 {
    served.lab.world.journal.last_seq()
}

#[tokio::test]
async fn the_older_endpoints_serve_an_older_client() {
    let served = serve(|_| {});
    let client = Client::of(&served);
    let found = client.json("/contoso.com/.well-known/openid-configuration").await;
    let path = |key: &str| found[key].as_str().unwrap().strip_prefix(&client.base).unwrap().to_owned();
    let form = served.lab.form().replace("scope=", "resource=").replace("%2F.default", "");
    let token = client.post(&path("token_endpoint"), form).await;
    assert_eq!(token["expires_in"], "3599");
    let (header, claims) = decode(token["access_token"].as_str().unwrap());
    assert_eq!(claims["iss"], found["issuer"]);
    let keys = client.json(&path("jwks_uri")).await;
    assert!(keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == header["kid"]));
    record("LOGIN-V1", exchanges(&served), NAME);
}

#[tokio::test]
async fn a_client_asks_where_a_user_signs_in() {
    let served = serve(|_| {});
    let client = Client::of(&served);
    let old = client.json("/common/userrealm/ada@contoso.com?api-version=1.0").await;
    let new = client.json("/common/userrealm/ada@contoso.com?api-version=2.0").await;
    let page = client.json("/GetUserRealm.srf?login=ada%40contoso.com").await;
    assert_eq!(
        (&old["account_type"], &new["NameSpaceType"], &page["State"]),
        (&json!("Managed"), &json!("Managed"), &json!(4))
    );
    record("LOGIN-REALM", exchanges(&served), NAME);
}

#[tokio::test]
async fn graph_lets_in_only_a_good_token_with_the_right_role() {
    let served = serve(|_| {});
    let client = Client::of(&served);
    let form = served.lab.form();
    let token = client.post("/contoso.com/oauth2/v2.0/token", form).await;
    let good = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let (header, _) = decode(token["access_token"].as_str().unwrap());
    let kid = header["kid"].as_str().unwrap();
    let mut claims = served.lab.good_claims();
    // these tests run long before 2030, which is where WALL lies
    claims["nbf"] = json!(0);
    let check = async |bearer: &str, status: u16, code: &str| {
        let answer = client.get("/v1.0/users", bearer).await;
        assert_eq!(answer.status(), status, "{code}");
        for name in ["request-id", "client-request-id", "x-ms-ags-diagnostic", "odata-version", "date"] {
            assert!(answer.headers().contains_key(name), "{code}: {name}");
        }
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], code);
    };
    assert_ne!(client.get("/v1.0/users", &good).await.status(), 401);
    check("", 401, "InvalidAuthenticationToken").await;
    claims["exp"] = json!(WALL);
    claims["roles"] = json!(["Group.Create"]);
    check(&forge(kid, &claims), 403, "Authorization_RequestDenied").await;
    claims["exp"] = json!(1);
    check(&forge(kid, &claims), 401, "InvalidAuthenticationToken").await;
    claims["aud"] = json!("https://graph.windows.net");
    check(&forge(kid, &claims), 401, "InvalidAuthenticationToken").await;
    for row in ["GRAPH-TOKEN", "GRAPH-PERMISSIONS", "GRAPH-HEADERS"] {
        record(row, exchanges(&served), NAME);
    }
}

#[tokio::test]
async fn a_key_that_was_announced_signs_after_its_turn_has_come() {
    let served = serve(|_| {});
    let client = Client::of(&served);
    let before = client.json("/common/discovery/keys").await;
    // the default period is six weeks (decision 0020)
    served.lab.world.advance(std::time::Duration::from_secs(42 * 86_400));
    let token = client.post("/contoso.com/oauth2/v2.0/token", served.lab.form()).await;
    let (header, _) = decode(token["access_token"].as_str().unwrap());
    assert_eq!(before["keys"][1]["kid"], header["kid"]);
    assert_ne!(before["keys"][0]["kid"], header["kid"]);
    let listed = client.json("/common/discovery/keys").await;
    assert_eq!(listed["keys"].as_array().map(Vec::len), Some(3));
    record("LOGIN-KEY-ROTATION", exchanges(&served), NAME);
}
