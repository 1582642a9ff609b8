//! A schema that was extended at run time: attributes and classes of a forest's own, behind those of the
//! tables, and what was added to the rows of the tables.
//!
//! Rows live as long as the program, as those of the tables do: readers borrow them. An extended set of tables
//! is made once for each set of additions, however many directories, checkpoints and resets share it, and
//! their number is bounded.

use super::tables::{AttributeSet, TABLES, Tables};
use super::{AttrId, Attribute, Class, ClassCategory, ClassId, Confidence, Origin, Schema, Syntax};
use crate::ids::Guid;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Different extended schemas that one program may come to: each takes about a megabyte for good.
const MOST: usize = 128;

static MADE: Mutex<BTreeMap<Additions, &'static Tables>> = Mutex::new(BTreeMap::new());

/// An attribute that the tables do not have (an `attributeSchema` object).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::directory) struct NewAttribute {
    pub(in crate::directory) name: String,
    pub(in crate::directory) oid: String,
    pub(in crate::directory) cn: String,
    pub(in crate::directory) attribute_syntax: String,
    pub(in crate::directory) om_syntax: i64,
    pub(in crate::directory) single_valued: bool,
    pub(in crate::directory) system_only: bool,
    pub(in crate::directory) link_id: Option<u32>,
    pub(in crate::directory) guid: Option<[u8; 16]>,
    pub(in crate::directory) defunct: bool,
    pub(in crate::directory) tunable: Tunable,
}

/// What may be changed on an attribute, of the tables or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::directory) struct Tunable {
    pub(in crate::directory) search_flags: i64,
    pub(in crate::directory) range_lower: Option<i64>,
    pub(in crate::directory) range_upper: Option<i64>,
    pub(in crate::directory) in_global_catalog: bool,
}

impl Tunable {
    pub(in crate::directory) fn of(row: &Attribute) -> Tunable {
        Tunable {
            search_flags: row.search_flags,
            range_lower: row.range_lower,
            range_upper: row.range_upper,
            in_global_catalog: row.in_global_catalog,
        }
    }
}

/// Names that a class got: of attributes and classes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::directory) struct ClassParts {
    pub(in crate::directory) auxiliary: Vec<String>,
    pub(in crate::directory) must: Vec<String>,
    pub(in crate::directory) may: Vec<String>,
    pub(in crate::directory) superiors: Vec<String>,
}

impl ClassParts {
    pub(in crate::directory) fn is_empty(&self) -> bool {
        *self == ClassParts::default()
    }
}

/// A class that the tables do not have (a `classSchema` object).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::directory) struct NewClass {
    pub(in crate::directory) name: String,
    pub(in crate::directory) oid: String,
    pub(in crate::directory) cn: String,
    pub(in crate::directory) category: i64,
    pub(in crate::directory) super_class: String,
    pub(in crate::directory) rdn: String,
    pub(in crate::directory) guid: Option<[u8; 16]>,
    pub(in crate::directory) parts: ClassParts,
}

/// All that a forest's schema has beside the tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::directory) struct Additions {
    /// In the order in which they were made: ids follow it.
    pub(in crate::directory) attributes: Vec<NewAttribute>,
    /// In the order in which they were made.
    pub(in crate::directory) classes: Vec<NewClass>,
    /// What rows of the tables were changed to, by their ids.
    pub(in crate::directory) tuned: Vec<(AttrId, Tunable)>,
    /// What classes of the tables got, by their ids.
    pub(in crate::directory) grown: Vec<(ClassId, ClassParts)>,
}

impl Schema {
    /// Whether the tables themselves have an attribute or a class with this OID.
    pub(in crate::directory) fn is_of_tables(oid: &str) -> bool {
        TABLES.find_attribute(oid).is_some() || TABLES.find_class(oid).is_some()
    }

    /// How many classes the tables themselves have.
    pub(in crate::directory) fn classes_of_tables() -> usize {
        TABLES.classes.len()
    }

    /// The row of the tables, whatever a run-time change made of it.
    pub(in crate::directory) fn row_of_tables(id: AttrId) -> Option<&'static Attribute> {
        TABLES.attributes.get(id.index())
    }

    /// How much it holds: rows, and names in the rows of classes. It grows with each addition.
    pub(in crate::directory) fn extent(self) -> usize {
        let rows = self.tables.attributes.len() + self.tables.classes.len();
        if std::ptr::eq(self.tables, &*TABLES) {
            return 0;
        }
        let held = |class: &Class| class.may.len() + class.must.len() + class.auxiliary.len();
        rows + self.tables.classes.iter().map(held).sum::<usize>()
    }

    /// The schema with these additions instead of those that it has; none when the program has made as many
    /// different ones as it may.
    pub(in crate::directory) fn with(self, additions: Additions) -> Option<Schema> {
        if additions == Additions::default() {
            return Some(Schema { tables: &TABLES, ..self });
        }
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tables) = made.get(&additions) {
            return Some(Schema { tables, ..self });
        }
        if made.len() >= MOST {
            return None;
        }
        let tables: &'static Tables = Box::leak(Box::new(TABLES.with(&additions)));
        made.insert(additions, tables);
        Some(Schema { tables, ..self })
    }
}

