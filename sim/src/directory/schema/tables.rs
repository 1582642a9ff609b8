//! Reading the tables, once for the program.

use super::super::known;
use super::{AttrId, Attribute, Class, ClassCategory, ClassId, Confidence, Origin, Syntax};
use crate::ids::Guid;
use hashbrown::HashTable;
use std::sync::LazyLock;

const ATTRIBUTES: &str = include_str!("../../../data/ad-schema-attributes.psv");
const CLASSES: &str = include_str!("../../../data/ad-schema-classes.psv");
const EXTENSIONS: &str = include_str!("../../../data/ad-schema-extensions.psv");

/// The arc under which attributes without a sourced OID are numbered, in the order of their rows: below
/// 2.25 (UUID-derived OIDs), so that it collides with no registered one.
const OWN_ARC: &str = "2.25.221043180963474113577302414190413421847.1";

pub(super) static TABLES: LazyLock<Tables> = LazyLock::new(Tables::parse);

/// A set of attributes, one bit each.
#[derive(Debug, Clone, Default)]
pub(crate) struct AttributeSet(Vec<u64>);

impl AttributeSet {
    pub(crate) fn insert(&mut self, id: AttrId) {
        let word = id.index() / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (id.index() % 64);
    }

    pub(crate) fn contains(&self, id: AttrId) -> bool {
        self.0.get(id.index() / 64).is_some_and(|word| word >> (id.index() % 64) & 1 == 1)
    }

    fn extend(&mut self, other: &AttributeSet) {
        other.iter().for_each(|id| self.insert(id));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = AttrId> + use<> {
        let words = self.0.clone();
        (0..words.len() * 64)
            .filter(move |i| words[i / 64] >> (i % 64) & 1 == 1)
            .map(|i| AttrId::from_index(i as u16))
    }
}

#[derive(Clone)]
pub(super) struct Tables {
    pub(super) attributes: Vec<Attribute>,
    pub(super) classes: Vec<Class>,
    pub(super) allowed: Vec<AttributeSet>,
    pub(super) required: Vec<AttributeSet>,
    pub(super) superiors: Vec<Vec<ClassId>>,
    pub(super) auxiliary: Vec<Vec<ClassId>>,
    /// Attributes that name objects of some class.
    pub(super) naming: AttributeSet,
    /// Attributes of a run-time extension that are no longer used.
    pub(super) defunct: AttributeSet,
    attribute_names: Names,
    class_names: Names,
    links: Vec<(u32, AttrId)>,
}

/// Names and OIDs to ids, case-insensitive. The table is only probed, never iterated.
#[derive(Clone)]
struct Names {
    table: HashTable<(String, u16)>,
}

fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl Names {
    fn new() -> Names {
        Names { table: HashTable::new() }
    }

    fn insert(&mut self, name: &str, id: u16) {
        if self.find(name).is_none() {
            let entry = (name.to_ascii_lowercase(), id);
            self.table.insert_unique(name_hash(name), entry, |(name, _)| name_hash(name));
        }
    }

    fn find(&self, name: &str) -> Option<u16> {
        self.table.find(name_hash(name), |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, id)| *id)
    }
}

fn rows(text: &'static str, header: bool) -> Vec<Vec<&'static str>> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.skip(usize::from(header)).map(|line| line.split('|').collect()).collect()
}

