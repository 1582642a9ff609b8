//! What rules may ask about the objects that a reference names.

use super::ObjectView;
use super::attributes::{HIDDEN as HIDDEN_ATTRIBUTE, MAIL as MAIL_ATTRIBUTE};
use super::hash::quick;
use super::octets::digest;
use super::stream::{CheckError, Record, Room, Sorted, Sorter};
use crate::directory::dn::Dn;
use std::sync::OnceLock;

/// The class of an object that a reference names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetClass {
    /// `user` or `inetOrgPerson`.
    User,
    /// `contact`.
    Contact,
    /// `group`.
    Group,
    /// Another class, which the rules do not check.
    Other,
}

/// What is known of an object that a reference (manager, managedBy, member) names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetFacts {
    /// Its index among those that are checked.
    pub object: u32,
    /// Which of several forests or files it came from.
    pub forest: u16,
    /// Its class.
    pub class: TargetClass,
    /// Its account is not disabled; what is no account counts as enabled.
    pub enabled: bool,
    /// It is hidden from address lists.
    pub hidden: bool,
    /// It has a `mail`.
    pub mail: bool,
    /// It is one of the system's own, which no rule looks at and synchronization leaves out.
    pub system: bool,
}

const CLASS: u8 = 3;
const ENABLED: u8 = 4;
const HIDDEN: u8 = 8;
const MAIL: u8 = 16;
const SYSTEM: u8 = 32;

/// A distinguished name's hash, and the object of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    key: u64,
    object: u32,
}

impl Record for Named {
    const OCTETS: usize = 12;

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.key.to_le_bytes());
        out.extend_from_slice(&self.object.to_le_bytes());
    }

    fn read(octets: &[u8]) -> Named {
        let number = |octets: &[u8]| octets.iter().rev().fold(0u64, |sum, b| sum << 8 | u64::from(*b));
        Named { key: number(&octets[..8]), object: number(&octets[8..12]) as u32 }
    }
}

/// What is kept of one object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// The hash of its distinguished name.
    pub(super) key: u64,
    forest: u16,
    flags: u8,
}

impl Known {
    /// Of an object; `system`: no rule looks at it.
    pub(super) fn of(view: &ObjectView, system: bool) -> Known {
        let flags = flags(view) | if system { SYSTEM } else { 0 };
        Known { key: dn_key(&view.dn), forest: view.forest, flags }
    }
}

/// Takes note of objects in their order.
#[derive(Debug)]
pub(super) struct FactsBuilder {
    names: Sorter<Named>,
    flags: Vec<(u16, u8)>,
    /// The names of groups, by their hashes.
    groups: Vec<u64>,
}

impl FactsBuilder {
    pub(super) fn new(room: &Room) -> FactsBuilder {
        FactsBuilder { names: Sorter::new(room), flags: Vec::new(), groups: Vec::new() }
    }

