//! displayName, givenName and sn.

use super::ObjectView;
use super::sheet::{Broken, CN, DISPLAY_NAME, GIVEN_NAME, MAIL, RECIPIENT_TYPE, SN, Sheet, Slot};
use super::text::{cut, is_invisible, is_unicode_space, strip};

const DISPLAY_NAME_MAX: usize = 256;
const NAME_MAX: usize = 64;

pub(super) fn check_display_name(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    let cn = view.one(CN);
    let Some(value) = view.one(DISPLAY_NAME) else {
        // a security group without mail is nobody's to see (GR09)
        if view.class == "group" && view.one(MAIL).is_none() {
            return;
        }
        let row = sheet.row(object, DISPLAY_NAME);
        row.repaired = cn.iter().map(|cn| (*cn).to_owned()).collect();
        row.broken.push(Broken::warning("DN01", "displayName is absent; cn stands in").decided(cn.is_some()));
        return;
    };
    if is_plain(value, DISPLAY_NAME_MAX) {
        return;
    }
    let mut broken = Vec::new();
    let mut text: String = value.chars().map(|c| if is_unicode_space(c) { ' ' } else { c }).collect();
    let hidden = strip(&mut text, is_invisible);
    if hidden || text != value {
        broken.push(Broken::warning("DN07", "displayName holds characters that nobody sees").of(value));
    }
    let trimmed = text.trim();
    if trimmed.is_empty() {
        broken = vec![
            Broken::error("DN02", "displayName is present but blank; cn takes its place")
                .of(value)
                .decided(cn.is_some()),
        ];
    } else if trimmed.len() != text.len() {
        broken.push(Broken::warning("DN03", "displayName begins or ends with white space").of(value));
    }
    let mut repaired = if trimmed.is_empty() { cn.unwrap_or(value).to_owned() } else { trimmed.to_owned() };
    if repaired.chars().count() > DISPLAY_NAME_MAX {
        repaired = cut(&repaired, DISPLAY_NAME_MAX);
        broken.push(Broken::error("DN04", "displayName is longer than 256 characters").of(value));
    }
    if value.contains(['"', '\\', '<', '>']) {
        let reason = "displayName holds questionable characters";
        broken.push(Broken::warning("DN08", reason).of(value).decided(false));
    }
    if !broken.is_empty() {
        let row = sheet.row(object, DISPLAY_NAME);
        row.repaired = vec![repaired];
        row.broken = broken;
    }
}

/// The common case: printable ASCII, inside the limits.
fn is_plain(value: &str, max: usize) -> bool {
    value.len() <= max
        && !value.is_empty()
        && !value.starts_with(' ')
        && !value.ends_with(' ')
        && value.bytes().all(|b| (0x20..0x7f).contains(&b) && !matches!(b, b'"' | b'\\' | b'<' | b'>'))
}

/// givenName and sn.
pub(super) fn check_person_names(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    for (slot, too_long) in [(GIVEN_NAME, "GN01"), (SN, "SN01")] {
        match view.one(slot) {
            Some(value) if is_plain(value, NAME_MAX) => {}
            Some(value) => check_person_name(sheet, object, slot, value, too_long),
            None => check_absent_name(sheet, object, slot, view),
        }
    }
}

fn check_person_name(sheet: &mut Sheet<'_>, object: u32, slot: Slot, value: &str, too_long: &'static str) {
    let mut text: String =
        value.chars().map(|c| if c.is_whitespace() && c != ' ' { ' ' } else { c }).collect();
    strip(&mut text, is_invisible);
    let trimmed = text.trim();
    let mut broken = Vec::new();
    if trimmed.is_empty() {
        broken.push(Broken::warning("SN03", "a name of nothing but white space").of(value).decided(false));
    } else if trimmed != value {
        let reason = "a name holds tabs, line feeds or characters that nobody sees, or begins or ends with white space";
        broken.push(Broken::warning("SN03", reason).of(value));
    }
    if trimmed.chars().count() > NAME_MAX {
        broken.push(Broken::error(too_long, "a name is longer than 64 characters").of(value));
    }
    if !broken.is_empty() {
        let repaired = cut(trimmed, NAME_MAX).trim_end().to_owned();
        let row = sheet.row(object, slot);
        if !repaired.is_empty() {
            row.repaired = vec![repaired];
        }
        row.broken = broken;
    }
}

/// Half a name is a person's whose other half is missing, and somebody with a mailbox of his own is a person;
/// rooms, shared mailboxes and service accounts have no such names.
fn check_absent_name(sheet: &mut Sheet<'_>, object: u32, slot: Slot, view: &ObjectView) {
    const PERSONAL: [&str; 3] = ["1", "2", "2147483648"];
    if !matches!(view.class.as_str(), "user" | "inetOrgPerson") {
        return;
    }
    let (rule, other, reason) = match slot {
        GIVEN_NAME => ("GN03", SN, "a person without givenName"),
        _ => ("SN02", GIVEN_NAME, "a person without sn"),
    };
    let kind = view.one(RECIPIENT_TYPE);
    let personal = kind.is_some_and(|kind| PERSONAL.contains(&kind));
    if personal || kind.is_none() && view.one(other).is_some() {
        sheet.row(object, slot).broken.push(Broken::warning(rule, reason).decided(false));
    }
}
