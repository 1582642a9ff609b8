//! The default rules: who is synchronized, and which attribute becomes which property.

use super::SyncOptions;
use crate::tools::directory::DirectoryEntry;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::SyncType;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What is read of every entry.
pub(super) const ATTRIBUTES: &[&str] = &[
    "adminDescription",
    "c",
    "cn",
    "co",
    "company",
    "countryCode",
    "department",
    "description",
    "displayName",
    "employeeID",
    "employeeType",
    "extensionAttribute1",
    "extensionAttribute2",
    "extensionAttribute3",
    "extensionAttribute4",
    "extensionAttribute5",
    "extensionAttribute6",
    "extensionAttribute7",
    "extensionAttribute8",
    "extensionAttribute9",
    "extensionAttribute10",
    "extensionAttribute11",
    "extensionAttribute12",
    "extensionAttribute13",
    "extensionAttribute14",
    "extensionAttribute15",
    "facsimileTelephoneNumber",
    "givenName",
    "groupType",
    "info",
    "isCriticalSystemObject",
    "l",
    "mail",
    "mailNickname",
    "manager",
    "member",
    "mobile",
    "mS-DS-ConsistencyGuid",
    "msExchHideFromAddressLists",
    "msExchRecipientTypeDetails",
    "msExchUsageLocation",
    "objectClass",
    "objectGUID",
    "objectSid",
    "physicalDeliveryOfficeName",
    "postalCode",
    "proxyAddresses",
    "pwdLastSet",
    "sAMAccountName",
    "sn",
    "st",
    "streetAddress",
    "targetAddress",
    "telephoneNumber",
    "title",
    "userAccountControl",
    "userPrincipalName",
];

/// Attributes that become a property by trimming alone: all kinds of object.
const DIRECT: &[(&str, &str)] = &[
    ("cn", "commonName"),
    ("company", "company"),
    ("co", "country"),
    ("c", "countryLetterCode"),
    ("department", "department"),
    ("employeeID", "employeeId"),
    ("employeeType", "employeeType"),
    ("facsimileTelephoneNumber", "facsimileTelephoneNumber"),
    ("givenName", "givenName"),
    ("l", "city"),
    ("mail", "mail"),
    ("mailNickname", "alias"),
    ("mobile", "mobile"),
    ("physicalDeliveryOfficeName", "physicalDeliveryOfficeName"),
    ("postalCode", "postalCode"),
    ("sAMAccountName", "onPremisesSamAccountName"),
    ("sn", "surname"),
    ("st", "state"),
    ("streetAddress", "streetAddress"),
    ("targetAddress", "targetAddress"),
    ("telephoneNumber", "telephoneNumber"),
    ("title", "title"),
];

/// Bits of msExchRecipientTypeDetails that keep a user out: public folder, system attendant, database mailbox,
/// groups, mailbox plan, discovery.
const SYSTEM_RECIPIENTS: i64 = 0x21C0_7000;
/// The bit that keeps a role group out.
const ROLE_GROUP: i64 = 0x4000_0000;
/// A linked mailbox: its account lives in another forest, it gets no anchor of its own.
const LINKED_MAILBOX: i64 = 2;
/// Most members of a synchronized group (second endpoint version).
const MEMBER_LIMIT: usize = 250_000;
/// Longest value of the attributes that are cut.
const CUT: usize = 448;

/// The names of the domain that an object lives in.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    pub(super) dns: String,
    pub(super) netbios: Option<String>,
}

/// One object as it goes to the cloud, references apart.
#[derive(Debug, Clone)]
pub(super) struct CloudBound {
    pub(super) kind: SyncType,
    pub(super) dn: String,
    pub(super) properties: Map<String, Value>,
    /// Source anchors by property: `manager`, `member`, `managedBy`.
    pub(super) references: BTreeMap<&'static str, Vec<String>>,
}

/// The objects of one forest that are in scope, by source anchor.
pub(super) fn evaluate(
    entries: &[DirectoryEntry],
    domain: &Domain,
    options: &SyncOptions,
) -> BTreeMap<String, CloudBound> {
    let in_scope = || entries.iter().filter_map(|entry| Some((entry, kind_in_scope(entry)?)));
    let anchors: BTreeMap<String, String> = in_scope()
        .filter_map(|(entry, _)| Some((entry.dn.to_lowercase(), anchor(entry, options.anchor_of)?)))
        .collect();
    let bound = |(entry, kind): (&DirectoryEntry, SyncType)| {
        let bound = CloudBound {
            kind,
            dn: entry.dn.clone(),
            properties: properties(entry, kind, domain),
            references: references(entry, kind, &anchors),
        };
        Some((anchors.get(&entry.dn.to_lowercase())?.clone(), bound))
    };
    in_scope().filter_map(bound).collect()
}

