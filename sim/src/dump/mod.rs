//! Canonical dumps: a directory or a tenant as text that two equal worlds share byte for byte.
//!
//! A dump is not a backup: it leaves out what the order of arrival decides (USNs, identifiers given at run
//! time in sequence, time stamps of run-time writes, change-log numbers), unless [`DumpOptions::stamps`] asks
//! for them. Objects are ordered by [`DumpObject::key`], attributes by name, values where the protocol gives
//! them no order.

mod digest;
mod directory;
mod escape;
mod tenant;
mod write;

pub use digest::{Digest, DumpPart, digest_bytes};
pub use directory::directory;
pub use escape::{escape_text, is_unsafe};
pub use tenant::tenant;

use rayon::prelude::*;
use std::collections::BTreeMap;

/// What a dump holds beside the state that every equal world shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DumpOptions {
    /// Adds what the order of arrival decides: USNs, run-time RIDs, time stamps, change-log numbers.
    pub stamps: bool,
    /// The highest USN of the directory as it was generated: what was written later was written at run time,
    /// and its RIDs and time stamps depend on the order of arrival. None for a directory that nobody has
    /// written to since.
    pub generated_usn: Option<u64>,
}

impl DumpOptions {
    /// Of a directory that grew out of `initial`, its state right after generation.
    pub fn since(initial: &crate::directory::Directory) -> DumpOptions {
        DumpOptions { stamps: false, generated_usn: Some(initial.generated_usn()) }
    }

    /// With everything that the order of arrival decides.
    pub fn with_stamps() -> DumpOptions {
        DumpOptions { stamps: true, generated_usn: None }
    }
}

/// One value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DumpValue {
    /// Text, as the protocol would show it.
    Text(String),
    /// Bytes that are no text: written in base64.
    Bytes(Vec<u8>),
}

impl DumpValue {
    /// Text where the bytes are UTF-8, bytes otherwise.
    pub fn from_bytes(bytes: Vec<u8>) -> DumpValue {
        match String::from_utf8(bytes) {
            Ok(text) => DumpValue::Text(text),
            Err(error) => DumpValue::Bytes(error.into_bytes()),
        }
    }

    /// The bytes of the value.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            DumpValue::Text(text) => text.as_bytes(),
            DumpValue::Bytes(bytes) => bytes,
        }
    }
}

impl From<&str> for DumpValue {
    fn from(text: &str) -> DumpValue {
        DumpValue::Text(text.to_owned())
    }
}

/// One object of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpObject {
    /// What orders the objects: a normalized distinguished name, or kind and user principal name.
    pub key: String,
    /// What names it: a distinguished name, or `user/ada@contoso.com`.
    pub name: String,
    /// Its distinguished name, where it has one.
    pub dn: Option<String>,
    /// Its class or kind: `user`, `group`, `contact`...
    pub class: String,
    /// Its attributes by name.
    pub attributes: BTreeMap<String, Vec<DumpValue>>,
}

/// A canonical dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump {
    title: String,
    objects: Vec<DumpObject>,
}

impl Dump {
    /// A dump of these objects, which it puts in order; `title` names the part (`directory`, `tenant`).
    pub fn new(title: impl Into<String>, mut objects: Vec<DumpObject>) -> Dump {
        objects.par_sort_by(|a, b| a.key.cmp(&b.key).then_with(|| a.name.cmp(&b.name)));
        Dump { title: title.into(), objects }
    }

    /// What it shows: `directory` or `tenant`.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Its objects in canonical order.
    pub fn objects(&self) -> &[DumpObject] {
        &self.objects
    }
}

#[cfg(test)]
mod tests;
