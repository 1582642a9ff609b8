//! Paged searches, an entry at a time, with all values of large attributes.

use super::{LdapSource, TIMEOUT, trouble, wire};
use crate::checker::source::Entry;
use crate::error::Error;
use forestbed_sim::rules;
use ldap3::controls::RawControl;
use ldap3::{LdapError, LdapResult, Scope};

/// Entries a page: what a domain controller gives at most.
const PAGE_SIZE: i64 = 1000;
/// The paged results control of RFC 2696.
pub(crate) const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
/// A server that goes on answering pages without an entry in them is left.
const EMPTY_PAGES_MAX: usize = 1000;
/// People, contacts and groups of a domain controller: by category, which is indexed.
const FILTER_ACTIVE_DIRECTORY: &str =
    "(|(&(objectCategory=person)(|(objectClass=user)(objectClass=contact)))(objectCategory=group))";
/// The same of any other server.
const FILTER: &str =
    "(|(objectClass=inetOrgPerson)(objectClass=user)(objectClass=contact)(objectClass=group))";

/// Takes an entry; an error ends the reading.
pub type Sink<'a> = dyn FnMut(Entry) -> Result<(), Error> + Send + 'a;

/// Why a search did not end as it should.
pub(crate) enum Stopped {
    /// The server said so.
    Refused(LdapResult),
    /// The connection is gone.
    Lost(LdapError),
    /// An entry that is no entry.
    Malformed,
    /// Whoever takes the entries gave up.
    Sink(Error),
}

impl From<LdapError> for Stopped {
    fn from(error: LdapError) -> Stopped {
        Stopped::Lost(error)
    }
}

impl LdapSource {
    /// Reads everything that the rules check, and hands each entry on as it comes; gives their number.
    ///
    /// # Errors
    /// When the server refuses, limits or goes away: the error says after how many entries.
    pub async fn each(&mut self, sink: &mut Sink<'_>) -> Result<u64, Error> {
        let filter = if self.is_active_directory { FILTER_ACTIVE_DIRECTORY } else { FILTER };
        self.each_of(filter, &wanted(), sink).await
    }

    /// Reads every entry that a filter matches, page by page, with these attributes; gives the number of entries that
    /// the connection has read.
    pub(crate) async fn each_of(
        &mut self,
        filter: &str,
        attributes: &[&str],
        sink: &mut Sink<'_>,
    ) -> Result<u64, Error> {
        let (mut cookie, mut empty) = (Vec::new(), 0);
        let base = self.base_dn.clone();
        loop {
            let before = self.read;
            let page = wire::cookie_control(PAGED_RESULTS, false, &[PAGE_SIZE], &cookie);
            let done = self.page(&base, filter, attributes, page, sink).await;
            let done = done.map_err(|stopped| self.stopped(&base, stopped))?;
            cookie = cookie_of(&done, PAGED_RESULTS).map(|(_, cookie)| cookie).unwrap_or_default();
            empty = if self.read == before { empty + 1 } else { 0 };
            if cookie.is_empty() {
                return Ok(self.read);
            }
            if empty > EMPTY_PAGES_MAX {
                return Err(Error::tool(format!("{}: {empty} pages without an entry", self.name)));
            }
        }
    }

    async fn page(
        &mut self,
        base: &str,
        filter: &str,
        attributes: &[&str],
        control: RawControl,
        sink: &mut Sink<'_>,
    ) -> Result<LdapResult, Stopped> {
        let mut ldap = self.ldap.clone();
        ldap.with_timeout(TIMEOUT).with_controls(vec![control]);
        let mut stream = ldap.streaming_search(base, Scope::Subtree, filter, attributes).await?;
        while let Some(result) = stream.next().await? {
            if result.is_ref() || result.is_intermediate() {
                continue;
            }
            let mut entry = wire::entry_of(result).ok_or(Stopped::Malformed)?;
            self.complete_ranges(&mut entry).await?;
            sink(entry).map_err(Stopped::Sink)?;
            self.read += 1;
        }
        succeeded(stream.finish().await)
    }

