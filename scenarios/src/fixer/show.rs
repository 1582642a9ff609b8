//! A plan and what became of it, for people and programs.

use super::apply::{Applied, Prepared, State, prepare};
use super::plan::{Because, Edit, Left, Plan};
use super::request::{Op, Style, parts};
use super::run::Repair;
use super::target::Target;
use super::undo::Undone;
use super::wire::{Look, Wire};
use crate::report::escape_terminal as escaped;
use forestbed_sim::ldif::{Body, ModifySpec, Record, SpecOp, Value, write_record};
use forestbed_sim::rules::Severity;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The plan as a text: what would change and why, and what is left.
pub fn plan_text(plan: &Plan) -> String {
    let mut out = String::new();
    for change in &plan.changes {
        let _ = writeln!(out, "{}", escaped(&change.object.dn));
        change.edits.iter().for_each(|edit| edit_text(&mut out, edit));
    }
    left_text(&mut out, &plan.left);
    for (row, problem) in &plan.unmet {
        let _ = writeln!(out, "decision in row {row} not applied: {}", escaped(problem));
    }
    let attributes: usize = plan.changes.iter().map(|change| change.edits.len()).sum();
    let _ = writeln!(
        out,
        "{} objects looked at: {} to change ({attributes} attributes), {} findings left",
        plan.objects,
        plan.changes.len(),
        plan.left.len()
    );
    out
}

fn edit_text(out: &mut String, edit: &Edit) {
    let _ = writeln!(out, "  {}", edit.attribute);
    let only = |these: &[String], those: &[String], sign: char, out: &mut String| {
        for value in these.iter().filter(|value| !those.contains(value)) {
            let _ = writeln!(out, "    {sign} {}", quoted(value));
        }
    };
    only(&edit.before, &edit.after, '-', out);
    only(&edit.after, &edit.before, '+', out);
    for why in &edit.why {
        let _ = writeln!(out, "    {} {}: {}", why.rule, severity(why.severity), escaped(&why.reason));
    }
}

fn left_text(out: &mut String, left: &[Left]) {
    let titles = [
        (Because::NeedsDecision, "needs a decision (see --decisions)"),
        (Because::Decided, "left as decided"),
        (Because::NotAsked, "a rule has a suggestion, but only decisions are applied"),
        (Because::WouldRename, "the repair would rename the object"),
        (Because::Unsettled, "repairs that undo each other"),
    ];
    for (because, title) in titles {
        let mut last = "";
        for left in left.iter().filter(|left| left.because == because) {
            if last.is_empty() {
                let _ = writeln!(out, "{title}:");
            }
            if last != left.dn {
                let _ = writeln!(out, "  {}", escaped(&left.dn));
            }
            last = &left.dn;
            let value = left.value.as_deref().map_or_else(String::new, |value| format!(" {}", quoted(value)));
            let line = format!("{} {} {}", left.attribute, left.rule, severity(left.severity));
            let _ = writeln!(out, "    {line}{value}: {}", escaped(&left.reason));
            for other in &left.others {
                let _ = writeln!(out, "      also {}", escaped(other));
            }
        }
    }
}

