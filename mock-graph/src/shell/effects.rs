//! Carries out what the core asks for beside the answer: waiting, closing, cutting short.

use crate::core::{Effect, Reply};
use axum::body::Body;
use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Response, Version};
use hyper::body::{Frame, SizeHint};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

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
pub(super) async fn carry_out(reply: Reply, version: Version) -> Result<Response<Body>, Dropped> {
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
    Ok(response.map(|body| if half { Body::new(Half::of(body)) } else { Body::from(body) }))
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
