//! mailNickname (Exchange's alias) and sAMAccountName.

use super::ObjectView;
use super::Severity;
use super::proxy::primary;
use super::sheet::{
    Broken, CN, GROUP_TYPE, MAIL, MAIL_NICKNAME, PROXY_ADDRESSES, SAM_ACCOUNT_NAME, Sheet, TARGET_ADDRESS,
    USER_ACCOUNT_CONTROL, USER_PRINCIPAL_NAME,
};
use super::text::{cut, is_invisible, is_tidy, strip, tidy_periods};
use crate::transliteration::{ANY_LOCALE, transliterate};

/// Longest mailNickname.
pub(super) const ALIAS_MAX: usize = 64;
/// Longest sAMAccountName of a user.
pub(super) const USER_ACCOUNT_MAX: usize = 20;
const GROUP_ACCOUNT_MAX: usize = 256;

/// Checked after proxyAddresses.
pub(super) fn check_alias(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    let Some(value) = view.one(MAIL_NICKNAME) else {
        return check_absent_alias(sheet, object, view);
    };
    if value.len() <= ALIAS_MAX && is_tidy(value) && value.bytes().all(is_plain) {
        return;
    }
    let mut broken = Vec::new();
    let mut text = value.to_owned();
    if let Some((local, _)) = value.split_once('@') {
        broken.push(Broken::error("MN05", "an address is no alias").of(value));
        text = local.to_owned();
    }
    if text.chars().any(|c| u32::from(c) > 0xff && !is_invisible(c) && !c.is_whitespace()) {
        broken.push(Broken::error("MN11", "letters of another script").of(value).decided(false));
    }
    if text.contains('&') {
        let reason = "an ampersand, which synchronization does not support";
        broken.push(Broken::error("MN07", reason).of(value).decided(false));
    }
    let unwanted =
        |c: char| c.is_whitespace() || is_invisible(c) || "\\!#$%*+/=?^`{}|~<>()\";:,[]".contains(c);
    if strip(&mut text, unwanted) {
        broken.push(Broken::error("MN04", "white space or characters outside Exchange's set").of(value));
    }
    if text.starts_with('.') {
        broken.push(Broken::error("MN01", "begins with a period").of(value));
    }
    if text.ends_with('.') && text.len() > 1 {
        broken.push(Broken::error("MN02", "ends with a period").of(value));
    }
    if text.trim_matches('.').contains("..") {
        broken.push(Broken::error("MN03", "consecutive periods").of(value));
    }
    text = tidy_periods(&text);
    if value.chars().count() > ALIAS_MAX {
        broken.push(Broken::error("MN08", "longer than 64 characters").of(value));
        text = tidy_periods(&cut(&text, ALIAS_MAX));
    }
    if broken.is_empty() {
        return;
    }
    let open = broken.iter().any(|b| !b.decided);
    let repaired =
        if open { None } else { Some(text).filter(|t| !t.is_empty()).or_else(|| own_alias(sheet, object)) };
    let row = sheet.row(object, MAIL_NICKNAME);
    match repaired {
        Some(repaired) => row.repaired = vec![repaired],
        None => broken.iter_mut().for_each(|b| b.decided = false),
    }
    row.broken = broken;
}

/// A contact that mail is routed to, without an alias.
fn check_absent_alias(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    if view.class != "contact" || view.one(MAIL).is_none() || view.one(TARGET_ADDRESS).is_none() {
        return;
    }
    let alias = own_alias(sheet, object);
    let row = sheet.row(object, MAIL_NICKNAME);
    row.broken.push(Broken::error("MN10", "mail-enabled, but without an alias").decided(alias.is_some()));
    row.repaired = alias.into_iter().collect();
}

/// The local part of the primary address, else of mail.
pub(super) fn own_alias(sheet: &Sheet<'_>, object: u32) -> Option<String> {
    let address = primary(sheet.current(object, PROXY_ADDRESSES))
        .or_else(|| sheet.original(object, MAIL).first().map(String::as_str))?;
    let (local, _) = address.split_once('@')?;
    let fits = local.len() <= ALIAS_MAX && is_tidy(local) && local.bytes().all(is_plain);
    fits.then(|| local.to_owned())
}

