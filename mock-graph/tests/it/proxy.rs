//! The proxy: Microsoft's host names lead to the tenant, every other one to a refusal in the journal.

use super::support::{Lab, world};
use super::wire::PATIENCE;
use forestbed_mock_graph::{GraphOptions, GraphServer, ProxyOptions, ProxyServer, microsoft_hosts};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::journal::{Entry, Side};
use forestbed_sim::limits::Limits;
use forestbed_witness::record;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

struct Proxied {
    graph: GraphServer,
    proxy: ProxyServer,
    certificate: Vec<u8>,
    lab: Lab,
}

fn serve(change: impl FnOnce(&mut Limits), allow: &[&str], public_url: Option<&str>) -> Proxied {
    let lab = Lab::of(world(ClockMode::Stepped, change));
    let names: Vec<String> = microsoft_hosts().iter().map(|host| (*host).to_owned()).collect();
    let key = rcgen::generate_simple_self_signed(names).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()));
    let tls_config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![key.cert.der().clone()], private)
            .unwrap();
    let tls_config = Arc::new(tls_config);
    let options = GraphOptions {
        https: ANY_PORT,
        http: ANY_PORT,
        tls_config: Arc::clone(&tls_config),
        public_url: public_url.map(str::to_owned),
        check_answers: false,
    };
    let graph = GraphServer::start(Arc::clone(&lab.world), options).unwrap();
    let allow_hosts = allow.iter().map(|host| (*host).to_owned()).collect();
    let options = ProxyOptions { address: ANY_PORT, tls_config, allow_hosts };
    let proxy = ProxyServer::start(graph.core(), options).unwrap();
    Proxied { graph, proxy, certificate: key.cert.der().to_vec(), lab }
}

impl Proxied {
    fn client(&self, http1: bool) -> reqwest::Client {
        drop(rustls::crypto::ring::default_provider().install_default());
        let root = reqwest::Certificate::from_der(&self.certificate).unwrap();
        let proxy = reqwest::Proxy::all(format!("http://{}", self.proxy.addr())).unwrap();
        let builder = reqwest::Client::builder().tls_certs_only([root]).timeout(PATIENCE).proxy(proxy);
        if http1 { builder.http1_only() } else { builder }.build().unwrap()
    }

    fn refused(&self) -> Vec<Entry> {
        self.lab.world.journal.since(0, 999).into_iter().filter(|entry| entry.unknown.is_some()).collect()
    }
}

/// What the proxy says to these bytes, until it closes.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    drop(stream.write_all(bytes).await);
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    drop(read.expect("the proxy answers or closes"));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn built_in_host_names_lead_to_the_tenant_and_stay_in_its_links() {
    // a public URL is for those who know it: who came through the proxy does not
    for (http1, public_url) in [(true, None), (false, Some("https://lab.contoso.test"))] {
        let served = serve(|_| {}, &[], public_url);
        let client = served.client(http1);
        let found: Value = client
            .get("https://login.microsoftonline.com/contoso.com/v2.0/.well-known/openid-configuration")
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let endpoint = found["token_endpoint"].as_str().unwrap();
        assert!(endpoint.starts_with("https://login.microsoftonline.com/"), "{endpoint}");
        let token = client.post(endpoint).header("content-type", "application/x-www-form-urlencoded");
        let token: Value = token.body(served.lab.form()).send().await.unwrap().json().await.unwrap();
        let bearer = token["access_token"].as_str().unwrap();
        let mut url = "https://graph.microsoft.com/v1.0/users?$top=2&$select=id".to_owned();
        let mut users = 0;
        while !url.is_empty() {
            assert!(url.starts_with("https://graph.microsoft.com/v1.0/"), "{url}");
            let answer = client.get(&url).bearer_auth(bearer).send().await.unwrap();
            let page: Value = answer.json().await.unwrap();
            let context = page["@odata.context"].as_str().unwrap();
            assert!(context.starts_with("https://graph.microsoft.com/v1.0/$metadata#users"), "{context}");
            users += page["value"].as_array().unwrap().len();
            url = page["@odata.nextLink"].as_str().unwrap_or_default().to_owned();
        }
        assert!(users > 2, "{users}");
        // plain http reaches the proxy in absolute form
        let answer = client.get("http://login.windows.net/common/v2.0/.well-known/openid-configuration");
        let found: Value = answer.send().await.unwrap().json().await.unwrap();
        assert!(found["jwks_uri"].as_str().unwrap().starts_with("http://login.windows.net/"), "{found}");
        let tunnels: Vec<String> = served
            .lab
            .world
            .journal
            .since(0, 999)
            .into_iter()
            .filter(|entry| entry.side == Side::Proxy && entry.status == 200)
            .map(|entry| entry.target)
            .collect();
        assert!(tunnels.contains(&"graph.microsoft.com:443".to_owned()), "{tunnels:?}");
        assert_eq!(served.refused().len(), 0);
        record("PROXY-CONNECT", served.lab.world.journal.last_seq(), "mock-graph/tests/it/proxy.rs");
    }
}

