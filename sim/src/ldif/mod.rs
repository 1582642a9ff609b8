//! LDIF, the text form of directory entries and of changes to them (RFC 2849).
//!
//! Bytes in, records out: [`Reader`] gives a [`Record`] after the other, with line and column where the text is
//! wrong; [`write_record`] is its inverse. Beyond the RFC's grammar it reads what tools in the field write: bytes
//! that should have been in base64, a UTF-8 byte order mark, no `version:` line. What it is not: a directory; it
//! knows no schema and opens no file, so that `attr:< file:...` stays a URL for the caller to refuse or fetch.

mod content;
mod error;
mod lines;
mod reader;
mod record;
mod stream;
mod write;

pub use content::{Content, ContentEntry, ContentError, ContentValue, Fetch, refuse_urls};
pub use error::{LdifError, LdifErrorKind};
pub use reader::{LdifLimits, Reader};
pub use record::{Attribute, Body, Control, ModifySpec, Record, SpecOp, Value};
pub use stream::RecordReader;
pub use write::{write_attribute, write_record};

#[cfg(test)]
mod rfc_tests;
#[cfg(test)]
mod tests;
