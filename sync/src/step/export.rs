//! Export: what is pending is sent, and what is taken is remembered until an import confirms it.

use super::plan::{Plan, PlanCounts};
use super::ports::{ExportItem, Fault, ItemResult, Sent, Target};
use crate::engine::Engine;
use crate::error::Result;
use crate::mistakes::Mistake;
use crate::space::{CsObject, Operation, Rejection, Retry, digest_of};
use crate::state::Table;
use crate::value::{Attributes, CsKey, Value};
use std::collections::BTreeSet;

/// Which answers are final: `data/export-errors.tsv`.
const ERRORS: &str = include_str!("../../data/export-errors.tsv");
/// Refusals that a report lists.
const MAX_LISTED: usize = 1_000;

/// How an export ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ExportOutcome {
    /// Everything was sent that could be.
    #[default]
    Done,
    /// The engine is in staging mode: nothing was sent.
    Staging,
    /// Too many deletions are pending: nothing was sent, not even other changes.
    DeletionThresholdExceeded {
        /// The words of the event.
        text: String,
    },
    /// The directory wants to be asked later. The shell waits so many seconds and exports again.
    Wait {
        /// Retry-After in seconds, if it was told.
        seconds: Option<u64>,
        /// The directory's words.
        text: String,
    },
    /// The connection was lost. What was under way is not sent again before an import has told whether it arrived.
    Interrupted(String),
    /// The directory refused the whole request.
    Refused(String),
    /// An answer that holds for everything else too (a quota).
    Stopped {
        /// Code of the error.
        code: String,
        /// Its text.
        text: String,
    },
}

/// What an export did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// How it ended.
    pub outcome: ExportOutcome,
    /// What was pending when it began.
    pub planned: PlanCounts,
    /// Items sent.
    pub sent: u64,
    /// Items taken.
    pub accepted: u64,
    /// Deletions among them.
    pub deleted: u64,
    /// Those of them of which something was set aside, as the note with the answer says.
    pub noted: u64,
    /// Items refused.
    pub refused: u64,
    /// Distinguished name, code and text of refusals, and of notes with what was taken.
    pub told: Vec<(String, String, String)>,
}

/// An item under way: its object, and the attributes as they go out.
struct Under {
    key: CsKey,
    operation: Operation,
    attributes: Attributes,
}

/// What of an export is still to be sent.
pub(crate) struct Rest {
    plan: Plan,
    /// Of these a part has to follow when everything exists.
    deferred: Vec<u32>,
    /// Circles are being closed.
    second: bool,
}

impl Rest {
    /// Nothing came of a call: its items go out first the next time.
    fn put_back(&mut self, under: &[Under]) {
        for item in under.iter().rev() {
            let id = item.key.id;
            self.plan.queue.push_front(id);
            self.deferred.retain(|other| *other != id);
            if item.operation == Operation::Add {
                self.plan.not_yet.insert(id);
            }
        }
    }
}

impl Engine {
    /// Exports what is pending towards a directory. A call after [`ExportOutcome::Wait`] goes on where this one
    /// stopped.
    ///
    /// # Errors
    /// When the database fails or the connector is unknown; what the target does is in the report.
    pub fn export(&mut self, connector: &str, target: &mut dyn Target) -> Result<ExportReport> {
        let number = self.connector(connector)?;
        let mut report = ExportReport::default();
        // to plan anew after each wait would cost more than what is sent between two of them
        let left = self.rest.take().filter(|(of, _)| *of == number).map(|(_, rest)| rest);
        let rest = match left {
            Some(rest) => {
                report.planned = rest.plan.counts;
                Some(rest)
            }
            None => self.begin(number, &mut report)?,
        };
        let Some(rest) = rest else { return Ok(report) };
        let done = self.send(number, rest, target, &mut report);
        if done.is_err() {
            self.state.roll_back();
            self.rest = None;
        }
        done.map(|()| report)
    }

    /// What is to be sent; none where nothing may be, and the report says why.
    fn begin(&mut self, connector: u8, report: &mut ExportReport) -> Result<Option<Rest>> {
        let mut plan = self.plan(connector)?;
        report.planned = plan.counts;
        if self.config.staging && !self.makes(Mistake::ExportsInStaging) {
            report.outcome = ExportOutcome::Staging;
            return Ok(None);
        }
        if self.makes(Mistake::NeverDeletes) {
            plan.queue.drain(..plan.deletes);
        }
        let deletes = plan.counts.deletes;
        let exceeded = self.config.delete_threshold.filter(|limit| deletes > u64::from(*limit));
        if let Some(threshold) = exceeded.filter(|_| self.makes(Mistake::DeletesUpToThreshold)) {
            plan.queue.drain((threshold as usize).min(plan.deletes)..plan.deletes);
        } else if let Some(threshold) = exceeded.filter(|_| !self.makes(Mistake::IgnoresThreshold)) {
            // the words of event 116 (directory-sync.md, section 2.5)
            let text = format!(
                "Prevent Accidental Deletes: The number of deletions for this sync cycle ({deletes} pending deletes) has exceeded the current threshold of {threshold} objects. Deletions will be suppressed for this sync cycle."
            );
            report.outcome = ExportOutcome::DeletionThresholdExceeded { text };
            return Ok(None);
        }
        Ok(Some(Rest { plan, deferred: Vec::new(), second: false }))
    }

