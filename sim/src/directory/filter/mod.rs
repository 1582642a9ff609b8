//! Search filters: RFC 4511's kinds, RFC 4515's text, evaluation as Active Directory does it.

use std::fmt;

/// A search filter, as a request carries it: values are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of them; none of them is true.
    And(Vec<Filter>),
    /// Any of them; none of them is false.
    Or(Vec<Filter>),
    /// The opposite; undefined stays undefined.
    Not(Box<Filter>),
    /// `attribute=value`.
    Equality {
        /// Name or OID.
        attribute: String,
        /// What it is compared with.
        value: Vec<u8>,
    },
    /// `attribute=initial*any*last`.
    Substrings {
        /// Name or OID.
        attribute: String,
        /// How values begin.
        initial: Option<Vec<u8>>,
        /// What they contain, in order.
        any: Vec<Vec<u8>>,
        /// How they end.
        last: Option<Vec<u8>>,
    },
    /// `attribute>=value`.
    GreaterOrEqual {
        /// Name or OID.
        attribute: String,
        /// The bound.
        value: Vec<u8>,
    },
    /// `attribute<=value`.
    LessOrEqual {
        /// Name or OID.
        attribute: String,
        /// The bound.
        value: Vec<u8>,
    },
    /// `attribute=*`.
    Present(String),
    /// `attribute~=value`: the same as equality.
    Approx {
        /// Name or OID.
        attribute: String,
        /// What it is compared with.
        value: Vec<u8>,
    },
    /// `attribute:rule:=value`.
    Extensible {
        /// Name or OID.
        attribute: Option<String>,
        /// OID of the matching rule.
        rule: Option<String>,
        /// What it is compared with.
        value: Vec<u8>,
        /// `:dn`: ignored, as Active Directory does.
        dn_attributes: bool,
    },
}

/// The text is not a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Byte offset at which reading stopped.
    pub at: usize,
    /// What was expected there.
    pub message: &'static str,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bad search filter at byte {}: {}", self.at, self.message)
    }
}

impl std::error::Error for FilterError {}

impl Filter {
    /// `(objectClass=*)`.
    pub fn everything() -> Filter {
        Filter::Present("objectClass".to_owned())
    }

    /// Reads the text form of RFC 4515.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        Err(FilterError { at: text.len(), message: "not read yet" })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A filter bound to one schema: attribute ids instead of names.
#[derive(Debug, Clone)]
pub struct CompiledFilter {}
