//! Faults: which requests they hit, and what happens to those.

use super::scalars::{OperationGlob, RequestGlob, Span, Whole};
use forestbed_sim::fault::{Effect, Fault, HttpAction, HttpFault, LdapAction, LdapFault, MILLION};
use forestbed_sim::journal::Side;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The LDAP operations that a fault can hit.
const OPERATIONS: [&str; 9] =
    ["bind", "search", "add", "modify", "delete", "modifyDN", "compare", "extended", "*"];
/// Results by name, as RFC 4511 names them.
const RESULTS: [(&str, u32); 12] = [
    ("operationsError", 1),
    ("timeLimitExceeded", 3),
    ("sizeLimitExceeded", 4),
    ("referral", 10),
    ("adminLimitExceeded", 11),
    ("noSuchObject", 32),
    ("invalidCredentials", 49),
    ("insufficientAccessRights", 50),
    ("busy", 51),
    ("unavailable", 52),
    ("unwillingToPerform", 53),
    ("other", 80),
];
type Number = Whole<1, 1_000_000_000>;

/// A fault: which requests it hits (`graph`, `login`, `provisioning` or `ldap`), when, and what happens to them; or
/// `none`, the end of all that are armed.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultStep(Option<Fault>);

impl<'de> Deserialize<'de> for FaultStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FaultStep, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = FaultStep;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a fault such as { graph: \"POST /v1.0/users\", status: 429 }, or none")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<FaultStep, E> {
                match text {
                    "none" => Ok(FaultStep(None)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FaultStep, A::Error> {
                let raw = RawFault::deserialize(MapAccessDeserializer::new(map))?;
                FaultStep::try_from(raw).map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl JsonSchema for FaultStep {
    fn schema_name() -> Cow<'static, str> {
        "FaultStep".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let raw = generator.subschema_for::<RawFault>();
        json_schema!({
            "description": "A fault, or none: the end of all that are armed.",
            "anyOf": [{ "const": "none" }, raw]
        })
    }
}

impl FaultStep {
    /// The fault as the world keeps it; none when all that are armed end.
    pub fn fault(&self) -> Option<Fault> {
        self.0.clone()
    }

    /// What it does to whom, in a few words.
    pub fn title(&self) -> String {
        let Some(fault) = &self.0 else { return "no more faults".to_owned() };
        let what = match &fault.effect {
            Effect::Http(fault) => match fault.action {
                HttpAction::Status { status, .. } => status.to_string(),
                HttpAction::Drop => "drop".to_owned(),
                HttpAction::Delay(span) => format!("delay {} s", span.as_secs_f64()),
                HttpAction::Truncate => "truncate".to_owned(),
            },
            Effect::Ldap(fault) => match fault.action {
                LdapAction::Result(code) => format!("result {code}"),
                LdapAction::Drop => "drop".to_owned(),
                LdapAction::Delay(span) => format!("delay {} s", span.as_secs_f64()),
                LdapAction::Truncate => "truncate".to_owned(),
            },
        };
        format!("fault {what} on {}", fault.pattern)
    }
}

/// A fault. Either `graph`, `login` or `provisioning` with one of `status`, `drop`, `delay`, `truncate`, or `ldap` with one
/// of `result`, `drop`, `delay`, `truncate`.
#[derive(Debug, Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawFault {
    /// Method and path, each with * for any run of characters: "POST /v1.0/users/*/assignLicense".
    graph: Option<RequestGlob>,
    /// The same for the token service: "POST */oauth2/v2.0/token".
    login: Option<RequestGlob>,
    /// The name of an operation of the provisioning service, with * for any run of characters:
    /// "ProvisionAzureADSyncObjects*". What comes to it as JSON through the control API is called provision.
    provisioning: Option<OperationGlob>,
    /// An LDAP operation (bind, search, add, modify, delete, modifyDN, compare, extended or *), and a DN with *
    /// for any run of characters if it matters which: "modify *,OU=Staff,DC=contoso,DC=local".
    ldap: Option<String>,
    /// It hits first at this matching request (1 unless said).
    nth: Option<Number>,
    /// It hits so many times (1 unless said; for ever with `every` or `probability`).
    count: Option<Number>,
    /// It hits every so many matching requests.
    every: Option<Number>,
    /// It hits a matching request with this probability, 0 to 1, by the seed.
    probability: Option<f64>,
    /// All but LDAP: the HTTP status of the answer.
    status: Option<Whole<400, 599>>,
    /// All but LDAP: the Retry-After that goes with it, in whole seconds.
    retry_after: Option<Span>,
    /// LDAP: the result of the answer, such as busy or unavailable, or its number.
    result: Option<LdapResult>,
    /// There is no answer, the connection is closed.
    #[serde(default)]
    drop: bool,
    /// The answer comes so much later, in wall time.
    delay: Option<Span>,
    /// Half of the answer (over HTTP: of its body) comes, then the connection is closed.
    #[serde(default)]
    truncate: bool,
    /// The request is carried out before it fails. On all but LDAP, when nothing else is said, its answer is lost
    /// as with drop.
    #[serde(default)]
    after_commit: bool,
}

/// A result code by its name or its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LdapResult(u32);

impl<'de> Deserialize<'de> for LdapResult {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<LdapResult, D::Error> {
        struct V;
        impl serde::de::Visitor<'_> for V {
            type Value = LdapResult;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let names: Vec<&str> = RESULTS.iter().map(|(name, _)| *name).collect();
                write!(f, "a result code, or one of {}", names.join(", "))
            }
            fn visit_u64<E: serde::de::Error>(self, code: u64) -> Result<LdapResult, E> {
                let code = u32::try_from(code).ok().filter(|code| (1..=4096).contains(code));
                code.map(LdapResult).ok_or_else(|| E::custom("a result code from 1 to 4096 is needed"))
            }
            fn visit_i64<E: serde::de::Error>(self, code: i64) -> Result<LdapResult, E> {
                self.visit_u64(u64::try_from(code).unwrap_or(0))
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<LdapResult, E> {
                let found = RESULTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                found
                    .map(|(_, code)| LdapResult(*code))
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(name), &self))
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl JsonSchema for LdapResult {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LdapResult".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = RESULTS.iter().map(|(name, _)| *name).collect();
        schemars::json_schema!({
            "description": "A result of RFC 4511 by its name or its number.",
            "anyOf": [{ "enum": names }, { "type": "integer", "minimum": 1, "maximum": 4096 }]
        })
    }
}

impl TryFrom<RawFault> for FaultStep {
    type Error = String;

    fn try_from(raw: RawFault) -> Result<FaultStep, String> {
        let doors = [
            raw.graph.as_ref().map(|glob| (Side::Graph, glob.0.clone())),
            raw.login.as_ref().map(|glob| (Side::Login, glob.0.clone())),
            raw.provisioning.as_ref().map(|glob| (Side::Provisioning, format!("* {}", glob.0))),
        ];
        let mut doors = doors.into_iter().flatten();
        let (side, pattern, effect) = match (doors.next(), doors.next(), &raw.ldap) {
            (Some((side, pattern)), None, None) => (side, pattern, raw.http_effect()?),
            (None, None, Some(ldap)) => (Side::Ldap, operation(ldap)?, raw.ldap_effect()?),
            _ => {
                return Err("a fault has one of graph, login, provisioning and ldap: which requests it hits"
                    .to_owned());
            }
        };
        let probability = raw.probability.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&probability) {
            return Err(format!("probability {probability} is not between 0 and 1"));
        }
        let again = raw.every.is_some() || raw.probability.is_some();
        let count = raw.count.map(|count| count.0).or(if again { None } else { Some(1) });
        Ok(FaultStep(Some(Fault {
            side,
            pattern,
            nth: raw.nth.map_or(1, |nth| nth.0),
            count,
            every: raw.every.map_or(1, |every| every.0),
            per_million: (probability * f64::from(MILLION)).round() as u32,
            effect,
        })))
    }
}

impl RawFault {
    fn http_effect(&self) -> Result<Effect, String> {
        if self.result.is_some() {
            return Err("result is for ldap: the other doors have status".to_owned());
        }
        if self.retry_after.is_some() && self.status.is_none() {
            return Err("retry_after goes with a status".to_owned());
        }
        let status = |status: Whole<400, 599>| HttpAction::Status {
            status: u16::try_from(status.0).unwrap_or(500),
            retry_after: self.retry_after.map(|span| span.0),
        };
        let actions = [
            self.status.map(status),
            self.drop.then_some(HttpAction::Drop),
            self.delay.map(|span| HttpAction::Delay(span.0)),
            self.truncate.then_some(HttpAction::Truncate),
        ];
        let mut actions = actions.into_iter().flatten();
        let action = match (actions.next(), actions.next()) {
            (Some(action), None) => action,
            (None, _) if self.after_commit => HttpAction::Drop,
            _ => {
                return Err(
                    "a fault on graph, login or provisioning has one of status, drop, delay, truncate"
                        .to_owned(),
                );
            }
        };
        Ok(Effect::Http(HttpFault { action, after_commit: self.after_commit }))
    }

