//! Naming contexts: the parts of a forest that a domain controller holds, each with a head of its own.

use super::dn::{Dn, Rdn};
use super::store::same_folded;
use super::{Directory, Entry, ObjectId, attr};
use crate::ids::Sid;

/// The domain's own naming context, by its number.
pub(super) const DOMAIN: u8 = 0;
/// The configuration.
pub(super) const CONFIGURATION: u8 = 1;
/// The schema.
pub(super) const SCHEMA: u8 = 2;

/// What a naming context is to the domain controller that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContextKind {
    /// The controller's own domain.
    Domain,
    /// The configuration of the forest.
    Configuration,
    /// The schema of the forest.
    Schema,
    /// An application naming context: DNS zones.
    Application,
    /// A read-only partial replica of another domain of the forest: only seen through the global catalog.
    Partial,
    /// Held elsewhere: only its head's name is known here, for those that refer to it; seen through no port.
    Phantom,
}

impl ContextKind {
    /// Whether the controller holds it in full, to write.
    pub fn is_full(self) -> bool {
        !matches!(self, ContextKind::Partial | ContextKind::Phantom)
    }
}

/// One naming context that a directory holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamingContext {
    /// The object at its top.
    pub head: ObjectId,
    /// The distinguished name of its head: `DC=contoso,DC=local`.
    pub dn: String,
    /// What it is to this domain controller.
    pub kind: ContextKind,
    /// The host that references name: `dnsRoot` of its crossRef object.
    pub dns: String,
    /// NetBIOS name of a domain.
    pub netbios: Option<String>,
    /// SID of a domain.
    pub sid: Option<Sid>,
    pub(super) rdns: Vec<Rdn>,
}

impl NamingContext {
    /// One whose head is still to be made.
    pub(super) fn planned(kind: ContextKind, dn: &str, dns: &str) -> NamingContext {
        NamingContext {
            head: ObjectId(u32::MAX),
            rdns: Dn::parse(dn).unwrap_or_default().rdns,
            dn: dn.to_owned(),
            kind,
            dns: dns.to_owned(),
            netbios: None,
            sid: None,
        }
    }

    pub(super) fn of_domain(self, netbios: &str, sid: &Sid) -> NamingContext {
        NamingContext { netbios: Some(netbios.to_owned()), sid: Some(sid.clone()), ..self }
    }

    /// The relative names between a name and this context's head; none when the name does not end in it.
    pub(super) fn within<'a>(&self, dn: &'a Dn) -> Option<&'a [Rdn]> {
        below(&dn.rdns, &self.rdns)
    }
}

/// The relative names between a name and one that it may end in; none when it does not.
fn below<'a>(name: &'a [Rdn], above: &[Rdn]) -> Option<&'a [Rdn]> {
    let (rest, tail) = name.split_at(name.len().checked_sub(above.len())?);
    let same = |(a, b): (&Rdn, &Rdn)| {
        a.attribute.eq_ignore_ascii_case(&b.attribute) && same_folded(&a.value, &b.value)
    };
    tail.iter().zip(above).rev().all(same).then_some(rest)
}

impl Directory {
    /// The naming contexts that this domain controller holds: its domain, configuration, schema, the
    /// application naming contexts, then partial replicas of the forest's other domains, and
    /// what is known by name alone.
    pub fn naming_contexts(&self) -> &[NamingContext] {
        &self.contexts
    }

    /// The naming context whose head an object is, as an index into [`Directory::naming_contexts`].
    pub fn context_headed_by(&self, id: ObjectId) -> Option<usize> {
        let context = usize::from(self.store.get(id.0)?.context);
        self.contexts.get(context).filter(|context| context.head == id).map(|_| context)
    }

    /// Whether an object lies in a naming context that is not held in full.
    pub fn is_partial(&self, id: ObjectId) -> bool {
        let context = self.store.get(id.0).and_then(|record| self.contexts.get(usize::from(record.context)));
        context.is_some_and(|context| !context.kind.is_full())
    }

    /// CN=Deleted Objects of a naming context; the schema's is that of the configuration.
    pub(super) fn deleted_objects_of(&self, context: u8) -> Option<ObjectId> {
        let context = if context == SCHEMA { CONFIGURATION } else { context };
        let head = self.contexts.get(usize::from(context))?.head;
        self.child_named(head, attr::CN, "Deleted Objects")
    }

    /// For each naming context, whether its head lies below an object of another one.
    pub(super) fn contexts_below(&self, base: ObjectId) -> Vec<bool> {
        let own = self.store.get(base.0).map(|record| usize::from(record.context));
        let Ok(base) = Dn::parse(&self.dn_text(base)) else { return vec![false; self.contexts.len()] };
        let is_below = |(number, context): (usize, &NamingContext)| {
            Some(number) != own && below(&context.rdns, &base.rdns).is_some()
        };
        self.contexts.iter().enumerate().map(is_below).collect()
    }

    pub(super) fn kind_of(&self, context: u8) -> ContextKind {
        self.contexts.get(usize::from(context)).map_or(ContextKind::Domain, |context| context.kind)
    }
}

impl Entry<'_> {
    /// The naming context that it lies in, as an index into [`Directory::naming_contexts`].
    pub fn naming_context(&self) -> usize {
        usize::from(self.record.context)
    }
}
