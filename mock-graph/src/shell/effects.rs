//! Carries out what the core asks for beside the answer: waiting, closing, cutting short.

use crate::core::{Effect, Reply};
use axum::body::Body;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Response, Version};
use hyper::body::{Frame, SizeHint};
use std::fmt;
use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Smaller bodies are not worth it: they fit into one packet as they are.
const COMPRESSED_FROM: usize = 1024;

/// There is no answer: a scripted fault closes the connection instead (over HTTP/2 it resets the stream).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scripted fault closed the connection without an answer")
    }
}

impl std::error::Error for Dropped {}

/// The answer as the client gets it.
pub(super) async fn carry_out(reply: Reply, version: Version, gzip: bool) -> Result<Response<Body>, Dropped> {
    let Reply { mut response, effects, .. } = reply;
    let (mut half, mut wait) = (false, Duration::ZERO);
    for effect in effects {
        match effect {
            // HTTP/2 has no such header: there the stream's end is enough
            Effect::Close if version < Version::HTTP_2 => {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Effect::Close => {}
            Effect::Drop => return Err(Dropped),
            Effect::Delay(span) => wait = wait.max(span),
            Effect::Truncate => half = true,
        }
    }
    if !wait.is_zero() {
        pause(wait).await;
    }
    if gzip {
        compress(&mut response);
    }
    Ok(response.map(|body| if half { Body::new(Half::of(body)) } else { Body::from(body) }))
}

/// Whether a client takes compressed answers (RFC 9110 section 12.5.3).
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut wildcard = false;
    for coding in lists.flat_map(|list| list.split(',')) {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().trim_start_matches("q=").trim().parse::<f32>().unwrap_or(1.0);
        match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") => return weight > 0.0,
            "*" => wildcard = weight > 0.0,
            _ => {}
        }
    }
    wildcard
}

/// Compresses a body of text that is worth it.
fn compress(response: &mut Response<Bytes>) {
    let headers = response.headers();
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let text = ["application/json", "application/xml", "text/"].iter().any(|start| kind.starts_with(start));
    if !text || response.body().len() < COMPRESSED_FROM || headers.contains_key(CONTENT_ENCODING) {
        return;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(response.body().len() / 4), Compression::fast());
    let written = encoder.write_all(response.body()).and_then(|()| encoder.finish());
    if let Ok(compressed) = written {
        *response.body_mut() = Bytes::from(compressed);
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
}

#[expect(clippy::disallowed_methods, reason = "a scripted delay is one that a client's own clock sees")]
async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}

/// A body that promises all of its bytes and breaks off after half of them.
struct Half {
    promised: u64,
    first: Option<Bytes>,
    sent: bool,
}

impl Half {
    fn of(body: Bytes) -> Half {
        Half { promised: body.len() as u64, first: Some(body.slice(..body.len() / 2)), sent: false }
    }
}

impl hyper::body::Body for Half {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        if let Some(first) = self.first.take().filter(|first| !first.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        if !std::mem::replace(&mut self.sent, true) {
            // what was given is written out only when there is nothing more for now
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Dropped)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised.max(1))
    }
}
