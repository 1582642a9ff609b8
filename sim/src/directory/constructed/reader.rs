//! Who reads: some constructed attributes depend on it.

use crate::clock::SimTime;
use crate::directory::{ObjectId, Role};

/// On whose behalf, when and how deep constructed attributes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// The instant: a lockout ends, a password expires.
    pub now: SimTime,
    /// The account that reads.
    pub account: Option<ObjectId>,
    /// What it may do.
    pub role: Role,
    /// The search has base scope: the groups of a token are given to no other.
    pub of_base: bool,
}

impl Reader {
    /// The system itself, at an instant.
    pub fn system(now: SimTime) -> Reader {
        Reader { now, account: None, role: Role::Admin, of_base: true }
    }
}
