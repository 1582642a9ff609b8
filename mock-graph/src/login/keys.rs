//! The keys that sign tokens, and the key set that lists them.
//!
//! They take turns on virtual time. The key that signs is listed together with the one before it, so that tokens
//! that it signed are still good, and with the one after it, as a real tenant lists the key that it will sign with
//! next.

use crate::jwt::SigningKey;
use forestbed_sim::clock::SimTime;
use forestbed_sim::tenant::Tenant;
use serde_json::{Value, json};

/// The test keys that are committed, with certificates: making RSA keys would cost several times the start of an
/// estate. After the last one comes the first one again.
const PEMS: [(&str, &str); 4] = [
    (include_str!("../../data/keys/signing-1.pem"), include_str!("../../data/keys/signing-1.crt")),
    (include_str!("../../data/keys/signing-2.pem"), include_str!("../../data/keys/signing-2.crt")),
    (include_str!("../../data/keys/signing-3.pem"), include_str!("../../data/keys/signing-3.crt")),
    (include_str!("../../data/keys/signing-4.pem"), include_str!("../../data/keys/signing-4.crt")),
];

/// How many times the signing key has changed since the tenant was made.
pub(crate) fn epoch(tenant: &Tenant, now: SimTime) -> u64 {
    let age = now.since(tenant.organization().created).as_millis();
    let turns = age / tenant.switches().signing_key_rotation.as_millis().max(1);
    u64::try_from(turns).unwrap_or(u64::MAX)
}

/// The keys of the token service.
pub(crate) struct Keys(Vec<SigningKey>);

impl Keys {
    /// The committed keys.
    pub(crate) fn committed() -> Keys {
        Keys(PEMS.iter().filter_map(|(key, certificate)| SigningKey::from_pem(key, certificate)).collect())
    }

    /// All of them, those that are not listed now too.
    pub(crate) fn all(&self) -> &[SigningKey] {
        &self.0
    }

    fn place(&self, epoch: u64) -> usize {
        usize::try_from(epoch % self.0.len().max(1) as u64).unwrap_or(0)
    }

    /// The places of the keys that are listed: the one that signs, the next one, the one before.
    fn listed(&self, epoch: u64) -> Vec<usize> {
        let mut places = vec![self.place(epoch), self.place(epoch.saturating_add(1))];
        places.extend(epoch.checked_sub(1).map(|before| self.place(before)));
        places
    }

    /// Whether the key at a place is listed.
    pub(crate) fn is_listed(&self, place: usize, epoch: u64) -> bool {
        self.listed(epoch).contains(&place)
    }

    /// Signs claims with the key whose turn it is.
    pub(crate) fn sign(&self, claims: &Value, epoch: u64) -> Option<String> {
        self.0.get(self.place(epoch))?.sign(claims)
    }

    /// The key set (RFC 7517). The older endpoint leaves out the issuer.
    pub(crate) fn set(&self, issuer: Option<&str>, epoch: u64) -> Value {
        let key = |key: &SigningKey| {
            let mut entry = json!({
                "kty": "RSA",
                "use": "sig",
                "kid": key.kid,
                "x5t": key.kid,
                "n": key.n,
                "e": key.e,
                "x5c": [key.certificate],
            });
            if let (Some(issuer), Some(entry)) = (issuer, entry.as_object_mut()) {
                entry.insert("issuer".to_owned(), json!(issuer));
            }
            entry
        };
        let keys = self.listed(epoch).into_iter().filter_map(|place| self.0.get(place)).map(key);
        json!({ "keys": keys.collect::<Vec<_>>() })
    }
}
