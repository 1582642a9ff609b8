//! userPrincipalName.

use super::ObjectView;
use super::address::{AddressContext, is_good, transliterate_by_habit};
use super::domains::{DomainFault, Domains};
use super::proxy::primary;
use super::sheet::{Broken, PROXY_ADDRESSES, SAM_ACCOUNT_NAME, Sheet, USER_PRINCIPAL_NAME};
use super::text::{cut, is_invisible, is_tidy, is_unicode_space, strip, tidy_periods};
use crate::transliteration::is_latin;

const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 48;
const TOTAL_MAX: usize = 113;
/// Most characters that a directory stores (rangeUpper): beyond it no repair is tried.
const STORED_MAX: usize = 1024;

/// Checked after proxyAddresses and sAMAccountName.
pub(super) fn check_upn(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    domains: &mut Domains<'_>,
    home: Option<&str>,
    habits: &[&str],
) {
    let account = sheet.current_first(object, SAM_ACCOUNT_NAME);
    let mut check = UpnCheck { broken: Vec::new(), domains: &mut *domains, home, habits, account };
    let repaired = match view.one(USER_PRINCIPAL_NAME) {
        None => check.absent(),
        Some(value) => check.value(value),
    };
    let mut broken = check.broken;
    let original = view.one(USER_PRINCIPAL_NAME);
    let context = AddressContext { external: false, home, habits };
    if let Some(primary) = primary(sheet.current(object, PROXY_ADDRESSES))
        && let Some(present) = repaired.as_deref().or(original)
        && !present.eq_ignore_ascii_case(primary)
        && is_good(primary, domains, context)
    {
        let reason = format!("the primary address is {primary}");
        let mut differs = Broken::warning("UP19", reason).decided(false);
        differs.value = original.map(str::to_owned);
        broken.push(differs);
    }
    if broken.is_empty() {
        return;
    }
    let row = sheet.row(object, USER_PRINCIPAL_NAME);
    match repaired {
        Some(repaired) => row.repaired = vec![repaired],
        None => broken.iter_mut().for_each(|b| b.decided = false),
    }
    row.broken = broken;
}

struct UpnCheck<'a, 'b> {
    broken: Vec<Broken>,
    domains: &'a mut Domains<'b>,
    home: Option<&'a str>,
    habits: &'a [&'a str],
    account: Option<&'a str>,
}

impl UpnCheck<'_, '_> {
    fn absent(&mut self) -> Option<String> {
        self.broken.push(Broken::warning("UP21", "no userPrincipalName: the sAMAccountName has to serve"));
        self.by_account(None)
    }

    /// sAMAccountName@domain.
    fn by_account(&mut self, domain: Option<&str>) -> Option<String> {
        let local = self.account.filter(|name| name.bytes().all(is_allowed) && is_tidy(name))?;
        let domain = domain.map(str::to_owned).or_else(|| self.domains.home(self.home))?;
        Some(format!("{local}@{domain}"))
    }

