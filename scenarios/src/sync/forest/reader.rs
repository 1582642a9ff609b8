//! One controller, a chunk of entries at a time; what it answers as faults of the engine.

use crate::checker::source::Entry;
use crate::checker::source::ldap::search::{PAGED_RESULTS, Stopped, cookie_of, range_end};
use crate::checker::source::ldap::{DIR_SYNC, LdapSource, wire};
use crate::sync::setup::{DomainSetup, connect_any};
use forestbed_sync::Fault;
use ldap3::Scope;
use ldap3::controls::RawControl;

/// Octets of an answer to DirSync: a domain controller gives no more either.
const ANSWER_OCTETS: i64 = 1024 * 1024;
/// LDAP_DIRSYNC_INCREMENTAL_VALUES of MS-ADTS 3.1.1.3.4.1.3, as the signed number that it is on the wire.
const INCREMENTAL_VALUES: i64 = i32::MIN as i64;
/// Entries a page.
const PAGE_SIZE: i64 = 1000;
const EXTENDED_DN: &str = "1.2.840.113556.1.4.529";
const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";

/// A bound connection.
pub(super) struct Reader {
    source: LdapSource,
    context: String,
}

/// Entries, and where the next ones are; nowhere when these are the last.
pub(super) struct Chunk {
    pub(super) entries: Vec<Entry>,
    pub(super) next: Option<Vec<u8>>,
    /// DirSync: the cookie of this answer.
    pub(super) cookie: Vec<u8>,
}

/// What a paged search looks for.
pub(super) struct Search<'a> {
    pub(super) base: &'a str,
    pub(super) filter: &'a str,
    pub(super) attributes: &'a [&'a str],
    pub(super) deleted: bool,
}

impl Reader {
    /// Connects to the first controller of the domain that answers.
    pub(super) async fn connect(domain: &DomainSetup) -> Result<Reader, Fault> {
        let source = connect_any(&domain.targets).await;
        let source = source.map_err(|error| Fault::Interrupted(error.to_string()))?;
        Ok(Reader { source, context: domain.base_dn.clone() })
    }

    /// Its naming context.
    pub(super) fn context(&self) -> &str {
        &self.context
    }

    pub(super) fn knows_dir_sync(&self) -> bool {
        self.source.knows_dir_sync()
    }

    /// The next answer of DirSync.
    pub(super) async fn changes(
        &mut self,
        filter: &str,
        attributes: &[&str],
        cookie: &[u8],
    ) -> Result<Chunk, Stopped> {
        let control = wire::cookie_control(DIR_SYNC, true, &[INCREMENTAL_VALUES, ANSWER_OCTETS], cookie);
        let controls = vec![control, extended_dn()];
        let context = self.context.clone();
        let mut entries = Vec::new();
        let mut take = |entry| {
            entries.push(entry);
            Ok(())
        };
        let done =
            self.source.one_search(&context, Scope::Subtree, filter, attributes, controls, &mut take).await?;
        let Some((numbers, cookie)) = cookie_of(&done, DIR_SYNC) else { return Err(Stopped::Malformed) };
        self.complete(&mut entries).await?;
        let more = numbers.first().copied().unwrap_or_default() != 0;
        Ok(Chunk { entries, next: more.then(|| cookie.clone()), cookie })
    }

    /// The next page of a search.
    pub(super) async fn page(&mut self, search: &Search<'_>, cookie: &[u8]) -> Result<Chunk, Stopped> {
        let mut controls =
            vec![wire::cookie_control(PAGED_RESULTS, false, &[PAGE_SIZE], cookie), extended_dn()];
        if search.deleted {
            controls.push(RawControl { ctype: SHOW_DELETED.to_owned(), crit: true, val: None });
        }
        let mut entries = Vec::new();
        let mut take = |entry| {
            entries.push(entry);
            Ok(())
        };
        let Search { base, filter, attributes, .. } = *search;
        let done =
            self.source.one_search(base, Scope::Subtree, filter, attributes, controls, &mut take).await?;
        let next = match cookie_of(&done, PAGED_RESULTS) {
            Some((_, cookie)) => cookie,
            // an end that cannot be read is none: what was not read would count as deleted
            None if done.ctrls.iter().any(|control| control.1.ctype == PAGED_RESULTS) => {
                return Err(Stopped::Malformed);
            }
            None => Vec::new(),
        };
        self.complete(&mut entries).await?;
        Ok(Chunk { entries, next: (!next.is_empty()).then_some(next), cookie: Vec::new() })
    }

