//! The order of an export.
//!
//! Deletions come first, as they free values that others want; then updates that refer to nothing new; then new
//! objects, what is referred to before what refers to it; then what refers to them.

use crate::engine::Engine;
use crate::error::Result;
use crate::mistakes::Mistake;
use crate::rules::ConnectorKind;
use crate::space::{CsObject, Operation, Retry, digest_of};
use crate::state::{Table, tail};
use crate::value::{Attributes, CsKey, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How much is pending towards one directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlanCounts {
    /// New objects.
    pub adds: u64,
    /// Changed objects.
    pub updates: u64,
    /// Deletions.
    pub deletes: u64,
    /// Of all these: kept back, because they were refused and nothing about them changed, because their anchor
    /// has to be written back first, or because the answer to a former export is missing.
    pub withheld: u64,
}

/// What is to be sent, in order.
pub(crate) struct Plan {
    pub(crate) queue: VecDeque<u32>,
    /// So many at its beginning are deletions.
    pub(crate) deletes: usize,
    /// New objects that the directory does not have yet.
    pub(crate) not_yet: BTreeSet<u32>,
    pub(crate) counts: PlanCounts,
}

/// The numbers of the objects that attributes refer to.
pub(crate) fn references(attributes: &Attributes) -> impl Iterator<Item = u32> {
    attributes.iter().flat_map(|(_, values)| values).filter_map(|value| match value {
        Value::Reference(key) => Some(key.id),
        _ => None,
    })
}

impl Engine {
    /// What is pending towards a directory.
    ///
    /// # Errors
    /// When the database fails or the connector is unknown.
    pub fn pending(&self, connector: &str) -> Result<PlanCounts> {
        Ok(self.plan(self.connector(connector)?)?.counts)
    }

    pub(crate) fn plan(&self, connector: u8) -> Result<Plan> {
        let mut counts = PlanCounts::default();
        let (mut deletes, mut first, mut last, mut adds) = (vec![], vec![], vec![], vec![]);
        let mut not_yet = BTreeSet::new();
        let mut edges: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for operation in [Operation::Add, Operation::Update, Operation::Delete] {
            let prefix = Table::Export.key(&[&[connector, operation as u8]]);
            let mut after: Option<Vec<u8>> = None;
            loop {
                let rows = self.state.scan(&prefix, after.as_deref(), self.config.batch)?;
                let Some((end, _)) = rows.last() else { break };
                after = Some(end.clone());
                for (row, _) in &rows {
                    let key = CsKey { connector, id: tail(row) };
                    let Some(object) = self.state.load(key)? else { continue };
                    let Some((_, changes)) = &object.export else { continue };
                    let withheld = self.withheld(key, &object)?;
                    counts.withheld += u64::from(withheld);
                    // groups after people: what is referred to mostly comes first already
                    let order = (object.class == "group", object.dn.clone(), key.id);
                    match operation {
                        Operation::Add => {
                            counts.adds += 1;
                            not_yet.insert(key.id);
                        }
                        Operation::Update => counts.updates += 1,
                        Operation::Delete => counts.deletes += 1,
                    }
                    if withheld {
                        continue;
                    }
                    match operation {
                        Operation::Delete => deletes.push(order),
                        Operation::Update if references(changes).any(|id| not_yet.contains(&id)) => {
                            last.push(order);
                        }
                        Operation::Update => first.push(order),
                        Operation::Add => {
                            edges.insert(key.id, references(changes).collect());
                            adds.push(order);
                        }
                    }
                }
            }
        }
        [&mut deletes, &mut first, &mut last, &mut adds].into_iter().for_each(|list| list.sort());
        let id = |(_, _, id): (bool, String, u32)| id;
        let roots: Vec<u32> = adds.into_iter().map(id).collect();
        let deletes_queued = deletes.len();
        let queue = deletes.into_iter().map(id).chain(first.into_iter().map(id));
        let queue = queue.chain(referred_first(&roots, &edges)).chain(last.into_iter().map(id)).collect();
        Ok(Plan { queue, deletes: deletes_queued, not_yet, counts })
    }

    fn withheld(&self, key: CsKey, object: &CsObject) -> Result<bool> {
        if self.state.get(&Table::Flight.of(key))?.is_some() {
            return Ok(true);
        }
        let same = |rejection: &crate::space::Rejection| {
            let changes = object.export.as_ref().map(|(_, changes)| digest_of(changes));
            rejection.retry == Retry::OnChange && changes == Some(rejection.digest)
        };
        if object.rejection.as_ref().is_some_and(same) {
            return Ok(true);
        }
        let new = matches!(object.export, Some((Operation::Add, _)));
        let hasty = self.makes(Mistake::ExportsBeforeAnchor);
        if !new || hasty || self.kind(key.connector) != ConnectorKind::Cloud {
            return Ok(false);
        }
        // an anchor that is not in the forest yet would be lost with this database
        let Some(number) = self.state.link_of(key)? else { return Ok(false) };
        for other in self.state.joined(number)? {
            let pending =
                Table::Export.key(&[&[other.connector, Operation::Update as u8], &other.id.to_be_bytes()]);
            if self.kind(other.connector) == ConnectorKind::ActiveDirectory
                && self.state.get(&pending)?.is_some()
                && let Some(object) = self.state.load(other)?
                && let Some((_, changes)) = &object.export
                && changes.find(self.known.consistency_guid).is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Depth first without recursion: directories nest deeper than a stack. Circles are cut where they are met.
fn referred_first(roots: &[u32], edges: &BTreeMap<u32, Vec<u32>>) -> Vec<u32> {
    let mut done = BTreeSet::new();
    let mut open = BTreeSet::new();
    let mut order = Vec::with_capacity(roots.len());
    for root in roots {
        let mut stack = vec![(*root, 0)];
        while let Some((id, next)) = stack.pop() {
            if next == 0 && !open.insert(id) {
                continue;
            }
            match edges.get(&id).and_then(|targets| targets.get(next)) {
                Some(target) => {
                    stack.push((id, next + 1));
                    if edges.contains_key(target) && !open.contains(target) {
                        stack.push((*target, 0));
                    }
                }
                None if done.insert(id) => order.push(id),
                None => {}
            }
        }
    }
    order
}
