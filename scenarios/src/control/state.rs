//! The state of the estate: health, going back, dumps, truth, scores, changes.

use super::problem::Problem;
use super::{Shared, done, name, ok, read};
use crate::estate::canonical;
use crate::format::ChangeStep;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use forestbed_sim::dump::{self, Dump, DumpOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The most named states at once.
const MOST_CHECKPOINTS: usize = 1000;

fn to_value(value: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(value).map_err(|error| Problem::new(500, "Cannot answer", error.to_string()))
}

pub(super) async fn health(State(control): Shared) -> Response {
    ok(&control.health)
}

pub(super) async fn plan(State(control): Shared) -> Result<Response, Problem> {
    Ok(ok(&to_value(&control.estate.plan.now())?))
}

pub(super) async fn reset(State(control): Shared) -> Result<Response, Problem> {
    control.estate.reset().map_err(|error| Problem::new(500, "Cannot go back", error.to_string()))?;
    Ok(done())
}

pub(super) async fn checkpoints(State(control): Shared) -> Response {
    ok(&json!({ "checkpoints": control.estate.world.checkpoints() }))
}

pub(super) async fn checkpoint(
    State(control): Shared,
    Path(text): Path<String>,
) -> Result<Response, Problem> {
    let name = name(&text)?;
    let world = &control.estate.world;
    let known = world.checkpoints();
    if known.len() >= MOST_CHECKPOINTS && !known.contains(&name.0) {
        return Err(Problem::new(409, "Too many checkpoints", format!("at most {MOST_CHECKPOINTS}")));
    }
    control.estate.checkpoint(&name.0);
    Ok(done())
}

pub(super) async fn restore(State(control): Shared, Path(text): Path<String>) -> Result<Response, Problem> {
    let name = name(&text)?;
    let restored = control
        .estate
        .restore(&name.0)
        .map_err(|error| Problem::new(500, "Cannot go back", error.to_string()))?;
    if restored {
        return Ok(done());
    }
    let known = control.estate.world.checkpoints().join(", ");
    Err(Problem::new(
        404,
        "There is no such checkpoint",
        format!("'{}' was never made; there are: {known}", name.0),
    ))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DumpQuery {
    #[serde(default)]
    format: DumpFormat,
    #[serde(default)]
    stamps: bool,
    forest: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DumpFormat {
    #[default]
    Yaml,
    Jsonl,
    Ldif,
}

pub(super) async fn dump(
    State(control): Shared,
    Path(part): Path<String>,
    query: Query<DumpQuery>,
) -> Result<Response, Problem> {
    let world = &control.estate.world;
    let options = if query.stamps { DumpOptions::with_stamps() } else { DumpOptions::default() };
    let dumps: Vec<Dump> = match part.as_str() {
        "tenant" => vec![dump::tenant(&world.tenant(), options)],
        "directory" => {
            let forests = world.domains().len();
            let wanted = match query.forest {
                None => 1..=forests,
                Some(number) if (1..=forests).contains(&number) => number..=number,
                Some(_) => {
                    let detail = format!("the estate has {forests}, counted from 1");
                    return Err(Problem::new(404, "There is no such forest", detail));
                }
            };
            let stamped = |forest| dump::directory(&world.directory(forest), options);
            let forest =
                |number| if query.stamps { stamped(number - 1) } else { canonical(world, number - 1) };
            wanted.map(forest).collect()
        }
        _ => return Err(Problem::new(404, "There is no such dump", "use directory or tenant")),
    };
    let texts: Option<Vec<String>> = dumps.iter().map(|dump| text(dump, query.format)).collect();
    let Some(texts) = texts else {
        return Err(Problem::new(400, "A tenant is no directory", "use format=yaml or format=jsonl"));
    };
    let kind = match query.format {
        DumpFormat::Yaml => "application/yaml",
        DumpFormat::Jsonl => "application/x-ndjson",
        DumpFormat::Ldif => "text/plain; charset=utf-8",
    };
    let mut response = texts.concat().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

fn text(dump: &Dump, format: DumpFormat) -> Option<String> {
    match format {
        DumpFormat::Yaml => Some(dump.to_yaml()),
        DumpFormat::Jsonl => Some(dump.to_jsonl()),
        DumpFormat::Ldif => dump.to_ldif(),
    }
}

pub(super) async fn truth(State(control): Shared) -> Result<Response, Problem> {
    let mut forests = Vec::new();
    for cell in control.estate.world.domains() {
        forests.push(json!({ "domain": cell.spec.domain, "ledger": to_value(&*cell.ledger)? }));
    }
    Ok(ok(&json!({ "format": 1, "forests": forests })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreQuery {
    #[serde(default)]
    format: ScoreFormat,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ScoreFormat {
    #[default]
    Json,
    Text,
}

pub(super) async fn score(State(control): Shared, query: Query<ScoreQuery>) -> Result<Response, Problem> {
    let estate = control.estate.clone();
    let score = tokio::task::spawn_blocking(move || estate.score())
        .await
        .map_err(|error| Problem::new(500, "Cannot score", error.to_string()))?;
    match query.format {
        ScoreFormat::Json => Ok(ok(&to_value(&score)?)),
        // axum calls a String text/plain; charset=utf-8
        ScoreFormat::Text => Ok(score.to_string().into_response()),
    }
}

pub(super) async fn change(State(control): Shared, body: Bytes) -> Result<Response, Problem> {
    let step: ChangeStep = read(&body)?;
    let report = control
        .estate
        .change(&step)
        .map_err(|refusal| Problem::new(409, "Cannot change the estate so", refusal.to_string()))?;
    Ok(ok(&to_value(&report)?))
}
