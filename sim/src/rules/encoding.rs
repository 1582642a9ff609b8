//! Values that should be text and are not UTF-8.

use super::ObjectView;
use super::attributes::slot_of;
use super::sheet::{Broken, Sheet};

/// The rule's id. It is none of the catalogue's: LDAP does not carry such values, files do.
const NOT_UTF8: &str = "UTF8";

/// Checked last: what other rules say of the replacement characters is taken back, and so is every repair of
/// the attribute, which would put them in the place of the octets.
pub(super) fn check_encoding(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    for (attribute, nth, octets) in view.not_utf8() {
        let Some(slot) = slot_of(attribute) else { continue };
        let shown = &view.slot(slot)[nth];
        let bad = octets.utf8_chunks().map(|chunk| chunk.valid().len()).next().unwrap_or(0);
        sheet.row(object, slot).broken.retain(|broken| broken.value.as_ref() != Some(shown));
        sheet.withdraw(object, slot);
        let reason = format!("not UTF-8, from octet {} on", bad + 1);
        sheet.row(object, slot).broken.push(Broken::error(NOT_UTF8, reason).of(shown).decided(false));
    }
}
