//! The grid's order and its export.

use super::collation::SortKey;
use super::row::IdFixRow;

/// The columns of IdFix's CSV.
pub const CSV_HEADER: [&str; 9] = [
    "DISTINGUISHEDNAME",
    "COMMONNAME",
    "OBJECTCLASS",
    "ATTRIBUTE",
    "ERROR",
    "VALUE",
    "UPDATE",
    "PROPOSEDACTION",
    "ACTION",
];

/// Puts rows into the order of IdFix's grid: by distinguished name, in any case, and rows of one name as they
/// were made.
pub fn sort_rows(rows: &mut [IdFixRow]) {
    rows.sort_by_cached_key(|row| SortKey::new(&row.dn));
}

/// The cells of a row, in the order of [`CSV_HEADER`], as they are: nothing quoted. What is absent is empty,
/// and so is ACTION, which is the reader's to choose.
pub fn csv_fields(row: &IdFixRow) -> [String; 9] {
    [
        row.dn.clone(),
        row.common_name.clone(),
        row.object_class.clone(),
        row.attribute.to_owned(),
        row.error_text(),
        row.value.clone().unwrap_or_default(),
        row.update.clone().unwrap_or_default(),
        row.proposed_action.name().to_owned(),
        String::new(),
    ]
}

/// IdFix's export: header and rows in the order given, lines ending in CR LF.
///
/// Quoted as RFC 4180 says, where IdFix quotes commas only and breaks on quotes and line breaks. All rows are
/// in it, not one page of 50,000.
pub fn csv(rows: &[IdFixRow]) -> String {
    let mut out = String::new();
    push_line(&mut out, CSV_HEADER.iter().copied());
    for row in rows {
        push_line(&mut out, csv_fields(row).iter().map(String::as_str));
    }
    out
}

fn push_line<'a>(out: &mut String, fields: impl Iterator<Item = &'a str>) {
    for (n, field) in fields.enumerate() {
        if n > 0 {
            out.push(',');
        }
        // a space at an edge would be trimmed by IdFix's own reader, and by others
        let edge = |c: Option<char>| c.is_some_and(char::is_whitespace);
        let quoted = field.contains(['"', ',', '\r', '\n'])
            || edge(field.chars().next())
            || edge(field.chars().next_back());
        if quoted {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out.push_str("\r\n");
}
