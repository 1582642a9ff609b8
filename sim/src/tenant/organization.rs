//! The tenant itself: its organization, domains and applications.

use crate::clock::SimTime;
use crate::ids::Guid;

/// The organization: the tenant's one `organization` object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The tenant id.
    pub id: Guid,
    /// Its name.
    pub display_name: String,
    /// Its country (ISO 3166 alpha-2).
    pub country_letter_code: String,
    /// When the tenant was created.
    pub created: SimTime,
    /// Whether synchronization is on; none while it never was.
    pub on_premises_sync_enabled: Option<bool>,
    /// The last time that a synchronization engine wrote.
    pub on_premises_last_sync: Option<SimTime>,
    /// Where technical notifications go.
    pub technical_notification_mails: Vec<String>,
}

/// A domain of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its fully qualified name, which is its id.
    pub name: String,
    /// The `onmicrosoft.com` domain that the tenant was made with.
    pub is_initial: bool,
    /// The one that new accounts get.
    pub is_default: bool,
    /// Whether its ownership is proved.
    pub is_verified: bool,
    /// Whether sign-in is federated.
    pub is_federated: bool,
}

/// An application that may call Graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its application (client) id.
    pub app_id: Guid,
    /// The object id of its service principal: the `oid` of its tokens.
    pub service_principal_id: Guid,
    /// Its name.
    pub display_name: String,
    /// Its secret.
    pub secret: String,
    /// The key id of the secret, which its owner may take for the secret itself.
    pub secret_id: Guid,
    /// The application roles that it was granted, sorted.
    pub roles: Vec<String>,
}

/// A role of the directory that someone holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryRole {
    /// Its id in this tenant.
    pub id: Guid,
    /// The template, the same in every tenant.
    pub role_template_id: Guid,
    /// Its name.
    pub display_name: String,
    /// Who holds it, sorted by id.
    pub members: Vec<Guid>,
}

/// The role template of the global administrator.
pub const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
