//! A forest and a cloud as naive as can be, and a database that fails when told to.

use crate::config::{Config, Connector};
use crate::rules::{ConnectorKind, DEFAULT_RULES, RuleSet};
use crate::{
    Engine, Entry, Error, ExportItem, Fault, ImportRequest, ItemResult, Memory, News, Operation, Part,
    Result, Sent, Source, Storage, Target, Told, cloud_dn, source_anchor_of,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

pub(super) type Fields = BTreeMap<String, Vec<Told>>;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Thing {
    pub(super) dn: String,
    pub(super) class: String,
    pub(super) fields: Fields,
}

/// A directory that remembers the order of its changes; a cookie is a place in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Forest {
    pub(super) things: BTreeMap<Vec<u8>, Thing>,
    log: Vec<Vec<u8>>,
    /// What the next import still tells; the first faults first.
    queue: Vec<Entry>,
    /// Most objects of a part.
    pub(super) page: usize,
    /// Stops before the end, without a word or with one.
    pub(super) cut: Option<Fault>,
    pub(super) written: Vec<String>,
}

impl Forest {
    pub(super) fn put(&mut self, guid: &[u8], dn: &str, class: &str, fields: &[(&str, &str)]) {
        let mut all: Fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.split('|').map(told).collect()))
            .collect();
        all.insert("objectGUID".to_owned(), vec![Told::Octets(guid.to_vec())]);
        all.insert("objectSid".to_owned(), vec![Told::Octets(sid(guid))]);
        all.entry("cn".to_owned()).or_insert_with(|| {
            let rdn = dn.split(',').next().unwrap_or_default();
            vec![told(rdn.strip_prefix("CN=").unwrap_or(rdn))]
        });
        let thing = Thing { dn: dn.to_owned(), class: class.to_owned(), fields: all };
        self.things.insert(guid.to_vec(), thing);
        self.log.push(guid.to_vec());
    }

    pub(super) fn set(&mut self, guid: &[u8], name: &str, values: &[&str]) {
        let thing = self.things.get_mut(guid).expect("an object of the test");
        if values.is_empty() {
            thing.fields.remove(name);
        } else {
            thing.fields.insert(name.to_owned(), values.iter().map(|value| told(value)).collect());
        }
        self.log.push(guid.to_vec());
    }

    /// Links follow a renamed object, as in a directory.
    pub(super) fn rename(&mut self, guid: &[u8], dn: &str) {
        let old = std::mem::replace(&mut self.things.get_mut(guid).expect("an object").dn, dn.to_owned());
        for thing in self.things.values_mut() {
            for value in thing.fields.values_mut().flatten() {
                if *value == told(&old) {
                    *value = told(dn);
                }
            }
        }
        self.log.push(guid.to_vec());
    }

    pub(super) fn delete(&mut self, guid: &[u8]) {
        if let Some(gone) = self.things.remove(guid) {
            let mut touched = Vec::new();
            for (anchor, thing) in &mut self.things {
                for values in thing.fields.values_mut() {
                    let before = values.len();
                    values.retain(|value| *value != told(&gone.dn));
                    if values.len() < before {
                        touched.push(anchor.clone());
                    }
                }
                thing.fields.retain(|_, values| !values.is_empty());
            }
            self.log.extend(touched);
            self.log.push(guid.to_vec());
        }
    }
}

pub(super) fn told(value: &str) -> Told {
    Told::Octets(value.as_bytes().to_vec())
}

pub(super) fn sid(guid: &[u8]) -> Vec<u8> {
    let mut sid = vec![1, 1, 0, 0, 0, 0, 0, 5];
    let mut rid = [0; 4];
    rid.iter_mut().zip(guid).for_each(|(octet, from)| *octet = *from);
    sid.extend(rid);
    sid
}

