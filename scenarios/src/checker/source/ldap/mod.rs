//! A live LDAP server as a source: connect, bind, learn what it is, read it page by page.

mod dirsync;
pub(crate) mod search;
mod state;
pub(crate) mod trouble;
pub(crate) mod wire;

pub use dirsync::Refreshed;
pub use search::Sink;

use crate::error::Error;
use crate::tool::{ForestEnv, ToolEnv};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Scope};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long one answer of a server may take: as long as IdFix waited.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(120);
/// `supportedCapabilities` of a domain controller.
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";
/// The DirSync control.
pub(crate) const DIR_SYNC: &str = "1.2.840.113556.1.4.841";

/// Where a server is and who reads it.
#[derive(Clone, Default)]
pub struct LdapTarget {
    /// `ldap://host:port`, `ldaps://host:port`; behind a slash the name to search below, as LDAP URLs have it.
    pub url: String,
    /// Begins TLS on a plain connection.
    pub start_tls: bool,
    /// PEM file with the certificates to trust; none for those that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// Who binds, by distinguished name or whatever else the server takes; empty for anonymous.
    pub bind_dn: String,
    /// The password.
    pub password: String,
    /// The name to search below; none to take it from the URL or from the server's root DSE.
    pub base_dn: Option<String>,
    /// Its configuration naming context, if that is known: then it is known for a domain controller, and no root
    /// DSE is read.
    pub configuration: Option<String>,
}

impl fmt::Debug for LdapTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LdapTarget { url, start_tls, ca_file, bind_dn, base_dn, .. } = self;
        f.debug_struct("LdapTarget")
            .field("url", url)
            .field("start_tls", start_tls)
            .field("ca_file", ca_file)
            .field("bind_dn", bind_dn)
            .field("base_dn", base_dn)
            .finish_non_exhaustive()
    }
}

impl LdapTarget {
    /// The domains that a tool is told of, in their order.
    pub fn of_env(env: &ToolEnv) -> Vec<LdapTarget> {
        let target = |forest: &ForestEnv| LdapTarget {
            url: forest.first().ldaps_url.clone(),
            start_tls: false,
            ca_file: Some(env.ca_file.clone()),
            bind_dn: forest.bind_dn.clone(),
            password: forest.bind_password.clone(),
            base_dn: Some(forest.base_dn.clone()),
            // the configuration of several domains lies in the root of their forest, which only the server knows
            configuration: (env.forests.len() == 1).then(|| format!("CN=Configuration,{}", forest.base_dn)),
        };
        env.forests.iter().map(target).collect()
    }
}

/// A bound connection to one server; copies share it.
#[derive(Clone)]
pub struct LdapSource {
    ldap: Ldap,
    name: String,
    base_dn: String,
    naming_context: Option<String>,
    configuration: Option<String>,
    is_active_directory: bool,
    knows_dir_sync: bool,
    read: u64,
}

impl fmt::Debug for LdapSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LdapSource({}, {}, {} read)", self.name, self.base_dn, self.read)
    }
}

impl LdapSource {
    /// Connects, binds, and learns from the root DSE what the server is and where its entries lie.
    ///
    /// # Errors
    /// A URL that is none (exit code 2); a server that is not there, is not trusted or refuses (3), with what
    /// to do about it.
    pub async fn connect(target: &LdapTarget) -> Result<LdapSource, Error> {
        let (url, url_base) = split_url(&target.url)?;
        let mut settings = LdapConnSettings::new().set_conn_timeout(TIMEOUT).set_starttls(target.start_tls);
        if url.starts_with("ldaps:") || target.start_tls {
            let roots = super::super::trust::tls_config(target.ca_file.as_deref())?;
            settings = settings.set_config(Arc::new(roots));
        }
        let name = target.url.clone();
        let (connection, ldap) = LdapConnAsync::with_settings(settings, &url)
            .await
            .map_err(|error| trouble::cannot_connect(&name, &error))?;
        ldap3::drive!(connection);
        let mut source = LdapSource {
            ldap,
            name,
            base_dn: target.base_dn.clone().or(url_base).unwrap_or_default(),
            is_active_directory: target.configuration.is_some(),
            knows_dir_sync: target.configuration.is_some(),
            naming_context: None,
            configuration: target.configuration.clone(),
            read: 0,
        };
        if !(target.bind_dn.is_empty() && target.password.is_empty()) {
            let bound =
                source.ldap.with_timeout(TIMEOUT).simple_bind(&target.bind_dn, &target.password).await;
            let bound = bound.and_then(ldap3::LdapResult::success);
            bound.map_err(|error| trouble::refused(&source.name, "bind", &target.bind_dn, &error))?;
        }
        if source.configuration.is_none() {
            source.learn().await?;
        }
        Ok(source)
    }

