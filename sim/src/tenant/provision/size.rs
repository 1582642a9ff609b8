//! How large an object may be: the categories LargeObject and ExceededAllowedLength of directory-sync.md 2.4.

use super::faults::SyncFault;
use crate::tenant::object::CloudObject;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

/// Most certificates of an attribute (directory-sync.md 2.4).
const CERTIFICATES_MAX: usize = 15;
/// Attributes that hold certificates.
const CERTIFICATES: [&str; 2] = ["usercertificate", "usersmimecertificates"];
/// Longest thumbnailPhoto in octets (assumed: directory-sync.md 2.4 names the attribute and no size; 100 kB is what
/// Active Directory's schema lets in).
const PHOTO_MAX: usize = 102_400;
/// Longest value of a directory extension in UTF-16 units, and most of them (directory-sync.md 2.4).
const EXTENSION_MAX: usize = 250;
const EXTENSIONS_MAX: usize = 100;
/// How the names of directory extensions begin.
const EXTENSION: &str = "extension_";
/// Most proxy addresses of a bare user (directory-sync.md 2.4).
pub(super) const PROXIES_MAX: usize = 332;
/// What an object has room for, and what of it an address, a certificate and a licence take: 332 addresses on a bare
/// user, 329 beside ten certificates, 311 beside four licences (directory-sync.md 2.4; what lies between is assumed).
const ROOM: usize = PROXIES_MAX * PROXY;
const PROXY: usize = 20;
const CERTIFICATE: usize = 6;
const LICENCE: usize = 105;

/// Refuses an object that holds too much.
pub(super) fn check(draft: &CloudObject) -> Result<(), SyncFault> {
    let Some(shadow) = draft.shadow.as_deref() else { return Ok(()) };
    let too_large = |attribute: &str, limit: usize| {
        SyncFault::of("large", &[("attribute", attribute), ("limit", &limit.to_string())])
    };
    let mut certificates = 0;
    let mut extensions = 0;
    for (key, value) in &shadow.others {
        if CERTIFICATES.contains(&&**key) {
            let count = value.as_array().map_or(1, Vec::len);
            if count > CERTIFICATES_MAX {
                return Err(too_large(key, CERTIFICATES_MAX));
            }
            certificates += count;
        } else if &**key == "thumbnailphoto" && octets(value) > PHOTO_MAX {
            return Err(too_large(key, PHOTO_MAX));
        } else if key.starts_with(EXTENSION) {
            extensions += 1;
            if value.as_str().is_some_and(|text| text.encode_utf16().count() > EXTENSION_MAX) {
                let values = [("attribute", &**key), ("limit", &EXTENSION_MAX.to_string())];
                return Err(SyncFault::of("length", &values));
            }
        }
    }
    if extensions > EXTENSIONS_MAX {
        return Err(too_large("directory extensions", EXTENSIONS_MAX));
    }
    let beside = certificates * CERTIFICATE + draft.licenses.len() * LICENCE;
    let room = ROOM.saturating_sub(beside) / PROXY;
    match shadow.proxy_addresses.len() > room {
        true => Err(too_large("proxyAddresses", room)),
        false => Ok(()),
    }
}

/// The length of what base64 stands for; of a text that is none, its own.
fn octets(value: &Value) -> usize {
    let text = value.as_str().unwrap_or("");
    BASE64.decode(text).map_or(text.len(), |octets| octets.len())
}
