//! What the oracle reads: both sides as plain values, apart from the stores that hold them.

use crate::ids::Guid;
use std::collections::{BTreeMap, BTreeSet};

/// One domain as a sync engine sees it.
#[derive(Debug, Clone, Default)]
pub struct OnPremDomain {
    /// DNS name: `contoso.local`.
    pub dns: String,
    /// NetBIOS name: `CONTOSO`.
    pub netbios: String,
    /// DNS name of its forest's root domain; domains of one forest have the same.
    pub forest: String,
    /// Users, groups and contacts, in and out of scope alike.
    pub objects: Vec<OnPremObject>,
    /// Principals of other forests that groups of this one name: their SIDs.
    pub foreign: BTreeMap<Guid, String>,
}

/// What kind of object it is to a sync engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncKind {
    /// `user` or `inetOrgPerson`.
    User,
    /// `group`.
    Group,
    /// `contact`.
    Contact,
}

impl SyncKind {
    /// `user`, `group` or `contact`.
    pub fn name(self) -> &'static str {
        match self {
            SyncKind::User => "user",
            SyncKind::Group => "group",
            SyncKind::Contact => "contact",
        }
    }
}

/// An object on premises.
#[derive(Debug, Clone)]
pub struct OnPremObject {
    /// `objectGUID`.
    pub guid: Guid,
    /// Distinguished name.
    pub dn: String,
    /// Its kind.
    pub kind: SyncKind,
    /// Values by attribute name in lower case, in LDAP form, in the order of the store; absent ones are
    /// absent.
    pub attributes: BTreeMap<&'static str, Vec<Vec<u8>>>,
    /// `member`.
    pub members: Vec<Guid>,
    /// `manager`.
    pub manager: Option<Guid>,
}

impl OnPremObject {
    /// The first value of an attribute (name in lower case), as text.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute)?.first().and_then(|value| std::str::from_utf8(value).ok())
    }

    /// All values of an attribute (name in lower case) that are text.
    pub fn texts(&self, attribute: &str) -> impl Iterator<Item = &str> {
        self.attributes.get(attribute).into_iter().flatten().filter_map(|v| std::str::from_utf8(v).ok())
    }

    /// The first value as a number; AD writes integers in decimal.
    pub fn number(&self, attribute: &str) -> Option<i64> {
        self.text(attribute)?.parse().ok()
    }
}

/// A tenant as an administrator sees it.
#[derive(Debug, Clone, Default)]
pub struct CloudView {
    /// `contoso.onmicrosoft.com`.
    pub initial_domain: String,
    /// Verified domains in lower case, the initial one too.
    pub verified_domains: BTreeSet<String>,
    /// Live objects and soft-deleted ones.
    pub objects: Vec<CloudRecord>,
    /// Subscriptions.
    pub subscriptions: Vec<CloudSubscription>,
    /// `bypassDirSyncOverridesEnabled`: what on-premises says counts again where the cloud had changed it.
    pub bypasses_overrides: bool,
}

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudSubscription {
    /// skuId.
    pub sku: Guid,
    /// Part number: `ENTERPRISEPACK`.
    pub part_number: String,
    /// Seats that can be assigned.
    pub enabled: u32,
    /// Seats in use, as the tenant says.
    pub consumed: u32,
}

/// A cloud object.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudRecord {
    /// Its object id.
    pub id: Guid,
    /// Its kind.
    pub kind: SyncKind,
    /// Source anchor (immutable ID).
    pub anchor: Option<String>,
    /// Whether it is synchronized: `onPremisesSyncEnabled`.
    pub synced: Option<bool>,
    /// Its mobile number was changed in the cloud: on-premises no longer counts.
    pub mobile_override: bool,
    /// Soft-deleted.
    pub deleted: bool,
    /// Holds a directory role.
    pub has_role: bool,
    /// Some licence is assigned.
    pub licenses: Vec<CloudLicense>,
    /// An Exchange Online service plan is on: addresses are calculated as for a mailbox.
    pub exchange: bool,
    /// Only other plans of Exchange Online are on (such as its foundation): no reference says whether these
    /// make addresses.
    pub exchange_foundation: bool,
    /// Graph properties by name; several values for a collection; absent means null or empty.
    pub properties: BTreeMap<&'static str, Vec<String>>,
    /// Members of a group.
    pub members: BTreeSet<Guid>,
    /// Manager of a person.
    pub manager: Option<Guid>,
    /// `onPremisesProvisioningErrors`: property that caused it and the value, in lower case.
    pub quarantined: Vec<(String, String)>,
}

/// A licence of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudLicense {
    /// skuId.
    pub sku: Guid,
    /// Service plans that are off.
    pub disabled_plans: BTreeSet<Guid>,
}

impl CloudRecord {
    /// The first value of a property.
    pub fn text(&self, property: &str) -> Option<&str> {
        self.properties.get(property)?.first().map(String::as_str)
    }

    /// All values of a property.
    pub fn texts(&self, property: &str) -> &[String] {
        self.properties.get(property).map_or(&[], Vec::as_slice)
    }

    /// What a reader knows it by: user principal name, else display name, else id.
    pub fn name(&self) -> String {
        let name = self.text("userPrincipalName").or_else(|| self.text("displayName"));
        name.map_or_else(|| self.id.to_string(), str::to_owned)
    }
}
