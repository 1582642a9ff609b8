//! For people at a terminal: an object's name, and below it a line a finding.

use super::{Action, Context, Found, Output, Tally};
use crate::report::escape_terminal;
use std::io::{self, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns of an attribute's name; the longest that rules speak of is msExchHideFromAddressLists.
const ATTRIBUTE: usize = 18;
/// Narrower than this nothing is cut: it would not be readable either way.
const WIDTH_MIN: usize = 40;
/// Other holders that are shown.
const OTHERS: usize = 3;

pub(super) struct Table {
    width: Option<usize>,
    object: Option<usize>,
    /// More than one source: an object's source is shown.
    sources: Vec<String>,
}

impl Table {
    pub(super) fn new(context: &Context) -> Table {
        let sources = if context.sources.len() > 1 { context.sources.clone() } else { Vec::new() };
        Table { width: context.width.filter(|width| *width >= WIDTH_MIN), object: None, sources }
    }

    fn line(&self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        match self.width {
            Some(width) => writeln!(out, "{}", cut(text, width)),
            None => writeln!(out, "{text}"),
        }
    }
}

impl Output for Table {
    fn finding(&mut self, found: &Found<'_>, out: &mut dyn Write) -> io::Result<()> {
        let finding = found.finding;
        if self.object.replace(finding.object) != Some(finding.object) {
            let mut name = escape_terminal(&finding.dn);
            if let Some(source) = self.sources.get(usize::from(found.view.forest)) {
                name.push_str(&format!("  [{}]", escape_terminal(source)));
            }
            self.line(&name, out)?;
        }
        let attribute = padded(&escape_terminal(&finding.attribute), ATTRIBUTE);
        let lead = format!("  {:<7}  {:<6} {attribute} ", super::json::severity(finding), finding.rule);
        let value = finding.value.as_deref();
        self.line(&format!("{lead}{}", change(value, found.action)), out)?;
        let indent = " ".repeat(20);
        self.line(&format!("{indent}{}", escape_terminal(&finding.reason)), out)?;
        if let Some(others) = others(&finding.others, finding.owner.as_deref()) {
            self.line(&format!("{indent}{others}"), out)?;
        }
        Ok(())
    }

    fn end(&mut self, tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
        match tally.findings() {
            0 => writeln!(out, "nothing was found"),
            _ => Ok(()),
        }
    }
}

fn change(value: Option<&str>, action: &Action) -> String {
    let quoted = |text: &str| format!("'{}'", escape_terminal(text));
    let old = value.map_or_else(|| "(absent)".to_owned(), quoted);
    match action {
        Action::Decide => format!("{old}  needs a decision"),
        Action::Keep => format!("{old}  stays"),
        Action::Remove => format!("{old}  -> removed"),
        Action::Replace(new) => format!("{old}  -> {}", quoted(new)),
        Action::Add(new) => {
            format!("{old}  -> {}", new.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
        }
    }
}

fn others(others: &[String], owner: Option<&str>) -> Option<String> {
    if others.is_empty() {
        return None;
    }
    let mut text = format!(
        "also: {}",
        others.iter().take(OTHERS).map(|dn| escape_terminal(dn)).collect::<Vec<_>>().join("; ")
    );
    if others.len() > OTHERS {
        text.push_str(&format!(" and {} more", others.len() - OTHERS));
    }
    if let Some(owner) = owner {
        text.push_str(&format!("; it should stay with {}", escape_terminal(owner)));
    }
    Some(text)
}

/// The text in so many columns of a terminal, where an ideograph takes two.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 0);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide >= width {
            break;
        }
        out.push(c);
        used += wide;
    }
    out.push('…');
    out
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits_the_terminal_whatever_the_letters_are_wide() {
        let check = |text: &str, width: usize, expected: &str| {
            let got = cut(text, width);
            assert_eq!(got, expected);
            assert!(got.width() <= width);
        };
        check("short", 5, "short");
        check("longer", 5, "long…");
        check("名前名前", 5, "名前…");
        check("名前名前", 4, "名…");
        check("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…");
        assert_eq!(padded("名", 4), "名  ");
    }
}
