//! Certificates and photos: how many, how large, of what kind.

use super::octets::{OctetKind, OctetSummary};
use super::sheet::{Broken, SMIME_CERTIFICATE, Sheet, Slot, THUMBNAIL_PHOTO, USER_CERTIFICATE};
use super::{ObjectView, Settings};

/// Most certificates of one kind that a user takes to the cloud.
const CERTIFICATES_MAX: usize = 15;
/// Largest photo in octets: the attribute's rangeUpper.
const PHOTO_MAX: usize = 102_400;

pub(super) fn check_octets(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, settings: &Settings) {
    check_certificates(sheet, object, view, settings, USER_CERTIFICATE, "OB01");
    check_certificates(sheet, object, view, settings, SMIME_CERTIFICATE, "OB02");
    check_photo(sheet, object, view);
}

/// Those that have expired can go, if that is enough.
fn check_certificates(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    settings: &Settings,
    slot: Slot,
    rule: &'static str,
) {
    let values = view.slot(slot);
    if values.len() <= CERTIFICATES_MAX {
        return;
    }
    let expired = |text: &String| {
        let end = OctetSummary::parse(text).and_then(|summary| summary.not_after);
        end.zip(settings.now).is_some_and(|(end, now)| end < now)
    };
    let kept: Vec<String> = values.iter().filter(|text| !expired(text)).cloned().collect();
    let decided = kept.len() <= CERTIFICATES_MAX;
    let reason = match settings.now {
        Some(_) => format!(
            "{} certificates, of which {} have expired; 15 go to the cloud",
            values.len(),
            values.len() - kept.len()
        ),
        None => format!("{} certificates; 15 go to the cloud", values.len()),
    };
    let row = sheet.row(object, slot);
    row.broken.push(Broken::error(rule, reason).decided(decided));
    if decided {
        row.repaired = kept;
    }
}

/// A smaller or another picture cannot be made from here.
fn check_photo(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    let Some(text) = view.slot(THUMBNAIL_PHOTO).first() else { return };
    let Some(photo) = OctetSummary::parse(text) else { return };
    if photo.octets > PHOTO_MAX {
        let reason = format!("a photo of {} octets; 102,400 is the most", photo.octets);
        let broken = Broken::error("OB03", reason).of(text).decided(false);
        sheet.row(object, THUMBNAIL_PHOTO).broken.push(broken);
    }
    let reason = match photo.kind {
        OctetKind::Jpeg if !photo.truncated => return,
        OctetKind::Jpeg => "a JPEG that breaks off",
        _ => "not a JPEG",
    };
    sheet.row(object, THUMBNAIL_PHOTO).broken.push(Broken::error("OB04", reason).of(text).decided(false));
}

#[cfg(test)]
mod tests {
    use super::super::{Finding, ObjectView, Settings, check};
    use super::*;
    use crate::clock::SimTime;

    fn summary(number: u64, not_after: &str) -> String {
        let not_after = SimTime::parse_rfc3339(not_after);
        let (kind, octets) = (OctetKind::Certificate, 800);
        OctetSummary { kind, octets, digest: number, truncated: false, not_after }.to_string()
    }

    fn findings(attribute: &str, values: Vec<String>, now: Option<&str>) -> Vec<Finding> {
        let now = now.and_then(SimTime::parse_rfc3339);
        let view = ObjectView::new("CN=Ada", "user").with(attribute, values);
        let mut found = check(&[view], &Settings { now, ..Settings::default() });
        found.retain(|finding| finding.rule.starts_with("OB"));
        found
    }

    #[test]
    fn certificates_that_have_expired_make_room() {
        let (old, new) = ("2024-06-01T00:00:00Z", "2027-06-01T00:00:00Z");
        let with = |valid: u64, expired: u64| -> Vec<String> {
            (0..valid).map(|i| summary(i, new)).chain((100..100 + expired).map(|i| summary(i, old))).collect()
        };
        let now = Some("2026-01-05T08:00:00Z");
        assert_eq!(findings("userCertificate", with(15, 0), now), []);
        assert_eq!(findings("userCertificate", with(3, 12), now), []);
        let found = findings("userCertificate", with(10, 8), now);
        assert_eq!((found[0].rule.as_ref(), found[0].suggestion.as_ref()), ("OB01", Some(&with(10, 0))));
        assert_eq!(findings("userCertificate", with(16, 4), now)[0].suggestion, None);
        assert_eq!(findings("userSMIMECertificate", with(10, 8), None)[0].suggestion, None);
        assert_eq!(findings("userSMIMECertificate", with(10, 8), now)[0].rule, "OB02");
        // RFC 5280 4.1.2.5: valid through notAfter, that second included
        let last = findings("userCertificate", with(10, 8), Some(old));
        assert_eq!(last[0].suggestion, None);
        let over = findings("userCertificate", with(10, 8), Some("2024-06-01T00:00:01Z"));
        assert_eq!(over[0].suggestion.as_ref(), Some(&with(10, 0)));
    }

    #[test]
    fn photos_are_jpegs_of_at_most_100_kilobytes() {
        let jpeg = |octets: usize| {
            let mut photo = vec![0; octets];
            photo[..3].copy_from_slice(b"\xff\xd8\xff");
            photo[octets - 2..].copy_from_slice(b"\xff\xd9");
            photo
        };
        let check = |photo: &[u8], expected: &[&str]| {
            let found = findings("thumbnailPhoto", vec![OctetSummary::of_photo(photo).to_string()], None);
            assert_eq!(found.iter().map(|f| f.rule.as_ref()).collect::<Vec<_>>(), expected);
            assert!(found.iter().all(Finding::needs_decision));
        };
        check(&jpeg(102_400), &[]);
        check(&jpeg(102_401), &["OB03"]);
        check(&jpeg(9000)[..8000], &["OB04"]);
        check(b"\x89PNG\r\n\x1a\n", &["OB04"]);
        check(b"<html>", &["OB04"]);
        let reason = |photo: &[u8]| {
            findings("thumbnailPhoto", vec![OctetSummary::of_photo(photo).to_string()], None)[0]
                .reason
                .clone()
        };
        assert_ne!(
            reason(&jpeg(9000)[..8000]),
            reason(b"\x89PNG\r\n\x1a\n"),
            "a part is told from another kind"
        );
    }
}
