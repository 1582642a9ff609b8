//! targetAddress.

use super::ObjectView;
use super::address::{AddressContext, AddressFault, check_address};
use super::domains::Domains;
use super::person::is_user;
use super::proxy::{as_primary, reason};
use super::sheet::{Broken, MAIL, MAIL_NICKNAME, PROXY_ADDRESSES, Sheet, TARGET_ADDRESS};
use super::text::{is_invisible, strip};

const TARGET_MAX: usize = 256;

/// Checked after mail.
pub(super) fn check_target(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, domains: &mut Domains<'_>) {
    let Some(value) = view.one(TARGET_ADDRESS) else { return check_absent(sheet, object, view) };
    let context = AddressContext { external: true, home: None, habits: &[] };
    let mut broken = Vec::new();
    let repaired = if value.chars().count() > TARGET_MAX {
        broken.push(Broken::error("TA01", "longer than 256 characters").of(value));
        None
    } else {
        let repaired = check_value(value, &mut broken, domains, context);
        repaired.filter(|repaired| repaired.chars().count() <= TARGET_MAX)
    };
    let mail = sheet.current_first(object, MAIL).map(str::to_owned);
    if let (Some(repaired), Some(mail)) = (&repaired, &mail)
        && view.class == "contact"
        && super::proxy::smtp(repaired).is_some_and(|(address, _)| !address.eq_ignore_ascii_case(mail))
    {
        broken.push(Broken::warning("TA08", format!("mail is {mail}")).of(value).decided(false));
    }
    if broken.is_empty() {
        return;
    }
    let row = sheet.row(object, TARGET_ADDRESS);
    match repaired {
        Some(repaired) => row.repaired = vec![repaired],
        None => broken.iter_mut().for_each(|b| b.decided = false),
    }
    row.broken = broken;
}

fn check_value(
    value: &str,
    broken: &mut Vec<Broken>,
    domains: &mut Domains<'_>,
    context: AddressContext<'_>,
) -> Option<String> {
    let mut kind = String::from("SMTP");
    let mut address = value;
    match value.split_once(':') {
        Some((prefix, rest)) => {
            kind = prefix.to_owned();
            address = rest;
            if strip(&mut kind, |c| c.is_whitespace() || is_invisible(c)) {
                broken.push(Broken::error("TA03", "white space before the type prefix").of(value));
            }
        }
        None => broken.push(Broken::error("TA04", "the type prefix is missing").of(value)),
    }
    if !kind.eq_ignore_ascii_case("smtp") {
        return Some(format!("{kind}:{address}"));
    }
    let checked = check_address(address, domains, context);
    for fault in checked.faults {
        broken.push(Broken::error(rule(fault), reason(fault)).of(value));
    }
    checked.repaired.map(|address| format!("{kind}:{address}"))
}

fn rule(fault: AddressFault) -> &'static str {
    match fault {
        AddressFault::Whitespace | AddressFault::UnicodeSpace => "TA03",
        AddressFault::NonRoutable | AddressFault::SingleLabel | AddressFault::MalformedDomain => "TA05",
        _ => "TA02",
    }
}

/// A contact with mail and alias that leads nowhere, and likewise a user who has no mailbox either.
fn check_absent(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    let user = is_user(view);
    if view.class != "contact" && (!user || view.has_mailbox() || !view.slot(PROXY_ADDRESSES).is_empty()) {
        return;
    }
    let mail = sheet.current_first(object, MAIL).filter(|_| view.one(MAIL_NICKNAME).is_some());
    let Some(mail) = mail.map(str::to_owned) else { return };
    let repaired = as_primary(&mail).filter(|_| !user);
    let row = sheet.row(object, TARGET_ADDRESS);
    let reason = "mail-enabled, but without a mailbox or an address to send on to";
    row.broken.push(Broken::error("TA07", reason).decided(repaired.is_some() && mail.contains('@')));
    row.repaired = repaired.into_iter().collect();
}
