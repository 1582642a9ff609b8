//! What the checker writes: a finding at a time, so that no form of output holds all of them.

mod csv;
mod html;
mod idfix_csv;
mod json;
mod ldif;
mod proposal;
mod sarif;
mod table;
mod tally;

pub(super) use idfix_csv::rows as idfix_rows;
pub use json::{Reported, reported};
pub use proposal::{Action, Proposals};
pub use tally::Tally;

use crate::error::Error;
use forestbed_sim::rules::{Finding, ObjectView};
use std::io::{self, Write};
use std::str::FromStr;

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people at a terminal.
    #[default]
    Table,
    /// A row a finding.
    Csv,
    /// The columns of IdFix's own files.
    IdFixCsv,
    /// The report that `score` and scenarios read.
    Json,
    /// SARIF 2.1.0, which code scanning services show.
    Sarif,
    /// The proposed changes, for ldapmodify.
    Ldif,
    /// One page that needs no network.
    Html,
}

impl Format {
    /// All forms.
    pub const ALL: [Format; 7] = [
        Format::Table,
        Format::Csv,
        Format::IdFixCsv,
        Format::Json,
        Format::Sarif,
        Format::Ldif,
        Format::Html,
    ];

    /// Its name in arguments.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Csv => "csv",
            Format::IdFixCsv => "idfix-csv",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Ldif => "ldif",
            Format::Html => "html",
        }
    }
}

impl FromStr for Format {
    type Err = Error;
    fn from_str(text: &str) -> Result<Format, Error> {
        Format::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let names = Format::ALL.map(Format::name).join(", ");
            Error::input(format!("no format '{}': use one of {names}", crate::report::escape_terminal(text)))
        })
    }
}

/// What an output is told before the first finding.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The sources' names, in their order.
    pub sources: Vec<String>,
    /// The rule set's name.
    pub rules: String,
    /// The columns of the terminal; none where lines may be of any length.
    pub width: Option<usize>,
}

/// A finding with the object that it is about.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The object.
    pub view: &'a ObjectView,
    /// What was found.
    pub finding: &'a Finding,
    /// What is proposed.
    pub action: &'a Action,
}

/// One form of output at work. The findings come in the order of the objects, then of their attributes.
pub(super) trait Output {
    /// Takes one finding.
    fn finding(&mut self, found: &Found<'_>, out: &mut dyn Write) -> io::Result<()>;
    /// What stands behind the last one.
    fn end(&mut self, tally: &Tally, out: &mut dyn Write) -> io::Result<()>;
}

/// The output of a form; what stands before the first finding is written at once.
pub(super) fn begin(
    format: Format,
    context: &Context,
    out: &mut dyn Write,
) -> io::Result<Box<dyn Output + Send>> {
    Ok(match format {
        Format::Table => Box::new(table::Table::new(context)),
        Format::Csv => Box::new(csv::Csv::begin(out)?),
        Format::IdFixCsv => Box::new(idfix_csv::IdFixCsv::begin(out)?),
        Format::Json => Box::new(json::Json::begin(out)?),
        Format::Sarif => Box::new(sarif::Sarif::begin(context, out)?),
        Format::Ldif => Box::new(ldif::Ldif::begin(out)?),
        Format::Html => Box::new(html::Html::begin(context, out)?),
    })
}

#[cfg(test)]
mod tests;
