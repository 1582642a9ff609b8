//! Answers: what an operation came to, and how it is written.

mod changes;
mod entry;
mod result;
mod selection;
#[cfg(test)]
mod tests;

pub(crate) use changes::Changes;
pub(crate) use entry::{EntryWriter, ExtendedDn, write_plain_entry};
pub(crate) use result::{Answer, Outcome, notice_of_disconnection, write_result, write_search_reference};
pub(crate) use selection::{RangeError, Selection};

/// Tags of the answers.
pub(crate) mod op {
    pub(crate) const BIND: u8 = 0x61;
    pub(crate) const SEARCH_ENTRY: u8 = 0x64;
    pub(crate) const SEARCH_DONE: u8 = 0x65;
    pub(crate) const SEARCH_REFERENCE: u8 = 0x73;
    pub(crate) const MODIFY: u8 = 0x67;
    pub(crate) const ADD: u8 = 0x69;
    pub(crate) const DELETE: u8 = 0x6b;
    pub(crate) const MODIFY_DN: u8 = 0x6d;
    pub(crate) const COMPARE: u8 = 0x6f;
    pub(crate) const EXTENDED: u8 = 0x78;
}

/// The tag of the answer to a request's operation; unbind and abandon have none.
pub(crate) fn answer_tag(request: u8) -> Option<u8> {
    use crate::request::op as asked;
    Some(match request {
        asked::BIND => op::BIND,
        asked::SEARCH => op::SEARCH_DONE,
        asked::MODIFY => op::MODIFY,
        asked::ADD => op::ADD,
        asked::DELETE => op::DELETE,
        asked::MODIFY_DN => op::MODIFY_DN,
        asked::COMPARE => op::COMPARE,
        asked::EXTENDED => op::EXTENDED,
        _ => return None,
    })
}
