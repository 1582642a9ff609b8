//! What the tenant answers to a call that it refuses: Graph's code and text, from a data file.

use std::fmt;
use std::sync::LazyLock;

/// Why Graph refuses a call. It is data for the wire, with the HTTP status and Graph's own texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantError {
    /// The HTTP status.
    pub status: u16,
    /// `error.code`.
    pub code: &'static str,
    /// `error.message`.
    pub message: String,
    /// `error.details`; empty means that there is no such member.
    pub details: Vec<ErrorDetail>,
}

/// One element of `error.details`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorDetail {
    /// `ObjectConflict`, `InvalidValue`...
    pub code: &'static str,
    /// The text, as a rule that of the error.
    pub message: String,
    /// The property that is wrong.
    pub target: String,
}

impl fmt::Display for TenantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.message)
    }
}

impl std::error::Error for TenantError {}

struct Row {
    key: &'static str,
    status: u16,
    code: &'static str,
    message: &'static str,
    detail: &'static str,
    target: &'static str,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let table = include_str!("../../data/graph-errors.tsv");
    let rows = table.lines().filter(|line| !line.starts_with('#')).skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        Some(Row {
            key: cells.next()?,
            status: cells.next()?.parse().ok()?,
            code: cells.next()?,
            message: cells.next()?,
            detail: cells.next()?,
            target: cells.next()?,
        })
    });
    rows.collect()
});

impl TenantError {
    /// The error with this key of graph-errors.tsv; `{name}` in its texts is replaced by the value of that
    /// name. A key that the table does not have becomes Graph's general 400, so that a call never panics;
    /// a test holds every key that the code uses against the table.
    pub(crate) fn of(key: &str, values: &[(&str, &str)]) -> TenantError {
        let Some(row) = ROWS.iter().find(|row| row.key == key) else {
            return TenantError {
                status: 400,
                code: "Request_BadRequest",
                message: "One or more property values specified are invalid.".to_owned(),
                details: Vec::new(),
            };
        };
        let fill = |text: &str| {
            values
                .iter()
                .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        let message = fill(row.message);
        let mut details = Vec::new();
        if !row.detail.is_empty() {
            details.push(ErrorDetail {
                code: row.detail,
                message: message.clone(),
                target: fill(row.target),
            });
        }
        TenantError { status: row.status, code: row.code, message, details }
    }

    /// The caller may not do this to this object (403).
    pub fn privileged() -> TenantError {
        TenantError::of("privileged", &[])
    }

    /// The object does not exist (404).
    pub fn not_found(id: &str) -> TenantError {
        TenantError::of("not-found", &[("id", id)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read_and_says_where_it_comes_from() {
        let table = include_str!("../../data/graph-errors.tsv");
        let lines: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
        assert_eq!(lines.len(), ROWS.len());
        for line in lines {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 8, "{line}");
            assert!(["observed", "documented", "assumed"].contains(&cells[6]), "{line}");
            assert!(!cells[7].is_empty(), "{line}");
        }
    }

    #[test]
    fn values_are_put_into_message_and_target() {
        let error = TenantError::of("conflict", &[("property", "userPrincipalName")]);
        // microsoft-graph.md 2.2, first row
        assert_eq!(
            error.message,
            "Another object with the same value for property userPrincipalName already exists."
        );
        assert_eq!((error.status, error.code), (400, "Request_BadRequest"));
        assert_eq!(error.details[0].code, "ObjectConflict");
        assert_eq!(error.details[0].target, "userPrincipalName");
    }
}
