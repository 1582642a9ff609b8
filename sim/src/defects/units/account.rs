//! mailNickname and sAMAccountName of one object.

use super::super::bench::{Addition, Below, Bench, Draft, Subject, Wanted, insert};
use crate::population::Draw;

const ALIAS: &str = "mailNickname";
const ACCOUNT: &str = "sAMAccountName";

fn alias(subject: &Subject, change: impl FnOnce(&str) -> String, note: &str) -> Option<Draft> {
    let alias = subject.one(ALIAS)?;
    Some(Draft::value(ALIAS, change(alias), vec![alias.to_owned()]).note(note))
}

pub(super) fn alias_leading_period(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let periods = ".".repeat(1 + draw.below(2));
    alias(subject, |alias| format!("{periods}{alias}"), "begins with a period")
}

pub(super) fn alias_trailing_period(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    alias(subject, |alias| format!("{alias}."), "ends with a period")
}

pub(super) fn alias_double_period(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    subject.one(ALIAS).filter(|alias| alias.contains('.'))?;
    alias(subject, |alias| alias.replacen('.', "..", 1), "consecutive periods")
}

pub(super) fn alias_characters(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let alias = subject.one(ALIAS)?;
    if draw.percent(50) {
        let character = *draw.pick(&["(", ")", ";", ",", "<", "[", "\""]);
        let changed = insert(alias, character, draw);
        return Some(Draft::value(ALIAS, changed, vec![alias.to_owned()]).note("an invalid character"));
    }
    // a space where the period was: removed, or replaced by what separates names
    let changed = alias.replacen('.', " ", 1);
    let joined = alias.replacen('.', "", 1);
    if changed == alias || !bench.is_free('n', &joined) {
        return None;
    }
    let separated = ["_", "-"].map(|sign| alias.replacen('.', sign, 1));
    let mut accepted = vec![alias.to_owned(), joined];
    accepted.extend(separated.into_iter().filter(|name| bench.is_free('n', name)));
    Some(Draft::value(ALIAS, changed, accepted).note("a space"))
}

pub(super) fn alias_address(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let address = subject.one("mail")?.to_owned();
    let local = address.split('@').next()?.to_owned();
    subject.one(ALIAS).filter(|alias| *alias == local)?;
    Some(Draft::value(ALIAS, address, vec![local]).note("an address"))
}

pub(super) fn alias_too_long(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let alias = subject.one(ALIAS)?;
    let long = format!("{alias}-{}", "x".repeat(80 - alias.len().min(64)));
    let first: String = long.chars().take(64).collect();
    bench
        .is_free('n', &first)
        .then(|| Draft::value(ALIAS, long, vec![alias.to_owned(), first]).note("more than 64 characters"))
}

pub(super) fn alias_absent(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let alias = subject.one(ALIAS)?;
    let (_, primary) = subject.primary()?;
    let (local, _) = primary.split_once('@')?;
    if !bench.is_free('n', local) && local != alias {
        return None;
    }
    let accepted = [local, alias].map(|value| vec![value.to_owned()]).to_vec();
    Some(Draft::values(ALIAS, Vec::new(), accepted).note("removed"))
}

pub(super) fn name_too_long(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let name = subject.one(ACCOUNT)?;
    let long = format!("{name}-administration");
    let first: String = long.chars().take(20).collect();
    if long.len() <= 20 || !bench.is_free('s', &first) && first != name {
        return None;
    }
    let stem: String = long.chars().take(18).collect();
    let mut draft = Draft::value(ACCOUNT, long, vec![name.to_owned(), first]);
    draft.outcomes[0].wanted[0].or_numbered = Some(stem);
    Some(draft.note("more than 20 characters"))
}

pub(super) fn name_characters(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let name = subject.one(ACCOUNT).filter(|name| name.len() < 20)?;
    let character = *draw.pick(&["/", "[", "]", ":", ";", "|", "=", ",", "+", "*", "?", "<", ">", "\""]);
    let changed = insert(name, character, draw);
    Some(Draft::value(ACCOUNT, changed, vec![name.to_owned()]).note("an invalid character"))
}

pub(super) fn name_trailing_period(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let name = subject.one(ACCOUNT).filter(|name| name.len() < 20)?;
    Some(Draft::value(ACCOUNT, format!("{name}."), vec![name.to_owned()]).note("ends with a period"))
}

