//! What is wrong with a text, and where.

use crate::dump::escape_text;
use std::fmt;

/// Where and why a text is not LDIF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdifError {
    /// The line, from 1 on.
    pub line: usize,
    /// The byte of the line, from 1 on.
    pub column: usize,
    /// What is wrong there.
    pub kind: LdifErrorKind,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LdifErrorKind {
    /// The file is in UTF-16, as `ldifde -u` writes it.
    Utf16,
    /// A version other than 1.
    Version(String),
    /// A continuation line that continues nothing.
    NothingToContinue,
    /// A line without a colon after an attribute's name.
    NoColon,
    /// Not the name of an attribute, with or without options.
    AttributeName(String),
    /// Not base64.
    Base64,
    /// A record that does not begin with `dn:`; what it begins with.
    NoName(String),
    /// A URL that is not UTF-8, or has control characters in it.
    BadUrl,
    /// A distinguished name that is not UTF-8.
    NameNotUtf8,
    /// A distinguished name, or a relative one, by URL.
    NameByUrl,
    /// A line that cannot stand here; what can.
    Unexpected {
        /// The line's name.
        found: String,
        /// What may stand here.
        expected: &'static str,
    },
    /// No such kind of change.
    ChangeType(String),
    /// A control that is no OID with an optional `true` or `false`.
    Control,
    /// `deleteoldrdn` is neither 0 nor 1.
    DeleteOldRdn,
    /// The record ends too early; what is missing.
    Missing(&'static str),
    /// An attribute of a modification is not the one that its head names.
    OtherAttribute {
        /// The name in the head.
        head: String,
        /// The name on the line.
        found: String,
    },
    /// A change where only entries have a meaning; its `changetype`.
    Change(&'static str),
    /// A value that is to come from a URL where none is fetched.
    ValueByUrl,
    /// The source cannot be read; why.
    Unreadable(String),
    /// Larger than the reader allows; which limit, and its value.
    TooLarge {
        /// The name of the limit.
        limit: &'static str,
        /// Its value.
        value: usize,
    },
}

impl fmt::Display for LdifError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.kind)
    }
}

impl fmt::Display for LdifErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use LdifErrorKind as Kind;
        match self {
            Kind::Utf16 => f.write_str("the file is in UTF-16: save it as UTF-8 (ldifde without -u)"),
            Kind::Version(version) => {
                write!(f, "version '{}' is not known: 1 is", escape_text(version))
            }
            Kind::NothingToContinue => f.write_str("the line begins with a space but continues nothing"),
            Kind::NoColon => f.write_str("no colon: a line is 'attribute: value'"),
            Kind::AttributeName(name) => {
                write!(f, "'{}' is no name of an attribute", escape_text(name))
            }
            Kind::Base64 => f.write_str("not base64 after '::'"),
            Kind::BadUrl => f.write_str("no URL after ':<': it has control characters, or is not UTF-8"),
            Kind::NoName(found) => {
                write!(f, "a record begins with 'dn:', not with '{}'", escape_text(found))?;
                match found.as_str() {
                    "search" | "result" => f.write_str(" (use ldapsearch -LLL)"),
                    _ => Ok(()),
                }
            }
            Kind::NameNotUtf8 => f.write_str("the distinguished name is not UTF-8"),
            Kind::NameByUrl => f.write_str("a name cannot come from a URL"),
            Kind::Unexpected { found, expected } => {
                write!(f, "'{}' cannot stand here: {expected} is expected", escape_text(found))
            }
            Kind::ChangeType(found) => write!(
                f,
                "no changetype '{}': there are add, delete, modify, modrdn and moddn",
                escape_text(found)
            ),
            Kind::Control => f.write_str("a control is an OID, then true or false, then a value"),
            Kind::DeleteOldRdn => f.write_str("deleteoldrdn is 0 or 1"),
            Kind::Missing(what) => write!(f, "the record ends without {what}"),
            Kind::OtherAttribute { head, found } => write!(
                f,
                "'{}' stands under a modification of '{}': end that with a line '-'",
                escape_text(found),
                escape_text(head)
            ),
            Kind::Change(kind) => {
                write!(f, "a change (changetype: {kind}) is no entry: export the entries themselves")
            }
            Kind::ValueByUrl => f.write_str("a value from a URL is not fetched: the entry is left out"),
            Kind::Unreadable(why) => write!(f, "it cannot be read: {}", escape_text(why)),
            Kind::TooLarge { limit, value } => write!(f, "more than {limit} = {value}"),
        }
    }
}

impl std::error::Error for LdifError {}