    /// The next objects.
    pub(super) fn note(&mut self, known: &[Known]) -> Result<(), CheckError> {
        for one in known {
            let object = self.flags.len() as u32;
            self.flags.push((one.forest, one.flags));
            if one.flags & CLASS == TargetClass::Group as u8 {
                self.groups.push(one.key);
            }
            self.names.push(Named { key: one.key, object })?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Facts, CheckError> {
        let names = self.names.finish()?;
        let starts = match &names {
            Sorted::Memory(names) => starts(names),
            Sorted::File(_) => Vec::new(),
        };
        let groups = Sieve::of(&self.groups);
        Ok(Facts { names, starts, flags: self.flags, groups, failed: OnceLock::new() })
    }
}

/// Where the names begin whose hashes have the same first bits, and behind them the end: hashes are spread
/// evenly, so that few share their bits.
fn starts(names: &[Named]) -> Vec<u32> {
    let buckets = (names.len() / 2).next_power_of_two().max(2);
    let shift = u64::BITS - buckets.trailing_zeros();
    let mut starts = vec![0; buckets + 1];
    for name in names {
        starts[(name.key >> shift) as usize + 1] += 1;
    }
    for bucket in 1..starts.len() {
        starts[bucket] += starts[bucket - 1];
    }
    starts
}

/// Tells of most keys at once that they are not among these.
#[derive(Debug)]
struct Sieve(Vec<u64>);

impl Sieve {
    fn of(keys: &[u64]) -> Sieve {
        // so many bits that one of sixteen strangers slips through at most
        let mut sieve = Sieve(vec![0; (keys.len() / 4).next_power_of_two()]);
        for key in keys {
            let (word, bit) = sieve.place(*key);
            sieve.0[word] |= bit;
        }
        sieve
    }

    fn place(&self, key: u64) -> (usize, u64) {
        ((key >> 6) as usize & (self.0.len() - 1), 1 << (key & 63))
    }

    fn may_hold(&self, key: u64) -> bool {
        let (word, bit) = self.place(key);
        self.0[word] & bit != 0
    }
}

/// Every object by its distinguished name.
#[derive(Debug)]
pub struct Facts {
    names: Sorted<Named>,
    /// See [`starts`]; empty where the names lie in a file.
    starts: Vec<u32>,
    /// Forest and flags, by number of the object.
    flags: Vec<(u16, u8)>,
    /// The names of groups.
    groups: Sieve,
    /// The first failure to read names that lie in a file.
    failed: OnceLock<CheckError>,
}

impl Facts {
    /// The object of this name, in any spelling; none when it is not among those that are checked. Of several
    /// forests that have the same name, the first object's.
    pub fn of_dn(&self, dn: &str) -> Option<TargetFacts> {
        self.of_key(dn_key(dn))
    }

    /// The group of this name: see [`Facts::of_dn`].
    pub(super) fn group_of_dn(&self, dn: &str) -> Option<TargetFacts> {
        let key = Some(dn_key(dn)).filter(|key| self.groups.may_hold(*key))?;
        self.of_key(key).filter(|target| target.class == TargetClass::Group)
    }

    /// The object whose name has this hash: see [`dn_key`].
    pub(super) fn of_key(&self, key: u64) -> Option<TargetFacts> {
        match self.find(key) {
            Ok(found) => found.and_then(|object| self.of_object(object)),
            Err(error) => {
                self.failed.get_or_init(|| error);
                None
            }
        }
    }

    fn find(&self, key: u64) -> Result<Option<u32>, CheckError> {
        if let Sorted::Memory(names) = &self.names {
            let buckets = self.starts.len() - 1;
            let bucket = (key >> (u64::BITS - buckets.trailing_zeros())) as usize;
            let range = self.starts[bucket] as usize..self.starts[bucket + 1] as usize;
            return Ok(names[range].iter().find(|held| held.key == key).map(|held| held.object));
        }
        let found = self.names.seek(|held| held.key < key)?.next()?;
        Ok(found.filter(|held| held.key == key).map(|held| held.object))
    }

    /// No rule looks at this object.
    pub(super) fn is_system(&self, object: u32) -> bool {
        self.flags.get(object as usize).is_none_or(|(_, flags)| flags & SYSTEM != 0)
    }

    /// What went wrong while names were looked up, if anything did: then what was found is worth nothing.
    pub(super) fn into_failure(self) -> Result<(), CheckError> {
        self.failed.into_inner().map_or(Ok(()), Err)
    }

    fn of_object(&self, object: u32) -> Option<TargetFacts> {
        let (forest, flags) = *self.flags.get(object as usize)?;
        let class = [TargetClass::User, TargetClass::Contact, TargetClass::Group, TargetClass::Other];
        Some(TargetFacts {
            object,
            forest,
            class: class[usize::from(flags & CLASS)],
            enabled: flags & ENABLED != 0,
            hidden: flags & HIDDEN != 0,
            mail: flags & MAIL != 0,
            system: flags & SYSTEM != 0,
        })
    }
}

fn flags(view: &ObjectView) -> u8 {
    let class = match view.class.as_str() {
        "user" | "inetOrgPerson" => TargetClass::User,
        "contact" => TargetClass::Contact,
        "group" => TargetClass::Group,
        _ => TargetClass::Other,
    };
    let hidden = view.slot(HIDDEN_ATTRIBUTE).first().is_some_and(|v| v.eq_ignore_ascii_case("TRUE"));
    let flag = |is: bool, bit: u8| if is { bit } else { 0 };
    class as u8
        | flag(view.is_enabled(), ENABLED)
        | flag(hidden, HIDDEN)
        | flag(!view.slot(MAIL_ATTRIBUTE).is_empty(), MAIL)
}

/// The same number for every spelling of one distinguished name; different ones practically never have the
/// same. What objects are found by.
pub(super) fn dn_key(dn: &str) -> u64 {
    match is_simple(dn.as_bytes()) && is_lower(dn) {
        true => quick(dn.as_bytes()),
        false => quick(normalized(dn).as_bytes()),
    }
}

/// Another such number, which decides who comes first among objects of one age: it stays the same for good.
pub(super) fn dn_digest(dn: &str) -> u64 {
    let mut lower = [0u8; 256];
    match lower.get_mut(..dn.len()) {
        Some(lower) if dn.is_ascii() && is_simple(dn.as_bytes()) => {
            lower.copy_from_slice(dn.as_bytes());
            lower.make_ascii_lowercase();
            digest(lower)
        }
        _ => digest(normalized(dn).as_bytes()),
    }
}

/// What all spellings of a name have in common.
fn normalized(dn: &str) -> String {
    if is_simple(dn.as_bytes()) {
        return lower(dn);
    }
    Dn::parse(dn).map_or_else(|_| lower(dn), |parsed| parsed.normalized())
}

/// Every letter outside ASCII is a small one.
fn is_lower(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let mut characters = rest[at..].chars();
        let small =
            |c: char| matches!(c, '\u{df}'..='\u{f6}' | '\u{f8}'..='\u{ff}') || c.to_lowercase().eq([c]);
        if !characters.next().is_some_and(small) {
            return false;
        }
        rest = characters.as_str();
    }
    true
}

/// Character by character, in long steps over ASCII.
fn lower(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let mut characters = from.chars();
        out.extend(characters.next().into_iter().flat_map(char::to_lowercase));
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.make_ascii_lowercase();
    out
}

/// Every spelling of the name is this one but for its case: nothing is escaped that could be written
/// otherwise or would have to be, and no white space stands where it may as well be left out: beside a
/// separator, or at the ends. What is no name at all has one spelling only, too.
fn is_simple(dn: &[u8]) -> bool {
    let odd = |b: u8| matches!(b, 0..=0x1f | b'"' | b'#' | b'+' | b';' | b'<' | b'>' | b'\\' | 0x7f);
    let separates = |b: u8| matches!(b, b',' | b'=');
    // without a way out of the middle several octets are looked at in one step
    let odd = dn.iter().fold(false, |found, b| found | odd(*b));
    let pairs = dn.iter().zip(dn.get(1..).unwrap_or_default());
    let spaced = pairs
        .fold(false, |found, (a, b)| found | (*a == b' ') & separates(*b) | (*b == b' ') & separates(*a));
    let count = |wanted: u8| dn.iter().fold(0u32, |sum, b| sum + u32::from(*b == wanted));
    // of parts that commas separate, one with a second `=` has it in its value, or another has none
    let spare = count(b'=') > count(b',') + 1;
    let ends = dn.starts_with(b" ") || dn.ends_with(b" ");
    !(odd | spaced | spare | ends) || is_simple_with_commas(dn)
}

/// The same of a name in which commas are escaped: `CN=Curie\, Marie,DC=contoso,DC=com`.
fn is_simple_with_commas(dn: &[u8]) -> bool {
    let (mut before, mut in_value) = (b',', false);
    let mut octets = dn.iter().copied();
    while let Some(octet) = octets.next() {
        let plain = match octet {
            b'\\' => octets.next() == Some(b','),
            b',' => std::mem::take(&mut in_value) && before != b' ',
            b'=' => !std::mem::replace(&mut in_value, true) && before != b' ',
            b' ' => !matches!(before, b',' | b'='),
            0..=0x1f | b'"' | b'#' | b'+' | b';' | b'<' | b'>' | 0x7f => false,
            _ => true,
        };
        if !plain {
            return false;
        }
        // an escaped comma separates nothing
        before = octet;
    }
    before != b' '
}

#[cfg(test)]
mod tests {
    use super::super::skip::is_skipped;
    use super::*;

