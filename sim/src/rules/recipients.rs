//! Accounts and contacts as recipients: whether who has a mailbox may log on, and the other way round.

use super::account::own_alias;
use super::census::Settled;
use super::facts::dn_key;
use super::person::{Recipient, is_person, is_user, recipient};
use super::proxy::as_primary;
use super::settings::Licensed;
use super::sheet::{
    Broken, EXTENSION_ATTRIBUTE_1, EXTENSION_ATTRIBUTE_15, HIDDEN, LAST_LOGON_TIMESTAMP, MAIL, MAIL_NICKNAME,
    MASTER_ACCOUNT_SID, MEMBER_OF, PROXY_ADDRESSES, PWD_LAST_SET, RECIPIENT_TYPE, Sheet,
    USER_ACCOUNT_CONTROL,
};
use super::{ObjectView, Settings, Severity};
use crate::clock::SimTime;
use std::time::Duration;

/// Most characters of an extension attribute.
const EXTENSION_MAX: usize = 250;
/// An account that nobody has logged on to for so long is stale: 180 days.
const STALE: Duration = Duration::from_secs(15_552_000);

/// Checked after mail and mailNickname.
pub(super) fn check_recipient(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    settled: &Settled,
    settings: &Settings,
) {
    if view.class == "contact" && settled.has_seen(PROXY_ADDRESSES) {
        check_contact(sheet, object, view);
    }
    if !is_user(view) {
        return;
    }
    if view.is_enabled() {
        check_enabled(sheet, object, view, settings);
    } else {
        check_licence_of_disabled(sheet, object, view, settings);
    }
    check_linked(sheet, object, view, settled, settings);
    check_hidden_without_alias(sheet, object, view);
    check_extensions(sheet, object, view);
}

fn is_hidden(view: &ObjectView) -> bool {
    view.slot(HIDDEN).first().is_some_and(|value| value.eq_ignore_ascii_case("TRUE"))
}

fn check_enabled(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, settings: &Settings) {
    let person = is_person(view);
    if recipient(view) == Recipient::Resource {
        let reason = "a room, equipment or shared mailbox with an account that may log on";
        let mut broken = Broken::warning("AC04", reason).decided(false);
        broken.value = view.slot(RECIPIENT_TYPE).first().cloned();
        sheet.row(object, RECIPIENT_TYPE).broken.push(broken);
    }
    if person && is_hidden(view) {
        let reason = "hidden from the address list, but the account is enabled";
        sheet.row(object, HIDDEN).broken.push(Broken::warning("AC05", reason).of("TRUE").decided(false));
    }
    if person && view.slot(PWD_LAST_SET).first().is_some_and(|set| set == "0") {
        let reason = "must change the password at the next logon";
        sheet.row(object, PWD_LAST_SET).broken.push(Broken::warning("AC07", reason).of("0").decided(false));
    }
    let last = view.slot(LAST_LOGON_TIMESTAMP).first();
    let time = last.and_then(|text| text.parse::<i64>().ok()).filter(|time| *time > 0);
    if let (Some(last), Some(time), Some(now)) = (last, time.map(SimTime::from_filetime), settings.now)
        && time < now.minus(STALE)
    {
        let reason = format!("nobody has logged on since {}", &time.rfc3339()[..10]);
        let broken = Broken::warning("AC02", reason).of(last).decided(false);
        sheet.row(object, LAST_LOGON_TIMESTAMP).broken.push(broken);
    }
}

fn check_licence_of_disabled(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, settings: &Settings) {
    // who licenses everybody means everybody who works there
    let planned = matches!(settings.licensed, Licensed::These(_)) && settings.licensed.covers(view);
    let group = || {
        let wanted: Vec<u64> = settings.license_groups.iter().map(|dn| dn_key(dn)).collect();
        !wanted.is_empty() && view.slot(MEMBER_OF).iter().any(|dn| wanted.contains(&dn_key(dn)))
    };
    let reason = match (planned, group()) {
        (true, _) => "disabled, and a licence is planned for it",
        (false, true) => "disabled, and in a group that gives licences",
        (false, false) => return,
    };
    let mut broken = Broken::warning("AC01", reason).decided(false);
    broken.value = view.slot(USER_ACCOUNT_CONTROL).first().cloned();
    sheet.row(object, USER_ACCOUNT_CONTROL).broken.push(broken);
}

/// With one forest and no word about what is synchronized, the account's forest may well be there.
fn check_linked(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    settled: &Settled,
    settings: &Settings,
) {
    let told = settled.several_forests || !settings.scope.is_empty();
    if !told || recipient(view) != Recipient::Linked {
        return;
    }
    let master = view.slot(MASTER_ACCOUNT_SID).first();
    if let Some(sid) = master.filter(|sid| !settled.has_master(sid)) {
        let reason = format!("a linked mailbox of {sid}, an account that is not there");
        let broken = Broken::error("AC03", reason).of("2").decided(false);
        sheet.row(object, RECIPIENT_TYPE).broken.push(broken);
    }
}

/// Exchange's attributes flow with the alias only: the hide flag alone hides nobody.
fn check_hidden_without_alias(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    if !is_hidden(view) || !view.slot(MAIL_NICKNAME).is_empty() {
        return;
    }
    let alias = own_alias(sheet, object);
    let row = sheet.row(object, MAIL_NICKNAME);
    let reason = "hidden from the address list, but without the alias that the flag needs";
    row.broken.push(Broken::error("AC06", reason).decided(alias.is_some()));
    row.repaired = alias.into_iter().collect();
}

fn check_extensions(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    for slot in view.slots().filter(|slot| (EXTENSION_ATTRIBUTE_1..=EXTENSION_ATTRIBUTE_15).contains(slot)) {
        let long = |text: &&String| text.len() > EXTENSION_MAX && text.chars().count() > EXTENSION_MAX;
        if let Some(value) = view.slot(slot).first().filter(long) {
            let broken = Broken::error("OB05", "longer than 250 characters").of(value).decided(false);
            sheet.row(object, slot).broken.push(broken);
        }
    }
}

/// Synchronization takes contacts that have addresses, and no others.
fn check_contact(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    if !view.slot(PROXY_ADDRESSES).is_empty() {
        return;
    }
    let sound = !sheet.has(object, MAIL, Severity::Error);
    let mail = sheet.current_first(object, MAIL).filter(|mail| sound && mail.contains('@'));
    let repaired: Vec<String> = mail.and_then(as_primary).into_iter().collect();
    let row = sheet.row(object, PROXY_ADDRESSES);
    let reason = "a contact without addresses is not synchronized";
    row.broken.push(Broken::error("CO01", reason).decided(!repaired.is_empty()));
    row.repaired = repaired;
}

#[cfg(test)]
mod tests;
