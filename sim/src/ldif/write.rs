//! From records to text.

use super::record::{Attribute, Body, Control, Record, SpecOp, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// RFC 2849 lets a line run on; tools fold at 76 columns.
const COLUMNS: usize = 76;

/// Appends a record and the empty line that ends it.
pub fn write_record(out: &mut String, record: &Record) {
    write_attribute(out, "dn", record.dn.as_bytes());
    record.controls.iter().for_each(|control| write_control(out, control));
    if let Some(kind) = record.body.change_type() {
        write_attribute(out, "changetype", kind.as_bytes());
    }
    match &record.body {
        Body::Entry(attributes) | Body::Add(attributes) => {
            attributes.iter().for_each(|Attribute { name, value, .. }| write_value(out, name, value));
        }
        Body::Delete => {}
        Body::Modify(parts) => {
            for part in parts {
                let op = match part.op {
                    SpecOp::Add => "add",
                    SpecOp::Delete => "delete",
                    SpecOp::Replace => "replace",
                    SpecOp::Increment => "increment",
                };
                write_attribute(out, op, part.attribute.as_bytes());
                part.values.iter().for_each(|value| write_value(out, &part.attribute, value));
                out.push_str("-\n");
            }
        }
        Body::ModifyDn { new_rdn, delete_old_rdn, new_superior } => {
            write_attribute(out, "newrdn", new_rdn.as_bytes());
            write_attribute(out, "deleteoldrdn", if *delete_old_rdn { b"1" } else { b"0" });
            if let Some(parent) = new_superior {
                write_attribute(out, "newsuperior", parent.as_bytes());
            }
        }
    }
    out.push('\n');
}

/// Appends one line `name: value`, in base64 where RFC 2849 asks for it, folded.
pub fn write_attribute(out: &mut String, name: &str, value: &[u8]) {
    let text = std::str::from_utf8(value).ok().filter(|_| is_safe(value));
    folded(
        out,
        &match text {
            Some("") => format!("{name}:"),
            Some(text) => format!("{name}: {text}"),
            None => format!("{name}:: {}", BASE64.encode(value)),
        },
    );
}

fn write_value(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Bytes(bytes) => write_attribute(out, name, bytes),
        Value::Url(url) => folded(out, &format!("{name}:< {url}")),
    }
}

fn write_control(out: &mut String, control: &Control) {
    let mut line = format!("control: {} {}", control.oid, control.critical);
    match &control.value {
        None => {}
        Some(Value::Bytes(bytes)) => line.push_str(&format!(":: {}", BASE64.encode(bytes))),
        Some(Value::Url(url)) => line.push_str(&format!(":< {url}")),
    }
    folded(out, &line);
}

/// Appends a line in pieces of at most so many columns, between characters.
fn folded(out: &mut String, line: &str) {
    let mut rest = line;
    let mut room = COLUMNS;
    while rest.len() > room {
        let end = (1..=room).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(end);
        out.push_str(head);
        out.push_str("\n ");
        rest = tail;
        room = COLUMNS - 1;
    }
    out.push_str(rest);
    out.push('\n');
}

/// SAFE-STRING of RFC 2849, and no space at the end (which its note 8 wants encoded). Control characters
/// are encoded too, so that a text shown on a terminal stays harmless.
fn is_safe(value: &[u8]) -> bool {
    let ends = !matches!(value.first(), Some(b' ' | b':' | b'<')) && value.last() != Some(&b' ');
    ends && value.iter().all(|b| (0x20..0x7f).contains(b))
}
