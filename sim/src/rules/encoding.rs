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

#[cfg(test)]
mod tests {
    use super::super::{ObjectView, Settings, check};

    #[test]
    fn what_is_no_utf8_is_told_with_its_place_and_nothing_is_suggested() {
        let mut view = ObjectView::new("CN=J", "contact")
            .with("mail", vec!["j@fabrikam.com".to_owned()])
            .with("targetAddress", vec!["SMTP:j@fabrikam.com".to_owned()])
            .with("mailNickname", vec!["j".to_owned()]);
        view.set_octets("displayName", vec![b"J\xfcrgen".to_vec()]);
        view.set_octets(
            "proxyAddresses",
            vec![b"SMTP:j@fabrikam.com".to_vec(), b"smtp:\xff@a b.com".to_vec()],
        );
        let odd = |view: ObjectView| {
            let found = check(&[view], &Settings::default());
            let shown = |f: &super::super::Finding| {
                (f.attribute.to_string(), f.rule.to_string(), f.suggestion.is_some(), f.reason.clone())
            };
            found.iter().map(shown).collect::<Vec<_>>()
        };
        let of = |attribute: &str, place: usize| {
            (attribute.to_owned(), "UTF8".to_owned(), false, format!("not UTF-8, from octet {place} on"))
        };
        // the space of the second value is told by nobody: what it really holds is not known
        assert_eq!(odd(view.clone()), [of("displayName", 2), of("proxyAddresses", 6)]);
        view.set_octets(
            "proxyAddresses",
            vec![b"SMTP:j@fabri kam.com".to_vec(), b"smtp:\xff@b.com".to_vec()],
        );
        let space =
            ("proxyAddresses".to_owned(), "PA02".to_owned(), false, "white space in the address".to_owned());
        assert_eq!(odd(view), [of("displayName", 2), space, of("proxyAddresses", 6)]);
    }
}
