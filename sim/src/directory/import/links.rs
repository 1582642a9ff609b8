//! References: what names another object is read once all objects are there.

use super::{Importer, Pending, shown};
use crate::directory::schema::Syntax;
use crate::directory::value::{self, BadValue};
use crate::directory::{AttrId, ObjectId};
use crate::dump::escape_text;

impl Importer<'_> {
    /// Reads every reference; says which ones lead nowhere.
    pub(super) fn link(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        for object in &pending {
            self.link_object(object);
        }
        for object in &pending {
            self.check_back_links(object);
        }
    }

    fn link_object(&mut self, object: &Pending) {
        let directory = &*self.directory;
        let (mut cells, mut links) = (Vec::new(), Vec::new());
        for (attribute, values) in &object.references {
            let row = directory.schema.attribute(*attribute);
            let mut packed = Vec::new();
            for (line, value) in values {
                match value::pack(directory, row, value) {
                    Ok(bytes) => packed.push(bytes),
                    Err(why) => {
                        let shown: String = String::from_utf8_lossy(value).chars().take(200).collect();
                        let why = match why {
                            BadValue::NoObject => "names no object",
                            _ => "is no distinguished name",
                        };
                        let told = format!("{}: '{}' {why}", row.name, escape_text(&shown));
                        self.draft.skip(*line, told);
                    }
                }
            }
            if row.single_valued && packed.len() > 1 {
                self.draft.skip(object.line, format!("{}: a second value, and it has only one", row.name));
                packed.truncate(1);
            }
            if !row.is_forward_link() {
                cells.push((*attribute, packed));
                continue;
            }
            if row.syntax != Syntax::Dn {
                self.draft.skip(object.line, format!("{}: the data beside the name", row.name));
            }
            let target = |bytes: &Vec<u8>| {
                ObjectId(crate::directory::store::varint::take(&mut bytes.as_slice()) as u32)
            };
            links.push((*attribute, packed.iter().map(target).collect::<Vec<_>>()));
        }
        self.put_references(object, &cells, &links);
    }

    fn put_references(
        &mut self,
        object: &Pending,
        cells: &[(AttrId, Vec<Vec<u8>>)],
        links: &[(AttrId, Vec<ObjectId>)],
    ) {
        let id = object.id;
        let mut gone = Vec::new();
        if object.complete
            && let Some(entry) = self.directory.entry(id)
        {
            for attribute in entry.linked_attributes() {
                let kept = links.iter().find(|(other, _)| *other == attribute);
                let kept = kept.map_or(&[][..], |(_, targets)| targets);
                let held = self.directory.targets(id, attribute);
                gone.extend(held.into_iter().filter(|t| !kept.contains(t)).map(|t| (attribute, t)));
            }
        }
        if cells.is_empty() && links.is_empty() && gone.is_empty() {
            return;
        }
        let write = self.directory.begin(self.context.now);
        self.directory.put_values(write, id, cells);
        for (attribute, target) in gone {
            self.directory.put_link(write, id, attribute, target, false);
        }
        for (attribute, targets) in links {
            for target in targets {
                self.directory.put_link(write, id, *attribute, *target, true);
            }
        }
        let changed = self.directory.store.get(id.0).map(|record| record.changed);
        self.directory.touch(write, id);
        if let (Some(changed), Some(record)) = (changed, self.directory.store.get_mut(id.0)) {
            record.changed = changed;
        }
    }

    /// A back link follows from its forward link; one without is said.
    fn check_back_links(&mut self, object: &Pending) {
        for (line, attribute, value) in &object.back_links {
            let row = self.directory.schema.attribute(*attribute);
            let Some(forward) = self.directory.schema.link_pair(*attribute) else { continue };
            let text = String::from_utf8_lossy(value);
            let source = self.directory.resolve(&text).ok();
            if source.is_some_and(|source| self.directory.has_link(source, forward, object.id)) {
                continue;
            }
            let name = self.directory.schema.name(forward);
            let dn = crate::directory::dn::Dn::parse(&text).unwrap_or_default();
            let why = match source {
                Some(_) => format!("does not list it in its {name}"),
                None => "is not in the file".to_owned(),
            };
            self.draft.skip(*line, format!("{}: {} {why}", row.name, shown(&dn)));
        }
    }
}
