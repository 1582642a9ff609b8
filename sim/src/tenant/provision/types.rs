//! The provisioning operation as values, and as the JSON of `POST /api/provision`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What kind of object a synchronization engine sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SyncType {
    /// A user.
    User,
    /// A group.
    Group,
    /// A contact.
    Contact,
    /// A device.
    Device,
}

/// What is to be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SyncOperation {
    /// Create it, or update the attributes that are sent.
    Set,
    /// Create it.
    Add,
    /// Delete it.
    Delete,
}

/// One object as a synchronization engine sends it.
///
/// The keys of `properties` are those of the provisioning service, in any case: `userPrincipalName`,
/// `displayName`, `accountEnabled`, `proxyAddresses`, `mail`, `alias`, `member` (source anchors),
/// `manager` (a source anchor)... A key that is absent leaves its attribute as it is; null clears it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncObject {
    /// Its type.
    #[serde(rename = "type")]
    pub object_type: SyncType,
    /// The operation.
    pub operation: SyncOperation,
    /// The source anchor.
    pub source_anchor: String,
    /// The attributes.
    #[serde(default)]
    pub properties: BTreeMap<String, Value>,
}

/// Whether an object was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SyncOutcome {
    /// It was; an error code beside it says that values were set aside.
    Success,
    /// It was not.
    Failure,
}

/// The answer for one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncResult {
    /// The source anchor as sent.
    pub source_anchor: String,
    /// `User_<object id>`, when there is such an object.
    pub cloud_anchor: Option<String>,
    /// Whether it was taken.
    pub result: SyncOutcome,
    /// A name of directory-sync.md 2.4.
    pub error_code: Option<String>,
    /// Its text.
    pub error_description: Option<String>,
}

/// Which version of the service an engine speaks: groups of the first have at most 50,000 members
/// (directory-sync.md 1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ServiceVersion {
    /// Entra Connect before 2.0.
    #[serde(rename = "1")]
    First,
    /// Entra Connect 2.0 and later.
    #[default]
    #[serde(rename = "2")]
    Second,
}

/// The password hash of one user, as a synchronization engine sends it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncCredential {
    /// The user by source anchor...
    #[serde(default)]
    pub source_anchor: Option<String>,
    /// ...or by cloud anchor (`User_<object id>`), which goes first.
    #[serde(default)]
    pub cloud_anchor: Option<String>,
    /// `v1;PPH1_MD4,<salt>,<iterations>,<hash>;`: [`SyncedHash`](crate::tenant::SyncedHash).
    pub data: String,
    /// When the password was changed on-premises (RFC 3339 or generalized time).
    #[serde(default)]
    pub change_date: Option<String>,
    /// Whether it has to be changed at the next sign-in.
    #[serde(default)]
    pub force_change: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncCredentialResult {
    /// As sent.
    pub source_anchor: Option<String>,
    /// As sent.
    pub cloud_anchor: Option<String>,
    /// 0 when it was taken (1 otherwise: assumed, no source names another number).
    pub result: u32,
    /// A name of the catalogue.
    pub error_code: Option<String>,
    /// Its text.
    pub error_description: Option<String>,
}

/// The body of `POST /api/provision`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvisionRequest {
    /// The objects, in the order in which they are taken.
    pub objects: Vec<SyncObject>,
    /// Password hashes. They have calls of their own, in which there are no objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<SyncCredential>,
    /// The version of the service that is spoken: `"1"` or `"2"`.
    #[serde(default)]
    pub version: ServiceVersion,
}

impl ProvisionRequest {
    /// The most objects of one call, by either door (assumed: no source names the service's own).
    pub const OBJECTS_MAX: usize = 10_000;
}

/// Its answer: one result an object, in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionResponse {
    /// The results.
    pub results: Vec<SyncResult>,
    /// What became of the password hashes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<SyncCredentialResult>,
}
