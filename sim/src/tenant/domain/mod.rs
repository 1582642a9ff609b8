//! Domains: creation, verification, promotion, what refers to one, and deletion with or without force.

mod federation;

pub use federation::Federation;

use super::audit::{AuditEvent, AuditTarget};
use super::mail::differences;
use super::object::CloudObject;
use super::organization::Domain;
use super::property::{ObjectKind, Property, Stored};
use super::store::Slot;
use super::{CallContext, ChangeKind, Tenant, TenantError};
use crate::ids::Guid;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most domains of a tenant (documented for Entra ID).
const DOMAINS_MAX: usize = 5000;
/// Most objects that a forced deletion renames (microsoft-graph.md 2.4).
const RENAMED_MAX: usize = 1000;
/// What a domain may serve.
const SERVICES: [&str; 9] = [
    "Email",
    "Sharepoint",
    "EmailInternalRelayOnly",
    "OfficeCommunicationsOnline",
    "SharePointDefaultDomain",
    "FullRedelegation",
    "SharePointPublic",
    "OrgIdAuthentication",
    "Yammer",
];

/// What an update changes of a domain; none is left as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainChange {
    /// Makes it the default domain; only true can be said.
    pub is_default: Option<bool>,
    /// What it is used for.
    pub supported_services: Option<Vec<String>>,
    /// Days for which a password is good.
    pub password_validity_days: Option<u32>,
    /// Days before, from which on users are told.
    pub password_notification_days: Option<u32>,
    /// `Managed` ends a federation.
    pub authentication: Option<String>,
}

fn refused(key: &str, domain: &str) -> TenantError {
    TenantError::of(key, &[("domain", domain)])
}

/// Whether an address (with or without a prefix) is in a domain.
fn is_in(address: &str, domain: &str) -> bool {
    address.rsplit_once('@').is_some_and(|(_, own)| own.eq_ignore_ascii_case(domain))
}

fn refers(object: &CloudObject, domain: &str) -> bool {
    let texts = [object.user_principal_name(), object.text(Property::Mail)];
    texts.into_iter().flatten().any(|text| is_in(text, domain))
        || object.proxy_addresses().iter().any(|proxy| is_in(proxy, domain))
}

impl Tenant {
    /// The domain of a name, in any case.
    pub fn domain(&self, name: &str) -> Option<&Domain> {
        self.domains.iter().find(|domain| domain.name.eq_ignore_ascii_case(name))
    }

    fn known_domain(&self, name: &str) -> Result<&Domain, TenantError> {
        self.domain(name).ok_or_else(|| TenantError::not_found(name))
    }

    fn domain_mut(&mut self, name: &str) -> Option<&mut Domain> {
        Arc::make_mut(&mut self.domains).iter_mut().find(|domain| domain.name.eq_ignore_ascii_case(name))
    }

    /// The verified domain above a name, when it is one of the tenant's.
    fn domain_above(&self, name: &str) -> Option<&Domain> {
        let above = |domain: &&Domain| name.to_lowercase().ends_with(&format!(".{}", domain.name));
        self.domains.iter().filter(above).find(|domain| domain.is_verified)
    }

    /// Whether a domain has none of the tenant's above it, or was promoted.
    pub fn is_root_domain(&self, domain: &Domain) -> bool {
        domain.is_promoted || self.domain_above(&domain.name).is_none()
    }

    fn audit_domain(&mut self, ctx: &CallContext, activity: &'static str, name: &str) {
        self.audit(AuditEvent::new(ctx, activity).target(AuditTarget::other("Other", name, name)));
    }

    /// `POST /domains`: an unverified domain; below a verified one of the tenant it is verified at once.
    ///
    /// # Errors
    /// 400 for a name that cannot be one, or that the tenant has already.
    pub fn create_domain(&mut self, ctx: &CallContext, name: &str) -> Result<(), TenantError> {
        let name = name.to_ascii_lowercase();
        let own = name.ends_with(".onmicrosoft.com") || name.ends_with(".local");
        if !crate::world::is_domain(&name) || own || self.domains.len() >= DOMAINS_MAX {
            return Err(refused("domain-name", &name));
        }
        if self.domain(&name).is_some() {
            return Err(refused("domain-exists", &name));
        }
        let above = self.domain_above(&name).cloned();
        let domain = Domain {
            is_initial: false,
            is_default: false,
            is_verified: above.is_some(),
            is_federated: above.as_ref().is_some_and(|above| above.is_federated),
            ..Domain::named(&name)
        };
        let verified = domain.is_verified;
        Arc::make_mut(&mut self.domains).push(domain);
        self.audit_domain(ctx, "Add unverified domain", &name);
        if verified {
            self.rename_synchronized(ctx);
        }
        Ok(())
    }

