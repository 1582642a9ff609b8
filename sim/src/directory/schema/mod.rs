//! The schema: attributes and classes of a Windows Server 2012 R2 forest, with extensions by switch.
//!
//! Source: the tables `data/ad-schema-attributes.psv`, `ad-schema-classes.psv`, `ad-schema-extensions.psv`,
//! parsed once. Ids are the same for every set of extensions: what is not installed is only not found.

mod aggregate;
mod classes;
mod details;
mod extend;
mod syntax;
mod tables;

pub use aggregate::AggregateText;
pub use classes::{Class, ClassCategory};
pub use details::AttributeDetails;
pub use syntax::Syntax;

use crate::ids::Guid;
use crate::spec::SchemaExtensions;
pub(in crate::directory) use extend::{Additions, ClassParts, NewAttribute, NewClass, Tunable};
use tables::{TABLES, Tables};

/// An attribute of the schema; the same attribute has the same id in every directory of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttrId(u16);

/// A class of the schema; ids as for [`AttrId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(u16);

macro_rules! index {
    ($id:ident) => {
        impl $id {
            pub(crate) const fn from_index(index: u16) -> $id {
                $id(index)
            }
            /// Its place among all rows: for tables beside the schema.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}
index!(AttrId);
index!(ClassId);

/// Who vouches for a row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confidence {
    /// Seen on a real system.
    Observed,
    /// From the maker's texts.
    Documented,
    /// From memory.
    Assumed,
}

/// Which installation brings an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Part of every forest.
    Base,
    /// Exchange Server.
    Exchange,
    /// Skype for Business Server.
    Skype,
    /// Windows Server 2016.
    Server2016,
    /// Added to one forest while it runs.
    RunTime,
}

/// One attribute of the schema (an `attributeSchema` object).
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its id.
    pub id: AttrId,
    /// `lDAPDisplayName`.
    pub name: &'static str,
    /// `attributeID`, dotted.
    pub oid: &'static str,
    /// Common name of its object in the schema naming context.
    pub cn: &'static str,
    /// How values look and match.
    pub syntax: Syntax,
    /// `attributeSyntax`: `2.5.5.12`.
    pub attribute_syntax: &'static str,
    /// `oMSyntax`.
    pub om_syntax: i64,
    /// At most one value.
    pub single_valued: bool,
    /// `searchFlags`: 1 indexed, 2 container-indexed, 4 ANR, 8 kept on a tombstone, 16 copied, 128 confidential.
    pub search_flags: i64,
    /// Not replicated between domain controllers.
    pub not_replicated: bool,
    /// Computed when asked for by name, never stored, never matched.
    pub constructed: bool,
    /// `linkID`: even for a forward link, odd for its back link.
    pub link_id: Option<u32>,
    /// `rangeLower`, in characters, bytes or as a number.
    pub range_lower: Option<i64>,
    /// `rangeUpper`.
    pub range_upper: Option<i64>,
    /// In the partial attribute set of global catalogs.
    pub in_global_catalog: bool,
    /// Only the system writes it.
    pub system_only: bool,
    /// No reader ever gets it (MS-ADTS 3.1.1.4.4).
    pub secret: bool,
    /// `schemaIDGUID`.
    pub schema_id_guid: Option<Guid>,
    /// What brings it.
    pub origin: Origin,
    /// Who vouches for the row.
    pub confidence: Confidence,
}

impl Attribute {
    /// Indexed for equality (`searchFlags` bit 0).
    pub fn is_indexed(&self) -> bool {
        self.search_flags & 1 != 0
    }

    /// Hidden from plain users (`searchFlags` bit 7).
    pub fn is_confidential(&self) -> bool {
        self.search_flags & 128 != 0
    }

    /// Kept when the object is deleted (`searchFlags` bit 3).
    pub fn is_preserved_on_delete(&self) -> bool {
        self.search_flags & 8 != 0
    }

    /// A forward link (`member`).
    pub fn is_forward_link(&self) -> bool {
        self.link_id.is_some_and(|id| id % 2 == 0)
    }

    /// A back link (`memberOf`): computed, read-only.
    pub fn is_back_link(&self) -> bool {
        self.link_id.is_some_and(|id| id % 2 == 1)
    }
}

/// The schema of one forest: the tables, seen through its installed extensions. Copying it is free.
#[derive(Clone, Copy)]
pub struct Schema {
    tables: &'static Tables,
    extensions: SchemaExtensions,
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schema").field("extensions", &self.extensions).finish_non_exhaustive()
    }
}

