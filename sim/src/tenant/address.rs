//! Mail addresses as the service calculates them: the KB 3190357 "proxy calculation" (directory-sync.md 2.2).
//!
//! Pure: what another object holds is the caller's business.

/// Characters that a user principal name's local part may have beside letters and digits.
const UPN_EXTRA: &str = "'.-_!#^~";
/// Longest local part, longest domain, longest name in all (microsoft-graph.md 2.1).
const UPN_LOCAL_MAX: usize = 64;
const UPN_DOMAIN_MAX: usize = 48;
const UPN_MAX: usize = 113;

/// What the proxy calculation reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AddressSource<'a> {
    /// On-premises proxy addresses, those that may not be used taken out.
    pub(crate) proxies: &'a [&'a str],
    /// On-premises mail, unless it may not be used.
    pub(crate) mail: Option<&'a str>,
    /// The user principal name of the cloud; none for groups and contacts.
    pub(crate) upn: Option<&'a str>,
    /// The initial-domain address that the object has or would get.
    pub(crate) moera: Option<&'a str>,
    /// Whether it had that address before.
    pub(crate) had_moera: bool,
    /// Whether it ever had an Exchange licence.
    pub(crate) had_mailbox: bool,
    /// Whether it has an Exchange licence.
    pub(crate) licensed: bool,
}

/// What it makes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Addresses {
    pub(crate) proxies: Vec<String>,
    pub(crate) mail: Option<String>,
    /// Whether the initial-domain address is among them.
    pub(crate) uses_moera: bool,
}

/// The part before the `@`.
pub(crate) fn local_part(address: &str) -> &str {
    address.split_once('@').map_or(address, |(local, _)| local)
}

/// The part after the last `@`.
pub(crate) fn domain_part(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

/// Prefix and address of a proxy address.
pub(crate) fn split_proxy(proxy: &str) -> Option<(&str, &str)> {
    proxy.split_once(':').filter(|(prefix, address)| !prefix.is_empty() && !address.is_empty())
}

pub(crate) fn is_smtp(proxy: &str) -> bool {
    split_proxy(proxy).is_some_and(|(prefix, _)| prefix.eq_ignore_ascii_case("smtp"))
}

/// The address of the primary (`SMTP:`) one.
pub(crate) fn primary<'a>(proxies: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    proxies.into_iter().find_map(|proxy| proxy.strip_prefix("SMTP:"))
}

/// Whether a domain is one of Microsoft's own, whose addresses are never taken over.
fn is_reserved(address: &str) -> bool {
    let domain = domain_part(address).unwrap_or("").to_ascii_lowercase();
    domain.ends_with(".onmicrosoft.com") || domain.ends_with(".microsoftonline.com")
}

fn is_malformed(address: &str) -> bool {
    let invalid = |letter: char| letter.is_whitespace() || "<>();,[]\":".contains(letter);
    address.contains(invalid)
        || address.matches('@').count() != 1
        || local_part(address).is_empty()
        || domain_part(address).is_none_or(str::is_empty)
}

/// Whether the calculation keeps a proxy address at all.
pub(crate) fn is_kept(proxy: &str) -> bool {
    let Some((prefix, address)) = split_proxy(proxy) else { return false };
    match prefix.to_ascii_lowercase().as_str() {
        "smtp" => !is_malformed(address) && !is_reserved(address),
        // legacy gateways; addresses of Exchange and Skype stay
        "x500" | "sip" | "eum" => !proxy.chars().any(char::is_control),
        _ => false,
    }
}

