//! Roles: a simple stand-in for access control lists (active-directory.md 8).

use super::error::{DirectoryError, Refusal};
use super::schema::Origin;
use super::update::{Actor, Role, UpdateContext};
use super::{AttrId, ClassId, Directory, ObjectId, attr, class};
use crate::ids::Sid;
use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

const TABLE: &str = include_str!("../../data/ad-write-rights.tsv");
/// Groups whose members may do everything: Administrators, Domain Admins, Enterprise Admins.
const ADMIN_RIDS: [u32; 3] = [544, 512, 519];
/// How the account that the setup of a sync engine makes is called (assumed).
const SYNC_ACCOUNT: &str = "msol_";
/// The group that the setup of a sync engine makes (assumed).
const SYNC_GROUP: &str = "adsyncadmins";

/// Attributes that a role may write.
fn writable(role: &str) -> BTreeSet<&'static str> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines
        .filter_map(|line| line.split_once('\t'))
        .filter(|(r, _)| *r == role)
        .map(|(_, rest)| rest.split('\t').next().unwrap_or_default())
        .collect()
}

static OF_SELF: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| writable("self"));
static OF_SYNC: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| writable("sync"));
static OF_CREATOR: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| writable("creator"));
/// What an account that joins a computer names beside what it may write.
const FOR_CREATOR: [AttrId; 3] = [attr::OBJECT_CLASS, attr::CN, attr::NAME];
const ACCOUNT_OPERATORS: u32 = 548;
const SCHEMA_ADMINS: u32 = 518;
/// Groups with a smaller relative id are the system's.
const FIRST_PLAIN_RID: u32 = 1000;

/// What decides what an account may do.
struct Rights {
    id: ObjectId,
    role: Role,
    /// In Account Operators.
    operator: bool,
}

/// Roles that were worked out last, for requests of the same accounts. A clone has its own from then on.
#[derive(Debug, Default)]
pub(super) struct RoleCache(Mutex<[Option<Known>; 8]>);

/// An account's role, and the version of memberships that it follows from.
#[derive(Debug, Clone, Copy)]
struct Known {
    id: ObjectId,
    memberships: u64,
    role: Role,
}

impl Clone for RoleCache {
    fn clone(&self) -> RoleCache {
        RoleCache(Mutex::new(*self.lock()))
    }
}

impl RoleCache {
    fn lock(&self) -> MutexGuard<'_, [Option<Known>; 8]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Directory {
    /// What an account may do, from the groups it is in.
    pub fn role_of(&self, id: ObjectId) -> Role {
        let (memberships, place) = (self.store.memberships(), id.index() % 8);
        let known = self.roles.lock()[place];
        if let Some(known) = known.filter(|known| known.id == id && known.memberships == memberships) {
            return known.role;
        }
        let role = self.role_by_groups(id);
        self.roles.lock()[place] = Some(Known { id, memberships, role });
        role
    }

    fn role_by_groups(&self, id: ObjectId) -> Role {
        let Some(entry) = self.entry(id) else { return Role::User };
        let groups = entry.security_groups();
        let rid = |id: &ObjectId| self.entry(*id).and_then(|group| group.sid()).and_then(|sid| sid.rid());
        if groups.iter().filter_map(rid).any(|rid| ADMIN_RIDS.contains(&rid)) {
            return Role::Admin;
        }
        let name = |id: ObjectId| {
            let entry = self.entry(id);
            entry.and_then(|e| e.text(attr::SAM_ACCOUNT_NAME)).unwrap_or_default().to_lowercase()
        };
        if name(id).starts_with(SYNC_ACCOUNT) || groups.iter().any(|id| name(*id) == SYNC_GROUP) {
            return Role::Sync;
        }
        Role::User
    }

