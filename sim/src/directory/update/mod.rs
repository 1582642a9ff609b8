//! Changes to a directory: what a request brings and on whose behalf.

mod account;
mod add;
mod classes;
mod collect;
mod credentials;
mod defaults;
mod delete;
mod draft;
mod features;
mod foreign;
mod groups;
mod load;
mod modify;
mod operate;
mod password;
mod rename;
mod schema;
mod security;
mod sheet;
mod undelete;
mod write;

pub(in crate::directory) use defaults::{complete, int as packed_int};
pub(in crate::directory) use features::RECYCLE_BIN;
pub(crate) use load::SheetObject;
pub use password::nt_hash_of;
pub(in crate::directory) use password::read_quoted;
pub(crate) use sheet::Sheet;
pub(in crate::directory) use write::{NewCells, NewRecord, Write};

use super::schema::AttrId;
use super::{ObjectId, SecurityParts};
use crate::clock::SimTime;
use crate::ids::{Guid, Sid};

/// On whose behalf a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Actor {
    /// The system itself: no access check.
    #[default]
    System,
    /// An account of this directory.
    Account(ObjectId),
}

/// The circumstances of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UpdateContext {
    /// The instant of the change.
    pub now: SimTime,
    /// Who makes it.
    pub actor: Actor,
    /// The connection is protected: passwords may be set.
    pub secure: bool,
    /// Adding what is there and deleting what is not succeed (permissive modify control).
    pub permissive_modify: bool,
    /// Deleted objects can be named (show deleted or show recycled control).
    pub show_deleted: bool,
    /// Which parts of a security descriptor a write concerns (SD flags control).
    pub security_parts: SecurityParts,
    /// A reset of a password obeys the history, too (policy hints control).
    pub policy_hints: bool,
    /// What Active Directory itself would refuse is let through: for the generator.
    pub lenient: bool,
}

impl UpdateContext {
    /// The system, at an instant.
    pub fn system(now: SimTime) -> UpdateContext {
        UpdateContext { now, secure: true, ..UpdateContext::default() }
    }

    /// The generator, at an instant: nothing is refused that the store can hold.
    pub fn lenient(now: SimTime) -> UpdateContext {
        UpdateContext { lenient: true, ..UpdateContext::system(now) }
    }

    /// An account over a connection.
    pub fn account(now: SimTime, account: ObjectId, secure: bool) -> UpdateContext {
        UpdateContext { now, actor: Actor::Account(account), secure, ..UpdateContext::default() }
    }
}

/// What a modification does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModifyOp {
    /// Adds values.
    Add,
    /// Deletes values, or all when none are named.
    Delete,
    /// Replaces all values.
    Replace,
}

/// One step of a modify request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modification {
    /// What it does.
    pub op: ModifyOp,
    /// Name or OID.
    pub attribute: String,
    /// Values as LDAP carries them.
    pub values: Vec<Vec<u8>>,
}

/// An object that the generator loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// Below which object.
    pub parent: ObjectId,
    /// The value of its relative distinguished name, unescaped.
    pub rdn: String,
    /// LDAP display name of its structural class.
    pub class: &'static str,
    /// Attributes with values as LDAP carries them. Defaults of the class are added.
    pub attributes: Vec<(AttrId, Vec<Vec<u8>>)>,
    /// `objectGUID`; none for one from the seed.
    pub guid: Option<Guid>,
    /// Relative id of its SID; none for the next one, when the class has a SID.
    pub rid: Option<u32>,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Reads everything, replicates, writes what a sync account writes.
    Sync,
    /// Reads, and writes its own personal information.
    User,
}

/// An account that proved its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Its object.
    pub id: ObjectId,
    /// Its SID.
    pub sid: Sid,
    /// `CONTOSO\bob`.
    pub netbios_name: std::sync::Arc<str>,
    /// What it may do.
    pub role: Role,
}
