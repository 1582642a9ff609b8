//! What the gateway tells before, or instead of, a resource: errors from a table, and the throttled answer.

use crate::resources::{ApiCall, ApiError, ApiReply};
use http::Method;
use http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE};
use serde_json::json;
use std::sync::OnceLock;

const TABLE: &str = include_str!("../../data/gateway-errors.tsv");

struct Row {
    key: &'static str,
    status: u16,
    code: &'static str,
    message: &'static str,
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let parse = |line: &'static str| {
            let mut cells = line.split('\t');
            Some(Row {
                key: cells.next()?,
                status: cells.next()?.parse().ok()?,
                code: cells.next()?,
                message: cells.next()?,
            })
        };
        TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(parse).collect()
    })
}

/// The error of a row of the table.
pub(crate) fn error(key: &str) -> ApiError {
    let row = rows().iter().find(|row| row.key == key);
    row.map_or_else(|| ApiError::new(500, "UnknownError", ""), |r| ApiError::new(r.status, r.code, r.message))
}

/// The same, with the one value that its text leaves open.
pub(crate) fn error_about(key: &str, value: &str) -> ApiError {
    let mut error = error(key);
    for name in ["{limit}", "{version}", "{id}"] {
        if let Some((before, after)) = error.message.split_once(name) {
            error.message = format!("{before}{value}{after}");
            break;
        }
    }
    error
}

/// The answer of a status that a scripted fault asks for.
pub(crate) fn fault(status: u16, call: &ApiCall<'_>) -> ApiReply {
    if status == 429 {
        return throttled(call);
    }
    let key = format!("fault-{status}");
    let mut error = error(&key);
    // a status without a row of its own is still the status that was asked for
    error.status = status;
    error.reply(call)
}

/// The answer to a browser that asks whether a page of another origin may send a request (Fetch, "CORS-preflight
/// fetch"); none when the request is no such question.
pub(crate) fn preflight(call: &ApiCall<'_>) -> Option<ApiReply> {
    if *call.method != Method::OPTIONS || call.header("origin").is_none() {
        return None;
    }
    let method = call.header("access-control-request-method")?;
    let asked = call.header("access-control-request-headers").unwrap_or("");
    let reply = ApiReply { status: 200, ..ApiReply::default() };
    let reply = reply.with_header(ACCESS_CONTROL_ALLOW_METHODS, method);
    let reply = reply.with_header(ACCESS_CONTROL_MAX_AGE, "3600");
    Some(if asked.is_empty() { reply } else { reply.with_header(ACCESS_CONTROL_ALLOW_HEADERS, asked) })
}

/// The body of a throttled answer has a shape of its own (microsoft-graph.md section 4, "429 body").
pub(crate) fn throttled(call: &ApiCall<'_>) -> ApiReply {
    let body = json!({
        "error": {
            "code": "TooManyRequests",
            "innerError": {
                "code": "429",
                "date": call.now.rfc3339().trim_end_matches('Z'),
                "message": "Please retry after",
                "request-id": call.request_id.to_string(),
                "status": "429",
            },
            "message": "Please retry again later.",
        }
    });
    ApiReply::json(429, body.to_string().into_bytes(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        // the line of column names is the one that is no row
        assert_eq!(rows().len(), lines - 1);
    }

    #[test]
    fn a_text_with_a_gap_is_filled() {
        let error = error_about("body-too-large", "4194304");
        assert_eq!((error.status, error.message.contains("the 4194304 bytes")), (413, true));
    }
}