/// mS-DS-ConsistencyGuid of a user that has one, else objectGUID.
pub(super) fn anchor(entry: &DirectoryEntry, anchor_of: fn(Guid) -> String) -> Option<String> {
    if entry.is("user")
        && let Some(bytes) = entry.bytes("mS-DS-ConsistencyGuid")
    {
        return Some(BASE64.encode(bytes));
    }
    entry.guid().map(anchor_of)
}

fn kind_in_scope(entry: &DirectoryEntry) -> Option<SyncType> {
    let kind = if entry.is("computer") {
        return None;
    } else if entry.is("user") {
        SyncType::User
    } else if entry.is("contact") {
        SyncType::Contact
    } else if entry.is("group") {
        SyncType::Group
    } else {
        return None;
    };
    let in_scope = match kind {
        SyncType::User => user_in_scope(entry),
        SyncType::Group => group_in_scope(entry),
        _ => contact_in_scope(entry),
    };
    let critical = entry.text("isCriticalSystemObject").is_some_and(|v| v.eq_ignore_ascii_case("TRUE"));
    let conflict = entry.text("cn").is_some_and(|cn| cn.contains("\nCNF:"));
    (in_scope && !critical && !conflict).then_some(kind)
}

fn user_in_scope(entry: &DirectoryEntry) -> bool {
    let Some(account) = entry.text("sAMAccountName") else { return false };
    let alias = entry.text("mailNickname").unwrap_or_default();
    let recipient = entry.number("msExchRecipientTypeDetails").unwrap_or(0);
    let cas = |name: &str| starts_with(name, "CAS_") && name.contains('}');
    !(account.eq_ignore_ascii_case("SUPPORT_388945a0")
        || starts_with(account, "AAD_")
        || starts_with(account, "MSOL_")
        || starts_with(alias, "SystemMailbox{")
        || cas(alias)
        || cas(account)
        || recipient & SYSTEM_RECIPIENTS != 0
        || recipient == LINKED_MAILBOX
        || entry.text("adminDescription").is_some_and(|d| starts_with(d, "User_")))
}

fn group_in_scope(entry: &DirectoryEntry) -> bool {
    let security = entry.number("groupType").is_some_and(|kind| kind & 0x8000_0000 != 0);
    let recipient = entry.number("msExchRecipientTypeDetails").unwrap_or(0);
    let account = entry.text("sAMAccountName").unwrap_or_default();
    (security || mail_enabled(entry))
        && recipient & ROLE_GROUP == 0
        && !account.eq_ignore_ascii_case("MSOL_AD_Sync_RichCoexistence")
        && entry.texts("member").len() <= MEMBER_LIMIT
        && !entry.text("adminDescription").is_some_and(|d| starts_with(d, "Group_"))
}

fn contact_in_scope(entry: &DirectoryEntry) -> bool {
    let alias = entry.text("mailNickname").unwrap_or_default();
    let hidden = entry.text("msExchHideFromAddressLists").is_some_and(|v| v.eq_ignore_ascii_case("TRUE"));
    mail_enabled(entry)
        && !(hidden && entry.text("displayName").is_some_and(|name| name.contains("(MSOL)")))
        && !(starts_with(alias, "CAS_") && alias.contains('}'))
}

fn mail_enabled(entry: &DirectoryEntry) -> bool {
    let smtp = |value: &&str| starts_with(value, "SMTP:") && value.contains('@');
    entry.texts("proxyAddresses").iter().any(smtp)
        || entry.text("mail").is_some_and(|mail| mail.contains('@'))
}