    /// A search that is not paged.
    pub(crate) async fn one_search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        controls: Vec<RawControl>,
        sink: &mut Sink<'_>,
    ) -> Result<LdapResult, Stopped> {
        let mut ldap = self.ldap.clone();
        ldap.with_timeout(TIMEOUT);
        if !controls.is_empty() {
            ldap.with_controls(controls);
        }
        let mut stream = ldap.streaming_search(base, scope, filter, attributes).await?;
        while let Some(result) = stream.next().await? {
            if !result.is_ref() && !result.is_intermediate() {
                sink(wire::entry_of(result).ok_or(Stopped::Malformed)?).map_err(Stopped::Sink)?;
            }
        }
        succeeded(stream.finish().await)
    }

    /// A domain controller gives the first values of a large attribute as `member;range=0-1499`: fetches the rest.
    pub(crate) async fn complete_ranges(&self, entry: &mut Entry) -> Result<(), Stopped> {
        let open = |entry: &Entry| entry.attributes.iter().position(|(name, _)| range_end(name).is_some());
        while let Some(at) = open(entry) {
            let (name, values) = entry.attributes.swap_remove(at);
            let attribute = name.split(';').next().unwrap_or_default().to_owned();
            let end = range_end(&name).flatten();
            let got = values.len();
            values.into_iter().for_each(|value| entry.push(&attribute, value));
            let Some(end) = end.filter(|_| got > 0) else { continue };
            let wanted = format!("{attribute};range={}-*", end.saturating_add(1));
            let mut ldap = self.ldap.clone();
            let dn = entry.dn.clone();
            ldap.with_timeout(TIMEOUT);
            let mut stream = ldap.streaming_search(&dn, Scope::Base, "(objectClass=*)", vec![wanted]).await?;
            while let Some(result) = stream.next().await? {
                let more = wire::entry_of(result).ok_or(Stopped::Malformed)?;
                entry.attributes.extend(more.attributes.into_iter().filter(|(_, values)| !values.is_empty()));
            }
            succeeded(stream.finish().await)?;
        }
        Ok(())
    }

    pub(crate) fn stopped(&self, what: &str, stopped: Stopped) -> Error {
        match stopped {
            Stopped::Refused(result) => trouble::refused_with(&self.name, "search", what, &result, self.read),
            Stopped::Lost(error) => trouble::lost(&self.name, "search", what, &error, self.read),
            Stopped::Malformed => {
                Error::tool(format!("{}: entry {} of the search is malformed", self.name, self.read + 1))
            }
            Stopped::Sink(error) => error,
        }
    }
}

/// What a search asks for.
pub(crate) fn wanted() -> Vec<&'static str> {
    rules::ATTRIBUTES.iter().copied().chain(["objectClass", "objectGUID"]).collect()
}

fn succeeded(result: LdapResult) -> Result<LdapResult, Stopped> {
    if result.rc == 0 { Ok(result) } else { Err(Stopped::Refused(result)) }
}

/// The numbers and the cookie of a control in the answer.
pub(crate) fn cookie_of(result: &LdapResult, oid: &str) -> Option<(Vec<i64>, Vec<u8>)> {
    let control = result.ctrls.iter().map(|control| &control.1).find(|raw| raw.ctype == oid)?;
    wire::read_cookie(control.val.as_deref()?)
}

/// `member;range=0-1499` gives its end, `member;range=1500-*` an open one, a plain name nothing.
pub(crate) fn range_end(name: &str) -> Option<Option<u64>> {
    let option = name.split(';').skip(1).find_map(|option| {
        let (key, range) = option.split_once('=')?;
        key.eq_ignore_ascii_case("range").then_some(range)
    })?;
    Some(option.split_once('-').and_then(|(_, end)| end.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_option_says_whether_more_values_follow() {
        assert_eq!(range_end("member"), None);
        assert_eq!(range_end("member;range=0-1499"), Some(Some(1499)));
        assert_eq!(range_end("member;Range=1500-*"), Some(None));
        assert_eq!(range_end("userCertificate;binary"), None);
    }
}
