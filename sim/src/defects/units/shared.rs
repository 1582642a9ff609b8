//! One value on two objects.

use super::super::bench::{Bench, Class, Draft, Subject, Wanted};
use crate::population::Draw;

const MAIL: &str = "mail";
const PROXIES: &str = "proxyAddresses";
const ALIAS: &str = "mailNickname";
const UPN: &str = "userPrincipalName";
const TARGET: &str = "targetAddress";

/// The first one is the owner: its UPN equals the address. The second one may have its own mail or none.
pub(super) fn mail(_: &Bench<'_>, [owner, other]: [&Subject; 2], draw: &mut Draw) -> Option<Draft> {
    let mail = owner.one(MAIL).filter(|mail| owner.one(UPN) == Some(mail))?;
    let (_, primary) = other.primary()?;
    let (changed, primary) = (cased(mail, draw), primary.to_owned());
    let mut draft = Draft { changes: vec![(1, MAIL, vec![changed])], ..Draft::default() };
    draft = draft.accept(1, MAIL, vec![vec![primary], Vec::new()]).note("the mail of another object");
    // an address and a group's address: rules may speak of each place where the owner holds it
    draft.watched.extend([(0, MAIL), (0, PROXIES), (0, UPN)]);
    draft.owner = Some(0);
    Some(draft)
}

/// As [`mail`], but only white space tells the two apart.
pub(super) fn mail_but_for_space(
    _: &Bench<'_>,
    [owner, other]: [&Subject; 2],
    draw: &mut Draw,
) -> Option<Draft> {
    let mail = owner.one(MAIL).filter(|mail| owner.one(UPN) == Some(mail))?;
    let primary = other.primary()?.1.to_owned();
    let changed = if draw.percent(50) { format!("{mail} ") } else { format!(" {mail}") };
    let mut draft = Draft { changes: vec![(1, MAIL, vec![changed])], ..Draft::default() };
    draft = draft.accept(1, MAIL, vec![vec![primary], Vec::new()]);
    draft.watched.extend([(0, MAIL), (0, PROXIES), (0, UPN)]);
    draft.owner = Some(0);
    Some(draft.note("the mail of another object and a space"))
}

/// Now and then in other case: addresses are compared without regard to it.
fn cased(address: &str, draw: &mut Draw) -> String {
    match address.split_once('@') {
        Some((local, domain)) if draw.percent(30) => format!("{}@{domain}", local.to_uppercase()),
        _ => address.to_owned(),
    }
}

/// Of two with one alias the one that was made later gets another.
pub(super) fn alias(bench: &Bench<'_>, [owner, other]: [&Subject; 2], draw: &mut Draw) -> Option<Draft> {
    let alias = owner.one(ALIAS)?;
    let own = |subject: &Subject| {
        subject.primary().and_then(|(_, address)| address.split_once('@')).map(|(local, _)| local.to_owned())
    };
    let (before, other_local) = (other.one(ALIAS)?, own(other)?);
    if own(owner)? != alias || other_local == alias || owner.created >= other.created {
        return None;
    }
    let changed = if draw.percent(30) { alias.to_uppercase() } else { alias.to_owned() };
    let mut any_of = vec![vec![before.to_owned()]];
    if other_local != before && bench.is_free('n', &other_local) {
        any_of.push(vec![other_local]);
    }
    let mut draft = Draft { changes: vec![(1, ALIAS, vec![changed])], ..Draft::default() };
    let wanted = Wanted { subject: 1, attribute: ALIAS, any_of, or_numbered: Some(alias.to_owned()) };
    draft = draft.accept_all(vec![wanted]);
    draft.watched.push((0, ALIAS));
    draft.owner = Some(0);
    Some(draft.note("the alias of an older object"))
}

