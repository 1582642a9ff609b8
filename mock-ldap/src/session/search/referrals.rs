//! Continuation references: naming contexts below the one that is searched are other searches.

use forestbed_sim::directory::{Directory, ObjectId};
use forestbed_sim::world::World;
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
    pub(super) fn below(
        &mut self,
        directory: &Directory,
        base: ObjectId,
        (world, generation): (&World, u64),
    ) -> Arc<[String]> {
        let of = Some((base, directory.highest_usn(), generation));
        if self.of != of {
            self.of = of;
            let urls = subordinate_naming_contexts(directory, base);
            self.urls = urls.into_iter().map(|url| reachable(world, url)).collect();
        }
        Arc::clone(&self.urls)
    }
}

/// A URL of a referral as a client of this estate can follow it: where the host's own ports are not those of
/// Active Directory, its address stands in place of its name.
pub(in crate::session) fn reachable(world: &World, url: String) -> String {
    let parts = url.strip_prefix("ldap://").and_then(|rest| rest.split_once('/'));
    match parts.and_then(|(host, name)| Some((world.authority_of(host)?, name))) {
        Some((authority, name)) => format!("ldap://{authority}/{name}"),
        None => url,
    }
}

/// The URLs of the naming contexts directly below the one whose head is `base`; none when `base` is no head.
fn subordinate_naming_contexts(directory: &Directory, base: ObjectId) -> Vec<String> {
    let contexts = directory.naming_contexts();
    let Some(base) = directory.context_headed_by(base).map(|context| &contexts[context].dn) else {
        return Vec::new();
    };
    let directly_below = |name: &str| {
        is_below(name, base)
            && !contexts.iter().any(|between| is_below(name, &between.dn) && is_below(&between.dn, base))
    };
    contexts
        .iter()
        .filter(|context| directly_below(&context.dn))
        .map(|context| format!("ldap://{}/{}", context.dns, percent_encoded(&context.dn)))
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
