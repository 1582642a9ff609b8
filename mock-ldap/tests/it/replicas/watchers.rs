//! Three ways to keep a replica.

use super::copy::{Copy, KEPT, Object, guid, guid_of, guids};
use super::plan::{Estate, bound};
use crate::support::{Answer, Client, DOMAIN, Shown, below, control, decode, object};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::LdapOp;
use std::collections::{BTreeMap, BTreeSet};

const FILTER: &str = "(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit))";
const INCREMENTAL: i64 = -0x8000_0000;
const ANCESTORS_FIRST: i64 = 0x800;

/// Names with GUIDs; deleted objects, recycled ones, and the links that the recycle bin hides.
fn controls() -> Vec<LdapControl> {
    let text = [0x30, 3, 2, 1, 1];
    let mut controls = vec![control("1.2.840.113556.1.4.529", true, Some(&text))];
    controls
        .extend(["417", "2064", "2065"].map(|arc| control(&format!("1.2.840.113556.1.4.{arc}"), true, None)));
    controls
}

/// A replica by DirSync.
pub(super) struct DirSync {
    client: Client,
    bin: bool,
    by_value: bool,
    cookie: Vec<u8>,
    /// What the answers of a round told, until it is over.
    gathered: Vec<Shown>,
    begun: bool,
    objects: BTreeMap<String, Object>,
    dead: BTreeSet<String>,
    copy: Copy,
}

impl DirSync {
    pub(super) fn new(estate: &Estate, by_value: bool) -> DirSync {
        let mut replica = DirSync {
            client: bound(&estate.world, estate.watched),
            bin: estate.world.controller(estate.watched).recycle_bin_enabled(),
            by_value,
            cookie: Vec::new(),
            gathered: Vec::new(),
            begun: false,
            objects: BTreeMap::new(),
            dead: BTreeSet::new(),
            copy: Copy::default(),
        };
        replica.finish();
        replica
    }

    pub(super) fn copy(&self) -> &Copy {
        &self.copy
    }

    /// Asks for the next so many answers.
    pub(super) fn ask(&mut self, answers: u8, max_bytes: i64, ancestors: bool) {
        for _ in 0..answers {
            if !self.ask_once(max_bytes, if ancestors { ANCESTORS_FIRST } else { 0 }) {
                return;
            }
        }
    }

    /// Asks for the rest of a round that has begun.
    pub(super) fn finish_begun(&mut self) {
        if self.begun {
            self.finish();
        }
    }

    /// Asks until there is no more.
    pub(super) fn finish(&mut self) {
        while self.ask_once(0, 0) {}
    }

    fn ask_once(&mut self, max_bytes: i64, flags: i64) -> bool {
        let flags = if self.by_value { INCREMENTAL | flags } else { flags };
        let attributes = [&KEPT[..], &["member", "isDeleted", "isRecycled"]].concat();
        let cookie = Some(std::mem::take(&mut self.cookie));
        let dir_sync = LdapControl::AdDirsync { flags, max_bytes, cookie };
        let request = below(DOMAIN, FILTER, &attributes);
        let answer = self.client.search_with(request, [vec![dir_sync], controls()].concat());
        assert_eq!(answer.code, 0, "{}", answer.text);
        let [LdapControl::AdDirsync { flags: more, cookie: Some(cookie), .. }] = &answer.controls[..] else {
            panic!("{:?}", answer.controls)
        };
        self.cookie.clone_from(cookie);
        self.gathered.extend(answer.entries);
        self.begun = *more != 0;
        if !self.begun {
            self.take_over();
        }
        self.begun
    }

    /// The round is over. Links that went with a deleted object leave no other trace, so these go first.
    fn take_over(&mut self) {
        let entries = std::mem::take(&mut self.gathered);
        for entry in entries.iter().filter(|entry| entry.names().contains(&"isDeleted")) {
            let guid = guid_of(entry);
            if !self.bin {
                for object in self.objects.values_mut() {
                    object.members.remove(&guid);
                }
                self.objects.entry(guid).or_default().members.clear();
            }
        }
        entries.iter().for_each(|entry| self.take(entry));
        self.copy = Copy::of(&self.objects, &self.dead);
    }

