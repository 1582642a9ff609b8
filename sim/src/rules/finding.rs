//! What a rule found.

use crate::ids::Guid;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Synchronization goes on, but somebody should know.
    Warning,
    /// The object, or this value, does not arrive as it should.
    Error,
}

/// One rule that one attribute of one object breaks.
///
/// A finding with a suggestion can be applied as it stands: replace the attribute's values by the suggested
/// ones. Several findings about one attribute carry the same suggestion, so the order of application does not
/// matter. A finding without one needs a decision that no rule can make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Index of the object among those that were checked.
    #[serde(skip)]
    pub object: usize,
    /// Its distinguished name.
    pub dn: String,
    /// Its objectGUID as text, if the view had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// `lDAPDisplayName` of the attribute.
    pub attribute: Cow<'static, str>,
    /// Id of the catalogue: `PA26`.
    pub rule: Cow<'static, str>,
    /// How bad it is.
    pub severity: Severity,
    /// The value that breaks the rule; none when the attribute is absent.
    pub value: Option<String>,
    /// All values that the attribute should have instead (none left: remove the attribute); `None` when a
    /// person has to decide. The holder of a duplicate who keeps the value is suggested what it holds.
    pub suggestion: Option<Vec<String>>,
    /// Of a duplicate: the other holders, by distinguished name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// Of a duplicate: who should keep the value, by distinguished name, where a rule singles one out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Why, in words.
    pub reason: String,
}

impl Finding {
    /// No rule can name the repair.
    pub fn needs_decision(&self) -> bool {
        self.suggestion.is_none()
    }

    /// The object's objectGUID, if the view had one.
    pub fn object_guid(&self) -> Option<Guid> {
        self.guid.as_deref().and_then(Guid::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ObjectView, Settings, check};
    use crate::ids::Guid;

    #[test]
    fn a_finding_knows_its_object_and_whether_somebody_has_to_decide() {
        let guid = Guid::from_bytes([7; 16]);
        let view = |alias: &str| ObjectView::new("CN=x", "user").with("mailNickname", vec![alias.to_owned()]);
        let of = |view: ObjectView| {
            check(&[view], &Settings::default()).into_iter().find(|f| f.rule.starts_with("MN"))
        };
        let (dots, ampersand) = (of(view("a..b").with_guid(guid)).unwrap(), of(view("a&b")).unwrap());
        assert_eq!((dots.object_guid(), dots.needs_decision()), (Some(guid), false));
        assert_eq!((ampersand.object_guid(), ampersand.needs_decision()), (None, true));
    }
}
