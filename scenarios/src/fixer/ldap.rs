//! An LDAP server as a target.

use super::octets::Octets;
use super::request::{Op, Part};
use super::target::{ObjectName, Stored, Target, Trouble};
use crate::checker::source::ldap::{LdapSource, LdapTarget};
use crate::tool::{BoxFuture, ToolEnv};
use forestbed_sim::clock::ClockMode;
use ldap3::controls::{Assertion, MakeCritical as _};
use ldap3::{Ldap, LdapError, Mod, Scope, SearchEntry};
use std::collections::HashSet;
use std::time::Duration;

/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(120);
const ASSERTION: &str = "1.3.6.1.1.12";
/// OpenLDAP's number of the last change of an entry.
const VERSION: &str = "entryCSN";

const PROTOCOL_ERROR: u32 = 2;
const NO_SUCH_OBJECT: u32 = 32;
const INVALID_DN_SYNTAX: u32 = 34;
const BUSY: u32 = 51;
const UNAVAILABLE: u32 = 52;

/// How time passes for whoever waits.
#[derive(Clone)]
pub enum Pause {
    /// By the wall clock.
    Wall,
    /// By the estate's own clock: `POST /api/clock {"wait": ...}`.
    Estate {
        /// The control API.
        url: String,
        /// Its token.
        token: String,
    },
}

impl Pause {
    /// As a tool's environment says.
    pub fn of_env(env: &ToolEnv) -> Pause {
        match env.clock {
            ClockMode::Realtime => Pause::Wall,
            _ => Pause::Estate { url: env.control_url.clone(), token: env.control_token.clone() },
        }
    }

    async fn wait(&self, span: Duration) {
        if let Pause::Estate { url, token } = self {
            let url = format!("{}/api/clock", url.trim_end_matches('/'));
            let body = serde_json::json!({ "wait": format!("{}ms", span.as_millis()) });
            let http = reqwest::Client::builder().no_proxy().build();
            if let Ok(http) = http
                && let Ok(answer) = http.post(&url).bearer_auth(token).json(&body).send().await
                && answer.status().is_success()
            {
                return;
            }
        }
        // a client's pause before it asks a busy server again
        #[allow(clippy::disallowed_methods)]
        tokio::time::sleep(span).await;
    }
}

/// A server that is written to: connects when it is needed, and again when it was lost.
pub struct LdapServer {
    target: LdapTarget,
    pause: Pause,
    ldap: Option<Connection>,
}

struct Connection {
    ldap: Ldap,
    /// It lets a change depend on a condition.
    knows_assertions: bool,
}

impl LdapServer {
    /// A server, not yet connected.
    pub fn new(target: LdapTarget, pause: Pause) -> LdapServer {
        LdapServer { target, pause, ldap: None }
    }

    async fn connection(&mut self) -> Result<&mut Connection, String> {
        if self.ldap.as_mut().is_some_and(|connection| connection.ldap.is_closed()) {
            self.ldap = None;
        }
        if self.ldap.is_none() {
            let source = LdapSource::connect(&self.target).await.map_err(|error| error.to_string())?;
            let mut ldap = source.ldap();
            let wanted = vec!["supportedControl"];
            let read = ldap.with_timeout(TIMEOUT).search("", Scope::Base, "(objectClass=*)", wanted).await;
            let (found, _) = read.and_then(|read| read.success()).map_err(|error| error.to_string())?;
            let controls = found.into_iter().next().map(SearchEntry::construct);
            let controls =
                controls.and_then(|mut root| root.attrs.remove("supportedControl")).unwrap_or_default();
            let knows_assertions = controls.iter().any(|oid| oid == ASSERTION);
            self.ldap = Some(Connection { ldap, knows_assertions });
        }
        self.ldap.as_mut().ok_or_else(|| "not connected".to_owned())
    }

