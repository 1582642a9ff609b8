//! Proof Key for Code Exchange (RFC 7636).

use super::error::StsError;
use crate::jwt::base64url;
use ring::digest::{SHA256, digest};

/// What a challenge and a verifier are made of.
fn well_formed(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

/// The challenge of a request to the sign-in page, and whether it is S256.
pub(super) fn challenge(
    challenge: Option<&str>,
    method: Option<&str>,
) -> Result<Option<(String, bool)>, StsError> {
    let Some(challenge) = challenge else { return Ok(None) };
    let hashed = match method {
        Some("S256") => true,
        None | Some("plain") => false,
        Some(_) => return Err(StsError::new(501_481).called("invalid_request")),
    };
    if !well_formed(challenge) {
        return Err(StsError::new(501_491));
    }
    Ok(Some((challenge.to_owned(), hashed)))
}

/// Holds a verifier against the challenge that a code was given for.
pub(super) fn check(challenge: Option<&(String, bool)>, verifier: Option<&str>) -> Result<(), StsError> {
    let Some((challenge, hashed)) = challenge else { return Ok(()) };
    let fits = verifier.filter(|verifier| well_formed(verifier)).is_some_and(|verifier| match hashed {
        true => base64url(digest(&SHA256, verifier.as_bytes()).as_ref()) == *challenge,
        false => verifier == challenge,
    });
    if fits { Ok(()) } else { Err(StsError::new(501_481)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_fits_its_own_challenge() {
        // RFC 7636, appendix B
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let hashed = ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(), true);
        assert!(check(Some(&hashed), Some(verifier)).is_ok());
        let plain = (verifier.to_owned(), false);
        assert!(check(Some(&plain), Some(verifier)).is_ok());
        for wrong in [None, Some("x"), Some(hashed.0.as_str())] {
            assert!(check(Some(&hashed), wrong).is_err(), "{wrong:?}");
        }
        assert!(check(None, None).is_ok());
        assert!(challenge(Some("short"), Some("S256")).is_err());
        assert!(challenge(Some(verifier), Some("S512")).is_err());
        assert_eq!(challenge(Some(verifier), None).unwrap(), Some(plain));
    }
}
