//! The LDAP side of the reference tools: bind, paged searches, whole values of large groups, updates.

use crate::tool::{ForestEnv, ToolEnv, ToolError};
use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Entries a page: what Active Directory gives at most.
const PAGE_SIZE: i32 = 1000;

/// A bound connection to one domain controller.
pub(super) struct DirectoryClient {
    ldap: Ldap,
    base_dn: String,
}

/// One entry as it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct DirectoryEntry {
    pub(super) dn: String,
    /// Values by the attribute's name in lower case.
    attributes: BTreeMap<String, Vec<Vec<u8>>>,
}

impl DirectoryEntry {
    /// The first value as text; none when there is none or it is not text.
    pub(super) fn text(&self, attribute: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(attribute)?).ok()
    }

    /// The first value.
    pub(super) fn bytes(&self, attribute: &str) -> Option<&[u8]> {
        self.attributes.get(&attribute.to_ascii_lowercase())?.first().map(Vec::as_slice)
    }

    fn from_search(entry: SearchEntry) -> DirectoryEntry {
        let text = entry.attrs.into_iter().map(|(name, values)| {
            (name.to_ascii_lowercase(), values.into_iter().map(String::into_bytes).collect::<Vec<_>>())
        });
        let mut attributes: BTreeMap<String, Vec<Vec<u8>>> = text.collect();
        for (name, values) in entry.bin_attrs {
            // the client sorts the values of one attribute into texts and octets
            attributes.entry(name.to_ascii_lowercase()).or_default().extend(values);
        }
        DirectoryEntry { dn: entry.dn, attributes }
    }
}

impl DirectoryClient {
    /// Connects by LDAPS and binds as the contract says.
    pub(super) async fn connect(env: &ToolEnv, forest: &ForestEnv) -> Result<DirectoryClient, ToolError> {
        let settings = LdapConnSettings::new().set_config(Arc::new(super::tls_config(&env.ca_file)?));
        let (connection, mut ldap) = LdapConnAsync::with_settings(settings, &forest.first().ldaps_url)
            .await
            .map_err(|e| ToolError::CannotStart(format!("{}: {e}", forest.first().ldaps_url)))?;
        ldap3::drive!(connection);
        let bound = ldap.simple_bind(&forest.bind_dn, &forest.bind_password).await;
        bound.and_then(ldap3::LdapResult::success).map_err(|e| refused("bind", &forest.bind_dn, &e))?;
        Ok(DirectoryClient { ldap, base_dn: forest.base_dn.clone() })
    }

    /// Every entry below the domain that the filter matches, page by page; with all values of large attributes.
    pub(super) async fn search(
        &mut self,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<DirectoryEntry>, ToolError> {
        let adapters: Vec<Box<dyn Adapter<_, _>>> =
            vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE_SIZE))];
        let what = || format!("{} {filter}", self.base_dn);
        let base_dn = self.base_dn.clone();
        let attributes: Vec<String> = attributes.iter().map(|a| (*a).to_owned()).collect();
        let mut found = Vec::new();
        let mut stream = self
            .ldap
            .clone()
            .streaming_search_with(adapters, &base_dn, Scope::Subtree, filter, attributes)
            .await
            .map_err(|e| refused("search", &what(), &e))?;
        while let Some(entry) = stream.next().await.map_err(|e| refused("search", &what(), &e))? {
            found.push(DirectoryEntry::from_search(SearchEntry::construct(entry)));
        }
        stream.finish().await.success().map_err(|e| refused("search", &what(), &e))?;
        for entry in &mut found {
            self.complete_ranges(entry).await?;
        }
        Ok(found)
    }

    /// A controller gives the first values of a large attribute as `member;range=0-1499`: fetches the rest.
    async fn complete_ranges(&mut self, entry: &mut DirectoryEntry) -> Result<(), ToolError> {
        while let Some((name, end)) = entry.attributes.keys().find_map(|name| open_range(name)) {
            let (attribute, _) = name.split_once(";range=").unwrap_or((&name, ""));
            let (attribute, first) =
                (attribute.to_owned(), entry.attributes.remove(&name).unwrap_or_default());
            entry.attributes.entry(attribute.clone()).or_default().extend(first);
            let Some(end) = end else { continue };
            let wanted = format!("{attribute};range={}-*", end + 1);
            let read = self.ldap.search(&entry.dn, Scope::Base, "(objectClass=*)", vec![wanted]).await;
            let (more, _) = read.and_then(|r| r.success()).map_err(|e| refused("search", &entry.dn, &e))?;
            let more = more.into_iter().next().map(SearchEntry::construct).map(DirectoryEntry::from_search);
            entry
                .attributes
                .extend(more.into_iter().flat_map(|e| e.attributes).filter(|(_, v)| !v.is_empty()));
        }
        Ok(())
    }
}

/// `member;range=0-1499` gives its end, `member;range=1500-*` none, a plain name nothing.
fn open_range(name: &str) -> Option<(String, Option<u64>)> {
    let (_, range) = name.split_once(";range=")?;
    let (_, end) = range.split_once('-')?;
    Some((name.to_owned(), end.parse().ok()))
}

fn refused(operation: &str, what: &str, error: &LdapError) -> ToolError {
    ToolError::Failed(format!("LDAP {operation} of {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_option_says_whether_more_values_follow() {
        assert_eq!(open_range("member"), None);
        assert_eq!(open_range("member;range=0-1499"), Some(("member;range=0-1499".to_owned(), Some(1499))));
        assert_eq!(open_range("member;range=1500-*"), Some(("member;range=1500-*".to_owned(), None)));
    }
}
