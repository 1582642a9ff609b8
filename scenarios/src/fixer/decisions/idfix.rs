//! The CSV of IdFix, after somebody wrote into its ACTION column.
//!
//! EDIT puts UPDATE in the place of VALUE (an empty UPDATE removes it), REMOVE takes VALUE away, COMPLETE leaves it
//! alone, as IdFix did. What IdFix did to the file itself is not repeated: fields are quoted as RFC 4180 has it,
//! and spaces at the ends of a value stay.

use super::csv::Sheet;
use super::{Asked, Row};

pub(super) fn rows(sheet: &Sheet, problems: &mut Vec<(usize, String)>) -> Vec<Row> {
    let names = ["DISTINGUISHEDNAME", "ATTRIBUTE", "VALUE", "UPDATE", "ACTION"];
    let Some([dn, attribute, value, update, action]) = sheet.need(names, problems) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    for (line, fields) in &sheet.rows {
        let some = |at: usize| (!fields[at].is_empty()).then(|| fields[at].clone());
        let asked = match (fields[action].trim().to_ascii_uppercase().as_str(), some(value), some(update)) {
            // not decided: the row is none
            ("", ..) => continue,
            ("COMPLETE", ..) => Asked::Leave,
            ("EDIT", Some(old), new) => Asked::Swap(old, new),
            ("EDIT", None, Some(new)) => Asked::Value(Some(new)),
            ("REMOVE", Some(old), _) => Asked::Swap(old, None),
            ("EDIT" | "REMOVE", None, _) => {
                problems.push((*line, "neither VALUE nor UPDATE: nothing to do".to_owned()));
                continue;
            }
            (other, ..) => {
                problems.push((*line, format!("ACTION '{other}': use EDIT, REMOVE or COMPLETE")));
                continue;
            }
        };
        // nothing changes, and rows of one duplicate stand there several times
        if let Asked::Swap(old, Some(new)) = &asked
            && old == new
        {
            continue;
        }
        rows.push(Row { place: *line, dn: fields[dn].clone(), attribute: fields[attribute].clone(), asked });
    }
    rows
}
