//! What a repeated check remembers: the server's cookie, and each object as the rules see it.

use crate::checker::source::Entry;
use crate::error::Error;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forestbed_sim::ids::Guid;
use forestbed_sim::rules::ObjectView;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

/// Attributes that hold names of other objects, and follow them.
const NAMES: [&str; 3] = ["manager", "managedBy", "member"];
/// Attributes of which a summary is kept.
const SUMMARISED: [&str; 3] = ["thumbnailPhoto", "userCertificate", "userSMIMECertificate"];
/// The longest line of a state file, in octets: one object.
const LINE_MAX: usize = 1 << 30;

/// The objects at the time of a cookie.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) cookie: Vec<u8>,
    objects: BTreeMap<Guid, Entry>,
    /// Names that were given up since the state was read, in lower case, and what they are now; none of what was
    /// deleted.
    moved: BTreeMap<String, Option<String>>,
}

/// What a state file says.
pub(super) enum Memory {
    /// A state that can be continued.
    Fits(State),
    /// None; why.
    Missing(String),
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    naming_context: String,
    attributes: Vec<String>,
    cookie: String,
    objects: usize,
}

#[derive(Serialize, Deserialize)]
struct Line {
    guid: String,
    dn: String,
    attributes: Vec<(String, Vec<Octets>)>,
}

/// Text where it is text, base64 where it is not.
#[derive(Serialize, Deserialize)]
enum Octets {
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "b")]
    Base64(String),
}

impl State {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub(super) fn read(file: &Path, context: &str, attributes: &[&str]) -> Result<Memory, Error> {
        let cannot = |error: io::Error| Error::io(file, "read the state file", &error);
        let missing = |why: &str| Ok(Memory::Missing(why.to_owned()));
        let opened = match std::fs::File::open(file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return missing("there is no state file yet");
            }
            Err(error) => return Err(cannot(error)),
        };
        let mut lines = BufReader::new(opened);
        let head: Option<Head> = next_line(&mut lines).map_err(cannot)?;
        let Some(head) = head.filter(|head| head.format == 1) else {
            return missing("the state file is none of this program's");
        };
        if !head.naming_context.eq_ignore_ascii_case(context) {
            return missing("the state file is about another naming context");
        }
        if head.attributes != attributes {
            return missing("the state file knows other attributes than the rules read today");
        }
        let mut state =
            State { cookie: STANDARD.decode(&head.cookie).unwrap_or_default(), ..State::default() };
        while let Some(line) = next_line::<Line>(&mut lines).map_err(cannot)? {
            let Some(guid) = Guid::parse(&line.guid) else { return missing("the state file is damaged") };
            let octets = |value| match value {
                Octets::Text(text) => text.into_bytes(),
                Octets::Base64(text) => STANDARD.decode(text).unwrap_or_default(),
            };
            let attributes = line
                .attributes
                .into_iter()
                .map(|(name, values)| (name, values.into_iter().map(octets).collect()));
            state.objects.insert(guid, Entry { dn: line.dn, attributes: attributes.collect() });
        }
        if state.objects.len() != head.objects || state.cookie.is_empty() {
            return missing("the state file is damaged");
        }
        Ok(Memory::Fits(state))
    }

    /// Writes the file: a new one takes the old one's place when it is whole. Only its owner may read it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, file: &Path, context: &str, attributes: &[&str]) -> Result<(), Error> {
        let cannot = |error: io::Error| Error::io(file, "write the state file", &error);
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let whole = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
        let mut out = BufWriter::new(whole);
        let head = Head {
            format: 1,
            naming_context: context.to_owned(),
            attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
            cookie: STANDARD.encode(&self.cookie),
            objects: self.objects.len(),
        };
        put_line(&mut out, &head).map_err(cannot)?;
        for (guid, entry) in &self.objects {
            let octets = |value: &Vec<u8>| match std::str::from_utf8(value) {
                Ok(text) => Octets::Text(text.to_owned()),
                Err(_) => Octets::Base64(STANDARD.encode(value)),
            };
            let attributes = entry
                .attributes
                .iter()
                .map(|(name, values)| (name.clone(), values.iter().map(octets).collect()));
            let line =
                Line { guid: guid.to_string(), dn: entry.dn.clone(), attributes: attributes.collect() };
            put_line(&mut out, &line).map_err(cannot)?;
        }
        let whole = out.into_inner().map_err(|error| cannot(error.into_error()))?;
        whole.persist(file).map(drop).map_err(|error| cannot(error.error))
    }

    /// Takes what the server tells of one object: the attributes that changed, all of a new one.
    pub(super) fn take(&mut self, mut told: Entry) {
        let Some(guid) = told.guid() else { return };
        let is_deleted = told.texts("isDeleted").any(|value| value.eq_ignore_ascii_case("TRUE"));
        let known = self.objects.remove(&guid);
        if is_deleted {
            self.moved.extend(known.map(|entry| (entry.dn.to_lowercase(), None)));
            return;
        }
        let is_new = told.octets("objectClass").next().is_some();
        let Some(mut entry) = known.or_else(|| is_new.then(|| Entry::new(told.dn.clone()))) else { return };
        if entry.dn != told.dn {
            let new = std::mem::take(&mut told.dn);
            let old = std::mem::replace(&mut entry.dn, new.clone());
            self.moved.insert(old.to_lowercase(), Some(new));
        }
        for (name, values) in told.attributes {
            entry.take(&name);
            for value in summaries(&name, values) {
                entry.push(&name, value);
            }
        }
        self.objects.insert(guid, entry);
    }

    /// Lets names follow what was renamed, moved or deleted: the server tells of the object itself, neither of
    /// those below it nor of those that name it. What each object is a member of follows from the groups.
    pub(super) fn settle(&mut self) {
        let moved = std::mem::take(&mut self.moved);
        let mut groups: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for entry in self.objects.values_mut() {
            entry.take("memberOf");
            if !moved.is_empty() {
                if let Some(new) = followed(&entry.dn, &moved).flatten() {
                    entry.dn = new;
                }
                for name in NAMES {
                    follow_values(entry, name, &moved);
                }
            }
        }
        for entry in self.objects.values() {
            for member in entry.texts("member") {
                groups.entry(member.to_lowercase()).or_default().push(entry.dn.clone().into_bytes());
            }
        }
        for entry in self.objects.values_mut() {
            if let Some(values) = groups.remove(&entry.dn.to_lowercase()) {
                entry.attributes.push(("memberOf".to_owned(), values));
            }
        }
    }

    /// The objects that the rules check, and others, in the order of their GUIDs.
    pub(super) fn into_entries(self) -> impl Iterator<Item = Entry> {
        self.objects.into_values()
    }
}

