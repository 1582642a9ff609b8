//! The import of a forest: its domains one after the other.

use super::cookie::{self, Place, Places};
use super::entries::{self, CONTAINERS};
use super::reader::{Chunk, Reader, Search, is_dir_sync_refused};
use crate::checker::source::Entry as Found;
use crate::sync::bridge::Bridge;
use crate::sync::kinds::Kinds;
use crate::sync::setup::ForestSetup;
use forestbed_sync::{Entry, Fault, ImportRequest, Part, Source};
use std::collections::VecDeque;

/// Answers of one import at most: a server that goes on for ever is left.
const ANSWERS_MAX: usize = 10_000_000;

/// A forest as the engine reads it.
pub(in crate::sync) struct ForestSource {
    bridge: Bridge,
    setup: ForestSetup,
    kinds: Kinds,
    work: Option<Work>,
    /// Answers of servers so far.
    pub(in crate::sync) answers: u64,
}

/// Objects that are asked for at once by their GUIDs: fewer than a page has.
const GUIDS_MAX: usize = 100;

/// An import under way.
struct Work {
    attributes: Vec<String>,
    filter: String,
    /// Where the former import ended; none when everything is read.
    since: Option<Places>,
    places: Places,
    domain: usize,
    reader: Option<Reader>,
    phase: Phase,
    /// Objects with a new name, by their GUIDs: nothing says yet which of them are containers.
    renamed: Vec<Vec<u8>>,
    /// Names below which everything is read anew: they are new, and what lies there was not told of.
    again: VecDeque<String>,
    answers: usize,
}

/// Where the import of a domain stands.
enum Phase {
    Begin,
    DirSync { cookie: Vec<u8>, known: bool },
    Usn { server: String, now: u64, since: u64, page: Vec<u8>, deleted: bool },
    Renamed(Place),
    Again { place: Place, page: Vec<u8> },
    Done(Place),
}

impl ForestSource {
    pub(in crate::sync) fn new(bridge: Bridge, setup: ForestSetup) -> ForestSource {
        ForestSource { bridge, setup, kinds: Kinds::of('a'), work: None, answers: 0 }
    }
}

impl Source for ForestSource {
    fn begin(&mut self, request: &ImportRequest) -> Result<(), Fault> {
        let since = match request.cookie.as_deref().map(Places::read) {
            None => None,
            Some(Some(places)) => Some(places),
            Some(None) => return Err(Fault::CookieRefused("the cookie is none of a forest".to_owned())),
        };
        if let Some(places) = &since
            && let Some(new) = self.setup.domains.iter().find(|domain| places.get(&domain.base_dn).is_none())
        {
            return Err(Fault::CookieRefused(format!("{} was not read before", new.base_dn)));
        }
        let own = ["objectClass", "objectGUID", "isDeleted", "name", "uSNCreated"].map(str::to_owned);
        let mut attributes = request.attributes.clone();
        attributes.extend(own);
        attributes.sort_unstable_by_key(|name| name.to_ascii_lowercase());
        attributes.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        let classes = request.classes.iter().map(String::as_str).chain(CONTAINERS);
        let filter =
            format!("(|{})", classes.map(|class| format!("(objectClass={class})")).collect::<String>());
        self.work = Some(Work {
            attributes,
            filter,
            since,
            places: Places::default(),
            domain: 0,
            reader: None,
            phase: Phase::Begin,
            renamed: Vec::new(),
            again: VecDeque::new(),
            answers: 0,
        });
        Ok(())
    }

    fn next(&mut self) -> Result<Part, Fault> {
        let Some(mut work) = self.work.take() else {
            return Err(Fault::Refused("no import was begun".to_owned()));
        };
        // an import that a fault ended is begun anew, so nothing is put back then
        let part = self.bridge.wait(step(&mut work, &self.setup, &self.kinds))?;
        self.answers += 1;
        if matches!(part, Part::More(_)) {
            self.work = Some(work);
        }
        Ok(part)
    }
}

