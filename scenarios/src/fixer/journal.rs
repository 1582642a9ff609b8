//! The undo file: a write-ahead journal, one JSON object a line.
//!
//! A change is written and brought to the disk before its request is sent, and its outcome afterwards. So whatever
//! moment a crash or a cut of the power picks, the file knows everything that may have been changed, and what it
//! was before. A change without an outcome is looked up on the server (see [`super::apply()`], [`super::undo`]).

use super::octets::{Octets, same_values};
use super::target::ObjectName;
use forestbed_sim::ids::Guid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The largest journal that is read, in bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Record {
    /// The first line.
    Journal {
        /// Version of the format: 1.
        format: u32,
        /// The servers or files, in the order of `forest` in the changes.
        sources: Vec<Source>,
    },
    /// A change that is about to be sent.
    Change(ChangeRecord),
    /// How a change ended.
    Outcome {
        /// Which change.
        number: u64,
        /// How.
        result: Outcome,
        /// Why, in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// From here on the changes were taken back: the file serves no further run of the fixer.
    Undo,
}

/// A server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its address.
    pub url: String,
    /// The tree whose objects were read.
    pub base_dn: String,
}

/// What is about to be written to one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRecord {
    /// Ascending from 1 on.
    pub number: u64,
    /// Which source.
    #[serde(default)]
    pub forest: usize,
    /// The object's name.
    pub dn: String,
    /// Its objectGUID, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// Attribute by attribute.
    pub attributes: Vec<AttributeRecord>,
}

/// What is about to be written to one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeRecord {
    /// Its name.
    pub name: String,
    /// All its values before; none: it was absent.
    pub before: Vec<Octets>,
    /// All its values after; none: it is removed.
    pub after: Vec<Octets>,
    /// The rules that asked for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
}

impl ChangeRecord {
    /// What tells its object from others.
    fn key(&self) -> (usize, String) {
        (self.forest, self.guid.clone().unwrap_or_else(|| self.dn.to_lowercase()))
    }

    /// Which object.
    pub fn object(&self) -> ObjectName {
        let guid = self.guid.as_deref().and_then(Guid::parse);
        ObjectName { forest: self.forest, dn: self.dn.clone(), guid }
    }
}

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The server did it.
    Done,
    /// The server refused it: nothing was changed.
    Refused,
    /// Somebody else had changed the object meanwhile: nothing was changed.
    Conflict,
    /// It was never carried out: the run ended before.
    NotSent,
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    contents: Contents,
}

/// What a journal says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The servers.
    pub sources: Vec<Source>,
    /// The changes, in order, each with its outcome; none is known of one that a crash cut off.
    pub changes: Vec<(ChangeRecord, Option<Outcome>)>,
    /// Taking back has begun.
    pub undone: bool,
}

impl Journal {
    /// A new file, readable by its owner alone: it holds values of people.
    ///
    /// # Errors
    /// When the file is there already, or cannot be written.
    pub fn create(path: &Path, sources: Vec<Source>) -> io::Result<Journal> {
        let file = OpenOptions::new().read(true).append(true).create_new(true).mode(0o600).open(path)?;
        lock(&file)?;
        let contents = Contents { sources: sources.clone(), ..Contents::default() };
        let mut journal = Journal { path: path.to_owned(), file, contents };
        journal.write(&Record::Journal { format: 1, sources })?;
        // the name of a new file is as much at risk as its content
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(journal)
    }

    /// An existing file, to go on with it or to undo it. What a crash left of a last line is cut off: it was not
    /// on the disk, so what it speaks of was not sent.
    ///
    /// # Errors
    /// When it cannot be read or written, another process has it open, or it is no journal.
    pub fn open(path: &Path) -> io::Result<Journal> {
        let mut file = OpenOptions::new().read(true).append(true).open(path)?;
        lock(&file)?;
        let size = file.metadata()?.len();
        if size > MAX_BYTES {
            return Err(io::Error::other(format!("{size} bytes long, more than {MAX_BYTES}")));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let contents = Contents::read(&bytes[..whole])?;
        if whole < bytes.len() {
            file.set_len(whole as u64)?;
            file.sync_all()?;
        }
        file.seek(io::SeekFrom::End(0))?;
        Ok(Journal { path: path.to_owned(), file, contents })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Notes a change and brings it to the disk; gives its number.
    ///
    /// # Errors
    /// When it cannot be written: then the change must not be sent.
    pub fn change(&mut self, mut change: ChangeRecord) -> io::Result<u64> {
        change.number = self.contents.changes.last().map_or(0, |(last, _)| last.number) + 1;
        let number = change.number;
        self.write(&Record::Change(change.clone()))?;
        self.contents.changes.push((change, None));
        Ok(number)
    }

    /// Notes how a change ended.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn outcome(&mut self, number: u64, result: Outcome, text: &str) -> io::Result<()> {
        self.write(&Record::Outcome { number, result, text: text.to_owned() })?;
        if let Some((_, outcome)) =
            self.contents.changes.iter_mut().find(|(change, _)| change.number == number)
        {
            *outcome = Some(result);
        }
        Ok(())
    }

    /// Notes that the changes are being taken back.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin_undo(&mut self) -> io::Result<()> {
        if !self.contents.undone {
            self.write(&Record::Undo)?;
            self.contents.undone = true;
        }
        Ok(())
    }