fn follow_values(entry: &mut Entry, name: &str, moved: &BTreeMap<String, Option<String>>) {
    let is_touched = entry.texts(name).any(|value| followed(value, moved).is_some());
    if !is_touched {
        return;
    }
    let mut seen = BTreeSet::new();
    for value in entry.take(name) {
        let now = std::str::from_utf8(&value).ok().and_then(|text| followed(text, moved));
        let kept = match now {
            None => Some(value),
            Some(now) => now.map(String::into_bytes),
        };
        if let Some(value) = kept.filter(|value| seen.insert(value.to_ascii_lowercase())) {
            entry.push(name, value);
        }
    }
}

/// What a name is now: nothing when it did not change, none inside when what it names is gone.
fn followed(dn: &str, moved: &BTreeMap<String, Option<String>>) -> Option<Option<String>> {
    let lower = dn.to_lowercase();
    let mut from = 0;
    loop {
        if let Some(now) = moved.get(&lower[from..]) {
            // lower case may be longer: what stands before is taken by parts
            let parts = lower[..from].matches(',').count();
            let end = dn
                .match_indices(',')
                .nth(parts.checked_sub(1).unwrap_or(usize::MAX))
                .map_or(0, |(at, _)| at + 1);
            return Some(now.as_ref().map(|new| format!("{}{new}", &dn[..end])));
        }
        from += lower[from..].find(',')? + 1;
    }
}

fn summaries(name: &str, values: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    if !SUMMARISED.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return values;
    }
    let mut view = ObjectView::new("", "");
    view.set_octets(name, values);
    view.all(name).iter().map(|text| text.clone().into_bytes()).collect()
}