fn properties(entry: &DirectoryEntry, kind: SyncType, domain: &Domain) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        value.into_iter().for_each(|value| drop(out.insert(key.to_owned(), value)));
    };
    let trimmed = |name: &str| entry.text(name).map(str::trim).filter(|v| !v.is_empty());
    for (attribute, key) in DIRECT {
        put(key, trimmed(attribute).map(Value::from));
    }
    for number in 1..=15 {
        let name = format!("extensionAttribute{number}");
        put(&name, trimmed(&name).map(Value::from));
    }
    for name in ["description", "info"] {
        put(name, trimmed(name).map(|v| Value::from(v.chars().take(CUT).collect::<String>())));
    }
    put("displayName", trimmed("displayName").or_else(|| trimmed("cn")).map(Value::from));
    let addresses = addresses(entry);
    put("proxyAddresses", (!addresses.is_empty()).then(|| json!(addresses)));
    put("onPremisesDistinguishedName", Some(json!(entry.dn)));
    put("dnsDomainName", Some(json!(domain.dns)));
    put("netBiosName", domain.netbios.as_deref().map(Value::from));
    put("onPremiseSecurityIdentifier", entry.sid().map(|sid| json!(BASE64.encode(sid.to_bytes()))));
    let hidden = entry.text("msExchHideFromAddressLists").map(|v| json!(v.eq_ignore_ascii_case("TRUE")));
    put("msExchHideFromAddressLists", hidden);
    match kind {
        SyncType::User => user_properties(entry, domain, &mut put),
        SyncType::Group => {
            let security = entry.number("groupType").is_some_and(|kind| kind & 0x8000_0000 != 0);
            put("securityEnabled", Some(json!(security)));
        }
        _ => {
            // a contact without an alias goes by its common name
            put("alias", trimmed("mailNickname").or_else(|| trimmed("cn")).map(Value::from));
        }
    }
    out
}

fn user_properties(entry: &DirectoryEntry, domain: &Domain, put: &mut impl FnMut(&str, Option<Value>)) {
    let disabled = entry.number("userAccountControl").is_some_and(|flags| flags & 2 != 0);
    put("accountEnabled", Some(json!(!disabled)));
    let upn = entry.text("userPrincipalName").map(str::trim).filter(|upn| !upn.is_empty()).map(str::to_owned);
    let account = || entry.text("sAMAccountName").map(|account| format!("{account}@{}", domain.dns));
    put("userPrincipalName", upn.or_else(account).map(Value::from));
    let changed = entry.number("pwdLastSet").filter(|stamp| *stamp > 0);
    put(
        "lastPasswordChangeTimestamp",
        changed.map(|stamp| json!(SimTime::from_filetime(stamp).generalized())),
    );
    // an empty country code or usage location is no statement: the cloud keeps what it has
    put("countryCode", entry.number("countryCode").filter(|code| *code != 0).map(Value::from));
    put("usageLocation", entry.text("msExchUsageLocation").map(Value::from));
}

/// Trimmed, without duplicates (in any case), otherwise as they are on premises.
fn addresses(entry: &DirectoryEntry) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let mut addresses: Vec<String> = entry
        .texts("proxyAddresses")
        .into_iter()
        .map(str::trim)
        .filter(|value| !value.is_empty() && seen.insert(value.to_lowercase()))
        .map(str::to_owned)
        .collect();
    addresses.sort();
    addresses
}

/// Anchors of what an entry refers to; what is out of scope is dropped.
fn references(
    entry: &DirectoryEntry,
    kind: SyncType,
    anchors: &BTreeMap<String, String>,
) -> BTreeMap<&'static str, Vec<String>> {
    let resolve = |attribute: &str| {
        let mut found: Vec<String> =
            entry.texts(attribute).iter().filter_map(|dn| anchors.get(&dn.to_lowercase()).cloned()).collect();
        found.sort();
        found
    };
    match kind {
        SyncType::Group => BTreeMap::from([("member", resolve("member"))]),
        _ => BTreeMap::from([("manager", resolve("manager"))]),
    }
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The properties that an update clears when their attribute is gone: all of the flow, but for those that
/// make no statement when they are empty.
pub(super) fn cleared_when_absent(kind: SyncType) -> impl Iterator<Item = String> {
    let never = ["commonName", "onPremisesSamAccountName", "alias"];
    let account = |key: &&str| kind == SyncType::User || !matches!(*key, "employeeId" | "employeeType");
    let direct = DIRECT.iter().map(|(_, key)| *key).filter(move |key| !never.contains(key)).filter(account);
    let direct: Vec<String> = direct.map(str::to_owned).collect();
    let more = ["description", "info", "proxyAddresses", "msExchHideFromAddressLists"].map(str::to_owned);
    direct.into_iter().chain(more).chain((1..=15).map(|n| format!("extensionAttribute{n}")))
}
