//! What a request costs the server, by the processor time of the server's own threads:
//! `cargo run --release -p forestbed-mock-graph --features wiremock --example graph_load -- SERVER WHAT REQUESTS
//! [CONNECTIONS]`.
//!
//! SERVER is `forestbed`, or `axum` or `wiremock` that answer with the bytes that forestbed gave. WHAT is `one`
//! (one user), `list` (`$top=999`), or `memory` (one user; the resident memory is told after each tenth of the
//! requests). The client speaks HTTP/1.1 over plain sockets that stay open, on threads of its own.

use axum::body::Body;
use axum::http::{Response, header};
use forestbed_mock_graph::{GraphOptions, GraphServer};
use forestbed_sim::spec::EstateSpec;
use forestbed_sim::world::World;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

type Any = Box<dyn Error + Send + Sync>;

/// Users of the tenant: a page of 999 is full.
const USERS: u32 = 1200;
/// The name of the threads that are not the server's.
const CLIENT: &str = "client";

fn main() -> Result<(), Any> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |at: usize, default: &str| arguments.get(at).map_or(default, String::as_str).to_owned();
    let (server, what) = (argument(0, "forestbed"), argument(1, "one"));
    let (requests, connections): (u64, u64) = (argument(2, "20000").parse()?, argument(3, "8").parse()?);
    let mut spec = EstateSpec::default();
    spec.forests.clear();
    spec.tenant.cloud_users = USERS;
    // it is to answer, not to refuse
    spec.limits.graph_resource_units = Some(u32::MAX);
    let world = Arc::new(World::generate(spec, 2)?);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).thread_name("server").enable_all().build()?;
    let graph = runtime.block_on(async { start(&world) })?;
    let path = match what.as_str() {
        "list" => "/v1.0/users?$top=999".to_owned(),
        _ => {
            let tenant = world.tenant();
            let user = tenant.iter(forestbed_sim::tenant::ObjectKind::User).next().ok_or("no user")?;
            format!("/v1.0/users/{}", user.id())
        }
    };
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nAccept: application/json\r\n\r\n",
        token(&world, graph.http_addr())?
    );
    let mut client = Client::open(graph.http_addr())?;
    let (status, answer) = client.ask(request.as_bytes())?;
    if status != 200 {
        return Err(format!("status {status}: {}", String::from_utf8_lossy(&answer)).into());
    }
    let reference = runtime.block_on(reference(&server, answer.clone()))?;
    let address = reference.as_ref().map_or(graph.http_addr(), |reference| reference.0);
    let rounds = if what == "memory" { 10 } else { 1 };
    for round in 1..=rounds {
        let before = processor_time()?;
        let share = requests / rounds / connections;
        load(address, &request, share, connections)?;
        let spent = processor_time()? - before;
        let done = share * connections;
        println!(
            "{server} {what} {} requests {:.2} us each, {} octets, resident {} kB",
            done * round,
            spent as f64 / 1000.0 / done as f64,
            answer.len(),
            resident()?
        );
    }
    Ok(())
}

fn start(world: &Arc<World>) -> Result<GraphServer, Any> {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let private = rustls::pki_types::PrivateKeyDer::Pkcs8(key.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls_config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private)?;
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let options = GraphOptions {
        https: any,
        http: any,
        tls_config: Arc::new(tls_config),
        public_url: None,
        check_answers: false,
    };
    Ok(GraphServer::start(Arc::clone(world), options)?)
}

