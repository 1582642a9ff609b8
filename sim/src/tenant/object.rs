//! A cloud object: what the store keeps of a directory object of any kind.

use super::applications::AppState;
use super::license::LicenseAssignment;
use super::property::{ObjectKind, Property, PropertySet, Stored};
use super::sign_in::Credential;
use crate::clock::SimTime;
use crate::ids::Guid;
use serde_json::Value;

/// A directory object: a user, a group, an organizational contact, a device...
#[derive(Debug, Clone, PartialEq)]
pub struct CloudObject {
    pub(crate) id: Guid,
    pub(crate) kind: ObjectKind,
    pub(crate) created: SimTime,
    pub(crate) deleted: Option<SimTime>,
    pub(crate) change: u64,
    /// Sorted by property.
    pub(crate) values: Vec<(Property, Stored)>,
    /// Sorted.
    pub(crate) members: Vec<Guid>,
    /// Sorted.
    pub(crate) member_of: Vec<Guid>,
    /// Sorted.
    pub(crate) owners: Vec<Guid>,
    pub(crate) manager: Option<Guid>,
    /// Sorted.
    pub(crate) direct_reports: Vec<Guid>,
    /// A user's assignments, a group's own licences.
    pub(crate) licenses: Vec<LicenseAssignment>,
    /// The services know of every plan that was on at this instant; none before the first.
    pub(crate) provisioned: Option<SimTime>,
    pub(crate) shadow: Option<Box<Shadow>>,
    pub(crate) errors: Vec<ProvisioningError>,
    /// What a user signs in with; none until there is a password or a failed attempt.
    pub(crate) credential: Option<Box<Credential>>,
    /// Credentials of an application, and what it or anybody else was granted on applications.
    pub(crate) app: Option<Box<AppState>>,
    /// The properties that once had a value; none while none was ever taken away.
    pub(crate) cleared: Option<Box<PropertySet>>,
}

/// A value that was set aside because another object holds it (duplicate attribute resiliency).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisioningError {
    /// `UserPrincipalName` or `ProxyAddresses`.
    pub property: &'static str,
    /// The value: a user principal name, or an address with its prefix.
    pub value: String,
    /// When it was set aside.
    pub occurred: SimTime,
}

/// What the provisioning service was sent for an object, from which the shown values are calculated.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Shadow {
    pub(crate) anchor: Box<str>,
    pub(crate) user_principal_name: Option<Box<str>>,
    /// The name that the cloud's was calculated from, where that is not the one on premises that Graph shows.
    pub(crate) named_by: Option<Box<str>>,
    pub(crate) mail_nickname: Option<Box<str>>,
    pub(crate) mail: Option<Box<str>>,
    pub(crate) proxy_addresses: Vec<Box<str>>,
    /// The address in the initial domain, once one was given: it never changes.
    pub(crate) moera: Option<Box<str>>,
    /// Whether it ever had an Exchange licence.
    pub(crate) had_mailbox: bool,
    /// Synchronization was switched off: the cloud masters the object, and the anchor is remembered.
    pub(crate) released: bool,
    /// The mobile number was changed in the cloud: that of on-premises no longer counts.
    pub(crate) mobile_override: bool,
    /// Attributes that Graph does not show, by lower-case key, sorted.
    pub(crate) others: Vec<(Box<str>, Value)>,
}

impl CloudObject {
    /// Its object id.
    pub fn id(&self) -> Guid {
        self.id
    }

    /// What it is.
    pub fn kind(&self) -> ObjectKind {
        self.kind
    }

    /// When it was created.
    pub fn created(&self) -> SimTime {
        self.created
    }

    /// When it went to the deleted items; none while it lives.
    pub fn deleted(&self) -> Option<SimTime> {
        self.deleted
    }

    /// Number of its last change.
    pub fn last_change(&self) -> u64 {
        self.change
    }

    /// Whether a synchronization engine masters it.
    pub fn is_synchronized(&self) -> bool {
        self.boolean(Property::OnPremisesSyncEnabled) == Some(true)
    }

    /// The source anchor that the provisioning service knows it by (for a user also its immutable ID).
    pub fn source_anchor(&self) -> Option<&str> {
        self.shadow.as_ref().map(|shadow| shadow.anchor.as_ref())
    }

    /// Whether its mobile number was changed in the cloud, so that on-premises no longer counts.
    pub fn overrides_mobile(&self) -> bool {
        self.shadow.as_ref().is_some_and(|shadow| shadow.mobile_override)
    }

    /// The value of a text property that is stored.
    pub fn text(&self, property: Property) -> Option<&str> {
        match self.stored(property) {
            Some(Stored::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The values of a property that is a collection of strings.
    pub fn texts(&self, property: Property) -> &[Box<str>] {
        match self.stored(property) {
            Some(Stored::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// The value of a Boolean property.
    pub fn boolean(&self, property: Property) -> Option<bool> {
        match self.stored(property) {
            Some(Stored::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    /// The user principal name.
    pub fn user_principal_name(&self) -> Option<&str> {
        self.text(Property::UserPrincipalName)
    }

    /// The proxy addresses with their prefixes.
    pub fn proxy_addresses(&self) -> &[Box<str>] {
        self.texts(Property::ProxyAddresses)
    }

    /// The values that are set aside.
    pub fn provisioning_errors(&self) -> &[ProvisioningError] {
        &self.errors
    }

    /// The owners of a group, sorted by id.
    pub fn owners(&self) -> &[Guid] {
        &self.owners
    }

    /// The manager of a user or contact.
    pub fn manager(&self) -> Option<Guid> {
        self.manager
    }

    /// Those whose manager it is, sorted by id.
    pub fn direct_reports(&self) -> &[Guid] {
        &self.direct_reports
    }

    pub(crate) fn new(id: Guid, kind: ObjectKind, created: SimTime) -> CloudObject {
        CloudObject {
            id,
            kind,
            created,
            deleted: None,
            change: 0,
            values: Vec::new(),
            members: Vec::new(),
            member_of: Vec::new(),
            owners: Vec::new(),
            manager: None,
            direct_reports: Vec::new(),
            licenses: Vec::new(),
            provisioned: None,
            shadow: None,
            errors: Vec::new(),
            credential: None,
            app: None,
            cleared: None,
        }
    }

    /// Whether a property that has no value now had one before.
    pub fn was_cleared(&self, property: Property) -> bool {
        self.cleared.as_ref().is_some_and(|cleared| cleared.contains(property))
    }

    pub(crate) fn stored(&self, property: Property) -> Option<&Stored> {
        let found = self.values.binary_search_by_key(&property, |(property, _)| *property).ok()?;
        Some(&self.values[found].1)
    }

    /// Sets a value, or takes it away; whether that changed anything.
    pub(crate) fn set(&mut self, property: Property, value: Option<Stored>) -> bool {
        match (self.values.binary_search_by_key(&property, |(property, _)| *property), value) {
            (Ok(found), Some(value)) => {
                let differs = self.values[found].1 != value;
                self.values[found].1 = value;
                differs
            }
            (Ok(found), None) => {
                self.values.remove(found);
                self.cleared.get_or_insert_default().insert(property);
                true
            }
            (Err(place), Some(value)) => {
                self.values.insert(place, (property, value));
                true
            }
            (Err(_), None) => false,
        }
    }
}
