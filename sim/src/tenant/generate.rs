//! The tenant as it is before anything is synchronized.

use super::store::Store;
use super::switches::Switches;
use super::throttle::Throttle;
use super::{
    CallContext, Catalogue, Domain, Organization, Subscription, SubscriptionStatus, Tenant, dynamic,
};
use crate::Error;
use crate::clock::SimTime;
use crate::defects::CloudAccount;
use crate::ids::Guid;
use crate::seed::Seed;
use crate::spec::TenantSpec;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most cloud-only users and groups that a tenant is made with.
const CLOUD_OBJECTS_MAX: u32 = 100_000;

impl Tenant {
    /// A tenant of this specification: domains, subscriptions, one application, cloud-only users and groups,
    /// one global administrator.
    ///
    /// `users` is the number of people of the estate, from which seats are counted. Every id comes from the
    /// seed; those of products and role templates are Microsoft's own.
    ///
    /// # Errors
    /// An unknown product (the error names near ones), a domain name that cannot be one, a country that is
    /// none, an unknown switch.
    pub fn new(spec: &TenantSpec, users: u32, seed: Seed, now: SimTime) -> Result<Tenant, Error> {
        Tenant::with_accounts(spec, &[], users, seed, now)
    }

    /// The same with further cloud-only accounts, which meet people of the directory.
    pub(crate) fn with_accounts(
        spec: &TenantSpec,
        accounts: &[CloudAccount],
        users: u32,
        seed: Seed,
        now: SimTime,
    ) -> Result<Tenant, Error> {
        if !super::license::is_location(&spec.country) {
            return Err(Error::invalid_spec(format!("the tenant's country cannot be '{}'", spec.country))
                .with_help("use a two-letter code of ISO 3166, such as NL"));
        }
        if spec.cloud_users.max(spec.cloud_groups) > CLOUD_OBJECTS_MAX {
            return Err(Error::invalid_spec(format!(
                "a tenant starts with at most {CLOUD_OBJECTS_MAX} users"
            )));
        }
        let id = seed.guid("tenant", &spec.initial_domain, 0);
        let organization = Organization {
            id,
            display_name: spec.display_name.clone(),
            country_letter_code: spec.country.to_ascii_uppercase(),
            created: now,
            on_premises_sync_enabled: None,
            on_premises_last_sync: None,
            technical_notification_mails: vec![format!("admin@{}", spec.initial_domain.to_ascii_lowercase())],
            settings: Map::new(),
        };
        let mut tenant = Tenant {
            seed,
            organization: Arc::new(organization),
            domains: Arc::new(domains(spec)?),
            subscriptions: Arc::new(subscriptions(spec, users, seed, now)?),
            licensing: Arc::default(),
            applications: Arc::default(),
            delegated: Arc::default(),
            scoped: Arc::default(),
            rules: dynamic::Rules::default(),
            born: 0,
            switches: Arc::new(Switches::of(spec)?),
            store: Store::new(),
            throttle: Throttle::default(),
            logs: super::audit::Logs::default(),
            change_subscriptions: Arc::default(),
            sync_settings: Arc::default(),
            cloud_managed: Arc::default(),
            photos: Arc::default(),
            inbound: Arc::default(),
            swept: now,
        };
        let people = tenant.people(spec, now)?;
        tenant.first_groups(spec, &people, now)?;
        tenant.first_role(people.first().copied(), now);
        tenant.first_applications(now);
        tenant.meet_people(spec, accounts, now)?;
        tenant.born = tenant.last_change();
        tenant.logs.clear();
        Ok(tenant)
    }

    /// Cloud-only users; the first one is the global administrator.
    fn people(&mut self, spec: &TenantSpec, now: SimTime) -> Result<Vec<Guid>, Error> {
        let ctx = CallContext { now, app: None };
        let mut people = Vec::new();
        for index in 0..spec.cloud_users as usize {
            let body = match index {
                0 => self.administrator(spec),
                _ => self.person_of(index),
            };
            people.push(Tenant::seeded(self.create_user(&ctx, &body), "a cloud-only user")?);
        }
        Ok(people)
    }

    /// Accounts that somebody made by hand, with an address or a name that a person on premises has. Two people
    /// who share it meet one account.
    fn meet_people(
        &mut self,
        spec: &TenantSpec,
        accounts: &[CloudAccount],
        now: SimTime,
    ) -> Result<(), Error> {
        let ctx = CallContext { now, app: None };
        let mut made: BTreeSet<String> = BTreeSet::new();
        for (nth, account) in accounts.iter().enumerate() {
            let index = spec.cloud_users as usize + nth;
            let (body, administrator, held) = match account {
                CloudAccount::WithAddress(address) => {
                    let mut body = self.person_of(index);
                    body.insert("mail".to_owned(), json!(address));
                    (body, false, address)
                }
                CloudAccount::Administrator(name) => {
                    let mut body = self.administrator(spec);
                    body.insert("mailNickname".to_owned(), json!(format!("admin{index}")));
                    body.insert("userPrincipalName".to_owned(), json!(name));
                    (body, true, name)
                }
            };
            if !made.insert(format!("{administrator}:{}", held.to_lowercase())) {
                continue;
            }
            let id =
                Tenant::seeded(self.create_user(&ctx, &body), "a cloud-only account that meets a person")?;
            if administrator {
                self.hold_first_role(id, now);
            }
        }
        Ok(())
    }

