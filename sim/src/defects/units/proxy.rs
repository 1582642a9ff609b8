//! proxyAddresses of one object.

use super::super::bench::{Bench, Draft, Subject, insert};
use crate::population::Draw;
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