/// What an alias may hold without a second look.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'\'')
}

/// Checked before userPrincipalName.
pub(super) fn check_account_name(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    let group = view.class == "group";
    let max = if group { GROUP_ACCOUNT_MAX } else { USER_ACCOUNT_MAX };
    let Some(value) = view.one(SAM_ACCOUNT_NAME).filter(|name| !name.trim().is_empty()) else {
        return check_absent_account_name(sheet, object, view, max);
    };
    let invalid = |c: char| {
        matches!(c, '[' | '\\' | '"' | '|' | ',' | '/' | ':' | '<' | '>' | '+' | '=' | ';' | '?' | '*' | ']')
            || c.is_control()
    };
    if value.chars().count() <= max
        && !value.contains(invalid)
        && !value.contains('@')
        && !value.ends_with('.')
    {
        return;
    }
    let mut broken = Vec::new();
    let mut text = value.to_owned();
    if strip(&mut text, invalid) {
        broken.push(Broken::error("SA03", "characters that no account name may hold").of(value));
    }
    if text.ends_with('.') {
        broken.push(Broken::error("SA07", "ends with a period").of(value));
    }
    if value.chars().count() > max {
        let rule = if view.class == "inetOrgPerson" { "SA02" } else { "SA01" };
        broken.push(Broken::error(rule, format!("longer than {max} characters")).of(value));
        text = cut(&text, max);
    }
    text.truncate(text.trim_end_matches(['.', ' ']).len());
    if text.contains('@') {
        broken.push(Broken::warning("SA04", "an address is no account name").of(value).decided(false));
    }
    if text.is_empty() {
        text = view.one(CN).map(|cn| account_name_of(cn, max)).unwrap_or_default();
        broken.iter_mut().for_each(|b| b.decided = !text.is_empty());
    }
    let row = sheet.row(object, SAM_ACCOUNT_NAME);
    row.repaired = if text.is_empty() { vec![value.to_owned()] } else { vec![text] };
    row.broken = broken;
}

/// No domain controller leaves an account without a name: only an object that shows the other marks of an
/// account was read well enough to say so.
fn check_absent_account_name(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, max: usize) {
    let mark = if view.class == "group" { GROUP_TYPE } else { USER_ACCOUNT_CONTROL };
    let blank = view.one(SAM_ACCOUNT_NAME);
    if view.one(mark).is_none() && blank.is_none() {
        return;
    }
    let upn = view.one(USER_PRINCIPAL_NAME).and_then(|upn| upn.split_once('@')).map(|(local, _)| local);
    let made = [upn, view.one(MAIL_NICKNAME), view.one(CN)]
        .into_iter()
        .flatten()
        .map(|name| account_name_of(name, max))
        .find(|name| !name.is_empty());
    let mut broken = Broken::error("SA09", "no sAMAccountName").decided(made.is_some());
    broken.value = blank.map(str::to_owned);
    let row = sheet.row(object, SAM_ACCOUNT_NAME);
    row.repaired = made.into_iter().collect();
    row.broken.push(broken);
}

/// An account name of letters, digits and single periods, dashes and underscores.
fn account_name_of(name: &str, max: usize) -> String {
    let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let ascii: String = transliterate(ANY_LOCALE, &cut(name, max)).chars().filter(kept).collect();
    tidy_periods(&cut(&ascii.to_lowercase(), max))
}

/// With a valid userPrincipalName the account name matters less: its errors become warnings.
pub(super) fn soften_account_name(sheet: &mut Sheet<'_>, object: u32) {
    let valid_upn = !sheet.original(object, USER_PRINCIPAL_NAME).is_empty()
        && !sheet.has(object, USER_PRINCIPAL_NAME, Severity::Error);
    if valid_upn && sheet.has(object, SAM_ACCOUNT_NAME, Severity::Error) {
        let row = sheet.row(object, SAM_ACCOUNT_NAME);
        // without any account name the object is not synchronized at all
        let softer = row.broken.iter_mut().filter(|broken| broken.rule != "SA09");
        softer.for_each(|broken| broken.severity = Severity::Warning);
    }
}
