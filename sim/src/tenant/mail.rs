//! Addresses and names of one object, with what other objects hold taken into account.

use super::address::{
    AddressSource, Addresses, UpnFault, calculate, check_upn, clean_local_part, domain_part, is_kept,
    is_smtp, local_part, primary, split_proxy,
};
use super::object::{CloudObject, ProvisioningError, Shadow};
use super::property::{ObjectKind, Property, PropertySet, Stored};
use super::store::{Key, Slot, same_folded};
use super::switches::InvalidUpn;
use super::{Tenant, license};
use crate::clock::SimTime;

/// Names of the properties of provisioning errors (microsoft-graph.md 2.4).
pub(crate) const UPN_ERROR: &str = "UserPrincipalName";
pub(crate) const PROXY_ERROR: &str = "ProxyAddresses";

/// Why a user principal name cannot be given at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoName;

impl Tenant {
    /// The domain that the tenant was made with.
    pub fn initial_domain(&self) -> &str {
        self.domains.iter().find(|domain| domain.is_initial).map_or("", |domain| &domain.name)
    }

    /// Whether a domain (any case) is one of the tenant's verified ones.
    pub fn is_verified(&self, domain: &str) -> bool {
        self.domains.iter().any(|known| known.is_verified && known.name.eq_ignore_ascii_case(domain))
    }

    /// The other live object that holds a proxy address (prefix included, any case).
    pub(crate) fn holder_of_proxy(&self, proxy: &str, own: Option<Slot>) -> Option<(Slot, &CloudObject)> {
        self.store.find(Key::ProxyAddress, proxy).find(|(slot, _)| Some(*slot) != own)
    }

    /// The other live user that holds a user principal name.
    pub(crate) fn holder_of_upn(&self, upn: &str, own: Option<Slot>) -> Option<(Slot, &CloudObject)> {
        self.store.find(Key::UserPrincipalName, upn).find(|(slot, _)| Some(*slot) != own)
    }

    /// The name that the service gives for an on-premises one, before conflicts.
    pub(crate) fn wanted_upn(&self, on_premises: &str, nickname: Option<&str>) -> Result<String, NoName> {
        let fault = check_upn(on_premises);
        let verified = domain_part(on_premises).is_some_and(|domain| self.is_verified(domain));
        match (fault, self.switches.invalid_upn) {
            (Ok(()), _) if verified => return Ok(on_premises.to_owned()),
            (Err(_), InvalidUpn::Reject) => return Err(NoName),
            (Err(UpnFault::Characters), InvalidUpn::Underscore) if verified => {
                let (local, domain) = on_premises.rsplit_once('@').unwrap_or((on_premises, ""));
                let name = format!("{}@{domain}", clean_local_part(local, Some('_')));
                // a period at the end is no character that an underscore stands for
                if check_upn(&name).is_ok() {
                    return Ok(name);
                }
            }
            _ => {}
        }
        let base = clean_local_part(nickname.unwrap_or_else(|| local_part(on_premises)), None);
        if base.is_empty() { Err(NoName) } else { Ok(format!("{base}@{}", self.initial_domain())) }
    }

    /// Gives a user the wanted name, or one in quarantine form when another user holds it. Returns the value
    /// that was set aside.
    pub(crate) fn name_user(
        &self,
        draft: &mut CloudObject,
        own: Option<Slot>,
        wanted: &str,
    ) -> Option<String> {
        if self.holder_of_upn(wanted, own).is_none() {
            draft.set(Property::UserPrincipalName, Some(Stored::text(wanted)));
            return None;
        }
        let again = draft.errors.iter().any(|error| error.property == UPN_ERROR && error.value == wanted);
        if !again {
            let name = self.quarantined_upn(wanted, draft, own);
            draft.set(Property::UserPrincipalName, Some(Stored::text(name)));
        }
        Some(wanted.to_owned())
    }