    fn of(objects: &[ObjectView]) -> Facts {
        of_room(objects, &Room::memory())
    }

    fn of_room(objects: &[ObjectView], room: &Room) -> Facts {
        let mut builder = FactsBuilder::new(room);
        let known: Vec<Known> = objects.iter().map(|view| Known::of(view, is_skipped(view))).collect();
        builder.note(&known).unwrap();
        builder.finish().unwrap()
    }

    #[test]
    fn a_name_is_found_in_every_spelling() {
        let names = [
            "CN=Ada Lovelace,OU=Staff,DC=contoso,DC=local",
            "CN=Curie\\, Marie,DC=contoso,DC=local",
            "CN=Jürgen",
            "CN=a\\=b",
        ];
        let objects: Vec<ObjectView> = names.iter().map(|dn| ObjectView::new(*dn, "user")).collect();
        let facts = of(&objects);
        let check = |dn: &str, expected: Option<u32>| {
            assert_eq!(facts.of_dn(dn).map(|target| target.object), expected, "{dn}");
        };
        check("cn=ada lovelace,ou=staff,dc=contoso,dc=local", Some(0));
        check("CN=Ada Lovelace, OU=Staff, DC=contoso, DC=local", Some(0));
        check("CN = Ada Lovelace,OU=Staff,DC=contoso,DC=local", Some(0));
        check("CN=Ada\\20Lovelace,OU=Staff,DC=contoso,DC=local", Some(0));
        check("CN=\"Curie, Marie\",DC=contoso,DC=local", Some(1));
        check("cn=curie\\2c marie,dc=contoso,dc=local", Some(1));
        check("cn=curie\\, MARIE,dc=contoso,dc=local", Some(1));
        check("cn=curie\\,  marie,dc=contoso,dc=local", None);
        check("cn=curie\\,marie,dc=contoso,dc=local", None);
        check("cn=curie, marie,dc=contoso,dc=local", None);
        check("CN=JÜRGEN", Some(2));
        check("CN=a=b", Some(3));
        check("cn=A\\3Db", Some(3));
        check("CN=Ada,OU=Staff,DC=contoso,DC=local", None);
        check("CN=Ada LovelaceOU=Staff,DC=contoso,DC=local", None);
        check("no name", None);
        check("", None);
    }

