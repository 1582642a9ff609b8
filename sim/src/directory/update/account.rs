//! Rules of accounts and groups (active-directory.md 3, 8, 11; MS-SAMR 3.1.1.6 as quoted there).

use super::UpdateContext;
use super::defaults::{account_type_of_user, int};
use super::draft::Draft;
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::{AttrId, ClassId, Directory, ObjectId, attr, class, keys};

/// Characters that no account name has, beside control characters.
const FORBIDDEN: &str = "\"/\\[]:;|=,+*?<>";
/// Longest account name of a user.
const LONGEST_USER_NAME: usize = 20;
/// `userAccountControl`: the account is disabled.
const DISABLED: i64 = 0x2;
/// It needs no password.
const NO_PASSWORD_NEEDED: i64 = 0x20;
/// A user's account; the others are trust accounts.
const NORMAL: i64 = 0x200;
const ACCOUNT_KINDS: i64 = 0x200 | 0x800 | 0x1000 | 0x2000;
/// Bits that are computed and never stored: lockout and password expired.
const COMPUTED: i64 = 0x10 | 0x80_0000;

/// Attributes whose values no two live objects share, whatever their case.
const UNIQUE: [(AttrId, Refusal); 3] = [
    (attr::SAM_ACCOUNT_NAME, Refusal::AccountNameExists),
    (attr::USER_PRINCIPAL_NAME, Refusal::PrincipalNameExists),
    (attr::SERVICE_PRINCIPAL_NAME, Refusal::ServiceNameExists),
];

impl Directory {
    fn is_of(&self, class_id: ClassId, wanted: ClassId) -> bool {
        self.schema.class(class_id).chain.contains(&wanted)
    }

    /// Checks what a draft would make of an account, and sets what follows from it.
    pub(super) fn check_account(
        &self,
        context: &UpdateContext,
        draft: &mut Draft,
    ) -> Result<(), DirectoryError> {
        if !context.lenient {
            self.check_account_name(draft)?;
            self.check_unique(draft)?;
        }
        if self.is_of(draft.class, class::USER) {
            self.check_password_times(context, draft)?;
            self.check_control(context, draft)?;
        }
        if draft.values.contains_key(&attr::GROUP_TYPE) && self.is_of(draft.class, class::GROUP) {
            self.check_group_type(context, draft)?;
        }
        if !context.lenient {
            self.check_members(draft)?;
            let counts = |text: String| crate::directory::heuristics::counts_right(&text);
            if draft.values.contains_key(&attr::DS_HEURISTICS)
                && !draft.text(self, attr::DS_HEURISTICS).is_none_or(counts)
            {
                return Err(Refusal::OutOfRange.on(self.schema.attribute(attr::DS_HEURISTICS)));
            }
        }
        Ok(())
    }

    fn check_account_name(&self, draft: &Draft) -> Result<(), DirectoryError> {
        let Some(values) = draft.values.get(&attr::SAM_ACCOUNT_NAME) else { return Ok(()) };
        let Some(name) = values.first().and_then(|value| std::str::from_utf8(value).ok()) else {
            return if draft.id.is_some() { Err(Refusal::WillNotPerform.error()) } else { Ok(()) };
        };
        let person = self.is_of(draft.class, class::USER) && !self.is_of(draft.class, class::COMPUTER);
        let bad = name.chars().any(|c| c.is_control() || FORBIDDEN.contains(c))
            || name.ends_with('.')
            || name.trim().is_empty()
            || person && !self.constraints.long_user_names && name.chars().count() > LONGEST_USER_NAME;
        if bad { Err(Refusal::BadAccountName.error()) } else { Ok(()) }
    }

    /// Account names are unique in the domain, principal names in the forest, whatever their case.
    fn check_unique(&self, draft: &Draft) -> Result<(), DirectoryError> {
        for (id, refusal) in UNIQUE {
            if !draft.values.contains_key(&id) {
                continue;
            }
            let held = draft.id.map(|object| self.packed_values(object, id)).unwrap_or_default();
            for value in draft.values.get(&id).into_iter().flatten().filter(|value| !held.contains(value)) {
                // account names of other domains, which a global catalog knows, do not count
                let counts = |holder: &ObjectId| id != attr::SAM_ACCOUNT_NAME || !self.is_partial(*holder);
                if self.holders(id, value).filter(counts).any(|holder| Some(holder) != draft.id)
                    && !self.may_repeat(id)
                {
                    return Err(refusal.on(self.schema.attribute(id)));
                }
            }
        }
        Ok(())
    }

