//! The security descriptor of an object: what its class gives, what lies above hands down, what was written.

use super::ace::{Ace, CONTAINER_INHERIT, INHERIT_ONLY, INHERITED, Kind, NO_PROPAGATE, OBJECT_INHERIT};
use super::descriptor::{Acl, SecurityDescriptor, SecurityParts};
use super::sddl::{Template, TemplateList, Trustee};
use crate::directory::{ClassId, Directory, Entry, Schema, Value, attr, class};
use crate::ids::{Guid, Sid};
use std::collections::BTreeMap;
use std::sync::LazyLock;

const OBJECTS: &str = include_str!("../../../data/ad-object-security.psv");
/// CREATOR OWNER: stands for the owner of whatever inherits the entry.
const CREATOR_OWNER: &str = "S-1-3-0";
/// Deepest chain of ancestors that hands something down; names are shorter than that.
const DEEPEST: usize = 64;

/// Templates of the schema by class, and of single objects by their key.
struct Templates {
    classes: Vec<Option<Template>>,
    objects: BTreeMap<&'static str, Template>,
}

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    let schema = Schema::new(crate::spec::SchemaExtensions::default());
    let rows = OBJECTS.lines().filter(|line| !line.starts_with('#')).skip(1);
    let objects = rows.filter_map(|line| {
        let mut cells = line.split('|');
        Some((cells.next()?, Template::parse(cells.next()?)?))
    });
    let of_class = |row: &crate::directory::Class| schema.default_security(row.id).and_then(Template::parse);
    Templates { classes: schema.classes().map(of_class).collect(), objects: objects.collect() }
});

impl Templates {
    fn object(&self, key: &str) -> Option<&Template> {
        self.objects.get(key)
    }

    /// Of a class or, when it has none, of the nearest of its superclasses.
    fn class(&self, chain: &[ClassId]) -> Option<&Template> {
        let mut own_first = chain.iter().rev();
        let found = own_first.find_map(|id| self.classes.get(id.index()).and_then(Option::as_ref));
        found.or_else(|| self.object("default"))
    }
}

/// What an object hands down.
#[derive(Default)]
struct Inheritance {
    dacl: Vec<Ace>,
    sacl: Vec<Ace>,
}

impl Entry<'_> {
    /// Parts of `nTSecurityDescriptor` in their self-relative form. Deterministic: it follows from the object's
    /// class, place and protection, and from what was written. Who may see it is the caller's to know: the
    /// SACL is for administrators.
    pub fn security_descriptor(&self, parts: SecurityParts) -> Vec<u8> {
        self.directory.descriptor_of(self, 0).to_bytes(parts)
    }

    /// What was written; none of its parts for most objects.
    pub(in crate::directory) fn written_descriptor(&self) -> SecurityDescriptor {
        let cell = self.values(attr::NT_SECURITY_DESCRIPTOR).next();
        let bytes = match cell {
            Some(Value::Bytes(bytes)) => bytes,
            _ => &[],
        };
        SecurityDescriptor::parse(bytes).unwrap_or_default()
    }
}

impl Directory {
    fn descriptor_of(&self, entry: &Entry<'_>, depth: usize) -> SecurityDescriptor {
        let written = entry.written_descriptor();
        let templates = &*TEMPLATES;
        let Some(template) = self.template_of(templates, entry) else { return written };
        let owner = written.owner.clone().unwrap_or_else(|| self.owner_of(entry, template.owner.as_ref()));
        let group = match &template.group {
            Some(trustee) => self.sid_of(trustee, &owner),
            None => self.owner_of(entry, None),
        };
        let inherited = match entry.parent().filter(|_| depth < DEEPEST && !self.is_head(entry)) {
            Some(parent) => self.entry(parent).map(|parent| self.handed_down(&parent, entry, &owner, depth)),
            None => None,
        }
        .unwrap_or_default();
        let list = |template: &TemplateList, inherited: Vec<Ace>| {
            let protected = template.protected;
            let mut aces: Vec<Ace> =
                template.aces.iter().flat_map(|ace| self.instances(ace, &owner)).collect();
            aces.extend(inherited.into_iter().filter(|_| !protected));
            Acl::new(&aces, protected, true)
        };
        let mut dacl = template.dacl.clone();
        if depth == 0 {
            // nobody inherits these
            self.add_replicators(entry, &mut dacl);
        }
        let generated = SecurityDescriptor {
            dacl: Some(list(&dacl, inherited.dacl)),
            sacl: Some(list(&template.sacl, inherited.sacl)),
            owner: Some(owner),
            group: Some(group),
        };
        generated.replaced(SecurityParts::ALL, written)
    }

    /// The head of a naming context: nothing lies above it.
    fn is_head(&self, entry: &Entry<'_>) -> bool {
        self.instance_type(entry.id()) != 4
    }

    fn template_of<'t>(&self, templates: &'t Templates, entry: &Entry<'_>) -> Option<&'t Template> {
        let deleted_objects = entry.class() == class::CONTAINER
            && entry.rdn_value() == "Deleted Objects"
            && entry.parent().and_then(|id| self.entry(id)).is_some_and(|parent| self.is_head(&parent));
        let holder = entry.rdn_value() == "AdminSDHolder" && entry.class() == class::CONTAINER;
        match entry.class() {
            class::CONFIGURATION => templates.object("configuration"),
            class::DMD => templates.object("schema"),
            _ if deleted_objects => templates.object("deleted-objects"),
            _ if holder || entry.int(attr::ADMIN_COUNT) == Some(1) => templates.object("protected"),
            class => templates.class(&self.schema.class(class).chain),
        }
    }

