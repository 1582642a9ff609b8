//! The basic encoding rules, as far as LDAP needs them: a strict reader over borrowed bytes and a writer that
//! appends to one buffer.
//!
//! Why not `ldap3_lber`: its parser copies every value, recurses with the nesting of the input (and stops at
//! 128, less than a filter may nest), silently drops a child that is cut short, and wraps lengths of more than
//! eight octets. The differential tests decode what [`Writer`] writes with `ldap3_proto`'s codec.
//!
//! Constructed elements get the long form of the length in four octets (`30 84 00 00 00 10`), as Active
//! Directory sends it: so an element is written in one pass, and its length filled in when it ends.

mod block;
mod reader;
mod writer;

pub(crate) use block::{Begun, Block, Head};
pub(crate) use reader::{Malformed, Reader, Tlv, boolean, integer, text};
pub(crate) use writer::Writer;

/// Tags of universal types, and of LDAP's own where several places need them.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[n]` of a primitive type.
    pub(crate) const fn context(n: u8) -> u8 {
        0x80 | n
    }

    /// `[n]` of a constructed type.
    pub(crate) const fn context_constructed(n: u8) -> u8 {
        0xa0 | n
    }
}
