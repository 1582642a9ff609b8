//! What people decided where no rule can: read from a sheet or JSON, and applied by the same machine.
//!
//! Three forms are read: a CSV with the columns `dn`, `attribute` and `value` (and, if wanted, `action` and `old`);
//! the same as JSON; and the CSV of IdFix, edited in a spreadsheet, with its ACTION column (EDIT, REMOVE,
//! COMPLETE). See docs/fixing.md.

mod csv;
mod idfix;
mod json;

use forestbed_sim::directory::dn::Dn;
use forestbed_sim::rules::ATTRIBUTES;
use std::collections::BTreeMap;
use std::fmt;

/// Most problems that an error names.
const SHOWN: usize = 10;

/// What people decided, by object.
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    by_object: BTreeMap<String, Vec<Decision>>,
    /// Nothing but the decisions is applied: no suggestion of a rule.
    pub only: bool,
}

/// What somebody decided about one attribute of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The object's distinguished name, as written.
    pub dn: String,
    /// The attribute, as [`ATTRIBUTES`] spells it.
    pub attribute: String,
    /// What is to become of it.
    pub choice: Choice,
    /// Where it stands in the file, from 1 on: a line, or in JSON the number of the decision.
    pub place: usize,
}

/// What is to become of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// It stays as it is, whatever a rule suggests.
    Leave,
    /// It shall have these values; none removes it.
    Set(Vec<String>),
    /// One value becomes another (or goes), the others stay. Several of them may be about one attribute.
    Each(Vec<(String, Option<String>)>),
}

impl Choice {
    /// What the attribute holds then; none when it holds neither a value that was to be replaced nor the one that
    /// was to take its place. What is done already stays done.
    pub(super) fn applied(&self, present: &[String]) -> Option<Vec<String>> {
        match self {
            Choice::Leave => Some(present.to_vec()),
            Choice::Set(values) => Some(values.clone()),
            Choice::Each(pairs) => {
                let mut values = present.to_vec();
                for (old, new) in pairs {
                    let Some(at) = values.iter().position(|value| value == old) else {
                        match new {
                            Some(new) if !values.contains(new) => return None,
                            _ => continue,
                        }
                    };
                    match new {
                        Some(new) if !values.contains(new) => values[at].clone_from(new),
                        _ => drop(values.remove(at)),
                    }
                }
                Some(values)
            }
        }
    }
}

impl Decision {
    /// For the reasons of a change.
    pub(super) fn said(&self) -> String {
        format!("decided (row {})", self.place)
    }
}

/// Why a file of decisions is not taken: nothing of it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionsError {
    /// What is wrong where: lines (of JSON: the number of the decision) from 1 on; 0 is the whole file.
    pub problems: Vec<(usize, String)>,
}

impl fmt::Display for DecisionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (place, problem)) in self.problems.iter().take(SHOWN).enumerate() {
            let end = if nth == 0 { "" } else { "\n" };
            let problem = crate::report::escape_terminal(problem);
            match place {
                0 => write!(f, "{end}{problem}")?,
                _ => write!(f, "{end}row {place}: {problem}")?,
            }
        }
        match self.problems.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n... and {more} more"),
        }
    }
}

impl std::error::Error for DecisionsError {}

/// One row before it is put together with others about the same attribute.
struct Row {
    place: usize,
    dn: String,
    attribute: String,
    asked: Asked,
}

enum Asked {
    Leave,
    /// One more value of the new set; none removes the attribute.
    Value(Option<String>),
    /// This value becomes that one, or goes.
    Swap(String, Option<String>),
}

impl Decisions {
    /// No decisions: the rules' suggestions alone.
    pub fn none() -> Decisions {
        Decisions::default()
    }

    /// Reads a file in any of the three forms, told apart by how it begins.
    ///
    /// # Errors
    /// Everything that is wrong with it, by row. Nothing of a wrong file is taken.
    pub fn read(text: &[u8]) -> Result<Decisions, DecisionsError> {
        let whole = |problem: String| DecisionsError { problems: vec![(0, problem)] };
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let text = std::str::from_utf8(text).map_err(|error| {
            whole(format!("not UTF-8 from byte {} on: save it as CSV UTF-8", error.valid_up_to()))
        })?;
        let mut problems = Vec::new();
        let rows = match text.trim_start().starts_with(['{', '[']) {
            true => json::rows(text, &mut problems),
            false => {
                let sheet = csv::Sheet::read(text, &mut problems);
                if sheet.column("DISTINGUISHEDNAME").is_some() {
                    idfix::rows(&sheet, &mut problems)
                } else {
                    csv::rows(&sheet, &mut problems)
                }
            }
        };
        Decisions::of_rows(rows, problems)
    }

    fn of_rows(rows: Vec<Row>, mut problems: Vec<(usize, String)>) -> Result<Decisions, DecisionsError> {
        let mut by_object: BTreeMap<String, Vec<Decision>> = BTreeMap::new();
        for row in rows {
            let Ok(dn) = Dn::parse(&row.dn) else {
                problems.push((row.place, format!("'{}' is no distinguished name", row.dn)));
                continue;
            };
            let Some(attribute) =
                ATTRIBUTES.iter().find(|name| name.eq_ignore_ascii_case(row.attribute.trim()))
            else {
                problems
                    .push((row.place, format!("'{}' is no attribute that the rules read", row.attribute)));
                continue;
            };
            let decisions = by_object.entry(dn.normalized()).or_default();
            let place = row.place;
            let Some(known) = decisions.iter_mut().find(|decision| decision.attribute == *attribute) else {
                let choice = match row.asked {
                    Asked::Leave => Choice::Leave,
                    Asked::Value(value) => Choice::Set(value.into_iter().collect()),
                    Asked::Swap(old, new) => Choice::Each(vec![(old, new)]),
                };
                decisions.push(Decision { dn: row.dn, attribute: (*attribute).to_owned(), choice, place });
                continue;
            };
            match (&mut known.choice, row.asked) {
                (Choice::Leave, Asked::Leave) => {}
                (Choice::Set(values), Asked::Value(Some(value))) if !values.is_empty() => {
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                (Choice::Each(pairs), Asked::Swap(old, new))
                    if pairs.iter().all(|pair| pair.0 != old || pair.1 == new) =>
                {
                    if !pairs.iter().any(|pair| pair.0 == old) {
                        pairs.push((old, new));
                    }
                }
                _ => problems
                    .push((place, format!("contradicts row {}, about the same attribute", known.place))),
            }
        }
        match problems.is_empty() {
            true => Ok(Decisions { by_object, only: false }),
            false => Err(DecisionsError { problems }),
        }
    }

    /// Whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        self.by_object.is_empty()
    }

    /// All of them, by object.
    pub fn all(&self) -> impl Iterator<Item = &Decision> {
        self.by_object.values().flatten()
    }

    /// Those about the object of this name.
    pub(super) fn of(&self, dn: &str) -> &[Decision] {
        let found = Dn::parse(dn).ok().and_then(|dn| self.by_object.get(&dn.normalized()));
        found.map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests;
