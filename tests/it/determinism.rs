//! Same seed, same bytes: on any number of threads, and whatever the order in which clients arrive.

use forestbed::clock::ClockMode;
use forestbed::dump::{self, DumpOptions};
use forestbed::world::World;
use serde_json::json;

fn dumps(seed: u64, threads: usize) -> String {
    let spec = super::estate(seed, 300, &[("PA26", 10), ("UP15", 20), ("MN09", 5), ("XD01", 5)]);
    let world = World::generate(spec, threads).expect("a world");
    let directory = dump::directory(&world.directory(0), DumpOptions::with_stamps()).to_yaml();
    directory + &dump::tenant(&world.tenant(), DumpOptions::with_stamps()).to_yaml()
}

#[test]
fn one_thread_and_two_grow_the_same_estate_byte_for_byte() {
    let one = dumps(7, 1);
    assert!(one == dumps(7, 2), "two threads grew another estate than one");
    assert!(one == dumps(7, 1), "a second run grew another estate");
    assert!(one != dumps(8, 1), "another seed grew the same estate");
}

/// Eight clients create users and groups and change them at the same time.
async fn eight_clients() -> String {
    let lab = super::start(super::estate(7, 30, &[])).await;
    assert_eq!(lab.world().clock.mode(), ClockMode::Stepped);
    // plain HTTP; the client still wants to be told which TLS it has
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let env = lab.env();
    let base = env["FORESTBED_GRAPH_HTTP_URL"].clone();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        env["FORESTBED_CLIENT_ID"], env["FORESTBED_CLIENT_SECRET"]
    );
    let token = http.post(format!("{base}/{}/oauth2/v2.0/token", env["FORESTBED_TENANT_ID"]));
    let token = token.header("Content-Type", "application/x-www-form-urlencoded").body(form);
    let token: serde_json::Value = token.send().await.expect("an answer").json().await.expect("JSON");
    let token = token["access_token"].as_str().expect("a token").to_owned();
    let clients = (0..8).map(|client| {
        let (http, base, token) = (http.clone(), base.clone(), token.clone());
        tokio::spawn(async move {
            for n in 0..12 {
                let name = format!("client{client}.user{n}");
                let user = json!({
                    "accountEnabled": true, "displayName": name, "mailNickname": name,
                    "userPrincipalName": format!("{name}@contoso.com"), "usageLocation": "NL",
                    "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
                });
                let made =
                    http.post(format!("{base}/v1.0/users")).bearer_auth(&token).json(&user).send().await;
                let made = made.expect("an answer");
                assert_eq!(made.status(), 201);
                let made: serde_json::Value = made.json().await.expect("JSON");
                let id = made["id"].as_str().expect("an id");
                let patch = http.patch(format!("{base}/v1.0/users/{id}")).bearer_auth(&token);
                let patched = patch.json(&json!({ "jobTitle": format!("Title {n}") })).send().await;
                assert_eq!(patched.expect("an answer").status(), 204);
                let group = json!({
                    "displayName": format!("Group {name}"), "mailEnabled": false, "securityEnabled": true,
                    "mailNickname": format!("group-{client}-{n}"),
                    "members@odata.bind": [format!("{base}/v1.0/users/{id}")],
                });
                let made =
                    http.post(format!("{base}/v1.0/groups")).bearer_auth(&token).json(&group).send().await;
                assert_eq!(made.expect("an answer").status(), 201);
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("a client ends well");
    }
    let text = lab.snapshot();
    lab.shutdown().await;
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_concurrent_clients_leave_the_same_estate_twice() {
    let first = eight_clients().await;
    let second = eight_clients().await;
    assert!(first == second, "the order of arrival reached the dump");
}

/// The same change, after more or fewer requests: on a stepped clock each of them costs virtual time.
async fn changed_after(requests: u32) -> String {
    let lab = super::start(super::estate(7, 20, &[])).await;
    for _ in 0..requests {
        lab.world().clock.charge_request();
    }
    let world = lab.world().clone();
    let context = forestbed::directory::UpdateContext::system(world.clock.now());
    let text = |name: &str, value: &str| (name.to_owned(), vec![value.as_bytes().to_vec()]);
    let person = [text("objectClass", "user"), text("sAMAccountName", "late.comer")];
    world
        .directory_mut(0)
        .add(&context, "CN=Late Comer,CN=Users,DC=contoso,DC=local", &person)
        .expect("a user");
    let state = lab.snapshot();
    lab.shutdown().await;
    state
}

#[tokio::test(flavor = "multi_thread")]
async fn how_many_requests_went_before_a_write_is_no_part_of_the_state() {
    assert_eq!(changed_after(1).await, changed_after(700).await);
}
