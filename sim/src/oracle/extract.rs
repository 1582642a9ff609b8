//! Both stores as the plain values that the oracle and the scores read.

use super::expected::{Expected, expect_by};
use super::joins::PeopleMatch;
use super::model::{
    CloudLicense, CloudRecord, CloudSubscription, CloudView, OnPremDomain, OnPremObject, SyncKind,
};
use super::switches::Switches;
use super::wanted::Synchronize;
use crate::directory::{AttrId, Directory, Entry, Value, attr};
use crate::ids::{Guid, Sid};
use crate::tenant::{Catalogue, CloudObject, ObjectKind, Property, PropertyValue, Tenant};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The attributes that the rules of synchronization read, members and manager apart; in lower case, as
/// [`OnPremObject::attributes`] names them.
pub(super) const READ: &[&str] = &[
    "admindescription",
    "c",
    "cn",
    "co",
    "company",
    "department",
    "description",
    "displayname",
    "employeeid",
    "employeenumber",
    "extensionattribute1",
    "facsimiletelephonenumber",
    "givenname",
    "grouptype",
    "iscriticalsystemobject",
    "l",
    "mail",
    "mailnickname",
    "mobile",
    "ms-ds-consistencyguid",
    "msexchhidefromaddresslists",
    "msexchrecipienttypedetails",
    "physicaldeliveryofficename",
    "postalcode",
    "proxyaddresses",
    "samaccountname",
    "sn",
    "st",
    "streetaddress",
    "targetaddress",
    "telephonenumber",
    "thumbnailphoto",
    "title",
    "useraccountcontrol",
    "usercertificate",
    "userprincipalname",
    "usersmimecertificate",
];

/// SIDs of accounts in other forests; as text, like `objectsid`.
const MASTERS: &[&str] = &["msexchmasteraccountsid", "msrtcsip-originatorsid"];

/// Every permitted result of synchronizing these directories into a tenant.
///
/// `before` is the tenant as it was just before the run that is judged (before the first run: as it was
/// generated), `switches` are those of the tenant. The directories are read as they are now.
pub fn expected(directories: &[&Directory], before: &Tenant, switches: &Switches) -> Expected {
    expected_by(&PeopleMatch::default(), &Synchronize::default(), directories, before, switches)
}

/// As [`expected`], where people of several forests are recognised by something else than their SIDs, or not everything
/// is to be synchronized.
pub fn expected_by(
    people: &PeopleMatch,
    wanted: &Synchronize,
    directories: &[&Directory],
    before: &Tenant,
    switches: &Switches,
) -> Expected {
    let domains: Vec<OnPremDomain> = directories.iter().map(|directory| read_directory(directory)).collect();
    expect_by(people, wanted, domains, read_tenant(before), switches)
}

/// The users, groups and contacts of a directory.
pub fn read_directory(directory: &Directory) -> OnPremDomain {
    let schema = directory.schema();
    let read: Vec<(&'static str, AttrId)> =
        READ.iter().filter_map(|name| Some((*name, schema.attribute_id(name)?))).collect();
    let live: Vec<Entry<'_>> =
        directory.ids().filter_map(|id| directory.entry(id)).filter(|entry| !entry.is_deleted()).collect();
    let objects = live.par_iter().filter_map(|entry| object(directory, entry, &read)).collect();
    let foreign = directory
        .ids()
        .filter_map(|id| directory.entry(id))
        .filter(|entry| entry.is_class("foreignSecurityPrincipal") && !entry.is_deleted())
        .map(|entry| (entry.guid(), entry.rdn_value().to_owned()))
        .collect();
    let info = directory.info();
    OnPremDomain {
        dns: info.dns.clone(),
        netbios: info.netbios.clone(),
        forest: info.root_dns.clone(),
        objects,
        foreign,
    }
}

fn kind_of(entry: &Entry<'_>) -> Option<SyncKind> {
    // exactly these: a computer is a user by inheritance, and a managed service account is a computer
    if entry.is_class("user") || entry.is_class("inetOrgPerson") {
        Some(SyncKind::User)
    } else if entry.is_class("group") {
        Some(SyncKind::Group)
    } else {
        entry.is_class("contact").then_some(SyncKind::Contact)
    }
}

fn object(directory: &Directory, entry: &Entry<'_>, read: &[(&'static str, AttrId)]) -> Option<OnPremObject> {
    let kind = kind_of(entry)?;
    let mut attributes = BTreeMap::new();
    for (name, id) in read {
        let values: Vec<Vec<u8>> = ldap_values(directory, entry, *id);
        if !values.is_empty() {
            attributes.insert(*name, values);
        }
    }
    attributes.entry("cn").or_insert_with(|| vec![entry.rdn_value().as_bytes().to_vec()]);
    if let Some(sid) = entry.sid() {
        attributes.insert("objectsid", vec![sid.to_string().into_bytes()]);
    }
    for name in MASTERS {
        let id = directory.schema().attribute_id(name);
        let octets = id.and_then(|id| ldap_values(directory, entry, id).into_iter().next());
        if let Some(sid) = octets.and_then(|octets| Sid::from_bytes(&octets)) {
            attributes.insert(*name, vec![sid.to_string().into_bytes()]);
        }
    }
    let linked = |id: AttrId| -> Vec<Guid> {
        let targets = entry.values(id).filter_map(|value| match value {
            Value::Dn(target) => directory.entry(target),
            _ => None,
        });
        targets.filter(|target| !target.is_deleted()).map(|target| target.guid()).collect()
    };
    Some(OnPremObject {
        guid: entry.guid(),
        dn: entry.dn(),
        kind,
        attributes,
        members: if kind == SyncKind::Group { linked(attr::MEMBER) } else { Vec::new() },
        manager: linked(attr::MANAGER).first().copied(),
    })
}

