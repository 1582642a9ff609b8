//! One modify request that brings an object from what it holds to what it shall hold.
//!
//! Every old value that goes is named in a deletion, and the deletions come first. A server that no longer holds
//! one of them refuses the whole request (RFC 4511: a modification is atomic), so that a value which somebody
//! changed meanwhile is neither overwritten nor lost.

use super::octets::Octets;
use std::collections::BTreeMap;

/// What a part of a modification does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Takes these values away; each must be there.
    Delete,
    /// Adds these values; none may be there.
    Add,
    /// Puts these values in the place of all; used only where the server can check a condition first.
    Replace,
}

/// One part of a modification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The attribute.
    pub attribute: String,
    /// What is done to it.
    pub op: Op,
    /// With which values; of a replacement none means that the attribute goes.
    pub values: Vec<Octets>,
}

/// How the values that go are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Only what differs, as far as the matching rule of the attribute allows: see [`parts`].
    Difference,
    /// All old values go and all new ones come, for matching rules that equate more than letters' case and spaces.
    Whole,
    /// A replacement, for attributes without an equality rule. It names no old value: the request must carry a
    /// condition.
    Replacement,
}

/// The parts for one attribute. Nothing when both sides hold the same values.
///
/// Directories compare most texts without regard to case, and some without regard to the number of spaces
/// (caseIgnoreMatch, RFC 4517). Of values that are equal in that sense a deletion takes whichever it meets, and an
/// addition is refused while one of them is there. So such values go and come together: `smtp:a` that becomes
/// `SMTP:a` is deleted and added, and where an object holds both forms both are deleted, and the one that stays
/// is added again.
pub(super) fn parts(attribute: &str, before: &[Octets], after: &[Octets], style: Style) -> Vec<Part> {
    if super::octets::same_values(before, after) {
        return Vec::new();
    }
    let part = |op, values| Part { attribute: attribute.to_owned(), op, values };
    let (gone, new) = match style {
        Style::Replacement => return vec![part(Op::Replace, after.to_vec())],
        Style::Whole => (before.to_vec(), after.to_vec()),
        Style::Difference => difference(before, after),
    };
    let parts = [part(Op::Delete, gone), part(Op::Add, new)];
    parts.into_iter().filter(|part| !part.values.is_empty()).collect()
}

fn difference(before: &[Octets], after: &[Octets]) -> (Vec<Octets>, Vec<Octets>) {
    let mut classes: BTreeMap<Vec<u8>, (Vec<&Octets>, Vec<&Octets>)> = BTreeMap::new();
    before.iter().for_each(|value| classes.entry(folded(value)).or_default().0.push(value));
    after.iter().for_each(|value| classes.entry(folded(value)).or_default().1.push(value));
    classes.retain(|_, (old, new)| {
        old.sort();
        new.sort();
        old != new
    });
    let keep = |values: &[Octets], old: bool| {
        let touched = |value: &&Octets| {
            classes.get(&folded(value)).is_some_and(|(o, n)| if old { !o.is_empty() } else { !n.is_empty() })
        };
        values.iter().filter(touched).cloned().collect()
    };
    (keep(before, true), keep(after, false))
}

/// What values are alike to caseIgnoreMatch, or to a rule that is stricter: letters' case and the number of
/// spaces. To put too much into one class costs a value that is deleted and added again; nothing else.
fn folded(value: &Octets) -> Vec<u8> {
    let Some(text) = value.text() else { return value.0.clone() };
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(values: &[&str]) -> Vec<Octets> {
        values.iter().map(|value| Octets::from(*value)).collect()
    }

    fn texts(parts: &[Part], op: Op) -> Vec<String> {
        parts.iter().filter(|part| part.op == op).flat_map(|part| &part.values).map(Octets::shown).collect()
    }

    #[test]
    fn what_differs_goes_and_comes_by_value_and_what_is_alike_goes_together() {
        let check = |before: &[&str], after: &[&str], gone: &[&str], new: &[&str]| {
            let parts = parts("a", &octets(before), &octets(after), Style::Difference);
            assert_eq!(texts(&parts, Op::Delete), gone, "{before:?} to {after:?}");
            assert_eq!(texts(&parts, Op::Add), new, "{before:?} to {after:?}");
            if let [first, second] = &parts[..] {
                assert_eq!((first.op, second.op), (Op::Delete, Op::Add));
            }
        };
        check(&["a"], &["a"], &[], &[]);
        check(&["b", "a"], &["a", "b"], &[], &[]);
        check(&["a"], &["b"], &["a"], &["b"]);
        check(&[], &["b"], &[], &["b"]);
        check(&["a"], &[], &["a"], &[]);
        check(&["smtp:a", "x"], &["SMTP:a", "x"], &["smtp:a"], &["SMTP:a"]);
        check(&["smtp:a", "SMTP:b"], &["SMTP:a", "smtp:b"], &["smtp:a", "SMTP:b"], &["SMTP:a", "smtp:b"]);
        // both forms are there: which one a deletion of either takes is the server's secret
        check(&["smtp:a", "SMTP:a", "x"], &["SMTP:a", "x"], &["smtp:a", "SMTP:a"], &["SMTP:a"]);
        check(&["a  b "], &["a b"], &["a  b "], &["a b"]);
        check(&["\u{c9}"], &["\u{e9}"], &["\u{c9}"], &["\u{e9}"]);
    }

    #[test]
    fn octets_that_are_no_text_are_compared_as_they_are() {
        let (a, b) = (Octets(vec![0xff, 0x41]), Octets(vec![0xff, 0x61]));
        let found = parts("a", &[a.clone(), b.clone()], std::slice::from_ref(&b), Style::Difference);
        assert_eq!(found, [Part { attribute: "a".into(), op: Op::Delete, values: vec![a] }]);
    }

    #[test]
    fn the_whole_style_names_all_values_and_a_replacement_none_that_go() {
        let (before, after) = (octets(&["a", "b"]), octets(&["a"]));
        let whole = parts("x", &before, &after, Style::Whole);
        assert_eq!(
            (texts(&whole, Op::Delete), texts(&whole, Op::Add)),
            (vec!["a".into(), "b".into()], vec!["a".into()])
        );
        let replaced = parts("x", &before, &[], Style::Replacement);
        assert_eq!(replaced, [Part { attribute: "x".into(), op: Op::Replace, values: vec![] }]);
        assert_eq!(parts("x", &before, &before, Style::Replacement), []);
    }
}
