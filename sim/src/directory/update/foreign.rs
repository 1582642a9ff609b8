//! Members from outside of the forest: a SID as value of `member` is given an object of class
//! foreignSecurityPrincipal to point to (MS-ADTS 3.1.1.5.2.3, 6.1.1.4.10).

use super::draft::Draft;
use super::{NewObject, UpdateContext};
use crate::directory::{Directory, ObjectId, attr, class};
use crate::ids::Sid;

/// CN=ForeignSecurityPrincipals in `wellKnownObjects` of a domain (active-directory.md 3).
const CONTAINER: [u8; 16] =
    [0x22, 0xB7, 0x0C, 0x67, 0xD5, 0x6E, 0x4E, 0xFB, 0x91, 0xE9, 0x30, 0x0F, 0xCA, 0x3D, 0xC1, 0xAA];
/// Most bytes of a SID that `objectSid` holds (active-directory.md 3.1).
const LONGEST_SID: usize = 28;

/// What a value of a link leads to.
pub(super) enum Target {
    Object(ObjectId),
    /// A principal of elsewhere that has no object here.
    Foreign(Sid),
}

impl Directory {
    /// What `<SID=...>` as a member leads to, when it is a SID of another forest or a well-known one. None for
    /// SIDs of this forest, for what is no such value, and where no object can be made for it.
    pub(super) fn foreign_member(&self, value: &str) -> Option<Target> {
        let (inner, _) = value.trim_start().strip_prefix('<')?.split_once('>')?;
        let (kind, sid) = inner.split_once('=')?;
        let sid = crate::directory::resolve::sid_of(sid)
            .filter(|sid| kind.trim().eq_ignore_ascii_case("SID") && sid.to_bytes().len() <= LONGEST_SID)?;
        if self.is_of_the_forest(&sid) {
            return None;
        }
        let container = self.principals_container()?;
        match self.child_named(container, attr::CN, &sid.to_string()) {
            Some(id) => {
                let entry = self.entry(id)?;
                let is_it = entry.class() == class::FOREIGN_SECURITY_PRINCIPAL && entry.sid() == Some(sid);
                is_it.then_some(Target::Object(id))
            }
            None => Some(Target::Foreign(sid)),
        }
    }

    /// Makes the objects of the principals that a change brings in, and lets its links point to them.
    pub(super) fn admit_foreign(&mut self, context: &UpdateContext, draft: &mut Draft) {
        for sid in std::mem::take(&mut draft.foreign) {
            let id = self.load(
                context,
                NewObject {
                    parent: self.principals_container().unwrap_or(self.info.domain),
                    rdn: sid.to_string(),
                    class: "foreignSecurityPrincipal",
                    attributes: vec![
                        (attr::OBJECT_SID, vec![sid.to_bytes()]),
                        (attr::SHOW_IN_ADVANCED_VIEW_ONLY, vec![b"TRUE".to_vec()]),
                    ],
                    guid: None,
                    rid: None,
                },
            );
            draft.links.insert((attr::MEMBER, id), true);
        }
    }

    fn principals_container(&self) -> Option<ObjectId> {
        self.well_known(self.info.domain, &CONTAINER).filter(|id| !self.is_deleted(*id))
    }

    /// Whether a SID belongs to a domain of this forest or to CN=Builtin.
    fn is_of_the_forest(&self, sid: &Sid) -> bool {
        let Some(rid) = sid.rid() else { return false };
        let domains = self.contexts.iter().filter_map(|context| context.sid.as_ref());
        let built_in = Sid::parse("S-1-5-32");
        domains.chain(&built_in).any(|domain| domain == sid || domain.with_rid(rid) == *sid)
    }
}
