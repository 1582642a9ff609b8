//! The steps of a scenario. Each is a mapping with one key, read by a visitor written by hand, so that a
//! misspelt key is named with its place and with the keys that are allowed.

use super::expect::Expectations;
use super::fault::FaultStep;
use super::graph_requests::GraphRequest;
use super::ldif_changes::LdifChanges;
use super::scalars::{Count, Name, Span, Whole, checked, parse_span};
use super::subscriptions::SubscriptionSection;
use super::synchronize::SynchronizeSection;
use super::text_or_map::Product;
use crate::tool::{Cycle, Role};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How long a tool may take unless its step says otherwise, in wall time.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// One step.
#[derive(Debug, Clone)]
pub enum Step {
    /// Runs the tool of a role.
    Run(RunStep),
    /// Writes or compares the state.
    Snapshot(Name),
    /// Judges what happened so far.
    Expect(Box<Expectations>),
    /// Moves virtual time on.
    Advance(Span),
    /// Changes the directory, as life does.
    Change(Box<ChangeStep>),
    /// Arms a fault.
    Fault(FaultStep),
}

const STEP_KEYS: &[&str] = &["run", "snapshot", "expect", "advance", "change", "fault"];

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Step, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Step;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a step: a mapping with one of the keys {}", STEP_KEYS.join(", "))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Step, A::Error> {
                let Some(key) = map.next_key::<String>()? else {
                    return Err(de::Error::custom(format!(
                        "an empty step: write one of {}",
                        STEP_KEYS.join(", ")
                    )));
                };
                let step = match key.as_str() {
                    "run" => Step::Run(map.next_value()?),
                    "snapshot" => Step::Snapshot(map.next_value()?),
                    "expect" => Step::Expect(Box::new(map.next_value()?)),
                    "advance" => Step::Advance(map.next_value()?),
                    "change" => Step::Change(Box::new(map.next_value()?)),
                    "fault" => Step::Fault(map.next_value()?),
                    other => return Err(de::Error::unknown_field(other, STEP_KEYS)),
                };
                match map.next_key::<String>()? {
                    None => Ok(step),
                    Some(other) => Err(de::Error::custom(format!(
                        "a step has one key, and this one has '{key}' and '{other}': begin a new step with '- '"
                    ))),
                }
            }
        }
        deserializer.deserialize_map(V)
    }
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let run = generator.subschema_for::<RunStep>();
        let name = generator.subschema_for::<Name>();
        let expect = generator.subschema_for::<Expectations>();
        let span = generator.subschema_for::<Span>();
        let change = generator.subschema_for::<ChangeStep>();
        let fault = generator.subschema_for::<FaultStep>();
        json_schema!({
            "description": "One step: a mapping with one key.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": false,
            "properties": {
                "run": run, "snapshot": name, "expect": expect, "advance": span, "change": change, "fault": fault
            }
        })
    }
}

/// Runs the tool of a role: `run: fixer`, or a mapping with more to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStep {
    /// Which role.
    pub role: Role,
    /// Which cycle a sync engine is asked for.
    pub cycle: Cycle,
    /// How long it may take, in wall time.
    pub timeout: Duration,
    /// Which exit codes are right.
    pub exit: ExitRule,
    /// Whether a sync engine is in staging: it reads and computes, and writes nothing.
    pub staging: bool,
    /// Which of several engines of the role runs: each name has a folder of its own for what it keeps. None is
    /// the one without a name.
    pub engine: Option<Name>,
}

/// Which exit codes of a tool are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitRule {
    /// Exactly this one.
    Code(u8),
    /// Every one.
    Any,
}

impl ExitRule {
    /// Whether a tool may end so.
    pub fn allows(self, exit: i32) -> bool {
        match self {
            ExitRule::Any => true,
            ExitRule::Code(code) => exit == i32::from(code),
        }
    }
}

impl fmt::Display for ExitRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExitRule::Any => f.write_str("any"),
            ExitRule::Code(code) => write!(f, "{code}"),
        }
    }
}

/// A span that a tool may take: longer than nothing.
struct Timeout(Duration);

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timeout, D::Error> {
        checked(deserializer, "a span of time, such as 90s", |text| match parse_span(text)? {
            Duration::ZERO => Err(format!("'{text}' is no time at all: write a span such as 90s or 10m")),
            span => Ok(Timeout(span)),
        })
    }
}

/// A role in a file.
struct RoleName(Role);

impl<'de> Deserialize<'de> for RoleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RoleName, D::Error> {
        checked(deserializer, "a role", |text| text.parse().map(RoleName))
    }
}

