//! The directories of an estate as one: an object is where it is held in full.

use crate::defects::{self, LedgerRow};
use crate::directory::{Directory, Entry};
use crate::ids::Guid;
use crate::rules::Finding;

/// One directory a domain.
#[derive(Clone, Copy)]
pub(super) struct Estate<'a>(pub(super) &'a [Directory]);

impl<'a> Estate<'a> {
    /// The object in the domain that it belongs to, live or deleted.
    fn entry(self, object: Guid) -> Option<Entry<'a>> {
        self.0.iter().find_map(|directory| {
            let id = directory.by_guid(object).filter(|id| !directory.is_partial(*id))?;
            directory.entry(id)
        })
    }

    /// The values of an attribute as the ledger writes them; none when the object is gone.
    pub(super) fn present(self, object: Guid, attribute: &str) -> Option<Vec<String>> {
        self.0.iter().find_map(|directory| {
            directory.by_guid(object).filter(|id| !directory.is_partial(*id))?;
            defects::present(directory, object, attribute)
        })
    }

    /// An object as a reader knows it: its distinguished name, or its objectGUID when it is gone.
    pub(super) fn name(self, object: Guid) -> String {
        self.entry(object).map_or_else(|| object.to_string(), |entry| entry.dn())
    }

    /// The objects of a row as a reader knows them.
    pub(super) fn names(self, row: &LedgerRow) -> String {
        let names: Vec<String> = row.objects.iter().map(|object| self.name(*object)).collect();
        names.join(", ")
    }

    /// Object and attribute (in lower case) of a finding; none when no directory has such an object.
    pub(super) fn place(self, finding: &Finding) -> Option<(Guid, String)> {
        let by_name = || {
            self.0.iter().find_map(|directory| {
                let id = directory.resolve(&finding.dn).ok().filter(|id| !directory.is_partial(*id))?;
                Some(directory.entry(id)?.guid())
            })
        };
        let guid = finding.object_guid().or_else(by_name)?;
        Some((guid, finding.attribute.to_ascii_lowercase()))
    }
}

/// Objects and attributes (in lower case) of a row.
pub(super) fn row_places(row: &LedgerRow) -> impl Iterator<Item = (Guid, String)> {
    let own = row.objects.iter().map(|object| (*object, row.attribute.to_ascii_lowercase()));
    own.chain(row.places.iter().map(|place| (place.object, place.attribute.to_ascii_lowercase())))
}
