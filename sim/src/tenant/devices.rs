//! Devices and administrative units: creation, and who belongs to them.

use super::groups::{insert_sorted, remove_sorted};
use super::property::{ObjectKind, Property, PropertySet, Stored};
use super::{CallContext, ChangeKind, Tenant, TenantError};
use crate::ids::Guid;
use serde_json::{Map, Value};

/// Most owners or users of one object.
const PEOPLE_MAX: usize = 100;

/// Who is registered with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// Owners of an application, a service principal or a device.
    Owners,
    /// Users of a device.
    Users,
}

impl Tenant {
    /// `POST /devices`: the id of the new device.
    ///
    /// # Errors
    /// 400 with Graph's text for the first thing that is wrong with the body.
    pub fn create_device(
        &mut self,
        ctx: &CallContext,
        body: &Map<String, Value>,
    ) -> Result<Guid, TenantError> {
        let mut draft = self.draft(ctx, ObjectKind::Device, body)?;
        let given = draft.text(Property::DeviceId).unwrap_or("").to_lowercase();
        let values = [("property", "deviceId"), ("resource", "Device")];
        let device =
            Guid::parse(&given).ok_or_else(|| TenantError::of("invalid-value", &values))?.to_string();
        if self.by_alternate_key(ObjectKind::Device, &device).is_some() {
            return Err(TenantError::of("conflict", &[("property", "deviceId")]));
        }
        draft.set(Property::DeviceId, Some(Stored::text(device.as_str())));
        draft.set(Property::RegistrationDateTime, Some(Stored::Time(ctx.now)));
        draft.set(Property::ProfileType, Some(Stored::text("RegisteredDevice")));
        if draft.stored(Property::AccountEnabled).is_none() {
            draft.set(Property::AccountEnabled, Some(Stored::Bool(true)));
        }
        draft.id = self.new_id("device", &device);
        let id = draft.id;
        self.store.insert(draft, ctx.now);
        self.audit_object(ctx, "Add device", id);
        Ok(id)
    }

    /// `POST /directory/administrativeUnits`: the id of the new unit.
    ///
    /// # Errors
    /// 400 with Graph's text for the first thing that is wrong with the body.
    pub fn create_administrative_unit(
        &mut self,
        ctx: &CallContext,
        body: &Map<String, Value>,
    ) -> Result<Guid, TenantError> {
        let mut draft = self.draft(ctx, ObjectKind::AdministrativeUnit, body)?;
        if draft.stored(Property::IsMemberManagementRestricted).is_none() {
            draft.set(Property::IsMemberManagementRestricted, Some(Stored::Bool(false)));
        }
        self.check_rule(&draft)?;
        draft.id = self.new_id("administrativeUnit", &Value::from(body.clone()).to_string());
        let id = draft.id;
        self.store.insert(draft, ctx.now);
        self.audit_object(ctx, "Add administrative unit", id);
        self.queue_rule(id);
        Ok(id)
    }

    /// Adds a user, group or device to an administrative unit.
    ///
    /// # Errors
    /// 404 when one of the two does not exist; 400 when it is a member, or cannot be one.
    pub fn add_unit_member(
        &mut self,
        ctx: &CallContext,
        unit: Guid,
        member: Guid,
    ) -> Result<(), TenantError> {
        self.check_unit(unit)?;
        self.slot_of(member, &[ObjectKind::User, ObjectKind::Group, ObjectKind::Device])?;
        if self.member_of(member).binary_search(&unit).is_ok() {
            return Err(TenantError::of("member-exists", &[]));
        }
        self.link_member(unit, member, ctx.now);
        self.audit_link(ctx, "Add member to administrative unit", unit, member);
        Ok(())
    }

    /// Takes a member out of an administrative unit.
    ///
    /// # Errors
    /// 404 when the unit does not exist or does not have this member.
    pub fn remove_unit_member(
        &mut self,
        ctx: &CallContext,
        unit: Guid,
        member: Guid,
    ) -> Result<(), TenantError> {
        self.check_unit(unit)?;
        if self.members(unit).binary_search(&member).is_err() {
            return Err(TenantError::of("member-absent", &[("id", &member.to_string())]));
        }
        self.unlink_member(unit, member, ctx.now);
        self.audit_link(ctx, "Remove member from administrative unit", unit, member);
        Ok(())
    }

    fn check_unit(&self, unit: Guid) -> Result<(), TenantError> {
        let slot = self.slot_of(unit, &[ObjectKind::AdministrativeUnit])?;
        match self.store.at(slot).and_then(|object| object.text(Property::MembershipType)) {
            Some("Dynamic") => Err(TenantError::of("dynamic-group", &[])),
            _ => Ok(()),
        }
    }

    /// The users of a device, sorted by id.
    pub fn registered_users(&self, device: Guid) -> &[Guid] {
        self.object(device).and_then(|object| object.app.as_ref()).map_or(&[], |app| &app.users)
    }

    /// Registers somebody with an object, or ends it.
    ///
    /// # Errors
    /// 404 when one of the two does not exist, or nobody is there to be taken away; 400 when somebody is
    /// registered already.
    pub fn register(
        &mut self,
        ctx: &CallContext,
        object: Guid,
        who: Guid,
        (as_what, add): (Registered, bool),
    ) -> Result<(), TenantError> {
        let kinds: &[ObjectKind] = match as_what {
            Registered::Owners => {
                &[ObjectKind::Application, ObjectKind::ServicePrincipal, ObjectKind::Device]
            }
            Registered::Users => &[ObjectKind::Device],
        };
        let slot = self.slot_of(object, kinds)?;
        let own = match as_what {
            Registered::Owners => self.object(object).map_or(&[] as &[Guid], |object| object.owners()),
            Registered::Users => self.registered_users(object),
        };
        let known = own.binary_search(&who).is_ok();
        if add {
            self.slot_of(who, &[ObjectKind::User, ObjectKind::ServicePrincipal])?;
            if known || own.len() >= PEOPLE_MAX {
                let property = if as_what == Registered::Owners { "owners" } else { "registeredUsers" };
                return Err(TenantError::of("reference-exists", &[("property", property)]));
            }
        } else if !known {
            return Err(TenantError::of("member-absent", &[("id", &who.to_string())]));
        }
        self.store.edit(slot, |object| {
            let list = match as_what {
                Registered::Owners => &mut object.owners,
                Registered::Users => &mut object.app.get_or_insert_default().users,
            };
            if add { insert_sorted(list, who) } else { remove_sorted(list, who) }
        });
        self.store.record(slot, ctx.now, ChangeKind::Updated(PropertySet::default()));
        Ok(())
    }
}
