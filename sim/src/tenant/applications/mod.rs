//! Applications and service principals: objects of the store, and what they come to for the token service.

mod credentials;
mod grants;
mod graph_roles;
mod registration;
mod view;

pub use grants::DelegatedGrant;
pub(super) use graph_roles::{app_roles as graph_app_roles, scopes as graph_scopes};
pub use view::Application;

use super::Tenant;
use super::object::CloudObject;
use super::property::{ObjectKind, Property, Stored};
use super::sign_in::{CERTIFICATE_DER, REDIRECTS};
use crate::clock::SimTime;
use crate::ids::Guid;
use std::sync::Arc;
use std::time::Duration;

/// Microsoft Graph's application id.
pub(crate) const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// The tenant that owns Microsoft's own applications (from memory).
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

/// How long the secret of the estate's own application lives: two years, the longest that portals offer.
const SECRET_LIFETIME: Duration = Duration::from_secs(2 * 365 * 24 * 3600);

/// A secret of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSecret {
    /// Its key id, which its owner may take for the secret itself.
    pub key_id: Guid,
    /// The secret.
    pub value: String,
    /// What its owner calls it.
    pub display_name: Option<String>,
    /// From when on it counts.
    pub start: SimTime,
    /// Until when.
    pub end: SimTime,
}

impl AppSecret {
    /// The first three characters, which Graph shows.
    pub fn hint(&self) -> &str {
        let end = self.value.char_indices().nth(3).map_or(self.value.len(), |(at, _)| at);
        &self.value[..end]
    }
}

/// A certificate of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppCertificate {
    /// Its key id.
    pub key_id: Guid,
    /// SHA-1 of the certificate.
    pub thumbprint: Vec<u8>,
    /// The certificate, as DER.
    pub der: Arc<[u8]>,
    /// What its owner calls it.
    pub display_name: Option<String>,
    /// `Verify` or `Sign`.
    pub usage: String,
    /// `AsymmetricX509Cert` or `X509CertAndPassword`.
    pub kind: String,
    /// From when on it counts.
    pub start: SimTime,
    /// Until when.
    pub end: SimTime,
}

/// A role of an application (the resource) that somebody (the principal) was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRoleAssignment {
    /// Its id: opaque text.
    pub id: String,
    /// The role; all zeros for the default access of an application without roles.
    pub app_role_id: Guid,
    /// Object id of the resource's service principal.
    pub resource_id: Guid,
    /// Object id of who was given it.
    pub principal_id: Guid,
    /// When.
    pub created: SimTime,
}

/// What few objects have beside their properties: credentials of an application, roles that a principal was
/// granted, users of a device.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct AppState {
    pub(crate) secrets: Vec<AppSecret>,
    pub(crate) certificates: Vec<AppCertificate>,
    pub(crate) roles: Vec<AppRoleAssignment>,
    /// The users of a device, sorted.
    pub(crate) users: Vec<Guid>,
}

/// Whether it is Microsoft Graph's own service principal.
pub(crate) fn is_graph(object: &CloudObject) -> bool {
    object.kind == ObjectKind::ServicePrincipal && object.text(Property::AppId) == Some(GRAPH_APP_ID)
}

/// What an object shows of its credentials.
pub(super) fn credentials(object: &CloudObject, property: Property) -> serde_json::Value {
    let Some(app) = &object.app else { return serde_json::json!([]) };
    match property {
        Property::PasswordCredentials => app.secrets.iter().map(credentials::password_json).collect(),
        _ => app.certificates.iter().map(credentials::key_json).collect(),
    }
}

impl Tenant {
    /// The applications that can sign in here: those with an application object and a service principal, in
    /// the order of the application objects' creation. The estate's own comes first.
    pub fn applications(&self) -> &[Application] {
        &self.applications
    }

    /// The application with this client id.
    pub fn application(&self, app_id: Guid) -> Option<&Application> {
        self.applications.iter().find(|application| application.app_id == app_id)
    }

    /// Whether it is one of the applications that every tenant is born with, as it was then.
    pub fn is_untouched_application(&self, object: &CloudObject) -> bool {
        matches!(object.kind, ObjectKind::Application | ObjectKind::ServicePrincipal)
            && object.change <= self.born
    }

    /// The roles of applications that this principal was given, in the order in which it was.
    pub fn app_role_assignments(&self, principal: Guid) -> &[AppRoleAssignment] {
        self.object(principal).and_then(|object| object.app.as_ref()).map_or(&[], |app| &app.roles)
    }

