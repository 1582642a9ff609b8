//! The whole of a repair: look, plan, write, look again.

use super::apply::{Applied, Machine, State};
use super::decisions::Decisions;
use super::journal::Journal;
use super::plan::{Left, Plan, ROUNDS, Review, plan};
use super::target::{ObjectName, Target};
use crate::error::Error;
use crate::tool::BoxFuture;
use forestbed_sim::rules::{Finding, ObjectView, Settings};
use std::collections::{BTreeMap, BTreeSet};

/// Where the objects come from, as often as they are asked for.
pub trait Source: Send {
    /// All objects as they are now.
    fn views(&mut self) -> BoxFuture<'_, Result<Vec<ObjectView>, Error>>;
}

/// What is to be done, and how much at most.
#[derive(Clone, Copy)]
pub struct Orders<'a> {
    /// What the rules are told.
    pub settings: &'a Settings,
    /// What people decided.
    pub decisions: &'a Decisions,
    /// What is done about a finding.
    pub review: Review,
    /// So many objects may be changed, those of earlier runs with the same journal included; none: any number.
    pub limit: Option<usize>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Repair {
    /// The plan of the first look.
    pub plan: Plan,
    /// What became of each object that was to be changed, in the order in which they were first tried.
    pub applied: Vec<Applied>,
    /// What is left at the end.
    pub left: Vec<Left>,
    /// Everything that was found at any time: the first finding of each rule about each attribute.
    pub findings: Vec<Finding>,
    /// More objects were to be changed than the limit allows: how many. Of a first round nothing was written.
    pub over_limit: Option<usize>,
    /// Why it ended early, if it did.
    pub stopped: Option<String>,
}

impl Repair {
    /// How many objects ended so.
    pub fn count(&self, state: State) -> usize {
        self.applied.iter().filter(|applied| applied.state == state).count()
    }

    /// Keeps the last thing that became of an object.
    fn record(&mut self, states: &mut BTreeMap<ObjectName, usize>, name: &ObjectName, mut applied: Applied) {
        match states.get(name) {
            Some(at) => {
                if self.applied[*at].state == State::Done && applied.state != State::Done {
                    applied.text = format!("changed in an earlier round; then: {}", applied.text);
                }
                self.applied[*at] = applied;
            }
            None => {
                states.insert(name.clone(), self.applied.len());
                self.applied.push(applied);
            }
        }
    }

    /// Everything that was to be changed was.
    pub fn is_complete(&self) -> bool {
        let well = |applied: &Applied| matches!(applied.state, State::Done | State::Already);
        self.over_limit.is_none() && self.stopped.is_none() && self.applied.iter().all(well)
    }
}

/// Looks, plans, writes, and looks again until nothing more is to be done.
///
/// An object that somebody else changed meanwhile is left to the next run; one that was refused is tried again as
/// long as others succeed, since it may have waited for a value to be free.
///
/// # Errors
/// When the objects cannot be read the first time. Later that is an early end ([`Repair::stopped`]).
pub async fn repair(
    source: &mut dyn Source,
    targets: &mut [Box<dyn Target + '_>],
    journal: Option<&mut Journal>,
    orders: Orders<'_>,
) -> Result<Repair, Error> {
    let mut repair = Repair::default();
    let known: BTreeSet<(usize, String)> =
        journal.as_ref().map_or_else(BTreeSet::new, |j| j.contents().names());
    let mut machine = Machine::new(targets, journal);
    let mut states: BTreeMap<ObjectName, usize> = BTreeMap::new();
    match machine.resolve().await {
        Ok(unknown) => {
            for (name, applied) in unknown {
                states.insert(name, repair.applied.len());
                repair.applied.push(applied);
            }
        }
        Err(error) => {
            repair.stopped = Some(format!("the journal cannot be written: {error}"));
            return Ok(repair);
        }
    }
    let mut touched: BTreeSet<ObjectName> = BTreeSet::new();
    for round in 1..=ROUNDS {
        let views = match source.views().await {
            Ok(views) => views,
            Err(error) if round == 1 => return Err(error),
            Err(error) => {
                repair.stopped = Some(format!("the directory cannot be read again: {error}"));
                break;
            }
        };
        let planned = plan(views, orders.settings, orders.decisions, orders.review);
        repair.left.clone_from(&planned.left);
        note(&mut repair.findings, &planned.findings);
        let retried = |name: &ObjectName| {
            let state = states.get(name).map(|at| repair.applied[*at].state);
            matches!(state, None | Some(State::Done | State::Already | State::Refused))
        };
        let changes: Vec<_> = planned.changes.iter().filter(|c| retried(&c.object)).cloned().collect();
        if round == 1 {
            repair.plan = planned;
        }
        let new = |name: &&ObjectName| {
            !touched.contains(*name) && !known.contains(&(name.forest, name.dn.to_lowercase()))
        };
        let asked = known.len() + touched.len() + changes.iter().map(|c| &c.object).filter(new).count();
        if orders.limit.is_some_and(|limit| asked > limit) {
            repair.over_limit = Some(asked);
            break;
        }
        let mut progress = false;
        for (applied, change) in machine.apply(&changes).await.into_iter().zip(&changes) {
            if applied.state == State::Done {
                progress = true;
                if new_name(&known, &change.object) {
                    touched.insert(change.object.clone());
                }
            }
            repair.record(&mut states, &change.object, applied);
        }
        if let Some(why) = machine.stopped() {
            repair.stopped = Some(why.to_owned());
            break;
        }
        if !progress {
            break;
        }
    }
    Ok(repair)
}

fn new_name(known: &BTreeSet<(usize, String)>, name: &ObjectName) -> bool {
    !known.contains(&(name.forest, name.dn.to_lowercase()))
}

fn note(all: &mut Vec<Finding>, found: &[Finding]) {
    let key = |finding: &Finding| (finding.dn.clone(), finding.attribute.clone(), finding.rule.clone());
    let seen: BTreeSet<_> = all.iter().map(key).collect();
    all.extend(found.iter().filter(|finding| !seen.contains(&key(finding))).cloned());
}
