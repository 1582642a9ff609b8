//! Who an entry is: SIDs, GUIDs, and the objects that a forest is born with.

use super::values::{EntryValues, sid_of};
use super::{Importer, shown};
use crate::directory::dn::Dn;
use crate::directory::{Directory, ObjectId, Value, attr};
use crate::ids::Sid;
use crate::ldif::{Content, ContentEntry};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Relative ids below this one are given by the system: 500 is Administrator, 501 Guest, 512 Domain Admins.
const FIRST_FREE_RID: u32 = 1000;

impl Directory {
    /// The relative id of a SID of this domain.
    pub(super) fn own_rid(&self, sid: &Sid) -> Option<u32> {
        let rid = sid.rid()?;
        (self.info.sid.with_rid(rid) == *sid).then_some(rid)
    }

    /// Gives the domain another SID: its principals keep their relative ids.
    fn set_domain_sid(&mut self, sid: &Sid) {
        let principals: Vec<ObjectId> =
            self.ids().filter(|id| self.store.get(id.0).is_some_and(|record| record.rid != 0)).collect();
        let keys = |directory: &Directory| -> Vec<Vec<u64>> {
            let of = |id: &ObjectId| directory.store.get(id.0).map(|record| directory.keys_of(record));
            principals.iter().map(|id| of(id).unwrap_or_default()).collect()
        };
        let before = keys(self);
        Arc::make_mut(&mut self.info).sid = sid.clone();
        let after = keys(self);
        for ((id, before), after) in principals.iter().zip(before).zip(after) {
            before
                .iter()
                .filter(|key| !after.contains(key))
                .for_each(|key| self.store.index.remove(*key, id.0));
            after
                .iter()
                .filter(|key| !before.contains(key))
                .for_each(|key| self.store.index.insert(*key, id.0));
        }
        let head = self.info.domain;
        self.reindexed(head, |directory| {
            let write = directory.begin(directory.latest);
            directory.put_cell(write, head, attr::OBJECT_SID, &[sid.to_bytes()]);
        });
    }
}

impl Importer<'_> {
    /// Takes over the SID of the file's domain, and keeps its relative ids from being given again.
    pub(super) fn adopt_identity(&mut self, content: &Content) {
        let head = Dn::parse(&self.directory.info.domain_dn).unwrap_or_default().normalized();
        let sids = |entry: &ContentEntry| entry.values_of("objectSid").filter_map(sid_of).collect::<Vec<_>>();
        let of_head = content.entries.iter().find(|entry| entry.dn.normalized() == head).map(sids);
        let mut domains: BTreeMap<String, (usize, Sid)> = BTreeMap::new();
        for sid in content.entries.iter().flat_map(sids) {
            if let Some(domain) = domain_of(&sid) {
                domains.entry(domain.to_string()).or_insert((0, domain)).0 += 1;
            }
        }
        let most = domains.into_values().max_by_key(|(count, _)| *count).map(|(_, sid)| sid);
        if let Some(sid) = of_head.and_then(|sids| sids.into_iter().next()).or(most)
            && sid != self.directory.info.sid
        {
            self.directory.set_domain_sid(&sid);
        }
        let rids = content.entries.iter().flat_map(sids).filter_map(|sid| self.directory.own_rid(&sid));
        let highest = rids.max().unwrap_or(0);
        self.directory.rids.next = self.directory.next_rid().max(highest.saturating_add(1));
    }

    /// The object that an entry stands for: by name, by a SID that the system gives, by objectGUID, by
    /// the naming context that it stands for.
    pub(super) fn object_of(&self, entry: &ContentEntry, values: &EntryValues) -> Option<ObjectId> {
        use crate::directory::resolve::Lookup;
        if let Lookup::Found(id) = self.directory.look_up(&entry.dn) {
            return Some(id);
        }
        let free = |id: &ObjectId| !self.claimed.contains(id);
        let system = |sid: &Sid| sid.rid().is_some_and(|rid| rid < FIRST_FREE_RID);
        let by_sid = values.sid.as_ref().filter(|sid| system(sid)).and_then(|sid| self.directory.by_sid(sid));
        let by_guid = || values.guid.and_then(|guid| self.directory.by_guid(guid));
        let found = by_sid.filter(free).or_else(|| by_guid().filter(free));
        found.or_else(|| self.cross_reference(entry).filter(free))
    }

    /// The object that stands for a naming context: its name is a GUID that each forest draws anew.
    fn cross_reference(&self, entry: &ContentEntry) -> Option<ObjectId> {
        let context = std::str::from_utf8(entry.values_of("nCName").next()?).ok()?;
        let context = self.directory.resolve(context).ok()?;
        let partitions = format!("CN=Partitions,{}", self.directory.info.configuration_dn);
        let partitions = self.directory.resolve(&partitions).ok()?;
        self.directory.children(partitions).find(|id| {
            let entry = self.directory.entry(*id);
            entry.is_some_and(|entry| entry.values(attr::NC_NAME).any(|value| value == Value::Dn(context)))
        })
    }

    /// Identifiers that another object of the file has are not given twice.
    pub(super) fn check_identifiers(
        &mut self,
        entry: &ContentEntry,
        values: &mut EntryValues,
        found: Option<ObjectId>,
    ) {
        let other = |id: Option<ObjectId>| id.is_some() && id != found;
        if other(values.guid.and_then(|guid| self.directory.by_guid(guid))) {
            self.draft.skip(entry.line, format!("objectGUID of {}: another object has it", shown(&entry.dn)));
            values.guid = None;
        }
        // the well-known principals of all domains have two objects: one in the domain, one in the configuration
        let own = values.sid.as_ref().filter(|sid| self.directory.own_rid(sid).is_some());
        if other(own.and_then(|sid| self.directory.by_sid(sid))) {
            self.draft.skip(entry.line, format!("objectSid of {}: another object has it", shown(&entry.dn)));
            values.sid = None;
        }
    }
}

/// The domain part of a principal's SID, `S-1-5-21-a-b-c`.
fn domain_of(sid: &Sid) -> Option<Sid> {
    let text = sid.to_string();
    let (domain, _) = text.rsplit_once('-')?;
    let is_domain = domain.starts_with("S-1-5-21-") && domain.split('-').count() == 7;
    is_domain.then(|| Sid::parse(domain)).flatten()
}
