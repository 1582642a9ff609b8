//! proxyAddresses of one object.

use super::super::bench::{Bench, Draft, Subject, insert};
use crate::population::{Draw, partner_domains};
use crate::transliteration::variants;

const PROXIES: &str = "proxyAddresses";

/// Changes one SMTP value, mostly the primary one; only the list as it was is right.
fn spoil(subject: &Subject, draw: &mut Draw, note: &str, change: Change<'_>) -> Option<Draft> {
    let secondary =
        subject.secondary().filter(|_| draw.percent(30)).map(|(place, address)| (place, "smtp", address));
    let (place, kind, address) =
        secondary.or_else(|| subject.primary().map(|(place, address)| (place, "SMTP", address)))?;
    let (local, domain) = address.split_once('@')?;
    let changed = change(kind, local, domain, draw);
    let before = subject.all(PROXIES).to_vec();
    (changed != before[place])
        .then(|| Draft::values(PROXIES, subject.proxies_with(place, changed), vec![before]).note(note))
}

/// From prefix, local part and domain to a spoilt value.
type Change<'a> = &'a dyn Fn(&str, &str, &str, &mut Draw) -> String;

pub(super) fn whitespace(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "white space", &|kind, local, domain, draw| match draw.below(5) {
        0 => format!("{kind}: {local}@{domain}"),
        1 => format!("{kind}:{local}@{domain} "),
        2 => format!(" {kind}:{local}@{domain}"),
        3 => format!("{kind}:{local}@ {domain}"),
        _ => format!("{kind}:{}@{domain}", insert(local, " ", draw)),
    })
}

pub(super) fn characters(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "an invalid character", &|kind, local, domain, draw| {
        let character = *draw.pick(&["<", ">", "(", ")", ";", ",", "[", "]", "\""]);
        format!("{kind}:{}@{domain}", insert(local, character, draw))
    })
}

pub(super) fn colon(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "a second colon", &|kind, local, domain, draw| {
        format!("{kind}:{}@{domain}", insert(local, ":", draw))
    })
}

pub(super) fn doubled_prefix(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "the type prefix twice", &|kind, local, domain, _| {
        format!("{kind}:{kind}:{local}@{domain}")
    })
}

pub(super) fn unicode_space(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "a no-break space", &|kind, local, domain, draw| {
        format!("{kind}:{}@{domain}", insert(local, "\u{a0}", draw))
    })
}

pub(super) fn invisible(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "a character that nobody sees", &|kind, local, domain, draw| match draw.below(2) {
        0 => format!("{kind}:{local}@{domain}\u{200f}"),
        _ => format!("{kind}:{}@{domain}", insert(local, "\u{200b}", draw)),
    })
}

/// A Cyrillic letter that looks like the Latin one.
pub(super) fn look_alike(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "a Cyrillic letter", &|kind, local, domain, _| {
        let pairs =
            [('a', '\u{430}'), ('e', '\u{435}'), ('o', '\u{43e}'), ('p', '\u{440}'), ('c', '\u{441}')];
        let pair = pairs.iter().find(|(latin, _)| local.contains(*latin));
        let local = pair.map_or_else(
            || local.to_owned(),
            |(latin, cyrillic)| local.replacen(*latin, &cyrillic.to_string(), 1),
        );
        format!("{kind}:{local}@{domain}")
    })
}

/// A text with one letter marked, as its bearer writes it: `müller` of `mueller`, `andré` of `andre`.
pub(super) fn marked(text: &str, draw: &mut Draw) -> Option<String> {
    let pairs = [
        ("ue", "ü"),
        ("oe", "ö"),
        ("ae", "ä"),
        ("ss", "ß"),
        ("e", "é"),
        ("o", "ö"),
        ("a", "á"),
        ("u", "ü"),
        ("l", "ł"),
        ("n", "ñ"),
        ("c", "ç"),
        ("i", "í"),
    ];
    let fitting: Vec<_> = pairs.iter().filter(|(plain, _)| text.contains(plain)).collect();
    (!fitting.is_empty()).then(|| {
        // a letter pair that a German name probably had comes first
        let (plain, letter) = if fitting[0].0.len() == 2 { fitting[0] } else { *draw.pick(&fitting) };
        text.replacen(plain, letter, 1)
    })
}

pub(super) fn diacritic(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (place, address) = subject.primary()?;
    let (local, domain) = address.split_once('@')?;
    let changed = marked(local, draw)?;
    let mut accepted = vec![subject.all(PROXIES).to_vec()];
    for variant in variants(&changed) {
        let other = format!("{variant}@{domain}");
        accepted.push(subject.proxies_with(place, format!("SMTP:{}", bench.if_free(other, address)?)));
    }
    let spoilt = subject.proxies_with(place, format!("SMTP:{changed}@{domain}"));
    Some(Draft::values(PROXIES, spoilt, accepted).note("a letter with a mark"))
}

