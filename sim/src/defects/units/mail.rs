//! mail of one object.

use super::super::bench::{Bench, Class, Draft, Subject, insert};
use crate::population::Draw;

pub(super) fn whitespace(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let mail = subject.one("mail")?;
    let (local, domain) = mail.split_once('@')?;
    let changed = match draw.below(3) {
        0 => format!("{mail} "),
        1 => format!("{local} @{domain}"),
        _ => format!("{}@{domain}", insert(local, " ", draw)),
    };
    Some(Draft::value("mail", changed, vec![mail.to_owned()]).note("white space"))
}

pub(super) fn no_address(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let mail = subject.one("mail")?;
    let (local, _) = mail.split_once('@')?;
    Some(Draft::value("mail", local.to_owned(), vec![mail.to_owned()]).note("no @"))
}

pub(super) fn private_domain(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let mail = subject.one("mail")?;
    let (local, _) = mail.split_once('@')?;
    let changed = format!("{local}@{}", bench.private_domain);
    Some(
        Draft::value("mail", changed, vec![mail.to_owned()]).note("a domain that the internet does not know"),
    )
}

pub(super) fn not_primary(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let mail = subject.one("mail").filter(|_| subject.class == Class::User)?;
    let (local, _) = mail.split_once('@')?;
    let other = bench.spare_address(local)?;
    Some(Draft::value("mail", other, vec![mail.to_owned()]).note("not the primary address"))
}

pub(super) fn too_long(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let mail = subject.one("mail")?;
    let (local, domain) = mail.split_once('@')?;
    let changed = format!("{local}{}@{domain}", "-afdeling".repeat(28));
    Some(Draft::value("mail", changed, vec![mail.to_owned()]).note("more than 256 characters"))
}

pub(super) fn absent(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let mail = subject.one("mail")?;
    Some(Draft::values("mail", Vec::new(), vec![vec![mail.to_owned()]]).note("removed"))
}
