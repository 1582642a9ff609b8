//! What the engine holds: one ordered table of keys, written in whole journal positions.

mod database;
mod kept;
mod keys;
mod numbers;
mod storage;
mod sweep;

pub use database::Database;
pub(crate) use keys::Table;
pub(crate) use numbers::Numbers;
pub use storage::{Memory, Storage};
pub(crate) use sweep::Sweep;

use crate::error::{Error, Result};
use crate::metaverse::MvObject;
use crate::space::CsObject;
use crate::value::{CsKey, codec::Reader};
use kept::Kept;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Version of what the database holds.
const VERSION: u8 = 2;

/// The database behind what has changed since the last journal position. Nothing is written until
/// [`State::commit`], and then everything at once: a crash leaves the former position.
pub(crate) struct State {
    storage: Box<dyn Storage>,
    pending: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    objects: Kept<CsObject>,
    metaverse: Kept<MvObject>,
    /// A mistake: who refers to an object does not learn of what becomes of it.
    pub(crate) deaf: bool,
    sweep: Sweep,
    /// As the last journal position has it.
    swept: Sweep,
    /// Metaverse objects that are computed already from what is joined to them now.
    pub(crate) fresh: Numbers,
}

impl State {
    /// # Errors
    /// When another version wrote it.
    pub(crate) fn open(storage: Box<dyn Storage>) -> Result<Self> {
        let mut state = Self {
            storage,
            pending: BTreeMap::new(),
            objects: Kept::default(),
            metaverse: Kept::default(),
            deaf: false,
            sweep: Sweep::None,
            swept: Sweep::None,
            fresh: Numbers::default(),
        };
        match state.meta("version")? {
            None => state.set_meta("version", vec![VERSION]),
            Some(version) if version == [VERSION] => {}
            Some(version) => {
                return Err(Error::corrupt(format!("version {version:?}; this program writes {VERSION}")));
            }
        }
        state.sweep = state.read_sweep()?;
        state.swept = state.sweep.clone();
        Ok(state)
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.pending.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.storage.get(key),
        }
    }

    pub(crate) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.pending.insert(key, Some(value));
    }

    /// Whether a key was deleted since the last position.
    pub(crate) fn was_deleted(&self, key: &[u8]) -> bool {
        matches!(self.pending.get(key), Some(None))
    }

    pub(crate) fn delete(&mut self, key: Vec<u8>) {
        self.pending.insert(key, None);
    }

    /// Keys that begin so, after the one named, with their values, by key: at least one page unless there are
    /// no more.
    pub(crate) fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        most: usize,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let until = keys::after_prefix(prefix);
        let mut from = match after {
            Some(after) => [after, &[0]].concat(),
            None => prefix.to_vec(),
        };
        let mut out = Vec::new();
        while from < until {
            let page = self.storage.range(&from, &until, most)?;
            let more = page.len() == most;
            let end = match page.last() {
                Some((last, _)) if more => [last.as_slice(), &[0]].concat(),
                _ => until.clone(),
            };
            merge(page, self.pending.range(from.clone()..end.clone()), &mut out);
            if !more || out.len() >= most {
                break;
            }
            from = end;
        }
        out.truncate(most);
        Ok(out)
    }

    /// Whether any key begins so.
    pub(crate) fn any(&self, prefix: &[u8]) -> Result<bool> {
        Ok(!self.scan(prefix, None, 1)?.is_empty())
    }

    /// A journal position: all that changed since the last one, or nothing of it.
    pub(crate) fn commit(&mut self, step: &str) -> Result<()> {
        self.encode();
        self.write_sweep();
        if self.pending.is_empty() {
            return Ok(());
        }
        self.set_meta("position", step.as_bytes().to_vec());
        let written = self.storage.commit(&self.pending);
        if written.is_err() {
            self.roll_back();
        }
        self.pending.clear();
        self.swept = self.sweep.clone();
        self.objects.shrink();
        self.metaverse.shrink();
        written
    }

    /// Encodes the records that changed: a scan of their tables finds them as they are now.
    pub(crate) fn encode(&mut self) {
        for (number, object) in self.objects.changes() {
            self.pending.insert(Table::Object.of(object_of(number)), object.map(CsObject::write));
        }
        for (number, object) in self.metaverse.changes() {
            self.pending.insert(Table::Metaverse.at(number as u32), object.map(MvObject::write));
        }
    }

    /// Forgets what changed since the last position.
    pub(crate) fn roll_back(&mut self) {
        self.pending.clear();
        self.objects.forget();
        self.metaverse.forget();
        self.sweep = self.swept.clone();
        self.fresh = Numbers::default();
    }

    /// An object of a connector space.
    pub(crate) fn load(&self, key: CsKey) -> Result<Option<Rc<CsObject>>> {
        if let Some(kept) = self.objects.get(number_of(key)) {
            return Ok(kept);
        }
        let Some(octets) = self.get(&Table::Object.of(key))? else { return Ok(None) };
        let object = Rc::new(CsObject::read(&mut Reader(&octets))?);
        self.objects.keep(number_of(key), Rc::clone(&object));
        Ok(Some(object))
    }

    /// An object of a connector space, to be changed and saved.
    pub(crate) fn edit(&self, key: CsKey) -> Result<Option<CsObject>> {
        Ok(self.load(key)?.map(Rc::unwrap_or_clone))
    }

    pub(crate) fn save(&mut self, key: CsKey, object: impl Into<Rc<CsObject>>) {
        self.objects.put(number_of(key), Some(object.into()));
    }

    pub(crate) fn forget(&mut self, key: CsKey) {
        self.objects.put(number_of(key), None);
    }

    /// The distinguished name of an object, without reading the rest of it.
    pub(crate) fn name_of(&self, key: CsKey) -> Result<Option<String>> {
        if let Some(kept) = self.objects.look(number_of(key), |object| object.dn.clone()) {
            return Ok(kept);
        }
        let Some(octets) = self.get(&Table::Object.of(key))? else { return Ok(None) };
        let mut reader = Reader(&octets);
        reader.octets()?;
        Ok(Some(reader.text()?.to_owned()))
    }

    /// An object of the metaverse.
    pub(crate) fn metaverse(&self, number: u32) -> Result<Option<Rc<MvObject>>> {
        if let Some(kept) = self.metaverse.get(u64::from(number)) {
            return Ok(kept);
        }
        let Some(octets) = self.get(&Table::Metaverse.at(number))? else { return Ok(None) };
        let object = Rc::new(MvObject::read(&octets)?);
        self.metaverse.keep(u64::from(number), Rc::clone(&object));
        Ok(Some(object))
    }

    /// What is joined to an object of the metaverse, without reading the rest of it.
    pub(crate) fn look_at_joined<R>(&self, number: u32, of: impl Fn(&[CsKey]) -> R) -> Result<Option<R>> {
        if let Some(kept) = self.metaverse.look(u64::from(number), |object| of(&object.joined)) {
            return Ok(kept);
        }
        let Some(octets) = self.get(&Table::Metaverse.at(number))? else { return Ok(None) };
        let (_, joined) = MvObject::read_head(&mut Reader(&octets))?;
        Ok(Some(of(&joined)))
    }

    /// Keeps an object of the metaverse as a scan found it.
    fn keep_metaverse(&self, number: u32, octets: &[u8]) -> Result<()> {
        if self.metaverse.look(u64::from(number), |_| ()).is_none() {
            self.metaverse.keep(u64::from(number), Rc::new(MvObject::read(octets)?));
        }
        Ok(())
    }

    pub(crate) fn put_metaverse(&mut self, number: u32, object: Option<MvObject>) {
        self.metaverse.put(u64::from(number), object.map(Rc::new));
    }

    pub(crate) fn meta(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.get(&keys::meta(name))
    }

    pub(crate) fn set_meta(&mut self, name: &str, value: Vec<u8>) {
        self.put(keys::meta(name), value);
    }

    /// The next number of a kind of object, by the name of the row that holds it.
    pub(crate) fn next(&mut self, name: &str) -> Result<u32> {
        let next = match self.meta(name)? {
            Some(octets) => keys::number(&octets).ok_or_else(|| Error::corrupt(name))?,
            None => 0,
        };
        let after =
            next.checked_add(1).ok_or_else(|| Error::storage("four billion objects were numbered"))?;
        self.set_meta(name, after.to_be_bytes().to_vec());
        Ok(next)
    }

    /// Puts a mark.
    pub(crate) fn mark(&mut self, table: Table, parts: &[&[u8]]) {
        self.put(table.key(parts), Vec::new());
    }

    /// The number that a key holds.
    pub(crate) fn number(&self, key: &[u8]) -> Result<Option<u32>> {
        Ok(self.get(key)?.as_deref().and_then(keys::number))
    }
}

