//! Federation of a domain: where its users sign in.

use super::super::{CallContext, Domain, Tenant, TenantError};
use super::refused;
use crate::ids::Guid;
use serde_json::{Map, Value};
use std::sync::Arc;

/// `internalDomainFederation`: the identity provider of a domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Federation {
    /// Its id.
    pub id: Guid,
    /// Its properties by their names, as they were sent; those that were not are null.
    pub values: Map<String, Value>,
}

impl Federation {
    /// A property that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }
}

impl Tenant {
    /// `POST /domains/{id}/federationConfiguration`: the domain becomes federated, and those below it.
    ///
    /// # Errors
    /// 400 for an unverified, the initial or the default domain, for one that has a configuration, and for an
    /// issuer that another domain has; 404 for an unknown domain.
    pub fn federate_domain(
        &mut self,
        ctx: &CallContext,
        name: &str,
        values: &Map<String, Value>,
    ) -> Result<Guid, TenantError> {
        let domain = self.known_domain(name)?;
        if !domain.is_verified {
            return Err(refused("domain-unverified", name));
        }
        if domain.is_initial || domain.is_default {
            return Err(refused("domain-default", name));
        }
        if domain.federation.is_some() {
            return Err(refused("federation-exists", name));
        }
        self.check_issuer(name, values)?;
        let id = self.seed.guid("domainFederation", &domain.name, self.last_change());
        self.set_federation(name, Some(Federation { id, values: values.clone() }));
        self.audit_domain(ctx, "Set domain authentication", name);
        Ok(id)
    }

    fn check_issuer(&self, name: &str, values: &Map<String, Value>) -> Result<(), TenantError> {
        let issuer = values.get("issuerUri").and_then(Value::as_str).filter(|issuer| !issuer.is_empty());
        let issuer = issuer.ok_or_else(|| refused("federation-issuer", name))?;
        let same = |domain: &Domain| {
            let other = !domain.name.eq_ignore_ascii_case(name) && domain.federation.is_some();
            other && domain.federation.as_ref().and_then(|own| own.text("issuerUri")) == Some(issuer)
        };
        if self.domains.iter().any(same) { Err(refused("federation-issuer", name)) } else { Ok(()) }
    }

    /// Sets or ends the federation of a domain and of those below it that have none of their own.
    fn set_federation(&mut self, name: &str, federation: Option<Federation>) {
        let federation = federation.map(Arc::new);
        let name = name.to_ascii_lowercase();
        for domain in Arc::make_mut(&mut self.domains) {
            if domain.name == name {
                domain.is_federated = federation.is_some();
                domain.federation.clone_from(&federation);
            } else if domain.name.ends_with(&format!(".{name}")) && !domain.is_promoted {
                domain.is_federated = federation.is_some();
            }
        }
    }

    fn federation_of(&self, name: &str, id: Guid) -> Result<Federation, TenantError> {
        let known = self.known_domain(name)?.federation.as_deref().filter(|own| own.id == id);
        known.cloned().ok_or_else(|| TenantError::not_found(&id.to_string()))
    }

    /// `PATCH` of a configuration.
    ///
    /// # Errors
    /// 404 for an unknown one; 400 for an issuer that another domain has.
    pub fn update_federation(
        &mut self,
        ctx: &CallContext,
        name: &str,
        id: Guid,
        values: &Map<String, Value>,
    ) -> Result<(), TenantError> {
        let mut federation = self.federation_of(name, id)?;
        federation.values.extend(values.clone());
        self.check_issuer(name, &federation.values)?;
        self.set_federation(name, Some(federation));
        self.audit_domain(ctx, "Set federation settings on domain", name);
        Ok(())
    }

    /// `DELETE` of a configuration: the domain is managed again.
    ///
    /// # Errors
    /// 404 for an unknown one.
    pub fn end_federation(&mut self, ctx: &CallContext, name: &str, id: Guid) -> Result<(), TenantError> {
        self.federation_of(name, id)?;
        self.set_federation(name, None);
        self.audit_domain(ctx, "Set domain authentication", name);
        Ok(())
    }
}
