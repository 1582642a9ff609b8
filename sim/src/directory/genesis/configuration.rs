//! What the configuration naming context holds beside what the rest of the forest refers to: extended rights,
//! display specifiers, well-known security principals, services.

use crate::directory::{AttrId, Directory, NewObject, UpdateContext};

pub(super) const TABLE: &str = include_str!("../../../data/ad-configuration-objects.tsv");
const RIGHTS: &str = include_str!("../../../data/ad-extended-rights.psv");

impl Directory {
    /// Makes one `controlAccessRight` for each right, property set and validated write.
    pub(super) fn make_extended_rights(&mut self, context: &UpdateContext) {
        let container = format!("CN=Extended-Rights,{}", self.info.configuration_dn);
        let Ok(parent) = self.resolve(&container) else { return };
        for line in RIGHTS.lines().filter(|line| !line.starts_with('#')).skip(1) {
            let cells: Vec<&str> = line.split('|').collect();
            let [name, shown, guid, accesses, classes, ..] = cells[..] else { continue };
            let text = |name: &str, values: &[&str]| -> Option<(AttrId, Vec<Vec<u8>>)> {
                let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
                Some((self.schema.attribute_id(name)?, values))
            };
            let classes: Vec<&str> = classes.split(' ').collect();
            let attributes = [
                text("displayName", &[shown]),
                text("rightsGuid", &[guid]),
                text("validAccesses", &[accesses]),
                text("appliesTo", &classes),
                text("showInAdvancedViewOnly", &["TRUE"]),
            ];
            let object = NewObject {
                parent,
                rdn: name.to_owned(),
                class: "controlAccessRight",
                attributes: attributes.into_iter().flatten().collect(),
                guid: None,
                rid: None,
            };
            self.load(context, object);
        }
    }
}