    async fn look(&mut self, object: &ObjectName, attributes: &[String]) -> Result<Option<Stored>, Trouble> {
        let by_name = self.search(&object.dn, attributes).await?;
        let Some(guid) = object.guid else { return Ok(by_name.map(|(_, stored)| stored)) };
        match by_name {
            Some((found, stored)) if found.is_none_or(|found| found == guid) => Ok(Some(stored)),
            // renamed or moved, and perhaps another object has its name now
            _ => Ok(self.search(&format!("<GUID={guid}>"), attributes).await?.map(|(_, stored)| stored)),
        }
    }

    async fn search(
        &mut self,
        base: &str,
        attributes: &[String],
    ) -> Result<Option<(Option<forestbed_sim::ids::Guid>, Stored)>, Trouble> {
        let version = self.connection().await.map_err(Trouble::Lost)?.knows_assertions;
        let mut wanted = attributes.to_vec();
        wanted.push("objectGUID".to_owned());
        if version {
            wanted.push(VERSION.to_owned());
        }
        let Some(mut stored) = self.entry(base, wanted).await? else { return Ok(None) };
        let mut reached = 0;
        while let Some((key, next)) = open_range(&stored) {
            let part = stored.values.remove(&key).unwrap_or_default();
            let (name, _) = key.split_once(';').unwrap_or((&key, ""));
            stored.values.entry(name.to_owned()).or_default().extend(part);
            let Some(next) = next else {
                reached = 0;
                continue;
            };
            if next <= reached {
                let text = format!("{key}: a range that does not go on");
                return Err(Trouble::Refused { code: PROTOCOL_ERROR, text });
            }
            reached = next;
            let Some(more) = self.entry(base, vec![format!("{name};range={next}-*")]).await? else {
                return Ok(None);
            };
            stored.values.extend(more.values.into_iter().filter(|(_, values)| !values.is_empty()));
        }
        let guid =
            stored.of("objectGUID").first().and_then(|octets| <[u8; 16]>::try_from(&octets.0[..]).ok());
        let csn = stored.of(VERSION).first().and_then(Octets::text).map(str::to_owned);
        // it becomes part of a filter
        let plain = |csn: &String| csn.bytes().all(|b| b.is_ascii_alphanumeric() || b".#+-:".contains(&b));
        stored.version = csn.filter(|csn| version && plain(csn));
        Ok(Some((guid.map(forestbed_sim::ids::Guid::from_bytes_le), stored)))
    }

    /// One entry by its name; none when it is not there.
    async fn entry(&mut self, base: &str, wanted: Vec<String>) -> Result<Option<Stored>, Trouble> {
        let connection = self.connection().await.map_err(Trouble::Lost)?;
        let read = connection.ldap.with_timeout(TIMEOUT);
        let read = read.search(base, Scope::Base, "(objectClass=*)", wanted).await;
        let found = match read.and_then(|read| read.success()) {
            Ok((found, _)) => found,
            Err(LdapError::LdapResult { result })
                if matches!(result.rc, NO_SUCH_OBJECT | INVALID_DN_SYNTAX) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(self.trouble(error)),
        };
        let Some(entry) = found.into_iter().find(|entry| !entry.is_ref()) else { return Ok(None) };
        let entry = SearchEntry::construct(entry);
        let mut stored = Stored { dn: entry.dn, ..Stored::default() };
        let texts = entry
            .attrs
            .into_iter()
            .map(|(name, values)| (name, values.into_iter().map(String::into_bytes).collect::<Vec<_>>()));
        for (name, values) in texts.chain(entry.bin_attrs) {
            // the client sorts the values of one attribute into texts and octets
            let held = stored.values.entry(name.to_ascii_lowercase()).or_default();
            held.extend(values.into_iter().map(Octets));
        }
        Ok(Some(stored))
    }

    fn trouble(&mut self, error: LdapError) -> Trouble {
        match error {
            LdapError::LdapResult { result } => {
                let text = result.text.trim_end_matches(['\0', '\n', '\r']).to_owned();
                match result.rc {
                    code @ (BUSY | UNAVAILABLE) => Trouble::Busy { code, text },
                    code => Trouble::Refused { code, text },
                }
            }
            other => {
                self.ldap = None;
                Trouble::Lost(other.to_string())
            }
        }
    }