/// A server that answers everything with the same bytes, and what keeps it alive.
async fn reference(server: &str, answer: Vec<u8>) -> Result<Option<(SocketAddr, Box<dyn Send>)>, Any> {
    match server {
        "axum" => {
            let answer = bytes::Bytes::from(answer);
            let handler = move || async move {
                let kind = (header::CONTENT_TYPE, "application/json");
                Response::builder().header(kind.0, kind.1).body(Body::from(answer)).unwrap_or_default()
            };
            let app = axum::Router::new()
                .route("/v1.0/users", axum::routing::get(handler.clone()))
                .route("/v1.0/users/{id}", axum::routing::get(handler));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            let address = listener.local_addr()?;
            let serving = tokio::spawn(serve(listener, app));
            Ok(Some((address, Box::new(serving))))
        }
        #[cfg(feature = "wiremock")]
        "wiremock" => {
            let server = wiremock::MockServer::start().await;
            let reply = wiremock::ResponseTemplate::new(200).set_body_raw(answer, "application/json");
            wiremock::Mock::given(wiremock::matchers::any()).respond_with(reply).mount(&server).await;
            Ok(Some((*server.address(), Box::new(server))))
        }
        _ => Ok(None),
    }
}

/// As GraphServer serves, so that only the handlers differ.
async fn serve(listener: tokio::net::TcpListener, app: axum::Router) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let service = hyper_util::service::TowerToHyperService::new(app.clone());
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(hyper_util::rt::TokioIo::new(stream), service);
        tokio::spawn(async move { drop(connection.await) });
    }
}

fn token(world: &World, address: SocketAddr) -> Result<String, Any> {
    let (form, tenant) = {
        let tenant = world.tenant();
        let app = tenant.applications().first().ok_or("no application")?;
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
            app.app_id, app.secret
        );
        (form, tenant.id())
    };
    let request = format!(
        "POST /{tenant}/oauth2/v2.0/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let (_, body) = Client::open(address)?.ask(request.as_bytes())?;
    let answer: serde_json::Value = serde_json::from_slice(&body)?;
    Ok(answer["access_token"].as_str().ok_or_else(|| format!("no token: {answer}"))?.to_owned())
}

fn load(address: SocketAddr, request: &str, share: u64, connections: u64) -> Result<(), Any> {
    std::thread::scope(|scope| {
        let ask = || -> Result<(), Any> {
            let mut client = Client::open(address)?;
            for _ in 0..share {
                let (status, _) = client.ask(request.as_bytes())?;
                if status != 200 {
                    return Err(format!("status {status}").into());
                }
            }
            Ok(())
        };
        let spawn = |_| std::thread::Builder::new().name(CLIENT.to_owned()).spawn_scoped(scope, ask);
        let clients: Vec<_> = (0..connections).map(spawn).collect::<Result<_, _>>()?;
        clients.into_iter().try_for_each(|client| client.join().map_err(|_| "a client panicked")?)
    })
}

struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn open(address: SocketAddr) -> Result<Client, Any> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, buffer: Vec::new() })
    }

    /// Status and body of the answer; answers have a Content-Length.
    fn ask(&mut self, request: &[u8]) -> Result<(u16, Vec<u8>), Any> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let mut wanted = None;
        let mut part = vec![0; 256 * 1024];
        loop {
            let read = self.stream.read(&mut part)?;
            if read == 0 {
                return Err("the server hung up".into());
            }
            self.buffer.extend_from_slice(&part[..read]);
            if wanted.is_none() {
                let end = self.buffer.windows(4).position(|octets| octets == b"\r\n\r\n");
                if let Some(end) = end {
                    let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
                    let status = head.get(9..12).unwrap_or("").parse()?;
                    wanted = Some((status, end + 4, length.ok_or("no length")?.trim().parse::<usize>()?));
                }
            }
            if let Some((status, start, length)) = wanted
                && self.buffer.len() >= start + length
            {
                return Ok((status, self.buffer[start..start + length].to_vec()));
            }
        }
    }
}

/// Nanoseconds that all threads but the clients' have run.
fn processor_time() -> Result<u64, Any> {
    let mut spent = 0;
    for thread in std::fs::read_dir("/proc/self/task")? {
        let thread = thread?.path();
        // a thread may end meanwhile
        let name = std::fs::read_to_string(thread.join("comm")).unwrap_or_default();
        if name.trim() != CLIENT {
            let times = std::fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
            spent += times.split(' ').next().and_then(|time| time.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    Ok(spent)
}

fn resident() -> Result<u64, Any> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