/// In quotes, so that spaces at the ends are seen.
fn quoted(value: &str) -> String {
    format!("\"{}\"", escaped(value))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// What became of a plan that was carried out, as a text.
pub fn applied_text(repair: &Repair) -> String {
    let mut out = String::new();
    for Applied { dn, state, text, .. } in &repair.applied {
        if !matches!(state, State::Done | State::Already) {
            let _ = writeln!(out, "{}: {}: {}", state.name(), escaped(dn), escaped(text));
        }
    }
    left_text(&mut out, &repair.left);
    for (row, problem) in &repair.plan.unmet {
        let _ = writeln!(out, "decision in row {row} not applied: {}", escaped(problem));
    }
    let states =
        [State::Done, State::Already, State::Conflict, State::Refused, State::NotTried, State::Unknown];
    let counts: Vec<String> = states
        .into_iter()
        .map(|state| (state, repair.count(state)))
        .filter(|(state, count)| *count > 0 || *state == State::Done)
        .map(|(state, count)| format!("{count} {}", state.name()))
        .collect();
    let _ = writeln!(
        out,
        "{} objects looked at: {}; {} findings left",
        repair.plan.objects,
        counts.join(", "),
        repair.left.len()
    );
    if let Some(why) = &repair.stopped {
        let _ = writeln!(out, "stopped: {}", escaped(why));
    }
    out
}

/// A repair, or with `applied` false the plan alone, as JSON of format 1.
pub fn json_of(repair: &Repair, applied: bool) -> Json {
    let ended: BTreeMap<(usize, &str), &Applied> =
        repair.applied.iter().map(|applied| ((applied.forest, applied.dn.as_str()), applied)).collect();
    let changes: Vec<Json> = repair
        .plan
        .changes
        .iter()
        .map(|change| {
            let object = &change.object;
            let mut json = json!({ "dn": object.dn, "forest": object.forest, "edits": change.edits });
            if let Some(guid) = object.guid {
                json["guid"] = json!(guid.to_string());
            }
            if let Some(ended) = ended.get(&(object.forest, object.dn.as_str())) {
                json["state"] = json!(ended.state);
            }
            json
        })
        .collect();
    let unmet: Vec<Json> =
        repair.plan.unmet.iter().map(|(row, problem)| json!({ "row": row, "problem": problem })).collect();
    json!({
        "format": 1,
        "applied": applied,
        "objects": repair.plan.objects,
        "changes": changes,
        "results": repair.applied,
        "left": repair.left,
        "decisions_not_applied": unmet,
        "over_limit": repair.over_limit,
        "stopped": repair.stopped,
    })
}

/// The changes of a plan as LDIF, with the octets that the server holds now; for `ldapmodify -f`. What can no longer
/// be changed so stands there as a comment.
pub async fn changes_ldif(plan: &Plan, targets: &mut [Box<dyn Target + '_>]) -> String {
    let mut out = "version: 1\n\n".to_owned();
    for change in &plan.changes {
        let comment = |out: &mut String, text: &str| {
            let _ = writeln!(out, "# {}", escaped(text));
        };
        let names: Vec<String> = change.edits.iter().map(|edit| edit.attribute.clone()).collect();
        let Some(target) = targets.get_mut(change.object.forest) else { continue };
        let prepared = match Wire::new(target.as_mut()).look(&change.object, &names).await {
            Look::Found(stored) => prepare(change, &stored),
            Look::Gone => Prepared::Conflict("the object is gone".to_owned()),
            Look::Refused(why) | Look::Down(why) => Prepared::Wrong(why),
        };
        let record = match prepared {
            Prepared::Ready(record) => record,
            Prepared::Already => continue,
            Prepared::Conflict(why) | Prepared::Wrong(why) => {
                comment(&mut out, &format!("not changed: {}: {why}", change.object.dn));
                out.push('\n');
                continue;
            }
        };
        for edit in &change.edits {
            edit.why.iter().for_each(|why| comment(&mut out, &format!("{}: {}", why.rule, why.reason)));
        }
        let all =
            record.attributes.iter().flat_map(|a| parts(&a.name, &a.before, &a.after, Style::Difference));
        let specs = all.map(|part| ModifySpec {
            op: match part.op {
                Op::Delete => SpecOp::Delete,
                Op::Add => SpecOp::Add,
                Op::Replace => SpecOp::Replace,
            },
            attribute: part.attribute,
            values: part.values.into_iter().map(|value| Value::Bytes(value.0)).collect(),
        });
        let body = Body::Modify(specs.collect());
        write_record(&mut out, &Record { line: 0, dn: record.dn, controls: Vec::new(), body });
    }
    out
}

/// What was taken back, or would be, as a text.
pub fn undone_text(undone: &[Undone], applied: bool) -> String {
    let mut out = String::new();
    let mut counts: BTreeMap<State, usize> = BTreeMap::new();
    for Undone { applied: ended, attributes } in undone {
        *counts.entry(ended.state).or_default() += 1;
        match ended.state {
            State::NotTried if !applied && ended.text.is_empty() => {
                let _ = writeln!(out, "{}", escaped(&ended.dn));
                for attribute in attributes {
                    let shown = |values: &[super::Octets]| values.iter().map(super::Octets::shown).collect();
                    let (before, after) = (shown(&attribute.before), shown(&attribute.after));
                    let attribute = attribute.name.clone();
                    edit_text(&mut out, &Edit { attribute, before, after, why: Vec::new() });
                }
            }
            State::Done | State::Already => {}
            state => {
                let _ = writeln!(out, "{}: {}: {}", state.name(), escaped(&ended.dn), escaped(&ended.text));
            }
        }
    }
    let name = |state: &State| match state {
        State::Done => "restored",
        State::Already => "already as before",
        State::NotTried if !applied => "to restore",
        other => other.name(),
    };
    let counts: Vec<String> =
        counts.iter().map(|(state, count)| format!("{count} {}", name(state))).collect();
    let _ = writeln!(out, "{} objects in the journal: {}", undone.len(), counts.join(", "));
    out
}

/// The same as JSON of format 1.
pub fn undone_json(undone: &[Undone], applied: bool) -> Json {
    let results: Vec<Json> = undone
        .iter()
        .map(|one| {
            let mut json = json!(one.applied);
            json["attributes"] = json!(one.attributes);
            json
        })
        .collect();
    json!({ "format": 1, "applied": applied, "results": results })
}