#[tokio::test]
async fn every_other_host_is_refused_and_written_down() {
    let served = serve(|_| {}, &["allowed.contoso.test"], None);
    let client = served.client(true);
    assert!(client.get("https://example.com/").send().await.is_err());
    let plain = client.get("http://example.com/pixel.gif").send().await.unwrap();
    assert_eq!(plain.status(), 403);
    let text = plain.text().await.unwrap();
    assert!(text.contains("example.com:80") && text.contains("--allow-host"), "{text}");
    let address = served.proxy.addr();
    for host in ["graph.microsoft.com.evil.test:443", "127.0.0.1:22", "[::1]:443", "GRAPH.microsoft.com.:443"]
    {
        let answer =
            raw(address, format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{host}: {answer}");
    }
    let seen: Vec<(String, String, Option<String>)> =
        served.refused().into_iter().map(|entry| (entry.operation, entry.target, entry.unknown)).collect();
    let line = |method: &str, target: &str, host: &str| {
        (method.to_owned(), target.to_owned(), Some(format!("host {host}")))
    };
    assert_eq!(
        seen[..2],
        [line("CONNECT", "example.com:443", "example.com"), line("GET", "example.com:80", "example.com")]
    );
    assert_eq!(seen.len(), 6);
    let totals = served.lab.world.journal.totals(Side::Proxy);
    assert_eq!((totals.requests, totals.failures), (6, 6));
    record("PROXY-REFUSAL", served.lab.world.journal.last_seq(), "mock-graph/tests/it/proxy.rs");
}

#[tokio::test]
async fn a_host_that_is_allowed_is_passed_on_to() {
    let served = serve(|_| {}, &["127.0.0.1"], None);
    let other = TcpListener::bind(ANY_PORT).await.unwrap();
    let there = other.local_addr().unwrap();
    let program = tokio::spawn(async move {
        for _ in 0..2 {
            let (mut stream, _) = other.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let text = String::from_utf8(head).unwrap();
            let line = text.lines().next().unwrap().to_owned();
            let body = format!("{line}|{}", text.to_lowercase().contains("proxy-"));
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let client = served.client(true);
    let answer = client.get(format!("http://{there}/a?b=c")).header("proxy-connection", "keep-alive").send();
    assert_eq!(answer.await.unwrap().text().await.unwrap(), "GET /a?b=c HTTP/1.1|false");
    let tunnelled = format!("CONNECT {there} HTTP/1.1\r\nHost: {there}\r\n\r\n");
    let mut stream = TcpStream::connect(served.proxy.addr()).await.unwrap();
    stream.write_all(tunnelled.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200"));
    stream.write_all(b"GET /through HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(String::from_utf8(answer).unwrap().ends_with("GET /through HTTP/1.1|false"));
    program.await.unwrap();
    // nobody listens there any more
    let gone = client.get(format!("http://{there}/")).send().await.unwrap();
    assert_eq!(gone.status(), 502);
    assert!(raw(served.proxy.addr(), tunnelled.as_bytes()).await.starts_with("HTTP/1.1 502"));
}

#[tokio::test]
async fn slow_and_broken_clients_hold_nothing() {
    let served = serve(|limits| limits.head_timeout = Duration::from_millis(200), &[], None);
    let address = served.proxy.addr();
    let connect = "CONNECT graph.microsoft.com:443 HTTP/1.1\r\nHost: graph.microsoft.com:443\r\n\r\n";
    for (name, bytes, expected) in [
        ("nothing", Vec::new(), ""),
        ("half a head", b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\nHost".to_vec(), ""),
        ("garbage", vec![0xff; 512], "HTTP/1.1 400"),
        ("no proxy request", b"GET /v1.0/users HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), "HTTP/1.1 400"),
        // a tunnel that nobody enters, or that somebody enters with half a handshake
        ("an empty tunnel", connect.as_bytes().to_vec(), "HTTP/1.1 200"),
        ("half a handshake", [connect.as_bytes(), b"\x16\x03\x01\x02"].concat(), "HTTP/1.1 200"),
        ("half a request", [connect.as_bytes(), b"GET /v1.0"].concat(), "HTTP/1.1 200"),
    ] {
        let answer = raw(address, &bytes).await;
        assert!(answer.starts_with(expected), "{name}: {answer:.200}");
        assert!(!expected.is_empty() || answer.is_empty(), "{name}: {answer:.200}");
    }
    // plain http through a tunnel is answered too
    let inside = [
        connect.as_bytes(),
        b"GET /v1.0/users HTTP/1.1\r\nHost: graph.microsoft.com\r\nConnection: close\r\n\r\n",
    ];
    let answer = raw(address, &inside.concat()).await;
    assert!(answer.contains("HTTP/1.1 401"), "{answer:.300}");
}

#[tokio::test]
async fn a_stopped_proxy_frees_its_port_and_ends_its_tunnels() {
    let served = serve(|_| {}, &[], None);
    let address = served.proxy.addr();
    let mut tunnel = TcpStream::connect(address).await.unwrap();
    tunnel.write_all(b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    tunnel.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    drop(served.proxy);
    let mut rest = Vec::new();
    drop(tokio::time::timeout(PATIENCE, tunnel.read_to_end(&mut rest)).await.unwrap());
    assert!(TcpStream::connect(address).await.is_err());
    served.graph.shutdown().await;
}