    /// The live accounts that are a sync engine's, ascending: by their name, or by the group they are in.
    pub(super) fn sync_accounts(&self) -> Vec<ObjectId> {
        let row = self.schema.attribute(attr::SAM_ACCOUNT_NAME);
        let mut by_name = Vec::new();
        if let Some(part) = self.beginning_with(attr::SAM_ACCOUNT_NAME, SYNC_ACCOUNT) {
            part.collect(self, &mut by_name);
        }
        let groups = self.store.index.get(super::keys::value(row, SYNC_GROUP.as_bytes()));
        let members = groups.iter().filter_map(|id| self.entry(ObjectId(id)));
        let members = members.flat_map(|group| group.reached_by(attr::MEMBER));
        let mut ids: BTreeSet<ObjectId> = members.collect();
        ids.extend(by_name.into_iter().map(ObjectId));
        let is_account =
            |entry: &super::Entry<'_>| !entry.is_deleted() && entry.has(attr::USER_ACCOUNT_CONTROL);
        ids.retain(|id| {
            self.entry(*id).is_some_and(|entry| is_account(&entry)) && self.role_of(*id) == Role::Sync
        });
        ids.into_iter().collect()
    }

    /// Whether an account may write an attribute of an object: administrators all, account operators those of
    /// accounts and groups that are not protected, a sync account what its table says, everybody their own
    /// personal information. A password is changed by proof of the old one; setting it anew is
    /// [`Directory::may_reset_password`].
    pub fn may_write(&self, actor: Actor, target: ObjectId, attribute: AttrId) -> bool {
        let Actor::Account(account) = actor else { return true };
        self.may_write_as(&self.rights_of(account), target, attribute)
    }

    fn may_write_as(&self, rights: &Rights, target: ObjectId, attribute: AttrId) -> bool {
        if self.is_below(target, self.info.schema) {
            return self.may_extend_schema(Actor::Account(rights.id));
        }
        let row = self.schema.attribute(attribute);
        let by_role = match rights.role {
            Role::Admin => true,
            Role::Sync => OF_SYNC.contains(row.name) || row.origin == Origin::Exchange,
            Role::User => rights.operator && self.is_operated(target),
        };
        let own = || rights.id == target && (OF_SELF.contains(row.name) || self.is_password(attribute));
        by_role || own() || self.is_creator(rights, target) && OF_CREATOR.contains(row.name)
    }

    fn is_password(&self, attribute: AttrId) -> bool {
        matches!(attribute, attr::UNICODE_PWD | attr::USER_PASSWORD)
    }

    /// Whether an account may set an object's password without telling the old one.
    pub fn may_reset_password(&self, actor: Actor, target: ObjectId) -> bool {
        let Actor::Account(account) = actor else { return true };
        let rights = self.rights_of(account);
        rights.role == Role::Admin
            || rights.operator && self.is_operated(target)
            || self.is_creator(&rights, target)
    }

    /// Whether an account may make objects of a class below an object. Computers are another matter: see
    /// `ms-DS-MachineAccountQuota`.
    pub fn may_create(&self, actor: Actor, _parent: ObjectId, class: ClassId) -> bool {
        let Actor::Account(account) = actor else { return true };
        let rights = self.rights_of(account);
        rights.role == Role::Admin || rights.operator && self.is_operated_class(class)
    }

    /// Whether an account may delete, rename or move an object.
    pub fn may_delete(&self, actor: Actor, target: ObjectId) -> bool {
        let Actor::Account(account) = actor else { return true };
        let rights = self.rights_of(account);
        rights.role == Role::Admin || rights.operator && self.is_operated(target)
    }

    /// Whether an account may change the schema: Administrator and the members of Schema Admins.
    pub fn may_extend_schema(&self, actor: Actor) -> bool {
        let Actor::Account(account) = actor else { return true };
        account == self.info.administrator || self.is_in(account, SCHEMA_ADMINS)
    }

    fn is_in(&self, account: ObjectId, rid: u32) -> bool {
        let Some(entry) = self.entry(account) else { return false };
        entry.security_groups().iter().any(|group| {
            self.entry(*group).and_then(|group| group.sid()).and_then(|sid| sid.rid()) == Some(rid)
        })
    }

    fn rights_of(&self, id: ObjectId) -> Rights {
        let role = self.role_of(id);
        Rights { id, role, operator: role == Role::User && self.is_in(id, ACCOUNT_OPERATORS) }
    }