    /// What every spelling of a name has in common, letter by letter and without a shortcut.
    fn naive(name: &str) -> String {
        let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect();
        Dn::parse(name).map_or_else(|_| lower(name), |parsed| parsed.normalized())
    }

    /// All short rows of what names are made of, alone and as the value of a name.
    #[test]
    fn the_shortcuts_say_of_every_short_name_what_the_parser_says() {
        const PARTS: [&str; 12] =
            ["a", "B", "\u{dc}", " ", ",", "=", "\\", "\"", "#", "+", "\u{1f}", "\u{7f}"];
        let longer =
            |rows: &[String]| rows.iter().flat_map(|row| PARTS.map(|part| format!("{row}{part}"))).collect();
        let check = |name: &str| {
            let naive = naive(name);
            assert_eq!(dn_key(name), quick(naive.as_bytes()), "{name:?}");
            assert_eq!(dn_digest(name), digest(naive.as_bytes()), "{name:?}");
        };
        let mut rows: Vec<String> = vec![String::new()];
        for length in 0..=4 {
            for row in &rows {
                check(&format!("a={row}"));
                if length < 4 {
                    check(row);
                    check(&format!("{row}b=a"));
                    check(&format!("a{row}b"));
                    check(&format!("a={row},b=a"));
                }
            }
            rows = longer(&rows);
        }
    }

    #[test]
    fn a_name_is_found_in_a_file_as_in_memory() {
        let name = |nth: usize| format!("CN=Object {nth},DC=contoso,DC=local");
        let objects: Vec<ObjectView> = (0..700).map(|nth| ObjectView::new(name(nth), "user")).collect();
        let facts = of_room(&objects, &Room::with_files(&std::env::temp_dir(), 50, 0));
        assert!(matches!(facts.names, Sorted::File(_)));
        for nth in 0..900 {
            let found = facts.of_dn(&name(nth)).map(|target| target.object as usize);
            assert_eq!(found, (nth < 700).then_some(nth));
        }
        assert!(facts.into_failure().is_ok());
    }

    #[test]
    fn a_failure_to_look_a_name_up_is_told_at_the_end() {
        let facts = of(&[]);
        facts.failed.set(CheckError::damaged()).unwrap();
        assert!(facts.into_failure().is_err());
    }

    #[test]
    fn facts_tell_what_rules_ask() {
        let of = |view: ObjectView| of(&[view]).of_dn("CN=x").unwrap();
        let plain = of(ObjectView::new("CN=x", "user"));
        assert!(plain.enabled && !plain.hidden && !plain.mail && !plain.system);
        assert_eq!(of(ObjectView::new("CN=x", "group").in_forest(3)).class, TargetClass::Group);
        assert_eq!(of(ObjectView::new("CN=x", "group").in_forest(3)).forest, 3);
        assert_eq!(of(ObjectView::new("CN=x", "contact")).class, TargetClass::Contact);
        assert_eq!(of(ObjectView::new("CN=x", "inetOrgPerson")).class, TargetClass::User);
        assert_eq!(of(ObjectView::new("CN=x", "computer")).class, TargetClass::Other);
        let with = |attribute: &str, value: &str| {
            of(ObjectView::new("CN=x", "user").with(attribute, vec![value.to_owned()]))
        };
        assert!(!with("userAccountControl", "514").enabled);
        assert!(with("msExchHideFromAddressLists", "TRUE").hidden);
        assert!(with("mail", "x@contoso.com").mail);
        assert!(with("isCriticalSystemObject", "TRUE").system);
    }
}
