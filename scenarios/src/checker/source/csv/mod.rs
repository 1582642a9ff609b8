//! Entries from CSV: what csvde and Get-ADUser export, IdFix's own files, or any table with a header.

mod columns;
mod reader;

use super::entry::Entry;
use super::file::Problem;
use columns::Column;
use reader::{CsvReader, Record};
use std::collections::BTreeMap;
use std::io::BufRead;

/// Rows of IdFix's form at most; its own pages end at 50,000.
const IDFIX_ROWS_MAX: usize = 1_000_000;
/// What PowerShell writes instead of the values of a collection.
const COLLECTION: &[u8] = b"Microsoft.ActiveDirectory.Management.ADPropertyValueCollection";

/// Entries of a CSV text.
pub(super) struct CsvEntries<'a> {
    reader: CsvReader<'a>,
    header: Header,
    /// Of IdFix's form: the entries once they are gathered, and what was wrong with single rows.
    gathered: Option<std::vec::IntoIter<Result<Entry, Problem>>>,
    told_of_collections: bool,
}

struct Header {
    columns: Vec<Column>,
    /// The places of IdFix's columns ATTRIBUTE and VALUE: a row an attribute.
    idfix: Option<(usize, usize)>,
}

impl<'a> CsvEntries<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// When there is none, or no column names the object.
    pub(super) fn new(source: Box<dyn BufRead + Send + 'a>) -> Result<CsvEntries<'a>, Problem> {
        let mut reader = CsvReader::new(source);
        let unreadable = |error: std::io::Error| Problem::unreadable(1, &error);
        // what Export-Csv of Windows PowerShell writes first
        if reader.peek_line().map_err(unreadable)?.is_some_and(|line| line.starts_with(b"#TYPE ")) {
            reader.skip_line();
        }
        let delimiter = delimiter_of(reader.peek_line().map_err(unreadable)?.unwrap_or_default());
        reader.set_delimiter(delimiter);
        let Some(first) = reader.next() else {
            return Err(Problem::fatal(1, "the file is empty: it has no header"));
        };
        let first = first?;
        let header = Header::of(&first)?;
        Ok(CsvEntries { reader, header, gathered: None, told_of_collections: false })
    }

    /// See [`super::file::FileSource::knows`].
    pub(super) fn knows(&self, attribute: &str, value: bool) -> bool {
        let is_it = |column: &Column| match column {
            Column::Attribute(name) => name.eq_ignore_ascii_case(attribute),
            Column::Enabled => attribute.eq_ignore_ascii_case("userAccountControl"),
            Column::Name | Column::Other => false,
        };
        match self.header.idfix {
            // it lists what is wrong, and nothing else
            Some(_) => value,
            None => self.header.columns.iter().any(is_it),
        }
    }

    fn entry(&mut self, record: &Record) -> Result<Entry, Problem> {
        let columns = &self.header.columns;
        if record.fields.len() != columns.len() {
            let (found, wanted) = (record.fields.len(), columns.len());
            return Err(Problem::at(record.line, format!("{found} fields where the header has {wanted}")));
        }
        let mut entry = Entry::default();
        let mut enabled = None;
        for (column, cell) in columns.iter().zip(&record.fields) {
            match column {
                Column::Name => entry.dn = name_of(cell, record.line)?,
                Column::Enabled => {
                    enabled = Some(cell.eq_ignore_ascii_case(b"true")).filter(|_| !cell.is_empty())
                }
                Column::Attribute(_) if cell == COLLECTION => {
                    if !std::mem::replace(&mut self.told_of_collections, true) {
                        let message = "an ADPropertyValueCollection instead of its values: join them before the \
                                       export, as in @{n='proxyAddresses';e={$_.proxyAddresses -join ';'}}; the \
                                       entry is left out, and so is every other such one";
                        return Err(Problem::at(record.line, message));
                    }
                    return Err(Problem::at(
                        record.line,
                        "an ADPropertyValueCollection instead of its values",
                    ));
                }
                Column::Attribute(name) => {
                    for value in columns::values(name, cell) {
                        entry.push(name, columns::octets(name, &unguarded(value)));
                    }
                }
                Column::Other => {}
            }
        }
        if entry.dn.is_empty() {
            return Err(Problem::at(record.line, "the object has no distinguished name"));
        }
        let is_given = entry.octets("userAccountControl").next().is_some();
        if let Some(enabled) = enabled.filter(|_| !is_given) {
            entry.push("userAccountControl", if enabled { "512" } else { "514" }.into());
        }
        assume_class(&mut entry);
        Ok(entry)
    }

    /// IdFix's form has a row an attribute, and a row a value of proxyAddresses.
    fn gather(&mut self, attribute: usize, value: usize) -> Vec<Result<Entry, Problem>> {
        let (mut entries, mut problems): (Vec<Entry>, Vec<Result<Entry, Problem>>) = (Vec::new(), Vec::new());
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut rows = 0;
        while let Some(record) = self.reader.next() {
            rows += 1;
            let record = match record {
                Ok(_) if rows > IDFIX_ROWS_MAX => {
                    let message = format!("more than {IDFIX_ROWS_MAX} rows of IdFix's form");
                    problems.push(Err(Problem::fatal(0, message)));
                    break;
                }
                Ok(record) => record,
                Err(problem) => {
                    problems.push(Err(problem));
                    continue;
                }
            };
            match self.entry(&record) {
                Err(problem) => problems.push(Err(problem)),
                Ok(row) => {
                    let place = *places.entry(row.dn.to_lowercase()).or_insert_with(|| {
                        entries.push(row);
                        entries.len() - 1
                    });
                    let cell = unguarded(&record.fields[value]);
                    let name = String::from_utf8_lossy(&record.fields[attribute]);
                    if let (Column::Attribute(name), false) = (Column::of(&name), cell.is_empty()) {
                        entries[place].push(name, cell);
                    }
                }
            }
        }
        problems.extend(entries.into_iter().map(Ok));
        problems
    }
}

