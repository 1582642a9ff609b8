//! CSV: a row a finding, quoted as RFC 4180 says, harmless in a spreadsheet.

use super::{Found, Output, Tally};
use crate::report::escape_terminal;
use std::io::{self, Write};

const HEADER: [&str; 10] =
    ["severity", "rule", "dn", "attribute", "value", "action", "suggestion", "others", "reason", "guid"];

pub(super) struct Csv;

impl Csv {
    pub(super) fn begin(out: &mut dyn Write) -> io::Result<Csv> {
        row(out, HEADER)?;
        Ok(Csv)
    }
}

impl Output for Csv {
    fn finding(&mut self, found: &Found<'_>, out: &mut dyn Write) -> io::Result<()> {
        let finding = found.finding;
        let value = finding.value.as_deref();
        let suggestion = found.action.text(value);
        let others = super::json::others(finding).0.join("; ");
        row(
            out,
            [
                super::json::severity(finding),
                &finding.rule,
                &finding.dn,
                &finding.attribute,
                value.unwrap_or_default(),
                found.action.name(),
                &suggestion,
                &others,
                &finding.reason,
                finding.guid.as_deref().unwrap_or_default(),
            ],
        )
    }

    fn end(&mut self, _: &Tally, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Writes one row.
pub(super) fn row<'a>(out: &mut dyn Write, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    let mut line = String::new();
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        cell_into(&mut line, cell);
    }
    line.push_str("\r\n");
    out.write_all(line.as_bytes())
}

/// What a terminal would obey is escaped, what a spreadsheet would run has an apostrophe before it, and what has
/// a separator, a quote or a blank at an end in it stands in quotes.
fn cell_into(line: &mut String, cell: &str) {
    let text = guarded(&escape_terminal(cell));
    let blank = |c: Option<char>| c.is_some_and(char::is_whitespace);
    let quoted =
        text.contains([',', ';', '"', '\t']) || blank(text.chars().next()) || blank(text.chars().last());
    if quoted {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(&text);
    }
}

/// A text that a spreadsheet takes for text: one that begins like a formula has an apostrophe before it, and so
/// has one that begins with apostrophes and then like a formula, so that a reader can take it back.
pub(super) fn guarded(text: &str) -> String {
    let inner = text.trim_start_matches('\'');
    if inner.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