/// The rows, those of known names first and in their order.
fn known_first(rows: Vec<Vec<&'static str>>, known: &[&str]) -> Vec<Vec<&'static str>> {
    let rank = |row: &Vec<&str>| known.iter().position(|name| *name == row[0]).unwrap_or(known.len());
    let mut rows = rows;
    rows.sort_by_cached_key(rank);
    rows
}

impl Tables {
    fn parse() -> Tables {
        let base = rows(ATTRIBUTES, true).into_iter();
        let extensions = rows(EXTENSIONS, false).into_iter();
        let attribute_rows = known_first(base.chain(extensions).collect(), known::attr::NAMES);
        let class_rows = known_first(rows(CLASSES, true), known::class::NAMES);
        let mut own = 0;
        let attributes: Vec<Attribute> = attribute_rows
            .iter()
            .enumerate()
            .map(|(index, row)| attribute(AttrId::from_index(index as u16), row, &mut own))
            .collect();
        let mut attribute_names = Names::new();
        for row in &attributes {
            attribute_names.insert(row.name, row.id.index() as u16);
            attribute_names.insert(row.oid, row.id.index() as u16);
        }
        let mut class_names = Names::new();
        for (index, row) in class_rows.iter().enumerate() {
            class_names.insert(row[0], index as u16);
            class_names.insert(row[1], index as u16);
        }
        for (index, row) in class_rows.iter().enumerate() {
            class_names.insert(row[12], index as u16);
        }
        let links = attributes.iter().filter_map(|row| Some((row.link_id?, row.id))).collect();
        let mut tables = Tables {
            attributes,
            classes: Vec::new(),
            allowed: Vec::new(),
            required: Vec::new(),
            superiors: Vec::new(),
            auxiliary: Vec::new(),
            naming: AttributeSet::default(),
            defunct: AttributeSet::default(),
            attribute_names,
            class_names,
            links,
        };
        tables.classes =
            class_rows.iter().enumerate().map(|(index, row)| tables.class(index as u16, row)).collect();
        for row in &tables.classes {
            tables.naming.insert(row.rdn);
        }
        tables.close();
        tables
    }

    fn class(&self, index: u16, row: &[&'static str]) -> Class {
        let classes = |list: &str| list.split_whitespace().filter_map(|n| self.find_class(n)).collect();
        let attributes =
            |list: &str| list.split_whitespace().filter_map(|n| self.find_attribute(n)).collect();
        let id = ClassId::from_index(index);
        Class {
            id,
            name: row[0],
            oid: row[1],
            cn: row[12],
            category: match row[3] {
                "0" => ClassCategory::Class88,
                "2" => ClassCategory::Abstract,
                "3" => ClassCategory::Auxiliary,
                _ => ClassCategory::Structural,
            },
            super_class: self.find_class(row[2]).unwrap_or(id),
            chain: Vec::new(),
            auxiliary: classes(row[4]),
            must: attributes(row[5]),
            may: attributes(row[6]),
            possible_superiors: classes(row[7]),
            rdn: self.find_attribute(row[8]).unwrap_or(known::attr::CN),
            default_category: self.find_class(row[9]).unwrap_or(id),
            system_only: !row[10].is_empty(),
            schema_id_guid: Guid::parse(row[11]),
        }
    }

    /// Computes chains and what a class gets from its superclasses and auxiliary classes.
    pub(super) fn close(&mut self) {
        for index in 0..self.classes.len() {
            let mut chain = vec![ClassId::from_index(index as u16)];
            while let Some(last) = chain.last().map(|id| &self.classes[id.index()])
                && last.super_class != last.id
            {
                chain.push(last.super_class);
            }
            chain.reverse();
            self.classes[index].chain = chain;
        }
        for index in 0..self.classes.len() {
            let (mut seen, mut todo) = (Vec::new(), self.classes[index].chain.clone());
            while let Some(id) = todo.pop() {
                if !seen.contains(&id) {
                    seen.push(id);
                    todo.extend_from_slice(&self.classes[id.index()].auxiliary);
                    todo.extend_from_slice(&self.classes[id.index()].chain);
                }
            }
            seen.sort();
            let (mut allowed, mut required, mut superiors) =
                (AttributeSet::default(), AttributeSet::default(), Vec::new());
            for id in &seen {
                let class = &self.classes[id.index()];
                class.must.iter().chain(&class.may).for_each(|id| allowed.insert(*id));
                class.must.iter().for_each(|id| required.insert(*id));
                if class.name == "mailRecipient" {
                    allowed.extend(&self.extension_attributes());
                }
            }
            for id in &self.classes[index].chain {
                superiors.extend_from_slice(&self.classes[id.index()].possible_superiors);
            }
            self.allowed.push(allowed);
            self.required.push(required);
            self.superiors.push(superiors);
            self.auxiliary.push(seen);
        }
    }

    /// Extensions hang on `mailRecipient`, which users, groups and contacts all have as auxiliary class
    /// (assumed: the tables do not say which class a row extends).
    fn extension_attributes(&self) -> AttributeSet {
        let mut set = AttributeSet::default();
        let of_table = |row: &&Attribute| !matches!(row.origin, Origin::Base | Origin::RunTime);
        let rows = self.attributes.iter().filter(of_table);
        rows.for_each(|row| set.insert(row.id));
        set
    }

    /// Makes an attribute known by its names.
    pub(super) fn name_attribute(&mut self, row: &Attribute) {
        self.attribute_names.insert(row.name, row.id.index() as u16);
        self.attribute_names.insert(row.oid, row.id.index() as u16);
        self.links.extend(row.link_id.map(|link_id| (link_id, row.id)));
    }

    /// Makes a class known by its names before it has a row: classes name one another.
    pub(super) fn name_class(&mut self, index: usize, new: &super::extend::NewClass) {
        for name in [&new.name, &new.oid, &new.cn] {
            self.class_names.insert(name, index as u16);
        }
    }

    pub(super) fn find_attribute(&self, name: &str) -> Option<AttrId> {
        self.attribute_names.find(name).map(AttrId::from_index)
    }

    pub(super) fn find_class(&self, name: &str) -> Option<ClassId> {
        self.class_names.find(name).map(ClassId::from_index)
    }

    pub(super) fn by_link_id(&self, link_id: u32) -> Option<AttrId> {
        self.links.iter().find(|(id, _)| *id == link_id).map(|(_, attribute)| *attribute)
    }
}

/// What no reader ever gets (MS-ADTS 3.1.1.4.4).
fn is_secret(name: &str) -> bool {
    const SECRET: [&str; 11] = [
        "unicodePwd",
        "dBCSPwd",
        "ntPwdHistory",
        "lmPwdHistory",
        "supplementalCredentials",
        "currentValue",
        "priorValue",
        "initialAuthIncoming",
        "initialAuthOutgoing",
        "trustAuthIncoming",
        "trustAuthOutgoing",
    ];
    SECRET.contains(&name)
}

fn attribute(id: AttrId, row: &[&'static str], own: &mut u32) -> Attribute {
    let (attribute_syntax, om_syntax) = row[2].split_once('/').unwrap_or((row[2], "64"));
    let om_syntax = om_syntax.parse().unwrap_or(64);
    let oid = if row[1].starts_with(|c: char| c.is_ascii_digit()) {
        row[1]
    } else {
        *own += 1;
        &*Box::leak(format!("{OWN_ARC}.{own}").into_boxed_str())
    };
    let (lower, upper) = row[7].split_once("..").unwrap_or(("", ""));
    let flag = |letter: char, bit: i64| if row[4].contains(letter) { bit } else { 0 };
    let extension = row.get(11).is_some_and(|c| matches!(*c, "observed" | "documented" | "assumed"));
    Attribute {
        id,
        name: row[0],
        oid,
        cn: if extension { row[0] } else { row[11] },
        syntax: Syntax::from_numbers(attribute_syntax, om_syntax).unwrap_or(Syntax::OctetString),
        attribute_syntax,
        om_syntax,
        single_valued: row[3] == "S",
        search_flags: flag('I', 1)
            | flag('C', 2)
            | flag('A', 4)
            | flag('P', 8)
            | flag('Y', 16)
            | flag('F', 128),
        not_replicated: row[5].contains("notrepl"),
        constructed: row[5].contains("constructed"),
        link_id: row[6].parse().ok(),
        range_lower: lower.parse().ok(),
        range_upper: upper.parse().ok(),
        in_global_catalog: row[8] == "PAS",
        system_only: !row[9].is_empty(),
        secret: is_secret(row[0]),
        schema_id_guid: if extension { None } else { Guid::parse(row[10]) },
        origin: match (extension, row[10]) {
            (false, _) => Origin::Base,
            (true, "skype") => Origin::Skype,
            (true, "server-2016") => Origin::Server2016,
            (true, _) => Origin::Exchange,
        },
        confidence: match row.get(11) {
            Some(&"assumed") if extension => Confidence::Assumed,
            Some(&"documented") if extension => Confidence::Documented,
            _ => Confidence::Observed,
        },
    }
}