/// Either somebody's own address on another object as well, or an address that is nobody's own on two.
pub(super) fn proxy(bench: &Bench<'_>, subjects: [&Subject; 2], draw: &mut Draw) -> Option<Draft> {
    let [first, second] = subjects;
    second.primary()?;
    let (_, primary) = first.primary()?;
    if draw.percent(70) || second.class != Class::User {
        if first.one(UPN) != Some(primary) {
            return None;
        }
        let added = format!("smtp:{}", cased(primary, draw));
        let mut draft = Draft { changes: vec![(1, PROXIES, second.proxies_and(added))], ..Draft::default() };
        draft = draft.accept(1, PROXIES, vec![second.all(PROXIES).to_vec()]);
        draft.watched.extend([(0, PROXIES), (0, MAIL), (0, UPN)]);
        draft.owner = Some(0);
        return Some(draft.note("the primary address of another object"));
    }
    let shared = format!("smtp:{}", bench.spare_address(primary.split('@').next()?)?);
    let both = [first.proxies_and(shared.clone()), second.proxies_and(shared)];
    let clean = [first.all(PROXIES).to_vec(), second.all(PROXIES).to_vec()];
    let [held, other_held] = both;
    let mut draft = Draft { changes: vec![(0, PROXIES, held), (1, PROXIES, other_held)], ..Draft::default() };
    draft.owner = match (first.is_enabled(), second.is_enabled()) {
        (true, false) => Some(0),
        (false, true) => Some(1),
        _ => None,
    };
    for (subject, values) in clean.into_iter().enumerate() {
        if draft.owner != Some(subject) {
            draft = draft.accept(subject, PROXIES, vec![values]);
        }
    }
    Some(draft.note("one secondary address on two objects"))
}

/// An X500 address of one on another one as well: nobody's own.
pub(super) fn x500(_: &Bench<'_>, [first, second]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    let value = first.all(PROXIES).iter().find(|value| value.starts_with("X500:"))?.clone();
    second.primary()?;
    let without: Vec<String> = first.all(PROXIES).iter().filter(|v| **v != value).cloned().collect();
    let clean = second.all(PROXIES).to_vec();
    let draft = Draft { changes: vec![(1, PROXIES, second.proxies_and(value))], ..Draft::default() };
    let draft = draft.accept(1, PROXIES, vec![clean]).accept(0, PROXIES, vec![without]);
    Some(draft.note("one X500 address on two objects"))
}

pub(super) fn target(_: &Bench<'_>, [first, second]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    let (value, before) = (first.one(TARGET)?, second.one(TARGET)?);
    let mut draft = Draft { changes: vec![(1, TARGET, vec![value.to_owned()])], ..Draft::default() };
    draft = draft.accept(1, TARGET, vec![vec![before.to_owned()]]);
    draft.watched.push((0, TARGET));
    Some(draft.note("the targetAddress of another contact"))
}

/// The first one is the owner: its mail equals. The other one gets its own name back, or another free one.
pub(super) fn upn(bench: &Bench<'_>, [owner, other]: [&Subject; 2], draw: &mut Draw) -> Option<Draft> {
    let upn = owner.one(UPN).filter(|upn| owner.one(MAIL) == Some(upn))?;
    let before = other.one(UPN)?;
    let mut any_of = vec![vec![before.to_owned()]];
    let by_account = other.one("sAMAccountName").map(|name| bench.at(name));
    any_of.extend(by_account.and_then(|name| bench.if_free(name, before)).map(|name| vec![name]));
    let mut draft = Draft { changes: vec![(1, UPN, vec![cased(upn, draw)])], ..Draft::default() };
    let wanted = Wanted { subject: 1, attribute: UPN, any_of, or_numbered: Some(upn.to_owned()) };
    draft = draft.accept_all(vec![wanted]);
    draft.watched.push((0, UPN));
    draft.owner = Some(0);
    Some(draft.note("the userPrincipalName of another account"))
}

/// The first one's mail is a secondary address of the second one.
pub(super) fn mail_and_proxy(
    bench: &Bench<'_>,
    [first, second]: [&Subject; 2],
    _: &mut Draw,
) -> Option<Draft> {
    let mail = first.one(MAIL)?;
    let (_, primary) = second.primary()?;
    let shared = bench.spare_address(primary.split('@').next()?)?;
    let clean = second.all(PROXIES).to_vec();
    let mut draft = Draft {
        changes: vec![
            (0, MAIL, vec![shared.clone()]),
            (1, PROXIES, second.proxies_and(format!("smtp:{shared}"))),
        ],
        ..Draft::default()
    };
    draft = draft.accept(0, MAIL, vec![vec![mail.to_owned()], Vec::new()]).accept(1, PROXIES, vec![clean]);
    Some(draft.note("a secondary address of another object as mail"))
}

