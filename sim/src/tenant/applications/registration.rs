//! Applications and service principals through Graph: creation, what a change carries along, deletion.

use super::{AppState, GRAPH_APP_ID};
use crate::ids::Guid;
use crate::tenant::object::CloudObject;
use crate::tenant::property::{ObjectKind, Property, PropertySet, Stored};
use crate::tenant::store::{Key, Slot};
use crate::tenant::{AppSecret, CallContext, ChangeKind, Tenant, TenantError};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What a new application has where its body says nothing (the shapes of Graph's metadata; values as an empty
/// registration shows them).
const DEFAULTS: [(Property, &str); 6] = [
    (
        Property::Api,
        r#"{"acceptMappedClaims":null,"knownClientApplications":[],"oauth2PermissionScopes":[],"preAuthorizedApplications":[],"requestedAccessTokenVersion":null}"#,
    ),
    (
        Property::Info,
        r#"{"logoUrl":null,"marketingUrl":null,"privacyStatementUrl":null,"supportUrl":null,"termsOfServiceUrl":null}"#,
    ),
    (Property::ParentalControlSettings, r#"{"countriesBlockedForMinors":[],"legalAgeGroupRule":"Allow"}"#),
    (Property::PublicClient, r#"{"redirectUris":[]}"#),
    (Property::Spa, r#"{"redirectUris":[]}"#),
    (
        Property::Web,
        r#"{"homePageUrl":null,"implicitGrantSettings":{"enableAccessTokenIssuance":false,"enableIdTokenIssuance":false},"logoutUrl":null,"redirectUris":[],"redirectUriSettings":[]}"#,
    ),
];

impl Tenant {
    /// `POST /applications`: the id of the new application, and the secrets that it was made with.
    ///
    /// # Errors
    /// 400 with Graph's text for the first thing that is wrong with the body.
    pub fn create_application(
        &mut self,
        ctx: &CallContext,
        body: &Map<String, Value>,
    ) -> Result<(Guid, Vec<AppSecret>), TenantError> {
        let mut draft = self.draft(ctx, ObjectKind::Application, body)?;
        draft.id = self.new_id("application", &Value::from(body.clone()).to_string());
        let app_id = self.new_id("appId", &draft.id.to_string());
        draft.set(Property::AppId, Some(Stored::text(app_id.to_string())));
        draft.set(Property::PublisherDomain, Some(Stored::text(self.initial_domain())));
        if draft.stored(Property::SignInAudience).is_none() {
            draft.set(Property::SignInAudience, Some(Stored::text("AzureADMyOrg")));
        }
        for (property, text) in DEFAULTS {
            let mut value: Value = serde_json::from_str(text).unwrap_or_default();
            if let (Some(Stored::Json(given)), Some(all)) = (draft.stored(property), value.as_object_mut()) {
                given.as_object().into_iter().flatten().for_each(|(name, value)| {
                    all.insert(name.clone(), value.clone());
                });
            }
            draft.set(property, Some(Stored::Json(Box::new(value))));
        }
        self.check_application(&draft, None)?;
        let secrets = self.take_credentials(&mut draft, true, ctx.now)?;
        draft.owners = self.owner_of_new(ctx);
        let id = draft.id;
        self.store.insert(draft, ctx.now);
        self.refresh_applications();
        self.audit_object(ctx, "Add application", id);
        Ok((id, secrets))
    }

    /// `POST /servicePrincipals`: the id of the new service principal of an application of this tenant.
    ///
    /// # Errors
    /// 400 for an application that does not exist; 409 when it has one already.
    pub fn create_service_principal(
        &mut self,
        ctx: &CallContext,
        body: &Map<String, Value>,
    ) -> Result<Guid, TenantError> {
        let mut draft = self.draft(ctx, ObjectKind::ServicePrincipal, body)?;
        let app_id = draft.text(Property::AppId).unwrap_or("").to_lowercase();
        let application = self.by_alternate_key(ObjectKind::Application, &app_id);
        let application = application
            .cloned()
            .ok_or_else(|| TenantError::of("application-unknown", &[("app", &app_id)]))?;
        if self.by_alternate_key(ObjectKind::ServicePrincipal, &app_id).is_some() {
            return Err(TenantError::of("service-principal-exists", &[("app", &app_id)]));
        }
        let given = draft.clone();
        draft.set(Property::AppId, Some(Stored::text(app_id.as_str())));
        draft.set(Property::AppOwnerOrganizationId, Some(Stored::text(self.id().to_string())));
        self.mirror(&application, &mut draft);
        for property in [Property::Tags, Property::AppRoles, Property::ReplyUrls] {
            if let Some(own) = given.stored(property) {
                draft.set(property, Some(own.clone()));
            }
        }
        for (property, value) in [
            (Property::AccountEnabled, Stored::Bool(true)),
            (Property::AppRoleAssignmentRequired, Stored::Bool(false)),
            (Property::ServicePrincipalType, Stored::text("Application")),
        ] {
            if draft.stored(property).is_none() {
                draft.set(property, Some(value));
            }
        }
        self.take_credentials(&mut draft, true, ctx.now)?;
        draft.id = self.new_id("servicePrincipal", &app_id);
        draft.owners = self.owner_of_new(ctx);
        let id = draft.id;
        self.store.insert(draft, ctx.now);
        self.refresh_applications();
        self.audit_object(ctx, "Add service principal", id);
        Ok(id)
    }

    /// An application that makes another one owns it.
    fn owner_of_new(&self, ctx: &CallContext) -> Vec<Guid> {
        let caller = ctx.app.and_then(|app| self.application(app));
        let seeded = self.applications.first().map(|first| first.app_id);
        let owner = caller.filter(|caller| Some(caller.app_id) != seeded);
        owner.map(|caller| caller.service_principal_id).into_iter().collect()
    }

    /// What a service principal shows of its application.
    fn mirror(&self, application: &CloudObject, principal: &mut CloudObject) {
        let app_id = application.text(Property::AppId).unwrap_or("").to_owned();
        let names = std::iter::once(app_id)
            .chain(application.texts(Property::IdentifierUris).iter().map(ToString::to_string));
        principal.set(Property::ServicePrincipalNames, Some(Stored::texts(names)));
        let uris = match application.stored(Property::Web) {
            Some(Stored::Json(web)) => web["redirectUris"].as_array().cloned().unwrap_or_default(),
            _ => Vec::new(),
        };
        let uris = uris.iter().filter_map(Value::as_str).map(str::to_owned);
        principal.set(Property::ReplyUrls, Some(Stored::texts(uris)));
        let scopes = match application.stored(Property::Api) {
            Some(Stored::Json(api)) => api["oauth2PermissionScopes"].clone(),
            _ => json!([]),
        };
        principal.set(Property::Oauth2PermissionScopes, Some(Stored::Json(Box::new(scopes))));
        principal.set(Property::AppDisplayName, application.stored(Property::DisplayName).cloned());
        principal.set(Property::AppDescription, application.stored(Property::Description).cloned());
        let shared = [Property::DisplayName, Property::AppRoles, Property::Info, Property::SignInAudience];
        for property in shared {
            principal.set(property, application.stored(property).cloned());
        }
    }

    fn check_application(&self, draft: &CloudObject, own: Option<Slot>) -> Result<(), TenantError> {
        let own = own.and_then(|slot| self.store.at(slot)).map(|object| object.id);
        let others = || self.iter(ObjectKind::Application).filter(|other| Some(other.id) != own);
        let taken = |uri: &str| {
            others().any(|other| {
                other.texts(Property::IdentifierUris).iter().any(|known| known.eq_ignore_ascii_case(uri))
            })
        };
        if draft.texts(Property::IdentifierUris).iter().any(|uri| taken(uri)) {
            return Err(TenantError::of("conflict", &[("property", "identifierUris")]));
        }
        if draft.texts(Property::IdentifierUris).iter().any(|uri| !uri.contains(':')) {
            let values = [("property", "identifierUris"), ("resource", "Application")];
            return Err(TenantError::of("invalid-value", &values));
        }
        let unique = draft.text(Property::UniqueName);
        if unique.is_some_and(|name| others().any(|other| other.text(Property::UniqueName) == Some(name))) {
            return Err(TenantError::of("conflict", &[("property", "uniqueName")]));
        }
        check_roles(draft)
    }

    /// What a `PATCH` of an application or service principal has to mind before it is carried out.
    pub(crate) fn check_application_update(
        &self,
        before: &CloudObject,
        after: &mut CloudObject,
        slot: Slot,
        now: crate::clock::SimTime,
    ) -> Result<(), TenantError> {
        if before.text(Property::AppId) == Some(GRAPH_APP_ID) && before.values != after.values {
            return Err(TenantError::of("privileged", &[]));
        }
        if before.kind == ObjectKind::Application {
            self.check_application(after, Some(slot))?;
        } else {
            check_roles(after)?;
        }
        self.take_credentials(after, false, now)?;
        Ok(())
    }

    /// What follows from a changed application or service principal.
    pub(crate) fn application_changed(&mut self, slot: Slot, now: crate::clock::SimTime) {
        let Some(object) = self.store.at(slot).cloned() else { return };
        let app_id = object.text(Property::AppId).unwrap_or("");
        let principal = self.by_alternate_key(ObjectKind::ServicePrincipal, app_id);
        let principal = principal.filter(|_| object.kind == ObjectKind::Application).map(|found| found.id);
        if let Some(principal) = principal.and_then(|id| self.store.slot(id)) {
            let Some(before) = self.store.at(principal).cloned() else { return };
            let mut after = before.clone();
            self.mirror(&object, &mut after);
            let changed = crate::tenant::mail::differences(&before, &after);
            if !changed.is_empty() {
                self.store.edit(principal, |object| *object = after);
                self.store.record(principal, now, ChangeKind::Updated(changed));
            }
        }
        self.refresh_applications();
    }

    /// The service principal of an application goes with it.
    pub(crate) fn principal_of(&self, application: Guid) -> Option<Slot> {
        let object = self.object(application).filter(|object| object.kind == ObjectKind::Application)?;
        let app_id = object.text(Property::AppId)?;
        let mut found = self.store.find(Key::Alternate, app_id);
        found
            .find(|(_, other)| other.kind == ObjectKind::ServicePrincipal && other.deleted.is_none())
            .map(|(slot, _)| slot)
    }

    pub(crate) fn refresh_applications(&mut self) {
        self.applications = Arc::new(self.view_applications());
    }

    /// Changes what an object has of credentials and grants, and tells the log.
    pub(super) fn edit_app<R>(
        &mut self,
        slot: Slot,
        property: Option<Property>,
        now: crate::clock::SimTime,
        change: impl FnOnce(&mut AppState) -> R,
    ) -> Option<R> {
        let result = self.store.edit(slot, |object| change(object.app.get_or_insert_default()));
        let mut changed = PropertySet::default();
        property.into_iter().for_each(|property| changed.insert(property));
        self.store.record(slot, now, ChangeKind::Updated(changed));
        self.refresh_applications();
        result
    }
}

/// Ids and values of an application's roles are its own.
fn check_roles(draft: &CloudObject) -> Result<(), TenantError> {
    let Some(Stored::Json(roles)) = draft.stored(Property::AppRoles) else { return Ok(()) };
    let invalid =
        || TenantError::of("invalid-value", &[("property", "appRoles"), ("resource", draft.kind.name())]);
    let mut seen: Vec<Guid> = Vec::new();
    for role in roles.as_array().ok_or_else(invalid)? {
        let id = role["id"].as_str().and_then(Guid::parse).filter(|id| *id != Guid::NIL);
        let id = id.filter(|id| !seen.contains(id)).ok_or_else(invalid)?;
        role["displayName"].as_str().ok_or_else(invalid)?;
        seen.push(id);
    }
    Ok(())
}
