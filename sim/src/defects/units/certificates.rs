//! Certificates: a few that are valid, and too many that have ended.

use super::super::bench::{Bench, Draft, Subject};
use crate::population::{Draw, Holder, certificate};
use std::time::Duration;

const YEAR: u64 = 365 * 86_400;

/// Some valid certificates and so many old ones that all together are too many.
fn certificates(
    bench: &Bench<'_>,
    subject: &Subject,
    draw: &mut Draw,
    attribute: &'static str,
) -> Option<Draft> {
    let before = subject.octets(attribute);
    let (upn, mail) = (subject.one("userPrincipalName")?, subject.one("mail"));
    let holder = Holder {
        name: subject.one("displayName")?,
        company: subject.one("company").unwrap_or("Contoso"),
        upn,
        mail,
        since: bench.now.minus(Duration::from_secs(30 * YEAR)),
    };
    // certificates run for three years: issued five years ago and more, they have ended
    let then = |years: u64| bench.now.minus(Duration::from_secs(years * YEAR));
    let count = 16 + draw.below(10);
    let mut injected = before.clone();
    while injected.len() < count {
        injected.push(certificate(&holder, then(7 + draw.below(4) as u64), draw));
    }
    let draft = Draft::octets(attribute, &injected, std::slice::from_ref(&before));
    (before.len() <= 15).then(|| draft.note(format!("{count} certificates, most of them ended")))
}

pub(super) fn user_certificates(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    certificates(bench, subject, draw, "userCertificate")
}

pub(super) fn smime_certificates(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    certificates(bench, subject, draw, "userSMIMECertificate")
}

/// So many certificates, all of them valid.
pub(in crate::defects) fn valid(
    bench: &Bench<'_>,
    subject: &Subject,
    draw: &mut Draw,
    count: usize,
) -> Option<Vec<String>> {
    let mut held = subject.octets("userCertificate");
    let holder = Holder {
        name: subject.one("displayName")?,
        company: subject.one("company").unwrap_or("Contoso"),
        upn: subject.one("userPrincipalName")?,
        mail: subject.one("mail"),
        since: subject.created,
    };
    while held.len() < count {
        held.push(certificate(&holder, bench.now, draw));
    }
    Some(held.iter().map(|octets| super::super::octets::to_text(octets)).collect())
}