    fn write(&mut self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()
    }
}

fn lock(file: &File) -> io::Result<()> {
    file.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => io::Error::other("another process is working with it"),
        std::fs::TryLockError::Error(error) => error,
    })
}

impl Contents {
    /// Reads whole lines.
    ///
    /// # Errors
    /// When a line is none of a journal's, with its number.
    pub fn read(text: &[u8]) -> io::Result<Contents> {
        let mut contents = Contents::default();
        let mut places: BTreeMap<u64, usize> = BTreeMap::new();
        let lines = text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
        let mut begun = false;
        for (at, line) in lines {
            let wrong = |why: String| io::Error::other(format!("line {}: {why}", at + 1));
            match serde_json::from_slice(line).map_err(|error| wrong(error.to_string()))? {
                Record::Journal { format: 1, sources } if !begun => {
                    contents.sources = sources;
                    begun = true;
                }
                Record::Journal { format, .. } => {
                    return Err(wrong(format!("a journal of format {format} begins here")));
                }
                _ if !begun => return Err(wrong("a journal begins with its format".to_owned())),
                Record::Change(change) => {
                    if places.insert(change.number, contents.changes.len()).is_some() {
                        return Err(wrong(format!("change {} is there twice", change.number)));
                    }
                    contents.changes.push((change, None));
                }
                Record::Outcome { number, result, .. } => {
                    let place =
                        places.get(&number).ok_or_else(|| wrong(format!("no change {number} before it")))?;
                    contents.changes[*place].1 = Some(result);
                }
                Record::Undo => contents.undone = true,
            }
        }
        match begun {
            true => Ok(contents),
            false => Err(io::Error::other("no line of a journal in it")),
        }
    }

    /// Their names, in lower case, by source.
    pub(super) fn names(&self) -> std::collections::BTreeSet<(usize, String)> {
        self.touched().into_iter().map(|one| (one.object.forest, one.object.dn.to_lowercase())).collect()
    }

    /// What was done, or may have been done, to each object. Objects of later changes first.
    pub(super) fn touched(&self) -> Vec<Touched> {
        let mut found: Vec<Touched> = Vec::new();
        let mut places: BTreeMap<(usize, String), usize> = BTreeMap::new();
        let counts = |outcome: &Option<Outcome>| matches!(outcome, None | Some(Outcome::Done));
        for (change, _) in self.changes.iter().rev().filter(|(_, outcome)| counts(outcome)) {
            let place = *places.entry(change.key()).or_insert_with(|| {
                found.push(Touched { object: change.object(), ..Touched::default() });
                found.len() - 1
            });
            found[place].add(change);
        }
        found
    }
}

/// An object that was changed, perhaps several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Touched {
    /// Which object, by its name at its first change.
    pub(super) object: ObjectName,
    /// By attribute all states that the changes went through, the newest first; the last one is how it was before.
    pub(super) states: BTreeMap<String, Vec<Vec<Octets>>>,
    /// An attribute that somebody else changed between two of the changes.
    pub(super) broken: Option<String>,
}

impl Touched {
    /// One more change, earlier than those that it has.
    fn add(&mut self, change: &ChangeRecord) {
        self.object.dn.clone_from(&change.dn);
        for attribute in &change.attributes {
            let states = self.states.entry(attribute.name.clone()).or_default();
            match states.last() {
                Some(next) if !same_values(next, &attribute.after) => {
                    self.broken = Some(attribute.name.clone())
                }
                Some(_) => {}
                None => states.push(attribute.after.clone()),
            }
            states.push(attribute.before.clone());
        }
    }
}
