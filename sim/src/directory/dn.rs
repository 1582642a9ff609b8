//! Distinguished names: RFC 4514 text, parsed and escaped.

use std::fmt;

/// A parsed distinguished name, the leaf first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dn {
    /// Its relative names, the leaf first; none for the root.
    pub rdns: Vec<Rdn>,
}

/// One relative distinguished name. Active Directory knows no multi-valued ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rdn {
    /// The attribute as written: `CN`, `ou`, `2.5.4.3`.
    pub attribute: String,
    /// The value, unescaped.
    pub value: String,
}

/// The text is not a distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadDn;

impl fmt::Display for BadDn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a distinguished name")
    }
}

impl std::error::Error for BadDn {}