async fn step(work: &mut Work, setup: &ForestSetup, kinds: &Kinds) -> Result<Part, Fault> {
    work.answers += 1;
    if work.answers > ANSWERS_MAX {
        return Err(Fault::Interrupted(format!("{ANSWERS_MAX} answers, and no end")));
    }
    let Some(domain) = setup.domains.get(work.domain) else {
        return Ok(Part::End { entries: Vec::new(), cookie: work.places.write() });
    };
    let mut reader = match work.reader.take() {
        Some(reader) => reader,
        None => Reader::connect(domain).await?,
    };
    let told = match std::mem::replace(&mut work.phase, Phase::Begin) {
        Phase::Begin => {
            work.phase = begin(work, &mut reader).await?;
            Vec::new()
        }
        Phase::DirSync { cookie, known } => dir_sync(work, &mut reader, kinds, cookie, known).await?,
        usn @ Phase::Usn { .. } => by_usn(work, &mut reader, kinds, usn).await?,
        Phase::Renamed(place) => renamed(work, &mut reader, kinds, place).await?,
        Phase::Again { place, page } => again(work, &mut reader, kinds, place, page).await?,
        done @ Phase::Done(_) => {
            work.phase = done;
            Vec::new()
        }
    };
    match std::mem::replace(&mut work.phase, Phase::Begin) {
        Phase::Done(place) => {
            work.places.push(reader.context(), place);
            work.domain += 1;
            if work.domain == setup.domains.len() {
                return Ok(Part::End { entries: told, cookie: work.places.write() });
            }
        }
        phase => {
            work.phase = phase;
            work.reader = Some(reader);
        }
    }
    Ok(Part::More(told))
}

async fn begin(work: &Work, reader: &mut Reader) -> Result<Phase, Fault> {
    let since = work.since.as_ref().and_then(|places| places.get(reader.context()));
    match since {
        Some(Place::DirSync(text)) => {
            let cookie = cookie::octets(text).filter(|octets| !octets.is_empty());
            let cookie = cookie.ok_or_else(|| Fault::CookieRefused("the cookie is damaged".to_owned()))?;
            Ok(Phase::DirSync { cookie, known: true })
        }
        Some(Place::Usn { server, usn }) => {
            let (now_server, now) = reader.usn().await?;
            if now_server != *server || now < *usn {
                let text = format!("USN {usn} is one of {server}, not of {now_server}");
                return Err(Fault::CookieRefused(text));
            }
            Ok(Phase::Usn { server: now_server, now, since: *usn, page: Vec::new(), deleted: false })
        }
        None if reader.knows_dir_sync() => Ok(Phase::DirSync { cookie: Vec::new(), known: false }),
        None => all_by_usn(reader).await,
    }
}

async fn all_by_usn(reader: &mut Reader) -> Result<Phase, Fault> {
    let (server, now) = reader.usn().await?;
    Ok(Phase::Usn { server, now, since: 0, page: Vec::new(), deleted: false })
}

/// One answer of DirSync. `known`: the import goes on from a former one.
async fn dir_sync(
    work: &mut Work,
    reader: &mut Reader,
    kinds: &Kinds,
    cookie: Vec<u8>,
    known: bool,
) -> Result<Vec<Entry>, Fault> {
    // DirSync does not know when an object was made here
    let attributes: Vec<&str> =
        work.attributes.iter().map(String::as_str).filter(|name| *name != "uSNCreated").collect();
    let Chunk { entries: found, next, cookie } =
        match reader.changes(&work.filter, &attributes, &cookie).await {
            Ok(chunk) => chunk,
            Err(stopped) if cookie.is_empty() && is_dir_sync_refused(&stopped) => {
                work.phase = all_by_usn(reader).await?;
                return Ok(Vec::new());
            }
            Err(stopped) => return Err(reader.fault(stopped, !cookie.is_empty())),
        };
    if known {
        let renamed = found.iter().filter(|found| entries::is_renamed(found));
        work.renamed.extend(renamed.filter_map(|found| Some(found.octets("objectGUID").next()?.to_vec())));
    }
    work.phase = match next {
        Some(cookie) => Phase::DirSync { cookie, known },
        None => settled(work, Place::dir_sync(&cookie)),
    };
    Ok(found.into_iter().filter_map(|found| entries::changed(found, kinds)).collect())
}

