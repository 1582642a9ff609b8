//! A forest over LDAP: read by DirSync or by USN, and written.

mod cookie;
mod entries;
mod reader;
mod source;
mod target;

pub(super) use source::ForestSource;
pub(super) use target::{BUSY, ForestTarget};
