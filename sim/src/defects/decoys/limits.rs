//! Values of exactly the greatest length that is right: one character more, and a defect of the same id begins.

use super::Changes;
use crate::defects::bench::{Bench, Subject};
use crate::population::Draw;

/// Filled up with `sign` to exactly so many characters.
fn filled(text: &str, sign: &str, characters: usize) -> String {
    let missing = characters.saturating_sub(text.chars().count());
    format!("{text}{}", sign.repeat(missing)).chars().take(characters).collect()
}

pub(super) fn longest_given(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    let name = filled(&format!("{}-", subject.one("givenName")?), "a", 64);
    Some(vec![("givenName", vec![name])])
}

/// Exactly 64 characters before the @.
pub(super) fn longest_local(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    let (place, primary) = subject.primary()?;
    let address = bench.at(&filled(&format!("{}-", primary.split('@').next()?), "x", 64));
    bench.is_free('a', &address).then(|| {
        vec![
            ("userPrincipalName", vec![address.clone()]),
            ("mail", vec![address.clone()]),
            ("proxyAddresses", subject.proxies_with(place, format!("SMTP:{address}"))),
        ]
    })
}

/// Exactly 256 characters, the prefix counted. An SMTP address is not so long, whatever the attribute holds: mail
/// standards stop at 64 characters before the @. Exchange's own kind of address is.
pub(super) fn longest_address(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    subject.primary()?;
    let name = subject.one("mailNickname")?;
    let office = "X500:/o=Org/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=";
    Some(vec![("proxyAddresses", subject.proxies_and(filled(&format!("{office}{name}-"), "x", 256)))])
}

pub(super) fn longest_alias(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    let alias = filled(&format!("{}-", subject.one("mailNickname")?), "x", 64);
    bench.is_free('n', &alias).then(|| vec![("mailNickname", vec![alias])])
}

pub(super) fn longest_account(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    let name = filled(&format!("{}-", subject.one("sAMAccountName")?), "x", 20);
    bench.is_free('s', &name).then(|| vec![("sAMAccountName", vec![name])])
}