/// Rows of the database under those that changed, both by key.
fn merge<'a>(
    page: Vec<(Vec<u8>, Vec<u8>)>,
    changed: impl Iterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)>,
    out: &mut Vec<(Vec<u8>, Vec<u8>)>,
) {
    let mut page = page.into_iter().peekable();
    for (key, value) in changed {
        while let Some(row) = page.next_if(|(other, _)| other < key) {
            out.push(row);
        }
        page.next_if(|(other, _)| other == key);
        out.extend(value.as_ref().map(|value| (key.clone(), value.clone())));
    }
    out.extend(page);
}

/// The last octets of a key as a number.
pub(crate) fn tail(key: &[u8]) -> u32 {
    key.len().checked_sub(4).and_then(|at| keys::number(&key[at..])).unwrap_or(0)
}

/// The object that the last five octets of a key name.
pub(crate) fn tail_object(key: &[u8]) -> CsKey {
    let connector = key.len().checked_sub(5).map_or(0, |at| key[at]);
    CsKey { connector, id: tail(key) }
}

fn number_of(key: CsKey) -> u64 {
    u64::from(key.connector) << 32 | u64::from(key.id)
}

fn object_of(number: u64) -> CsKey {
    CsKey { connector: (number >> 32) as u8, id: number as u32 }
}