    fn ldap_effect(&self) -> Result<Effect, String> {
        if self.status.is_some() || self.retry_after.is_some() {
            return Err("status and retry_after are not for ldap, which has result".to_owned());
        }
        let actions = [
            self.result.map(|result| LdapAction::Result(result.0)),
            self.drop.then_some(LdapAction::Drop),
            self.delay.map(|span| LdapAction::Delay(span.0)),
            self.truncate.then_some(LdapAction::Truncate),
        ];
        let mut actions = actions.into_iter().flatten();
        match (actions.next(), actions.next()) {
            (Some(action), None) => Ok(Effect::Ldap(LdapFault { action, after_commit: self.after_commit })),
            _ => Err("a fault on ldap has one of result, drop, delay, truncate".to_owned()),
        }
    }
}

/// The pattern of an LDAP operation: its name, and a DN's glob.
fn operation(text: &str) -> Result<String, String> {
    let (name, dn) = text.split_once(' ').unwrap_or((text, "*"));
    let known = OPERATIONS.iter().find(|known| known.eq_ignore_ascii_case(name));
    match known {
        Some(name) if text.len() <= 1024 => Ok(format!("{name} {dn}")),
        _ => Err(format!("'{name}' is no operation of LDAP: there are {}", OPERATIONS.join(", "))),
    }
}