    /// Accounts and groups that account operators look after: none that administer.
    fn is_operated(&self, target: ObjectId) -> bool {
        let Some(entry) = self.entry(target) else { return false };
        let protected = entry.int(attr::ADMIN_COUNT).is_some_and(|count| count > 0)
            || self.role_of(target) == Role::Admin
            || entry.class() == class::GROUP
                && entry.sid().and_then(|sid| sid.rid()).is_some_and(|rid| rid < FIRST_PLAIN_RID);
        self.is_operated_class(entry.class()) && !protected
    }

    fn is_operated_class(&self, class: ClassId) -> bool {
        let chain = &self.schema.class(class).chain;
        chain.contains(&class::USER) || chain.contains(&class::GROUP)
    }

    /// Whether an account made this computer by its quota.
    fn is_creator(&self, rights: &Rights, target: ObjectId) -> bool {
        let made_by = self.packed_values(target, attr::CREATOR_SID);
        let sid = self.entry(rights.id).and_then(|entry| entry.sid());
        !made_by.is_empty() && sid.is_some_and(|sid| made_by == [sid.to_bytes()])
    }

    /// Refuses what only administrators do.
    pub(super) fn require_admin(&self, context: &UpdateContext) -> Result<(), DirectoryError> {
        match context.actor {
            Actor::System => Ok(()),
            Actor::Account(id) if self.role_of(id) == Role::Admin => Ok(()),
            Actor::Account(_) => Err(Refusal::NoRightsOnName.error()),
        }
    }

    /// Refuses adding an object that the actor may not make. The SID of an account that adds a computer by its
    /// quota, for `mS-DS-CreatorSID`.
    pub(super) fn require_create(
        &self,
        context: &UpdateContext,
        (parent, class): (ObjectId, ClassId),
        attributes: &[(String, Vec<Vec<u8>>)],
    ) -> Result<Option<Sid>, DirectoryError> {
        let in_schema = self.is_below(parent, self.info.schema);
        if in_schema && self.may_extend_schema(context.actor)
            || !in_schema && self.may_create(context.actor, parent, class)
        {
            return Ok(None);
        }
        let Actor::Account(account) = context.actor else { return Ok(None) };
        let plain = |(name, _): &(String, Vec<Vec<u8>>)| {
            let id = self.schema.attribute_id(name);
            id.is_some_and(|id| OF_CREATOR.contains(self.schema.name(id)) || FOR_CREATOR.contains(&id))
        };
        let sid = self.entry(account).and_then(|entry| entry.sid());
        if class != class::COMPUTER || !attributes.iter().all(plain) {
            return Err(Refusal::NoRightsOnName.error());
        }
        let Some(sid) = sid else { return Err(Refusal::NoRightsOnName.error()) };
        let made = self.holders(attr::CREATOR_SID, &sid.to_bytes()).count() as i64;
        let quota = self.entry(self.info.domain).and_then(|head| head.int(attr::MACHINE_ACCOUNT_QUOTA));
        if made >= quota.unwrap_or(0) {
            return Err(Refusal::MachineQuota.error());
        }
        Ok(Some(sid))
    }

    /// Refuses deleting, renaming or moving an object that is not the actor's to move.
    pub(super) fn require_delete(&self, context: &UpdateContext, id: ObjectId) -> Result<(), DirectoryError> {
        if self.may_delete(context.actor, id) { Ok(()) } else { Err(Refusal::NoRightsOnName.error()) }
    }

    /// Refuses a write that the actor's role does not cover.
    pub(super) fn require_write(
        &self,
        context: &UpdateContext,
        target: ObjectId,
        attributes: impl Iterator<Item = AttrId>,
    ) -> Result<(), DirectoryError> {
        let Actor::Account(actor) = context.actor else { return Ok(()) };
        let rights = self.rights_of(actor);
        let mut attributes = attributes;
        if attributes.all(|id| self.may_write_as(&rights, target, id)) {
            Ok(())
        } else {
            Err(Refusal::NoRightsOnObject.error())
        }
    }
}
