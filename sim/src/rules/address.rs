//! One SMTP address: what is wrong with it and how it reads when that is repaired.

use super::domains::{DomainFault, Domains};
use super::text::{is_atext, is_invisible, is_tidy, is_unicode_space, strip, tidy_periods};
use crate::transliteration::{is_latin, variants};

/// Local parts of an object that are looked at to learn how it writes its name.
const HABITS_MAX: usize = 32;

/// What is wrong with an address; each caller gives it the catalogue's id for its attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AddressFault {
    Whitespace,
    UnicodeSpace,
    Invisible,
    InvalidCharacter,
    Colon,
    Empty,
    NoAt,
    SeveralAts,
    ForeignLetter,
    Diacritic,
    Periods,
    TrailingDomainPeriod,
    UnicodeDomain,
    MalformedDomain,
    SingleLabel,
    NonRoutable,
    Unverified,
}

/// An address after the check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CheckedAddress {
    /// What is wrong, in the order of [`AddressFault`].
    pub(super) faults: Vec<AddressFault>,
    /// How it reads when repaired; none if that needs a decision.
    pub(super) repaired: Option<String>,
}

/// What the check may assume.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddressContext<'a> {
    /// The address belongs to a partner: any routable domain will do, none is replaced.
    pub(super) external: bool,
    /// The verified domain that the object's other addresses have.
    pub(super) home: Option<&'a str>,
    /// Local parts that the object uses elsewhere: of several transliterations the one that is among them
    /// is taken.
    pub(super) habits: &'a [&'a str],
}

/// Checks what follows the type prefix of an SMTP address.
pub(super) fn check_address(
    address: &str,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) -> CheckedAddress {
    if is_good(address, domains, context) {
        return CheckedAddress { faults: Vec::new(), repaired: Some(address.to_owned()) };
    }
    let mut faults = Vec::new();
    let repaired = repair(address, domains, context, &mut faults);
    faults.sort_unstable();
    faults.dedup();
    CheckedAddress { faults, repaired }
}

/// Nothing is wrong with it: [`check_address`] would find no fault.
pub(super) fn is_good(address: &str, domains: &mut Domains<'_>, context: AddressContext<'_>) -> bool {
    let fits = |fault| context.external && fault == DomainFault::Unverified;
    address
        .split_once('@')
        .is_some_and(|(local, domain)| is_plain_local(local) && domains.fault(domain).is_none_or(fits))
}

fn is_plain_local(local: &str) -> bool {
    is_tidy(local) && local.bytes().all(|b| b == b'.' || is_atext(char::from(b)))
}

fn repair(
    address: &str,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
    faults: &mut Vec<AddressFault>,
) -> Option<String> {
    let mut text = address.to_owned();
    let mut drop = |fault, unwanted: &dyn Fn(char) -> bool| {
        if strip(&mut text, unwanted) {
            faults.push(fault);
        }
    };
    drop(AddressFault::Whitespace, &|c| c.is_ascii() && c.is_whitespace());
    drop(AddressFault::UnicodeSpace, &is_unicode_space);
    drop(AddressFault::Invisible, &is_invisible);
    drop(AddressFault::Colon, &|c| c == ':');
    drop(AddressFault::InvalidCharacter, &|c| c.is_ascii() && !is_atext(c) && c != '.' && c != '@');
    let Some((local, domain)) = text.rsplit_once('@') else {
        faults.push(if text.is_empty() { AddressFault::Empty } else { AddressFault::NoAt });
        return None;
    };
    if local.contains('@') {
        faults.push(AddressFault::SeveralAts);
        return None;
    }
    let local = repair_local(local, context.habits, faults)?;
    let domain = repair_domain(domain, domains, context, faults)?;
    Some(format!("{local}@{domain}"))
}

fn repair_local(local: &str, habits: &[&str], faults: &mut Vec<AddressFault>) -> Option<String> {
    if !local.chars().all(is_latin) {
        faults.push(AddressFault::ForeignLetter);
        return None;
    }
    let mut local = local.to_owned();
    if !local.is_ascii() {
        faults.push(AddressFault::Diacritic);
        local = transliterate_by_habit(&local, habits);
    }
    let tidy = tidy_periods(&local);
    if tidy.is_empty() {
        faults.push(AddressFault::Empty);
        return None;
    }
    if tidy != local {
        faults.push(AddressFault::Periods);
    }
    Some(tidy)
}

/// In ASCII, as the object writes the same name elsewhere, else by the first variant.
pub(super) fn transliterate_by_habit(local: &str, habits: &[&str]) -> String {
    let mut variants = variants(local);
    // somebody with thousands of addresses has no habits
    let habits = &habits[..habits.len().min(HABITS_MAX)];
    let usual = variants.iter().position(|v| habits.iter().any(|habit| habit.eq_ignore_ascii_case(v)));
    variants.swap_remove(usual.unwrap_or(0))
}

fn repair_domain(
    domain: &str,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
    faults: &mut Vec<AddressFault>,
) -> Option<String> {
    let mut domain = domain;
    if let Some(rest) = domain.strip_suffix('.') {
        faults.push(AddressFault::TrailingDomainPeriod);
        domain = rest;
    }
    let replaced = |domains: &Domains<'_>| {
        (!context.external).then(|| domains.replacement(domain, context.home)).flatten()
    };
    match domains.fault(domain) {
        None => Some(domain.to_owned()),
        Some(DomainFault::Unverified) if context.external => Some(domain.to_owned()),
        Some(DomainFault::Unverified) => {
            faults.push(AddressFault::Unverified);
            None
        }
        Some(DomainFault::NonRoutable) => {
            faults.push(AddressFault::NonRoutable);
            replaced(domains)
        }
        Some(DomainFault::SingleLabelOrNumeric) => {
            faults.push(AddressFault::SingleLabel);
            replaced(domains)
        }
        Some(DomainFault::Unicode) => {
            faults.push(AddressFault::UnicodeDomain);
            domains.in_ascii(domain).filter(|ascii| context.external || domains.fault(ascii).is_none())
        }
        Some(DomainFault::Malformed | DomainFault::Empty) => {
            faults.push(AddressFault::MalformedDomain);
            None
        }
    }
}
