//! JSON Web Tokens signed with RS256, over ring: no more than access tokens need.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaPublicKeyComponents};
use serde_json::Value;

/// The longest token that is looked at. Microsoft's own are a few kilobytes at most.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Base64url without padding, as tokens and key sets carry bytes.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Bytes from base64url without padding.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// An RSA key that signs tokens.
pub(crate) struct SigningKey {
    pair: KeyPair,
    /// The name under which the key set lists it.
    pub(crate) kid: String,
    /// The modulus, base64url.
    pub(crate) n: String,
    /// The public exponent, base64url.
    pub(crate) e: String,
}

impl SigningKey {
    /// From PEM text of a PKCS#1 private key; none when it is not one.
    pub(crate) fn from_pem(pem: &str) -> Option<SigningKey> {
        let text: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        let pair = KeyPair::from_der(&STANDARD.decode(text).ok()?).ok()?;
        let components: RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
        // a certificate's SHA-1 thumbprint names Microsoft's keys; these have no certificate, so the
        // thumbprint of the public key stands for it: the same length and alphabet
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, pair.public().as_ref());
        Some(SigningKey {
            kid: base64url(digest.as_ref()),
            n: base64url(&components.n),
            e: base64url(&components.e),
            pair,
        })
    }

    /// A token of these claims. PKCS#1 v1.5 signatures are deterministic; ring asks the operating system for
    /// randomness only to blind the computation.
    pub(crate) fn sign(&self, claims: &Value) -> Option<String> {
        let header = serde_json::json!({ "typ": "JWT", "alg": "RS256", "x5t": self.kid, "kid": self.kid });
        let mut token = base64url(header.to_string().as_bytes());
        token.push('.');
        token.push_str(&base64url(claims.to_string().as_bytes()));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature).ok()?;
        token.push('.');
        token.push_str(&base64url(&signature));
        Some(token)
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let components: RsaPublicKeyComponents<Vec<u8>> = self.pair.public().into();
        components.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It is not a token: not three parts, not base64url, not JSON.
    Malformed,
    /// It is one, but none of these keys signed it.
    Signature,
}

/// The claims of a token that one of `keys` signed with RS256.
pub(crate) fn verify(token: &str, keys: &[SigningKey]) -> Result<Value, Broken> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Broken::Malformed);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Broken::Malformed)?;
    let (header, claims) = message.split_once('.').ok_or(Broken::Malformed)?;
    let json = |part: &str| -> Result<Value, Broken> {
        let bytes = from_base64url(part).ok_or(Broken::Malformed)?;
        serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object).ok_or(Broken::Malformed)
    };
    let (header, claims) = (json(header)?, json(claims)?);
    let signature = from_base64url(signature).ok_or(Broken::Malformed)?;
    if header["alg"] != "RS256" {
        return Err(Broken::Signature);
    }
    let key = keys.iter().find(|key| header["kid"] == key.kid.as_str()).ok_or(Broken::Signature)?;
    key.verifies(message.as_bytes(), &signature).then_some(claims).ok_or(Broken::Signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(pem: &str) -> SigningKey {
        SigningKey::from_pem(pem).unwrap()
    }

    fn keys() -> Vec<SigningKey> {
        vec![key(include_str!("../data/keys/signing-1.pem")), key(include_str!("../data/keys/signing-2.pem"))]
    }

    #[test]
    fn a_token_is_accepted_only_unchanged_and_from_a_listed_key() {
        let keys = keys();
        let token = keys[1].sign(&json!({ "appid": "a" })).unwrap();
        assert_eq!(verify(&token, &keys).unwrap()["appid"], "a");
        assert_eq!(verify(&token, &keys[..1]), Err(Broken::Signature));
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = message.split_once('.').unwrap();
        let forged = format!("{header}.{}.{signature}", base64url(br#"{"appid":"b"}"#));
        assert_eq!(verify(&forged, &keys), Err(Broken::Signature));
        let none = base64url(br#"{"alg":"none"}"#);
        assert_eq!(verify(&format!("{none}.{}.", base64url(b"{}")), &keys), Err(Broken::Signature));
    }

    #[test]
    fn what_is_not_a_token_is_malformed() {
        for garbage in ["", ".", "..", "a.b.c", "e30.e30", "e30.W10.AA", &"a".repeat(1 << 20)] {
            assert_eq!(verify(garbage, &keys()), Err(Broken::Malformed), "{:.20}", garbage);
        }
    }

    #[test]
    fn text_that_is_no_key_is_refused() {
        assert!(SigningKey::from_pem("").is_none());
        assert!(SigningKey::from_pem("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n").is_none());
    }
}
