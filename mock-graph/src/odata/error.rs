//! What can be wrong with a query, before it has Graph's words: a key of graph-texts.tsv and what fills it.

use std::fmt;

/// A query that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryError {
    /// The row of graph-texts.tsv.
    pub(crate) key: &'static str,
    /// What stands in its braces.
    pub(crate) args: Vec<(&'static str, String)>,
    /// What the server does not know, for the journal.
    pub(crate) unknown: Option<String>,
}

impl QueryError {
    /// An error with the text of a row.
    pub(crate) fn new(key: &'static str) -> QueryError {
        QueryError { key, args: Vec::new(), unknown: None }
    }

    /// Fills `{name}`.
    pub(crate) fn arg(mut self, name: &'static str, value: impl fmt::Display) -> QueryError {
        self.args.push((name, value.to_string()));
        self
    }

    /// Adds a note for the journal.
    pub(crate) fn unknown(mut self, what: impl Into<String>) -> QueryError {
        self.unknown = Some(what.into());
        self
    }
}
