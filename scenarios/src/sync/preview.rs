//! A preview as people read it.

use forestbed_sync::value::Value;
use forestbed_sync::{Operation, Preview, PreviewedAttribute, source_anchor_of};
use std::fmt::Write as _;

/// Lines of text: what would happen to the object, and by which rules.
pub(super) fn text(connector: &str, preview: &Preview) -> String {
    let mut out = format!("{} ({connector})\n", preview.dn);
    match &preview.metaverse {
        Some(kind) => say(&mut out, 1, &format!("is a {kind} of the metaverse")),
        None => say(&mut out, 1, "is not in the metaverse"),
    }
    if let Some(error) = &preview.error {
        say(&mut out, 1, &format!("stays as it is: {error}"));
    }
    for dn in preview.joined.iter().filter(|dn| **dn != preview.dn) {
        say(&mut out, 1, &format!("joined to {}", shown(dn)));
    }
    attributes(&mut out, &preview.attributes);
    for export in &preview.exports {
        let operation = match export.operation {
            Operation::Add => "add",
            Operation::Update => "update",
            Operation::Delete => "delete",
        };
        say(&mut out, 1, &format!("would {operation} {} in {}", shown(&export.dn), export.connector));
        for (name, was, is) in &export.changes {
            say(&mut out, 2, &format!("{name}: {} -> {}", list(was), list(is)));
        }
    }
    out
}

fn attributes(out: &mut String, all: &[PreviewedAttribute]) {
    for attribute in all {
        for contribution in &attribute.contributions {
            let values = contribution.values.as_deref().map_or_else(|| "stays as it is".to_owned(), list);
            let mark = if contribution.won { "" } else { " (lost)" };
            say(out, 2, &format!("{}: {values} [{}]{mark}", attribute.name, contribution.rule));
        }
    }
}

/// A name of the tenant is its source anchor.
fn shown(dn: &str) -> String {
    source_anchor_of(dn).unwrap_or_else(|| dn.to_owned())
}

fn list(values: &[Value]) -> String {
    match values {
        [] => "nothing".to_owned(),
        values => values.iter().map(Value::display).collect::<Vec<_>>().join(", "),
    }
}

fn say(out: &mut String, depth: usize, line: &str) {
    // writing to a string cannot fail
    let _ = writeln!(out, "{}{line}", "  ".repeat(depth));
}
