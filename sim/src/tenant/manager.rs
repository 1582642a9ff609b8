//! A user's manager, as Graph sets and clears it.

use super::audit::{AuditEvent, AuditTarget};
use super::property::ObjectKind;
use super::{CallContext, Tenant, TenantError};
use crate::ids::Guid;

impl Tenant {
    /// `PUT /users/{id}/manager/$ref`.
    ///
    /// # Errors
    /// 404 when the user or the manager does not exist; 400 when on-premises masters the user.
    pub fn assign_manager(
        &mut self,
        ctx: &CallContext,
        user: Guid,
        manager: Guid,
    ) -> Result<(), TenantError> {
        self.slot_of(manager, &[ObjectKind::User, ObjectKind::Contact])?;
        self.change_manager(ctx, user, Some(manager), "Set user manager")
    }

    /// `DELETE /users/{id}/manager/$ref`.
    ///
    /// # Errors
    /// 404 when the user does not exist or has no manager; 400 when on-premises masters the user.
    pub fn clear_manager(&mut self, ctx: &CallContext, user: Guid) -> Result<(), TenantError> {
        let slot = self.slot_of(user, &[ObjectKind::User])?;
        if self.store.at(slot).is_none_or(|object| object.manager.is_none()) {
            return Err(TenantError::not_found(&user.to_string()));
        }
        self.change_manager(ctx, user, None, "Remove user manager")
    }

    fn change_manager(
        &mut self,
        ctx: &CallContext,
        user: Guid,
        manager: Option<Guid>,
        activity: &'static str,
    ) -> Result<(), TenantError> {
        let slot = self.slot_of(user, &[ObjectKind::User])?;
        if self.store.at(slot).is_some_and(super::CloudObject::is_synchronized) {
            return Err(TenantError::of("on-premises-mastered", &[]));
        }
        if !self.set_manager(slot, manager, ctx.now) {
            return Ok(());
        }
        let mut event = AuditEvent::new(ctx, activity);
        for id in [Some(user), manager].into_iter().flatten() {
            if let Some(object) = self.object(id) {
                event = event.target(AuditTarget::of(object));
            }
        }
        self.audit(event);
        Ok(())
    }
}