/// Either the address of the old domain beside the right one, or instead of it.
pub(super) fn private_domain(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (place, address) = subject.primary()?;
    let (local, _) = address.split_once('@')?;
    let before = subject.all(PROXIES).to_vec();
    let private = format!("{local}@{}", bench.private_domain);
    let spoilt = match draw.below(3) {
        0 => subject.proxies_with(place, format!("SMTP:{private}")),
        _ => subject.proxies_and(format!("smtp:{private}")),
    };
    Some(Draft::values(PROXIES, spoilt, vec![before]).note("a domain that the internet does not know"))
}

pub(super) fn trailing_period(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "a period after the domain", &|kind, local, domain, _| {
        format!("{kind}:{local}@{domain}.")
    })
}

pub(super) fn periods(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "a period too many", &|kind, local, domain, draw| match draw.below(3) {
        0 => format!("{kind}:{local}.@{domain}"),
        1 => format!("{kind}:.{local}@{domain}"),
        _ if local.contains('.') => format!("{kind}:{}@{domain}", local.replacen('.', "..", 1)),
        _ => format!("{kind}:{local}.@{domain}"),
    })
}

pub(super) fn empty(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let before = subject.all(PROXIES).to_vec();
    subject.primary()?;
    let value = if draw.percent(50) { "smtp:".to_owned() } else { format!("smtp:@{}", bench.domain) };
    Some(Draft::values(PROXIES, subject.proxies_and(value), vec![before]).note("an empty address"))
}

/// A further address that the person really has, spoilt or not.
fn further(bench: &Bench<'_>, subject: &Subject) -> Option<String> {
    let (_, address) = subject.primary()?;
    bench.spare_address(address.split('@').next()?)
}

pub(super) fn no_prefix(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let address = further(bench, subject)?;
    let accepted = vec![subject.proxies_and(format!("smtp:{address}"))];
    Some(Draft::values(PROXIES, subject.proxies_and(address), accepted).note("no type prefix"))
}

pub(super) fn private_sip(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let sip = subject.all(PROXIES).iter().position(|value| value.starts_with("sip:"))?;
    let before = subject.all(PROXIES).to_vec();
    let (local, _) = before[sip].split_once('@')?;
    let spoilt = subject.proxies_with(sip, format!("{local}@{}", bench.private_domain));
    Some(Draft::values(PROXIES, spoilt, vec![before]).note("a SIP address in a private domain"))
}

pub(super) fn legacy(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let alias = subject.one("sAMAccountName")?;
    let value = match draw.below(3) {
        0 => format!("NOTES:{alias}/Org@Domain"),
        1 => format!("MSMAIL:ORG/POST/{}", alias.to_uppercase()),
        _ => format!("CCMAIL:{alias} at POST"),
    };
    let before = subject.all(PROXIES).to_vec();
    Some(Draft::values(PROXIES, subject.proxies_and(value), vec![before]).note("a system of the past"))
}

pub(super) fn reserved(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (_, address) = subject.primary()?;
    let value = format!("smtp:{}@{}", address.split('@').next()?, bench.tenant.initial_domain);
    let before = subject.all(PROXIES).to_vec();
    Some(Draft::values(PROXIES, subject.proxies_and(value), vec![before]).note("a domain of the cloud"))
}

pub(super) fn two_primaries(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let before = subject.all(PROXIES).to_vec();
    if let Some((place, address)) = subject.secondary() {
        let spoilt = subject.proxies_with(place, format!("SMTP:{address}"));
        return Some(Draft::values(PROXIES, spoilt, vec![before]).note("two primary addresses"));
    }
    let address = further(bench, subject)?;
    let accepted = vec![subject.proxies_and(format!("smtp:{address}"))];
    let spoilt = subject.proxies_and(format!("SMTP:{address}"));
    Some(Draft::values(PROXIES, spoilt, accepted).note("two primary addresses"))
}

pub(super) fn no_primary(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (place, address) = subject.primary()?;
    let spoilt = subject.proxies_with(place, format!("smtp:{address}"));
    Some(Draft::values(PROXIES, spoilt, vec![subject.all(PROXIES).to_vec()]).note("no primary address"))
}

pub(super) fn group_without(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let mail = subject.one("mail").filter(|_| subject.distribution)?;
    let accepted = vec![vec![format!("SMTP:{mail}")]];
    Some(Draft::values(PROXIES, Vec::new(), accepted).note("a distribution group's addresses removed"))
}

pub(super) fn too_long(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (_, address) = subject.primary()?;
    let (local, domain) = address.split_once('@')?;
    let before = subject.all(PROXIES).to_vec();
    let long = format!("smtp:{local}{}@{domain}", "-afdeling".repeat(28));
    Some(Draft::values(PROXIES, subject.proxies_and(long), vec![before]).note("more than 256 characters"))
}

/// A further address in a domain that is written in its own letters.
pub(super) fn unicode_domain(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (_, address) = subject.primary()?;
    let (local, domain) = address.split_once('@')?;
    let pairs = [("a", "ä"), ("o", "ö"), ("u", "ü"), ("e", "é"), ("i", "í")];
    let (first, rest) = domain.split_once('.')?;
    let (plain, letter) = pairs.iter().find(|(plain, _)| first.contains(plain))?;
    let domain = format!("{}.{rest}", first.replacen(plain, letter, 1));
    let ascii = idna::domain_to_ascii(&domain).ok()?;
    let right = subject.proxies_and(format!("smtp:{local}@{ascii}"));
    let spoilt = subject.proxies_and(format!("smtp:{local}@{domain}"));
    Some(Draft::values(PROXIES, spoilt, vec![right]).note("an internationalized domain in its own letters"))
}