pub(super) fn alias_ampersand(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let alias = subject.one(ALIAS)?;
    let changed = insert(alias, "&", draw);
    let accepted = vec![alias.to_owned(), changed.replace('&', "and")];
    Some(Draft::value(ALIAS, changed, accepted).note("an ampersand"))
}

/// A Cyrillic letter that looks like the Latin one.
pub(super) fn alias_look_alike(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let pairs = [("a", "\u{430}"), ("e", "\u{435}"), ("o", "\u{43e}"), ("p", "\u{440}"), ("c", "\u{441}")];
    let alias = subject.one(ALIAS)?;
    let fitting: Vec<_> = pairs.iter().filter(|(latin, _)| alias.contains(latin)).collect();
    if fitting.is_empty() {
        return None;
    }
    let (latin, cyrillic) = draw.pick(&fitting);
    let changed = alias.replacen(latin, cyrillic, 1);
    Some(Draft::value(ALIAS, changed, vec![alias.to_owned()]).note("a Cyrillic letter"))
}

pub(super) fn name_address(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let name = subject.one(ACCOUNT).filter(|name| name.len() < 20)?;
    let changed = insert(name, "@", draw);
    Some(Draft::value(ACCOUNT, changed, vec![name.to_owned()]).note("an @"))
}

/// Removed: what it was, or a name made from the other names that nobody has.
pub(super) fn name_absent(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let name = subject.one(ACCOUNT)?;
    let (local, _) = subject.address("userPrincipalName")?;
    let mut accepted = vec![vec![name.to_owned()]];
    for made in [Some(local), subject.one(ALIAS)].into_iter().flatten() {
        let fits = made.len() <= 20 && made.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
        if !fits || !made.eq_ignore_ascii_case(name) && !bench.is_free('s', made) {
            return None;
        }
        accepted.push(vec![made.to_owned()]);
    }
    Some(Draft::values(ACCOUNT, Vec::new(), accepted).note("removed"))
}

/// Another account of the same person, made by a program that knows inetOrgPerson only.
pub(super) fn long_inet_org_person(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (given, family) = (subject.one("givenName")?, subject.one("sn")?);
    let name = subject.one(ACCOUNT)?;
    let long = format!("{name}-directory-client");
    let first: String = long.chars().take(20).collect();
    let upn = bench.at(&format!("{name}-directory-client"));
    if !bench.is_free('s', &first) || !bench.is_free('s', &long) || !bench.is_free('a', &upn) {
        return None;
    }
    let stem: String = long.chars().take(18).collect();
    let shown = format!("{given} {family} (directory client)");
    let text = |value: &str| vec![value.to_owned()];
    let addition = Addition {
        class: "inetOrgPerson",
        name: format!("{} (directory client)", subject.one("cn")?),
        below: Below::Beside(0),
        attributes: vec![
            (ACCOUNT, vec![long]),
            ("displayName", vec![shown]),
            ("givenName", text(given)),
            ("sn", text(family)),
            ("userPrincipalName", vec![upn]),
            // enabled, the password never expires
            ("userAccountControl", text("66048")),
        ],
    };
    let wanted =
        Wanted { subject: 1, attribute: ACCOUNT, any_of: vec![vec![first]], or_numbered: Some(stem) };
    let draft = Draft::default().add(addition).accept_all(vec![wanted]);
    Some(draft.note("more than 20 characters on an inetOrgPerson"))
}

/// The account name of somebody in another domain.
pub(super) fn name_of_another_domain(
    _: &Bench<'_>,
    [first, second]: [&Subject; 2],
    _: &mut Draw,
) -> Option<Draft> {
    let (name, before) = (first.one(ACCOUNT)?, second.one(ACCOUNT)?);
    if name.eq_ignore_ascii_case(before) || second.one("userPrincipalName").is_none() {
        return None;
    }
    let mut draft = Draft::default().change(1, ACCOUNT, vec![name.to_owned()]).accept(
        1,
        ACCOUNT,
        vec![vec![before.to_owned()]],
    );
    draft.watched.push((0, ACCOUNT));
    Some(draft.note("the sAMAccountName of somebody in another domain"))
}