    fn value(&mut self, value: &str) -> Option<String> {
        if let Some((local, domain)) = value.split_once('@')
            && local.len() <= LOCAL_MAX
            && domain.len() <= DOMAIN_MAX
            && local.bytes().all(is_allowed)
            && is_tidy(local)
            && self.domains.fault(domain).is_none()
            && self.domains.is_suffix(domain)
        {
            return Some(value.to_owned());
        }
        if value.chars().count() > STORED_MAX {
            self.broken.push(Broken::error("UP01", "more than 113 characters").of(value));
            return None;
        }
        let mut text = value.to_owned();
        let mut drop = |rule: &'static str, reason: &str, unwanted: &dyn Fn(char) -> bool| {
            if strip(&mut text, unwanted) {
                self.broken.push(Broken::error(rule, reason).of(value));
            }
        };
        drop("UP03", "a space", &|c| c.is_ascii() && c.is_whitespace());
        drop("UP08", "characters that nobody sees", &|c| is_unicode_space(c) || is_invisible(c));
        let (local, domain) = self.split(value, &text)?;
        let domain = self.domain(value, &domain);
        let local = self.local(value, &local);
        match local? {
            local if local.is_empty() => self.by_account(domain.as_deref()),
            local => Some(format!("{local}@{}", domain?)),
        }
    }

    fn split(&mut self, value: &str, text: &str) -> Option<(String, String)> {
        let Some((before, after)) = text.rsplit_once('@') else {
            self.broken.push(Broken::error("UP09", "no @").of(value));
            let domain = self.domains.home(self.home)?;
            return Some((text.to_owned(), domain));
        };
        let local = before.replace('@', "");
        if local.is_empty() {
            self.broken.push(Broken::error("UP10", "the @ comes first").of(value));
        } else if before.contains('@') {
            self.broken.push(Broken::error("UP11", "several @").of(value));
        }
        if after.is_empty() {
            self.broken.push(Broken::error("UP12", "no domain after the @").of(value));
            return Some((local, self.domains.home(self.home)?));
        }
        Some((local, after.to_owned()))
    }

    fn domain(&mut self, value: &str, domain: &str) -> Option<String> {
        if domain.len() > DOMAIN_MAX {
            self.broken.push(Broken::error("UP02", "more than 48 characters after the @").of(value));
            return None;
        }
        let fault = self.domains.fault(domain);
        let known = self.domains.is_suffix(domain);
        if matches!(fault, None | Some(DomainFault::Unverified)) && !known {
            let nearest = self.domains.nearest_suffix(domain).map(|near| format!("; {near} is like it"));
            let reason = format!("no forest has this suffix{}", nearest.unwrap_or_default());
            self.broken.push(Broken::error("UP22", reason).of(value));
        }
        let mut wrong = |rule, reason: &str| self.broken.push(Broken::error(rule, reason).of(value));
        match fault {
            None => return known.then(|| domain.to_owned()),
            Some(DomainFault::NonRoutable) => wrong("UP15", "the internet does not know the suffix"),
            Some(DomainFault::SingleLabelOrNumeric) => {
                wrong("UP16", "the suffix has one label or is a number")
            }
            Some(DomainFault::Unverified) => {
                wrong("UP20", "the suffix is not one of the tenant's domains");
                return None;
            }
            Some(DomainFault::Unicode) => {
                wrong("UP17", "an internationalized suffix in its own letters");
                return self.domains.in_ascii(domain).filter(|ascii| self.domains.fault(ascii).is_none());
            }
            Some(DomainFault::Malformed | DomainFault::Empty) => {
                wrong("UP17", "no domain can be written so");
                return None;
            }
        }
        self.domains.replacement(domain, self.home)
    }

    fn local(&mut self, value: &str, local: &str) -> Option<String> {
        if !local.chars().all(is_latin) {
            self.broken.push(Broken::error("UP07", "letters of another script").of(value));
            return None;
        }
        let mut text = local.to_owned();
        if !text.is_ascii() {
            self.broken.push(Broken::error("UP06", "a letter with a mark").of(value));
            text = transliterate_by_habit(&text, self.habits);
        }
        if strip(&mut text, |c| matches!(c, '$' | '`')) {
            self.broken
                .push(Broken::error("UP05", "a character that is not among the allowed ones").of(value));
        }
        if strip(&mut text, |c| !u8::try_from(c).is_ok_and(is_allowed)) {
            self.broken.push(Broken::error("UP04", "a character that is not allowed").of(value));
        }
        if text.ends_with('.') {
            self.broken.push(Broken::error("UP13", "a period directly before the @").of(value));
        }
        if text.starts_with('.') || text.contains("..") {
            self.broken.push(Broken::warning("UP14", "a leading or doubled period").of(value));
        }
        let mut tidy = tidy_periods(&text);
        if tidy.len() > LOCAL_MAX || value.len() > TOTAL_MAX && local.len() > LOCAL_MAX {
            self.broken.push(Broken::error("UP01", "more than 64 characters before the @").of(value));
            tidy = tidy_periods(&cut(&tidy, LOCAL_MAX));
        }
        Some(tidy)
    }
}

/// `A-Z a-z 0-9 ' . - _ ! # ^ ~`: what the documents allow before the @.
fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"'.-_!#^~".contains(&byte)
}