/// The proxy calculation.
pub(crate) fn calculate(source: AddressSource<'_>, verified: impl Fn(&str) -> bool) -> Addresses {
    let usable = |address: &str| !source.licensed || domain_part(address).is_some_and(&verified);
    let from_directory: Vec<&str> = source
        .proxies
        .iter()
        .copied()
        .filter(|proxy| is_kept(proxy))
        .filter(|proxy| !is_smtp(proxy) || split_proxy(proxy).is_some_and(|(_, address)| usable(address)))
        .collect();
    let has_proxies = source.proxies.iter().any(|proxy| is_kept(proxy) && is_smtp(proxy));
    let mail = source.mail.filter(|mail| !is_malformed(mail) && !is_reserved(mail) && usable(mail));
    let has_source = has_proxies || mail.is_some();
    let keeps_mailbox = source.licensed || source.had_moera;
    let chosen = if has_proxies {
        primary(from_directory.iter().copied()).or(source.moera).or(mail)
    } else {
        let name = source.upn.filter(|_| source.licensed);
        mail.or(name).or(source.moera.filter(|_| keeps_mailbox))
    };
    let Some(chosen) = chosen else {
        let proxies = from_directory.iter().map(|proxy| (*proxy).to_owned()).collect();
        return Addresses { proxies, mail: None, uses_moera: false };
    };
    let mut list = List::starting_with(chosen);
    from_directory.iter().for_each(|proxy| list.push(proxy));
    let promoted = source.moera == Some(chosen);
    // a recipient always has its name as an address: one with a mailbox, or one that had it and has addresses
    // from on-premises (directory-sync.md 2.2, row 4b)
    if source.licensed || (has_source && source.had_mailbox) {
        source.upn.into_iter().for_each(|upn| list.push(&format!("smtp:{upn}")));
    }
    let moera = source.moera.filter(|_| promoted || keeps_mailbox);
    moera.into_iter().for_each(|moera| list.push(&format!("smtp:{moera}")));
    Addresses { proxies: list.0, mail: Some(chosen.to_owned()), uses_moera: moera.is_some() }
}

/// Proxy addresses without repetition: the first spelling stays.
struct List(Vec<String>);

impl List {
    fn starting_with(primary: &str) -> List {
        List(vec![format!("SMTP:{primary}")])
    }

    fn push(&mut self, proxy: &str) {
        if self.0.iter().any(|known| super::store::same_folded(known, proxy)) {
            return;
        }
        // there is one primary address
        let secondary = proxy.strip_prefix("SMTP:").map(|address| format!("smtp:{address}"));
        self.0.push(secondary.unwrap_or_else(|| proxy.to_owned()));
    }
}

/// mailNickname at first synchronization.
pub(crate) fn first_nickname(
    on_premises: Option<&str>,
    proxies: &[&str],
    mail: Option<&str>,
    upn: Option<&str>,
) -> Option<String> {
    let secondary = || proxies.iter().filter(|proxy| is_smtp(proxy)).find_map(|proxy| split_proxy(proxy));
    let found = on_premises
        .or_else(|| primary(proxies.iter().copied()).map(local_part))
        .or_else(|| mail.map(local_part))
        .or_else(|| upn.map(local_part))
        .or_else(|| secondary().map(|(_, address)| local_part(address)));
    found.filter(|nickname| !nickname.is_empty()).map(str::to_owned)
}

/// What is wrong with a user principal name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpnFault {
    /// Not `local@domain`, or too long.
    Form,
    /// A character that it may not have.
    Characters,
}

/// Holds a user principal name against its rules (microsoft-graph.md 2.1); the domain's ownership is the
/// caller's business.
pub(crate) fn check_upn(upn: &str) -> Result<(), UpnFault> {
    let Some((local, domain)) = upn.rsplit_once('@') else { return Err(UpnFault::Form) };
    if local.is_empty() || domain.is_empty() || local.len() > UPN_LOCAL_MAX {
        return Err(UpnFault::Form);
    }
    if domain.len() > UPN_DOMAIN_MAX || upn.len() > UPN_MAX {
        return Err(UpnFault::Form);
    }
    let fine = |letter: char| letter.is_ascii_alphanumeric() || UPN_EXTRA.contains(letter);
    if !local.chars().all(fine) || local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(UpnFault::Characters);
    }
    let fine = |letter: char| letter.is_ascii_alphanumeric() || "-.".contains(letter);
    if domain.chars().all(fine) { Ok(()) } else { Err(UpnFault::Characters) }
}

/// A local part with each invalid character replaced, or taken out when there is no replacement.
pub(crate) fn clean_local_part(local: &str, replacement: Option<char>) -> String {
    let fine = |letter: char| letter.is_ascii_alphanumeric() || UPN_EXTRA.contains(letter);
    let cleaned: String = local
        .chars()
        .filter_map(|letter| if fine(letter) { Some(letter) } else { replacement })
        .take(UPN_LOCAL_MAX)
        .collect();
    if replacement.is_some() { cleaned } else { cleaned.trim_matches('.').to_owned() }
}
