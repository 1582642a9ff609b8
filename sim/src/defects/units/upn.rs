//! userPrincipalName of one account.

use super::super::bench::{Bench, Draft, Subject, insert};
use super::proxy::marked;
use crate::population::{Draw, partner_domains};
use crate::transliteration::variants;

const UPN: &str = "userPrincipalName";

/// Changes it; only what it was is right.
fn spoil(
    subject: &Subject,
    draw: &mut Draw,
    note: &str,
    change: &dyn Fn(&str, &str, &mut Draw) -> String,
) -> Option<Draft> {
    let upn = subject.one(UPN)?;
    let (local, domain) = upn.split_once('@')?;
    let changed = change(local, domain, draw);
    (changed != upn).then(|| Draft::value(UPN, changed, vec![upn.to_owned()]).note(note))
}

pub(super) fn too_long(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (local, domain) = subject.address(UPN)?;
    let long = format!("{local}-{}", "verlengd".repeat(9));
    let cut: String = long.chars().take(64).collect();
    let accepted = vec![subject.one(UPN)?.to_owned(), bench.if_free(format!("{cut}@{domain}"), "")?];
    Some(Draft::value(UPN, format!("{long}@{domain}"), accepted).note("more than 64 characters before the @"))
}

pub(super) fn space(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (local, domain) = subject.address(UPN)?;
    if draw.percent(50) {
        return spoil(subject, draw, "a space", &|local, domain, draw| {
            format!("{}@{domain}", insert(local, " ", draw))
        });
    }
    // a space where the period was: removed, or the period put back
    let changed = local.replacen('.', " ", 1);
    let joined = bench.if_free(format!("{}@{domain}", changed.replace(' ', "")), "")?;
    let accepted = vec![subject.one(UPN)?.to_owned(), joined];
    (changed != local).then(|| Draft::value(UPN, format!("{changed}@{domain}"), accepted).note("a space"))
}

pub(super) fn characters(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "an invalid character", &|local, domain, draw| {
        let character = *draw.pick(&[
            "\\", "%", "&", "*", "+", "/", "=", "?", "{", "}", "|", "<", ">", "(", ")", ";", ":", ",",
        ]);
        format!("{}@{domain}", insert(local, character, draw))
    })
}

pub(super) fn odd_characters(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "a character that is not among the allowed ones", &|local, domain, draw| {
        format!("{}@{domain}", insert(local, if draw.percent(50) { "$" } else { "`" }, draw))
    })
}

pub(super) fn diacritic(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let upn = subject.one(UPN)?;
    let (local, domain) = upn.split_once('@')?;
    let changed = marked(local, draw)?;
    let mut accepted = vec![upn.to_owned()];
    for variant in variants(&changed) {
        accepted.push(bench.if_free(format!("{variant}@{domain}"), upn)?);
    }
    Some(Draft::value(UPN, format!("{changed}@{domain}"), accepted).note("a letter with a mark"))
}

pub(super) fn other_script(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let upn = subject.one(UPN)?;
    let (_, domain) = upn.split_once('@')?;
    let name = *draw.pick(&["山田", "Иван", "γιώργος"]);
    let changed = format!("{name}.{}@{domain}", 10 + draw.below(90));
    let mut accepted = vec![upn.to_owned()];
    accepted.extend(subject.one("sAMAccountName").and_then(|name| bench.if_free(bench.at(name), upn)));
    Some(Draft::value(UPN, changed, accepted).note("letters of another script"))
}

pub(super) fn invisible(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "a character that nobody sees", &|local, domain, draw| {
        let character = *draw.pick(&["\u{a0}", "\u{200b}", "\u{200e}"]);
        format!("{}@{domain}", insert(local, character, draw))
    })
}

pub(super) fn no_at(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "no @", &|local, _, _| local.to_owned())
}

pub(super) fn at_first(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let upn = subject.one(UPN)?;
    let (_, domain) = upn.split_once('@')?;
    let by_account = format!("{}@{domain}", subject.one("sAMAccountName")?);
    let accepted = vec![upn.to_owned(), bench.if_free(by_account, upn)?];
    Some(Draft::value(UPN, format!("@{domain}"), accepted).note("the @ comes first"))
}

pub(super) fn several_ats(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "several @", &|local, domain, draw| match draw.below(2) {
        0 => format!("{local}@@{domain}"),
        _ => format!("{}@{domain}", insert(local, "@", draw)),
    })
}

pub(super) fn no_domain(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "no domain", &|local, _, _| format!("{local}@"))
}

pub(super) fn trailing_period(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "a period before the @", &|local, domain, _| format!("{local}.@{domain}"))
}

pub(super) fn periods(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "a leading or doubled period", &|local, domain, draw| match draw.below(2) {
        0 => format!(".{local}@{domain}"),
        _ => format!("{}@{domain}", local.replacen('.', "..", 1)),
    })
}

pub(super) fn private_domain(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let suffix = &bench.private_domain;
    spoil(subject, draw, "a suffix that the internet does not know", &|local, _, _| {
        format!("{local}@{suffix}")
    })
}

pub(super) fn single_label(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let label = bench.private_domain.split('.').next()?;
    spoil(subject, draw, "a suffix of one label", &|local, _, _| format!("{local}@{label}"))
}

pub(super) fn malformed_domain(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (first, rest) = bench.domain.split_once('.')?;
    spoil(subject, draw, "a suffix that no domain can have", &|local, _, _| {
        format!("{local}@my_{first}.{rest}")
    })
}

pub(super) fn not_primary(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (local, _) = subject.address(UPN)?;
    let other = bench.spare_address(local)?;
    spoil(subject, draw, "not the primary address", &|_, _, _| other.clone())
}

pub(super) fn unverified(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let verified =
        |domain: &&str| bench.tenant.verified_domains.iter().any(|v| v.eq_ignore_ascii_case(domain));
    let local = subject.one(UPN)?.split('@').next()?;
    // a contact of that partner can be a namesake
    let foreign = partner_domains().find(|domain| {
        !verified(domain) && *domain != bench.domain && bench.is_free('a', &format!("{local}@{domain}"))
    })?;
    spoil(subject, draw, "a suffix that the tenant has not verified", &|local, _, _| {
        format!("{local}@{foreign}")
    })
}

pub(super) fn absent(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let upn = subject.one(UPN)?;
    let by_account = bench.if_free(bench.at(subject.one("sAMAccountName")?), upn)?;
    let accepted = vec![vec![upn.to_owned()], vec![by_account]];
    Some(Draft::values(UPN, Vec::new(), accepted).note("removed"))
}

pub(super) fn long_domain(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let domain = format!("regional-office-and-distribution-centre.{}", bench.domain);
    if domain.len() <= 48 {
        return None;
    }
    spoil(subject, draw, "more than 48 characters after the @", &|local, _, _| format!("{local}@{domain}"))
}

/// Two letters of the suffix change places: a domain that the forest does not know.
pub(super) fn misspelt_domain(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (first, rest) = bench.domain.split_once('.')?;
    let mut letters: Vec<char> = first.chars().collect();
    let places: Vec<usize> = (1..letters.len())
        .filter(|i| letters[*i] != letters[*i - 1] && letters[*i].is_alphabetic())
        .collect();
    if places.is_empty() {
        return None;
    }
    let place = *draw.pick(&places);
    letters.swap(place - 1, place);
    let misspelt: String = letters.into_iter().collect();
    spoil(subject, draw, "a suffix that the forest does not know", &|local, _, _| {
        format!("{local}@{misspelt}.{rest}")
    })
}
