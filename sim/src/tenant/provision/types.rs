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

/// The body of `POST /api/provision`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvisionRequest {
    /// The objects, in the order in which they are taken.
    pub objects: Vec<SyncObject>,
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
}