fn put_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// The next line as a value; none at the end, or where it is not one.
fn next_line<T: for<'a> Deserialize<'a>>(lines: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    io::Read::take(&mut *lines, LINE_MAX as u64).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(dn: &str, id: u8, values: &[(&str, &str)]) -> Entry {
        let mut entry = Entry::new(dn);
        entry.push("objectGUID", vec![id; 16]);
        values.iter().for_each(|(name, value)| entry.push(name, value.as_bytes().to_vec()));
        entry
    }

    fn all(state: &State) -> Vec<(String, Vec<String>)> {
        let text = |entry: &Entry| {
            let values = ["mail", "manager", "member", "memberOf"]
                .iter()
                .flat_map(|name| entry.texts(name).map(move |value| format!("{name}={value}")));
            (entry.dn.clone(), values.collect())
        };
        state.objects.values().map(text).collect()
    }

    #[test]
    fn names_follow_what_was_moved_and_lose_what_was_deleted() {
        let mut state = State::default();
        let user = ("objectClass", "user");
        state.take(entry("OU=Old,DC=x", 1, &[("objectClass", "organizationalUnit")]));
        state.take(entry("CN=Ann,OU=Old,DC=x", 2, &[user, ("mail", "ann@x.com")]));
        state.take(entry("CN=Bob,OU=Old,DC=x", 3, &[user, ("manager", "CN=Ann,OU=Old,DC=x")]));
        state.take(entry(
            "CN=All,DC=x",
            4,
            &[("objectClass", "group"), ("member", "CN=Ann,OU=Old,DC=x"), ("member", "CN=Bob,OU=Old,DC=x")],
        ));
        state.settle();
        assert_eq!(all(&state)[1].1, ["mail=ann@x.com", "memberOf=CN=All,DC=x"]);
        // a second round: the unit is renamed, Bob is deleted, Ann has no mail any more, a stranger is told of
        state.take(entry("OU=New,DC=x", 1, &[("name", "New")]));
        state.take(entry("CN=Bob\\0ADEL:3,CN=Deleted Objects,DC=x", 3, &[("isDeleted", "TRUE")]));
        let mut cleared = entry("CN=Ann,OU=New,DC=x", 2, &[]);
        cleared.attributes.push(("mail".to_owned(), Vec::new()));
        state.take(cleared);
        state.take(entry("CN=PC,DC=x", 9, &[("description", "not one of ours")]));
        state.settle();
        let expected = [
            ("OU=New,DC=x", vec![]),
            ("CN=Ann,OU=New,DC=x", vec!["memberOf=CN=All,DC=x"]),
            ("CN=All,DC=x", vec!["member=CN=Ann,OU=New,DC=x"]),
        ];
        let own = |(dn, values): &(&str, Vec<&str>)| {
            ((*dn).to_owned(), values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(all(&state), expected.iter().map(own).collect::<Vec<_>>());
    }

    #[test]
    fn a_state_is_read_back_and_one_that_does_not_fit_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        let mut state = State { cookie: vec![0, 255, 7], ..State::default() };
        state.take(entry("CN=Zoë,DC=x", 5, &[("objectClass", "user"), ("mail", "a\nb")]));
        let mut odd = entry("CN=b,DC=x", 6, &[("objectClass", "user")]);
        odd.push("displayName", b"J\xfcrgen".to_vec());
        state.take(odd);
        state.write(&file, "DC=x", &["mail"]).unwrap();
        let Memory::Fits(read) = State::read(&file, "dc=X", &["mail"]).unwrap() else { panic!() };
        assert_eq!((read.cookie, read.objects), (state.cookie, state.objects));
        let why = |context: &str, attributes: &[&str]| match State::read(&file, context, attributes).unwrap()
        {
            Memory::Fits(_) => String::new(),
            Memory::Missing(why) => why,
        };
        assert!(why("DC=y", &["mail"]).contains("another naming context"));
        assert!(why("DC=x", &["sn"]).contains("other attributes"));
        let text = std::fs::read(&file).unwrap();
        std::fs::write(&file, &text[..text.len() - 20]).unwrap();
        assert!(why("DC=x", &["mail"]).contains("damaged"));
        std::fs::write(&file, "x").unwrap();
        assert!(why("DC=x", &["mail"]).contains("none of this program's"));
        std::fs::remove_file(&file).unwrap();
        assert!(why("DC=x", &["mail"]).contains("no state file"));
    }
}
