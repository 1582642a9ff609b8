//! The tenant as a `tower::Service`, for tests in process and as the heart of the server.

use super::courier;
use super::effects::{self, Dropped};
use super::wall;
use crate::core::{TenantCore, Unread};
use axum::body::Body;
use bytes::Bytes;
use forestbed_sim::world::World;
use http::header::CONTENT_LENGTH;
use http::{Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// The whole tenant as a [`tower::Service`]: the same core as behind [`GraphServer`](crate::GraphServer),
/// without a socket.
///
/// Cloning it is cheap and shares everything: tokens, throttling, the world. Its only error is [`Dropped`]: a
/// scripted fault that leaves the client without an answer.
///
/// ```
/// use axum::body::Body;
/// use forestbed_mock_graph::TenantService;
/// use forestbed_sim::{spec::EstateSpec, world::World};
/// use http::{Request, StatusCode};
/// use std::sync::Arc;
/// use tower::Service;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut spec = EstateSpec::default();
/// spec.forests.clear();
/// let world = Arc::new(World::generate(spec, 1)?);
/// let mut tenant = TenantService::new(world, None);
/// let request = Request::get("https://localhost/v1.0/users").body(Body::empty())?;
/// assert_eq!(tenant.call(request).await?.status(), StatusCode::UNAUTHORIZED);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TenantService {
    core: Arc<TenantCore>,
    secure: bool,
}

impl TenantService {
    /// The tenant of `world`. Links in answers begin with `public_url`, or with what each client asked; a
    /// request that names no scheme came over https.
    pub fn new(world: Arc<World>, public_url: Option<String>) -> TenantService {
        TenantService { core: Arc::new(TenantCore::new(world, public_url)), secure: true }
    }

    /// The service of an existing core, for connections that are encrypted or not.
    pub(super) fn of_core(core: Arc<TenantCore>, secure: bool) -> TenantService {
        TenantService { core, secure }
    }

    /// The core behind it.
    pub fn core(&self) -> &Arc<TenantCore> {
        &self.core
    }

    pub(super) async fn answer<B>(self, request: Request<B>) -> Result<Response<Body>, Dropped>
    where
        B: hyper::body::Body<Data = Bytes> + Send,
        B::Error: Into<axum::BoxError>,
    {
        let (parts, body) = request.into_parts();
        let version = parts.version;
        let gzip = effects::takes_gzip(&parts.headers);
        let limit = self.core.largest_body(parts.uri.path());
        let declared = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let claims_too_much = declared
            .and_then(|length| length.parse::<u64>().ok())
            .is_some_and(|length| length > limit as u64);
        let read = if claims_too_much {
            Err(Unread::TooLarge)
        } else {
            read(body, limit, self.core.world().limits.body_timeout).await
        };
        // read when the request is complete: that is when the client is there
        let reception = wall::reception(self.secure);
        let mut reply = match read {
            Ok(body) => self.core.handle(&Request::from_parts(parts, body), reception),
            Err(why) => self.core.refuse(&Request::from_parts(parts, Bytes::new()), reception, why),
        };
        courier::settle(&self.core, &mut reply).await;
        effects::carry_out(reply, version, gzip).await
    }
}

async fn read<B>(body: B, limit: usize, patience: Duration) -> Result<Bytes, Unread>
where
    B: hyper::body::Body<Data = Bytes> + Send,
    B::Error: Into<axum::BoxError>,
{
    let body = std::pin::pin!(Limited::new(body, limit));
    match tokio::time::timeout(patience, body.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Ok(Err(_)) => Err(Unread::Broken),
        Err(_) => Err(Unread::TimedOut),
    }
}

impl tower::Service<Request<Body>> for TenantService {
    type Response = Response<Body>;
    type Error = Dropped;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Dropped>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Dropped>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(service.answer(request))
    }
}
