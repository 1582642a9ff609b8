//! The control API: one HTTP listener on loopback, apart from everything that imitates Microsoft.
//!
//! It is for tests, tools and people who steer an estate; a tool's own traffic goes to LDAP and Graph. Every
//! request needs the run's bearer token; a foreign `Host` or `Origin` is refused, so that no web page can
//! reach it; bodies are JSON; errors are problem details (RFC 9457).

mod clock;
mod faults;
mod guard;
mod journal;
mod problem;
mod promises;
mod provision;
mod server;
mod state;

pub(crate) use promises::Promises;
pub(crate) use server::ControlServer;

use crate::estate::Estate;
use crate::format::scalars::Name;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use problem::Problem;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// The largest body, in bytes: a provisioning call carries many objects.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// The largest request head, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// What every handler shares.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) estate: Arc<Estate>,
    /// The bearer token of this run.
    pub(crate) token: String,
    /// Where this listener is.
    pub(crate) address: SocketAddr,
    /// The answer of `/api/health`, which is also the first line of `up`.
    pub(crate) health: Value,
    /// What the provisioning service told callers to wait.
    pub(crate) promises: Promises,
}

type Shared = axum::extract::State<Arc<Control>>;

fn router(control: Arc<Control>) -> Router {
    Router::new()
        .route("/api/health", get(state::health))
        .route("/api/clock", get(clock::show).post(clock::command))
        .route("/api/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/api/faults/{id}", axum::routing::delete(faults::remove))
        .route("/api/journal", get(journal::read))
        .route("/api/reset", post(state::reset))
        .route("/api/checkpoints", get(state::checkpoints))
        .route("/api/checkpoints/{name}", post(state::checkpoint))
        .route("/api/checkpoints/{name}/restore", post(state::restore))
        .route("/api/dump/{part}", get(state::dump))
        .route("/api/plan", get(state::plan))
        .route("/api/truth", get(state::truth))
        .route("/api/score", get(state::score))
        .route("/api/change", post(state::change))
        .route("/api/provision", post(provision::provision))
        .fallback(problem::unknown_route)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(control.clone(), guard::check))
        .with_state(control)
}

/// Reads a JSON body as a typed value.
fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::new(400, "The body is not what this call takes", error.to_string()))
}

fn name(text: &str) -> Result<Name, Problem> {
    Name::parse(text).map_err(|reason| Problem::new(400, "No such name is allowed", reason))
}

fn ok(value: &Value) -> axum::response::Response {
    use axum::response::IntoResponse as _;
    axum::Json(value).into_response()
}

fn done() -> axum::response::Response {
    ok(&json!({ "ok": true }))
}