/// One page of what has a higher USN than before: first what is there, then what was deleted.
async fn by_usn(
    work: &mut Work,
    reader: &mut Reader,
    kinds: &Kinds,
    phase: Phase,
) -> Result<Vec<Entry>, Fault> {
    let Phase::Usn { server, now, since, page, deleted } = phase else { return Ok(Vec::new()) };
    let newer = format!("(uSNChanged>={})", since + 1);
    let filter = match (since, deleted) {
        (0, _) => work.filter.clone(),
        (_, false) => format!("(&{newer}{})", work.filter),
        (_, true) => format!("(&(isDeleted=TRUE){newer})"),
    };
    let attributes: Vec<&str> = work.attributes.iter().map(String::as_str).collect();
    let context = reader.context().to_owned();
    let search = Search { base: &context, filter: &filter, attributes: &attributes, deleted };
    let chunk = match reader.page(&search, &page).await {
        Ok(chunk) => chunk,
        Err(stopped) => return Err(reader.fault(stopped, false)),
    };
    if since > 0 && !deleted {
        // nothing says what of a container changed: it may be its name
        let old = chunk.entries.iter().filter(|found| is_old_container(found, since));
        work.again.extend(old.map(|found| entries::name_of(&found.dn).to_owned()));
    }
    work.phase = match chunk.next {
        Some(page) => Phase::Usn { server, now, since, page, deleted },
        None if since > 0 && !deleted => Phase::Usn { server, now, since, page: Vec::new(), deleted: true },
        None => settled(work, Place::Usn { server, usn: now }),
    };
    Ok(chunk.entries.into_iter().filter_map(|found| entries::whole(found, kinds)).collect())
}

/// Some of the objects with a new name: what lies below a container moved with it.
async fn renamed(
    work: &mut Work,
    reader: &mut Reader,
    kinds: &Kinds,
    place: Place,
) -> Result<Vec<Entry>, Fault> {
    let some = work.renamed.split_off(work.renamed.len().saturating_sub(GUIDS_MAX));
    let one = |guid: &Vec<u8>| {
        let octets: String = guid.iter().map(|octet| format!("\\{octet:02x}")).collect();
        format!("(objectGUID={octets})")
    };
    let filter = format!("(|{})", some.iter().map(one).collect::<String>());
    let attributes: Vec<&str> = work.attributes.iter().map(String::as_str).collect();
    let context = reader.context().to_owned();
    let search = Search { base: &context, filter: &filter, attributes: &attributes, deleted: false };
    let chunk = match reader.page(&search, &[]).await {
        Ok(chunk) => chunk,
        Err(stopped) => return Err(reader.fault(stopped, false)),
    };
    let containers = chunk.entries.iter().filter(|found| is_container(found));
    work.again.extend(containers.map(|found| entries::name_of(&found.dn).to_owned()));
    work.phase = settled(work, place);
    Ok(chunk.entries.into_iter().filter_map(|found| entries::whole(found, kinds)).collect())
}

/// One page of what lies below a name that is new.
async fn again(
    work: &mut Work,
    reader: &mut Reader,
    kinds: &Kinds,
    place: Place,
    page: Vec<u8>,
) -> Result<Vec<Entry>, Fault> {
    let Some(base) = work.again.front().cloned() else {
        work.phase = Phase::Done(place);
        return Ok(Vec::new());
    };
    let attributes: Vec<&str> = work.attributes.iter().map(String::as_str).collect();
    let search = Search { base: &base, filter: &work.filter, attributes: &attributes, deleted: false };
    let chunk = match reader.page(&search, &page).await {
        Ok(chunk) => chunk,
        Err(stopped) => {
            const NO_SUCH_OBJECT: u32 = 32;
            use crate::checker::source::ldap::search::Stopped;
            let moved_on = matches!(&stopped, Stopped::Refused(result) if result.rc == NO_SUCH_OBJECT);
            if !moved_on {
                return Err(reader.fault(stopped, false));
            }
            // renamed or deleted since: the next import tells of it
            Chunk { entries: Vec::new(), next: None, cookie: Vec::new() }
        }
    };
    work.phase = match chunk.next {
        Some(page) => Phase::Again { place, page },
        None => {
            work.again.pop_front();
            settled(work, place)
        }
    };
    Ok(chunk.entries.into_iter().filter_map(|found| entries::whole(found, kinds)).collect())
}

/// The domain is read but for what has a new name and what lies below that.
fn settled(work: &Work, place: Place) -> Phase {
    match (work.renamed.is_empty(), work.again.is_empty()) {
        (false, _) => Phase::Renamed(place),
        (true, false) => Phase::Again { place, page: Vec::new() },
        (true, true) => Phase::Done(place),
    }
}

/// What lies in it moves with it.
fn is_container(found: &Found) -> bool {
    let is = |class: &&str| found.texts("objectClass").any(|held| held.eq_ignore_ascii_case(class));
    // the domain itself cannot be renamed
    CONTAINERS.iter().filter(|class| **class != "domainDNS").any(is)
}

fn is_old_container(found: &Found, since: u64) -> bool {
    let created = found.texts("uSNCreated").next().and_then(|text| text.parse::<u64>().ok());
    is_container(found) && created.is_none_or(|created| created <= since)
}
