//! targetAddress of one contact.

use super::super::bench::{Bench, Draft, Subject, insert};
use crate::population::Draw;

const TARGET: &str = "targetAddress";

/// `SMTP`, local part, domain.
fn parts(subject: &Subject) -> Option<(&str, &str, &str, &str)> {
    let target = subject.one(TARGET)?;
    let (kind, address) = target.split_once(':')?;
    let (local, domain) = address.split_once('@')?;
    Some((target, kind, local, domain))
}

pub(super) fn characters(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (target, kind, local, domain) = parts(subject)?;
    let character = *draw.pick(&["\\", "<", ">", "(", ")", ";", ",", "[", "]", "\"", ":"]);
    let changed = format!("{kind}:{}@{domain}", insert(local, character, draw));
    Some(Draft::value(TARGET, changed, vec![target.to_owned()]).note("an invalid character"))
}

pub(super) fn whitespace(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (target, kind, local, domain) = parts(subject)?;
    let changed = match draw.below(3) {
        0 => format!("{kind}: {local}@{domain}"),
        1 => format!("{kind}:{local}@{domain} "),
        _ => format!("{kind}:{}@{domain}", insert(local, " ", draw)),
    };
    Some(Draft::value(TARGET, changed, vec![target.to_owned()]).note("white space"))
}

pub(super) fn no_prefix(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (target, _, local, domain) = parts(subject)?;
    Some(Draft::value(TARGET, format!("{local}@{domain}"), vec![target.to_owned()]).note("no type prefix"))
}

pub(super) fn private_domain(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (target, kind, local, domain) = parts(subject)?;
    let name = domain.split('.').next()?;
    let changed = format!("{kind}:{local}@{name}.local");
    Some(
        Draft::value(TARGET, changed, vec![target.to_owned()])
            .note("a domain that the internet does not know"),
    )
}

pub(super) fn absent(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let accepted = vec![vec![format!("SMTP:{}", subject.one("mail")?)]];
    subject.one(TARGET)?;
    Some(Draft::values(TARGET, Vec::new(), accepted).note("removed"))
}