impl Schema {
    /// Whether a global catalog shows an attribute: the partial attribute set, the back links of its links, and
    /// what is computed.
    pub fn is_in_catalog(&self, id: AttrId) -> bool {
        let row = self.attribute(id);
        let forward = || self.link_pair(id).map(|forward| self.attribute(forward));
        row.in_global_catalog
            || row.constructed
            || row.is_back_link() && forward().is_some_and(|forward| forward.in_global_catalog)
    }

    /// The schema with these extensions.
    pub fn new(extensions: SchemaExtensions) -> Schema {
        Schema { tables: &TABLES, extensions }
    }

    /// The extensions that are installed.
    pub fn extensions(&self) -> SchemaExtensions {
        self.extensions
    }

    /// Whether an attribute exists in this forest.
    #[inline]
    pub fn is_installed(&self, id: AttrId) -> bool {
        match self.tables.attributes[id.index()].origin {
            Origin::Base => true,
            Origin::Exchange => self.extensions.exchange,
            Origin::Skype => self.extensions.skype,
            Origin::Server2016 => self.extensions.server_2016,
            Origin::RunTime => !self.tables.defunct.contains(id),
        }
    }

    /// An attribute by LDAP display name (any case) or dotted OID; an option such as `;binary` is ignored.
    pub fn attribute_id(&self, name: &str) -> Option<AttrId> {
        let name = name.split(';').next().unwrap_or(name);
        self.tables.find_attribute(name).filter(|id| self.is_installed(*id))
    }

    /// An attribute's row.
    #[inline]
    pub fn attribute(&self, id: AttrId) -> &'static Attribute {
        &self.tables.attributes[id.index()]
    }

    /// Its LDAP display name.
    pub fn name(&self, id: AttrId) -> &'static str {
        self.attribute(id).name
    }

    /// Every installed attribute, in the order of ids.
    pub fn attributes(&self) -> impl Iterator<Item = &'static Attribute> + use<> {
        let schema = *self;
        self.tables.attributes.iter().filter(move |row| schema.is_installed(row.id))
    }

    /// A class by LDAP display name (any case), common name or dotted OID.
    pub fn class_id(&self, name: &str) -> Option<ClassId> {
        self.tables.find_class(name)
    }

    /// A class's row.
    #[inline]
    pub fn class(&self, id: ClassId) -> &'static Class {
        &self.tables.classes[id.index()]
    }

    /// Its LDAP display name.
    #[inline]
    pub fn class_name(&self, id: ClassId) -> &'static str {
        self.class(id).name
    }

    /// Every class, in the order of ids.
    pub fn classes(&self) -> impl Iterator<Item = &'static Class> + use<> {
        self.tables.classes.iter()
    }

    /// Whether objects of some class are named by an attribute.
    pub(crate) fn is_naming(&self, id: AttrId) -> bool {
        self.tables.naming.contains(id)
    }

    /// The back link of a forward link and the other way round.
    pub fn link_pair(&self, id: AttrId) -> Option<AttrId> {
        let link_id = self.attribute(id).link_id? ^ 1;
        self.tables.by_link_id(link_id).filter(|other| self.is_installed(*other))
    }

    /// Whether a class, with its superclasses and auxiliary classes, may carry an attribute.
    pub fn may_have(&self, class: ClassId, attribute: AttrId) -> bool {
        self.tables.allowed[class.index()].contains(attribute) && self.is_installed(attribute)
    }

    /// The attributes that every object of a class must carry.
    pub fn must_have(&self, class: ClassId) -> impl Iterator<Item = AttrId> + use<> {
        self.tables.required[class.index()].iter()
    }

    /// The attributes that an object of a class may carry, those it must included.
    pub fn allowed_attributes(&self, class: ClassId) -> impl Iterator<Item = AttrId> + use<> {
        let schema = *self;
        self.tables.allowed[class.index()].iter().filter(move |id| schema.is_installed(*id))
    }

    /// Whether objects of `class` may lie below objects of `parent`.
    pub fn may_lie_below(&self, class: ClassId, parent: ClassId) -> bool {
        self.tables.superiors[class.index()].contains(&parent)
    }

    /// Whether `class` is `ancestor` or has it among its superclasses or their auxiliary classes.
    pub fn is_kind_of(&self, class: ClassId, ancestor: ClassId) -> bool {
        self.class(class).chain.contains(&ancestor)
            || self.tables.auxiliary[class.index()].contains(&ancestor)
    }
}
