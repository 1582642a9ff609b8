//! Writes to a forest: the source anchor that is written back, and what rules of one's own add.

use crate::checker::source::ldap::LdapSource;
use crate::checker::source::ldap::trouble::name_of;
use crate::sync::bridge::Bridge;
use crate::sync::lies_in;
use crate::sync::setup::{DomainSetup, ForestSetup, connect_any};
use forestbed_sync::{ExportItem, Fault, ItemResult, Operation, Sent, Target};
use ldap3::{LdapError, Mod};
use std::collections::HashSet;

/// Items between two commits of the engine: LDAP has no batches.
const BATCH: usize = 100;
/// The code of what was not sent because the server was busy with what came before it.
pub(in crate::sync) const BUSY: &str = "busy";
const BUSY_RESULTS: [u32; 2] = [51, 52];

/// A forest as the engine writes it.
pub(in crate::sync) struct ForestTarget {
    bridge: Bridge,
    domains: Vec<(DomainSetup, Option<LdapSource>)>,
    /// Requests so far.
    pub(in crate::sync) requests: u64,
}

impl ForestTarget {
    pub(in crate::sync) fn new(bridge: Bridge, setup: ForestSetup) -> ForestTarget {
        let domains = setup.domains.into_iter().map(|domain| (domain, None)).collect();
        ForestTarget { bridge, domains, requests: 0 }
    }

    /// The domain in which a name lies: the one with the longest naming context.
    fn domain_of(&self, dn: &str) -> Option<usize> {
        let all = self.domains.iter().enumerate().filter(|(_, (domain, _))| lies_in(dn, &domain.base_dn));
        all.max_by_key(|(_, (domain, _))| domain.base_dn.len()).map(|(at, _)| at)
    }

    fn one(&mut self, item: &ExportItem) -> Result<ItemResult, Fault> {
        let refused = |code: &str, text: String| Ok(ItemResult::Refused { code: code.to_owned(), text });
        if item.operation != Operation::Update {
            return refused("unwillingToPerform", "objects of a forest are only updated".to_owned());
        }
        let Some(at) = self.domain_of(&item.dn) else {
            return refused("noSuchObject", "it lies in no domain of this forest".to_owned());
        };
        self.requests += 1;
        let (domain, open) = &mut self.domains[at];
        let mods = item.attributes.iter().map(|(name, values)| {
            let values: HashSet<Vec<u8>> = values.iter().map(octets).collect();
            Mod::Replace(name.clone().into_bytes(), values)
        });
        let mods: Vec<Mod<Vec<u8>>> = mods.collect();
        let done: Result<(), LdapError> = self.bridge.wait(async {
            if open.is_none() {
                let source = connect_any(&domain.targets).await;
                *open = Some(source.map_err(|error| Fault::Interrupted(error.to_string()))?);
            }
            match open {
                Some(source) => {
                    Ok(source.ldap().modify(&item.dn, mods).await.and_then(|r| r.success()).map(drop))
                }
                None => Err(Fault::Interrupted("no connection".to_owned())),
            }
        })?;
        match done {
            Ok(()) => Ok(ItemResult::Accepted { anchor: None, note: None }),
            Err(LdapError::LdapResult { result }) if BUSY_RESULTS.contains(&result.rc) => {
                Err(Fault::Busy { retry_after: None, text: name_of(result.rc).to_owned() })
            }
            Err(LdapError::LdapResult { result }) => {
                let text = result.text.trim_end_matches(['\0', '\n', '\r']).to_owned();
                refused(name_of(result.rc), text)
            }
            Err(lost) => {
                *open = None;
                Err(Fault::Interrupted(lost.to_string()))
            }
        }
    }
}

impl Target for ForestTarget {
    fn batch(&self) -> usize {
        BATCH
    }

    fn export(&mut self, items: &[ExportItem]) -> Result<Vec<ItemResult>, Fault> {
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            match self.one(item) {
                Ok(result) => results.push(result),
                Err(Fault::Busy { text, .. }) if !results.is_empty() => {
                    // what came before it was done: the rest is sent again with the next export
                    let later = ItemResult::Refused { code: BUSY.to_owned(), text };
                    results.resize(items.len(), later);
                    break;
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(results)
    }
}

fn octets(value: &Sent) -> Vec<u8> {
    match value {
        Sent::Text(text) => text.clone().into_bytes(),
        Sent::Octets(octets) => octets.clone(),
        Sent::Integer(number) => number.to_string().into_bytes(),
        Sent::Boolean(true) => b"TRUE".to_vec(),
        Sent::Boolean(false) => b"FALSE".to_vec(),
        Sent::Object { dn } => dn.clone().into_bytes(),
    }
}