    /// `POST /domains/{id}/verify`: looks for the record of verification. Whether DNS has it is the tenant switch
    /// `domain_verification`.
    ///
    /// # Errors
    /// 400 when the record is not there, or the domain is verified already; 404 for an unknown one.
    pub fn verify_domain(&mut self, ctx: &CallContext, name: &str) -> Result<(), TenantError> {
        if self.known_domain(name)?.is_verified {
            return Err(refused("domain-verified", name));
        }
        if !self.switches.domain_records_found {
            return Err(refused("domain-records", name));
        }
        if let Some(domain) = self.domain_mut(name) {
            domain.is_verified = true;
        }
        self.audit_domain(ctx, "Verify domain", name);
        self.rename_synchronized(ctx);
        Ok(())
    }

    /// `POST /domains/{id}/promote`: a verified subdomain becomes a root of its own.
    ///
    /// # Errors
    /// 400 for one that is not below another; 404 for an unknown one.
    pub fn promote_domain(&mut self, ctx: &CallContext, name: &str) -> Result<(), TenantError> {
        let domain = self.known_domain(name)?;
        if self.is_root_domain(domain) || !domain.is_verified {
            return Err(refused("domain-not-sub", name));
        }
        if let Some(domain) = self.domain_mut(name) {
            domain.is_promoted = true;
        }
        self.audit_domain(ctx, "Promote sub domain to root", name);
        Ok(())
    }

    /// `PATCH /domains/{id}`.
    ///
    /// # Errors
    /// 400 for what a domain cannot be; 404 for an unknown one.
    pub fn update_domain(
        &mut self,
        ctx: &CallContext,
        name: &str,
        change: &DomainChange,
    ) -> Result<(), TenantError> {
        let known = self.known_domain(name)?.clone();
        if !known.is_verified {
            return Err(refused("domain-unverified", name));
        }
        let default = change.is_default;
        if default == Some(false) && known.is_default || default == Some(true) && known.is_federated {
            return Err(refused("domain-default", name));
        }
        let services = change.supported_services.as_deref().unwrap_or_default();
        if services.iter().any(|service| !SERVICES.contains(&service.as_str())) {
            return Err(refused("domain-services", name));
        }
        match change.authentication.as_deref() {
            None | Some("Managed") => {}
            Some("Federated") if known.is_federated => {}
            Some(_) => return Err(refused("domain-authentication", name)),
        }
        for domain in Arc::make_mut(&mut self.domains) {
            let own = domain.name == known.name;
            if default == Some(true) {
                domain.is_default = own;
            }
            if !own {
                continue;
            }
            if let Some(services) = &change.supported_services {
                domain.supported_services.clone_from(services);
            }
            domain.password_validity_days =
                change.password_validity_days.unwrap_or(domain.password_validity_days);
            domain.password_notification_days =
                change.password_notification_days.unwrap_or(domain.password_notification_days);
            if change.authentication.as_deref() == Some("Managed") {
                (domain.is_federated, domain.federation) = (false, None);
            }
        }
        self.audit_domain(ctx, "Update domain", name);
        Ok(())
    }

