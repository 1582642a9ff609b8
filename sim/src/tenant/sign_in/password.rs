//! Passwords of users, smart lockout, and the end of sessions.

use super::synced::SyncedHash;
use crate::clock::SimTime;
use crate::directory::{NtHash, nt_hash_of};
use crate::ids::Guid;
use crate::tenant::object::CloudObject;
use crate::tenant::property::{Property, Stored};
use crate::tenant::{CallContext, ChangeKind, ObjectKind, PropertySet, Tenant, TenantError};
use serde_json::Value;
use std::time::Duration;

/// Wrong passwords after which an account is locked (smart lockout; microsoft-graph.md 1.5: about ten).
const ATTEMPTS: u32 = 10;
/// How long the first lock lasts; each further one lasts twice as long (Microsoft's page on smart lockout: one
/// minute at first, longer later; the factor is assumed).
const FIRST_LOCK: Duration = Duration::from_secs(60);
/// A lock never lasts longer.
const LONGEST_LOCK: Duration = Duration::from_secs(2 * 3600);
/// How many wrong passwords are remembered: trying one of them again does not count (smart lockout).
const REMEMBERED: usize = 3;
/// Kind under which the password of a tenant's first users is drawn.
const FIRST_PASSWORD: &str = "cloud password";

/// Why a user does not get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInRefusal {
    /// The account is locked after too many wrong passwords.
    Locked,
    /// The account is disabled.
    Disabled,
    /// The password is wrong, or the tenant holds none for this user.
    WrongPassword,
    /// The password is right and too old, or its owner has to change it first.
    PasswordExpired,
}

/// What a password is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Secret {
    /// One that was set in the cloud.
    Own(NtHash),
    /// One that a synchronization engine sent.
    Synced(Box<SyncedHash>),
}

/// What a user's sign-in goes by. A user who was synchronized has a password here once its hash was sent too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Credential {
    secret: Option<Secret>,
    changed: Option<SimTime>,
    must_change: bool,
    /// Rises when all sessions end; a session names the one it began in.
    session: u32,
    failures: u32,
    locks: u32,
    locked_until: Option<SimTime>,
    /// The last wrong ones.
    wrong: Vec<NtHash>,
}

impl CloudObject {
    /// Takes the password of a `passwordProfile` whose form was checked; that ends the user's sessions.
    pub(crate) fn take_password(&mut self, profile: &Value, now: SimTime) {
        let credential = self.credential.get_or_insert_default();
        if let Some(must) = profile.get("forceChangePasswordNextSignIn").and_then(Value::as_bool) {
            credential.must_change = must;
        }
        if let Some(password) = profile.get("password").and_then(Value::as_str) {
            credential.set(password, now);
        }
    }

    /// Which of the user's sessions are good: those that carry this number.
    pub fn session(&self) -> u32 {
        self.credential.as_ref().map_or(0, |credential| credential.session)
    }
}

impl Credential {
    fn set(&mut self, password: &str, now: SimTime) {
        self.hold(Secret::Own(nt_hash_of(password)), now);
    }

    /// Takes a hash from on-premises; whether it is another one than before.
    pub(crate) fn take_synced(&mut self, hash: SyncedHash, must_change: bool, now: SimTime) -> bool {
        let secret = Secret::Synced(Box::new(hash));
        if self.secret.as_ref() == Some(&secret) {
            return false;
        }
        self.must_change = must_change;
        self.hold(secret, now);
        true
    }

    /// Whether there is a password at all.
    pub(crate) fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    fn is_right(&self, password: &str) -> bool {
        match &self.secret {
            None => false,
            Some(Secret::Own(hash)) => *hash == nt_hash_of(password),
            Some(Secret::Synced(hash)) => hash.is_of(password),
        }
    }

    fn hold(&mut self, secret: Secret, now: SimTime) {
        self.secret = Some(secret);
        self.changed = Some(now);
        self.session += 1;
        (self.failures, self.locks, self.locked_until) = (0, 0, None);
        self.wrong.clear();
    }

    fn fail(&mut self, password: &str, now: SimTime) {
        let hash = nt_hash_of(password);
        if self.wrong.contains(&hash) {
            return;
        }
        self.wrong.insert(0, hash);
        self.wrong.truncate(REMEMBERED);
        self.failures += 1;
        // once it was locked, the next wrong one locks it again
        if self.failures >= ATTEMPTS || self.locks > 0 {
            let span = FIRST_LOCK.saturating_mul(1 << self.locks.min(8)).min(LONGEST_LOCK);
            self.locks += 1;
            self.locked_until = Some(now.plus(span));
        }
    }
}