    async fn send(&mut self, dn: &str, parts: &[Part], version: Option<&str>) -> Result<(), Trouble> {
        let connection = match self.connection().await {
            Ok(connection) => connection,
            // nothing was sent
            Err(text) => return Err(Trouble::Busy { code: UNAVAILABLE, text }),
        };
        if let Some(version) = version {
            let filter = format!("({VERSION}={version})");
            connection.ldap.with_controls((Assertion { filter }).critical());
        }
        let modified = connection.ldap.with_timeout(TIMEOUT).modify(dn, modifications(parts)).await;
        modified.and_then(ldap3::LdapResult::success).map(drop).map_err(|error| self.trouble(error))
    }
}

/// A domain controller gives the first values of a large attribute as `member;range=0-1499`, and the last ones as
/// `member;range=1500-*`: such a name, and the number of the next value if there is one.
fn open_range(stored: &Stored) -> Option<(String, Option<u64>)> {
    let key = stored.values.keys().find(|name| name.contains(";range="))?;
    let (_, end) = key.rsplit_once('-')?;
    Some((key.clone(), end.parse::<u64>().ok().and_then(|end| end.checked_add(1))))
}

/// A modification for each value: the client library would send the values of one in no order.
fn modifications(parts: &[Part]) -> Vec<Mod<Vec<u8>>> {
    let mut all = Vec::new();
    for part in parts {
        let name = part.attribute.as_bytes().to_vec();
        let one = |value: &Octets| HashSet::from([value.0.clone()]);
        match part.op {
            Op::Delete => all.extend(part.values.iter().map(|value| Mod::Delete(name.clone(), one(value)))),
            Op::Add => all.extend(part.values.iter().map(|value| Mod::Add(name.clone(), one(value)))),
            Op::Replace => {
                all.push(Mod::Replace(name, part.values.iter().map(|value| value.0.clone()).collect()));
            }
        }
    }
    all
}

impl Target for LdapServer {
    fn read<'a>(
        &'a mut self,
        object: &'a ObjectName,
        attributes: &'a [String],
    ) -> BoxFuture<'a, Result<Option<Stored>, Trouble>> {
        Box::pin(self.look(object, attributes))
    }

    fn modify<'a>(
        &'a mut self,
        _object: &'a ObjectName,
        dn: &'a str,
        parts: &'a [Part],
        version: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(self.send(dn, parts, version))
    }

    fn wait(&mut self, span: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move { self.pause.wait(span).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_large_attribute_says_where_the_rest_begins() {
        let check = |name: &str, expected: Option<Option<u64>>| {
            let values = std::collections::BTreeMap::from([(name.to_owned(), vec![Octets::from("a")])]);
            let found = open_range(&Stored { values, ..Stored::default() });
            assert_eq!(found.map(|(_, next)| next), expected, "{name}");
        };
        check("member", None);
        check("member;range=0-1499", Some(Some(1500)));
        check("member;range=1500-*", Some(None));
        check("member;range=0-18446744073709551615", Some(None));
    }

    #[test]
    fn each_value_is_a_modification_of_its_own_so_that_their_order_is_kept() {
        let values = ["b", "a"].map(Octets::from).to_vec();
        let part = |op| Part { attribute: "x".to_owned(), op, values: values.clone() };
        let sent = modifications(&[part(Op::Delete), part(Op::Add)]);
        let one = |text: &str| HashSet::from([text.as_bytes().to_vec()]);
        let name = || b"x".to_vec();
        assert_eq!(
            sent,
            [
                Mod::Delete(name(), one("b")),
                Mod::Delete(name(), one("a")),
                Mod::Add(name(), one("b")),
                Mod::Add(name(), one("a"))
            ]
        );
    }
}