    fn send(
        &mut self,
        connector: u8,
        rest: Rest,
        target: &mut dyn Target,
        report: &mut ExportReport,
    ) -> Result<()> {
        let (most, references) = (target.batch().max(1), target.references());
        let Rest { mut plan, mut deferred, mut second } = rest;
        loop {
            let mut under = Vec::new();
            let mut items = Vec::new();
            let mut referred = 0;
            while items.len() < most {
                let Some(id) = plan.queue.pop_front() else { break };
                let key = CsKey { connector, id };
                let Some(object) = self.state.load(key)? else { continue };
                let (ready, put_off) = ready(&object, &plan.not_yet, second);
                if let Some((_, attributes)) = &ready {
                    referred += attributes.values().iter().filter(|value| is_reference(value)).count();
                    if referred > references && !items.is_empty() {
                        plan.queue.push_front(id);
                        break;
                    }
                }
                if put_off {
                    deferred.push(id);
                }
                let Some((operation, attributes)) = ready else { continue };
                // what was refused before may be refused again: nothing relies on it before it is taken
                if object.rejection.is_none() {
                    plan.not_yet.remove(&id);
                }
                items.push(self.item(&object, operation, &attributes)?);
                self.state.put(Table::Flight.of(key), vec![operation as u8]);
                under.push(Under { key, operation, attributes });
            }
            if items.is_empty() {
                if second || deferred.is_empty() {
                    return self.state.commit("export: done");
                }
                // circles are closed once everything in them exists
                second = true;
                plan.queue.extend(deferred.drain(..));
                continue;
            }
            // one position holds the answers to the former items and the departure of these
            self.state.commit("export: sent")?;
            report.sent += items.len() as u64;
            let results = match target.export(&items) {
                Ok(results) if results.len() == items.len() => results,
                Ok(results) => {
                    let text =
                        format!("{} items were sent, {} results came back", items.len(), results.len());
                    report.outcome = ExportOutcome::Interrupted(text);
                    return Ok(());
                }
                Err(fault) => {
                    if matches!(fault, Fault::Busy { .. }) {
                        let mut rest = Rest { plan, deferred, second };
                        rest.put_back(&under);
                        self.rest = Some((connector, rest));
                    }
                    return self.fault(fault, &under, report);
                }
            };
            if let Some(stopped) = self.settle(&under, results, &mut plan.not_yet, report)? {
                report.outcome = stopped;
                return self.state.commit("export: stopped");
            }
        }
    }

    fn fault(&mut self, fault: Fault, under: &[Under], report: &mut ExportReport) -> Result<()> {
        report.outcome = match fault {
            Fault::Interrupted(text) => {
                report.outcome = ExportOutcome::Interrupted(text);
                return Ok(());
            }
            Fault::Busy { retry_after, text } => ExportOutcome::Wait { seconds: retry_after, text },
            Fault::Refused(text) | Fault::CookieRefused(text) => ExportOutcome::Refused(text),
        };
        // nothing of it was done
        report.sent -= under.len() as u64;
        under.iter().for_each(|item| self.state.delete(Table::Flight.of(item.key)));
        self.state.commit("export: not taken")
    }

    fn item(&self, object: &CsObject, operation: Operation, attributes: &Attributes) -> Result<ExportItem> {
        let mut out = Vec::with_capacity(attributes.len());
        for (name, values) in attributes.iter() {
            let mut sent = Vec::with_capacity(values.len());
            for value in values {
                sent.push(match value {
                    Value::Text(text) => Sent::Text(text.to_string()),
                    Value::Octets(octets) => Sent::Octets(octets.to_vec()),
                    Value::Integer(number) => Sent::Integer(*number),
                    Value::Boolean(truth) => Sent::Boolean(*truth),
                    Value::Reference(key) => {
                        Sent::Object { dn: self.state.name_of(*key)?.unwrap_or_default() }
                    }
                });
            }
            out.push((self.rules.names.spelling(name).to_owned(), sent));
        }
        Ok(ExportItem {
            operation,
            class: object.class.clone(),
            dn: object.dn.clone(),
            anchor: object.anchor.clone(),
            attributes: out,
        })
    }