    fn take(&mut self, entry: &Shown) {
        let guid = guid_of(entry);
        let names = entry.names();
        if names.contains(&"isDeleted") {
            match entry.text("isDeleted").as_str() {
                "TRUE" => self.dead.insert(guid.clone()),
                _ => self.dead.remove(&guid),
            };
        }
        let object = self.objects.entry(guid).or_default();
        if let Some(parent) = entry.bytes("parentGUID").first() {
            object.parent = super::copy::guid(parent);
        }
        for name in KEPT.into_iter().filter(|name| names.contains(name)) {
            match entry.text(name) {
                value if value.is_empty() => object.values.remove(name),
                value => object.values.insert(name.to_owned(), value),
            };
        }
        if names.contains(&"member") {
            object.members = guids(&entry.texts("member"));
        }
        for gone in guids(&entry.texts("member;range=0-0")) {
            object.members.remove(&gone);
        }
        object.members.extend(guids(&entry.texts("member;range=1-1")));
    }
}

/// Objects as whole entries tell them: what polling and notification have in common.
#[derive(Default)]
struct Whole {
    objects: BTreeMap<String, Object>,
    dead: BTreeSet<String>,
    copy: Copy,
}

/// Attributes that whole entries have to have: `memberOf` tells of the groups of an object that came back, which
/// do not change themselves.
const OF_WHOLE: [&str; 5] = ["member", "memberOf", "isDeleted", "objectGUID", "parentGUID"];

impl Whole {
    fn take(&mut self, entry: &Shown) {
        let guid_here = guid_of(entry);
        if entry.text("isDeleted") == "TRUE" {
            self.dead.insert(guid_here.clone());
        } else {
            self.dead.remove(&guid_here);
        }
        let values = KEPT.into_iter().filter(|name| entry.names().contains(name));
        let values = values.map(|name| (name.to_owned(), entry.text(name))).collect();
        let parent = entry.bytes("parentGUID").first().map(|bytes| guid(bytes)).unwrap_or_default();
        let members = guids(&entry.texts("member"));
        let groups = guids(&entry.texts("memberOf"));
        self.objects.insert(guid_here.clone(), Object { parent, values, members });
        for (group, object) in &mut self.objects {
            if groups.contains(group) {
                object.members.insert(guid_here.clone());
            } else {
                object.members.remove(&guid_here);
            }
        }
    }

    fn take_all(&mut self, answer: &Answer) {
        answer.entries.iter().for_each(|entry| self.take(entry));
        self.copy = Copy::of(&self.objects, &self.dead);
    }
}

/// A replica by polling `(uSNChanged>=N)`.
pub(super) struct Polling {
    client: Client,
    known: u64,
    whole: Whole,
}

impl Polling {
    pub(super) fn new(estate: &Estate) -> Polling {
        let mut replica =
            Polling { client: bound(&estate.world, estate.watched), known: 0, whole: Whole::default() };
        replica.poll();
        replica
    }

    pub(super) fn copy(&self) -> &Copy {
        &self.whole.copy
    }

    pub(super) fn poll(&mut self) {
        // first how far the server is, then what changed: the other way round changes would be missed
        let root = self.client.search(object("", &["highestCommittedUSN"]));
        let highest: u64 = root.entries[0].text("highestCommittedUSN").parse().expect("a number");
        let filter = format!("(&(uSNChanged>={}){FILTER})", self.known + 1);
        let attributes = [&KEPT[..], &OF_WHOLE].concat();
        let answer = self.client.search_with(below(DOMAIN, &filter, &attributes), controls());
        assert_eq!(answer.code, 0, "{}", answer.text);
        self.whole.take_all(&answer);
        self.known = highest;
    }
}

/// A replica by change notification.
pub(super) struct Notified {
    client: Client,
    whole: Whole,
}

impl Notified {
    pub(super) fn new(estate: &Estate) -> Notified {
        let mut client = bound(&estate.world, estate.watched);
        let attributes = [&KEPT[..], &OF_WHOLE].concat();
        // first the notification, then what is there: the other way round changes would be missed
        let search = LdapOp::SearchRequest(below(DOMAIN, "(objectClass=*)", &attributes));
        let notification = control("1.2.840.113556.1.4.528", true, None);
        let bytes = client.encode(search, [vec![notification], controls()].concat());
        client.session.handle(&bytes);
        let answer = client.search_with(below(DOMAIN, FILTER, &attributes), controls());
        let mut whole = Whole::default();
        whole.take_all(&answer);
        Notified { client, whole }
    }

    pub(super) fn copy(&self) -> &Copy {
        &self.whole.copy
    }

    /// Takes what the server has to tell.
    pub(super) fn listen(&mut self) {
        let mut out = Vec::new();
        while self.client.session.notify(&mut out) {}
        self.whole.take_all(&decode(&out));
    }
}
