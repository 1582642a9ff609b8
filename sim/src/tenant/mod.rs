//! The Entra ID tenant: users, groups and contacts, domains, licences, provisioning, throttling.
//!
//! What it is: the cloud's state and rules. What it is not: a server; the mock of Graph puts it on the wire.
//! Start at [`Tenant`].

mod address;
mod applications;
mod audit;
mod change;
mod computed;
mod devices;
mod digest;
mod domain;
mod dynamic;
mod error;
mod generate;
mod groups;
mod inbound;
mod invite;
mod license;
mod lifecycle;
mod mail;
mod manager;
mod memberships;
mod object;
mod organization;
mod photo;
mod property;
mod provision;
mod roles;
mod sign_in;
mod skus;
mod store;
mod switches;
mod sync_settings;
mod throttle;
mod users;
mod webhook;
mod writes;

pub use applications::{AppCertificate, AppRoleAssignment, AppSecret, Application, DelegatedGrant};
pub use audit::{
    Activity, AuditEntry, AuditEvent, AuditTarget, Initiator, ModifiedProperty, SignInEntry, SignInEvent,
    SignInKind,
};
pub use change::{Change, ChangeKind};
pub use devices::Registered;
pub use digest::{Digest, DigestLimits, ObjectChanges};
pub use error::{ErrorDetail, TenantError};
pub use license::{
    AssignedLicense, AssignmentError, AssignmentState, LicenseAssignment, LicenseDetail, PlanState,
    Subscription, SubscriptionChange, SubscriptionStatus,
};
pub use object::{CloudObject, ProvisioningError};
pub use organization::{Domain, Organization};
pub use property::{ObjectKind, Property, PropertySet, PropertyType, PropertyValue};
pub use provision::{
    ProvisionRequest, ProvisionResponse, ReadBack, ReadBackCookie, ServiceVersion, SyncCredential,
    SyncCredentialResult, SyncFault, SyncObject, SyncOperation, SyncOutcome, SyncResult, SyncType,
};
pub use roles::{DirectoryRole, GLOBAL_ADMINISTRATOR, RoleAssignment, RoleTemplate};
pub use sign_in::{Client, ClientCertificate, ClientSecret, SignInRefusal, SyncedHash};
pub use skus::{Catalogue, ServicePlan, Sku};
pub use switches::{DeltaResync, DuplicateAttribute, InvalidUpn, SoftMatchOn, Switches};
pub use throttle::{Admission, Charge, Priority};

pub use domain::{DomainChange, Federation};
pub use inbound::{AttributeMapping, ProvisioningAction, ProvisioningEntry, SyncJob, UploadOperation};
pub use invite::Invite;
pub use photo::Photo;
pub use sync_settings::Prevention;
pub use webhook::{ChangeSubscription, Notice, NoticeKind, Watched};

use crate::clock::SimTime;
use crate::ids::Guid;
use crate::limits::Limits;
use crate::seed::Seed;
use property::Stored;
use std::sync::Arc;
use std::time::Duration;
use store::{Key, Store};
use throttle::Throttle;

/// Who calls, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallContext {
    /// The virtual instant.
    pub now: SimTime,
    /// The application; none for the harness itself.
    pub app: Option<Guid>,
}

/// A licence that is to be assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddLicense {
    /// The product.
    pub sku_id: Guid,
    /// Its service plans that stay off.
    pub disabled_plans: Vec<Guid>,
}

/// The tenant. A clone is cheap: pages and indexes are shared until one of the two is written.
#[derive(Debug, Clone)]
pub struct Tenant {
    seed: Seed,
    organization: Arc<Organization>,
    domains: Arc<Vec<Domain>>,
    subscriptions: Arc<Vec<Subscription>>,
    /// What is still to be done about licences.
    licensing: Arc<license::Licensing>,
    /// What the objects of applications and service principals come to.
    applications: Arc<Vec<Application>>,
    /// Delegated permissions that applications were granted.
    delegated: Arc<Vec<DelegatedGrant>>,
    /// Roles that are confined to administrative units.
    scoped: Arc<Vec<RoleAssignment>>,
    /// What has rules for its members, and what was done about them.
    rules: dynamic::Rules,
    /// The number of the last change with which the tenant was made.
    born: u64,
    switches: Arc<Switches>,
    store: Store,
    throttle: Throttle,
    logs: audit::Logs,
    change_subscriptions: webhook::ChangeSubscriptions,
    sync_settings: Arc<sync_settings::SyncSettings>,
    photos: photo::Photos,
    inbound: Arc<inbound::Inbound>,
    /// Synchronized objects that were handed over to the cloud.
    cloud_managed: Arc<std::collections::BTreeSet<Guid>>,
    /// When the conflict sweeper last ran.
    swept: SimTime,
}

impl Tenant {
    /// The tenant id.
    pub fn id(&self) -> Guid {
        self.organization.id
    }

