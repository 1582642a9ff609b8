//! Virtual time: reading it, moving it, waiting in it.

use super::problem::Problem;
use super::{Shared, ok, read};
use crate::format::scalars::{Instant, Span};
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::world::World;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// The longest wait in wall time that a realtime clock is asked for.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// What a body may say: exactly one of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    advance: Option<Span>,
    set: Option<Instant>,
    wait: Option<Span>,
}

/// One of three commands.
#[derive(Debug)]
enum Command {
    /// Moves time on.
    Advance(Span),
    /// Moves time on to an instant.
    Set(Instant),
    /// Lets a span pass for the caller, as a client that keeps a Retry-After does.
    Wait(Span),
}

impl Asked {
    fn command(self) -> Result<Command, Problem> {
        match self {
            Asked { advance: Some(span), set: None, wait: None } => Ok(Command::Advance(span)),
            Asked { advance: None, set: Some(instant), wait: None } => Ok(Command::Set(instant)),
            Asked { advance: None, set: None, wait: Some(span) } => Ok(Command::Wait(span)),
            _ => Err(Problem::new(
                400,
                "The body is not what this call takes",
                "write one of advance, set and wait, such as {\"advance\":\"30m\"}",
            )),
        }
    }
}

fn face(world: &World) -> Value {
    json!({ "now": world.clock.now().rfc3339(), "millis": world.clock.now().millis(), "mode": world.clock.mode().to_string() })
}

pub(super) async fn show(State(control): Shared) -> Response {
    ok(&face(&control.estate.world))
}

pub(super) async fn command(State(control): Shared, body: Bytes) -> Result<Response, Problem> {
    let world = &control.estate.world;
    match read::<Asked>(&body)?.command()? {
        Command::Advance(span) => {
            world.advance(span.0);
        }
        Command::Set(instant) => {
            let (now, target) = (world.clock.now(), instant.time());
            if target < now {
                let detail = format!("it is {now} already; POST /api/reset goes back to the start");
                return Err(Problem::new(409, "Time does not go back", detail));
            }
            world.advance_to(target);
        }
        Command::Wait(span) if world.clock.mode() == ClockMode::Realtime => wait(span.0).await?,
        Command::Wait(span) => {
            world.advance(span.0);
        }
    }
    Ok(ok(&face(world)))
}

async fn wait(span: Duration) -> Result<(), Problem> {
    if span > LONGEST_WAIT {
        let detail = format!("at most {} s on a realtime clock", LONGEST_WAIT.as_secs());
        return Err(Problem::new(400, "Too long a wait", detail));
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "on a realtime clock a virtual wait is a wait in wall time"
    )]
    tokio::time::sleep(span).await;
    Ok(())
}