impl Tenant {
    /// The password that the tenant's first cloud-only users have, the administrator too.
    pub fn first_password(&self) -> String {
        format!("Fb!{:016x}", self.seed.hash(FIRST_PASSWORD, &self.organization.id.to_string(), 0))
    }

    /// Whether a user gets in with a password. It changes nothing: tell the outcome to
    /// [`Tenant::note_password`].
    ///
    /// # Errors
    /// Why not. A lock and a disabled account are told whatever the password, as the real service does.
    pub fn check_sign_in(
        &self,
        user: &CloudObject,
        password: &str,
        now: SimTime,
    ) -> Result<(), SignInRefusal> {
        let credential = user.credential.as_deref();
        if credential.and_then(|known| known.locked_until).is_some_and(|until| now < until) {
            return Err(SignInRefusal::Locked);
        }
        if user.boolean(Property::AccountEnabled) == Some(false) {
            return Err(SignInRefusal::Disabled);
        }
        if !credential.is_some_and(|known| known.is_right(password)) {
            return Err(SignInRefusal::WrongPassword);
        }
        let forever = user
            .text(Property::PasswordPolicies)
            .is_some_and(|policies| policies.contains("DisablePasswordExpiration"));
        let changed = credential.and_then(|known| known.changed);
        let old = |validity: Duration| changed.is_some_and(|changed| now >= changed.plus(validity));
        let expired = !forever && self.switches.password_validity.is_some_and(old);
        if expired || credential.is_some_and(|known| known.must_change) {
            return Err(SignInRefusal::PasswordExpired);
        }
        Ok(())
    }

    /// Counts a sign-in with a password that was checked: a wrong one towards the lock, a right one back to none.
    pub fn note_password(
        &mut self,
        user: Guid,
        password: &str,
        outcome: Result<(), SignInRefusal>,
        now: SimTime,
    ) {
        let Some(slot) = self.store.slot(user) else { return };
        let counted = |object: &CloudObject| {
            object.credential.as_ref().is_some_and(|known| known.failures + known.locks > 0)
        };
        match outcome {
            Err(SignInRefusal::WrongPassword) => {
                self.store.edit(slot, |object| {
                    object.credential.get_or_insert_default().fail(password, now);
                });
            }
            Ok(()) if self.store.at(slot).is_some_and(counted) => {
                self.store.edit(slot, |object| {
                    let credential = object.credential.get_or_insert_default();
                    (credential.failures, credential.locks, credential.locked_until) = (0, 0, None);
                    credential.wrong.clear();
                });
            }
            _ => {}
        }
    }

    /// Ends all sessions of a user (`revokeSignInSessions`): refresh tokens that were given before are refused.
    ///
    /// # Errors
    /// 404 for an unknown user.
    pub fn revoke_sessions(&mut self, ctx: &CallContext, user: Guid) -> Result<(), TenantError> {
        let slot = self.slot_of(user, &[ObjectKind::User])?;
        self.store.edit(slot, |object| {
            object.credential.get_or_insert_default().session += 1;
            object.set(Property::SignInSessionsValidFromDateTime, Some(Stored::Time(ctx.now)));
        });
        let changed = only(Property::SignInSessionsValidFromDateTime);
        self.store.record(slot, ctx.now, ChangeKind::Updated(changed));
        Ok(())
    }

    /// `changePassword` of a user by the user itself.
    ///
    /// # Errors
    /// 400 when the present password is wrong or the new one is too weak; 404 for an unknown user.
    pub fn change_own_password(
        &mut self,
        ctx: &CallContext,
        user: Guid,
        present: &str,
        new: &str,
    ) -> Result<(), TenantError> {
        let slot = self.slot_of(user, &[ObjectKind::User])?;
        let held = self.store.at(slot).and_then(|object| object.credential.as_ref());
        if !held.is_some_and(|held| held.is_right(present)) {
            return Err(TenantError::of("password-wrong", &[]));
        }
        if !crate::tenant::writes::is_strong(new) || new == present {
            return Err(TenantError::of("password", &[]));
        }
        self.store.edit(slot, |object| {
            let credential = object.credential.get_or_insert_default();
            credential.set(new, ctx.now);
            credential.must_change = false;
            object.set(Property::LastPasswordChangeDateTime, Some(Stored::Time(ctx.now)));
        });
        let changed = only(Property::LastPasswordChangeDateTime);
        self.store.record(slot, ctx.now, ChangeKind::Updated(changed));
        Ok(())
    }
}

fn only(property: Property) -> PropertySet {
    let mut set = PropertySet::default();
    set.insert(property);
    set
}
