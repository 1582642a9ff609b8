//! The columns of IdFix's files, for those who have spreadsheets and scripts for them.
//!
//! A row an attribute, and of proxyAddresses a row a value, as IdFix writes them; but quoted so that every reader
//! of CSV agrees, and never run by a spreadsheet.

use super::{Action, Found, Output, Tally, csv};
use forestbed_sim::defects::catalogue;
use forestbed_sim::rules::idfix::{CSV_HEADER, IdFixRow, csv_fields};
use std::io::{self, Write};

/// Writes IdFix's own rows, its header before them.
pub(in super::super) fn rows(rows: &[IdFixRow], out: &mut dyn Write) -> io::Result<()> {
    csv::row(out, CSV_HEADER)?;
    rows.iter().try_for_each(|row| csv::row(out, csv_fields(row).iter().map(String::as_str)))
}

/// IdFix's words for what is wrong.
const ERRORS: [&str; 8] =
    ["Format", "Blank", "Duplicate", "Character", "TopLevelDomain", "DomainPart", "LocalPart", "Length"];

#[derive(Default)]
pub(super) struct IdFixCsv {
    object: Option<usize>,
    rows: Vec<Row>,
}

struct Row {
    dn: String,
    common_name: String,
    class: String,
    attribute: String,
    errors: Vec<String>,
    value: String,
    update: String,
    action: &'static str,
}

impl IdFixCsv {
    pub(super) fn begin(out: &mut dyn Write) -> io::Result<IdFixCsv> {
        csv::row(out, CSV_HEADER)?;
        Ok(IdFixCsv::default())
    }

    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        for row in self.rows.drain(..) {
            let errors = row.errors.join(", ");
            let cells = [
                row.dn.as_str(),
                &row.common_name,
                &row.class,
                &row.attribute,
                &errors,
                &row.value,
                &row.update,
                row.action,
                "",
            ];
            csv::row(out, cells)?;
        }
        Ok(())
    }
}

impl Output for IdFixCsv {
    fn finding(&mut self, found: &Found<'_>, out: &mut dyn Write) -> io::Result<()> {
        let finding = found.finding;
        if self.object.replace(finding.object) != Some(finding.object) {
            self.flush(out)?;
        }
        let value = finding.value.clone().unwrap_or_default();
        let error = error_of(&finding.rule);
        // the findings about one value come one after the other
        if let Some(row) =
            self.rows.last_mut().filter(|row| row.attribute == finding.attribute && row.value == value)
        {
            if !row.errors.contains(&error) {
                row.errors.push(error);
            }
            return Ok(());
        }
        let common_name = found.view.first("cn").map_or_else(|| common_name(&finding.dn), str::to_owned);
        self.rows.push(Row {
            dn: finding.dn.clone(),
            common_name,
            class: found.view.class.clone(),
            attribute: finding.attribute.to_string(),
            errors: vec![error],
            update: found.action.text(finding.value.as_deref()),
            value,
            action: match found.action {
                Action::Decide => "",
                Action::Keep => "COMPLETE",
                Action::Remove => "REMOVE",
                Action::Replace(_) | Action::Add(_) => "EDIT",
            },
        });
        Ok(())
    }

    fn end(&mut self, _: &Tally, out: &mut dyn Write) -> io::Result<()> {
        self.flush(out)
    }
}

/// IdFix's word for what the rule finds, where it has one; else the rule's id.
fn error_of(rule: &str) -> String {
    if let Some(errors) = rule.strip_prefix("idfix:") {
        return errors.replace('+', ", ");
    }
    let row = catalogue().get(rule);
    let said = row.map(|row| row.idfix_error).unwrap_or_default();
    let word = said.split(|c: char| !c.is_ascii_alphabetic()).find(|word| ERRORS.contains(word));
    word.unwrap_or(rule).to_owned()
}

fn common_name(dn: &str) -> String {
    let (mut name, mut escaped) = (String::new(), false);
    for c in dn.split_once('=').map_or(dn, |(_, rest)| rest).chars() {
        match c {
            '\\' if !escaped => escaped = true,
            ',' if !escaped => break,
            c => {
                name.push(c);
                escaped = false;
            }
        }
    }
    name
}