    /// `dsServiceName` and `highestCommittedUSN`.
    pub(super) async fn usn(&mut self) -> Result<(String, u64), Fault> {
        let wanted = ["dsServiceName", "highestCommittedUSN"];
        let root = self.source.entry("", &wanted).await;
        let root = root.map_err(|error| Fault::Interrupted(error.to_string()))?.unwrap_or_default();
        let server = root.texts(wanted[0]).next().map(str::to_owned);
        let usn = root.texts(wanted[1]).next().and_then(|text| text.parse().ok());
        server
            .zip(usn)
            .ok_or_else(|| Fault::Refused(format!("{}: the root DSE tells of no USN", self.source.name())))
    }

    /// Fetches what a controller left out of large attributes (`member;range=0-1499`).
    async fn complete(&self, entries: &mut [Entry]) -> Result<(), Stopped> {
        // `range=0-0` is what DirSync says of links that went
        let open = |entry: &Entry| {
            entry.attributes.iter().position(|(name, _)| range_end(name).flatten().is_some_and(|end| end > 1))
        };
        for entry in entries {
            while let Some(at) = open(entry) {
                let (name, mut values) = entry.attributes.swap_remove(at);
                let attribute = name.split(';').next().unwrap_or_default().to_owned();
                let mut end = range_end(&name).flatten();
                while let Some(last) = end {
                    let wanted = format!("{attribute};range={}-*", last.saturating_add(1));
                    let dn = super::entries::name_of(&entry.dn).to_owned();
                    let mut more = None;
                    let mut take = |found| {
                        more = Some(found);
                        Ok(())
                    };
                    let mut source = self.source.clone();
                    let base = Scope::Base;
                    let controls = vec![extended_dn()];
                    source.one_search(&dn, base, "(objectClass=*)", &[&wanted], controls, &mut take).await?;
                    let found: Entry = more.unwrap_or_default();
                    let next = found.attributes.into_iter().find(|(name, _)| range_end(name).is_some());
                    // without the rest the values would count as all there are, and a range that stays where it is
                    // would never end
                    let Some((name, list)) = next.filter(|(_, list)| !list.is_empty()) else {
                        return Err(Stopped::Malformed);
                    };
                    values.extend(list);
                    end = range_end(&name).flatten();
                    if end.is_some_and(|end| end <= last) {
                        return Err(Stopped::Malformed);
                    }
                }
                entry.attributes.push((attribute, values));
            }
        }
        Ok(())
    }

    /// What stopped a search, for the engine.
    pub(super) fn fault(&self, stopped: Stopped, cookie_was_sent: bool) -> Fault {
        const BUSY: [u32; 2] = [51, 52];
        let code = match &stopped {
            Stopped::Refused(result) => Some(result.rc),
            _ => None,
        };
        let is_lost = matches!(stopped, Stopped::Lost(_) | Stopped::Malformed);
        let text = self.source.stopped(&self.context, stopped).to_string();
        match code {
            Some(code) if BUSY.contains(&code) => Fault::Busy { retry_after: None, text },
            // what servers answer to a cookie that they cannot use
            Some(1 | 2 | 12 | 53 | 80) if cookie_was_sent => Fault::CookieRefused(text),
            _ if is_lost => Fault::Interrupted(text),
            _ => Fault::Refused(text),
        }
    }
}

/// Names with GUIDs before them: a renamed object stays the same reference. Flag 1 asks for their text form.
fn extended_dn() -> RawControl {
    RawControl { ctype: EXTENDED_DN.to_owned(), crit: false, val: Some(vec![0x30, 3, 2, 1, 1]) }
}

/// Whether DirSync itself is refused, and not this cookie: no right to it, or no such control.
pub(super) fn is_dir_sync_refused(stopped: &Stopped) -> bool {
    matches!(stopped, Stopped::Refused(result) if matches!(result.rc, 8 | 12 | 50 | 53))
}
