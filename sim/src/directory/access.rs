//! Roles: a simple stand-in for access control lists (active-directory.md 8).

use super::error::{DirectoryError, Refusal};
use super::schema::Origin;
use super::update::{Actor, Role, UpdateContext};
use super::{AttrId, Directory, ObjectId, attr, class};
use std::collections::BTreeSet;
use std::sync::LazyLock;

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

impl Directory {
    /// What an account may do, from the groups it is in.
    pub fn role_of(&self, id: ObjectId) -> Role {
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

    /// The live accounts of a role, ascending. Looks at every account: for what is asked seldom.
    pub(super) fn accounts_of(&self, role: Role) -> Vec<ObjectId> {
        let users = self.schema.classes().filter(|row| row.chain.contains(&class::USER));
        let mut ids: Vec<ObjectId> = users
            .flat_map(|row| {
                self.store.index.get(super::keys::class(row.id)).iter().map(ObjectId).collect::<Vec<_>>()
            })
            .filter(|id| self.role_of(*id) == role)
            .collect();
        ids.sort_unstable();
        ids
    }

    /// Refuses what only administrators do: adding, deleting, renaming.
    pub(super) fn require_admin(&self, context: &UpdateContext) -> Result<(), DirectoryError> {
        match context.actor {
            Actor::System => Ok(()),
            Actor::Account(id) if self.role_of(id) == Role::Admin => Ok(()),
            Actor::Account(_) => Err(Refusal::NoRightsOnName.error()),
        }
    }

    /// Refuses a write that the actor's role does not cover.
    pub(super) fn require_write(
        &self,
        context: &UpdateContext,
        target: ObjectId,
        attributes: impl Iterator<Item = AttrId>,
    ) -> Result<(), DirectoryError> {
        let Actor::Account(actor) = context.actor else { return Ok(()) };
        let role = self.role_of(actor);
        let covered = |id: AttrId| {
            let row = self.schema.attribute(id);
            match role {
                Role::Admin => true,
                Role::Sync => OF_SYNC.contains(row.name) || row.origin == Origin::Exchange,
                Role::User => false,
            }
        };
        let own = |id: AttrId| {
            // a password is changed by proof of the old one: modify checks that
            actor == target && (OF_SELF.contains(self.schema.name(id)) || id == attr::UNICODE_PWD)
        };
        let mut attributes = attributes;
        if attributes.all(|id| covered(id) || own(id)) {
            Ok(())
        } else {
            Err(Refusal::NoRightsOnObject.error())
        }
    }
}
