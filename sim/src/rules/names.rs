//! displayName, givenName and sn.

use super::ObjectView;
use super::sheet::{Broken, DISPLAY_NAME, GIVEN_NAME, SN, Sheet};
use super::text::{cut, is_invisible, is_unicode_space, strip};

const DISPLAY_NAME_MAX: usize = 256;
const NAME_MAX: usize = 64;

pub(super) fn check_display_name(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    let cn = view.first("cn");
    let Some(value) = view.first("displayName") else {
        // a security group without mail is nobody's to see (GR09)
        if view.class == "group" && view.first("mail").is_none() {
            return;
        }
        let row = sheet.row(object, DISPLAY_NAME);
        row.repaired = cn.iter().map(|cn| (*cn).to_owned()).collect();
        row.broken.push(Broken::warning("DN01", "displayName is absent; cn stands in").decided(cn.is_some()));
        return;
    };
    if is_plain(value) {
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

/// The common case: printable ASCII, well inside the limits.
fn is_plain(value: &str) -> bool {
    value.len() <= DISPLAY_NAME_MAX
        && !value.starts_with(' ')
        && !value.ends_with(' ')
        && value.bytes().all(|b| (0x20..0x7f).contains(&b) && !matches!(b, b'"' | b'\\' | b'<' | b'>'))
        && !value.is_empty()
}

pub(super) fn check_person_names(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    for (slot, attribute, rule) in [(GIVEN_NAME, "givenName", "GN01"), (SN, "sn", "SN01")] {
        let Some(value) = view.first(attribute) else { continue };
        let mut broken = Vec::new();
        let trimmed = value.trim();
        if trimmed.len() != value.len() && !trimmed.is_empty() {
            broken.push(Broken::warning("SN03", "a name begins or ends with white space").of(value));
        }
        if trimmed.chars().count() > NAME_MAX {
            broken.push(Broken::error(rule, "a name is longer than 64 characters").of(value));
        }
        if !broken.is_empty() {
            let row = sheet.row(object, slot);
            row.repaired = vec![cut(trimmed, NAME_MAX)];
            row.broken = broken;
        }
    }
}
