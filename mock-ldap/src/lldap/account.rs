//! Signing in and passwords (lldap.md 6, 35, 36).

use super::Call;
use super::answer::{Answers, Refusal, op, text_of};
use super::name::user_id;
use super::view::{Role, User, View};
use crate::ber::{Malformed, Reader, tag};

/// The fields of a password modify request.
struct Asked<'a> {
    identity: Option<&'a [u8]>,
    new: Option<&'a [u8]>,
}

impl Call<'_> {
    /// Binds a connection; whoever was bound before stays bound when it fails.
    pub(super) fn sign_in(&mut self, name: &str, password: &[u8]) -> Result<(), (&'static str, String)> {
        let view = self.view();
        let id = user_id(name, &view.suffix_parts, &view.suffix)
            .map_err(|refusal| ("lldap-bind-name", text_of(&refusal)))?;
        let wrong = || ("lldap-credentials", String::new());
        let user = view.user(&id).ok_or_else(wrong)?;
        let now = self.world.clock.now();
        let mut directory = self.world.controller_mut(self.controller);
        let dn = directory.entry(user.object).map(|entry| entry.dn()).unwrap_or_default();
        if password.is_empty() || directory.authenticate(&dn, password, now).is_err() {
            return Err(wrong());
        }
        drop(directory);
        self.state.bound = Some(id);
        Ok(())
    }

    /// The password modify operation (RFC 3062).
    pub(super) fn change_password(&mut self, value: &[u8], answers: &mut Answers<'_>) {
        match self.try_change_password(value) {
            Ok(()) => answers.success(op::EXTENDED, ""),
            Err(refusal) => answers.refuse(op::EXTENDED, &refusal),
        }
    }

    fn try_change_password(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.state.bound.is_none() {
            return Err(("lldap-unbound", Vec::new()));
        }
        let asked = read(value).unwrap_or(Asked { identity: None, new: None });
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (Some(identity), Some(new)) = (asked.identity.map(text), asked.new.map(text)) else {
            return Err(("lldap-password-missing", Vec::new()));
        };
        self.set_password(&identity, &new, "lldap-password-other")
    }

    /// Sets a user's password, if who is bound may; `other` refuses a plain user.
    pub(super) fn set_password(
        &mut self,
        dn: &str,
        password: &str,
        other: &'static str,
    ) -> Result<(), Refusal> {
        let view = self.view();
        let target = user_named(&view, dn)?;
        let bound = self.state.bound.clone().unwrap_or_default();
        let role = view.user(&bound).map_or(Role::Plain, |user| user.role);
        let allowed = match role {
            Role::Admin => true,
            Role::PasswordManager => target.id == bound || target.role != Role::Admin,
            Role::ReadOnly | Role::Plain => target.id == bound,
        };
        if !allowed {
            let key = if role == Role::Plain { other } else { "lldap-password-other" };
            return Err((key, vec![bound, target.id.clone()]));
        }
        let now = self.world.clock.now();
        self.world.controller_mut(self.controller).set_password(target.object, password, now);
        Ok(())
    }
}

/// The user that a name of a change means.
pub(super) fn user_named<'v>(view: &'v View, dn: &str) -> Result<&'v User, Refusal> {
    let id = user_id(dn, &view.suffix_parts, &view.suffix)
        .map_err(|refusal| ("lldap-user-name", vec![text_of(&refusal)]))?;
    view.user(&id).ok_or(("lldap-no-user", vec![id]))
}

fn read(value: &[u8]) -> Result<Asked<'_>, Malformed> {
    let mut fields = Reader::new(value).sequence()?;
    let identity = fields.optional(tag::context(0))?;
    fields.optional(tag::context(1))?;
    let new = fields.optional(tag::context(2))?;
    fields.end().map(|()| Asked { identity, new })
}
