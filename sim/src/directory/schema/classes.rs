//! Classes of the schema.

use super::{AttrId, ClassId};
use crate::ids::Guid;

/// `objectClassCategory`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassCategory {
    /// A class of 1988: usable as structural.
    Class88,
    /// Structural.
    Structural,
    /// Abstract.
    Abstract,
    /// Auxiliary.
    Auxiliary,
}

impl ClassCategory {
    /// The number that `objectClassCategory` carries.
    pub fn number(self) -> i64 {
        match self {
            ClassCategory::Class88 => 0,
            ClassCategory::Structural => 1,
            ClassCategory::Abstract => 2,
            ClassCategory::Auxiliary => 3,
        }
    }
}

/// One class of the schema (a `classSchema` object).
#[derive(Debug, Clone)]
pub struct Class {
    /// Its id.
    pub id: ClassId,
    /// `lDAPDisplayName`.
    pub name: &'static str,
    /// `governsID`, dotted.
    pub oid: &'static str,
    /// Common name of its object in the schema naming context.
    pub cn: &'static str,
    /// `objectClassCategory`.
    pub category: ClassCategory,
    /// The superclass; `top` is its own.
    pub super_class: ClassId,
    /// `objectClass` of an object of this class: `top` first, the class itself last.
    pub chain: Vec<ClassId>,
    /// Auxiliary classes that the row itself names.
    pub auxiliary: Vec<ClassId>,
    /// Attributes that the row itself requires.
    pub must: Vec<AttrId>,
    /// Attributes that the row itself allows.
    pub may: Vec<AttrId>,
    /// Classes that the row itself names as parents.
    pub possible_superiors: Vec<ClassId>,
    /// The attribute that names its objects.
    pub rdn: AttrId,
    /// `defaultObjectCategory`.
    pub default_category: ClassId,
    /// Only the system makes objects of it.
    pub system_only: bool,
    /// `schemaIDGUID`.
    pub schema_id_guid: Option<Guid>,
}

impl Class {
    /// Whether objects may be of this class itself.
    pub fn is_structural(&self) -> bool {
        matches!(self.category, ClassCategory::Structural | ClassCategory::Class88)
    }
}
