//! The proposed changes as LDIF: one record an object, which `ldapmodify` applies as one atomic request.
//!
//! An old value is deleted by name and the new one added in the same record: a server refuses the whole record
//! when somebody changed the value meanwhile, and no failure leaves an object without either.

use super::{Found, Output, Tally};
use crate::report::escape_terminal;
use forestbed_sim::ldif::{Body, ModifySpec, Record, SpecOp, Value, write_record};
use forestbed_sim::rules::{ObjectView, OctetSummary};
use std::collections::BTreeSet;
use std::io::{self, Write};

#[derive(Default)]
pub(super) struct Ldif {
    object: Option<usize>,
    dn: String,
    comments: String,
    /// The attributes that are changed already.
    changed: BTreeSet<String>,
    parts: Vec<ModifySpec>,
}

impl Ldif {
    pub(super) fn begin(out: &mut dyn Write) -> io::Result<Ldif> {
        out.write_all(b"version: 1\n\n")?;
        Ok(Ldif::default())
    }

    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let parts = std::mem::take(&mut self.parts);
        self.changed.clear();
        let mut text = std::mem::take(&mut self.comments);
        if parts.is_empty() {
            return Ok(());
        }
        let dn = std::mem::take(&mut self.dn);
        write_record(&mut text, &Record { line: 0, dn, controls: Vec::new(), body: Body::Modify(parts) });
        out.write_all(text.as_bytes())
    }
}

impl Output for Ldif {
    fn finding(&mut self, found: &Found<'_>, out: &mut dyn Write) -> io::Result<()> {
        let finding = found.finding;
        if self.object.replace(finding.object) != Some(finding.object) {
            self.flush(out)?;
            self.dn = finding.dn.clone();
        }
        let Some(wanted) = &finding.suggestion else { return Ok(()) };
        if self.changed.contains(&*finding.attribute) {
            return Ok(());
        }
        let Some(parts) = parts(found.view, &finding.attribute, wanted) else { return Ok(()) };
        let reason = escape_terminal(&finding.reason);
        self.comments.push_str(&format!("# {} {}: {reason}\n", finding.rule, finding.attribute));
        self.changed.insert(finding.attribute.to_string());
        self.parts.extend(parts);
        Ok(())
    }

    fn end(&mut self, _: &Tally, out: &mut dyn Write) -> io::Result<()> {
        self.flush(out)
    }
}

/// What has to be deleted and added; none when nothing has to be, or when the octets to delete are not known.
fn parts(view: &ObjectView, attribute: &str, wanted: &[String]) -> Option<Vec<ModifySpec>> {
    let present = view.all(attribute);
    let (held, kept): (BTreeSet<&String>, BTreeSet<&String>) =
        (present.iter().collect(), wanted.iter().collect());
    let gone: Vec<usize> = (0..present.len()).filter(|at| !kept.contains(&present[*at])).collect();
    let new: Vec<Value> = wanted
        .iter()
        .filter(|value| !held.contains(value))
        .map(|value| Value::Bytes(value.clone().into_bytes()))
        .collect();
    let is_summary = |at: &usize| OctetSummary::parse(&present[*at]).is_some();
    let values = if gone.iter().any(is_summary) {
        // a summary is no value: only an attribute that goes as a whole can be named without one
        if !wanted.is_empty() {
            return None;
        }
        Vec::new()
    } else {
        gone.iter().map(|at| Value::Bytes(octets(view, attribute, *at, &present[*at]))).collect()
    };
    let part = |op, values| ModifySpec { op, attribute: attribute.to_owned(), values };
    let mut parts = Vec::new();
    if !gone.is_empty() {
        parts.push(part(SpecOp::Delete, values));
    }
    if !new.is_empty() {
        parts.push(part(SpecOp::Add, new));
    }
    (!parts.is_empty()).then_some(parts)
}

/// The octets of a value, which is shown with replacement characters where it is not UTF-8.
fn octets(view: &ObjectView, attribute: &str, at: usize, shown: &str) -> Vec<u8> {
    let mut odd = view.not_utf8().filter(|(name, nth, _)| name.eq_ignore_ascii_case(attribute) && *nth == at);
    odd.next().map_or_else(|| shown.as_bytes().to_vec(), |(_, _, octets)| octets.to_vec())
}
