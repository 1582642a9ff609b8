//! Resource Manager's error envelope, and the texts of arm-errors.tsv.

use crate::odata::rows;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// key, status, code, message, source, confidence.
static TEXTS: LazyLock<Vec<Vec<&'static str>>> =
    LazyLock::new(|| rows(include_str!("../../data/arm-errors.tsv")).collect());

/// An error as Resource Manager tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArmError {
    /// The HTTP status.
    pub(crate) status: u16,
    /// What the server did not know, for the journal.
    pub(crate) unknown: Option<String>,
    code: &'static str,
    message: String,
}

impl ArmError {
    /// The error with this key of arm-errors.tsv, its gaps filled. A key that the table does not have becomes a
    /// 500, so that no request panics.
    pub(crate) fn of(key: &str, values: &[(&str, &str)]) -> ArmError {
        let row = TEXTS.iter().find(|cells| cells[0] == key).map(Vec::as_slice);
        let Some([_, status, code, message, ..]) = row else {
            return ArmError {
                status: 500,
                unknown: None,
                code: "InternalServerError",
                message: String::new(),
            };
        };
        let mut text = String::new();
        // what stands behind a brace is a name up to the closing one: values are never looked into
        for (at, part) in message.split('{').enumerate() {
            match part.split_once('}').filter(|_| at > 0) {
                Some((name, rest)) => {
                    let value = values.iter().find(|(known, _)| *known == name);
                    text.push_str(value.map_or("", |(_, value)| value));
                    text.push_str(rest);
                }
                None => text.push_str(part),
            }
        }
        ArmError { status: status.parse().unwrap_or(500), unknown: None, code, message: text }
    }

    /// What a scripted fault with this status says.
    pub(crate) fn fault(status: u16) -> ArmError {
        let key = format!("fault-{status}");
        let known = TEXTS.iter().any(|cells| cells[0] == key);
        ArmError { status, ..ArmError::of(if known { &key } else { "fault" }, &[]) }
    }

    /// The same error, with a note for the journal.
    pub(crate) fn with_unknown(mut self, unknown: impl Into<String>) -> ArmError {
        self.unknown = Some(unknown.into());
        self
    }

    /// The body that carries it: code and message, without an inner error.
    pub(crate) fn body(&self) -> Value {
        json!({ "error": { "code": self.code, "message": self.message } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_complete_and_says_where_it_comes_from() {
        for cells in TEXTS.iter() {
            assert_eq!(cells.len(), 6, "{cells:?}");
            assert!(cells[1].parse::<u16>().is_ok() && !cells[4].is_empty(), "{cells:?}");
            assert!(["observed", "documented", "assumed"].contains(&cells[5]), "{cells:?}");
        }
    }

    #[test]
    fn gaps_are_filled_and_values_are_not_looked_into() {
        let error = ArmError::of("subscription", &[("id", "{id}")]);
        assert_eq!(error.body()["error"]["message"], "The subscription '{id}' could not be found.");
        assert_eq!((ArmError::fault(503).status, ArmError::fault(502).status), (503, 502));
    }
}