    /// Writes the answers down; what stops the whole export, if one of them does.
    fn settle(
        &mut self,
        under: &[Under],
        results: Vec<ItemResult>,
        not_yet: &mut BTreeSet<u32>,
        report: &mut ExportReport,
    ) -> Result<Option<ExportOutcome>> {
        let mut stopped = None;
        for (item, result) in under.iter().zip(&results) {
            match (item.operation, result) {
                (Operation::Add, ItemResult::Refused { .. }) => not_yet.extend([item.key.id]),
                (_, ItemResult::Accepted { .. }) => {
                    not_yet.remove(&item.key.id);
                }
                _ => {}
            }
        }
        for (item, result) in under.iter().zip(results) {
            self.state.delete(Table::Flight.of(item.key));
            let Some(mut object) = self.state.edit(item.key)? else { continue };
            let was = object.export.as_ref().map(|(operation, _)| *operation);
            let tell = |report: &mut ExportReport, code: &str, text: &str| {
                if report.told.len() < MAX_LISTED {
                    report.told.push((object.dn.clone(), code.to_owned(), text.to_owned()));
                }
            };
            let result = match result {
                ItemResult::Accepted { note: Some((code, text)), .. }
                    if self.makes(Mistake::LoopsOnQuarantine) =>
                {
                    self.resent(item.key);
                    ItemResult::Refused { code, text }
                }
                other => other,
            };
            match result {
                ItemResult::Accepted { anchor, note } => {
                    report.accepted += 1;
                    report.deleted += u64::from(item.operation == Operation::Delete);
                    report.noted += u64::from(note.is_some());
                    if let Some((code, text)) = &note {
                        tell(report, code, text);
                    }
                    accepted(&mut object, item, not_yet);
                    if let Some(anchor) = anchor.filter(|anchor| !anchor.is_empty() && anchor.len() <= 300) {
                        self.state.unindex(item.key, &object)?;
                        object.anchor = anchor;
                        self.state.index(item.key, &object);
                    }
                }
                ItemResult::Refused { code, text } => {
                    report.refused += 1;
                    tell(report, &code, &text);
                    let retry = self.retry(&code);
                    if retry == Retry::StopsAll || self.makes(Mistake::OneRefusalStopsAll) {
                        stopped = Some(ExportOutcome::Stopped { code: code.clone(), text: text.clone() });
                    }
                    let digest = object.export.as_ref().map_or(0, |(_, changes)| digest_of(changes));
                    object.rejection = Some(Rejection { code, text, retry, digest });
                }
            }
            self.state.set_export(item.key, object, was);
        }
        Ok(stopped)
    }
}

fn is_reference(value: &Value) -> bool {
    matches!(value, Value::Reference(_))
}

/// What of a pending export can go out now, and whether a part of it has to follow later.
fn ready(
    object: &CsObject,
    not_yet: &BTreeSet<u32>,
    second: bool,
) -> (Option<(Operation, Attributes)>, bool) {
    let Some((operation, changes)) = object.export.as_ref() else { return (None, false) };
    let mut attributes = Attributes::default();
    let mut put_off = false;
    for (name, values) in changes.iter() {
        let missing = |value: &Value| matches!(value, Value::Reference(key) if not_yet.contains(&key.id));
        if !values.iter().any(missing) {
            attributes.set(name, values.to_vec());
            continue;
        }
        if !second {
            put_off = true;
            continue;
        }
        // what it refers to was refused: the rest goes out, and the whole stays pending
        let rest: Vec<Value> = values.iter().filter(|value| !missing(value)).cloned().collect();
        if rest != object.expected(name) {
            attributes.set(name, rest);
        }
    }
    if *operation == Operation::Update && attributes.is_empty() {
        return (None, put_off);
    }
    (Some((*operation, attributes)), put_off)
}

/// An item was taken: what went out waits for its confirmation, what did not stays pending.
fn accepted(object: &mut CsObject, item: &Under, not_yet: &BTreeSet<u32>) {
    object.rejection = None;
    if item.operation == Operation::Delete {
        object.exists = Some(false);
        object.export = None;
        object.sent = Attributes::default();
        return;
    }
    if item.operation == Operation::Add {
        object.exists = Some(true);
        object.diverged.clear();
    }
    let changes = object.export.take().map(|(_, changes)| changes).unwrap_or_default();
    let mut left = Attributes::default();
    for (name, values) in changes.iter() {
        let missing = |value: &Value| matches!(value, Value::Reference(key) if not_yet.contains(&key.id));
        let whole = item.attributes.find(name) == Some(values);
        if !whole || values.iter().any(missing) {
            left.set(name, values.to_vec());
        }
    }
    for (name, values) in item.attributes.iter() {
        let missing = |value: &Value| matches!(value, Value::Reference(key) if not_yet.contains(&key.id));
        object.sent.set(name, values.iter().filter(|value| !missing(value)).cloned().collect());
    }
    if !left.is_empty() {
        object.export = Some((Operation::Update, left));
    }
}

impl Engine {
    fn retry(&self, code: &str) -> Retry {
        match retry(code) {
            Retry::StopsAll if self.makes(Mistake::IgnoresQuota) => Retry::EachExport,
            Retry::EachExport if self.makes(Mistake::NeverRetries) => Retry::OnChange,
            Retry::OnChange if self.makes(Mistake::LoopsOnQuarantine) => Retry::EachExport,
            other => other,
        }
    }
}

/// When an object with this error is sent again; unknown errors are tried in each export.
fn retry(code: &str) -> Retry {
    let row = ERRORS.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    match row.into_iter().find(|columns| columns[0].eq_ignore_ascii_case(code)) {
        Some(columns) if columns[1] == "on-change" => Retry::OnChange,
        Some(columns) if columns[1] == "stops-all" => Retry::StopsAll,
        _ => Retry::EachExport,
    }
}