    /// Microsoft Graph's service principal.
    fn first_graph(&mut self, now: SimTime) -> Guid {
        let graph = self.seed.guid("servicePrincipal", "Microsoft Graph", 0);
        let mut principal = CloudObject::new(graph, ObjectKind::ServicePrincipal, now);
        principal.set(Property::AppId, Some(Stored::text(GRAPH_APP_ID)));
        for property in [Property::DisplayName, Property::AppDisplayName] {
            principal.set(property, Some(Stored::text("Microsoft Graph")));
        }
        let names = [GRAPH_APP_ID, "https://graph.microsoft.com"];
        principal.set(Property::ServicePrincipalNames, Some(Stored::texts(names)));
        principal.set(Property::AppOwnerOrganizationId, Some(Stored::text(MICROSOFT)));
        principal.set(Property::ServicePrincipalType, Some(Stored::text("Application")));
        principal.set(Property::SignInAudience, Some(Stored::text("AzureADMultipleOrgs")));
        principal.set(Property::AccountEnabled, Some(Stored::Bool(true)));
        self.store.insert(principal, now);
        graph
    }

    /// Microsoft Graph's service principal, and the application of the estate with its secret and all roles.
    pub(super) fn first_applications(&mut self, now: SimTime) {
        let graph = self.first_graph(now);
        let name = "forestbed";
        let app_id = self.seed.guid("application", name, 0);
        let secret = AppSecret {
            key_id: self.seed.guid("secretId", name, 0),
            value: format!(
                "{:016x}{:016x}",
                self.seed.hash("secret", name, 0),
                self.seed.hash("secret", name, 1)
            ),
            display_name: None,
            start: now,
            end: now.plus(SECRET_LIFETIME),
        };
        let id = self.seed.guid("applicationObject", name, 0);
        let mut application = CloudObject::new(id, ObjectKind::Application, now);
        application.set(Property::AppId, Some(Stored::text(app_id.to_string())));
        application.set(Property::DisplayName, Some(Stored::text(name)));
        application.set(Property::SignInAudience, Some(Stored::text("AzureADMyOrg")));
        application.set(Property::PublisherDomain, Some(Stored::text(self.initial_domain())));
        application.set(Property::IsFallbackPublicClient, Some(Stored::Bool(true)));
        let uris = serde_json::json!({ "redirectUris": REDIRECTS });
        application.set(Property::PublicClient, Some(Stored::Json(Box::new(uris))));
        let certificate = AppCertificate {
            key_id: self.seed.guid("certificate", name, 0),
            thumbprint: Vec::new(),
            der: Arc::clone(&CERTIFICATE_DER),
            display_name: None,
            usage: "Verify".to_owned(),
            kind: "AsymmetricX509Cert".to_owned(),
            start: now,
            end: now.plus(SECRET_LIFETIME),
        };
        let (secrets, certificates) = (vec![secret], vec![certificate]);
        application.app = Some(Box::new(AppState { secrets, certificates, ..AppState::default() }));
        self.store.insert(application, now);

        let id = self.seed.guid("servicePrincipal", name, 0);
        let mut principal = CloudObject::new(id, ObjectKind::ServicePrincipal, now);
        principal.set(Property::AppId, Some(Stored::text(app_id.to_string())));
        for property in [Property::DisplayName, Property::AppDisplayName] {
            principal.set(property, Some(Stored::text(name)));
        }
        principal.set(Property::AccountEnabled, Some(Stored::Bool(true)));
        principal.set(Property::ServicePrincipalNames, Some(Stored::texts([app_id.to_string()])));
        principal.set(Property::AppOwnerOrganizationId, Some(Stored::text(self.id().to_string())));
        principal.set(Property::ServicePrincipalType, Some(Stored::text("Application")));
        principal.set(Property::SignInAudience, Some(Stored::text("AzureADMyOrg")));
        let roles = include_str!("../../../data/app-roles.tsv").lines().skip(1);
        let roles = roles.filter_map(|line| line.split('\t').next()).map(|value| {
            let role = graph_roles::application(value);
            self.assignment(id, graph, role, now)
        });
        let roles = roles.collect();
        principal.app = Some(Box::new(AppState { roles, ..AppState::default() }));
        self.store.insert(principal, now);
        self.refresh_applications();
        let scope = super::sign_in::first_scopes();
        let granted = self.seed.guid("oauth2PermissionGrant", name, 0).opaque();
        self.delegated = Arc::new(vec![DelegatedGrant {
            id: granted,
            client_id: id,
            resource_id: graph,
            principal_id: None,
            scope,
        }]);
    }

    fn assignment(&self, principal: Guid, resource: Guid, role: Guid, now: SimTime) -> AppRoleAssignment {
        let id = self.seed.guid("appRoleAssignment", &format!("{principal} {resource} {role}"), 0);
        AppRoleAssignment {
            id: id.opaque(),
            app_role_id: role,
            resource_id: resource,
            principal_id: principal,
            created: now,
        }
    }
}