impl<'de> Deserialize<'de> for ExitRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ExitRule, D::Error> {
        struct V;
        const ALLOWED: &str = "an exit code from 0 to 255, or any";
        impl Visitor<'_> for V {
            type Value = ExitRule;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(ALLOWED)
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<ExitRule, E> {
                let code = u8::try_from(value);
                code.map(ExitRule::Code)
                    .map_err(|_| E::custom(format!("{value} is not allowed here: write {ALLOWED}")))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<ExitRule, E> {
                let code = u8::try_from(value);
                code.map(ExitRule::Code)
                    .map_err(|_| E::custom(format!("{value} is not allowed here: write {ALLOWED}")))
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<ExitRule, E> {
                if value == "any" {
                    return Ok(ExitRule::Any);
                }
                Err(E::custom(format!("'{value}' is not allowed here: write {ALLOWED}")))
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de> Deserialize<'de> for Cycle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cycle, D::Error> {
        checked(deserializer, "initial or delta", |text| match text {
            "initial" => Ok(Cycle::Initial),
            "delta" => Ok(Cycle::Delta),
            other => Err(format!("'{other}' is not allowed here: write initial or delta")),
        })
    }
}

impl<'de> Deserialize<'de> for RunStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RunStep, D::Error> {
        struct V;
        const KEYS: &[&str] = &["role", "cycle", "timeout", "exit", "staging", "engine"];
        impl<'de> Visitor<'de> for V {
            type Value = RunStep;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a role (checker, fixer, sync, licenser), or a mapping such as { role: sync, cycle: delta }")
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<RunStep, E> {
                value.parse().map(RunStep::of).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RunStep, A::Error> {
                let mut step = RunStep::of(Role::Checker);
                let mut role = None;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "role" => role = Some(map.next_value::<RoleName>()?.0),
                        "cycle" => step.cycle = map.next_value()?,
                        "timeout" => step.timeout = map.next_value::<Timeout>()?.0,
                        "exit" => step.exit = map.next_value()?,
                        "staging" => step.staging = map.next_value()?,
                        "engine" => step.engine = Some(map.next_value()?),
                        other => return Err(de::Error::unknown_field(other, KEYS)),
                    }
                }
                step.role = role.ok_or_else(|| de::Error::missing_field("role"))?;
                Ok(step)
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl RunStep {
    /// The step that runs a role and says nothing more.
    pub fn of(role: Role) -> RunStep {
        let (cycle, exit) = (Cycle::Initial, ExitRule::Code(0));
        RunStep { role, cycle, timeout: DEFAULT_TIMEOUT, exit, staging: false, engine: None }
    }
}

impl JsonSchema for RunStep {
    fn schema_name() -> Cow<'static, str> {
        "Run".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let span = generator.subschema_for::<Span>();
        let name = generator.subschema_for::<Name>();
        json_schema!({
            "description": "Runs the tool of a role.",
            "oneOf": [
                { "enum": ["checker", "fixer", "sync", "licenser"] },
                { "type": "object", "additionalProperties": false, "required": ["role"], "properties": {
                    "role": { "enum": ["checker", "fixer", "sync", "licenser"] },
                    "cycle": { "enum": ["initial", "delta"], "default": "initial" },
                    "timeout": span,
                    "exit": { "oneOf": [{ "type": "integer", "minimum": 0, "maximum": 255 }, { "const": "any" }], "default": 0 },
                    "staging": {
                        "type": "boolean", "default": false,
                        "description": "The engine reads and computes, and writes nothing: FORESTBED_STAGING=1."
                    },
                    "engine": name
                } }
            ]
        })
    }
}

/// Changes of the directory, applied in the order of these fields; whom they hit is drawn from the seed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeStep {
    /// So many new people appear.
    pub create_users: Option<Count>,
    /// So many people get a new surname, with display name and RDN.
    pub rename: Option<Count>,
    /// Everyone of one organizational unit moves to another, which is made if it is not there.
    pub move_ou: Option<MoveOu>,
    /// So many people get a value.
    pub modify: Option<Modify>,
    /// So many people leave.
    pub delete_users: Option<Count>,
    /// Deleted objects that come back from the recycle bin, by the distinguished names that they had. Of several
    /// that had a name, the one that was deleted last.
    #[serde(default)]
    pub restore: Vec<String>,
    /// What happens to single objects, as LDIF: entries to add, and records with `changetype`.
    pub ldif: Option<LdifChanges>,
    /// What happens to subscriptions of the tenant, by part number or skuId.
    #[serde(default)]
    pub subscriptions: BTreeMap<Product, SubscriptionSection>,
    /// What an administrator of the tenant does there, as requests to Graph in their order, after all other changes.
    /// They cost the tools nothing.
    #[serde(default)]
    pub graph: Vec<GraphRequest>,
    /// What the customer wants synchronized from now on, in the place of what was wanted before.
    pub synchronize: Option<SynchronizeSection>,
    /// Which forest, counted from 1 (1 unless said).
    pub forest: Option<Whole<1, 64>>,
}

/// Everyone of one organizational unit moves to another.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveOu {
    /// Name of the unit that they leave.
    pub from: String,
    /// Name of the unit that they join.
    pub to: String,
}

/// Some people get a value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Modify {
    /// How many.
    pub users: Count,
    /// Which attribute.
    pub attribute: String,
    /// Its new value; none clears it.
    pub value: Option<String>,
}
