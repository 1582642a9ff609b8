//! Requests as they came: the bytes of values, the message id and the criticality of controls are kept.

mod controls;
mod decode;
mod filter;
mod frame;
mod list_view;
#[cfg(test)]
mod tests;

pub(crate) use controls::{Control, Controls, DirSyncRequest, Refused, SortKey, oid};
pub(crate) use decode::{Undecodable, decode, peek};
pub(crate) use frame::{Frame, next};
pub(crate) use list_view::{ListViewRequest, Target};

use forestbed_sim::directory::{Filter, Modification, Scope};

/// Tags of the operations that a client may send.
pub(crate) mod op {
    pub(crate) const BIND: u8 = 0x60;
    pub(crate) const UNBIND: u8 = 0x42;
    pub(crate) const SEARCH: u8 = 0x63;
    pub(crate) const MODIFY: u8 = 0x66;
    pub(crate) const ADD: u8 = 0x68;
    pub(crate) const DELETE: u8 = 0x4a;
    pub(crate) const MODIFY_DN: u8 = 0x6c;
    pub(crate) const COMPARE: u8 = 0x6e;
    pub(crate) const ABANDON: u8 = 0x50;
    pub(crate) const EXTENDED: u8 = 0x77;
}

/// One request.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) id: i32,
    pub(crate) operation: Operation<'a>,
    pub(crate) controls: Vec<Control<'a>>,
}

#[derive(Debug)]
pub(crate) enum Operation<'a> {
    Bind { version: i64, name: &'a str, authentication: Authentication<'a> },
    Unbind,
    Search(SearchRequest<'a>),
    Modify { dn: &'a str, changes: Vec<Modification> },
    Add { dn: &'a str, attributes: Vec<(String, Vec<Vec<u8>>)> },
    Delete { dn: &'a str },
    ModifyDn { dn: &'a str, new_rdn: &'a str, delete_old_rdn: bool, new_superior: Option<&'a str> },
    Compare { dn: &'a str, attribute: &'a str, value: &'a [u8] },
    Abandon { id: i32 },
    Extended { oid: &'a str, value: Option<&'a [u8]> },
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Authentication<'a> {
    Simple(&'a [u8]),
    Sasl {
        mechanism: &'a str,
        credentials: Option<&'a [u8]>,
    },
    Sicily(Sicily<'a>),
    /// A method of another tag.
    Other(u8),
}

/// A step of the bind of Microsoft's older clients (MS-ADTS 5.1.1.1.3).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sicily<'a> {
    /// Which protocols are there?
    Discovery,
    /// The first message of NTLM.
    Negotiate(&'a [u8]),
    /// The last message of NTLM.
    Response(&'a [u8]),
}

#[derive(Debug)]
pub(crate) struct SearchRequest<'a> {
    pub(crate) base: &'a str,
    pub(crate) scope: Scope,
    /// Most entries the client wants; zero means no limit of its own.
    pub(crate) size_limit: u32,
    /// Longest time the client waits, in seconds; zero means no limit of its own.
    pub(crate) time_limit: u32,
    pub(crate) types_only: bool,
    pub(crate) filter: Filter,
    /// The filter as it came, to tell one search from another.
    pub(crate) raw_filter: &'a [u8],
    pub(crate) attributes: Vec<&'a str>,
}
