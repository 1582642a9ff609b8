//! Search filters: RFC 4511's kinds, RFC 4515's text, evaluation as Active Directory does it.

mod ambiguous;
mod compile;
mod data;
mod explain;
mod plan;
mod sorted;
mod test;
mod text;

pub use compile::CompiledFilter;
pub(in crate::directory) use sorted::SortedIndexes;

use std::fmt;

/// A search filter, as a request carries it: values are bytes.
///
/// Reading, writing, compiling, evaluating and dropping one is safe at any depth; cloning and comparing recurse,
/// so servers bound the depth first (`limits.max_filter_depth`).
///
/// ```
/// use forestbed_sim::directory::Filter;
/// let filter = Filter::parse(r"(&(objectClass=user)(!(cn=a\2ab*)))").unwrap();
/// assert_eq!(filter.to_string(), r"(&(objectClass=user)(!(cn=a\2ab*)))");
/// ```
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

    /// What a single condition is about; none for groups, and where a matching rule stands alone.
    pub fn attribute(&self) -> Option<&str> {
        match self {
            Filter::And(_) | Filter::Or(_) | Filter::Not(_) => None,
            Filter::Equality { attribute, .. }
            | Filter::Substrings { attribute, .. }
            | Filter::GreaterOrEqual { attribute, .. }
            | Filter::LessOrEqual { attribute, .. }
            | Filter::Present(attribute)
            | Filter::Approx { attribute, .. } => Some(attribute),
            Filter::Extensible { attribute, .. } => attribute.as_deref(),
        }
    }

    fn take_children(&mut self, into: &mut Vec<Filter>) {
        match self {
            Filter::And(list) | Filter::Or(list) => into.append(list),
            Filter::Not(inner) => {
                into.push(std::mem::replace(&mut **inner, Filter::Present(String::new())));
            }
            _ => {}
        }
    }
}

impl Drop for Filter {
    /// Takes the tree apart level by level: a deep one must not overflow the stack.
    fn drop(&mut self) {
        let mut todo = Vec::new();
        self.take_children(&mut todo);
        while let Some(mut filter) = todo.pop() {
            filter.take_children(&mut todo);
        }
    }
}
