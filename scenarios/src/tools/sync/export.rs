//! The export: what differs from the last one, in batches, with the answers kept.

use super::flow::CloudBound;
use super::order::Ordered;
use super::state::{Exported, State};
use super::{SyncOptions, flow};
use crate::tool::ToolError;
use crate::tools::graph::GraphClient;
use forestbed_sim::tenant::{
    ProvisionResponse, SyncObject, SyncOperation, SyncOutcome, SyncResult, SyncType,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Objects of one request.
const BATCH: usize = 250;
/// Lines about single objects that a report holds.
const LINES: usize = 20;

/// What is to be sent.
pub(super) struct Plan {
    operations: Vec<(SyncObject, Option<u64>)>,
}

/// What became of it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) set: u64,
    pub(super) deleted: u64,
    pub(super) set_aside: u64,
    pub(super) failed: u64,
    pub(super) lines: Vec<String>,
}

/// Compares what is in scope with what was exported.
pub(super) fn plan(ordered: &Ordered, state: &State, options: &SyncOptions) -> Result<Plan, ToolError> {
    let current: BTreeMap<&str, SyncType> =
        ordered.objects.iter().map(|(anchor, object)| (anchor.as_str(), object.kind)).collect();
    let gone: Vec<(&String, SyncType)> = state
        .exported
        .iter()
        // a contact that became a user is another object in the cloud: delete, then add
        .filter(|(anchor, exported)| current.get(anchor.as_str()) != Some(&exported.kind))
        .map(|(anchor, exported)| (anchor, exported.kind))
        .collect();
    if let Some(threshold) = options.delete_threshold.filter(|threshold| gone.len() > *threshold) {
        return Err(ToolError::Failed(format!(
            "stopped-deletion-threshold-exceeded: {} pending deletes exceed the threshold of {threshold}; nothing was exported",
            gone.len()
        )));
    }
    let mut operations = Vec::new();
    if options.export_deletes {
        operations.extend(gone.iter().map(|(anchor, kind)| (deletion(anchor, *kind), None)));
    }
    for (anchor, object) in &ordered.objects {
        let known = state.exported.get(anchor).filter(|exported| exported.kind == object.kind);
        let fingerprint = fingerprint(object);
        if known.is_some_and(|exported| exported.fingerprint == fingerprint) && !options.export_unchanged {
            continue;
        }
        operations.push((set(anchor, object, known.is_some()), Some(fingerprint)));
    }
    let changed: Vec<String> =
        operations.iter().filter(|(_, f)| f.is_some()).map(|(o, _)| o.source_anchor.clone()).collect();
    for anchor in changed.iter().filter(|anchor| ordered.again.contains(*anchor)) {
        if let Some((_, object)) = ordered.objects.iter().find(|(a, _)| a == anchor) {
            operations.push((set(anchor, object, false), Some(fingerprint(object))));
        }
    }
    Ok(Plan { operations })
}

/// Sends it and writes down what was taken. Whoever was refused in an earlier cycle and is taken in this one was
/// unknown to the cloud when others were sent that name them: those are sent again.
pub(super) async fn run(
    graph: &GraphClient,
    ordered: &Ordered,
    plan: &Plan,
    state: &mut State,
) -> Result<Tally, ToolError> {
    let known: BTreeSet<String> = state.exported.keys().cloned().collect();
    let mut tally = Tally::default();
    send(graph, plan, state, &mut tally).await?;
    send(graph, &naming_newcomers(ordered, plan, &known, state), state, &mut tally).await?;
    Ok(tally)
}

/// What was not sent in this cycle and names something that the cloud has taken in it for the first time.
fn naming_newcomers(ordered: &Ordered, sent: &Plan, known: &BTreeSet<String>, state: &State) -> Plan {
    let sent: BTreeSet<&str> =
        sent.operations.iter().map(|(object, _)| object.source_anchor.as_str()).collect();
    let is_new = |anchor: &String| state.exported.contains_key(anchor) && !known.contains(anchor);
    let names_one = |object: &CloudBound| object.references.values().flatten().any(is_new);
    let late = ordered.objects.iter().filter(|(anchor, object)| {
        known.contains(anchor) && !sent.contains(anchor.as_str()) && names_one(object)
    });
    Plan {
        operations: late
            .map(|(anchor, object)| (set(anchor, object, true), Some(fingerprint(object))))
            .collect(),
    }
}

async fn send(
    graph: &GraphClient,
    plan: &Plan,
    state: &mut State,
    tally: &mut Tally,
) -> Result<(), ToolError> {
    for batch in plan.operations.chunks(BATCH) {
        let objects: Vec<&SyncObject> = batch.iter().map(|(object, _)| object).collect();
        let answer: ProvisionResponse = graph.provision(&json!({ "objects": objects })).await?;
        if answer.results.len() != batch.len() {
            return Err(ToolError::Failed(format!(
                "{} objects sent, {} answers",
                batch.len(),
                answer.results.len()
            )));
        }
        for ((object, fingerprint), result) in batch.iter().zip(&answer.results) {
            settle(object, *fingerprint, result, state, tally);
        }
    }
    Ok(())
}

fn settle(
    object: &SyncObject,
    fingerprint: Option<u64>,
    result: &SyncResult,
    state: &mut State,
    tally: &mut Tally,
) {
    let anchor = &object.source_anchor;
    if let Some(code) = &result.error_code
        && tally.lines.len() < LINES
    {
        let name =
            object.properties.get("onPremisesDistinguishedName").and_then(Value::as_str).unwrap_or(anchor);
        tally
            .lines
            .push(format!("{name}: {code}: {}", result.error_description.as_deref().unwrap_or_default()));
    }
    if result.result == SyncOutcome::Failure {
        // it is not in the state, so the next cycle tries again
        tally.failed += 1;
        return;
    }
    tally.set_aside += u64::from(result.error_code.is_some());
    match fingerprint {
        Some(fingerprint) => {
            tally.set += 1;
            state.exported.insert(anchor.clone(), Exported { kind: object.object_type, fingerprint });
        }
        None => {
            tally.deleted += 1;
            state.exported.remove(anchor);
        }
    }
}

fn deletion(anchor: &str, kind: SyncType) -> SyncObject {
    SyncObject {
        object_type: kind,
        operation: SyncOperation::Delete,
        source_anchor: anchor.to_owned(),
        properties: BTreeMap::new(),
    }
}

/// An update names every property of the flow, so that one that is gone on premises is cleared.
fn set(anchor: &str, object: &CloudBound, update: bool) -> SyncObject {
    let mut properties: BTreeMap<String, Value> = object.properties.clone().into_iter().collect();
    if update {
        for key in flow::cleared_when_absent(object.kind) {
            properties.entry(key).or_insert(Value::Null);
        }
    }
    for (name, anchors) in &object.references {
        let value = match *name {
            "manager" => anchors.first().map_or(Value::Null, |anchor| json!(anchor)),
            _ => json!(anchors),
        };
        if update || !(value.is_null() || anchors.is_empty()) {
            properties.insert((*name).to_owned(), value);
        }
    }
    SyncObject {
        object_type: object.kind,
        operation: SyncOperation::Set,
        source_anchor: anchor.to_owned(),
        properties,
    }
}

/// Of everything that is sent (FNV-1a over the canonical JSON).
fn fingerprint(object: &CloudBound) -> u64 {
    let canonical = json!([object.kind, object.properties, object.references]).to_string();
    canonical
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}