    /// The organization.
    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// The domains: the initial one, then those of the specification.
    pub fn domains(&self) -> &[Domain] {
        &self.domains
    }

    /// What the tenant owns, in the order of the specification.
    pub fn skus(&self) -> &[Subscription] {
        &self.subscriptions
    }

    /// The switches in force.
    pub fn switches(&self) -> &Switches {
        &self.switches
    }

    /// The live object with this id.
    pub fn object(&self, id: Guid) -> Option<&CloudObject> {
        self.store.any(id).filter(|object| object.deleted.is_none())
    }

    /// The deleted object with this id.
    pub fn deleted_object(&self, id: Guid) -> Option<&CloudObject> {
        self.store.any(id).filter(|object| object.deleted.is_some())
    }

    /// The live user with this id or user principal name (any case).
    pub fn user(&self, id_or_upn: &str) -> Option<&CloudObject> {
        match Guid::parse(id_or_upn) {
            Some(id) => self.object(id).filter(|object| object.kind == ObjectKind::User),
            None => self.find(Key::UserPrincipalName, ObjectKind::User, id_or_upn).next(),
        }
    }

    /// The live object of a kind with this alternate key: the `appId` of applications and service principals,
    /// the `deviceId` of devices, the `uniqueName` of groups.
    pub fn by_alternate_key(&self, kind: ObjectKind, key: &str) -> Option<&CloudObject> {
        self.find(Key::Alternate, kind, key).next()
    }

    /// The live objects of a kind in the order of their creation.
    pub fn iter(&self, kind: ObjectKind) -> impl Iterator<Item = &CloudObject> {
        self.store.iter(kind)
    }

    /// The live objects of a kind from a place in the order of creation on, each with its place. A place is
    /// never given twice, so that a reader who comes back for the rest meets nothing a second time.
    pub fn iter_from(&self, kind: ObjectKind, place: usize) -> impl Iterator<Item = (usize, &CloudObject)> {
        self.store.iter_from(kind, place)
    }

    /// How many live objects of a kind there are.
    pub fn count(&self, kind: ObjectKind) -> usize {
        self.store.count(kind)
    }

    /// The deleted objects of all kinds in the order of their creation.
    pub fn deleted(&self) -> impl Iterator<Item = &CloudObject> {
        self.store.deleted().iter().filter_map(|slot| self.store.at(*slot))
    }

    /// The live objects of a kind that carry this value in userPrincipalName, proxyAddresses (prefix
    /// included), mail, mailNickname, appId, deviceId, uniqueName or, case counting, onPremisesImmutableId;
    /// none says that the property has no index.
    pub fn lookup(&self, kind: ObjectKind, property: Property, value: &str) -> Option<Vec<&CloudObject>> {
        let key = match property {
            Property::UserPrincipalName => Key::UserPrincipalName,
            Property::ProxyAddresses => Key::ProxyAddress,
            Property::Mail => Key::Mail,
            Property::MailNickname => Key::MailNickname,
            Property::OnPremisesImmutableId if kind == ObjectKind::User => Key::Anchor,
            Property::AppId | Property::DeviceId | Property::UniqueName => Key::Alternate,
            _ => return None,
        };
        Some(self.find(key, kind, value).collect())
    }

    fn find(&self, key: Key, kind: ObjectKind, text: &str) -> impl Iterator<Item = &CloudObject> {
        let live = move |object: &&CloudObject| object.kind == kind && object.deleted.is_none();
        self.store.find(key, text).map(|(_, object)| object).filter(live)
    }

    /// The direct members of a group, sorted by id.
    pub fn members(&self, group: Guid) -> &[Guid] {
        self.object(group).map_or(&[], |object| &object.members)
    }

    /// The groups that an object is a direct member of, sorted by id.
    pub fn member_of(&self, object: Guid) -> &[Guid] {
        self.object(object).map_or(&[], |object| &object.member_of)
    }

    /// The number of the last change; 0 before the first.
    pub fn last_change(&self) -> u64 {
        self.store.last_change()
    }

    /// The number of the oldest change that the log still has: it keeps those of seven days, at most a
    /// million.
    pub fn first_change(&self) -> u64 {
        self.store.first_change()
    }

    /// The changes after a number, in order; those before [`Tenant::first_change`] are gone.
    pub fn changes_since(&self, sequence: u64) -> impl Iterator<Item = &Change> {
        self.store.changes_since(sequence)
    }

    /// Counts a Graph call against the limits of its application and says whether it is let in.
    pub fn admit(&self, charge: Charge, now: SimTime, limits: &Limits) -> Admission {
        self.throttle.admit(self.id(), self.count(ObjectKind::User), charge, now, limits)
    }

    /// Counts objects of a provisioning call against the tenant's limit; the error is the time to wait in
    /// whole seconds.
    pub fn admit_provisioning(&self, objects: u32, now: SimTime, limits: &Limits) -> Result<(), Duration> {
        self.throttle.admit_provisioning(objects, now, limits)
    }
}

#[cfg(test)]
mod tests;