    fn quarantined_upn(&self, wanted: &str, draft: &CloudObject, own: Option<Slot>) -> String {
        let plus = if self.switches.quarantine_upn_plus { "+" } else { "" };
        // '+' is not a character that a user may choose, and the service uses it nevertheless
        let prefix: String = local_part(wanted).chars().take(59).collect();
        let key =
            draft.shadow.as_ref().map_or_else(|| draft.id.to_string(), |shadow| shadow.anchor.to_string());
        let names = (0..).map(|nth| {
            let digits = 1000 + self.seed.hash("quarantined UPN", &key, nth) % 9000;
            format!("{prefix}{plus}{digits}@{}", self.initial_domain())
        });
        // a thousand tries of nine thousand names; the last is taken by its own id if all are held
        let mut names = names.take(1000);
        let free = names.find(|name| self.holder_of_upn(name, own).is_none());
        free.unwrap_or_else(|| format!("{}@{}", draft.id, self.initial_domain()))
    }

    /// Calculates mail and proxyAddresses of a draft from what it was sent and what it is licensed for.
    /// Returns the addresses that were set aside.
    pub(crate) fn address(&self, draft: &mut CloudObject, own: Option<Slot>) -> Vec<String> {
        let licensed = license::has_exchange(draft);
        let Some(shadow) = draft.shadow.clone().filter(|shadow| !shadow.released) else {
            self.address_cloud_only(draft, own, licensed);
            return Vec::new();
        };
        let mut set_aside: Vec<String> = Vec::new();
        let proxies = self.free_proxies(&shadow, own, &mut set_aside);
        let mail = self.free_mail(&shadow, own, &mut set_aside);
        let held = |address: &str| self.holder_of_proxy(&format!("smtp:{address}"), own).is_some();
        let upn = draft.user_principal_name().map(str::to_owned);
        let free_upn = upn.as_deref().filter(|upn| !held(upn));
        let given = shadow.moera.as_deref().filter(|given| !held(given)).map(str::to_owned);
        let moera = given.or_else(|| self.new_moera(draft, own));
        let source = AddressSource {
            proxies: &proxies,
            mail,
            upn: free_upn,
            moera: moera.as_deref(),
            had_moera: shadow.moera.is_some(),
            had_mailbox: shadow.had_mailbox,
            licensed,
        };
        let Addresses { proxies, mail, uses_moera } = calculate(source, |domain| self.is_verified(domain));
        if licensed && let Some(name) = upn.as_deref().filter(|upn| held(upn)) {
            let value = format!("smtp:{name}");
            if !set_aside.iter().any(|known| same_folded(known, &value)) {
                set_aside.push(value);
            }
        }
        if let Some(shadow) = &mut draft.shadow {
            shadow.had_mailbox |= licensed;
            if uses_moera {
                shadow.moera = moera.map(Into::into);
            }
        }
        draft.set(Property::Mail, mail.map(Stored::text));
        draft.set(Property::ProxyAddresses, (!proxies.is_empty()).then(|| Stored::texts(proxies)));
        set_aside
    }

