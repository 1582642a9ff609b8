//! The tenant as it is before anything is synchronized.

use super::store::Store;
use super::throttle::Throttle;
use super::{Application, Catalogue, Domain, Organization, Subscription, Tenant};
use crate::Error;
use crate::clock::SimTime;
use crate::seed::Seed;
use crate::spec::TenantSpec;
use std::sync::Arc;

impl Tenant {
    /// A tenant of this specification: domains, subscriptions, one application, cloud-only users and groups,
    /// one global administrator.
    ///
    /// `users` is the number of people of the estate, from which seats are counted. Every id comes from the
    /// seed; those of products and role templates are Microsoft's own.
    ///
    /// # Errors
    /// An unknown product (the error names near ones), domain names that cannot be, an unknown switch.
    pub fn new(spec: &TenantSpec, users: u32, seed: Seed, now: SimTime) -> Result<Tenant, Error> {
        let id = seed.guid("tenant", &spec.initial_domain, 0);
        let organization = Organization {
            id,
            display_name: spec.display_name.clone(),
            country_letter_code: spec.country.clone(),
            created: now,
            on_premises_sync_enabled: None,
            on_premises_last_sync: None,
            technical_notification_mails: Vec::new(),
        };
        Ok(Tenant {
            seed,
            organization: Arc::new(organization),
            domains: Arc::new(domains(spec)),
            subscriptions: Arc::new(subscriptions(spec, users, seed)?),
            applications: Arc::new(vec![application(seed)]),
            roles: Arc::default(),
            store: Store::new(),
            throttle: Throttle::default(),
        })
    }
}

fn domains(spec: &TenantSpec) -> Vec<Domain> {
    let initial = std::iter::once((&spec.initial_domain, true));
    let verified = spec.verified_domains.iter().map(|name| (name, false));
    let default = spec.verified_domains.first().unwrap_or(&spec.initial_domain);
    let domain = |(name, is_initial): (&String, bool)| Domain {
        name: name.to_ascii_lowercase(),
        is_initial,
        is_default: name == default,
        is_verified: true,
        is_federated: false,
    };
    initial.chain(verified).map(domain).collect()
}

fn subscriptions(spec: &TenantSpec, users: u32, seed: Seed) -> Result<Vec<Subscription>, Error> {
    let own = |(name, seats): &(String, crate::spec::Seats)| {
        let sku = Catalogue::get().find(name)?;
        let subscription_id = seed.guid("subscription", sku.part_number, 0);
        Ok(Subscription { sku, enabled: seats.count(users), consumed: 0, subscription_id })
    };
    spec.licenses.iter().map(own).collect()
}

fn application(seed: Seed) -> Application {
    let name = "forestbed";
    Application {
        app_id: seed.guid("application", name, 0),
        service_principal_id: seed.guid("servicePrincipal", name, 0),
        display_name: name.to_owned(),
        secret: format!("{:016x}{:016x}", seed.hash("secret", name, 0), seed.hash("secret", name, 1)),
        secret_id: seed.guid("secretId", name, 0),
        roles: Vec::new(),
    }
}
