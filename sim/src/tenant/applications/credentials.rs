//! Secrets and certificates of applications and service principals.

use super::{AppCertificate, AppSecret, SECRET_LIFETIME};
use crate::clock::SimTime;
use crate::ids::Guid;
use crate::tenant::object::CloudObject;
use crate::tenant::property::{ObjectKind, Property, Stored};
use crate::tenant::{CallContext, Tenant, TenantError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The kinds that have credentials.
const KINDS: [ObjectKind; 2] = [ObjectKind::Application, ObjectKind::ServicePrincipal];
/// Most credentials of one kind on one object.
const CREDENTIALS_MAX: usize = 100;
/// The letters of a secret.
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~.-_";
/// How long a secret is.
const LENGTH: u64 = 40;

impl Tenant {
    /// `POST .../addPassword`: the new secret, told this once.
    ///
    /// # Errors
    /// 404 for an unknown object; 400 for instants that make no sense.
    pub fn add_password(
        &mut self,
        ctx: &CallContext,
        id: Guid,
        wanted: &Value,
    ) -> Result<AppSecret, TenantError> {
        let slot = self.slot_of(id, &KINDS)?;
        let count =
            self.store.at(slot).and_then(|object| object.app.as_ref()).map_or(0, |app| app.secrets.len());
        let secret = self.new_secret(id, count, wanted, ctx.now)?;
        let added = secret.clone();
        self.edit_app(slot, Some(Property::PasswordCredentials), ctx.now, |app| app.secrets.push(added));
        Ok(secret)
    }

    /// `POST .../removePassword`.
    ///
    /// # Errors
    /// 404 for an unknown object; 400 when it has no such secret.
    pub fn remove_password(&mut self, ctx: &CallContext, id: Guid, key: Guid) -> Result<(), TenantError> {
        let slot = self.slot_of(id, &KINDS)?;
        let known = |object: &CloudObject| {
            object.app.as_ref().is_some_and(|app| app.secrets.iter().any(|secret| secret.key_id == key))
        };
        if !self.store.at(slot).is_some_and(known) {
            return Err(TenantError::of("credential-unknown", &[("key", &key.to_string())]));
        }
        self.edit_app(slot, Some(Property::PasswordCredentials), ctx.now, |app| {
            app.secrets.retain(|secret| secret.key_id != key);
        });
        Ok(())
    }

    fn new_secret(
        &self,
        id: Guid,
        nth: usize,
        wanted: &Value,
        now: SimTime,
    ) -> Result<AppSecret, TenantError> {
        let invalid = || TenantError::of("bad-combination", &[]);
        if nth >= CREDENTIALS_MAX || !(wanted.is_object() || wanted.is_null()) {
            return Err(invalid());
        }
        let (start, end) = span(wanted, now).ok_or_else(invalid)?;
        let salt = format!("{id} {}", self.last_change());
        let letter = |at: u64| {
            let place = self.seed.hash("appSecret", &format!("{salt} {nth}"), at) % LETTERS.len() as u64;
            LETTERS[place as usize] as char
        };
        Ok(AppSecret {
            key_id: self.seed.guid("appSecretKey", &salt, nth as u64),
            value: (0..LENGTH).map(letter).collect(),
            display_name: wanted["displayName"].as_str().map(str::to_owned),
            start,
            end,
        })
    }

    /// Takes what a body set as credentials out of the properties and makes credentials of it.
    pub(super) fn take_credentials(
        &self,
        draft: &mut CloudObject,
        is_new: bool,
        now: SimTime,
    ) -> Result<Vec<AppSecret>, TenantError> {
        let mut made = Vec::new();
        if let Some(Stored::Json(list)) = draft.stored(Property::PasswordCredentials).cloned() {
            draft.set(Property::PasswordCredentials, None);
            let invalid = || TenantError::of("password-credentials", &[]);
            let list =
                list.as_array().filter(|list| list.len() <= CREDENTIALS_MAX).cloned().ok_or_else(invalid)?;
            let known = draft.app.as_ref().map(|app| app.secrets.clone()).unwrap_or_default();
            let mut kept = Vec::new();
            for wanted in &list {
                let key = wanted["keyId"].as_str().and_then(Guid::parse);
                match known.iter().find(|secret| Some(secret.key_id) == key) {
                    Some(secret) => kept.push(secret.clone()),
                    None if is_new => {
                        let secret = self.new_secret(draft.id, made.len(), wanted, now)?;
                        kept.push(secret.clone());
                        made.push(secret);
                    }
                    None => return Err(invalid()),
                }
            }
            draft.app.get_or_insert_default().secrets = kept;
        }
        if let Some(Stored::Json(list)) = draft.stored(Property::KeyCredentials).cloned() {
            draft.set(Property::KeyCredentials, None);
            let values = [("property", "keyCredentials"), ("resource", draft.kind.name())];
            let invalid = || TenantError::of("invalid-value", &values);
            let list =
                list.as_array().filter(|list| list.len() <= CREDENTIALS_MAX).cloned().ok_or_else(invalid)?;
            let known = draft.app.as_ref().map(|app| app.certificates.clone()).unwrap_or_default();
            let read = |(nth, one): (usize, &Value)| self.certificate(draft.id, nth, one, &known, now);
            let all: Option<Vec<AppCertificate>> = list.iter().enumerate().map(read).collect();
            draft.app.get_or_insert_default().certificates = all.ok_or_else(invalid)?;
        }
        Ok(made)
    }

    /// A certificate of a body: a known one by its key id, or a new one with its key.
    fn certificate(
        &self,
        id: Guid,
        nth: usize,
        wanted: &Value,
        known: &[AppCertificate],
        now: SimTime,
    ) -> Option<AppCertificate> {
        let key_id = wanted["keyId"].as_str().and_then(Guid::parse);
        let Some(key) = wanted["key"].as_str() else {
            return known.iter().find(|certificate| Some(certificate.key_id) == key_id).cloned();
        };
        let der = STANDARD.decode(key.trim()).ok().filter(|der| !der.is_empty())?;
        let (start, end) = span(wanted, now)?;
        let usage = wanted["usage"].as_str().filter(|usage| matches!(*usage, "Verify" | "Sign"))?;
        let kind = wanted["type"].as_str();
        let kind = kind.filter(|kind| matches!(*kind, "AsymmetricX509Cert" | "X509CertAndPassword"))?;
        let given = wanted["customKeyIdentifier"].as_str().and_then(|text| STANDARD.decode(text).ok());
        let salt = format!("{id} {}", self.last_change());
        Some(AppCertificate {
            key_id: key_id.unwrap_or_else(|| self.seed.guid("certificateKey", &salt, nth as u64)),
            thumbprint: given.unwrap_or_default(),
            der: der.into(),
            display_name: wanted["displayName"].as_str().map(str::to_owned),
            usage: usage.to_owned(),
            kind: kind.to_owned(),
            start,
            end,
        })
    }
}

/// Start and end of a credential: two years from now where nothing is said.
fn span(wanted: &Value, now: SimTime) -> Option<(SimTime, SimTime)> {
    let instant = |name: &str| match &wanted[name] {
        Value::Null => Some(None),
        value => value.as_str().and_then(SimTime::parse_rfc3339).map(Some),
    };
    let start = instant("startDateTime")?.unwrap_or(now);
    let end = instant("endDateTime")?.unwrap_or_else(|| start.plus(SECRET_LIFETIME));
    (start < end).then_some((start, end))
}

/// `passwordCredential` without the secret itself.
pub(super) fn password_json(secret: &AppSecret) -> Value {
    json!({
        "customKeyIdentifier": null,
        "displayName": secret.display_name,
        "endDateTime": secret.end.rfc3339(),
        "hint": secret.hint(),
        "keyId": secret.key_id.to_string(),
        "secretText": null,
        "startDateTime": secret.start.rfc3339(),
    })
}

/// `keyCredential`; the key itself comes only when it is selected of one object, which its reader decides.
pub(super) fn key_json(certificate: &AppCertificate) -> Value {
    let thumbprint = Some(&certificate.thumbprint).filter(|print| !print.is_empty());
    json!({
        "customKeyIdentifier": thumbprint.map(|print| STANDARD.encode(print)),
        "displayName": certificate.display_name,
        "endDateTime": certificate.end.rfc3339(),
        "key": null,
        "keyId": certificate.key_id.to_string(),
        "startDateTime": certificate.start.rfc3339(),
        "type": certificate.kind,
        "usage": certificate.usage,
    })
}

impl AppSecret {
    /// `passwordCredential` as Graph tells it once: with the secret.
    pub fn json(&self) -> Value {
        let mut value = password_json(self);
        value["secretText"] = Value::from(self.value.as_str());
        value
    }
}
