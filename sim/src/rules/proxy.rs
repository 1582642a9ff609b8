//! proxyAddresses: each value, then the list as a whole.

use super::ObjectView;
use super::address::{AddressContext, AddressFault, check_address, is_good};
use super::domains::{DomainFault, Domains};
use super::settings::Licensed;
use super::sheet::{
    Broken, GROUP_TYPE, MAIL, MAIL_NICKNAME, PROXY_ADDRESSES, Sheet, Slot, USER_PRINCIPAL_NAME,
};
use super::text::{is_invisible, is_unicode_space, strip};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

const VALUE_MAX: usize = 256;
const VALUES_MAX: usize = 300;
/// Values that are compared each with each.
const FEW: usize = 16;
/// Systems that Exchange once spoke to; the cloud discards their addresses.
const LEGACY: [&str; 7] = ["MS", "MSMAIL", "CCMAIL", "NOTES", "X400", "FAX", "GWISE"];

/// The SMTP address of a proxy address, and whether it is the primary one.
pub(super) fn smtp(value: &str) -> Option<(&str, bool)> {
    let (prefix, address) = value.split_at_checked("smtp:".len())?;
    prefix.eq_ignore_ascii_case("smtp:").then_some((address, prefix == "SMTP:"))
}

/// The primary SMTP address of a list.
pub(super) fn primary(values: &[String]) -> Option<&str> {
    values.iter().filter_map(|value| smtp(value)).find(|(_, primary)| *primary).map(|(address, _)| address)
}

/// An address as the primary one, unless the list has no room for a value of that length.
pub(super) fn as_primary(address: &str) -> Option<String> {
    let value = format!("SMTP:{address}");
    (value.chars().count() <= VALUE_MAX).then_some(value)
}

pub(super) fn check_proxy_addresses(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) {
    let values = view.slot(PROXY_ADDRESSES);
    let mut broken = Vec::new();
    if values.is_empty() && view.class == "group" {
        return check_absent(sheet, object, view, domains, context);
    }
    if values.is_empty() || is_sound(values, domains, context) {
        return;
    }
    let mut repaired: Vec<String> = Vec::with_capacity(values.len());
    for value in values {
        let result = check_value(value, &mut broken, domains, context);
        repaired.extend(result);
    }
    // values that stay as they are until somebody decides
    let open: BTreeSet<&str> =
        broken.iter().filter(|b| !b.decided).filter_map(|b| b.value.as_deref()).collect();
    let listed = check_list(view, &mut repaired, &open, domains, context);
    broken.extend(listed);
    if values.len() > VALUES_MAX {
        broken = one_a_rule(broken);
    }
    if !broken.is_empty() {
        let row = sheet.row(object, PROXY_ADDRESSES);
        row.repaired = repaired;
        row.broken = broken;
    }
}

/// The common case: a few good SMTP addresses, each of them once and one the primary one.
fn is_sound(values: &[String], domains: &mut Domains<'_>, context: AddressContext<'_>) -> bool {
    let mut primaries = 0;
    values.len() <= FEW
        && values.iter().enumerate().all(|(place, value)| {
            let Some((address, primary)) = smtp(value) else { return false };
            primaries += usize::from(primary);
            let again = values[..place].iter().any(|other| other.eq_ignore_ascii_case(value));
            let reserved = address.split_once('@').is_some_and(|(_, domain)| is_reserved(domain));
            value.len() <= VALUE_MAX && !again && !reserved && is_good(address, domains, context)
        })
        && primaries == 1
}

