//! The texts of CN=Aggregate: the whole schema in the form that LDAP clients read.
//!
//! Form as active-directory.md 4 and golden/05 show it: syntax OIDs are quoted, no EQUALITY.

use super::{Attribute, Class, ClassCategory, ClassId, Schema};
use crate::ids::Guid;
use std::fmt::Write as _;

/// Which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateText {
    /// `attributeTypes`.
    AttributeTypes,
    /// `objectClasses`.
    ObjectClasses,
    /// `dITContentRules`.
    DitContentRules,
    /// `extendedAttributeInfo`.
    ExtendedAttributeInfo,
    /// `extendedClassInfo`.
    ExtendedClassInfo,
}

impl Schema {
    /// The values of one text attribute of CN=Aggregate, in the order of ids.
    pub fn aggregate(&self, text: AggregateText) -> Vec<String> {
        match text {
            AggregateText::AttributeTypes => self.attributes().map(attribute_type).collect(),
            AggregateText::ObjectClasses => self.classes().map(|c| self.object_class(c)).collect(),
            AggregateText::DitContentRules => {
                self.classes().filter_map(|class| self.content_rule(class)).collect()
            }
            AggregateText::ExtendedAttributeInfo => {
                self.attributes().map(|row| self.extended_attribute(row)).collect()
            }
            AggregateText::ExtendedClassInfo => self
                .classes()
                .map(|c| format!("( {} NAME '{}' CLASS-GUID '{}' )", c.oid, c.name, hex(c.schema_id_guid)))
                .collect(),
        }
    }

    fn object_class(&self, class: &Class) -> String {
        let mut text = format!("( {} NAME '{}'", class.oid, class.name);
        if class.super_class != class.id {
            let _ = write!(text, " SUP {}", self.class_name(class.super_class));
        }
        text.push_str(match class.category {
            ClassCategory::Abstract => " ABSTRACT",
            ClassCategory::Auxiliary => " AUXILIARY",
            ClassCategory::Structural | ClassCategory::Class88 => " STRUCTURAL",
        });
        let names = |ids: &[super::AttrId]| {
            let mut names: Vec<_> = ids.iter().map(|id| self.name(*id)).collect();
            names.dedup();
            names.join(" $ ")
        };
        if !class.must.is_empty() {
            let _ = write!(text, " MUST ({} )", names(&class.must));
        }
        if !class.may.is_empty() {
            let _ = write!(text, " MAY ({} )", names(&class.may));
        }
        text.push_str(" )");
        text
    }

    fn extended_attribute(&self, row: &Attribute) -> String {
        let mut text = format!("( {} NAME '{}'", row.oid, row.name);
        if let Some(lower) = row.range_lower {
            let _ = write!(text, " RANGE-LOWER '{lower}'");
        }
        if let Some(upper) = row.range_upper {
            let _ = write!(text, " RANGE-UPPER '{upper}'");
        }
        let _ = write!(text, " PROPERTY-GUID '{}'", hex(row.schema_id_guid));
        if let Some(set) = self.attribute_details(row.id).property_set {
            let _ = write!(text, " PROPERTY-SET-GUID '{}'", hex(Some(set)));
        }
        if row.is_indexed() {
            text.push_str(" INDEXED");
        }
        if row.system_only {
            text.push_str(" SYSTEM-ONLY");
        }
        text.push_str(" )");
        text
    }

    fn content_rule(&self, class: &Class) -> Option<String> {
        if class.auxiliary.is_empty() || !class.is_structural() {
            return None;
        }
        let auxiliary: Vec<_> = class.auxiliary.iter().map(|id| self.class_name(*id)).collect();
        let mut text = format!("( {} NAME '{}' AUX ( {} )", class.oid, class.name, auxiliary.join(" $ "));
        let gather = |pick: fn(&Class) -> &Vec<super::AttrId>| {
            let mut ids: Vec<_> = class
                .auxiliary
                .iter()
                .flat_map(|id: &ClassId| pick(self.class(*id)).iter().copied())
                .collect();
            ids.sort();
            ids.dedup();
            ids.into_iter().map(|id| self.name(id)).collect::<Vec<_>>().join(" $ ")
        };
        let (must, may) = (gather(|c| &c.must), gather(|c| &c.may));
        if !must.is_empty() {
            let _ = write!(text, " MUST ({must} )");
        }
        if !may.is_empty() {
            let _ = write!(text, " MAY ({may} )");
        }
        text.push_str(" )");
        Some(text)
    }
}

fn attribute_type(row: &Attribute) -> String {
    let syntax = row.syntax.ldap_oid(row.attribute_syntax, row.om_syntax);
    let single = if row.single_valued { " SINGLE-VALUE" } else { "" };
    let read_only = if row.system_only || row.constructed { " NO-USER-MODIFICATION" } else { "" };
    format!("( {} NAME '{}' SYNTAX '{syntax}'{single}{read_only} )", row.oid, row.name)
}

fn hex(guid: Option<Guid>) -> String {
    guid.unwrap_or_default().to_bytes_le().iter().map(|byte| format!("{byte:02X}")).collect()
}
