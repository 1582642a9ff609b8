//! The tenant itself: its organization and domains.

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
