//! displayName.

use super::super::bench::{Bench, Draft, Subject, insert};
use crate::population::Draw;

const NAME: &str = "displayName";

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