    /// Whether `dSHeuristics` lets two objects share a value of an attribute that is unique.
    fn may_repeat(&self, attribute: AttrId) -> bool {
        match attribute {
            attr::USER_PRINCIPAL_NAME => self.names_may_repeat().0,
            attr::SERVICE_PRINCIPAL_NAME => self.names_may_repeat().1,
            _ => false,
        }
    }

    /// No other live object holds one of these values of an attribute that is unique.
    pub(super) fn check_free(
        &self,
        id: ObjectId,
        attribute: AttrId,
        values: &[Vec<u8>],
    ) -> Result<(), DirectoryError> {
        let taken = |value: &Vec<u8>| self.holders(attribute, value).any(|holder| holder != id);
        if !values.iter().any(taken) || self.may_repeat(attribute) {
            return Ok(());
        }
        let refusal = UNIQUE.iter().find(|(unique, _)| *unique == attribute);
        let refusal = refusal.map_or(Refusal::EntryExists, |(_, refusal)| *refusal);
        Err(refusal.on(self.schema.attribute(attribute)))
    }

    /// The live objects that hold a packed value of an indexed attribute.
    pub(in crate::directory) fn holders(
        &self,
        attribute: AttrId,
        packed: &[u8],
    ) -> impl Iterator<Item = ObjectId> {
        let row = self.schema.attribute(attribute);
        let posting = self.store.index.get(keys::value(row, packed));
        posting
            .iter()
            .map(ObjectId)
            .filter(|id| {
                let held = || self.packed_values(*id, attribute);
                !self.is_deleted(*id)
                    && held().iter().any(|value| crate::directory::value::same_value(row, value, packed))
            })
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// `pwdLastSet` takes 0 (must change) and -1 (now), `lockoutTime` 0.
    fn check_password_times(&self, context: &UpdateContext, draft: &mut Draft) -> Result<(), DirectoryError> {
        if draft.values.contains_key(&attr::PWD_LAST_SET) && !context.lenient {
            match draft.int(self, attr::PWD_LAST_SET) {
                Some(0) => {}
                Some(-1) => {
                    draft.values.insert(attr::PWD_LAST_SET, vec![int(context.now.filetime())]);
                }
                _ => return Err(Refusal::InvalidArgument.error()),
            }
        }
        if draft.values.contains_key(&attr::LOCKOUT_TIME) && !context.lenient {
            match draft.int(self, attr::LOCKOUT_TIME) {
                Some(0) | None => {
                    draft.values.insert(attr::BAD_PWD_COUNT, vec![int(0)]);
                }
                Some(_) => return Err(Refusal::InvalidArgument.error()),
            }
        }
        Ok(())
    }

    fn check_control(&self, context: &UpdateContext, draft: &mut Draft) -> Result<(), DirectoryError> {
        if !draft.values.contains_key(&attr::USER_ACCOUNT_CONTROL) {
            return Ok(());
        }
        let Some(asked) = draft.int(self, attr::USER_ACCOUNT_CONTROL) else {
            return Err(Refusal::WillNotPerform.error());
        };
        let mut control = asked & !COMPUTED;
        if control & ACCOUNT_KINDS == 0 {
            control |= NORMAL;
        }
        if (control & ACCOUNT_KINDS).count_ones() > 1 && !context.lenient {
            return Err(Refusal::InvalidArgument.error());
        }
        let person = control & NORMAL != 0;
        let enabled = control & DISABLED == 0 && control & NO_PASSWORD_NEEDED == 0;
        let has_password = !draft.current(self, attr::UNICODE_PWD).is_empty();
        if enabled && person && !has_password && !context.lenient {
            return Err(Refusal::PasswordMissing.error());
        }
        draft.values.insert(attr::USER_ACCOUNT_CONTROL, vec![int(control)]);
        let kind = int(account_type_of_user(control));
        if draft.current(self, attr::SAM_ACCOUNT_TYPE) != [kind.clone()] {
            draft.values.insert(attr::SAM_ACCOUNT_TYPE, vec![kind]);
        }
        Ok(())
    }
}
