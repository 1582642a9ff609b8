//! Writes to a forest: the source anchor that is written back, and what rules of one's own add.

use crate::checker::source::ldap::trouble::name_of;
use crate::checker::source::ldap::{LdapSource, TIMEOUT};
use crate::sync::bridge::Bridge;
use crate::sync::lies_in;
use crate::sync::setup::{DomainSetup, ForestSetup, connect_any};
use forestbed_sync::{ExportItem, Fault, ItemResult, Operation, Sent, Target};
use ldap3::{Ldap, LdapError, Mod};
use std::collections::HashSet;
use std::task::Poll;

/// Items between two commits of the engine, under way at once on one connection: LDAP has no batches.
const BATCH: usize = 500;
/// The code of what a busy server did not do: it is sent again later.
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

    /// Sends items of one domain without waiting for each answer.
    fn send(&mut self, at: usize, items: &[&ExportItem]) -> Result<Vec<ItemResult>, Fault> {
        self.requests += items.len() as u64;
        let (domain, open) = &mut self.domains[at];
        let done = self.bridge.wait(async {
            if open.is_none() {
                let source = connect_any(&domain.targets).await;
                *open = Some(source.map_err(|error| Fault::Interrupted(error.to_string()))?);
            }
            let Some(source) = open else { return Err(Fault::Interrupted("no connection".to_owned())) };
            let ldap = source.ldap().clone();
            Ok(side_by_side(items.iter().map(|item| modify(ldap.clone(), item)).collect()).await)
        })?;
        let mut results = Vec::with_capacity(done.len());
        for answer in done {
            results.push(match answer {
                Ok(()) => ItemResult::Accepted { anchor: None, note: None },
                Err(LdapError::LdapResult { result }) => {
                    let busy = BUSY_RESULTS.contains(&result.rc);
                    let code = if busy { BUSY } else { name_of(result.rc) }.to_owned();
                    let text = result.text.trim_end_matches(['\0', '\n', '\r']).to_owned();
                    ItemResult::Refused { code, text }
                }
                Err(lost) => {
                    self.domains[at].1 = None;
                    return Err(Fault::Interrupted(lost.to_string()));
                }
            });
        }
        Ok(results)
    }
}

async fn modify(mut ldap: Ldap, item: &ExportItem) -> Result<(), LdapError> {
    let mods = item.attributes.iter().map(|(name, values)| {
        let values: HashSet<Vec<u8>> = values.iter().map(octets).collect();
        Mod::Replace(name.clone().into_bytes(), values)
    });
    ldap.with_timeout(TIMEOUT).modify(&item.dn, mods.collect()).await?.success().map(drop)
}

/// Waits for all at once, begun in their order; their results in the same order.
async fn side_by_side<F: Future>(work: Vec<F>) -> Vec<F::Output> {
    let mut open: Vec<_> = work.into_iter().map(|one| (Some(Box::pin(one)), None)).collect();
    std::future::poll_fn(move |context| {
        for (running, done) in &mut open {
            if let Some(future) = running
                && let Poll::Ready(result) = future.as_mut().poll(context)
            {
                (*running, *done) = (None, Some(result));
            }
        }
        match open.iter().any(|(running, _)| running.is_some()) {
            true => Poll::Pending,
            false => Poll::Ready(open.iter_mut().filter_map(|(_, done)| done.take()).collect()),
        }
    })
    .await
}

impl Target for ForestTarget {
    fn batch(&self) -> usize {
        BATCH
    }

    fn export(&mut self, items: &[ExportItem]) -> Result<Vec<ItemResult>, Fault> {
        let refused =
            |code: &str, text: &str| ItemResult::Refused { code: code.to_owned(), text: text.to_owned() };
        let mut results = vec![None; items.len()];
        let mut of_domain = vec![Vec::new(); self.domains.len()];
        for (at, item) in items.iter().enumerate() {
            match self.domain_of(&item.dn) {
                _ if item.operation != Operation::Update => {
                    let text = "objects of a forest are only updated";
                    results[at] = Some(refused("unwillingToPerform", text));
                }
                None => results[at] = Some(refused("noSuchObject", "it lies in no domain of this forest")),
                Some(domain) => of_domain[domain].push(at),
            }
        }
        for (domain, places) in of_domain.iter().enumerate().filter(|(_, places)| !places.is_empty()) {
            let own: Vec<&ExportItem> = places.iter().map(|at| &items[*at]).collect();
            for (at, result) in places.iter().zip(self.send(domain, &own)?) {
                results[*at] = Some(result);
            }
        }
        Ok(results.into_iter().flatten().collect())
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
