//! What the token service needs to know of an application.

use super::{AppCertificate, AppSecret, GRAPH_APP_ID, graph_roles};
use crate::ids::Guid;
use crate::tenant::Tenant;
use crate::tenant::object::CloudObject;
use crate::tenant::property::{ObjectKind, Property, Stored};
use crate::tenant::store::Key;

/// An application that can sign in to this tenant: its registration and its service principal together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its application (client) id.
    pub app_id: Guid,
    /// The id of its application object.
    pub object_id: Guid,
    /// The object id of its service principal: the `oid` of its tokens.
    pub service_principal_id: Guid,
    /// Its name.
    pub display_name: String,
    /// Its first secret; empty when it has none.
    pub secret: String,
    /// The key id of that secret, which its owner may take for the secret itself.
    pub secret_id: Guid,
    /// All its secrets, the application object's first, then the service principal's; expired ones too.
    pub secrets: Vec<AppSecret>,
    /// All its certificates, likewise.
    pub certificates: Vec<AppCertificate>,
    /// The application roles of Microsoft Graph that it was granted, sorted.
    pub roles: Vec<String>,
    /// Whether its service principal may sign in.
    pub enabled: bool,
    /// Whether it may sign in without a credential where the grant allows it (`isFallbackPublicClient`).
    pub public_client: bool,
    /// Where answers of interactive sign-ins may go: those of `web`, `spa` and `publicClient`.
    pub redirect_uris: Vec<String>,
}

impl Tenant {
    /// The applications anew from their objects.
    pub(super) fn view_applications(&self) -> Vec<Application> {
        self.iter(ObjectKind::Application).filter_map(|object| self.view(object)).collect()
    }

    fn view(&self, object: &CloudObject) -> Option<Application> {
        let app_id = object.text(Property::AppId)?;
        let principal = self.find(Key::Alternate, ObjectKind::ServicePrincipal, app_id).next()?;
        let states = || [object, principal].into_iter().filter_map(|of| of.app.as_ref());
        let secrets: Vec<AppSecret> = states().flat_map(|app| app.secrets.iter().cloned()).collect();
        let mut roles: Vec<String> = self
            .app_role_assignments(principal.id)
            .iter()
            .filter(|role| {
                let resource = self.object(role.resource_id);
                resource.is_some_and(|resource| resource.text(Property::AppId) == Some(GRAPH_APP_ID))
            })
            .filter_map(|role| graph_roles::application_value(role.app_role_id).map(str::to_owned))
            .collect();
        roles.sort();
        roles.dedup();
        Some(Application {
            app_id: Guid::parse(app_id)?,
            object_id: object.id,
            service_principal_id: principal.id,
            display_name: object.text(Property::DisplayName).unwrap_or("").to_owned(),
            secret: secrets.first().map(|secret| secret.value.clone()).unwrap_or_default(),
            secret_id: secrets.first().map(|secret| secret.key_id).unwrap_or_default(),
            certificates: states().flat_map(|app| app.certificates.iter().cloned()).collect(),
            secrets,
            roles,
            enabled: principal.boolean(Property::AccountEnabled) != Some(false),
            public_client: object.boolean(Property::IsFallbackPublicClient) == Some(true),
            redirect_uris: redirect_uris(object),
        })
    }
}

fn redirect_uris(application: &CloudObject) -> Vec<String> {
    let of = |property: Property| match application.stored(property) {
        Some(Stored::Json(json)) => json["redirectUris"].as_array().cloned().unwrap_or_default(),
        _ => Vec::new(),
    };
    let all = [Property::Web, Property::Spa, Property::PublicClient].into_iter().flat_map(of);
    all.filter_map(|uri| uri.as_str().map(str::to_owned)).collect()
}