    fn administrator(&self, spec: &TenantSpec) -> Map<String, Value> {
        self.body(json!({
            "accountEnabled": true,
            "displayName": format!("{} Administrator", spec.display_name),
            "mailNickname": "admin",
            "userPrincipalName": format!("admin@{}", self.initial_domain()),
            "usageLocation": self.organization.country_letter_code,
        }))
    }

    /// The person of a number, from 1 on.
    fn person_of(&self, index: usize) -> Map<String, Value> {
        let rows: Vec<Vec<&str>> = include_str!("../../data/cloud-people.tsv")
            .lines()
            .skip(1)
            .map(|line| line.split('\t').collect())
            .collect();
        let offset = self.seed.hash("cloud people", "offset", 0) as usize % rows.len();
        self.person(&rows[(offset + index - 1) % rows.len()], (index - 1) / rows.len())
    }

    /// Names in the initial domain that begin with `cloud-`, so that none is matched by accident.
    fn person(&self, row: &[&str], round: usize) -> Map<String, Value> {
        let cell = |at: usize| row.get(at).copied().unwrap_or("");
        let number = if round == 0 { String::new() } else { (round + 1).to_string() };
        let nickname = format!("cloud-{}.{}{number}", cell(0), cell(1)).to_lowercase();
        let address = format!("{nickname}@{}", self.initial_domain());
        self.body(json!({
            "accountEnabled": true,
            "displayName": format!("{} {}", cell(0), cell(1)),
            "givenName": cell(0),
            "surname": cell(1),
            "jobTitle": cell(2),
            "department": cell(3),
            "mail": address,
            "mailNickname": nickname,
            "usageLocation": cell(4),
            "userPrincipalName": address,
        }))
    }

    fn body(&self, value: Value) -> Map<String, Value> {
        let mut body = match value {
            Value::Object(body) => body,
            _ => Map::new(),
        };
        let password = self.first_password();
        body.insert("passwordProfile".to_owned(), json!({ "password": password }));
        body
    }

    /// Cloud-only groups, security and Microsoft 365 by turns, each with some of the people.
    fn first_groups(&mut self, spec: &TenantSpec, people: &[Guid], now: SimTime) -> Result<(), Error> {
        let ctx = CallContext { now, app: None };
        let names = ["Cloud Operations", "Cloud Project", "Cloud Licensing", "Cloud Community"];
        for index in 0..spec.cloud_groups as usize {
            let round = index / names.len();
            let number = if round == 0 { String::new() } else { format!(" {}", round + 1) };
            let name = format!("{}{number}", names[index % names.len()]);
            let unified = index % 2 == 1;
            let body = json!({
                "displayName": name,
                "description": format!("{name} of {}", spec.display_name),
                "mailNickname": name.to_lowercase().replace(' ', "-"),
                "mailEnabled": unified,
                "securityEnabled": !unified,
                "groupTypes": if unified { vec!["Unified"] } else { Vec::new() },
            });
            let Value::Object(body) = body else { continue };
            let group = Tenant::seeded(self.create_group(&ctx, &body), "a cloud-only group")?;
            let members =
                people.iter().enumerate().skip(1).filter(|(at, _)| at % spec.cloud_groups as usize <= index);
            let members: Vec<Guid> = members.map(|(_, id)| *id).collect();
            members.into_iter().for_each(|member| self.link_member(group, member, now));
        }
        Ok(())
    }
}

fn domains(spec: &TenantSpec) -> Result<Vec<Domain>, Error> {
    let default = spec.verified_domains.first().unwrap_or(&spec.initial_domain);
    let names = std::iter::once(&spec.initial_domain).chain(&spec.verified_domains);
    let mut domains: Vec<Domain> = Vec::new();
    for (index, name) in names.enumerate() {
        let lower = name.to_ascii_lowercase();
        let label = |label: &str| {
            let fine = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            fine && !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
        };
        if !lower.contains('.') || lower.len() > 253 || !lower.split('.').all(label) {
            return Err(Error::invalid_spec(format!("'{name}' is no domain of a tenant"))
                .with_help("use a fully qualified name, such as contoso.com"));
        }
        if domains.iter().any(|known| known.name == lower) {
            return Err(Error::invalid_spec(format!("the tenant has the domain '{name}' twice")));
        }
        domains.push(Domain {
            is_initial: index == 0,
            is_default: name == default,
            is_verified: true,
            ..Domain::named(&lower)
        });
    }
    Ok(domains)
}

