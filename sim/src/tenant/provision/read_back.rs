//! What the tenant tells a synchronization engine of the objects that engines have sent.

use super::attributes::rows_of;
use super::types::{SyncObject, SyncOperation, SyncType};
use crate::ids::{Guid, Sid};
use crate::tenant::object::CloudObject;
use crate::tenant::property::{ObjectKind, Property, Stored};
use crate::tenant::{Change, ChangeKind, Tenant};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use std::collections::BTreeMap;

/// The kinds that are synchronized, in the order in which they are told.
const KINDS: [(ObjectKind, SyncType); 3] = [
    (ObjectKind::User, SyncType::User),
    (ObjectKind::Group, SyncType::Group),
    (ObjectKind::Contact, SyncType::Contact),
];

/// Where a reader has got to: which objects it asks for, and the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadBackCookie {
    /// Only objects that changed after this number are told; 0 tells all.
    pub since: u64,
    /// The number of the last change when this round began.
    pub round: u64,
    /// The kind that comes next, counted from 0; after the last one what is gone.
    pub kind: u32,
    /// The place within the kind that comes next; of what is gone, the number of the change that was told last.
    pub place: u64,
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadBack {
    /// The objects as an engine would send them, what Graph does not show too, with their `CloudAnchor`; then, of
    /// what changed since the cookie, what is gone: a deletion with both anchors (assumed: docs/decisions/0042).
    pub objects: Vec<SyncObject>,
    /// What to ask with next: for the next page, or, when this was the last one, for what changes from now on.
    pub cookie: ReadBackCookie,
    /// Whether pages follow.
    pub more: bool,
}

impl Tenant {
    /// `ReadBackAzureADSyncObjects`: the synchronized objects, at most `most` a page. A cookie of a later state of
    /// the tenant than this one (it was put back since) begins anew.
    pub fn read_back(&self, cookie: ReadBackCookie, most: usize) -> ReadBack {
        let now = self.last_change();
        let known = cookie.since <= now && cookie.round <= now;
        let mut at = if known { cookie } else { ReadBackCookie::default() };
        if at.kind == 0 && at.place == 0 {
            at.round = now;
        }
        let mut objects = Vec::new();
        while let Some((kind, sync_type)) = KINDS.get(at.kind as usize) {
            let from = usize::try_from(at.place).unwrap_or(usize::MAX);
            for (place, object) in self.iter_from(*kind, from) {
                if objects.len() == most {
                    at.place = place as u64;
                    return ReadBack { objects, cookie: at, more: true };
                }
                let told = object.shadow.as_ref().is_some_and(|shadow| !shadow.released);
                if told && (at.since == 0 || object.last_change() > at.since) {
                    objects.push(self.sent(object, *sync_type));
                }
            }
            (at.kind, at.place) = (at.kind + 1, 0);
        }
        if at.since > 0 {
            for change in self.changes_since(at.since.max(at.place)) {
                let Some(gone) = self.gone(change) else { continue };
                if objects.len() == most {
                    at.place = change.sequence - 1;
                    return ReadBack { objects, cookie: at, more: true };
                }
                objects.push(gone);
            }
        }
        let cookie = ReadBackCookie { since: at.round, ..ReadBackCookie::default() };
        ReadBack { objects, cookie, more: false }
    }

    /// The deletion of a synchronized object, if a change is one and the object has not come back since.
    fn gone(&self, change: &Change) -> Option<SyncObject> {
        let (_, object_type) = *KINDS.iter().find(|(kind, _)| *kind == change.kind)?;
        let anchor = match change.what {
            ChangeKind::Deleted => {
                let shadow = self.deleted_object(change.object)?.shadow.as_ref();
                &*shadow.filter(|shadow| !shadow.released)?.anchor
            }
            ChangeKind::Purged => self.store.purged_anchor(change.object)?,
            _ => return None,
        };
        let cloud = Value::from(format!("{}_{}", change.kind.name(), change.object));
        Some(SyncObject {
            object_type,
            operation: SyncOperation::Delete,
            source_anchor: anchor.to_owned(),
            properties: BTreeMap::from([("CloudAnchor".to_owned(), cloud)]),
        })
    }

    fn sent(&self, object: &CloudObject, object_type: SyncType) -> SyncObject {
        let mut properties: BTreeMap<String, Value> = BTreeMap::new();
        let mut put = |key: &str, value: Value| drop(properties.insert(key.to_owned(), value));
        for (key, property) in rows_of(object.kind) {
            let stored = object.stored(property);
            let value = match property {
                Property::OnPremisesSecurityIdentifier => stored.and_then(told_sid),
                _ => stored.and_then(told),
            };
            if let Some(value) = value {
                put(key, value);
            }
        }
        if let Some(Stored::Json(extensions)) = object.stored(Property::OnPremisesExtensionAttributes) {
            let set = extensions.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
            set.for_each(|(key, value)| put(key, value.clone()));
        }
        let anchors = |ids: &[Guid]| -> Vec<Value> {
            let anchor = |id: &Guid| Some(Value::from(self.object(*id)?.source_anchor()?));
            ids.iter().filter_map(anchor).collect()
        };
        if let Some(shadow) = &object.shadow {
            let texts = [
                ("userPrincipalName", object.user_principal_name().or(shadow.user_principal_name.as_deref())),
                ("alias", shadow.mail_nickname.as_deref()),
                ("mail", shadow.mail.as_deref()),
            ];
            texts.into_iter().for_each(|(key, text)| {
                if let Some(text) = text {
                    put(key, Value::from(text));
                }
            });
            shadow.others.iter().for_each(|(key, value)| put(key, value.clone()));
            if !shadow.proxy_addresses.is_empty() {
                put(
                    "proxyAddresses",
                    shadow.proxy_addresses.iter().map(|value| Value::from(&**value)).collect(),
                );
            }
        }
        if object.kind == ObjectKind::Group && !object.members.is_empty() {
            put("member", Value::Array(anchors(&object.members)));
        }
        if let Some(Value::String(manager)) = object.manager().and_then(|manager| anchors(&[manager]).pop()) {
            put("manager", Value::String(manager));
        }
        put("CloudAnchor", Value::from(format!("{}_{}", object.kind.name(), object.id)));
        SyncObject {
            object_type,
            operation: SyncOperation::Set,
            source_anchor: object.source_anchor().unwrap_or_default().to_owned(),
            properties,
        }
    }
}

/// A SID as engines send it: base64 of its octets.
fn told_sid(stored: &Stored) -> Option<Value> {
    let Stored::Text(text) = stored else { return None };
    Some(Value::from(BASE64.encode(Sid::parse(text)?.to_bytes())))
}

/// A stored value as an engine would send it; none of what it cannot send.
fn told(stored: &Stored) -> Option<Value> {
    match stored {
        Stored::Text(text) => Some(Value::from(&**text)),
        Stored::Bool(value) => Some(Value::from(*value)),
        Stored::Int(value) => Some(Value::from(*value)),
        Stored::Texts(texts) => texts.first().map(|text| Value::from(&**text)),
        Stored::Time(time) => Some(Value::from(time.generalized())),
        Stored::Json(_) => None,
    }
}
