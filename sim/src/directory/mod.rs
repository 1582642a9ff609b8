//! A forest's database as one domain controller holds it: schema, objects, indexes, filters, and updates with
//! the constraints of Active Directory.
//!
//! What it is: [`Directory`], a value that is cheap to clone (pages behind `Arc`, copied on write), so that
//! checkpoints cost little. What it is not: a server; it knows no message of LDAP, only its result codes and
//! texts. Facts: MS-ADTS, and transcripts of a domain controller.

mod access;
mod authenticate;
mod changes;
mod constructed;
mod contexts;
pub mod dn;
mod entry;
mod error;
mod filter;
mod genesis;
mod heuristics;
mod import;
mod keys;
mod known;
mod names;
mod policy;
mod read;
mod replication;
mod resolve;
mod schema;
mod security;
mod store;
mod update;
mod value;

mod core;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use self::core::{Candidates, Directory, DirectoryConfig, DomainInfo, Port, Scope, SearchOptions};
pub use authenticate::NtHash;
pub use constructed::Reader;
pub use contexts::{ContextKind, NamingContext};
pub use entry::{AttrKey, Entry, LinkStamp, Stamp};
pub use error::{BindError, DirectoryError, ResultCode};
pub use filter::{CompiledFilter, Filter, FilterError};
pub use genesis::controller_seed;
pub use import::{ImportReport, Note, OWN_TO_A_CONTROLLER};
pub use known::{attr, class};
pub use names::NameCache;
pub use policy::QueryPolicy;
pub use read::AttributeReader;
pub use replication::{ObjectChange, Replica};
pub use schema::{
    AggregateText, AttrId, Attribute, AttributeDetails, Class, ClassCategory, ClassId, Confidence, Origin,
    Schema, Syntax,
};
pub use security::SecurityParts;
pub use update::{Actor, Modification, ModifyOp, NewObject, Principal, Role, UpdateContext, nt_hash_of};
pub(crate) use update::{Sheet, SheetObject};
pub use value::{Value, Values};

/// An object of one directory: a small number, given in the order of creation and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(u32);

impl ObjectId {
    /// As a number: for tables beside the directory.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// From a number that [`ObjectId::index`] gave.
    pub const fn from_index(index: usize) -> ObjectId {
        ObjectId(index as u32)
    }
}