    /// Who owns an object that nobody has taken: the administrators of the domain, of the enterprise for the
    /// configuration, of the schema for the schema.
    fn owner_of(&self, entry: &Entry<'_>, named: Option<&Trustee>) -> Sid {
        let trustee = match named {
            Some(trustee) => trustee.clone(),
            None if self.is_below(entry.id(), self.info.schema) => Trustee::Forest(518),
            None if self.is_below(entry.id(), self.info.configuration) => Trustee::Forest(519),
            None if self.is_head(entry) || entry.class() == class::BUILTIN_DOMAIN => {
                return Sid::parse("S-1-5-32-544").unwrap_or_else(|| self.info.sid.clone());
            }
            None => Trustee::Domain(512),
        };
        self.sid_of(&trustee, &self.info.sid)
    }

    fn sid_of(&self, trustee: &Trustee, owner: &Sid) -> Sid {
        match trustee {
            Trustee::Fixed(sid) => sid.clone(),
            Trustee::Domain(rid) => self.info.sid.with_rid(*rid),
            Trustee::Forest(rid) => self.forest_sid().with_rid(*rid),
            Trustee::Owner => owner.clone(),
        }
    }

    /// What an entry of a template becomes: an inheritable one for the owner counts for this owner, and stands
    /// for the owners of what is below.
    fn instances(&self, ace: &Ace<Trustee>, owner: &Sid) -> Vec<Ace> {
        let own = ace.with_trustee(self.sid_of(&ace.trustee, owner));
        if ace.trustee != Trustee::Owner || ace.flags & (CONTAINER_INHERIT | OBJECT_INHERIT) == 0 {
            return vec![own];
        }
        let Some(anybody) = Sid::parse(CREATOR_OWNER) else { return vec![own] };
        let on = Ace { flags: ace.flags | INHERIT_ONLY, ..ace.with_trustee(anybody) };
        vec![Ace { flags: ace.flags & !(CONTAINER_INHERIT | OBJECT_INHERIT), ..own }, on]
    }

    /// The SID of the forest's first domain.
    fn forest_sid(&self) -> &Sid {
        let mut contexts = self.naming_contexts().iter();
        let root = contexts.find(|context| context.dn == self.info.root_dn);
        root.and_then(|context| context.sid.as_ref()).unwrap_or(&self.info.sid)
    }

    /// The accounts of sync engines replicate: the head of the domain says so.
    fn add_replicators(&self, entry: &Entry<'_>, dacl: &mut TemplateList) {
        if entry.id() != self.info.domain {
            return;
        }
        let Some(rights) = TEMPLATES.object("replicates") else { return };
        for account in self.sync_accounts() {
            let Some(sid) = self.entry(account).and_then(|account| account.sid()) else { continue };
            dacl.aces
                .extend(rights.dacl.aces.iter().map(|ace| ace.with_trustee(Trustee::Fixed(sid.clone()))));
        }
    }

    /// What an object hands down to one of its children.
    fn handed_down(&self, parent: &Entry<'_>, child: &Entry<'_>, owner: &Sid, depth: usize) -> Inheritance {
        let above = self.descriptor_of(parent, depth + 1);
        let class = self.schema.class(child.class()).schema_id_guid;
        let pass = |acl: Option<Acl>| {
            let aces = acl.map(|acl| acl.aces()).unwrap_or_default();
            aces.into_iter().flat_map(|ace| passed_on(ace, class, owner)).collect()
        };
        Inheritance { dacl: pass(above.dacl), sacl: pass(above.sacl) }
    }
}

/// What one entry becomes on a child of some class (MS-DTYP 2.5.3.4.4, for containers).
fn passed_on(ace: Ace, class: Option<Guid>, owner: &Sid) -> Vec<Ace> {
    let goes_on = ace.flags & NO_PROPAGATE == 0;
    let fits = ace.inherited_object.is_none() || ace.inherited_object == class;
    let counts = fits && ace.flags & CONTAINER_INHERIT != 0;
    let flags = ace.flags & !INHERIT_ONLY | INHERITED;
    let ends = flags & !(CONTAINER_INHERIT | OBJECT_INHERIT | NO_PROPAGATE);
    if ace.flags & (CONTAINER_INHERIT | OBJECT_INHERIT) == 0 {
        return Vec::new();
    }
    if !counts {
        let on = Ace { flags: flags | INHERIT_ONLY, ..ace };
        return if goes_on { vec![on] } else { Vec::new() };
    }
    if ace.kind != Kind::Audit && ace.trustee.to_string() == CREATOR_OWNER {
        // it counts for the owner, and goes on as it is
        let own = Ace { flags: ends, trustee: owner.clone(), ..ace.clone() };
        let on = Ace { flags: flags | INHERIT_ONLY, ..ace };
        return if goes_on { vec![own, on] } else { vec![own] };
    }
    vec![Ace { flags: if goes_on { flags } else { ends }, ..ace }]
}
