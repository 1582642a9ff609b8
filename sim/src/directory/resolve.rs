//! From names to objects.

use super::dn::{Dn, Rdn};
use super::error::{self, DirectoryError};
use super::keys;
use super::store::same_folded;
use super::{AttrId, Directory, ObjectId, Port, Value, attr};
use crate::ids::{Guid, Sid};

/// What a name leads to.
pub(super) enum Lookup {
    Found(ObjectId),
    /// It does not exist; the nearest ancestor that does.
    Missing(ObjectId),
    /// It lies in another domain; of this forest, when its host is known.
    Elsewhere(Option<String>),
}

impl Directory {
    /// The object of a distinguished name (any case), or of `<GUID=...>`, `<SID=...>`, `<WKGUID=...,DN>`.
    ///
    /// Errors: 32 with the nearest ancestor as matched name, 34 for bad syntax, 10 with a referral for names of
    /// other domains (active-directory.md 6).
    pub fn resolve(&self, dn: &str) -> Result<ObjectId, DirectoryError> {
        self.resolve_on(Port::Directory, dn)
    }

    /// As [`Directory::resolve`], of what a port shows.
    pub fn resolve_on(&self, port: Port, dn: &str) -> Result<ObjectId, DirectoryError> {
        if let Some(rest) = dn.trim_start().strip_prefix('<') {
            let id = self.resolve_bracketed(port, rest)?;
            return match self.context_of(id).filter(|context| !port.shows(context.kind)) {
                Some(context) => Err(error::referral(&context.dns, &self.dn_text(id))),
                None => Ok(id),
            };
        }
        if dn == self.info.domain_dn {
            return Ok(self.info.domain);
        }
        let parsed = Dn::parse(dn).map_err(|_| error::bad_name(dn))?;
        match self.look_up_on(port, &parsed) {
            Lookup::Found(id) => Ok(id),
            Lookup::Missing(ancestor) => Err(error::no_such_object(&self.dn_text(ancestor))),
            Lookup::Elsewhere(host) => Err(self.elsewhere(host, &parsed)),
        }
    }

    /// The object that a value names: whatever this controller knows of, partial replicas included.
    pub(super) fn resolve_value(&self, dn: &str) -> Result<ObjectId, DirectoryError> {
        match dn.trim_start().strip_prefix('<') {
            Some(rest) => self.resolve_bracketed(Port::Directory, rest),
            None => self.resolve(dn).or_else(|error| match error.referrals.is_empty() {
                true => Err(error),
                false => self.resolve_on(Port::Catalog, dn),
            }),
        }
    }

    pub(super) fn elsewhere(&self, host: Option<String>, dn: &Dn) -> DirectoryError {
        match host.or_else(|| dn.dns_name()) {
            Some(host) => error::referral(&host, &dn.to_string()),
            None => error::no_such_object(""),
        }
    }

    pub(super) fn dn_text(&self, id: ObjectId) -> String {
        self.entry(id).map(|entry| entry.dn()).unwrap_or_default()
    }

    pub(super) fn look_up(&self, dn: &Dn) -> Lookup {
        self.look_up_on(Port::Directory, dn)
    }

    /// Walks from the head of the innermost naming context that the name lies in down to the leaf.
    fn look_up_on(&self, port: Port, dn: &Dn) -> Lookup {
        let made = self.contexts.iter().filter(|context| self.store.get(context.head.0).is_some());
        let within = made.filter_map(|context| Some((context, context.within(dn)?)));
        let Some((context, rest)) = within.min_by_key(|(_, rest)| rest.len()) else {
            return Lookup::Elsewhere(None);
        };
        if !port.shows(context.kind) {
            return Lookup::Elsewhere(Some(context.dns.clone()));
        }
        let mut id = context.head;
        for rdn in rest.iter().rev() {
            match self.child(id, rdn) {
                Some(child) => id = child,
                None => return Lookup::Missing(id),
            }
        }
        Lookup::Found(id)
    }

