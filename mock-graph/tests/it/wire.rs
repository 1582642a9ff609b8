//! The server over real sockets: https with either protocol, plain http, and clients that misbehave.

use super::support::{Lab, world};
use forestbed_mock_graph::{GraphOptions, GraphServer};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::limits::Limits;
use forestbed_witness::record;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
/// Long enough for a busy machine; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Served {
    pub(crate) server: GraphServer,
    pub(crate) certificate: Vec<u8>,
    pub(crate) lab: Lab,
}

pub(crate) fn serve(change: impl FnOnce(&mut Limits)) -> Served {
    let lab = Lab::of(world(ClockMode::Stepped, change));
    let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls_config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private)
        .unwrap();
    let options = GraphOptions {
        https: ANY_PORT,
        http: ANY_PORT,
        tls_config: Arc::new(tls_config),
        public_url: None,
        check_answers: true,
    };
    let server = GraphServer::start(Arc::clone(&lab.world), options).unwrap();
    Served { server, certificate: key.cert.der().to_vec(), lab }
}

pub(crate) fn client(certificate: &[u8], http1: bool) -> reqwest::Client {
    // a second installation only says that there is one
    drop(rustls::crypto::ring::default_provider().install_default());
    let root = reqwest::Certificate::from_der(certificate).unwrap();
    let builder = reqwest::Client::builder().tls_certs_only([root]).timeout(PATIENCE).no_proxy();
    if http1 { builder.http1_only() } else { builder }.build().unwrap()
}

async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // the server may close before it has read everything: then writing fails, and that is an answer too
    drop(stream.write_all(bytes).await);
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    drop(read.expect("the server answers or closes"));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_client_finds_its_way_from_discovery_to_graph_over_https() {
    for (http1, version) in [(false, http::Version::HTTP_2), (true, http::Version::HTTP_11)] {
        let served = serve(|_| {});
        let client = client(&served.certificate, http1);
        let authority = format!("https://localhost:{}", served.server.https_addr().port());
        let url = format!("{authority}/contoso.com/v2.0/.well-known/openid-configuration");
        let answer = client.get(url).send().await.unwrap();
        assert_eq!(answer.version(), version);
        let found: Value = answer.json().await.unwrap();
        let token_endpoint = found["token_endpoint"].as_str().unwrap();
        assert!(token_endpoint.starts_with(&authority), "{token_endpoint}");
        let answer = client
            .post(token_endpoint)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(served.lab.form())
            .send()
            .await
            .unwrap();
        let token: Value = answer.json().await.unwrap();
        let answer = client
            .get(format!("{authority}/v1.0/organization"))
            .bearer_auth(token["access_token"].as_str().unwrap())
            .send()
            .await
            .unwrap();
        assert_ne!(answer.status(), 401);
        assert_eq!(answer.headers()["odata-version"], "4.0");
        assert_eq!(answer.headers().get_all("date").iter().count(), 1);
        served.server.shutdown().await;
    }
}

#[tokio::test]
async fn plain_http_serves_the_same_tenant() {
    let served = serve(|_| {});
    let address = served.server.http_addr();
    let client = client(&served.certificate, false);
    let url = format!("http://{address}/contoso.com/v2.0/.well-known/openid-configuration");
    let found: Value = client.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(found["jwks_uri"], format!("http://{address}/{}/discovery/v2.0/keys", served.lab.tenant));
}

#[tokio::test]
async fn a_misbehaving_client_gets_an_error_or_a_close() {
    let served = serve(|limits| {
        limits.head_timeout = Duration::from_millis(200);
        limits.max_body_bytes = 1024;
        limits.max_head_bytes = 16 * 1024;
    });
    let address = served.server.http_addr();
    let check = async |name: &str, bytes: Vec<u8>, expected: &str| {
        let answer = raw(address, &bytes).await;
        assert!(answer.starts_with(expected), "{name}: {answer:.200}");
        assert!(!expected.is_empty() || answer.is_empty(), "{name}: {answer:.200}");
    };
    check("garbage", vec![0xff; 4096], "HTTP/1.1 400").await;
    check("nothing", Vec::new(), "").await;
    check("half a head", b"GET /v1.0/users HTTP/1.1\r\nHost: a\r\nX: ".to_vec(), "").await;
    let mut head = b"GET /v1.0/users HTTP/1.1\r\nHost: a\r\nX: ".to_vec();
    head.resize(1 << 20, b'x');
    check("a head without end", head, "HTTP/1.1 431").await;
    let post = "POST /v1.0/users HTTP/1.1\r\nHost: a\r\n";
    let claim = format!("{post}Content-Length: 104857600\r\n\r\n{{");
    check("a claim of 100 MB", claim.into_bytes(), "HTTP/1.1 413").await;
    let mut chunked = format!("{post}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    for _ in 0..64 {
        chunked.extend_from_slice(b"100\r\n");
        chunked.extend_from_slice(&[b'x'; 256]);
        chunked.extend_from_slice(b"\r\n");
    }
    check("chunks without end", chunked, "HTTP/1.1 413").await;
    let broken = format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n");
    check("broken chunks", broken.into_bytes(), "HTTP/1.1 400").await;
    let tls = raw(served.server.https_addr(), b"GET / HTTP/1.1\r\n\r\n").await;
    assert!(!tls.starts_with("HTTP"), "{tls:.100}");
    assert_eq!(raw(served.server.https_addr(), b"").await, "");
    let exchanges = served.lab.world.journal.last_seq();
    record("GRAPH-INPUT-LIMITS", exchanges, "mock-graph/tests/it/wire.rs");
}

#[tokio::test]
async fn a_full_server_lets_the_next_client_wait() {
    let served = serve(|limits| limits.max_connections = 1);
    let address = served.server.http_addr();
    let mut holder = TcpStream::connect(address).await.unwrap();
    let request = b"GET /v1.0/users HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let waiting = tokio::spawn(async move { raw(address, request).await });
    tokio::task::yield_now().await;
    holder.write_all(request).await.unwrap();
    let mut first = Vec::new();
    tokio::time::timeout(PATIENCE, holder.read_to_end(&mut first)).await.unwrap().unwrap();
    assert!(first.starts_with(b"HTTP/1.1 401"));
    assert!(waiting.await.unwrap().starts_with("HTTP/1.1 401"));
}

#[tokio::test]
async fn a_dropped_server_frees_its_ports() {
    let served = serve(|_| {});
    let addresses = [served.server.http_addr(), served.server.https_addr()];
    let mut open = TcpStream::connect(addresses[0]).await.unwrap();
    drop(served.server);
    let mut rest = Vec::new();
    // its connections end with it
    drop(tokio::time::timeout(PATIENCE, open.read_to_end(&mut rest)).await.unwrap());
    for address in addresses {
        assert!(TcpStream::connect(address).await.is_err(), "{address}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let served = serve(|_| {});
    let taken = served.server.http_addr();
    let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()));
    let tls_config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![key.cert.der().clone()], private)
            .unwrap();
    let options = GraphOptions {
        https: ANY_PORT,
        http: taken,
        tls_config: Arc::new(tls_config),
        public_url: None,
        check_answers: true,
    };
    let error = GraphServer::start(Arc::clone(&served.lab.world), options).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&taken.to_string()), "{error}");
}
