//! The journal as NDJSON: every request on every side, in the order of arrival.

use super::Shared;
use super::problem::Problem;
use crate::format::scalars::parse_span;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use forestbed_sim::journal::{Entry, RetryAfter};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Entries of one answer unless the caller says otherwise.
const USUAL: usize = 1000;
/// The most entries of one answer.
const MOST: usize = 10_000;
/// The longest wait for a new entry.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Window {
    #[serde(default)]
    since: u64,
    wait: Option<String>,
    limit: Option<usize>,
}

pub(super) async fn read(State(control): Shared, window: Query<Window>) -> Result<Response, Problem> {
    let wrong = |reason: String| Problem::new(400, "No such window of the journal", reason);
    let wait = window.wait.as_deref().map_or(Ok(Duration::ZERO), parse_span).map_err(wrong)?;
    let mut newest = control.estate.journal();
    if !wait.is_zero() {
        // whether it came or not, the answer is what there is
        let come = newest.wait_for(|seq| *seq > window.since);
        let _ = tokio::time::timeout(wait.min(LONGEST_WAIT), come).await;
    }
    let limit = window.limit.unwrap_or(USUAL).min(MOST);
    let mut body = String::new();
    for entry in control.estate.world.journal.since(window.since, limit) {
        body.push_str(&line(&entry));
        body.push('\n');
    }
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

fn line(entry: &Entry) -> String {
    json!({
        "seq": entry.seq,
        "time": entry.time.rfc3339(),
        "millis": entry.time.millis(),
        "side": entry.side.to_string(),
        "client": entry.client,
        "operation": entry.operation,
        "target": entry.target,
        "status": entry.status,
        "write": entry.write,
        "retry_after_ms": entry.retry_after_ms,
        "after_retry": entry.after_retry.map(|kept| match kept {
            RetryAfter::Kept => "kept",
            RetryAfter::Broken => "broken",
        }),
        "returned": entry.returned,
        "unknown": entry.unknown,
        "fault": entry.fault,
        "explain": entry.explain.as_ref().map(|explain| json!({
            "index": explain.index,
            "candidates": explain.candidates,
            "examined": explain.examined,
            "rejected_by": explain.rejected_by,
        })),
    })
    .to_string()
}
