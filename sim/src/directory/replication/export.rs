//! What a source tells a destination.

use super::{AttributeChange, Carried, LinkChange, ObjectChange, Precedence, Replica};
use crate::directory::contexts::{ContextKind, NamingContext};
use crate::directory::schema::{Attribute, Syntax};
use crate::directory::store::{Cell, CellStamp, Cells, Link, Record, varint};
use crate::directory::{AttrId, Directory, ObjectId, attr};
use crate::ids::Guid;
use std::sync::Arc;

/// How much of a naming context a destination holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Full,
    /// The partial attribute set.
    Partial,
    /// The name of its head.
    Name,
}

/// `groupType` of universal groups: whose members the global catalog knows.
const UNIVERSAL: i64 = 8;
/// What a partial replica holds beside the partial attribute set, out of its readers' sight: what deleting and
/// garbage collection go by.
const KEPT_IN_PARTIAL: [AttrId; 4] =
    [attr::NAME, attr::IS_DELETED, attr::LAST_KNOWN_PARENT, attr::LAST_KNOWN_RDN];

impl Directory {
    /// What a source needs to know of this controller as a destination.
    pub fn replica(&self) -> Replica {
        Replica { contexts: Arc::clone(&self.contexts), own_invocations: Arc::clone(&self.own_invocations) }
    }

    /// What changed here after a USN, of the naming contexts that a destination holds in full or as a partial
    /// replica, in the order of the changes; and the USN up to which that is. What originated at the destination
    /// itself is left out.
    pub fn changes_for(&self, destination: &Replica, since: u64) -> (Vec<ObjectChange>, u64) {
        let wanted: Vec<Option<(u8, Extent)>> =
            self.contexts.iter().map(|context| wanted(context, &destination.contexts)).collect();
        let changes = self
            .store
            .changed_since(since)
            .filter_map(|id| {
                let record = self.store.get(id)?;
                let (context, extent) = wanted.get(usize::from(record.context)).copied().flatten()?;
                self.change_of(ObjectId(id), record, destination, since, (context, extent))
            })
            .collect();
        (changes, self.highest_usn())
    }

    fn change_of(
        &self,
        id: ObjectId,
        record: &Record,
        destination: &Replica,
        since: u64,
        (context, extent): (u8, Extent),
    ) -> Option<ObjectChange> {
        let is_head = self.context_headed_by(id).is_some();
        if extent == Extent::Name && !is_head {
            return None;
        }
        let partial = extent != Extent::Full;
        let theirs = |origin: Guid| destination.own_invocations.contains(&origin);
        let told = |row: &Attribute| !row.not_replicated && told_of(row, extent);
        let attributes: Vec<AttributeChange> = Cells::of(&record.cells)
            .filter(|cell| record.usn_created + cell.stamp.usn > since)
            .filter(|cell| told(self.schema.attribute(cell.attribute)))
            .map(|cell| self.attribute_change(record, &cell))
            .filter(|change| !theirs(change.stamp.origin))
            .collect();
        let entry = self.entry(id)?;
        let universal = entry.int(attr::GROUP_TYPE).is_some_and(|kind| kind & UNIVERSAL != 0);
        // the members of a group that has become universal are news, however old they are
        let news = partial && attributes.iter().any(|change| change.attribute == attr::GROUP_TYPE);
        let links: Vec<LinkChange> = record
            .links()
            .iter()
            .filter(|link| link.usn() > since || news && link.attribute == attr::MEMBER)
            .filter(|link| told(self.schema.attribute(link.attribute)))
            .filter(|link| !partial || universal || link.attribute != attr::MEMBER)
            .filter_map(|link| self.link_change(record, link))
            .filter(|change| !theirs(change.stamp.origin))
            .collect();
        if attributes.is_empty() && links.is_empty() {
            return None;
        }
        Some(ObjectChange {
            guid: record.guid,
            class: record.class,
            context,
            is_head,
            parent: self.store.even_purged(record.parent).map(|parent| parent.guid),
            deleted: record.deleted,
            schema: self.schema,
            rid: record.rid,
            created: record.created,
            origin: self.invocation(record.origin),
            attributes,
            links,
        })
    }

    pub(super) fn precedence(&self, record: &Record, stamp: CellStamp) -> Precedence {
        Precedence {
            version: stamp.version,
            millis: record.created + stamp.millis,
            origin: self.invocation(stamp.origin.unwrap_or(record.origin)),
        }
    }

    pub(super) fn attribute_change(&self, record: &Record, cell: &Cell<'_>) -> AttributeChange {
        let syntax = self.schema.attribute(cell.attribute).syntax;
        let carried = |packed: &[u8]| {
            let mut rest = packed;
            match syntax {
                _ if cell.interned => Some(Carried::Plain(
                    self.store.dictionary.get(varint::take(&mut rest)).as_bytes().to_vec(),
                )),
                Syntax::Dn | Syntax::DnBinary | Syntax::DnString => {
                    let target = self.store.even_purged(varint::take(&mut rest) as u32)?;
                    Some(Carried::Reference(target.guid, rest.to_vec()))
                }
                _ => Some(Carried::Plain(packed.to_vec())),
            }
        };
        AttributeChange {
            attribute: cell.attribute,
            stamp: self.precedence(record, cell.stamp),
            values: cell.values().filter_map(carried).collect(),
        }
    }

    fn link_change(&self, record: &Record, link: &Link) -> Option<LinkChange> {
        Some(LinkChange {
            source: record.guid,
            attribute: link.attribute,
            target: self.store.get(link.target)?.guid,
            present: link.exists(),
            stamp: Precedence {
                version: link.version(),
                millis: link.millis(),
                origin: self.invocation(link.origin),
            },
        })
    }
}

/// The destination's number of a naming context, and how much of it it holds; none when it holds nothing of it.
fn wanted(context: &NamingContext, destination: &[NamingContext]) -> Option<(u8, Extent)> {
    let number = destination.iter().position(|other| other.dn == context.dn)?;
    match (context.kind, destination[number].kind) {
        (ContextKind::Partial | ContextKind::Phantom, _) => None,
        (ContextKind::Domain, ContextKind::Partial) => Some((number as u8, Extent::Partial)),
        (_, ContextKind::Phantom) => Some((number as u8, Extent::Name)),
        (_, ContextKind::Partial) => None,
        _ => Some((number as u8, Extent::Full)),
    }
}

fn told_of(row: &Attribute, extent: Extent) -> bool {
    match extent {
        Extent::Full => true,
        Extent::Partial => row.in_global_catalog || KEPT_IN_PARTIAL.contains(&row.id),
        Extent::Name => row.id == attr::NAME,
    }
}
