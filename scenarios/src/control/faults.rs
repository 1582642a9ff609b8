//! Faults on Graph, login, the provisioning service and LDAP.

use super::problem::Problem;
use super::{Shared, done, ok, read};
use crate::format::FaultStep;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use forestbed_sim::fault::{Effect, Fault, HttpAction, HttpFault, LdapAction, LdapFault, MILLION};
use forestbed_sim::journal::Side;
use serde_json::{Value, json};
use std::time::Duration;

/// The most faults in force at once.
const MOST: usize = 1000;

pub(super) async fn list(State(control): Shared) -> Response {
    let rules: Vec<Value> =
        control.estate.world.faults.list().iter().map(|(id, fault, seen)| show(*id, fault, *seen)).collect();
    ok(&json!({ "faults": rules }))
}

pub(super) async fn add(State(control): Shared, body: Bytes) -> Result<Response, Problem> {
    let step: FaultStep = read(&body)?;
    let faults = &control.estate.world.faults;
    let Some(fault) = step.fault() else {
        faults.clear();
        return Ok(done());
    };
    if faults.list().len() >= MOST {
        return Err(Problem::new(
            409,
            "Too many faults",
            format!("{MOST} are in force: DELETE /api/faults first"),
        ));
    }
    let id = faults.add(fault.clone());
    Ok(ok(&show(id, &fault, 0)))
}

pub(super) async fn remove(State(control): Shared, Path(id): Path<u64>) -> Result<Response, Problem> {
    if control.estate.world.faults.remove(id) {
        return Ok(done());
    }
    Err(Problem::new(404, "There is no such fault", format!("no fault {id} is in force")))
}

pub(super) async fn clear(State(control): Shared) -> Response {
    control.estate.world.faults.clear();
    done()
}

fn show(id: u64, fault: &Fault, seen: u64) -> Value {
    let span = |span: Duration| format!("{}ms", span.as_millis());
    let mut shown = json!({
        "id": id,
        "nth": fault.nth,
        "count": fault.count,
        "every": fault.every,
        "probability": f64::from(fault.per_million) / f64::from(MILLION),
        "matched": seen,
    });
    let mut more = match &fault.effect {
        Effect::Http(HttpFault { action, after_commit }) => {
            let (door, pattern) = match fault.side {
                Side::Login => ("login", fault.pattern.as_str()),
                Side::Provisioning => ("provisioning", fault.pattern.trim_start_matches("* ")),
                _ => ("graph", fault.pattern.as_str()),
            };
            let mut more = json!({ door: pattern, "after_commit": after_commit });
            match action {
                HttpAction::Status { status, retry_after } => {
                    more["status"] = json!(status);
                    more["retry_after"] = json!(retry_after.map(span));
                }
                HttpAction::Drop => more["drop"] = json!(true),
                HttpAction::Delay(delay) => more["delay"] = json!(span(*delay)),
                HttpAction::Truncate => more["truncate"] = json!(true),
            }
            more
        }
        Effect::Ldap(LdapFault { action, after_commit }) => {
            let mut more = json!({ "ldap": fault.pattern, "after_commit": after_commit });
            let (key, value) = match action {
                LdapAction::Result(code) => ("result", json!(code)),
                LdapAction::Drop => ("drop", json!(true)),
                LdapAction::Delay(delay) => ("delay", json!(span(*delay))),
                LdapAction::Truncate => ("truncate", json!(true)),
            };
            more[key] = value;
            more
        }
    };
    if let (Some(shown), Some(more)) = (shown.as_object_mut(), more.as_object_mut()) {
        shown.append(more);
    }
    shown
}
