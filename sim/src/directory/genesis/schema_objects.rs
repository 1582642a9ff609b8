//! The objects of the schema naming context: one for each attribute and class.

use crate::clock::SimTime;
use crate::directory::contexts;
use crate::directory::schema::{Attribute, Class, Origin};
use crate::directory::store::varint;
use crate::directory::update::{NewCells, NewRecord, Write, packed_int};
use crate::directory::{AttrId, Directory, ObjectId, Schema, attr, class};
use std::sync::Arc;

type Cells = Vec<(AttrId, Vec<Vec<u8>>)>;

/// Cells by attribute name.
struct Sheet {
    schema: Schema,
    cells: Cells,
}

impl Sheet {
    fn put(&mut self, name: &str, values: Vec<Vec<u8>>) {
        if let (Some(id), false) = (self.schema.attribute_id(name), values.is_empty()) {
            self.cells.push((id, values));
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        self.put(name, vec![value.as_bytes().to_vec()]);
    }

    fn int(&mut self, name: &str, value: i64) {
        self.put(name, vec![packed_int(value)]);
    }

    fn flag(&mut self, name: &str, value: bool) {
        self.put(name, vec![vec![u8::from(value)]]);
    }

    fn classes(&mut self, name: &str, ids: &[crate::directory::ClassId]) {
        let texts = ids.iter().map(|id| self.schema.class_name(*id).as_bytes().to_vec()).collect();
        self.put(name, texts);
    }

    fn attributes(&mut self, name: &str, ids: &[AttrId]) {
        let texts = ids.iter().map(|id| self.schema.name(*id).as_bytes().to_vec()).collect();
        self.put(name, texts);
    }
}

impl Directory {
    /// Makes them, classes first: their objects are what `objectCategory` points to.
    pub(super) fn make_schema_objects(&mut self, now: SimTime) {
        let Ok(parent) = self.resolve(&self.info.schema_dn.clone()) else { return };
        let schema = self.schema;
        let first = self.store.len();
        let mut objects = Vec::new();
        for row in schema.classes() {
            let cells = class_cells(&schema, row, first);
            objects.push(Some(self.make_schema_object(now, parent, class::CLASS_SCHEMA, row.cn, cells)));
        }
        self.class_objects = Arc::new(objects);
        for row in schema.attributes() {
            let cells = attribute_cells(&schema, row);
            self.make_schema_object(now, parent, class::ATTRIBUTE_SCHEMA, row.cn, cells);
        }
    }

    fn make_schema_object(
        &mut self,
        now: SimTime,
        parent: ObjectId,
        class: crate::directory::ClassId,
        cn: &str,
        mut cells: Cells,
    ) -> ObjectId {
        let guid = self.seed.guid("object", &format!("cn={cn},{}", self.info.schema_dn).to_lowercase(), 0);
        cells.push((attr::NAME, vec![cn.as_bytes().to_vec()]));
        let write: Write = self.genesis_write(now);
        let context = contexts::SCHEMA;
        let cells = NewCells::Apart(cells);
        self.create(write, NewRecord { parent: parent.0, context, class, guid, rid: 0, cells })
    }
}

fn common(sheet: &mut Sheet, name: &str, cn: &str, guid: Option<crate::ids::Guid>, system_only: bool) {
    sheet.text("lDAPDisplayName", name);
    sheet.text("adminDisplayName", cn);
    sheet.text("adminDescription", cn);
    sheet.flag("showInAdvancedViewOnly", true);
    sheet.flag("systemOnly", system_only);
    sheet.put("schemaIDGUID", guid.map(|guid| guid.to_bytes_le().to_vec()).into_iter().collect());
}

fn attribute_cells(schema: &Schema, row: &Attribute) -> Cells {
    let mut sheet = Sheet { schema: *schema, cells: Vec::new() };
    common(&mut sheet, row.name, row.cn, row.schema_id_guid, row.system_only);
    sheet.text("attributeID", row.oid);
    sheet.text("attributeSyntax", row.attribute_syntax);
    sheet.int("oMSyntax", row.om_syntax);
    sheet.flag("isSingleValued", row.single_valued);
    sheet.int("searchFlags", row.search_flags);
    let details = schema.attribute_details(row.id);
    let flags = [(row.not_replicated, 1), (row.constructed, 4), (row.origin == Origin::Base, 16)];
    let flags = flags.iter().filter(|(set, _)| *set).map(|(_, bit)| bit).sum();
    sheet.int("systemFlags", details.system_flags.unwrap_or(flags));
    let property_set = details.property_set.map(|guid| guid.to_bytes_le().to_vec());
    sheet.put("attributeSecurityGUID", property_set.into_iter().collect());
    details.mapi_id.into_iter().for_each(|id| sheet.int("mAPIID", id));
    details.schema_flags.into_iter().for_each(|flags| sheet.int("schemaFlagsEx", flags));
    sheet.put("oMObjectClass", om_object_class(row).into_iter().collect());
    if let Some(link_id) = row.link_id {
        sheet.int("linkID", i64::from(link_id));
    }
    if let Some(lower) = row.range_lower {
        sheet.int("rangeLower", lower);
    }
    if let Some(upper) = row.range_upper {
        sheet.int("rangeUpper", upper);
    }
    if row.in_global_catalog {
        sheet.flag("isMemberOfPartialAttributeSet", true);
    }
    sheet.cells
}

/// `oMObjectClass`: which of the syntaxes with oMSyntax 127 it is (MS-ADTS 3.1.1.2.2.2).
fn om_object_class(row: &Attribute) -> Option<Vec<u8>> {
    let bytes: &[u8] = match (row.om_syntax, row.attribute_syntax) {
        (127, "2.5.5.1") => &[0x2b, 0x0c, 0x02, 0x87, 0x73, 0x1c, 0x00, 0x85, 0x4a],
        (127, "2.5.5.7") => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x01, 0x01, 0x0b],
        (127, "2.5.5.10") => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x01, 0x01, 0x06],
        (127, "2.5.5.13") => &[0x2b, 0x0c, 0x02, 0x87, 0x73, 0x1c, 0x00, 0x85, 0x5c],
        (127, "2.5.5.14") => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x01, 0x01, 0x0c],
        _ => return None,
    };
    Some(bytes.to_vec())
}

fn class_cells(schema: &Schema, row: &Class, first: u32) -> Cells {
    let mut sheet = Sheet { schema: *schema, cells: Vec::new() };
    common(&mut sheet, row.name, row.cn, row.schema_id_guid, row.system_only);
    sheet.text("governsID", row.oid);
    sheet.int("objectClassCategory", row.category.number());
    sheet.classes("subClassOf", &[row.super_class]);
    sheet.classes("systemAuxiliaryClass", &row.auxiliary);
    sheet.classes("systemPossSuperiors", &row.possible_superiors);
    sheet.attributes("systemMustContain", &row.must);
    sheet.attributes("systemMayContain", &row.may);
    sheet.attributes("rDNAttID", &[row.rdn]);
    sheet.flag("defaultHidingValue", !row.is_structural());
    sheet.int("systemFlags", 16);
    if let Some(sddl) = schema.default_security(row.id) {
        sheet.text("defaultSecurityDescriptor", sddl);
    }
    let mut category = Vec::new();
    varint::put(&mut category, u64::from(first) + row.default_category.index() as u64);
    sheet.put("defaultObjectCategory", vec![category]);
    sheet.cells
}
