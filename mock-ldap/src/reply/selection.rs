//! Which attributes a search returns, and which of their values.

use super::Outcome;
use forestbed_sim::directory::{AttrId, Schema};
use std::collections::BTreeSet;

/// Values from an index to another, both included; without an upper one to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: usize,
    pub(crate) to: Option<usize>,
}

impl Range {
    /// From `range=0-1499` or `range=1500-*`.
    fn parse(option: &str) -> Option<Range> {
        let (from, to) = option.get(6..)?.split_once('-')?;
        let number =
            |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let range = Range { from: number(from)?, to: if to == "*" { None } else { Some(number(to)?) } };
        range.to.is_none_or(|to| to >= range.from).then_some(range)
    }

    /// Which of `count` values to return when at most `most` go into one answer.
    pub(crate) fn of(asked: Option<Range>, count: usize, most: usize) -> Slice {
        let most = most.max(1);
        match asked {
            None if count <= most => Slice::Whole,
            None => Slice::Part { from: 0, to: most - 1, last: false },
            Some(range) if range.from >= count => Slice::BeyondEnd,
            Some(range) => {
                let most_to = range.from.saturating_add(most - 1);
                let to = range.to.unwrap_or(usize::MAX).min(most_to).min(count - 1);
                Slice::Part { from: range.from, to, last: to == count - 1 }
            }
        }
    }
}

/// The values that go into an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slice {
    Whole,
    /// Indexes, both included; whether the last value is among them.
    Part {
        from: usize,
        to: usize,
        last: bool,
    },
    BeyondEnd,
}

/// The range that a client asked for begins after the last value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RangeError;

/// One attribute that was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) id: AttrId,
    pub(crate) range: Option<Range>,
}

/// What a client wants to see of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// Every attribute that is not constructed.
    pub(crate) all: bool,
    /// Attributes by name, in the order of the request.
    pub(crate) named: Vec<Named>,
    /// Names that the schema does not have; the first few of them.
    pub(crate) unknown: Vec<String>,
}

/// Most unknown names that are kept.
const UNKNOWN_MOST: usize = 16;

impl Selection {
    /// From the attribute list of a search request.
    pub(crate) fn parse(names: &[&str], schema: &Schema) -> Result<Selection, Outcome> {
        let mut selection = Selection { all: names.is_empty(), ..Selection::default() };
        // an attribute comes once, as it was named first: so no request makes an entry larger than it is
        let mut seen = BTreeSet::new();
        for name in names {
            match *name {
                "*" => selection.all = true,
                // `+` adds nothing on Active Directory; `1.1` stands for no attribute
                "+" | "1.1" => {}
                name => match named(name, schema)? {
                    Some(named) if seen.insert(named.id) => selection.named.push(named),
                    Some(_) => {}
                    None if selection.unknown.len() < UNKNOWN_MOST => selection.unknown.push(name.to_owned()),
                    None => {}
                },
            }
        }
        Ok(selection)
    }

    /// Whether a group membership that is computed for one object at a time is named (MS-ADTS 3.1.1.4.5.19 to 21).
    pub(crate) fn asks_for_tokens(&self, schema: &Schema) -> bool {
        self.named.iter().any(|named| schema.name(named.id).starts_with("tokenGroups"))
    }
}

/// The attribute that a description names with its options; none when the schema does not have it, or not with
/// such an option.
fn named(description: &str, schema: &Schema) -> Result<Option<Named>, Outcome> {
    let mut options = description.split(';');
    let name = options.next().unwrap_or_default();
    let mut range = None;
    for option in options {
        if option.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("range=")) {
            range = Some(Range::parse(option).ok_or_else(|| Outcome::of("range-malformed"))?);
        } else if !option.eq_ignore_ascii_case("binary") {
            return Ok(None);
        }
    }
    Ok(schema.attribute_id(name).map(|id| Named { id, range }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(option: &str, count: usize, expected: Slice) {
        assert_eq!(Range::of(Range::parse(option), count, 1500), expected, "{option} of {count}");
    }

    #[test]
    fn a_range_is_cut_at_the_limit_and_the_last_block_says_so() {
        // active-directory.md 6.3
        let part = |from, to, last| Slice::Part { from, to, last };
        check("range=0-1499", 4000, part(0, 1499, false));
        check("range=1500-*", 4000, part(1500, 2999, false));
        check("range=3000-*", 4000, part(3000, 3999, true));
        check("range=10-12", 4000, part(10, 12, false));
        check("range=0-99999", 4000, part(0, 1499, false));
        check("range=0-*", 12, part(0, 11, true));
        check("range=4000-*", 4000, Slice::BeyondEnd);
        assert_eq!(Range::of(None, 1500, 1500), Slice::Whole);
        assert_eq!(Range::of(None, 1501, 1500), part(0, 1499, false));
    }

    #[test]
    fn a_malformed_range_is_refused() {
        for option in ["range=", "range=abc", "range=1", "range=-1", "range=5-4", "range=+1-2", "range=1-2-3"]
        {
            assert_eq!(Range::parse(option), None, "{option}");
        }
    }
}
