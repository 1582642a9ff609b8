//! SARIF 2.1.0 (OASIS): results with their rules, for code scanning services and editors.

use super::json::{reported, write_value};
use super::{Context, Found, Output, Tally};
use forestbed_sim::defects::{Kind, Role, catalogue};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) struct Sarif {
    sources: Vec<String>,
    indexes: BTreeMap<&'static str, usize>,
    any: bool,
}

impl Sarif {
    pub(super) fn begin(context: &Context, out: &mut dyn Write) -> io::Result<Sarif> {
        let rows = catalogue().rows();
        let driver = json!({
            "name": "forestbed",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rows.iter().map(rule).collect::<Vec<_>>(),
        });
        write!(out, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":")?;
        write_value(out, &driver)?;
        out.write_all(b"},\"columnKind\":\"utf16CodeUnits\",\"properties\":")?;
        write_value(out, &json!({ "rules": context.rules, "sources": context.sources }))?;
        out.write_all(b",\"results\":[")?;
        let indexes = rows.iter().enumerate().map(|(at, row)| (row.id, at)).collect();
        Ok(Sarif { sources: context.sources.iter().map(|source| uri(source)).collect(), indexes, any: false })
    }
}

fn rule(row: &Kind) -> Value {
    let help = format!(
        "{}. Synchronization: {}. Repair: {}. Source: {}.",
        row.description, row.entra_effect, row.correct_fix, row.source
    );
    json!({
        "id": row.id,
        "shortDescription": { "text": row.description },
        "fullDescription": { "text": format!("{} ({})", row.description, row.attributes.join(", ")) },
        "help": { "text": help },
        "defaultConfiguration": { "level": level(row) },
    })
}

/// SARIF's word: a decoy's row breaks no rule, and nothing is found by it.
fn level(row: &Kind) -> &'static str {
    match row.role {
        Role::Defect => "error",
        Role::Warning => "warning",
        Role::Decoy | Role::DecoyCarrier => "none",
    }
}

impl Output for Sarif {
    fn finding(&mut self, found: &Found<'_>, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if std::mem::replace(&mut self.any, true) { b",\n" } else { b"\n" })?;
        let finding = found.finding;
        let report = reported(finding, found.action);
        let mut text = format!("{}: {}", finding.attribute, finding.reason);
        if let Some(value) = &finding.value {
            text.push_str(&format!(" (value: {value})"));
        }
        let source = self.sources.get(usize::from(found.view.forest)).or(self.sources.first());
        let object = finding.guid.as_deref().unwrap_or(&finding.dn);
        let fingerprint =
            [object, &finding.attribute, &finding.rule, finding.value.as_deref().unwrap_or_default()];
        let mut result = json!({
            "ruleId": finding.rule,
            "level": report.finding.severity,
            "message": { "text": text },
            "locations": [{
                "physicalLocation": { "artifactLocation": { "uri": source } },
                "logicalLocations": [{ "fullyQualifiedName": finding.dn, "kind": "resource" }],
            }],
            "partialFingerprints": { "finding/v1": fingerprint.join("\u{1f}") },
            "properties": report,
        });
        if let Some(at) = self.indexes.get(&*finding.rule) {
            result["ruleIndex"] = json!(at);
        }
        write_value(out, &result)
    }

    fn end(&mut self, _: &Tally, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"\n]}]}\n")
    }
}

/// A source's name as a URI reference: a server's URL as it is, a path with what may not stand in a URI encoded.
fn uri(source: &str) -> String {
    if source.starts_with("ldap://") || source.starts_with("ldaps://") {
        return source.to_owned();
    }
    let mut out = String::new();
    for byte in source.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