/// A text that lives as long as the rows that hold it.
fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

impl Tables {
    fn with(&self, additions: &Additions) -> Tables {
        let mut tables = self.clone();
        for (id, tunable) in &additions.tuned {
            if let Some(row) = tables.attributes.get_mut(id.index()) {
                row.search_flags = tunable.search_flags;
                row.range_lower = tunable.range_lower;
                row.range_upper = tunable.range_upper;
                row.in_global_catalog = tunable.in_global_catalog;
            }
        }
        for new in &additions.attributes {
            tables.add_attribute(new);
        }
        for (at, new) in additions.classes.iter().enumerate() {
            tables.name_class(self.classes.len() + at, new);
        }
        for new in &additions.classes {
            let row = tables.class_of(new);
            tables.classes.push(row);
        }
        for (id, parts) in &additions.grown {
            tables.grow(*id, parts);
        }
        tables.close_again();
        tables
    }

    fn add_attribute(&mut self, new: &NewAttribute) {
        let id = AttrId::from_index(self.attributes.len() as u16);
        let attribute_syntax = kept(&new.attribute_syntax);
        let row = Attribute {
            id,
            name: kept(&new.name),
            oid: kept(&new.oid),
            cn: kept(&new.cn),
            syntax: Syntax::from_numbers(attribute_syntax, new.om_syntax).unwrap_or(Syntax::OctetString),
            attribute_syntax,
            om_syntax: new.om_syntax,
            single_valued: new.single_valued,
            search_flags: new.tunable.search_flags,
            not_replicated: false,
            constructed: false,
            link_id: new.link_id,
            range_lower: new.tunable.range_lower,
            range_upper: new.tunable.range_upper,
            in_global_catalog: new.tunable.in_global_catalog,
            system_only: new.system_only,
            secret: false,
            schema_id_guid: new.guid.map(Guid::from_bytes_le),
            origin: Origin::RunTime,
            confidence: Confidence::Observed,
        };
        if new.defunct {
            self.defunct.insert(id);
        } else {
            self.name_attribute(&row);
        }
        self.attributes.push(row);
    }

    fn class_of(&self, new: &NewClass) -> Class {
        let id = ClassId::from_index(self.classes.len() as u16);
        let (auxiliary, must, may, superiors) = self.parts(&new.parts);
        Class {
            id,
            name: kept(&new.name),
            oid: kept(&new.oid),
            cn: kept(&new.cn),
            category: match new.category {
                0 => ClassCategory::Class88,
                2 => ClassCategory::Abstract,
                3 => ClassCategory::Auxiliary,
                _ => ClassCategory::Structural,
            },
            super_class: self.find_class(&new.super_class).unwrap_or(crate::directory::class::TOP),
            chain: Vec::new(),
            auxiliary,
            must,
            may,
            possible_superiors: superiors,
            rdn: self.find_attribute(&new.rdn).unwrap_or(crate::directory::attr::CN),
            default_category: id,
            system_only: false,
            schema_id_guid: new.guid.map(Guid::from_bytes_le),
        }
    }

    fn grow(&mut self, id: ClassId, parts: &ClassParts) {
        let (auxiliary, must, may, superiors) = self.parts(parts);
        let Some(class) = self.classes.get_mut(id.index()) else { return };
        class.auxiliary.extend(auxiliary);
        class.must.extend(must);
        class.may.extend(may);
        class.possible_superiors.extend(superiors);
    }

    fn parts(&self, parts: &ClassParts) -> (Vec<ClassId>, Vec<AttrId>, Vec<AttrId>, Vec<ClassId>) {
        let classes = |names: &[String]| names.iter().filter_map(|name| self.find_class(name)).collect();
        let attributes =
            |names: &[String]| names.iter().filter_map(|name| self.find_attribute(name)).collect();
        (
            classes(&parts.auxiliary),
            attributes(&parts.must),
            attributes(&parts.may),
            classes(&parts.superiors),
        )
    }

    /// Computes anew what classes get from others.
    fn close_again(&mut self) {
        for list in [&mut self.allowed, &mut self.required] {
            list.clear();
        }
        self.superiors.clear();
        self.auxiliary.clear();
        self.naming = AttributeSet::default();
        for row in &self.classes {
            self.naming.insert(row.rdn);
        }
        self.close();
    }
}