/// The values of an attribute as LDAP carries them.
pub(crate) fn ldap_values(directory: &Directory, entry: &Entry<'_>, attribute: AttrId) -> Vec<Vec<u8>> {
    entry
        .values(attribute)
        .map(|value| {
            let mut bytes = Vec::new();
            value.write_ldap(directory, &mut bytes);
            bytes
        })
        .collect()
}

/// The tenant as plain values.
pub fn read_tenant(tenant: &Tenant) -> CloudView {
    let initial = tenant.domains().iter().find(|domain| domain.is_initial);
    let holders: BTreeSet<Guid> =
        tenant.directory_roles().iter().flat_map(|role| role.members.iter().copied()).collect();
    let live = ObjectKind::SYNCHRONIZED.into_iter().flat_map(|kind| tenant.iter(kind));
    let all: Vec<&CloudObject> = live
        .chain(tenant.deleted().filter(|object| ObjectKind::SYNCHRONIZED.contains(&object.kind())))
        .collect();
    CloudView {
        initial_domain: initial.map(|domain| domain.name.to_lowercase()).unwrap_or_default(),
        verified_domains: tenant
            .domains()
            .iter()
            .filter(|domain| domain.is_verified)
            .map(|domain| domain.name.to_lowercase())
            .collect(),
        objects: all.par_iter().map(|object| record(tenant, object, &holders)).collect(),
        bypasses_overrides: tenant.sync_feature("bypassDirSyncOverridesEnabled"),
        subscriptions: tenant
            .skus()
            .iter()
            .map(|subscription| CloudSubscription {
                sku: subscription.sku.id,
                part_number: subscription.sku.part_number.to_owned(),
                enabled: subscription.capacity(),
                consumed: subscription.consumed,
            })
            .collect(),
    }
}

/// The properties that the oracle or a score compares, by their names in Graph.
pub const PROPERTIES: &[&str] = &[
    "accountEnabled",
    "businessPhones",
    "city",
    "companyName",
    "country",
    "department",
    "description",
    "displayName",
    "employeeId",
    "faxNumber",
    "givenName",
    "jobTitle",
    "mail",
    "mailEnabled",
    "mailNickname",
    "mobilePhone",
    "officeLocation",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesNetBiosName",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesUserPrincipalName",
    "postalCode",
    "proxyAddresses",
    "securityEnabled",
    "state",
    "streetAddress",
    "surname",
    "usageLocation",
    "userPrincipalName",
];

fn record(tenant: &Tenant, object: &CloudObject, role_holders: &BTreeSet<Guid>) -> CloudRecord {
    let mut properties = BTreeMap::new();
    for name in PROPERTIES {
        let Some(property) = Property::parse(object.kind(), name) else { continue };
        let values = texts(tenant.property(object, property));
        if !values.is_empty() {
            properties.insert(*name, values);
        }
    }
    let immutable_id = || match tenant.property(object, Property::OnPremisesImmutableId) {
        PropertyValue::Text(text) => Some(text.to_owned()),
        _ => None,
    };
    let mailbox = mailbox_plans(object);
    CloudRecord {
        id: object.id(),
        kind: match object.kind() {
            ObjectKind::User => SyncKind::User,
            ObjectKind::Group => SyncKind::Group,
            // no other kind comes here
            _ => SyncKind::Contact,
        },
        anchor: object.source_anchor().map(str::to_owned).or_else(immutable_id),
        synced: object.boolean(Property::OnPremisesSyncEnabled),
        mobile_override: object.overrides_mobile(),
        deleted: object.deleted().is_some(),
        has_role: role_holders.contains(&object.id()),
        licenses: object
            .licenses()
            .iter()
            .map(|license| CloudLicense {
                sku: license.sku_id,
                disabled_plans: license.disabled_plans.iter().copied().collect(),
            })
            .collect(),
        exchange: mailbox.0,
        exchange_foundation: mailbox.1,
        properties,
        members: tenant.members(object.id()).iter().copied().collect(),
        manager: object.manager(),
        quarantined: object
            .provisioning_errors()
            .iter()
            .map(|error| (error.property.to_lowercase(), error.value.to_lowercase()))
            .collect(),
    }
}

/// Whether a plan with a mailbox is on, and whether only other plans of Exchange Online are.
fn mailbox_plans(object: &CloudObject) -> (bool, bool) {
    let mut found = (false, false);
    for license in object.licenses() {
        let Some(sku) = Catalogue::get().by_id(license.sku_id) else { continue };
        for plan in sku.plans.iter().filter(|plan| !license.disabled_plans.contains(&plan.id)) {
            match plan.name.to_ascii_uppercase() {
                name if is_mailbox_plan(&name) => found.0 = true,
                name if name.starts_with("EXCHANGE") => found.1 = true,
                _ => {}
            }
        }
    }
    (found.0, found.1 && !found.0)
}

fn is_mailbox_plan(name: &str) -> bool {
    ["EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_DESKLESS"]
        .iter()
        .any(|plan| name.starts_with(plan))
}

fn texts(value: PropertyValue<'_>) -> Vec<String> {
    match value {
        PropertyValue::Null => Vec::new(),
        PropertyValue::Bool(value) => vec![value.to_string()],
        PropertyValue::Int(value) => vec![value.to_string()],
        PropertyValue::Text(text) => vec![text.to_owned()],
        PropertyValue::Time(time) => vec![time.to_string()],
        PropertyValue::Guid(guid) => vec![guid.to_string()],
        PropertyValue::Texts(texts) => texts.into_iter().map(str::to_owned).collect(),
        PropertyValue::Json(json) => vec![json.to_string()],
    }
}