    fn free_proxies<'a>(
        &self,
        shadow: &'a Shadow,
        own: Option<Slot>,
        set_aside: &mut Vec<String>,
    ) -> Vec<&'a str> {
        let mut free = Vec::new();
        for proxy in shadow.proxy_addresses.iter().map(AsRef::as_ref) {
            if is_kept(proxy) && is_smtp(proxy) && self.holder_of_proxy(proxy, own).is_some() {
                set_aside.push(proxy.to_owned());
            } else {
                free.push(proxy);
            }
        }
        free
    }

    /// The mail attribute, when it is what the addresses are made from and nobody else holds it.
    fn free_mail<'a>(
        &self,
        shadow: &'a Shadow,
        own: Option<Slot>,
        set_aside: &mut Vec<String>,
    ) -> Option<&'a str> {
        let mail = shadow.mail.as_deref()?;
        let proxy = format!("SMTP:{mail}");
        if self.holder_of_proxy(&proxy, own).is_none() {
            return Some(mail);
        }
        let masked = shadow.proxy_addresses.iter().any(|proxy| is_kept(proxy) && is_smtp(proxy));
        if !masked {
            set_aside.push(proxy);
        }
        None
    }

    /// The initial-domain address that an object would get: four digits make it unique (directory-sync.md
    /// 2.2, row 6).
    fn new_moera(&self, draft: &CloudObject, own: Option<Slot>) -> Option<String> {
        let nickname = draft.text(Property::MailNickname);
        let from_name = draft.user_principal_name().map(local_part);
        let base = match draft.kind {
            ObjectKind::Group => nickname,
            ObjectKind::User if self.switches.moera_from_nickname => nickname.or(from_name),
            ObjectKind::User => from_name,
            _ => return None,
        };
        let base = clean_local_part(base?, None);
        if base.is_empty() {
            return None;
        }
        let key = draft.source_anchor().map_or_else(|| draft.id.to_string(), str::to_owned);
        let numbered = (0..1000).map(|nth| {
            let digits = 1000 + self.seed.hash("MOERA", &key, nth) % 9000;
            format!("{base}{digits}@{}", self.initial_domain())
        });
        std::iter::once(format!("{base}@{}", self.initial_domain()))
            .chain(numbered)
            .find(|address| self.holder_of_proxy(&format!("smtp:{address}"), own).is_none())
    }

    /// A cloud-only user keeps its addresses; with an Exchange licence it gets its name and an
    /// initial-domain address as well.
    fn address_cloud_only(&self, draft: &mut CloudObject, own: Option<Slot>, licensed: bool) {
        let Some(upn) = draft.user_principal_name().map(str::to_owned).filter(|_| licensed) else { return };
        let mut proxies: Vec<String> = draft.proxy_addresses().iter().map(ToString::to_string).collect();
        let initial = self.initial_domain().to_owned();
        let in_initial = |proxy: &String| {
            split_proxy(proxy).and_then(|(_, address)| domain_part(address)) == Some(initial.as_str())
        };
        let mut wanted = vec![upn];
        if !proxies.iter().any(in_initial) {
            wanted.extend(self.new_moera(draft, own));
        }
        for address in wanted {
            let secondary = format!("smtp:{address}");
            let known = proxies.iter().any(|proxy| same_folded(proxy, &secondary));
            if known || self.holder_of_proxy(&secondary, own).is_some() {
                continue;
            }
            let first = primary(proxies.iter().map(String::as_str)).is_none();
            proxies.push(if first { format!("SMTP:{address}") } else { secondary });
        }
        let mail = primary(proxies.iter().map(String::as_str)).map(Stored::text);
        draft.set(Property::Mail, mail);
        draft.set(Property::ProxyAddresses, (!proxies.is_empty()).then(|| Stored::texts(proxies)));
    }
}

/// Replaces the provisioning errors of a draft; those that stay keep their time. Returns the new ones.
pub(crate) fn set_errors(
    draft: &mut CloudObject,
    upn: Option<String>,
    proxies: Vec<String>,
    now: SimTime,
) -> Vec<ProvisioningError> {
    let upn = upn.into_iter().map(|value| (UPN_ERROR, value));
    let wanted: Vec<(&'static str, String)> =
        upn.chain(proxies.into_iter().map(|value| (PROXY_ERROR, value))).collect();
    let mut errors = Vec::with_capacity(wanted.len());
    let mut new = Vec::new();
    for (property, value) in wanted {
        let known = draft.errors.iter().find(|error| error.property == property && error.value == value);
        let error = known.cloned().unwrap_or(ProvisioningError { property, value, occurred: now });
        if known.is_none() {
            new.push(error.clone());
        }
        errors.push(error);
    }
    draft.errors = errors;
    new
}

/// The properties in which two states of an object differ.
pub(crate) fn differences(before: &CloudObject, after: &CloudObject) -> PropertySet {
    let mut changed = PropertySet::default();
    for (property, value) in &after.values {
        if before.stored(*property) != Some(value) {
            changed.insert(*property);
        }
    }
    before
        .values
        .iter()
        .filter(|(property, _)| after.stored(*property).is_none())
        .for_each(|(property, _)| changed.insert(*property));
    if before.errors != after.errors {
        changed.insert(Property::OnPremisesProvisioningErrors);
    }
    changed
}