impl Iterator for CsvEntries<'_> {
    type Item = Result<Entry, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some((attribute, value)) = self.header.idfix else {
            return Some(match self.reader.next()? {
                Ok(record) => self.entry(&record),
                Err(problem) => Err(problem),
            });
        };
        if self.gathered.is_none() {
            self.gathered = Some(self.gather(attribute, value).into_iter());
        }
        self.gathered.as_mut().and_then(Iterator::next)
    }
}

impl Header {
    fn of(record: &Record) -> Result<Header, Problem> {
        let texts: Vec<String> =
            record.fields.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect();
        let columns: Vec<Column> = texts.iter().map(|text| Column::of(text)).collect();
        if !columns.contains(&Column::Name) {
            let message = "no column names the object: DN or distinguishedName is missing";
            return Err(Problem::fatal(record.line, message));
        }
        let place = |name: &str| texts.iter().position(|text| text.eq_ignore_ascii_case(name));
        let idfix = match (place("ATTRIBUTE"), place("VALUE"), place("ERROR")) {
            (Some(attribute), Some(value), Some(_)) => Some((attribute, value)),
            _ => None,
        };
        Ok(Header { columns, idfix })
    }
}

/// A comma, or what the header has instead: European settings write semicolons, some programs tabs.
fn delimiter_of(header: &[u8]) -> u8 {
    let count = |delimiter: &u8| header.iter().filter(|byte| *byte == delimiter).count();
    if count(&b',') > 0 {
        return b',';
    }
    [b';', b'\t'].into_iter().find(|delimiter| count(delimiter) > 0).unwrap_or(b',')
}

/// An export without classes is one of people.
fn assume_class(entry: &mut Entry) {
    if entry.octets("objectClass").next().is_none() {
        entry.push("objectClass", b"user".to_vec());
    }
}

fn name_of(cell: &[u8], line: usize) -> Result<String, Problem> {
    let name = String::from_utf8(unguarded(cell));
    name.map_err(|_| Problem::at(line, "the distinguished name is not UTF-8: save the file as UTF-8"))
}

/// Takes back what [`guarded`](crate::checker::output::guarded) put before a value that a spreadsheet would run.
fn unguarded(cell: &[u8]) -> Vec<u8> {
    let quotes = cell.iter().take_while(|byte| **byte == b'\'').count();
    let guarded = quotes > 0
        && cell.get(quotes).is_some_and(|byte| matches!(byte, b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
    cell[usize::from(guarded)..].to_vec()
}

#[cfg(test)]
mod tests;