/// Of a list that is too long anyway one finding a rule, since each finding carries the whole list.
fn one_a_rule(broken: Vec<Broken>) -> Vec<Broken> {
    let mut further: BTreeMap<(&'static str, bool), usize> = BTreeMap::new();
    let mut kept: Vec<Broken> = Vec::new();
    for one in broken {
        match further.entry((one.rule, one.decided)) {
            Entry::Occupied(mut count) => *count.get_mut() += 1,
            Entry::Vacant(first) => {
                first.insert(0);
                kept.push(one);
            }
        }
    }
    for one in &mut kept {
        let count = further.get(&(one.rule, one.decided)).copied().unwrap_or(0);
        if count > 0 {
            one.reason.push_str(&format!(" (and {count} more values)"));
        }
    }
    kept
}

/// A distribution group that has mail and no addresses.
fn check_absent(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) {
    let distribution = view.one(GROUP_TYPE).is_some_and(|kind| !kind.starts_with('-'));
    let Some(mail) = view.one(MAIL).filter(|_| distribution) else { return };
    let address = check_address(mail, domains, context).repaired.and_then(|address| as_primary(&address));
    let row = sheet.row(object, PROXY_ADDRESSES);
    let decided = address.is_some();
    row.repaired = address.into_iter().collect();
    row.broken.push(Broken::error("GR10", "a distribution group has mail but no addresses").decided(decided));
}

/// Checks one value; gives what should stand in its place, if anything should.
fn check_value(
    value: &str,
    broken: &mut Vec<Broken>,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) -> Option<String> {
    if value.chars().count() > VALUE_MAX {
        broken.push(Broken::error("PA01", "longer than 256 characters").of(value).decided(false));
        return Some(value.to_owned());
    }
    let before = broken.len();
    let repaired = check_form(value, broken, domains, context);
    // a prefix, another domain or its ASCII spelling may take more room than there is
    if repaired.as_deref().is_some_and(|repaired| repaired.chars().count() > VALUE_MAX) {
        broken[before..].iter_mut().for_each(|one| one.decided = false);
        return Some(value.to_owned());
    }
    repaired
}

fn check_form(
    value: &str,
    broken: &mut Vec<Broken>,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) -> Option<String> {
    let Some((prefix, rest)) = value.split_once(':') else {
        return check_unprefixed(value, broken, domains, context);
    };
    let mut kind = prefix.to_owned();
    if strip(&mut kind, |c| c.is_whitespace() || is_invisible(c)) {
        broken.push(Broken::error("PA02", "white space before the type prefix").of(value));
    }
    if kind.eq_ignore_ascii_case("smtp") {
        return check_smtp(value, &kind, rest, broken, domains, context);
    }
    if kind.eq_ignore_ascii_case("sip") {
        return check_sip(value, &kind, rest, broken, domains, context);
    }
    check_other(value, &kind, rest, broken)
}

fn check_unprefixed(
    value: &str,
    broken: &mut Vec<Broken>,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) -> Option<String> {
    if !value.contains('@') {
        broken.push(Broken::error("PA17", "neither a type prefix nor an @").of(value).decided(false));
        return Some(value.to_owned());
    }
    let repaired = check_smtp(value, "smtp", value, broken, domains, context);
    let decided = repaired.as_deref() != Some(value);
    broken.push(Broken::error("PA19", "the type prefix is missing").of(value).decided(decided));
    repaired
}

fn check_smtp(
    value: &str,
    kind: &str,
    rest: &str,
    broken: &mut Vec<Broken>,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) -> Option<String> {
    let mut address = rest;
    while let Some((_, tail)) = address.split_once(':').filter(|(p, _)| p.trim().eq_ignore_ascii_case("smtp"))
    {
        address = tail;
    }
    if address.len() != rest.len() {
        broken.push(Broken::error("PA05", "the type prefix is doubled").of(value));
    }
    if address.trim().is_empty() || address.trim_start().starts_with('@') && address.matches('@').count() == 1
    {
        broken.push(Broken::error("PA18", "the address is empty").of(value));
        return None;
    }
    if let Some((_, domain)) = address.rsplit_once('@')
        && is_reserved(domain)
    {
        broken.push(Broken::warning("PA23", "a domain of the cloud does not belong on premises").of(value));
        return None;
    }
    let checked = check_address(address, domains, context);
    let decided = checked.repaired.is_some();
    for fault in checked.faults {
        broken.push(Broken::error(rule(fault), reason(fault)).of(value).decided(decided));
    }
    Some(checked.repaired.map_or_else(|| value.to_owned(), |address| format!("{kind}:{address}")))
}

fn is_reserved(domain: &str) -> bool {
    let ends = |end: &str| {
        let start = domain.len().checked_sub(end.len());
        start.and_then(|start| domain.get(start..)).is_some_and(|found| found.eq_ignore_ascii_case(end))
    };
    ends(".onmicrosoft.com") || ends(".microsoftonline.com")
}

fn check_sip(
    value: &str,
    kind: &str,
    rest: &str,
    broken: &mut Vec<Broken>,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) -> Option<String> {
    let mut address = rest.to_owned();
    if strip(&mut address, |c| c.is_whitespace() || is_unicode_space(c)) {
        broken.push(Broken::error("PA02", "white space in the address").of(value));
    }
    if strip(&mut address, |c| "<>();,[]\"".contains(c) || is_invisible(c)) {
        broken.push(Broken::error("PA03", "characters that no address may hold").of(value));
    }
    if strip(&mut address, |c| c == ':') {
        broken.push(Broken::error("PA04", reason(AddressFault::Colon)).of(value));
    }
    if let Some((local, domain)) = address.rsplit_once('@')
        && domains.fault(domain) == Some(DomainFault::NonRoutable)
    {
        let target = domains.replacement(domain, context.home).filter(|_| !context.external);
        let reason = "a SIP address in a domain that the internet does not know";
        broken.push(Broken::warning("PA21", reason).of(value).decided(target.is_some()));
        address = target.map_or_else(|| address.clone(), |target| format!("{local}@{target}"));
    }
    Some(format!("{kind}:{address}"))
}

fn check_other(value: &str, kind: &str, rest: &str, broken: &mut Vec<Broken>) -> Option<String> {
    // control characters are reported as such, those that count as white space among them
    let blank = |c: char| c.is_whitespace() && !c.is_control();
    let mut address = rest.trim_matches(blank).to_owned();
    if address.len() != rest.len() {
        broken.push(Broken::error("PA02", "white space at the ends").of(value));
    }
    let x_address = kind.eq_ignore_ascii_case("x400") || kind.eq_ignore_ascii_case("x500");
    let unwanted = |c: char| is_invisible(c) || c.is_control() || x_address && "[]\"".contains(c);
    if strip(&mut address, unwanted) {
        broken.push(Broken::error("PA20", "control characters, brackets or quotes").of(value));
    }
    if LEGACY.iter().any(|legacy| kind.eq_ignore_ascii_case(legacy)) {
        broken.push(Broken::warning("PA22", "an address of a system of the past").of(value));
        return None;
    }
    Some(format!("{kind}:{address}"))
}

fn rule(fault: AddressFault) -> &'static str {
    match fault {
        AddressFault::Whitespace => "PA02",
        AddressFault::InvalidCharacter => "PA03",
        AddressFault::Colon => "PA04",
        AddressFault::UnicodeSpace => "PA06",
        AddressFault::Invisible => "PA07",
        AddressFault::ForeignLetter => "PA08",
        AddressFault::Diacritic => "PA09",
        AddressFault::UnicodeDomain => "PA10",
        AddressFault::NonRoutable => "PA11",
        AddressFault::SingleLabel => "PA12",
        AddressFault::MalformedDomain => "PA13",
        AddressFault::TrailingDomainPeriod => "PA14",
        AddressFault::Periods => "PA15",
        AddressFault::SeveralAts => "PA16",
        AddressFault::NoAt => "PA17",
        AddressFault::Empty => "PA18",
        AddressFault::Unverified => "PA31",
    }
}