fn begin(things: &BTreeMap<Vec<u8>, Thing>, log: &[Vec<u8>], request: &ImportRequest) -> Vec<Entry> {
    let since = request
        .cookie
        .as_ref()
        .map(|cookie| usize::from_be_bytes(cookie.as_slice().try_into().expect("a cookie of this fake")));
    let mut anchors: Vec<Vec<u8>> = match since {
        None => things.keys().cloned().collect(),
        Some(since) => log[since..].to_vec(),
    };
    anchors.sort();
    anchors.dedup();
    let entry = |anchor: Vec<u8>| match things.get(&anchor) {
        None => Entry { anchor, dn: String::new(), class: String::new(), news: News::Deleted },
        Some(thing) => {
            let wanted = |(name, _): &(&String, &Vec<Told>)| request.attributes.contains(name);
            let fields = thing.fields.iter().filter(wanted);
            let fields = fields.map(|(name, values)| (name.clone(), values.clone())).collect();
            Entry { anchor, dn: thing.dn.clone(), class: thing.class.clone(), news: News::Whole(fields) }
        }
    };
    anchors.into_iter().map(entry).collect()
}

impl Source for Forest {
    fn begin(&mut self, request: &ImportRequest) -> std::result::Result<(), Fault> {
        self.queue = begin(&self.things, &self.log, request);
        Ok(())
    }

    fn next(&mut self) -> std::result::Result<Part, Fault> {
        let most = if self.page == 0 { 3 } else { self.page };
        let entries: Vec<Entry> = self.queue.drain(..most.min(self.queue.len())).collect();
        match &self.cut {
            Some(fault) if self.queue.len() < most => return Err(fault.clone()),
            _ => {}
        }
        if self.queue.is_empty() {
            Ok(Part::End { entries, cookie: self.log.len().to_be_bytes().to_vec() })
        } else {
            Ok(Part::More(entries))
        }
    }
}

impl Target for Forest {
    fn batch(&self) -> usize {
        2
    }

    fn export(&mut self, items: &[ExportItem]) -> std::result::Result<Vec<ItemResult>, Fault> {
        for item in items {
            assert_eq!(item.operation, Operation::Update, "a forest is only written back to");
            let thing = self.things.get_mut(&item.anchor).expect("an object that was imported");
            for (name, values) in &item.attributes {
                let values: Vec<Told> = values.iter().map(back).collect();
                assert_ne!(thing.fields.get(name), Some(&values), "{name} of {} is written twice", item.dn);
                thing.fields.insert(name.clone(), values);
                self.written.push(format!("{name} of {}", item.dn));
            }
            self.log.push(item.anchor.clone());
        }
        Ok(vec![ItemResult::Accepted { anchor: None, note: None }; items.len()])
    }
}

fn back(value: &Sent) -> Told {
    match value {
        Sent::Text(text) => Told::Text(text.clone()),
        Sent::Octets(octets) => Told::Octets(octets.clone()),
        Sent::Integer(number) => Told::Integer(*number),
        Sent::Boolean(truth) => Told::Boolean(*truth),
        Sent::Object { dn } => Told::Object { dn: dn.clone(), anchor: None },
    }
}

/// A tenant that takes what it is sent, drops references to what it does not know, and complains of what is
/// sent twice.
#[derive(Debug, Clone, Default)]
pub(super) struct Cloud {
    pub(super) things: BTreeMap<Vec<u8>, Thing>,
    log: Vec<Vec<u8>>,
    queue: Vec<Entry>,
    next: u32,
    /// `Add CN=ada`, by the display name.
    pub(super) written: Vec<String>,
    /// Writes that changed nothing.
    pub(super) doubled: Vec<String>,
    /// What happens to the calls to come: the first to the next.
    pub(super) faults: Vec<(bool, Fault)>,
    /// Source anchors that are refused, with a code.
    pub(super) refuses: BTreeMap<String, String>,
    /// Comes back upper case, as if the service calculated it.
    pub(super) shouts: bool,
    /// Says with everything it takes that a value was set aside.
    pub(super) notes: bool,
    /// Items and references of each call.
    pub(super) calls: Vec<(usize, usize)>,
}

impl Cloud {
    /// Display name, class and fields of all that it holds.
    pub(super) fn view(&self) -> BTreeMap<String, (String, Fields)> {
        let view = |thing: &Thing| {
            let mut fields = thing.fields.clone();
            fields.remove("cloudAnchor");
            (source_anchor_of(&thing.dn).expect("a name of the cloud"), (thing.class.clone(), fields))
        };
        self.things.values().map(view).collect()
    }

    pub(super) fn named(&self, display_name: &str) -> Option<&Thing> {
        self.things
            .values()
            .find(|t| t.fields.get("displayName") == Some(&vec![Told::Text(display_name.into())]))
    }