/// A further address of the same name in a domain that is nothing on the internet.
pub(super) fn single_label(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (_, address) = subject.primary()?;
    let label = bench.private_domain.split('.').next()?;
    let before = subject.all(PROXIES).to_vec();
    let spoilt = subject.proxies_and(format!("smtp:{}@{label}", address.split('@').next()?));
    Some(Draft::values(PROXIES, spoilt, vec![before]).note("a domain of one label"))
}

pub(super) fn malformed_domain(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "a domain that nobody can have", &|kind, local, domain, draw| match draw.below(3) {
        0 => format!("{kind}:{local}@{}", insert(domain, "_", draw)),
        1 => format!("{kind}:{local}@-{domain}"),
        _ => format!("{kind}:{local}@{}", domain.replacen('.', "..", 1)),
    })
}

pub(super) fn several_ats(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "several @", &|kind, local, domain, draw| match draw.below(2) {
        0 => format!("{kind}:{local}@@{domain}"),
        _ => format!("{kind}:{}@{domain}", insert(local, "@", draw)),
    })
}

pub(super) fn no_at(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    spoil(subject, draw, "no @", &|kind, local, domain, _| format!("{kind}:{local}.{domain}"))
}

/// A tab, a bracket or a quote in an X500 address.
pub(super) fn x500_characters(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let place = subject.all(PROXIES).iter().position(|value| value.starts_with("X500:"))?;
    let before = subject.all(PROXIES).to_vec();
    let (kind, name) = before[place].split_once(':')?;
    let character = *draw.pick(&["\t", "[", "]", "\"", "\u{b}"]);
    let spoilt = subject.proxies_with(place, format!("{kind}:{}", insert(name, character, draw)));
    Some(Draft::values(PROXIES, spoilt, vec![before]).note("a control character, a bracket or a quote"))
}

/// The primary address a second time, in another case: an old import wrote it.
pub(super) fn repeated(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (_, address) = subject.primary()?;
    let before = subject.all(PROXIES).to_vec();
    let again = match draw.below(2) {
        0 => format!("smtp:{}", address.to_uppercase()),
        _ => format!("smtp:{address}"),
    };
    Some(Draft::values(PROXIES, subject.proxies_and(again), vec![before]).note("the same address twice"))
}

/// More than 300 addresses, as a program leaves them that never takes one away.
pub(super) fn too_many(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (_, address) = subject.primary()?;
    let (local, domain) = address.split_once('@')?;
    let before = subject.all(PROXIES).to_vec();
    let mut spoilt = before.clone();
    spoilt.extend((1..=320).map(|n| format!("smtp:{local}.old{n:03}@{domain}")));
    let free = bench.is_free('a', &format!("{local}.old001@{domain}"));
    free.then(|| Draft::values(PROXIES, spoilt, vec![before]).note("more than 300 addresses"))
}

/// The SMTP addresses removed from somebody who is to get a licence.
pub(super) fn no_smtp(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (_, address) = subject.primary()?;
    subject.one("userPrincipalName").filter(|upn| *upn == address)?;
    subject.one("mail").filter(|mail| *mail == address)?;
    let before = subject.all(PROXIES).to_vec();
    let left: Vec<String> =
        before.iter().filter(|value| !value.to_lowercase().starts_with("smtp:")).cloned().collect();
    let mut right = left.clone();
    right.push(format!("SMTP:{address}"));
    Some(Draft::values(PROXIES, left, vec![right, before]).note("no SMTP address"))
}

/// A further address in a domain that the tenant has not verified.
pub(super) fn unverified(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (_, address) = subject.primary()?;
    let verified =
        |domain: &&str| bench.tenant.verified_domains.iter().any(|v| v.eq_ignore_ascii_case(domain));
    let foreign: Vec<&str> = partner_domains().filter(|d| !verified(d) && *d != bench.domain).collect();
    if foreign.is_empty() {
        return None;
    }
    let value = format!("{}@{}", address.split('@').next()?, draw.pick(&foreign));
    let before = subject.all(PROXIES).to_vec();
    bench.is_free('a', &value).then(|| {
        Draft::values(PROXIES, subject.proxies_and(format!("smtp:{value}")), vec![before])
            .note("a domain that the tenant has not verified")
    })
}

/// A group that keeps its X500 address only.
pub(super) fn group_x500_only(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let mail = subject.one("mail")?;
    let alias = subject.one("mailNickname")?;
    let x500 = format!("X500:/o=Org/ou=Exchange Administrative Group/cn=Recipients/cn={alias}");
    let right = vec![x500.clone(), format!("SMTP:{mail}")];
    Some(Draft::values(PROXIES, vec![x500], vec![right]).note("an X500 address only"))
}
