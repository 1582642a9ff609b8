//! What the fixer writes to: an LDAP server, or a directory in memory in a test.

use super::octets::Octets;
use super::request::Part;
use crate::tool::BoxFuture;
use forestbed_sim::ids::Guid;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Which object.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName {
    /// Which of several servers or files it lives on.
    pub forest: usize,
    /// Its distinguished name when it was read.
    pub dn: String,
    /// Its objectGUID, by which it is found again after a rename.
    pub guid: Option<Guid>,
}

/// Some attributes of an object, as the server holds them now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// Its distinguished name now.
    pub dn: String,
    /// Values by the attribute's name in lower case.
    pub values: BTreeMap<String, Vec<Octets>>,
    /// What changes with each change of the object, where the server can be asked to change nothing unless it is
    /// still the same (`entryCSN` of OpenLDAP with the assertion control).
    pub version: Option<String>,
}

impl Stored {
    /// The values of an attribute; none when it is absent.
    pub fn of(&self, attribute: &str) -> &[Octets] {
        self.values.get(&attribute.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }
}

/// Why a request had no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The server said no: nothing was done.
    Refused {
        /// LDAP result code.
        code: u32,
        /// What it said.
        text: String,
    },
    /// The server cannot do it now and did nothing; later it may.
    Busy {
        /// LDAP result code.
        code: u32,
        /// What it said.
        text: String,
    },
    /// The connection is gone: whether the request was carried out is not known.
    Lost(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Refused { code, text } | Trouble::Busy { code, text } => {
                write!(f, "LDAP result {code}: {text}")
            }
            Trouble::Lost(why) => write!(f, "the connection was lost: {why}"),
        }
    }
}

/// Where objects are read and written.
pub trait Target: Send {
    /// Some attributes of one object; none when it is not there.
    fn read<'a>(
        &'a mut self,
        object: &'a ObjectName,
        attributes: &'a [String],
    ) -> BoxFuture<'a, Result<Option<Stored>, Trouble>>;

    /// One modify request. With a `version` only if the object still has it (else: refused, 122).
    fn modify<'a>(
        &'a mut self,
        object: &'a ObjectName,
        dn: &'a str,
        parts: &'a [Part],
        version: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), Trouble>>;

    /// Lets so much time pass before a request is tried again.
    fn wait(&mut self, span: Duration) -> BoxFuture<'_, ()>;
}