    pub(super) fn find(&self, dn: &str) -> Option<Vec<u8>> {
        self.things.iter().find(|(_, thing)| thing.dn == dn).map(|(anchor, _)| anchor.clone())
    }

    pub(super) fn remove(&mut self, anchor: &[u8]) {
        if let Some(gone) = self.things.remove(anchor) {
            let link = Told::Object { dn: gone.dn, anchor: None };
            for (anchor, thing) in &mut self.things {
                for values in thing.fields.values_mut() {
                    if values.contains(&link) {
                        values.retain(|value| *value != link);
                        self.log.push(anchor.clone());
                    }
                }
                thing.fields.retain(|_, values| !values.is_empty());
            }
            self.log.push(anchor.to_vec());
        }
    }

    fn apply(&mut self, item: &ExportItem) -> ItemResult {
        let anchor_text = source_anchor_of(&item.dn).expect("a name of the cloud");
        if let Some(code) = self.refuses.get(&anchor_text) {
            return ItemResult::Refused { code: code.clone(), text: "no".to_owned() };
        }
        let known = self.find(&item.dn);
        let what = format!("{:?} {}", item.operation, item.dn);
        self.written.push(what.clone());
        if item.operation == Operation::Delete {
            match known {
                Some(anchor) => self.remove(&anchor),
                None => self.doubled.push(what),
            }
            return ItemResult::Accepted { anchor: None, note: None };
        }
        if (item.operation == Operation::Add) == known.is_some() {
            self.doubled.push(what.clone());
        }
        let anchor = known.unwrap_or_else(|| {
            self.next += 1;
            format!("User_{:04}", self.next).into_bytes()
        });
        let before = self.things.get(&anchor).cloned();
        let mut fields = before.as_ref().map(|thing| thing.fields.clone()).unwrap_or_default();
        for (name, values) in &item.attributes {
            let known = |value: &&Sent| match value {
                Sent::Object { dn } => *dn == item.dn || self.find(dn).is_some(),
                _ => true,
            };
            let values: Vec<Told> =
                values.iter().filter(known).map(back).map(|v| self.shout(name, v)).collect();
            fields.insert(name.clone(), values);
        }
        fields.retain(|_, values| !values.is_empty());
        fields.insert("cloudAnchor".to_owned(), vec![Told::Text(String::from_utf8_lossy(&anchor).into())]);
        let thing = Thing { dn: item.dn.clone(), class: item.class.clone(), fields };
        if before.as_ref() == Some(&thing) {
            self.doubled.push(what);
        }
        self.things.insert(anchor.clone(), thing);
        self.log.push(anchor.clone());
        let note = self.notes.then(|| ("AttributeValueMustBeUnique".to_owned(), "set aside".to_owned()));
        ItemResult::Accepted { anchor: Some(anchor), note }
    }

    /// An object counts as changed.
    pub(super) fn touch(&mut self, anchor: &[u8]) {
        self.log.push(anchor.to_vec());
    }

    /// The service calculates a value.
    pub(super) fn set(&mut self, display_name: &str, name: &str, value: &str) {
        let named = Some(vec![Told::Text(display_name.into())]);
        let found = self.things.iter_mut().find(|(_, t)| t.fields.get("displayName") == named.as_ref());
        let (anchor, thing) = found.expect("an object of the test");
        thing.fields.insert(name.to_owned(), vec![Told::Text(value.into())]);
        self.log.push(anchor.clone());
    }

    fn shout(&self, name: &str, value: Told) -> Told {
        match value {
            Told::Text(text) if self.shouts && name == "title" => Told::Text(text.to_uppercase()),
            other => other,
        }
    }
}

impl Source for Cloud {
    fn begin(&mut self, request: &ImportRequest) -> std::result::Result<(), Fault> {
        self.queue = begin(&self.things, &self.log, request);
        Ok(())
    }

    fn next(&mut self) -> std::result::Result<Part, Fault> {
        Ok(Part::End {
            entries: std::mem::take(&mut self.queue),
            cookie: self.log.len().to_be_bytes().to_vec(),
        })
    }
}

impl Target for Cloud {
    fn batch(&self) -> usize {
        3
    }

    fn references(&self) -> usize {
        4
    }