/// A person's mail is what somebody without a mailbox signs in with.
pub(super) fn mail_and_upn(_: &Bench<'_>, [first, second]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    let (mail, upn) = (first.one(MAIL)?, second.one(UPN)?);
    if second.one(MAIL).is_some() || first.class != Class::User {
        return None;
    }
    let mut draft = Draft::value(MAIL, upn.to_owned(), vec![mail.to_owned()]);
    draft.watched.push((1, UPN));
    Some(draft.note("the userPrincipalName of another account as mail"))
}

/// A person has an address that somebody without a mailbox signs in with.
pub(super) fn proxy_and_upn(_: &Bench<'_>, [first, second]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    let upn = second.one(UPN)?;
    if second.one(MAIL).is_some() || first.class != Class::User {
        return None;
    }
    let clean = first.all(PROXIES).to_vec();
    let mut draft = Draft::values(PROXIES, first.proxies_and(format!("smtp:{upn}")), vec![clean]);
    draft.watched.push((1, UPN));
    Some(draft.note("the userPrincipalName of another account as a further address"))
}

/// A group's address on a person.
pub(super) fn of_group(_: &Bench<'_>, [user, group]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    let (_, address) = group.primary()?;
    group.one(MAIL).filter(|mail| *mail == address)?;
    let clean = user.all(PROXIES).to_vec();
    let mut draft = Draft::values(PROXIES, user.proxies_and(format!("smtp:{address}")), vec![clean]);
    draft.watched.extend([(1, PROXIES), (1, MAIL)]);
    Some(draft.note("the address of a group"))
}

/// A contact that another directory's address list left behind: in truth it is the account.
pub(super) fn leftover(_: &Bench<'_>, [contact, user]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    let (_, address) = user.primary()?;
    let (mail, target) = (contact.one(MAIL)?, contact.one(TARGET)?);
    user.one(MAIL).filter(|mail| *mail == address)?;
    let right = |attribute, values: Vec<String>| Wanted {
        subject: 0,
        attribute,
        any_of: vec![values],
        or_numbered: None,
    };
    let mut draft = Draft::default()
        .change(0, MAIL, vec![address.to_owned()])
        .change(0, PROXIES, vec![format!("SMTP:{address}")])
        .change(0, TARGET, vec![format!("SMTP:{address}")])
        .accept_all(vec![
            right(MAIL, vec![mail.to_owned()]),
            right(PROXIES, contact.all(PROXIES).to_vec()),
            right(TARGET, vec![target.to_owned()]),
        ])
        .accept_gone(0);
    draft.watched.extend([(1, MAIL), (1, PROXIES)]);
    Some(draft.note("all addresses of an account"))
}

/// A contact with the mail of an account, and its own addresses besides.
pub(super) fn of_contact(_: &Bench<'_>, [contact, user]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    let (before, mail) = (contact.one(MAIL)?, user.one(MAIL)?);
    user.one(UPN).filter(|upn| *upn == mail)?;
    let mut draft = Draft::value(MAIL, mail.to_owned(), vec![before.to_owned()]).accept_gone(0);
    draft.watched.push((1, MAIL));
    Some(draft.note("the mail of an account"))
}

/// One person with an account in each of two forests, and one mailbox's address on both.
pub(super) fn of_other_forest(_: &Bench<'_>, [first, second]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    let (mail, before) = (first.one(MAIL)?, second.one(MAIL)?);
    let (_, address) = first.primary().filter(|(_, address)| *address == mail)?;
    let (place, _) = second.primary()?;
    let right = |attribute, values: Vec<String>| Wanted {
        subject: 1,
        attribute,
        any_of: vec![values],
        or_numbered: None,
    };
    let mut draft = Draft::default()
        .change(1, MAIL, vec![mail.to_owned()])
        .change(1, PROXIES, second.proxies_with(place, format!("SMTP:{address}")))
        .accept_all(vec![right(MAIL, vec![before.to_owned()]), right(PROXIES, second.all(PROXIES).to_vec())])
        .accept_gone(1);
    draft.watched.extend([(0, MAIL), (0, PROXIES)]);
    Some(draft.note("the addresses of an account in another forest"))
}