    async fn learn(&mut self) -> Result<(), Error> {
        let wanted = [
            "defaultNamingContext",
            "namingContexts",
            "configurationNamingContext",
            "supportedCapabilities",
            "supportedControl",
        ];
        let Some(root) = self.entry("", &wanted).await? else {
            let message = format!("{}: the server shows no root DSE", self.name);
            return Err(Error::tool(message).with_help("name the place to search with --base-dn"));
        };
        let first = |name: &str| root.texts(name).next().map(str::to_owned);
        self.is_active_directory = root.texts("supportedCapabilities").any(|oid| oid == ACTIVE_DIRECTORY);
        self.knows_dir_sync = root.texts("supportedControl").any(|oid| oid == DIR_SYNC);
        self.configuration = first("configurationNamingContext");
        let context = first("defaultNamingContext").or_else(|| first("namingContexts"));
        self.naming_context = context.filter(|context| !context.is_empty());
        if self.base_dn.is_empty() {
            self.base_dn = self.naming_context.clone().ok_or_else(|| {
                let message = format!("{}: the root DSE names no naming context", self.name);
                Error::tool(message).with_help("name the place to search with --base-dn")
            })?;
        }
        Ok(())
    }

    /// The connection, for whoever writes to the same server.
    pub fn ldap(&self) -> Ldap {
        self.ldap.clone()
    }

    /// Its URL, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name that is searched below.
    pub fn base_dn(&self) -> &str {
        &self.base_dn
    }

    /// Its configuration naming context, where one is known.
    pub(crate) fn configuration(&self) -> Option<&str> {
        self.configuration.as_deref()
    }

    /// It is a domain controller.
    pub fn is_active_directory(&self) -> bool {
        self.is_active_directory
    }

    /// It says that it knows the DirSync control.
    pub fn knows_dir_sync(&self) -> bool {
        self.knows_dir_sync
    }

    /// The DNS name of its domain, by its naming context: `contoso.local`.
    pub fn domain(&self) -> Option<String> {
        super::domain_of(&self.base_dn)
    }

    /// The forest's additional UPN suffixes; none of a server that is no domain controller.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn upn_suffixes(&mut self) -> Result<Vec<String>, Error> {
        let Some(configuration) = self.configuration.clone().filter(|_| self.is_active_directory) else {
            return Ok(Vec::new());
        };
        let partitions = self.entry(&format!("CN=Partitions,{configuration}"), &["uPNSuffixes"]).await?;
        Ok(partitions.iter().flat_map(|entry| entry.texts("uPNSuffixes")).map(str::to_owned).collect())
    }

    /// One entry by name; none when the server does not show it.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn entry(&mut self, dn: &str, attributes: &[&str]) -> Result<Option<super::Entry>, Error> {
        let mut found = None;
        let mut take = |entry| {
            found.get_or_insert(entry);
            Ok(())
        };
        match self.one_search(dn, Scope::Base, "(objectClass=*)", attributes, Vec::new(), &mut take).await {
            Ok(_) => Ok(found),
            Err(search::Stopped::Refused(result)) if result.rc == NO_SUCH_OBJECT => Ok(None),
            Err(stopped) => Err(self.stopped(dn, stopped)),
        }
    }
}

const NO_SUCH_OBJECT: u32 = 32;

/// Scheme, host and port, and the name behind the slash.
fn split_url(url: &str) -> Result<(String, Option<String>), Error> {
    let wrong = |why: &str| {
        Error::input(format!("'{}' is no LDAP URL: {why}", crate::report::escape_terminal(url))).with_help(
            "write ldap://host:port or ldaps://host:port, with /DC=contoso,DC=local behind it or not",
        )
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "ldap" | "ldaps") {
        return Err(wrong("its scheme is neither ldap nor ldaps"));
    }
    let (host, base) = match rest.split_once('/') {
        Some((host, path)) => (host, path.split('?').next().unwrap_or_default()),
        None => (rest, ""),
    };
    if host.is_empty() || host.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(wrong("it names no host"));
    }
    let base = percent_decoded(base).ok_or_else(|| wrong("its name is not well encoded"))?;
    Ok((format!("{scheme}://{host}"), Some(base).filter(|base| !base.is_empty())))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        octets.push(match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|d| char::from(d).to_digit(16));
                (digit()? * 16 + digit()?) as u8
            }
            _ => byte,
        });
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_perhaps_a_name_to_search_below() {
        let check = |url: &str, expected: Option<(&str, Option<&str>)>| {
            let got = split_url(url).ok();
            let expected = expected.map(|(host, base)| (host.to_owned(), base.map(str::to_owned)));
            assert_eq!(got, expected, "{url}");
        };
        check("ldap://127.0.0.1:389", Some(("ldap://127.0.0.1:389", None)));
        check("LDAPS://dc1.contoso.local/", Some(("ldaps://dc1.contoso.local", None)));
        check(
            "ldap://[::1]:3890/OU=Staff%20A,DC=contoso?mail?sub",
            Some(("ldap://[::1]:3890", Some("OU=Staff A,DC=contoso"))),
        );
        check("http://dc1", None);
        check("dc1.contoso.local", None);
        check("ldap:///", None);
        check("ldap://a b", None);
        check("ldap://a/%zz", None);
    }

    #[test]
    fn a_target_does_not_show_its_password() {
        let target = LdapTarget { password: "secret".to_owned(), ..LdapTarget::default() };
        assert!(!format!("{target:?}").contains("secret"));
    }
}
