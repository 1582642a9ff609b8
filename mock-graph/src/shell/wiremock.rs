//! The tenant in a user's own wiremock server.

use super::{courier, wall};
use crate::core::{Effect, TenantCore, Unread};
use bytes::Bytes;
use forestbed_sim::world::World;
use http::StatusCode;
use http::header::{HeaderName, TRANSFER_ENCODING};
use std::sync::Arc;
use wiremock::{Respond, ResponseTemplate};

/// What a client is told whose connection should have been closed.
const CUT: &[u8] =
    b"a scripted fault of forestbed drops or truncates this answer, which a wiremock server cannot do";

/// The whole tenant as a [`wiremock::Respond`]: mount it in a `MockServer` beside a project's own mocks.
///
/// wiremock keeps a copy of every request that it receives, so this is for tests and never for load. Mount it
/// with `any()` (and, beside more special mocks, with a priority below theirs), never scoped with a priority.
/// Scripted faults work but for those that close the connection (`drop`, `truncate`): a `MockServer` has no means
/// to do that from a `Respond`, so they answer 502. Subscriptions to changes cannot be made: the address would have
/// to be asked before the answer, and a `Respond` cannot wait.
///
/// ```no_run
/// use forestbed_mock_graph::TenantResponder;
/// use forestbed_sim::{spec::EstateSpec, world::World};
/// use std::sync::Arc;
/// use wiremock::{Mock, MockServer, matchers::any};
///
/// # async fn mounted() -> Result<(), Box<dyn std::error::Error>> {
/// let world = Arc::new(World::generate(EstateSpec::default(), 1)?);
/// let server = MockServer::start().await;
/// Mock::given(any()).respond_with(TenantResponder::new(world)).mount(&server).await;
/// // {server.uri()}/v1.0/users now is Graph
/// # Ok(())
/// # }
/// ```
/// A whole example, with faults laid over the tenant, and the limits: docs/wiremock.md.
#[derive(Debug, Clone)]
pub struct TenantResponder {
    core: Arc<TenantCore>,
}

impl TenantResponder {
    /// The tenant of `world`.
    pub fn new(world: Arc<World>) -> TenantResponder {
        TenantResponder { core: Arc::new(TenantCore::new(world, None)) }
    }
}

/// The page for users, whose example is compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/wiremock.md")]
pub struct WiremockPage;

impl Respond for TenantResponder {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let reception = wall::reception(false);
        let mut converted = http::Request::new(Bytes::copy_from_slice(&request.body));
        *converted.method_mut() = request.method.clone();
        *converted.headers_mut() = request.headers.clone();
        let mut reply = match request.url.as_str().parse() {
            Ok(uri) => {
                *converted.uri_mut() = uri;
                self.core.handle(&converted, reception)
            }
            Err(_) => self.core.refuse(&converted, reception, Unread::Broken),
        };
        courier::settle_unsent(&self.core, &mut reply);
        courier::carry(&self.core);
        let cut = reply.effects.iter().any(|effect| matches!(effect, Effect::Drop | Effect::Truncate));
        let (mut parts, mut body) = reply.response.into_parts();
        if cut {
            parts.headers.clear();
            (parts.status, body) = (StatusCode::BAD_GATEWAY, Bytes::from_static(CUT));
        }
        let mut template = ResponseTemplate::new(parts.status.as_u16());
        for effect in reply.effects {
            if let Effect::Delay(span) = effect {
                template = template.set_delay(span);
            }
        }
        let mut kind = None;
        for (name, value) in &parts.headers {
            if *name == http::header::CONTENT_TYPE {
                kind = value.to_str().ok();
            } else if *name != TRANSFER_ENCODING {
                let name: HeaderName = name.clone();
                template = template.append_header(name, value.clone());
            }
        }
        match kind {
            Some(kind) => template.set_body_raw(body.to_vec(), kind),
            None => template,
        }
    }
}
