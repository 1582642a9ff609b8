//! Groups: scopes, what a scope admits as members, which scope may become which (active-directory.md 11;
//! Microsoft's table of group scopes; error numbers of the Windows headers).

use super::UpdateContext;
use super::defaults::{account_type_of_group, int};
use super::draft::Draft;
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::store::varint;
use crate::directory::{Directory, ObjectId, attr, class};

const GLOBAL: i64 = 2;
const LOCAL: i64 = 4;
const UNIVERSAL: i64 = 8;
const SCOPES: i64 = GLOBAL | LOCAL | UNIVERSAL;
/// `groupType`: made by the system, as those below CN=Builtin.
const BUILT_IN: i64 = 1;
const SECURITY: i64 = 0x8000_0000;

/// What a member is to a group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    /// No group: a user, a contact.
    Leaf,
    /// A group of one of the scopes.
    Group(i64),
    /// A foreign security principal.
    Foreign,
}

/// Why a scope does not admit a member, if it does not. `abroad`: the member is of another domain.
fn refused(scope: i64, member: Member, abroad: bool) -> Option<Refusal> {
    match (scope, member) {
        (GLOBAL, Member::Group(LOCAL)) => Some(Refusal::GlobalHoldsLocal),
        (GLOBAL, Member::Group(UNIVERSAL)) => Some(Refusal::GlobalHoldsUniversal),
        (GLOBAL, _) if abroad => Some(Refusal::GlobalHoldsForeign),
        (GLOBAL | UNIVERSAL, Member::Foreign) => Some(Refusal::GlobalHoldsForeign),
        (UNIVERSAL, Member::Group(LOCAL)) => Some(Refusal::UniversalHoldsLocal),
        (LOCAL, Member::Group(LOCAL)) if abroad => Some(Refusal::LocalHoldsForeignLocal),
        _ => None,
    }
}

impl Directory {
    fn member_kind(&self, id: ObjectId) -> Member {
        let Some(entry) = self.entry(id) else { return Member::Leaf };
        match entry.int(attr::GROUP_TYPE) {
            Some(kind) if entry.class() == class::GROUP => Member::Group(kind & SCOPES),
            _ if entry.class() == class::FOREIGN_SECURITY_PRINCIPAL => Member::Foreign,
            _ => Member::Leaf,
        }
    }

    fn of_one_domain(&self, a: ObjectId, b: ObjectId) -> bool {
        let context = |id: ObjectId| self.store.get(id.0).map(|record| record.context);
        context(a) == context(b)
    }

    /// Checks new members against the scope of their group, and all when the scope changes.
    pub(super) fn check_members(&self, draft: &Draft) -> Result<(), DirectoryError> {
        let rescoped = draft.values.contains_key(&attr::GROUP_TYPE);
        let given = draft.links.iter().filter(|((id, _), present)| *id == attr::MEMBER && **present);
        let mut members: Vec<ObjectId> = given.map(|((_, target), _)| *target).collect();
        let none = members.is_empty() && draft.foreign.is_empty();
        if none && !rescoped || !self.schema.class(draft.class).chain.contains(&class::GROUP) {
            return Ok(());
        }
        let scope = draft.int(self, attr::GROUP_TYPE).unwrap_or(GLOBAL) & SCOPES;
        if rescoped {
            members = draft.link_targets(self, attr::MEMBER);
        }
        if !draft.foreign.is_empty()
            && let Some(refusal) = refused(scope, Member::Foreign, true)
        {
            return Err(refusal.error());
        }
        for member in members {
            let abroad = draft.id.is_some_and(|id| !self.of_one_domain(id, member));
            if let Some(refusal) = refused(scope, self.member_kind(member), abroad) {
                return Err(refusal.error());
            }
            let primary = || self.is_primary_group(draft.id, member);
            if !rescoped && primary() {
                return Err(Refusal::AlreadyMember.error());
            }
        }
        Ok(())
    }

    /// Whether an account is in a group through its `primaryGroupID`.
    fn is_primary_group(&self, group: Option<ObjectId>, account: ObjectId) -> bool {
        let rid = |id: ObjectId| self.entry(id).and_then(|entry| entry.sid()).and_then(|sid| sid.rid());
        let primary = self.entry(account).and_then(|entry| entry.int(attr::PRIMARY_GROUP_ID));
        primary.is_some() && group.and_then(rid).map(i64::from) == primary
    }

    /// Checks a new `groupType`, and sets what follows from it.
    pub(super) fn check_group_type(
        &self,
        context: &UpdateContext,
        draft: &mut Draft,
    ) -> Result<(), DirectoryError> {
        let asked = draft.int(self, attr::GROUP_TYPE).ok_or_else(|| Refusal::WillNotPerform.error())?;
        let held = draft.id.map(|id| self.packed_values(id, attr::GROUP_TYPE)).unwrap_or_default();
        let held = held.first().map(|packed| varint::take_signed(&mut &packed[..]));
        if !context.lenient && held != Some(asked) {
            let scope = asked & SCOPES;
            let known = scope.count_ones() == 1 && asked & 0x7fff_ffff & !SCOPES == 0;
            // a global group becomes domain local only by way of universal, and the other way round
            let leap = matches!(
                (held.map(|held| held & SCOPES), scope),
                (Some(GLOBAL), LOCAL) | (Some(LOCAL), GLOBAL)
            );
            if !known || leap || held.is_some_and(|held| held & BUILT_IN != 0) {
                return Err(Refusal::InvalidGroupType.error());
            }
            if let (Some(id), Some(held)) = (draft.id, held) {
                self.check_rescoped(id, held, asked)?;
            }
        }
        draft.values.insert(attr::SAM_ACCOUNT_TYPE, vec![int(account_type_of_group(asked))]);
        Ok(())
    }

    /// The groups that hold the group must admit its new scope, and accounts whose primary group it is need
    /// a security group.
    fn check_rescoped(&self, id: ObjectId, held: i64, asked: i64) -> Result<(), DirectoryError> {
        let entry = self.entry(id).ok_or_else(|| Refusal::WillNotPerform.error())?;
        for value in entry.values(attr::MEMBER_OF) {
            let crate::directory::Value::Dn(holder) = value else { continue };
            let scope =
                self.entry(holder).and_then(|entry| entry.int(attr::GROUP_TYPE)).unwrap_or(0) & SCOPES;
            let abroad = !self.of_one_domain(id, holder);
            if let Some(refusal) = refused(scope, Member::Group(asked & SCOPES), abroad) {
                return Err(refusal.error());
            }
        }
        let loses_security = held & SECURITY != 0 && asked & SECURITY == 0;
        let rid = entry.sid().and_then(|sid| sid.rid()).map(|rid| int(i64::from(rid)));
        let primary = |rid: Vec<u8>| {
            let row = self.schema.attribute(attr::PRIMARY_GROUP_ID);
            match crate::directory::keys::is_indexed(row) {
                true => self.holders(attr::PRIMARY_GROUP_ID, &rid).next().is_some(),
                false => self.ids().any(|other| {
                    !self.is_deleted(other)
                        && self.packed_values(other, attr::PRIMARY_GROUP_ID) == [rid.clone()]
                }),
            }
        };
        if loses_security && rid.is_some_and(primary) {
            return Err(Refusal::HasPrimaryMembers.error());
        }
        Ok(())
    }
}
