//! Who may call: whoever knows the token, from this machine, and no web page.

use super::problem::Problem;
use super::{Control, MAX_BODY, MAX_HEAD};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long a client may take for its request body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn check(State(control): State<Arc<Control>>, request: Request, next: Next) -> Response {
    match judge(request.method(), request.headers(), &control) {
        Ok(()) => match whole(request).await {
            Ok(request) => as_problem(next.run(request).await).await,
            Err(problem) => problem.into_response(),
        },
        Err(problem) => problem.into_response(),
    }
}

/// Waits for the whole body, so that a slow or endless one holds nothing but its connection, and not for long.
async fn whole(request: Request) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let arrived = tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, MAX_BODY)).await;
    match arrived {
        Ok(Ok(bytes)) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Ok(Err(_)) => {
            Err(Problem::new(413, "Too large a body", format!("at most {MAX_BODY} bytes, and all of them")))
        }
        Err(_) => Err(Problem::new(
            408,
            "Too slow a body",
            format!("it did not arrive within {} s", BODY_TIMEOUT.as_secs()),
        )),
    }
}

/// What the router refuses by itself (a query or a path that does not parse) comes as text: say it as a problem.
async fn as_problem(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let text = kind.and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.starts_with("text/plain"));
    if !(text && status.is_client_error()) {
        return response;
    }
    let detail = axum::body::to_bytes(response.into_body(), MAX_HEAD).await.unwrap_or_default();
    let detail = String::from_utf8_lossy(&detail).into_owned();
    Problem::new(status.as_u16(), "The request is not what this call takes", detail).into_response()
}

fn judge(method: &Method, headers: &HeaderMap, control: &Control) -> Result<(), Problem> {
    let head: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if head > MAX_HEAD {
        return Err(Problem::new(431, "Too large a head", format!("{head} bytes, at most {MAX_HEAD}")));
    }
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let own = own_hosts(control.address);
    let host = text(header::HOST).unwrap_or_default();
    if !own.iter().any(|name| name.eq_ignore_ascii_case(host)) {
        return Err(Problem::new(
            403,
            "Foreign host",
            format!("'{host}' is not this listener: use {}", own[0]),
        ));
    }
    if let Some(origin) = text(header::ORIGIN)
        && !own.iter().any(|name| origin.eq_ignore_ascii_case(&format!("http://{name}")))
    {
        return Err(Problem::new(403, "Foreign origin", "this API does not answer other web pages"));
    }
    let given = text(header::AUTHORIZATION).and_then(bearer);
    if !given.is_some_and(|token| same(token.as_bytes(), control.token.as_bytes())) {
        return Err(Problem::new(
            401,
            "No or wrong token",
            "send Authorization: Bearer with FORESTBED_CONTROL_TOKEN",
        ));
    }
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || text(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    if has_body && *method != Method::GET && !text(header::CONTENT_TYPE).is_some_and(is_json) {
        return Err(Problem::new(415, "Not JSON", "send Content-Type: application/json"));
    }
    Ok(())
}

/// The names under which a client on this machine may know the listener.
fn own_hosts(address: SocketAddr) -> [String; 3] {
    let port = address.port();
    [address.to_string(), format!("localhost:{port}"), format!("127.0.0.1:{port}")]
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn is_json(value: &str) -> bool {
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Compares in a time that does not depend on where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_taken_and_only_bearer_tokens() {
        assert!(is_json("application/json; charset=utf-8") && is_json("Application/JSON"));
        assert!(!is_json("text/plain") && !is_json("application/jsonp"));
        assert_eq!(bearer("bearer abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert!(same(b"abc", b"abc") && !same(b"abc", b"abd") && !same(b"abc", b"ab"));
    }
}
