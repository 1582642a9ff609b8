//! One page that needs no network: counts by rule and severity, and a table that sorts and filters.

use super::json::severity;
use super::{Context, Found, Output, Tally};
use forestbed_sim::defects::catalogue;
use forestbed_sim::dump::is_unsafe;
use forestbed_sim::rules::Severity;
use std::io::{self, Write};

/// Rows that a browser still sorts in reasonable time.
const ROWS_MAX: u64 = 50_000;
const HEAD: &str = include_str!("html/head.html");
const FOOT: &str = include_str!("html/foot.html");

pub(super) struct Html {
    rows: u64,
}

impl Html {
    pub(super) fn begin(context: &Context, out: &mut dyn Write) -> io::Result<Html> {
        let sources: Vec<String> = context.sources.iter().map(|source| escape(source)).collect();
        let head =
            HEAD.replace("{{rules}}", &escape(&context.rules)).replace("{{sources}}", &sources.join(", "));
        out.write_all(head.as_bytes())?;
        Ok(Html { rows: 0 })
    }
}

impl Output for Html {
    fn finding(&mut self, found: &Found<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.rows += 1;
        if self.rows > ROWS_MAX {
            return Ok(());
        }
        let finding = found.finding;
        let value = finding.value.as_deref();
        let (others, more) = super::json::others(finding);
        let mut reason = escape(&finding.reason);
        if !others.is_empty() {
            let names: Vec<String> = others.iter().map(|dn| escape(dn)).collect();
            reason.push_str(&format!("<br><small>also: {}", names.join("; ")));
            if more > 0 {
                reason.push_str(&format!(" and {more} more"));
            }
            reason.push_str("</small>");
        }
        let severity = severity(finding);
        writeln!(
            out,
            "<tr class={severity}><td>{severity}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{reason}",
            escape(&finding.rule),
            escape(&finding.dn),
            escape(&finding.attribute),
            value.map_or_else(|| "<i>absent</i>".to_owned(), escape),
            found.action.name(),
            escape(&found.action.text(value)),
        )
    }

    fn end(&mut self, tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"</tbody></table>\n")?;
        if let Some(more) = self.rows.checked_sub(ROWS_MAX).filter(|more| *more > 0) {
            writeln!(out, "<p>{more} more findings are not shown: take CSV or JSON for all of them.</p>")?;
        }
        writeln!(out, "<section id=summary><p>{}</p>", escape(&tally.summary()))?;
        writeln!(out, "<table><thead><tr><th>Rule<th>Errors<th>Warnings<th>What it is</thead><tbody>")?;
        let mut rules: Vec<&str> = tally.by_rule.keys().map(|(rule, _)| rule.as_str()).collect();
        rules.dedup();
        for rule in rules {
            let count =
                |severity| tally.by_rule.get(&(rule.to_owned(), severity)).copied().unwrap_or_default();
            writeln!(
                out,
                "<tr><td>{}<td>{}<td>{}<td>{}",
                escape(rule),
                count(Severity::Error),
                count(Severity::Warning),
                escape(catalogue().get(rule).map_or("", |row| row.description))
            )?;
        }
        out.write_all(b"</tbody></table></section>\n")?;
        out.write_all(FOOT.as_bytes())
    }
}

/// Text as a page shows it: nothing of it is markup, and nothing is hidden.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}