/// The same words for every attribute that carries an address.
pub(super) fn reason(fault: AddressFault) -> &'static str {
    match fault {
        AddressFault::Whitespace => "white space in the address",
        AddressFault::UnicodeSpace => "a no-break or other Unicode space in the address",
        AddressFault::Invisible => "characters in the address that nobody sees",
        AddressFault::InvalidCharacter => "characters that no address may hold",
        AddressFault::Colon => "a colon after the type prefix's own",
        AddressFault::Empty => "the local part is empty",
        AddressFault::NoAt => "no @",
        AddressFault::SeveralAts => "several @",
        AddressFault::ForeignLetter => "a letter of another script, perhaps a look-alike",
        AddressFault::Diacritic => "a letter with a mark in the local part",
        AddressFault::Periods => "the local part begins or ends with a period or doubles one",
        AddressFault::TrailingDomainPeriod => "a period after the domain",
        AddressFault::UnicodeDomain => "an internationalized domain in its own letters",
        AddressFault::MalformedDomain => "no domain can be written so",
        AddressFault::SingleLabel => "the domain has one label or is a number",
        AddressFault::NonRoutable => "the internet does not know the domain",
        AddressFault::Unverified => "the domain is not one of the tenant's",
    }
}

/// What is wrong with the list as a whole. `open` are values that nobody has decided about: none of them is
/// made the primary one.
fn check_list(
    view: &ObjectView,
    values: &mut Vec<String>,
    open: &BTreeSet<&str>,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) -> Vec<Broken> {
    let mut broken = Vec::new();
    if values.len() > VALUES_MAX {
        broken.push(Broken::error("PA29", "more than 300 addresses").decided(false));
    }
    broken.extend(check_repeated(view, values));
    let primaries = values.iter().filter(|v| smtp(v).is_some_and(|(_, primary)| primary)).count();
    let any = values.iter().any(|v| smtp(v).is_some());
    if primaries > 1 {
        let keep = preferred(view, values, true, open);
        for (i, value) in values.iter_mut().enumerate() {
            if Some(i) != keep && value.starts_with("SMTP:") {
                value.replace_range(..4, "smtp");
            }
        }
        broken.push(Broken::error("PA24", "more than one primary address").decided(keep.is_some()));
    } else if primaries == 0 && any {
        let made = promote_but(view, values, open);
        broken.push(Broken::error("PA25", "no primary address").decided(made));
    } else if !any && view.class == "group" && !values.is_empty() {
        let mail = view.one(MAIL).map(|mail| check_address(mail, domains, context).repaired);
        let Some(address) = mail else { return broken };
        let address = address.and_then(|address| as_primary(&address));
        let decided = address.is_some();
        values.extend(address);
        broken.push(Broken::error("PA32", "a group has mail but no SMTP address").decided(decided));
    }
    broken
}

