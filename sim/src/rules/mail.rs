//! mail.

use super::ObjectView;
use super::Severity;
use super::address::{AddressContext, AddressFault, check_address, is_good};
use super::domains::Domains;
use super::person::is_user;
use super::proxy::{primary, reason};
use super::sheet::{Broken, MAIL, MAIL_NICKNAME, PROXY_ADDRESSES, Sheet};

const MAIL_MAX: usize = 256;

/// Checked after proxyAddresses, whose primary address is what mail should be.
pub(super) fn check_mail(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) {
    let Some(value) = view.one(MAIL) else { return check_absent(sheet, object, view) };
    let primary = primary(sheet.current(object, PROXY_ADDRESSES))
        .filter(|address| address.len() <= MAIL_MAX && is_good(address, domains, context));
    // only users are told from their primary address; of the others mail may be another one of their own
    let user = is_user(view);
    let agrees = primary.is_none_or(|primary| !user || primary.eq_ignore_ascii_case(value));
    if agrees && value.len() <= MAIL_MAX && is_good(value, domains, context) {
        return;
    }
    let primary = primary.map(str::to_owned);
    let mut broken: Vec<Broken> = Vec::new();
    let repaired = if value.chars().count() > MAIL_MAX {
        broken.push(Broken::error("ML07", "longer than 256 characters").of(value));
        None
    } else {
        let checked = check_address(value, domains, context);
        for fault in checked.faults {
            let (rule, severity) = rule(fault);
            broken.push(Broken::new(rule, severity, reason(fault)).of(value));
        }
        // another domain or its ASCII spelling may take more room than there is
        checked.repaired.filter(|repaired| repaired.chars().count() <= MAIL_MAX)
    };
    let differs = |p: &&String| repaired.as_ref().is_none_or(|r| !r.eq_ignore_ascii_case(p));
    let better = primary.as_ref().filter(differs).filter(|_| user || repaired.is_none()).cloned();
    if let Some(primary) = better.as_ref().filter(|_| repaired.is_some()) {
        broken.push(Broken::warning("ML08", format!("the primary address is {primary}")).of(value));
    }
    if broken.is_empty() {
        return;
    }
    let result = better.or_else(|| repaired.clone());
    broken.iter_mut().for_each(|b| b.decided = result.is_some());
    let row = sheet.row(object, MAIL);
    row.repaired = vec![result.unwrap_or_else(|| value.to_owned())];
    // a mail that merely differs from the primary address stands as it is: somebody else may own it
    row.compared = repaired.map(|repaired| vec![repaired]);
    row.broken = broken;
}

/// A contact without mail is not synchronized; that hurts when it is meant for mail, as its alias or its
/// addresses tell.
fn check_absent(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    if view.class != "contact" {
        return;
    }
    let for_mail = view.one(MAIL_NICKNAME).is_some() || !view.slot(PROXY_ADDRESSES).is_empty();
    let severity = if for_mail { Severity::Error } else { Severity::Warning };
    let broken = Broken::new("ML09", severity, "a contact without mail").decided(false);
    sheet.row(object, MAIL).broken.push(broken);
}

fn rule(fault: AddressFault) -> (&'static str, Severity) {
    match fault {
        AddressFault::Whitespace | AddressFault::UnicodeSpace | AddressFault::Invisible => {
            ("ML03", Severity::Error)
        }
        AddressFault::NonRoutable => ("ML06", Severity::Error),
        // that the domain is not verified matters to the addresses; mail only follows them
        AddressFault::Unverified => ("ML06", Severity::Warning),
        _ => ("ML04", Severity::Error),
    }
}
