//! Continuation references: naming contexts below the one that is searched are other searches.

use forestbed_sim::directory::{Directory, ObjectId, attr};
use std::sync::Arc;

/// The references of the last search, for the next one from the same base while nothing has changed.
#[derive(Debug, Default)]
pub(in crate::session) struct Referrals {
    /// Base, highest USN and generation of the world.
    of: Option<(ObjectId, u64, u64)>,
    urls: Arc<[String]>,
}

impl Referrals {
    /// See [`subordinate_naming_contexts`].
    pub(super) fn below(&mut self, directory: &Directory, base: ObjectId, generation: u64) -> Arc<[String]> {
        let of = Some((base, directory.highest_usn(), generation));
        if self.of != of {
            self.of = of;
            self.urls = subordinate_naming_contexts(directory, base).into();
        }
        Arc::clone(&self.urls)
    }
}

/// The URLs of the naming contexts directly below the one whose head is `base`; none when `base` is no head.
fn subordinate_naming_contexts(directory: &Directory, base: ObjectId) -> Vec<String> {
    let info = directory.info();
    let Some(base) = directory.entry(base).map(|entry| entry.dn()) else { return Vec::new() };
    let Ok(partitions) = directory.resolve(&format!("CN=Partitions,{}", info.configuration_dn)) else {
        return Vec::new();
    };
    let contexts: Vec<(String, String)> = directory
        .children(partitions)
        .filter_map(|id| directory.entry(id))
        .filter(|entry| !entry.is_deleted())
        .filter_map(|entry| {
            let host = entry.text(attr::DNS_ROOT).unwrap_or_else(|| info.dns.as_str().into());
            Some((entry.text(attr::NC_NAME)?.into_owned(), host.into_owned()))
        })
        .collect();
    if !contexts.iter().any(|(name, _)| name.eq_ignore_ascii_case(&base)) {
        return Vec::new();
    }
    let directly_below = |name: &str| {
        is_below(name, &base)
            && !contexts.iter().any(|(between, _)| is_below(name, between) && is_below(between, &base))
    };
    contexts
        .iter()
        .filter(|(name, _)| directly_below(name))
        .map(|(name, host)| format!("ldap://{host}/{}", percent_encoded(name)))
        .collect()
}

fn is_below(name: &str, above: &str) -> bool {
    let Some(head) = name.len().checked_sub(above.len() + 1) else { return false };
    let (Some(separator), Some(tail)) = (name.as_bytes().get(head), name.get(head + 1..)) else {
        return false;
    };
    *separator == b',' && tail.eq_ignore_ascii_case(above)
}

/// A distinguished name as a URL carries it (RFC 4516): only what a URL cannot hold is encoded.
fn percent_encoded(name: &str) -> String {
    name.bytes().fold(String::with_capacity(name.len()), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' | b'=' | b'\'' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_means_a_longer_name_with_the_same_end() {
        let check = |name, above, expected| assert_eq!(is_below(name, above), expected, "{name} {above}");
        check("CN=Configuration,DC=contoso,DC=local", "dc=contoso,dc=local", true);
        check("DC=contoso,DC=local", "DC=contoso,DC=local", false);
        check("DC=xcontoso,DC=local", "contoso,DC=local", false);
        check("DC=local", "DC=contoso,DC=local", false);
        check("DC=é,DC=local", "DC=local", true);
    }
}
