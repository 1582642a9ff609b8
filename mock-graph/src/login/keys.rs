//! The keys that sign tokens, and the key set that lists them.

use crate::jwt::SigningKey;
use serde_json::{Value, json};

/// The test keys that are committed: making RSA keys would cost several times the start of an estate.
const PEMS: [&str; 2] =
    [include_str!("../../data/keys/signing-1.pem"), include_str!("../../data/keys/signing-2.pem")];

/// The keys of the token service. The first one signs; the other one is listed beside it, as a real tenant
/// lists the key that it will sign with next.
pub(crate) struct Keys(Vec<SigningKey>);

impl Keys {
    /// The committed keys.
    pub(crate) fn committed() -> Keys {
        Keys(PEMS.iter().filter_map(|pem| SigningKey::from_pem(pem)).collect())
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[SigningKey] {
        &self.0
    }

    /// Signs claims with the first key.
    pub(crate) fn sign(&self, claims: &Value) -> Option<String> {
        self.0.first()?.sign(claims)
    }

    /// The key set (RFC 7517). There are no certificates, hence no `x5c`. The older endpoint leaves out the
    /// issuer.
    pub(crate) fn set(&self, issuer: Option<&str>) -> Value {
        let key = |key: &SigningKey| {
            let mut entry =
                json!({ "kty": "RSA", "use": "sig", "kid": key.kid, "x5t": key.kid, "n": key.n, "e": key.e });
            if let (Some(issuer), Some(entry)) = (issuer, entry.as_object_mut()) {
                entry.insert("issuer".to_owned(), json!(issuer));
            }
            entry
        };
        json!({ "keys": self.0.iter().map(key).collect::<Vec<_>>() })
    }
}
