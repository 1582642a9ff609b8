//! Values that should be text and are not UTF-8.

use super::ObjectView;
use super::attributes::{Slot, slot_of};
use super::sheet::{Broken, Sheet};
use std::collections::{BTreeMap, BTreeSet};

/// The rule's id. It is none of the catalogue's: LDAP does not carry such values, files do.
const NOT_UTF8: &str = "UTF8";

/// Checked last: what other rules say of the replacement characters is taken back, and so is every repair of
/// the attribute, which would put them in the place of the octets.
pub(super) fn check_encoding(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    let mut found: BTreeMap<Slot, Vec<(&str, &[u8])>> = BTreeMap::new();
    for (attribute, nth, octets) in view.not_utf8() {
        if let Some(slot) = slot_of(attribute) {
            found.entry(slot).or_default().push((&view.slot(slot)[nth], octets));
        }
    }
    for (slot, values) in found {
        let shown: BTreeSet<&str> = values.iter().map(|(shown, _)| *shown).collect();
        let taken_back = |broken: &Broken| broken.value.as_deref().is_some_and(|v| shown.contains(v));
        sheet.row(object, slot).broken.retain(|broken| !taken_back(broken));
        sheet.withdraw(object, slot);
        let row = sheet.row(object, slot);
        for (shown, octets) in values {
            let good = octets.utf8_chunks().map(|chunk| chunk.valid().len()).next().unwrap_or(0);
            let reason = format!("not UTF-8, from octet {} on", good + 1);
            row.broken.push(Broken::error(NOT_UTF8, reason).of(shown).decided(false));
        }
    }
}