    fn context_of(&self, id: ObjectId) -> Option<&super::NamingContext> {
        self.contexts.get(self.entry(id)?.naming_context())
    }

    /// The child with a relative name.
    pub(super) fn child(&self, parent: ObjectId, rdn: &Rdn) -> Option<ObjectId> {
        let attribute = self.schema.attribute_id(&rdn.attribute)?;
        self.child_named(parent, attribute, &rdn.value)
    }

    pub(super) fn child_named(&self, parent: ObjectId, attribute: AttrId, value: &str) -> Option<ObjectId> {
        let posting = self.store.index.get(keys::child(parent, value));
        let mut ids = posting.iter().map(ObjectId);
        ids.find(|id| {
            self.entry(*id).is_some_and(|entry| {
                entry.parent() == Some(parent)
                    && self.schema.class(entry.class()).rdn == attribute
                    && same_folded(entry.rdn_value(), value)
            })
        })
    }

    fn resolve_bracketed(&self, port: Port, rest: &str) -> Result<ObjectId, DirectoryError> {
        let bad = || error::bad_name(&format!("<{rest}"));
        let missing = || error::no_such_object("");
        let (inner, _) = rest.split_once('>').ok_or_else(bad)?;
        let (kind, value) = inner.split_once('=').ok_or_else(bad)?;
        match kind.trim().to_ascii_uppercase().as_str() {
            "GUID" => self.by_guid(guid_of(value).ok_or_else(bad)?).ok_or_else(missing),
            "SID" => self.by_sid(&sid_of(value).ok_or_else(bad)?).ok_or_else(missing),
            "WKGUID" => {
                let (guid, dn) = value.split_once(',').ok_or_else(bad)?;
                let guid = hex(guid).ok_or_else(bad)?;
                let head = self.resolve_on(port, dn)?;
                self.well_known(head, &guid).ok_or_else(missing)
            }
            _ => Err(bad()),
        }
    }

    /// The object that `wellKnownObjects` or `otherWellKnownObjects` of a head names.
    pub(super) fn well_known(&self, head: ObjectId, guid: &[u8]) -> Option<ObjectId> {
        let entry = self.entry(head)?;
        let mut values = [attr::WELL_KNOWN_OBJECTS, attr::OTHER_WELL_KNOWN_OBJECTS]
            .into_iter()
            .flat_map(|attribute| entry.values(attribute));
        values.find_map(|value| match value {
            Value::DnBinary(bytes, id) if bytes == guid => Some(id),
            _ => None,
        })
    }

    /// The object with a GUID, live or deleted.
    pub fn by_guid(&self, guid: Guid) -> Option<ObjectId> {
        let posting = self.store.index.get(keys::guid(guid));
        posting.iter().map(ObjectId).find(|id| self.store.get(id.0).is_some_and(|r| r.guid == guid))
    }

    /// Whether an object has this GUID, or one that garbage collection took had it.
    pub(super) fn guid_was_given(&self, guid: Guid) -> bool {
        let posting = self.store.index.get(keys::guid(guid));
        posting.iter().any(|id| self.store.even_purged(id).is_some_and(|record| record.guid == guid))
    }

    /// The object with a SID, live or deleted.
    pub fn by_sid(&self, sid: &Sid) -> Option<ObjectId> {
        let posting = self.store.index.get(keys::sid(sid));
        posting
            .iter()
            .map(ObjectId)
            .find(|id| self.entry(*id).and_then(|entry| entry.sid()).as_ref() == Some(sid))
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.trim().chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

/// 32 digits are the bytes of `objectGUID`; the text form has hyphens (golden/05).
pub(super) fn guid_of(text: &str) -> Option<Guid> {
    if text.contains('-') {
        return Guid::parse(text.trim());
    }
    Some(Guid::from_bytes_le(hex(text)?.try_into().ok()?))
}

pub(super) fn sid_of(text: &str) -> Option<Sid> {
    Sid::parse(text.trim()).or_else(|| Sid::from_bytes(&hex(text)?))
}