    /// The live objects whose names or addresses are in a domain.
    pub fn domain_references(&self, name: &str) -> Vec<Guid> {
        let kinds = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact];
        let mut found: Vec<Guid> = Vec::new();
        for kind in kinds {
            found.extend(self.iter(kind).filter(|object| refers(object, name)).map(CloudObject::id));
        }
        found.sort_unstable();
        found
    }

    /// `DELETE /domains/{id}`.
    ///
    /// # Errors
    /// 400 for the initial or default domain, or while anything refers to it; 404 for an unknown one.
    pub fn delete_domain(&mut self, ctx: &CallContext, name: &str) -> Result<(), TenantError> {
        self.check_domain_deletable(name)?;
        if !self.domain_references(name).is_empty() {
            return Err(refused("domain-referenced", name));
        }
        self.drop_domain(ctx, name);
        Ok(())
    }

    fn check_domain_deletable(&self, name: &str) -> Result<(), TenantError> {
        let domain = self.known_domain(name)?;
        let below = |other: &Domain| other.name.ends_with(&format!(".{}", domain.name)) && !other.is_promoted;
        if domain.is_initial || domain.is_default || self.domains.iter().any(below) {
            return Err(refused("domain-needed", name));
        }
        Ok(())
    }

    fn drop_domain(&mut self, ctx: &CallContext, name: &str) {
        let verified = self.domain(name).is_some_and(|domain| domain.is_verified);
        Arc::make_mut(&mut self.domains).retain(|domain| !domain.name.eq_ignore_ascii_case(name));
        let activity = if verified { "Remove verified domain" } else { "Remove unverified domain" };
        self.audit_domain(ctx, activity, name);
    }

    /// `POST /domains/{id}/forceDelete`: names and addresses in the domain move to the initial one, then it goes.
    ///
    /// # Errors
    /// 400 for the initial or default domain, or when more than 1,000 objects refer to it; 404 for an unknown one.
    pub fn force_delete_domain(
        &mut self,
        ctx: &CallContext,
        name: &str,
        disable: bool,
    ) -> Result<(), TenantError> {
        self.check_domain_deletable(name)?;
        let references = self.domain_references(name);
        if references.len() > RENAMED_MAX {
            return Err(refused("domain-too-many", name));
        }
        for id in references {
            let kinds = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact];
            let Ok(slot) = self.slot_of(id, &kinds) else { continue };
            self.move_out(ctx, slot, name, disable);
        }
        self.drop_domain(ctx, name);
        Ok(())
    }

    /// Takes an object's names and addresses out of a domain.
    fn move_out(&mut self, ctx: &CallContext, slot: Slot, domain: &str, disable: bool) {
        let Some(before) = self.store.at(slot).cloned() else { return };
        let initial = self.initial_domain().to_owned();
        let moved = |address: &str| match address.rsplit_once('@') {
            Some((local, own)) if own.eq_ignore_ascii_case(domain) => format!("{local}@{initial}"),
            _ => address.to_owned(),
        };
        let mut after = before.clone();
        if let Some(upn) = before.user_principal_name().filter(|upn| is_in(upn, domain)) {
            let new = self.free_name(&moved(upn), slot);
            after.set(Property::UserPrincipalName, Some(Stored::text(new)));
            if disable {
                after.set(Property::AccountEnabled, Some(Stored::Bool(false)));
            }
        }
        if let Some(mail) = before.text(Property::Mail) {
            after.set(Property::Mail, Some(Stored::text(moved(mail))));
        }
        let mut proxies: Vec<String> = Vec::new();
        for proxy in before.proxy_addresses() {
            let new = moved(proxy);
            let taken = self.holder_of_proxy(&new, Some(slot)).is_some();
            if !taken && !proxies.iter().any(|known| super::store::same_folded(known, &new)) {
                proxies.push(new);
            }
        }
        after.set(Property::ProxyAddresses, (!proxies.is_empty()).then(|| Stored::texts(proxies)));
        let changed = differences(&before, &after);
        self.store.edit(slot, |object| *object = after);
        self.store.record(slot, ctx.now, ChangeKind::Updated(changed));
        self.audit_changes(ctx, &before, changed, false);
    }

    /// A name that nobody else has: with a number before the sign when it must.
    fn free_name(&self, wanted: &str, own: Slot) -> String {
        let (local, domain) = wanted.rsplit_once('@').unwrap_or((wanted, ""));
        let numbered = (1..).map(|number| format!("{local}{number}@{domain}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        names.find(|name| self.holder_of_upn(name, Some(own)).is_none()).unwrap_or_default()
    }

    /// The DNS records that prove the ownership of a domain: JSON of `domainDnsRecord`s.
    pub fn verification_records(&self, name: &str) -> Vec<Value> {
        let number = self.seed.hash("domainVerification", &name.to_lowercase(), 0) % 100_000_000;
        let text = format!("MS=ms{number:08}");
        let id = |n| self.seed.guid("domainDnsRecord", &name.to_lowercase(), n).to_string();
        vec![
            json!({
                "@odata.type": "#microsoft.graph.domainDnsTxtRecord",
                "id": id(0), "isOptional": false, "label": name, "recordType": "Txt",
                "supportedService": "Email", "ttl": 3600, "text": text,
            }),
            json!({
                "@odata.type": "#microsoft.graph.domainDnsMxRecord",
                "id": id(1), "isOptional": false, "label": name, "recordType": "Mx",
                "supportedService": "Email", "ttl": 3600,
                "mailExchange": format!("ms{number:08}.msv1.invalid"), "preference": 32767,
            }),
        ]
    }

    /// The DNS records that its services need, by the services that it supports.
    pub fn service_records(&self, domain: &Domain) -> Vec<Value> {
        let id = |n| self.seed.guid("domainServiceRecord", &domain.name, n).to_string();
        let mut records = Vec::new();
        if domain.supported_services.iter().any(|service| service == "Email") {
            let host = domain.name.replace('.', "-");
            records.push(json!({
                "@odata.type": "#microsoft.graph.domainDnsMxRecord",
                "id": id(0), "isOptional": false, "label": domain.name, "recordType": "Mx",
                "supportedService": "Email", "ttl": 3600,
                "mailExchange": format!("{host}.mail.protection.outlook.com"), "preference": 0,
            }));
            records.push(json!({
                "@odata.type": "#microsoft.graph.domainDnsTxtRecord",
                "id": id(1), "isOptional": false, "label": domain.name, "recordType": "Txt",
                "supportedService": "Email", "ttl": 3600,
                "text": "v=spf1 include:spf.protection.outlook.com -all",
            }));
            records.push(json!({
                "@odata.type": "#microsoft.graph.domainDnsCnameRecord",
                "id": id(2), "isOptional": false, "label": format!("autodiscover.{}", domain.name),
                "recordType": "CName", "supportedService": "Email", "ttl": 3600,
                "canonicalName": "autodiscover.outlook.com",
            }));
        }
        records
    }
}
