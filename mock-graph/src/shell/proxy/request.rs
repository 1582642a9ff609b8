//! What a client of the proxy asks: a tunnel, or a request in absolute form.

use super::tunnel::{self, Target};
use super::{Lines, TenantService};
use crate::hosts::is_microsoft;
use crate::shell::connection::{MIN_HEAD_BUFFER, stopped};
use crate::shell::effects::Dropped;
use axum::body::Body;
use forestbed_sim::journal::{Entry, Side};
use http::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpStream;

/// Headers between a client and its proxy (RFC 9110 section 7.6.1), which go no further.
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer", "upgrade"];
/// The longest host that the journal shows; longer than any name of the DNS.
const HOST_MAX: usize = 256;

/// The tunnel that a connection turns into.
type Agreed = Arc<Mutex<Option<(hyper::upgrade::OnUpgrade, Target)>>>;

/// Serves a connection until it ends, or turns into a tunnel and that ends.
pub(super) async fn serve(lines: Lines, stream: TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let agreed = Agreed::default();
    let limits = Arc::clone(&lines.plain.limits);
    let answer = |request: Request<Incoming>| answer(lines.clone(), Arc::clone(&agreed), request);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.max_head_bytes.max(MIN_HEAD_BUFFER))
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(lines.plain.stopping.clone()) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        return tracing::debug!(%error, "connection to the proxy ended");
    }
    let tunnel = agreed.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((upgrade, target)) = tunnel {
        match tokio::time::timeout(limits.head_timeout, upgrade).await {
            Ok(Ok(stream)) => tunnel::serve(&lines, TokioIo::new(stream), target).await,
            Ok(Err(error)) => tracing::debug!(%error, "no tunnel"),
            Err(_) => tracing::debug!("a tunnel was agreed on and not entered"),
        }
    }
}

async fn answer(
    lines: Lines,
    agreed: Agreed,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Dropped> {
    let Some(authority) = request.uri().authority().cloned() else {
        let text = "This is the proxy of a forestbed estate: set it as HTTPS_PROXY, and ask for a whole URL.";
        return Ok(plain(StatusCode::BAD_REQUEST, text));
    };
    let host = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
    let connects = *request.method() == Method::CONNECT;
    let usual = if connects || request.uri().scheme_str() == Some("https") { 443 } else { 80 };
    let port = authority.port_u16().unwrap_or(usual);
    let of_tenant = is_microsoft(&host);
    if !of_tenant && !lines.allow_hosts.contains(&host) {
        return Ok(refuse(&lines, request.method(), &host, port));
    }
    if !connects {
        return if of_tenant { tenant(&lines, request).await } else { forward(request, &host, port).await };
    }
    let target = if of_tenant {
        Target::Tenant
    } else {
        match tunnel::connect(&host, port).await {
            Ok(stream) => Target::Other(stream),
            Err(error) => return Ok(unreachable_host(&host, port, &error)),
        }
    };
    journal(&lines, &Method::CONNECT, &host, port, StatusCode::OK);
    let upgrade = hyper::upgrade::on(&mut request);
    *agreed.lock().unwrap_or_else(PoisonError::into_inner) = Some((upgrade, target));
    Ok(Response::new(Body::empty()))
}

/// A request in absolute form to one of Microsoft's hosts.
async fn tenant(lines: &Lines, request: Request<Incoming>) -> Result<Response<Body>, Dropped> {
    let secure = request.uri().scheme_str() == Some("https");
    let service = TenantService::of_core(Arc::clone(lines.core()), secure);
    service.answer(request).await
}

/// A request in absolute form to a host that is allowed.
async fn forward(mut request: Request<Incoming>, host: &str, port: u16) -> Result<Response<Body>, Dropped> {
    if request.uri().scheme_str() == Some("https") {
        let text =
            "forestbed's proxy speaks TLS with its tenant's clients only: ask for this host with CONNECT.";
        return Ok(plain(StatusCode::BAD_REQUEST, text));
    }
    let stream = match tunnel::connect(host, port).await {
        Ok(stream) => stream,
        Err(error) => return Ok(unreachable_host(host, port, &error)),
    };
    let named = request.uri().authority().and_then(|named| HeaderValue::from_str(named.as_str()).ok());
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse().unwrap_or(Uri::from_static("/"));
    strip(request.headers_mut());
    if let Some(named) = named {
        request.headers_mut().insert(HOST, named);
    }
    let gone = |error: hyper::Error| unreachable_host(host, port, &std::io::Error::other(error));
    let (mut sender, connection) = match hyper::client::conn::http1::handshake(TokioIo::new(stream)).await {
        Ok(pair) => pair,
        Err(error) => return Ok(gone(error)),
    };
    // it ends with the answer that it carries
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "forwarded connection ended");
        }
    });
    match sender.send_request(request).await {
        Ok(mut response) => {
            strip(response.headers_mut());
            Ok(response.map(Body::new))
        }
        Err(error) => Ok(gone(error)),
    }
}

fn strip(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

fn refuse(lines: &Lines, method: &Method, host: &str, port: u16) -> Response<Body> {
    journal(lines, method, host, port, StatusCode::FORBIDDEN);
    let host = shown(host);
    let text = format!(
        "forestbed's proxy reaches its own tenant only, and {host}:{port} is none of Microsoft's hosts that it knows. \
         To let programs reach it: --allow-host {host}"
    );
    plain(StatusCode::FORBIDDEN, &text)
}

fn unreachable_host(host: &str, port: u16, error: &std::io::Error) -> Response<Body> {
    plain(StatusCode::BAD_GATEWAY, &format!("forestbed's proxy cannot reach {host}:{port}: {error}"))
}

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert(HeaderName::from_static("proxy-connection"), HeaderValue::from_static("close"));
    response
}

fn shown(host: &str) -> &str {
    host.get(..HOST_MAX).unwrap_or(host)
}

/// What a client wanted of the proxy itself; requests to the tenant have entries of their own.
fn journal(lines: &Lines, method: &Method, host: &str, port: u16, status: StatusCode) {
    let world = lines.core().world();
    let target = format!("{}:{port}", shown(host));
    let mut entry = Entry::new(world.clock.now(), Side::Proxy, method.as_str(), target.as_str());
    entry.status = status.as_u16();
    entry.unknown = (status == StatusCode::FORBIDDEN).then(|| format!("host {}", shown(host)));
    world.journal.record(entry);
}
