//! CSV as spreadsheets write it (RFC 4180): quoted fields, doubled quotes, lines inside of fields; commas,
//! semicolons or tabs between them. Spaces belong to the value.

use super::{Asked, Row};
use std::collections::BTreeMap;

/// A file with a header.
pub(super) struct Sheet {
    columns: BTreeMap<String, usize>,
    /// Line and fields of each row.
    pub(super) rows: Vec<(usize, Vec<String>)>,
}

impl Sheet {
    pub(super) fn read(text: &str, problems: &mut Vec<(usize, String)>) -> Sheet {
        let header = text.lines().next().unwrap_or_default();
        let mut delimiter = ',';
        for candidate in [';', '\t'] {
            if header.matches(candidate).count() > header.matches(delimiter).count() {
                delimiter = candidate;
            }
        }
        let mut rows = records(text, delimiter, problems);
        let names = if rows.is_empty() { Vec::new() } else { rows.remove(0).1 };
        let named = names.iter().enumerate().map(|(at, name)| (name.trim().to_ascii_uppercase(), at));
        let columns: BTreeMap<String, usize> = named.collect();
        rows.retain(|(line, fields)| {
            let fits = fields.len() == names.len();
            // a spreadsheet leaves lines of nothing behind
            let empty = fields.iter().all(String::is_empty);
            if !fits && !empty {
                problems.push((*line, format!("{} fields, the header has {}", fields.len(), names.len())));
            }
            fits && !empty
        });
        Sheet { columns, rows }
    }

    /// The place of a column, its name in capitals.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.get(name).copied()
    }

    /// The places of columns that must be there.
    pub(super) fn need<const N: usize>(
        &self,
        names: [&str; N],
        problems: &mut Vec<(usize, String)>,
    ) -> Option<[usize; N]> {
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            match self.column(name) {
                Some(at) => *place = at,
                None => {
                    problems.push((1, format!("no column {name}")));
                    return None;
                }
            }
        }
        Some(places)
    }
}

/// Line of its begin and fields of each record.
fn records(text: &str, delimiter: char, problems: &mut Vec<(usize, String)>) -> Vec<(usize, Vec<String>)> {
    let (mut records, mut fields, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut begin) = (1, 1);
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => {
                quoted = false;
                if !matches!(chars.peek(), None | Some('\n' | '\r')) && chars.peek() != Some(&delimiter) {
                    problems.push((
                        line,
                        "text behind a closing quote: double the quotes inside of a field".into(),
                    ));
                }
            }
            '"' if field.is_empty() => quoted = true,
            _ if quoted => field.push(c),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => {
                fields.push(std::mem::take(&mut field));
                records.push((begin, std::mem::take(&mut fields)));
                begin = line;
            }
            c if c == delimiter => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    if quoted {
        problems.push((begin, "a quote that is never closed".to_owned()));
    }
    if !field.is_empty() || !fields.is_empty() {
        fields.push(field);
        records.push((begin, fields));
    }
    records
}

/// The rows of our own form: dn, attribute, value, and if wanted action (set, remove, leave) and old.
pub(super) fn rows(sheet: &Sheet, problems: &mut Vec<(usize, String)>) -> Vec<Row> {
    let Some([dn, attribute, value]) = sheet.need(["DN", "ATTRIBUTE", "VALUE"], problems) else {
        return Vec::new();
    };
    let (action, old) = (sheet.column("ACTION"), sheet.column("OLD"));
    let mut rows = Vec::new();
    for (line, fields) in &sheet.rows {
        let field = |at: Option<usize>| at.map_or("", |at| fields[at].as_str());
        match asked(field(action), field(old), &fields[value]) {
            Ok(asked) => rows.push(Row {
                place: *line,
                dn: fields[dn].clone(),
                attribute: fields[attribute].clone(),
                asked,
            }),
            Err(problem) => problems.push((*line, problem)),
        }
    }
    rows
}

/// What action, old and new value mean together.
pub(super) fn asked(action: &str, old: &str, value: &str) -> Result<Asked, String> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    match action.trim().to_ascii_lowercase().as_str() {
        "leave" => Ok(Asked::Leave),
        // the word alone, where no column says what is meant
        "" if value.trim().eq_ignore_ascii_case("leave") => Ok(Asked::Leave),
        "remove" => Ok(match some(old).or_else(|| some(value)) {
            Some(gone) => Asked::Swap(gone, None),
            None => Asked::Value(None),
        }),
        "" | "set" => match (some(old), some(value)) {
            (Some(old), new) => Ok(Asked::Swap(old, new)),
            (None, Some(new)) => Ok(Asked::Value(Some(new))),
            (None, None) => Err("no value: write leave, or remove in a column action".to_owned()),
        },
        other => Err(format!("action '{other}': use set, remove or leave")),
    }
}
