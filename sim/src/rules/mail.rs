//! mail.

use super::ObjectView;
use super::Severity;
use super::address::{AddressContext, AddressFault, check_address};
use super::domains::Domains;
use super::proxy::{primary, reason};
use super::sheet::{Broken, MAIL, PROXY_ADDRESSES, Sheet};

const MAIL_MAX: usize = 256;

/// Checked after proxyAddresses, whose primary address is what mail should be.
pub(super) fn check_mail(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) {
    let Some(value) = view.first("mail") else {
        if view.class == "contact" {
            let row = sheet.row(object, MAIL);
            row.broken.push(Broken::warning("ML09", "a contact without mail").decided(false));
        }
        return;
    };
    let checked = check_address(value, domains, context);
    let primary = primary(sheet.current(object, PROXY_ADDRESSES))
        .filter(|address| check_address(address, domains, context).faults.is_empty())
        .map(str::to_owned);
    let mut broken: Vec<Broken> = Vec::new();
    if value.chars().count() > MAIL_MAX {
        broken.push(Broken::error("ML07", "longer than 256 characters").of(value).decided(primary.is_some()));
    }
    for fault in checked.faults {
        let (rule, severity) = rule(fault);
        broken.push(Broken::new(rule, severity, reason(fault)).of(value));
    }
    let repaired = checked.repaired.filter(|_| value.chars().count() <= MAIL_MAX);
    let differs = primary.as_ref().filter(|p| repaired.as_ref().is_none_or(|r| !r.eq_ignore_ascii_case(p)));
    if let Some(primary) = differs
        && repaired.is_some()
        && view.class != "contact"
    {
        broken.push(Broken::warning("ML08", format!("the primary address is {primary}")).of(value));
    }
    if broken.is_empty() {
        return;
    }
    let result = differs.filter(|_| view.class != "contact" || repaired.is_none()).cloned().or(repaired);
    broken.iter_mut().for_each(|b| b.decided = result.is_some());
    let row = sheet.row(object, MAIL);
    row.repaired = vec![result.unwrap_or_else(|| value.to_owned())];
    row.broken = broken;
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