fn subscriptions(
    spec: &TenantSpec,
    users: u32,
    seed: Seed,
    now: SimTime,
) -> Result<Vec<Subscription>, Error> {
    let mut owned: Vec<Subscription> = Vec::new();
    for (name, seats) in &spec.licenses {
        let sku = Catalogue::get().find(name)?;
        if owned.iter().any(|known| known.sku.id == sku.id) {
            return Err(Error::invalid_spec(format!("the tenant owns '{name}' twice"))
                .with_help("name a product once, with all its seats"));
        }
        let subscription_id = seed.guid("subscription", sku.part_number, 0);
        owned.push(Subscription {
            sku,
            seats: seats.count(users),
            status: SubscriptionStatus::Enabled,
            consumed: 0,
            subscription_id,
            created: now,
            next_lifecycle: None,
            is_trial: false,
        });
    }
    for (name, change) in &spec.subscriptions {
        let sku = Catalogue::get().find(name)?;
        let own = owned.iter_mut().find(|own| own.sku.id == sku.id).ok_or_else(|| {
            Error::invalid_spec(format!("the tenant does not own '{name}'"))
                .with_help("list its seats under licenses")
        })?;
        change.apply(own, now)?;
    }
    Ok(owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::DEFAULT_START;
    use crate::spec::Seats;
    use crate::tenant::SubscriptionChange;
    use crate::tenant::property::{ObjectKind, Property, Stored};

    fn made(seed: u64) -> Tenant {
        Tenant::new(&TenantSpec::default(), 1000, Seed::new(seed), DEFAULT_START).unwrap()
    }

    #[test]
    fn the_default_tenant_is_what_the_design_says() {
        let tenant = made(42);
        let parts: Vec<(&str, u32)> =
            tenant.skus().iter().map(|owned| (owned.sku.part_number, owned.seats)).collect();
        assert_eq!(
            parts,
            [("ENTERPRISEPACK", 1125), ("EMS", 1125), ("FLOW_FREE", 1125), ("EXCHANGESTANDARD", 100)]
        );
        assert_eq!(tenant.count(ObjectKind::User), 12);
        assert_eq!(tenant.count(ObjectKind::Group), 4);
        let names: Vec<&str> = tenant.domains().iter().map(|domain| domain.name.as_str()).collect();
        assert_eq!(names, ["contoso.onmicrosoft.com", "contoso.com"]);
        let admin = tenant.user("admin@contoso.onmicrosoft.com").unwrap();
        assert!(tenant.is_global_administrator(admin.id()));
        let role = &tenant.directory_roles()[0];
        assert_eq!(role.role_template_id.to_string(), "62e90394-69f5-4237-9190-012177145e10");
        for group in tenant.iter(ObjectKind::Group) {
            assert!(!tenant.members(group.id()).is_empty());
        }
    }

    #[test]
    fn cloud_people_have_addresses_and_a_location_and_no_licence() {
        let tenant = made(42);
        for user in tenant.iter(ObjectKind::User).skip(1) {
            let mail = user.text(Property::Mail).unwrap();
            assert_eq!(user.stored(Property::ProxyAddresses), Some(&Stored::texts([format!("SMTP:{mail}")])));
            assert!(user.text(Property::UsageLocation).is_some() && user.licenses().is_empty());
            assert!(!user.is_synchronized());
        }
    }

    #[test]
    fn ids_follow_the_seed_except_those_of_products_and_role_templates() {
        let (a, b) = (made(42), made(8));
        assert_ne!(a.id(), b.id());
        assert_ne!(a.applications()[0].app_id, b.applications()[0].app_id);
        assert_ne!(a.applications()[0].secret, b.applications()[0].secret);
        let ids = |tenant: &Tenant| tenant.iter(ObjectKind::User).map(|user| user.id()).collect::<Vec<_>>();
        assert!(ids(&a).iter().all(|id| !ids(&b).contains(id)));
        assert_eq!(a.skus()[0].sku.id, b.skus()[0].sku.id);
        assert_eq!(a.directory_roles()[0].role_template_id, b.directory_roles()[0].role_template_id);
        assert_eq!(ids(&a), ids(&made(42)));
    }

    #[test]
    fn a_specification_that_cannot_be_is_refused() {
        type Change = fn(&mut TenantSpec);
        let cases: [(Change, &str); 7] = [
            (|spec| spec.licenses.push(("ENTERPRISPACK".to_owned(), Seats::MoreThanUsers)), "ENTERPRISEPACK"),
            (|spec| spec.licenses.push(("EMS".to_owned(), Seats::Exactly(1))), "twice"),
            (|spec| spec.verified_domains.push("no domain".to_owned()), "no domain"),
            (|spec| spec.verified_domains.push("Contoso.com".to_owned()), "twice"),
            (
                |spec| spec.subscriptions = [("SPB".to_owned(), SubscriptionChange::default())].into(),
                "not own",
            ),
            (|spec| spec.country = "Netherlands".to_owned(), "ISO 3166"),
            (|spec| spec.profile = "yesterday".to_owned(), "today or documents"),
        ];
        for (change, part) in cases {
            let mut spec = TenantSpec::default();
            change(&mut spec);
            let error = Tenant::new(&spec, 10, Seed::new(1), DEFAULT_START).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
