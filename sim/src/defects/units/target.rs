//! targetAddress of one contact.

use super::super::bench::{Bench, Draft, Subject, insert};
use crate::population::{Draw, partner_domains};

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

pub(super) fn too_long(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (target, kind, local, domain) = parts(subject)?;
    let mut accepted = vec![target.to_owned()];
    accepted.extend(subject.one("mail").map(|mail| format!("SMTP:{mail}")));
    let changed = format!("{kind}:{local}{}@{domain}", "-afdeling".repeat(28));
    Some(Draft::value(TARGET, changed, accepted).note("more than 256 characters"))
}

pub(super) fn not_mail(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (target, kind, local, domain) = parts(subject)?;
    let other = format!("{local}.elsewhere@{domain}");
    if !bench.is_free('a', &other) {
        return None;
    }
    let mut accepted = vec![target.to_owned()];
    accepted.extend(subject.one("mail").map(|mail| format!("SMTP:{mail}")));
    Some(Draft::value(TARGET, format!("{kind}:{other}"), accepted).note("not its mail"))
}

/// What a move of a mailbox left behind: mail is sent on although the mailbox is here.
pub(super) fn stale(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (_, address) = subject.primary()?;
    let domains: Vec<&str> = partner_domains().filter(|domain| *domain != bench.domain).collect();
    if subject.one(TARGET).is_some() || domains.is_empty() {
        return None;
    }
    let (local, _) = address.split_once('@')?;
    let stale = format!("SMTP:{local}@{}", draw.pick(&domains));
    Some(Draft::values(TARGET, vec![stale], vec![Vec::new()]).note("left over on a mailbox"))
}
