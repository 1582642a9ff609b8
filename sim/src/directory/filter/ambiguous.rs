//! Ambiguous name resolution (MS-ADTS 3.1.1.3.1.3.3): one value is looked for in every attribute that the schema
//! marks for it.

use super::plan::{Lookup, Plan};
use crate::directory::store::{Cells, fold, same_folded};
use crate::directory::{AttrId, Directory, Entry, Value, attr};
use std::sync::Arc;

/// `searchFlags`: part of ambiguous name resolution.
const AMBIGUOUS: i64 = 4;

/// A value to look for: as a prefix of any of the attributes, or exactly; a value of two words also as given name
/// and surname in either order.
#[derive(Debug, Clone)]
pub(super) struct Ambiguous {
    /// Ascending.
    attributes: Arc<[AttrId]>,
    value: Wanted,
    names: Option<(Wanted, Wanted)>,
    /// Given name first, surname first (`dSHeuristics`).
    orders: (bool, bool),
}

/// Folded text and whether values have to be equal to it.
#[derive(Debug, Clone)]
struct Wanted {
    text: String,
    exact: bool,
}

impl Wanted {
    fn fits(&self, value: &str) -> bool {
        if self.exact {
            return same_folded(value, &self.text);
        }
        match value.get(..self.text.len()) {
            Some(head) if head.is_ascii() && self.text.is_ascii() => head.eq_ignore_ascii_case(&self.text),
            _ => fold(value).starts_with(&self.text),
        }
    }
}

impl Ambiguous {
    /// From the value of `(anr=value)`; `(anr==value)` wants equal values. None for an empty one.
    pub(super) fn compile(directory: &Directory, value: &[u8], confidential: bool) -> Option<Ambiguous> {
        let text = std::str::from_utf8(value).ok()?;
        let (text, exact) = text.strip_prefix('=').map_or((text, false), |text| (text, true));
        let text = fold(text.trim());
        let wanted = |text: &str| Wanted { text: text.trim().to_owned(), exact };
        let row = |row: &&'static crate::directory::Attribute| {
            row.search_flags & AMBIGUOUS != 0 && (confidential || !row.is_confidential())
        };
        let mut attributes: Vec<AttrId> =
            directory.schema().attributes().filter(row).map(|row| row.id).collect();
        attributes.sort_unstable();
        let names = text.split_once(' ').map(|(first, last)| (wanted(first), wanted(last)));
        let orders = if names.is_some() { directory.orders_of_names() } else { (true, true) };
        let value = wanted(&text);
        (!text.is_empty()).then(|| Ambiguous { attributes: attributes.into(), value, names, orders })
    }

    pub(super) fn evaluate(&self, entry: &Entry<'_>) -> bool {
        let fits = |id: AttrId, wanted: &Wanted| {
            entry.values(id).any(|value| matches!(value, Value::Text(text) if wanted.fits(text)))
        };
        let cells = Cells::of(&entry.record.cells);
        let mut marked =
            cells.map(|cell| cell.attribute).filter(|id| self.attributes.binary_search(id).is_ok());
        marked.any(|id| fits(id, &self.value))
            || self.names.as_ref().is_some_and(|(one, other)| {
                let both = |given, surname| fits(attr::GIVEN_NAME, given) && fits(attr::SN, surname);
                self.orders.0 && both(one, other) || self.orders.1 && both(other, one)
            })
    }

    pub(super) fn plan(&self, directory: &Directory) -> Plan {
        let mut wanted = vec![&self.value];
        if let Some((one, other)) = &self.names {
            // whoever has both names has the longer one
            wanted.push(if one.text.len() > other.text.len() { one } else { other });
        }
        let parts: Option<Vec<_>> =
            wanted.into_iter().map(|wanted| directory.resolving(&wanted.text)).collect();
        let plan = |part| Plan::Index("aNR", Lookup::Sorted(part));
        parts.map_or(Plan::All, |parts| Plan::Or(parts.into_iter().map(plan).collect()))
    }
}
