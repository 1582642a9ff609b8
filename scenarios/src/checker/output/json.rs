//! The report as JSON: what `score`, scenarios and other programs read.

use super::{Action, Found, Output, Tally};
use crate::tool;
use forestbed_sim::dump::is_unsafe;
use forestbed_sim::rules::{Finding, Severity};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Other holders of a value that a finding names.
const OTHERS_MAX: usize = 100;

/// One finding as the report writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// What every checker's report has.
    #[serde(flatten)]
    pub finding: tool::Finding,
    /// What is proposed: `replace`, `remove`, `add`, `keep` or `decide`.
    #[serde(default)]
    pub action: String,
    /// Of a duplicate: who should keep the value, by distinguished name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Why, in words.
    #[serde(default)]
    pub reason: String,
    /// How many more hold the value than `others` names.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_others: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A finding as the report writes it.
pub fn reported(finding: &Finding, action: &Action) -> Reported {
    let (others, more_others) = others(finding);
    let suggestion = match action {
        Action::Decide => None,
        action => Some(action.text(finding.value.as_deref())),
    };
    Reported {
        finding: tool::Finding {
            object: finding.guid.clone().unwrap_or_default(),
            dn: finding.dn.clone(),
            attribute: finding.attribute.to_string(),
            rule: finding.rule.to_string(),
            severity: severity(finding).to_owned(),
            value: finding.value.clone().unwrap_or_default(),
            suggestion,
            others: others.to_vec(),
            left: finding.needs_decision(),
        },
        action: action.name().to_owned(),
        owner: finding.owner.clone(),
        reason: finding.reason.clone(),
        more_others,
    }
}

/// The other holders that are named, and how many more there are.
pub(super) fn others(finding: &Finding) -> (&[String], usize) {
    let shown = finding.others.len().min(OTHERS_MAX);
    (&finding.others[..shown], finding.others.len() - shown)
}

pub(super) fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

pub(super) struct Json {
    any: bool,
}

impl Json {
    pub(super) fn begin(out: &mut dyn Write) -> io::Result<Json> {
        out.write_all(b"{\"format\":1,\"findings\":[")?;
        Ok(Json { any: false })
    }
}

impl Output for Json {
    fn finding(&mut self, found: &Found<'_>, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if std::mem::replace(&mut self.any, true) { b",\n" } else { b"\n" })?;
        write_value(out, &reported(found.finding, found.action))
    }

    fn end(&mut self, _: &Tally, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"\n]}\n")
    }
}

/// Writes a value as JSON that a terminal may show: what it would obey or hide is written as `\u....`, which
/// reads back as the same text.
pub(super) fn write_value(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string(value)?;
    if !text.chars().any(is_unsafe) {
        return out.write_all(text.as_bytes());
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    out.write_all(safe.as_bytes())
}