    fn export(&mut self, items: &[ExportItem]) -> std::result::Result<Vec<ItemResult>, Fault> {
        let values = items.iter().flat_map(|item| &item.attributes).flat_map(|(_, values)| values);
        let references = values.filter(|value| matches!(value, Sent::Object { .. })).count();
        assert!(references <= 4 || items.len() == 1, "{references} references of {} items", items.len());
        self.calls.push((items.len(), references));
        if !self.faults.is_empty() {
            let (happens, fault) = self.faults.remove(0);
            if happens {
                items.iter().for_each(|item| drop(self.apply(item)));
            }
            return Err(fault);
        }
        Ok(items.iter().map(|item| self.apply(item)).collect())
    }
}

/// A database that outlives its engine and refuses a commit when it is told to.
#[derive(Clone, Default)]
pub(super) struct Rows {
    memory: Rc<RefCell<Memory>>,
    /// Commits until the next failure.
    pub(super) left: Rc<Cell<Option<u64>>>,
    /// Whether the failing commit still reaches the disk.
    pub(super) written: Rc<Cell<bool>>,
    pub(super) commits: Rc<Cell<u64>>,
    /// Rows that were read, and rows that were not there.
    pub(super) reads: Rc<Cell<u64>>,
}

impl Storage for Rows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.reads.set(self.reads.get() + 1);
        self.memory.borrow().get(key)
    }

    fn range(&self, from: &[u8], until: &[u8], most: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let rows = self.memory.borrow().range(from, until, most)?;
        self.reads.set(self.reads.get() + 1 + rows.len() as u64);
        Ok(rows)
    }

    fn commit(&mut self, changes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> Result<()> {
        self.commits.set(self.commits.get() + 1);
        match self.left.get() {
            Some(0) => {
                self.left.set(None);
                if self.written.get() {
                    self.memory.borrow_mut().commit(changes)?;
                }
                Err(Error::storage("the power went out"))
            }
            Some(left) => {
                self.left.set(Some(left - 1));
                self.memory.borrow_mut().commit(changes)
            }
            None => self.memory.borrow_mut().commit(changes),
        }
    }
}

pub(super) fn connector(name: &str, kind: ConnectorKind) -> Connector {
    crate::rules::tests::connector(name, kind)
}

/// A configuration of so many forests (`forest0`...) and the cloud.
pub(super) fn config(forests: usize) -> Config {
    let mut connectors: Vec<Connector> =
        (0..forests).map(|n| connector(&format!("forest{n}"), ConnectorKind::ActiveDirectory)).collect();
    connectors.push(connector("cloud", ConnectorKind::Cloud));
    Config { batch: 4, ..Config::new(connectors) }
}

/// Forests, a cloud, and the database between them.
pub(super) struct World {
    pub(super) forests: Vec<Forest>,
    pub(super) cloud: Cloud,
    pub(super) rows: Rows,
    pub(super) config: Config,
    pub(super) custom: String,
}

impl World {
    pub(super) fn new(forests: usize) -> Self {
        Self {
            forests: vec![Forest::default(); forests],
            cloud: Cloud::default(),
            rows: Rows::default(),
            config: config(forests),
            custom: "format: 1\nrules: []\n".to_owned(),
        }
    }

    /// Opens with rules that were compiled before: for those who open thousands of times.
    pub(super) fn open_quickly(&self, rules: &RuleSet) -> Result<Engine> {
        let none = crate::Mistakes::default();
        Engine::open_with(Box::new(self.rows.clone()), self.config.clone(), none, |_, _| Ok(rules.clone()))
    }

    pub(super) fn open(&self) -> Result<Engine> {
        self.open_mistaken(crate::Mistakes::default())
    }

    pub(super) fn open_mistaken(&self, mistakes: crate::Mistakes) -> Result<Engine> {
        let rules = [("default-rules.yaml", DEFAULT_RULES), ("custom.yaml", self.custom.as_str())];
        Engine::open_mistaken(Box::new(self.rows.clone()), self.config.clone(), &rules, mistakes)
    }
}

pub(super) fn cloud_dn_of(guid: &[u8]) -> String {
    use base64::Engine as _;
    cloud_dn(&base64::engine::general_purpose::STANDARD.encode(guid))
}
