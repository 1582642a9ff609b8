//! The errors of the token service (AADSTS...), from a table.

use super::route::Version;
use super::{LoginCall, LoginReply};
use serde::Serialize;
use std::sync::OnceLock;

const TABLE: &str = include_str!("../../data/aadsts-errors.tsv");

/// One row of the table.
#[derive(Debug, Clone, Copy)]
struct Row {
    code: u32,
    status: u16,
    error: &'static str,
    with_uri: bool,
    suberror: &'static str,
    text: &'static str,
}

impl Row {
    fn parse(line: &'static str) -> Option<Row> {
        let mut cells = line.split('\t');
        Some(Row {
            code: cells.next()?.parse().ok()?,
            status: cells.next()?.parse().ok()?,
            error: cells.next()?,
            with_uri: cells.next()? == "yes",
            suberror: cells.next()?,
            text: cells.next()?,
        })
    }
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(Row::parse).collect())
}

/// The body of an error, in the order in which the service writes it (microsoft-graph.md 1.5).
#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    error_description: &'a str,
    error_codes: [u32; 1],
    timestamp: &'a str,
    trace_id: String,
    correlation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_uri: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    suberror: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'static str>,
}

/// What a client has to send to the sign-in page when a second factor is needed: the shape of Microsoft's, with
/// a policy of no tenant's (microsoft-graph.md 1.5, claims; shape from memory).
const STEP_UP_CLAIMS: &str =
    r#"{"access_token":{"capolids":{"essential":true,"values":["00000000-0000-0000-0000-000000000001"]}}}"#;
/// The error that says so.
const STEP_UP: u32 = 50_076;

/// An error of the token service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StsError {
    code: u32,
    oauth: Option<&'static str>,
    status: Option<u16>,
    values: Vec<(&'static str, String)>,
}

impl StsError {
    /// Error number `code` of the table; what its text leaves open comes by [`StsError::with`].
    pub(crate) fn new(code: u32) -> StsError {
        StsError { code, oauth: None, status: None, values: Vec::new() }
    }

    /// Fills in `{name}`.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> StsError {
        self.values.push((name, value.into()));
        self
    }

    /// Says another OAuth code than the table does: discovery and the token endpoint differ in some.
    pub(crate) fn called(mut self, oauth: &'static str) -> StsError {
        self.oauth = Some(oauth);
        self
    }

    /// The same error as an endpoint of that generation tells it: the older one calls the need for a second
    /// factor `invalid_grant` (microsoft-graph.md 1.5).
    pub(crate) fn with_version(self, version: Version) -> StsError {
        match version {
            Version::V1 if self.code == STEP_UP => self.called("invalid_grant"),
            _ => self,
        }
    }

    /// Its HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.status.unwrap_or(self.row().status)
    }

    /// Its OAuth code.
    pub(crate) fn oauth(&self) -> &'static str {
        self.oauth.unwrap_or(self.row().error)
    }

    /// Its number and text, for the sign-in log.
    pub(crate) fn summary(&self) -> (u32, String) {
        (self.code, self.fill(self.row().text))
    }

    fn row(&self) -> Row {
        let row = rows().iter().find(|row| row.code == self.code);
        row.copied().unwrap_or(Row {
            code: self.code,
            status: 400,
            error: "invalid_request",
            with_uri: false,
            suberror: "",
            text: "The request could not be processed.",
        })
    }

    /// `error_description`: the text with its number, and when it happened under which ids.
    pub(crate) fn description(&self, call: &LoginCall<'_>) -> String {
        format!(
            "AADSTS{}: {} Trace ID: {} Correlation ID: {} Timestamp: {}",
            self.code,
            self.fill(self.row().text),
            call.request_id,
            call.correlation_id(),
            timestamp(call),
        )
    }

    /// What a scripted fault with this status says.
    pub(crate) fn fault(status: u16) -> StsError {
        let code = match status {
            429 => 90_055,
            500.. => 90_033,
            _ => 9_002_313,
        };
        StsError { status: Some(status), ..StsError::new(code) }
    }

    /// The answer.
    pub(crate) fn reply(&self, call: &LoginCall<'_>) -> LoginReply {
        let row = self.row();
        let body = Body {
            error: self.oauth(),
            error_description: &self.description(call),
            error_codes: [row.code],
            timestamp: &timestamp(call),
            trace_id: call.request_id.to_string(),
            correlation_id: &call.correlation_id(),
            // always Microsoft's page: it explains the code, whoever answered
            error_uri: row
                .with_uri
                .then(|| format!("https://login.microsoftonline.com/error?code={}", row.code)),
            suberror: row.suberror,
            claims: (row.code == STEP_UP).then_some(STEP_UP_CLAIMS),
        };
        LoginReply::json(self.status(), &body)
    }

    /// One pass over the text, so that a value that looks like a placeholder stays as it is.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len() + 64);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let value = self.values.iter().find(|(key, _)| *key == name);
            filled.push_str(value.map_or("", |(_, value)| value.as_str()));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

fn timestamp(call: &LoginCall<'_>) -> String {
    call.now.rfc3339().replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        // the line of column names is the one that is no row
        assert_eq!(rows().len(), lines - 1);
        assert!(TABLE.lines().skip(2).all(|line| line.split('\t').count() == 8));
    }

    #[test]
    fn a_value_is_never_taken_for_a_placeholder() {
        let error = StsError::new(0).with("a", "{b}").with("b", "x");
        assert_eq!(error.fill("{a} and {b}, {c}."), "{b} and x, .");
    }
}
