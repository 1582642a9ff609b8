//! JSON Web Tokens signed with RSA, over ring: no more than access tokens and clients' assertions need.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
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

/// Bytes from base64.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

fn pem_body(pem: &str) -> String {
    pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect()
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
    /// Its certificate, DER in base64 (`x5c`).
    pub(crate) certificate: String,
}

impl SigningKey {
    /// From PEM text of a PKCS#1 private key and of its certificate; none when they are not.
    pub(crate) fn from_pem(key: &str, certificate: &str) -> Option<SigningKey> {
        let pair = KeyPair::from_der(&from_base64(&pem_body(key))?).ok()?;
        let components: RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
        let certificate = pem_body(certificate);
        // the certificate's SHA-1 thumbprint names a key, as it does Microsoft's
        let der = from_base64(&certificate)?;
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &der);
        Some(SigningKey {
            kid: base64url(digest.as_ref()),
            n: base64url(&components.n),
            e: base64url(&components.e),
            certificate,
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

/// How an assertion is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// PSS with SHA-256.
    Ps256,
}

impl Algorithm {
    /// The algorithm that a header names.
    pub(crate) fn named(alg: &str) -> Option<Algorithm> {
        match alg {
            "RS256" => Some(Algorithm::Rs256),
            "PS256" => Some(Algorithm::Ps256),
            _ => None,
        }
    }
}

/// A token taken apart, not verified.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    /// Its header.
    pub(crate) header: Value,
    /// Its claims.
    pub(crate) claims: Value,
    message: &'a str,
    signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    /// None when it is not three parts, not base64url, not JSON, or too long.
    pub(crate) fn read(token: &'a str) -> Option<Parts<'a>> {
        let (message, signature) =
            Some(token).filter(|token| token.len() <= MAX_TOKEN_BYTES)?.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let json = |part: &str| {
            serde_json::from_slice::<Value>(&from_base64url(part)?).ok().filter(Value::is_object)
        };
        let (header, claims) = (json(header)?, json(claims)?);
        Some(Parts { header, claims, message, signature: from_base64url(signature)? })
    }

    /// Whether an `RSAPublicKey` (RFC 8017) verifies the signature.
    pub(crate) fn verifies(&self, algorithm: Algorithm, key: &[u8]) -> bool {
        let (message, signature) = (self.message.as_bytes(), &self.signature);
        match algorithm {
            Algorithm::Rs256 => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(message, signature)
            }
            Algorithm::Ps256 => {
                UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key).verify(message, signature)
            }
        }
        .is_ok()
    }
}

/// The claims of a token that one of `keys` signed with RS256, and the place of that key.
pub(crate) fn verify(token: &str, keys: &[SigningKey]) -> Result<(Value, usize), Broken> {
    let parts = Parts::read(token).ok_or(Broken::Malformed)?;
    if parts.header["alg"] != "RS256" {
        return Err(Broken::Signature);
    }
    let named = |key: &SigningKey| parts.header["kid"] == key.kid.as_str();
    let place = keys.iter().position(named).ok_or(Broken::Signature)?;
    match keys[place].verifies(parts.message.as_bytes(), &parts.signature) {
        true => Ok((parts.claims, place)),
        false => Err(Broken::Signature),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FIRST: &str = include_str!("../data/keys/signing-1.crt");

    fn keys() -> Vec<SigningKey> {
        let second = include_str!("../data/keys/signing-2.crt");
        let pairs = [
            (include_str!("../data/keys/signing-1.pem"), FIRST),
            (include_str!("../data/keys/signing-2.pem"), second),
        ];
        pairs.iter().map(|(key, certificate)| SigningKey::from_pem(key, certificate).unwrap()).collect()
    }

    #[test]
    fn a_token_is_accepted_only_unchanged_and_from_a_listed_key() {
        let keys = keys();
        let token = keys[1].sign(&json!({ "appid": "a" })).unwrap();
        let (claims, place) = verify(&token, &keys).unwrap();
        assert_eq!((&claims["appid"], place), (&json!("a"), 1));
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
        assert!(SigningKey::from_pem("", FIRST).is_none());
        assert!(SigningKey::from_pem("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", FIRST).is_none());
        assert!(SigningKey::from_pem(include_str!("../data/keys/signing-1.pem"), "?").is_none());
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None, ..proptest::prelude::ProptestConfig::default()
        })]

        #[test]
        fn arbitrary_text_and_mended_tokens_are_no_tokens(
            text in "[A-Za-z0-9_.=-]{0,256}|.{0,64}",
            header in "\\PC{0,40}", claims in "\\PC{0,40}", signature in "[A-Za-z0-9_-]{0,64}",
        ) {
            let keys = keys();
            proptest::prop_assert!(verify(&text, &keys).is_err());
            let mended = format!("{}.{}.{signature}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
            proptest::prop_assert!(verify(&mended, &keys).is_err());
            let kid = &keys[0].kid;
            let header = json!({ "alg": "RS256", "kid": kid }).to_string();
            let forged = format!("{}.{}.{signature}", base64url(header.as_bytes()), base64url(b"{}"));
            proptest::prop_assert!(verify(&forged, &keys).is_err());
        }
    }
}
