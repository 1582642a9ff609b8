//! The LDAP side of the reference tools: bind, paged searches, whole values of large groups, updates.

use crate::tool::{ForestEnv, ToolEnv, ToolError};
use forestbed_sim::ids::{Guid, Sid};
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
    /// Its domain is the only one, so that the configuration lies below it.
    alone: bool,
}

/// What a forest says of its domains.
#[derive(Debug, Clone, Default)]
pub(super) struct Partitions {
    /// `nETBIOSName` of the domain's own cross-reference.
    pub(super) netbios_name: Option<String>,
    /// `uPNSuffixes`.
    pub(super) upn_suffixes: Vec<String>,
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

    /// All values that are text.
    pub(super) fn texts(&self, attribute: &str) -> Vec<&str> {
        let values = self.attributes.get(&attribute.to_ascii_lowercase()).into_iter().flatten();
        values.filter_map(|value| std::str::from_utf8(value).ok()).collect()
    }

    /// The first value as a number.
    pub(super) fn number(&self, attribute: &str) -> Option<i64> {
        self.text(attribute)?.parse().ok()
    }

    /// `objectGUID`.
    pub(super) fn guid(&self) -> Option<Guid> {
        self.bytes("objectGUID")?.try_into().ok().map(Guid::from_bytes_le)
    }

    /// `objectSid`.
    pub(super) fn sid(&self) -> Option<Sid> {
        Sid::from_bytes(self.bytes("objectSid")?)
    }

    /// Whether it is of this class.
    pub(super) fn is(&self, class: &str) -> bool {
        self.texts("objectClass").iter().any(|c| c.eq_ignore_ascii_case(class))
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
        let alone = env.forests.len() == 1;
        Ok(DirectoryClient { ldap, base_dn: forest.base_dn.clone(), alone })
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

    /// What CN=Partitions knows: the NetBIOS name of the domain, and the forest's UPN suffixes.
    pub(super) async fn partitions(&mut self) -> Result<Partitions, ToolError> {
        let base = format!("CN=Partitions,{}", self.configuration().await?);
        let wanted = vec!["uPNSuffixes", "nETBIOSName", "nCName"];
        let read = self.ldap.search(&base, Scope::Subtree, "(objectClass=*)", wanted).await;
        let (found, _) = read.and_then(|r| r.success()).map_err(|e| refused("search", &base, &e))?;
        let mut partitions = Partitions::default();
        for entry in found.into_iter().filter(|entry| !entry.is_ref()) {
            let entry = DirectoryEntry::from_search(SearchEntry::construct(entry));
            partitions.upn_suffixes.extend(entry.texts("uPNSuffixes").into_iter().map(str::to_owned));
            if entry.text("nCName").is_some_and(|name| name.eq_ignore_ascii_case(&self.base_dn)) {
                partitions.netbios_name = entry.text("nETBIOSName").map(str::to_owned);
            }
        }
        Ok(partitions)
    }

    /// The name of the forest's configuration: that of a child domain is its root's, which the root DSE knows.
    async fn configuration(&mut self) -> Result<String, ToolError> {
        if self.alone {
            return Ok(format!("CN=Configuration,{}", self.base_dn));
        }
        const NAME: &str = "configurationNamingContext";
        let read = self.ldap.search("", Scope::Base, "(objectClass=*)", vec![NAME]).await;
        let (found, _) =
            read.and_then(|read| read.success()).map_err(|e| refused("search", "the root DSE", &e))?;
        let root = found.into_iter().next().map(SearchEntry::construct).map(DirectoryEntry::from_search);
        let name = root.as_ref().and_then(|root| root.text(NAME)).map(str::to_owned);
        name.ok_or_else(|| ToolError::Failed(format!("the root DSE has no {NAME}")))
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
