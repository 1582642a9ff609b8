//! Invitations: guests from elsewhere.

use super::property::{ObjectKind, Property, Stored};
use super::store::Key;
use super::{CallContext, Tenant, TenantError};
use crate::ids::Guid;
use serde_json::{Value, json};

/// An invitation, as it is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invite {
    /// The guest's address.
    pub email: String,
    /// The guest's name; none is the address's local part.
    pub display_name: Option<String>,
    /// Whether the guest becomes a member (`invitedUserType`).
    pub member: bool,
}

/// Whether a text can be a guest's address.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let fine = |c: char| c.is_ascii_alphanumeric() || "'._-!#^~+".contains(c);
    !local.is_empty() && local.chars().all(fine) && crate::world::is_domain(domain) && text.len() <= 113
}

impl Tenant {
    /// `POST /invitations`: makes a guest named after the address (`ada_fabrikam.com#EXT#@initial domain`), or
    /// finds the guest who was invited before.
    ///
    /// # Errors
    /// 400 for a text that is no address, for one in a verified domain of the tenant, and when the name is taken.
    pub fn invite(&mut self, ctx: &CallContext, invite: &Invite) -> Result<Guid, TenantError> {
        let email = invite.email.trim();
        if !is_address(email) {
            return Err(TenantError::of("invite-address", &[]));
        }
        let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
        if self.is_verified(domain) {
            return Err(TenantError::of("invite-own-domain", &[("domain", domain)]));
        }
        let known = self.find(Key::Mail, ObjectKind::User, email).next();
        if let Some(known) = known.filter(|user| user.text(Property::UserType) == Some("Guest")) {
            return Ok(known.id());
        }
        let nickname = format!("{}#EXT#", email.replace('@', "_"));
        let cut: String = nickname.chars().take(64).collect();
        let body = json!({
            "accountEnabled": true,
            "displayName": invite.display_name.as_deref().unwrap_or(local),
            "mail": email,
            "mailNickname": cut,
            "userPrincipalName": format!("{nickname}@{}", self.initial_domain()),
            "userType": if invite.member { "Member" } else { "Guest" },
            "passwordProfile": { "password": format!("In!{:016x}", self.seed.hash("invite", email, 0)) },
        });
        let Value::Object(body) = body else { return Err(TenantError::of("invite-address", &[])) };
        let id = self.create_user(ctx, &body)?;
        if let Some(slot) = self.store.slot(id) {
            self.store.edit(slot, |guest| {
                guest.set(Property::CreationType, Some(Stored::text("Invitation")));
                guest.set(Property::ExternalUserState, Some(Stored::text("PendingAcceptance")));
                guest.set(Property::ExternalUserStateChangeDateTime, Some(Stored::Time(ctx.now)));
            });
        }
        self.audit_object(ctx, "Invite external user", id);
        Ok(id)
    }
}