/// Somebody who is to get a licence needs an SMTP address: mail, else the userPrincipalName. Where everybody
/// gets a licence, those are meant who have to do with mail already. Checked after both.
pub(super) fn check_licensed(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) {
    let licensed = &domains.settings().licensed;
    let has_smtp = |values: &[String]| values.iter().any(|value| smtp(value).is_some());
    if !licensed.covers(view) || has_smtp(sheet.current(object, PROXY_ADDRESSES)) {
        return;
    }
    let for_mail = view.one(MAIL).is_some() || view.one(MAIL_NICKNAME).is_some() || view.has_mailbox();
    if *licensed == Licensed::All && !for_mail {
        return;
    }
    let address = [MAIL, USER_PRINCIPAL_NAME]
        .into_iter()
        .filter_map(|slot| sheet.current_first(object, slot))
        .filter(|name| check_address(name, domains, context).faults.is_empty())
        .find_map(as_primary);
    let broken = Broken::error("PA30", "a licence is planned, and there is no SMTP address");
    let row = sheet.row(object, PROXY_ADDRESSES);
    row.broken.push(broken.decided(address.is_some()));
    row.repaired.extend(address);
}

/// The same address twice on one object, in whatever case: the primary stays. When the second one only came
/// about by a repair, that repair has already been reported.
fn check_repeated(view: &ObjectView, values: &mut Vec<String>) -> Option<Broken> {
    let original = view.slot(PROXY_ADDRESSES);
    let distinct: BTreeSet<String> = original.iter().map(|value| value.to_lowercase()).collect();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<String> = Vec::with_capacity(values.len());
    for value in values.drain(..) {
        match places.entry(value.to_lowercase()) {
            Entry::Occupied(place) if value.starts_with("SMTP:") => kept[*place.get()] = value,
            Entry::Occupied(_) => {}
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(value);
            }
        }
    }
    *values = kept;
    (distinct.len() != original.len()).then(|| Broken::error("PA28", "the same address twice"))
}

/// Makes one SMTP address the primary one: the one equal to mail, else to the UPN, else the first.
pub(super) fn promote(view: &ObjectView, values: &mut [String]) {
    promote_but(view, values, &BTreeSet::new());
}

fn promote_but(view: &ObjectView, values: &mut [String], open: &BTreeSet<&str>) -> bool {
    let chosen = preferred(view, values, false, open).and_then(|i| values.get_mut(i));
    chosen.map(|value| value.replace_range(..4, "SMTP")).is_some()
}

fn preferred(
    view: &ObjectView,
    values: &[String],
    primary_only: bool,
    open: &BTreeSet<&str>,
) -> Option<usize> {
    let position = |wanted: Option<&str>| {
        values.iter().position(|value| {
            !open.contains(value.as_str())
                && smtp(value).is_some_and(|(address, primary)| {
                    (primary || !primary_only)
                        && wanted.is_none_or(|w| address.eq_ignore_ascii_case(w.trim()))
                })
        })
    };
    let equal = |slot: Slot| view.one(slot).and_then(|wanted| position(Some(wanted)));
    equal(MAIL).or_else(|| equal(USER_PRINCIPAL_NAME)).or_else(|| position(None))
}
