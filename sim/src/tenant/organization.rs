//! The tenant itself: its organization and domains.

use super::domain::Federation;
use crate::clock::SimTime;
use crate::ids::Guid;
use std::sync::Arc;

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
    /// What else an administrator set, by the names of Graph: `marketingNotificationEmails`, `privacyProfile`...
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// A domain of the tenant.
#[derive(Debug, Clone, PartialEq)]
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
    /// Whether it was a subdomain that became a root of its own.
    pub is_promoted: bool,
    /// What it is used for.
    pub supported_services: Vec<String>,
    /// Days for which a password is good.
    pub password_validity_days: u32,
    /// Days before, from which on users are told.
    pub password_notification_days: u32,
    /// Its identity provider.
    pub federation: Option<Arc<Federation>>,
}

impl Domain {
    /// An unverified, managed domain.
    pub(crate) fn named(name: &str) -> Domain {
        Domain {
            name: name.to_owned(),
            is_initial: false,
            is_default: false,
            is_verified: false,
            is_federated: false,
            is_promoted: false,
            supported_services: ["Email", "OfficeCommunicationsOnline"].map(str::to_owned).to_vec(),
            // microsoft-graph.md 2.4
            password_validity_days: 90,
            password_notification_days: 14,
            federation: None,
        }
    }
}
