//! displayName, givenName and sn.

use super::super::bench::{Bench, Draft, Subject, Wanted, insert};
use crate::population::Draw;

const NAME: &str = "displayName";
const GIVEN: &str = "givenName";
const FAMILY: &str = "sn";

pub(super) fn absent(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    Some(Draft::values(NAME, Vec::new(), named(subject)?).note("removed"))
}

pub(super) fn blank(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let blank = *draw.pick(&[" ", "   "]);
    Some(Draft::values(NAME, vec![blank.to_owned()], named(subject)?).note("only white space"))
}

/// cn, or what it was.
fn named(subject: &Subject) -> Option<Vec<Vec<String>>> {
    let values = [subject.one("cn")?, subject.one(NAME)?];
    Some(values.iter().map(|value| vec![(*value).to_owned()]).collect())
}

pub(super) fn padded(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let name = subject.one(NAME)?;
    let padded = match draw.below(3) {
        0 => format!("  {name}"),
        1 => format!("{name} "),
        _ => format!(" {name}  "),
    };
    Some(Draft::value(NAME, padded, vec![name.to_owned()]).note("white space at the ends"))
}

pub(super) fn too_long(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let name = subject.one(NAME)?;
    let long = format!("{name} {}", "Verlengd-".repeat(30));
    let first: String = long.chars().take(256).collect();
    Some(Draft::value(NAME, long, vec![first, name.to_owned()]).note("more than 256 characters"))
}

pub(super) fn invisible(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let name = subject.one(NAME)?;
    let hidden = *draw.pick(&["\u{200b}", "\u{200f}", "\u{a0}"]);
    let changed = match hidden {
        "\u{a0}" => name.replacen(' ', hidden, 1),
        _ => insert(name, hidden, draw),
    };
    (changed != name)
        .then(|| Draft::value(NAME, changed, vec![name.to_owned()]).note("characters that nobody sees"))
}

pub(super) fn questionable(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let name = subject.one(NAME)?;
    let (given, family) = name.split_once(' ')?;
    let changed = format!("{given} \"{given}\" <{family}>");
    let bare = format!("{given} {given} {family}");
    Some(Draft::value(NAME, changed, vec![name.to_owned(), bare]).note("quotes and angle brackets"))
}

/// More than 64 characters; the first 64 are right too.
fn long_name(subject: &Subject, attribute: &'static str) -> Option<Draft> {
    let name = subject.one(attribute)?;
    let long = format!("{name}{}", "-Maria".repeat(12));
    let first: String = long.chars().take(64).collect();
    Some(Draft::value(attribute, long, vec![first, name.to_owned()]).note("more than 64 characters"))
}

pub(super) fn long_given(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    long_name(subject, GIVEN)
}

pub(super) fn long_family(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    long_name(subject, FAMILY)
}

/// Removed; what it was is right, and so is what the displayName says. The other name has to be there: nobody can
/// tell an account without either from a program's.
fn no_name(subject: &Subject, [attribute, other]: [&'static str; 2], shown: Option<&str>) -> Option<Draft> {
    let (name, _) = (subject.one(attribute)?, subject.one(other)?);
    let mut accepted = vec![vec![name.to_owned()]];
    accepted.extend(shown.filter(|shown| *shown != name).map(|shown| vec![shown.to_owned()]));
    Some(Draft::values(attribute, Vec::new(), accepted).note("removed"))
}

pub(super) fn no_given(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    no_name(subject, [GIVEN, FAMILY], subject.one(NAME)?.split_once(' ').map(|(given, _)| given))
}

pub(super) fn no_family(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    no_name(subject, [FAMILY, GIVEN], subject.one(NAME)?.split_once(' ').map(|(_, family)| family))
}

/// The names swapped, or both in one field, as an import does it that takes the wrong columns.
pub(super) fn swapped(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (given, family) = (subject.one(GIVEN)?.to_owned(), subject.one(FAMILY)?.to_owned());
    if given == family {
        return None;
    }
    if draw.percent(40) {
        let both = format!("{family}, {given}");
        return Some(Draft::value(GIVEN, both, vec![given]).note("both names in one field"));
    }
    let held =
        |attribute, value| Wanted { subject: 0, attribute, any_of: vec![vec![value]], or_numbered: None };
    let draft = Draft::default()
        .change(0, GIVEN, vec![family.clone()])
        .change(0, FAMILY, vec![given.clone()])
        .accept_all(vec![held(GIVEN, given), held(FAMILY, family)]);
    Some(draft.note("given name and surname swapped"))
}

pub(super) fn padded_name(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let attribute = *draw.pick(&[GIVEN, FAMILY]);
    let name = subject.one(attribute)?;
    let padded = match draw.below(4) {
        0 => format!(" {name}"),
        1 => format!("{name} "),
        2 => format!("{name}\t"),
        _ => format!("{name}\n"),
    };
    Some(Draft::value(attribute, padded, vec![name.to_owned()]).note("white space at the ends"))
}
