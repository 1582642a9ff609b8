//! Setting and changing passwords (active-directory.md 8; MS-ADTS 3.1.1.3.1.5; MS-SAMR 3.1.1.7.2).

use super::defaults::int;
use super::draft::Draft;
use super::password::{self, Owner};
use super::{Modification, ModifyOp, UpdateContext};
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::{AttrId, Directory, ObjectId, attr};

/// `pwdProperties`: passwords must be complex.
const COMPLEX: i64 = 1;
/// `userAccountControl`: no password is needed, an empty one will do.
const NO_PASSWORD_NEEDED: i64 = 0x20;
/// Bytes of a hash in the history.
const HASH: usize = 16;

/// How a password is set: by who may, whatever it was, or by proof of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Reset,
    Change,
}

impl Directory {
    /// Whether writing an attribute sets the password.
    pub(super) fn sets_password(&self, id: AttrId) -> bool {
        id == attr::UNICODE_PWD || id == attr::USER_PASSWORD && self.user_password_is_password()
    }

    /// Reads a value: `unicodePwd` in quotes and UTF-16, `userPassword` in UTF-8.
    fn password_text(&self, attribute: &str, value: &[u8]) -> Result<String, DirectoryError> {
        let text = match self.schema.attribute_id(attribute) {
            Some(attr::USER_PASSWORD) => String::from_utf8(value.to_vec()).ok(),
            _ => password::read_quoted(value),
        };
        text.ok_or_else(|| Refusal::PasswordForm.error())
    }

    /// Reset (replace, by who may reset) or change (delete the old one, add the new one).
    pub(super) fn change_password(
        &self,
        context: &UpdateContext,
        draft: &mut Draft,
        id: ObjectId,
        steps: &[&Modification],
    ) -> Result<(), DirectoryError> {
        if !context.secure {
            return Err(Refusal::PasswordChannel.error());
        }
        let text = |step: &Modification| {
            self.password_text(&step.attribute, step.values.first().map_or(&[], Vec::as_slice))
        };
        let (new, way) = match steps {
            [reset] if reset.op == ModifyOp::Replace && reset.values.len() == 1 => {
                if !self.may_reset_password(context.actor, id) {
                    return Err(Refusal::NoRightsOnObject.error());
                }
                (text(reset)?, Way::Reset)
            }
            [old, new] if (old.op, new.op) == (ModifyOp::Delete, ModifyOp::Add) => {
                if self.nt_hash(id) != Some(password::nt_hash_of(&text(old)?)) {
                    return Err(Refusal::PasswordWrong.on(self.schema.attribute(attr::UNICODE_PWD)));
                }
                (text(new)?, Way::Change)
            }
            _ => return Err(Refusal::WillNotPerform.error()),
        };
        self.put_password(context, draft, &new, way)
    }

    /// The password of an object that is being added.
    pub(super) fn first_password(
        &self,
        context: &UpdateContext,
        draft: &mut Draft,
        (attribute, value): (&str, &[u8]),
    ) -> Result<(), DirectoryError> {
        if !context.secure {
            return Err(Refusal::PasswordChannel.error());
        }
        let text = self.password_text(attribute, value)?;
        self.put_password(context, draft, &text, Way::Reset)
    }

    fn put_password(
        &self,
        context: &UpdateContext,
        draft: &mut Draft,
        text: &str,
        way: Way,
    ) -> Result<(), DirectoryError> {
        let hash = password::nt_hash_of(text).to_vec();
        let before = self.earlier_passwords(draft);
        if !context.lenient {
            self.check_password(context, draft, text, way)?;
            if (way == Way::Change || context.policy_hints) && before.chunks_exact(HASH).any(|h| h == hash) {
                return Err(self.against_policy());
            }
        }
        let kept = self.policy_number(attr::PWD_HISTORY_LENGTH).clamp(0, 1024) as usize;
        let mut history = hash.clone();
        history.extend_from_slice(&before);
        history.truncate(kept * HASH);
        draft
            .values
            .insert(attr::NT_PWD_HISTORY, if history.is_empty() { Vec::new() } else { vec![history] });
        draft.values.insert(attr::UNICODE_PWD, vec![hash]);
        Ok(())
    }

    /// The hashes that the history remembers, the latest first; the password itself when there is none yet.
    fn earlier_passwords(&self, draft: &Draft) -> Vec<u8> {
        let history = draft.current(self, attr::NT_PWD_HISTORY).into_iter().next();
        let current = || draft.current(self, attr::UNICODE_PWD).into_iter().next();
        history.or_else(current).unwrap_or_default()
    }

    fn policy_number(&self, attribute: AttrId) -> i64 {
        self.entry(self.info.domain).and_then(|head| head.int(attribute)).unwrap_or(0)
    }

    fn against_policy(&self) -> DirectoryError {
        Refusal::PasswordPolicy.on(self.schema.attribute(attr::UNICODE_PWD))
    }

    /// Length, complexity, and for a change the least age of the old one.
    fn check_password(
        &self,
        context: &UpdateContext,
        draft: &Draft,
        text: &str,
        way: Way,
    ) -> Result<(), DirectoryError> {
        let control = draft.int(self, attr::USER_ACCOUNT_CONTROL).unwrap_or(0);
        if text.is_empty() && control & NO_PASSWORD_NEEDED != 0 {
            return Ok(());
        }
        let owner = Owner {
            account: draft.text(self, attr::SAM_ACCOUNT_NAME).unwrap_or_default(),
            display: draft.text(self, attr::DISPLAY_NAME).unwrap_or_default(),
        };
        let long_enough = text.encode_utf16().count() as i64 >= self.policy_number(attr::MIN_PWD_LENGTH);
        let complex =
            self.policy_number(attr::PWD_PROPERTIES) & COMPLEX == 0 || password::is_complex(text, &owner);
        let old_enough = || {
            let set = draft.int(self, attr::PWD_LAST_SET).unwrap_or(0);
            let least = self.policy_interval(attr::MIN_PWD_AGE).unwrap_or(0);
            // 0 says that it must be changed, so that it may be
            set == 0 || set.saturating_add(least) <= context.now.filetime()
        };
        if long_enough && complex && (way == Way::Reset || old_enough()) {
            return Ok(());
        }
        Err(self.against_policy())
    }

    /// `pwdLastSet` of a password set now.
    pub(super) fn stamp_password(&self, context: &UpdateContext, draft: &mut Draft) {
        draft.values.insert(attr::PWD_LAST_SET, vec![int(context.now.filetime())]);
    }
}
