//! What the rules see of an object.

use super::attributes::{
    ATTRIBUTES, HOME_MDB, Kind, MAILBOX_GUID, RECIPIENT_TYPE, Slot, USER_ACCOUNT_CONTROL, kind, slot_of,
};
use super::octets::text_of;
use crate::directory::{Directory, ObjectId, Value};
use crate::ids::Guid;

const _: () = assert!(ATTRIBUTES.len() <= u64::BITS as usize);

/// One object as a client read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectView {
    /// Its distinguished name.
    pub dn: String,
    /// Its objectGUID, if it was read.
    pub guid: Option<Guid>,
    /// Its structural class: `user`, `inetOrgPerson`, `contact`, `group`. Objects of other classes are
    /// not checked.
    pub class: String,
    /// Which of several forests or files it came from; 0 where there is one.
    pub forest: u16,
    /// A bit for each attribute that it has, by place in [`ATTRIBUTES`].
    present: u64,
    /// Where the values of each of these attributes end in `values`.
    ends: Vec<u32>,
    /// All values, those of the first attribute first: they lie side by side, since rules look at most of them.
    values: Vec<String>,
    /// What stands in `values` with replacement characters, since it should be text and is not UTF-8: place,
    /// number of the value, its octets.
    pub(super) not_utf8: Vec<(Slot, u32, Vec<u8>)>,
}

impl ObjectView {
    /// An object without attributes.
    pub fn new(dn: impl Into<String>, class: impl Into<String>) -> ObjectView {
        ObjectView { dn: dn.into(), class: class.into(), ..ObjectView::default() }
    }

    /// With its objectGUID.
    #[must_use]
    pub fn with_guid(mut self, guid: Guid) -> ObjectView {
        self.guid = Some(guid);
        self
    }

    /// With these values of an attribute: see [`ObjectView::set`].
    #[must_use]
    pub fn with(mut self, attribute: &str, values: Vec<String>) -> ObjectView {
        self.set(attribute, values);
        self
    }

    /// With the number of the forest or file that it came from.
    #[must_use]
    pub fn in_forest(mut self, forest: u16) -> ObjectView {
        self.forest = forest;
        self
    }

    /// Sets the values of an attribute (name in any case; a name outside [`ATTRIBUTES`] is ignored). Without
    /// values the attribute is absent. A GUID or SID is given as its text, a photo or a certificate as the
    /// text of its [`OctetSummary`](super::OctetSummary).
    pub fn set(&mut self, attribute: &str, values: Vec<String>) {
        if let Some(slot) = slot_of(attribute) {
            self.set_slot(slot, values);
        }
    }

    /// Sets the values of an attribute as they came from a wire or a file (name in any case; a name outside
    /// [`ATTRIBUTES`] is ignored). GUIDs, SIDs, photos and certificates are summarised; a value that should
    /// be text and is not UTF-8 is kept, and reported by the rules.
    pub fn set_octets(&mut self, attribute: &str, values: Vec<Vec<u8>>) {
        if let Some(slot) = slot_of(attribute) {
            self.set_slot(slot, Vec::new());
            self.add_octets(slot, values);
        }
    }

    /// More values of an attribute, behind those that it has.
    pub(crate) fn add_octets(&mut self, slot: Slot, more: impl IntoIterator<Item = Vec<u8>>) {
        let (start, end) = self.range(slot);
        let (kind, mut not_utf8) = (kind(slot), Vec::new());
        let texts = more.into_iter().zip(end - start..).map(|(octets, nth)| match kind {
            Kind::Text => String::from_utf8(octets).unwrap_or_else(|error| {
                let octets = error.into_bytes();
                let shown = String::from_utf8_lossy(&octets).into_owned();
                not_utf8.push((slot, nth as u32, octets));
                shown
            }),
            _ => text_of(kind, &octets).unwrap_or_default(),
        });
        self.put(slot, end, end, texts);
        self.not_utf8.append(&mut not_utf8);
    }

    /// Puts texts in the place of these values, which are the attribute's or stand at its end.
    fn put(&mut self, slot: Slot, start: usize, end: usize, texts: impl IntoIterator<Item = String>) {
        let (rank, bit, before) = (self.rank(slot), 1 << slot, self.values.len());
        match end == before {
            true => {
                self.values.truncate(start);
                self.values.extend(texts);
            }
            false => drop(self.values.splice(start..end, texts)),
        }
        let fewer = end - start;
        let more = self.values.len() + fewer - before;
        if self.present & bit == 0 {
            if more == 0 {
                return;
            }
            self.present |= bit;
            self.ends.insert(rank, start as u32);
        }
        self.ends[rank..].iter_mut().for_each(|end| *end = *end + more as u32 - fewer as u32);
        let (start, end) = self.range(slot);
        if start == end {
            self.present &= !bit;
            self.ends.remove(rank);
        }
    }

    /// How many of its attributes come before this one.
    fn rank(&self, slot: Slot) -> usize {
        (self.present & ((1 << slot) - 1)).count_ones() as usize
    }

    /// Where the attribute's values stand, or would stand.
    fn range(&self, slot: Slot) -> (usize, usize) {
        let rank = self.rank(slot);
        let start = rank.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        let end = if self.present & 1 << slot == 0 { start } else { self.ends[rank] as usize };
        (start, end)
    }

    pub(super) fn set_slot(&mut self, slot: Slot, values: Vec<String>) {
        self.not_utf8.retain(|(held, ..)| *held != slot);
        let (start, end) = self.range(slot);
        self.put(slot, start, end, values);
    }

    /// Makes room for so many values.
    pub(super) fn reserve(&mut self, attributes: usize, values: usize) {
        self.ends.reserve_exact(attributes);
        self.values.reserve_exact(values);
    }

    /// The values of an attribute, its name in any case.
    pub fn all(&self, attribute: &str) -> &[String] {
        slot_of(attribute).map_or(&[], |slot| self.slot(slot))
    }

    /// The values of the attribute at this place of [`ATTRIBUTES`].
    pub(super) fn slot(&self, slot: Slot) -> &[String] {
        if self.present & 1 << slot == 0 {
            return &[];
        }
        let (start, end) = self.range(slot);
        &self.values[start..end]
    }

    /// The first value of the attribute at this place.
    pub(super) fn one(&self, slot: Slot) -> Option<&str> {
        self.slot(slot).first().map(String::as_str)
    }

    /// The places of the attributes that it has, ascending.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        let mut left = self.present;
        std::iter::from_fn(move || {
            let slot = (left != 0).then(|| left.trailing_zeros() as Slot)?;
            left &= left - 1;
            Some(slot)
        })
    }

    /// The values that should be text and are not UTF-8: attribute, number of the value among
    /// [`ObjectView::all`] (where it stands with replacement characters), its octets.
    pub fn not_utf8(&self) -> impl Iterator<Item = (&'static str, usize, &[u8])> {
        self.not_utf8
            .iter()
            .map(|(slot, nth, octets)| (ATTRIBUTES[usize::from(*slot)], *nth as usize, octets.as_slice()))
    }

    /// Its first value.
    pub fn first(&self, attribute: &str) -> Option<&str> {
        self.all(attribute).first().map(String::as_str)
    }

    /// It has a mailbox, here or in the cloud.
    pub(super) fn has_mailbox(&self) -> bool {
        let kind = self.slot(RECIPIENT_TYPE).first();
        // user, linked, shared, room, equipment, and the remote user, room, equipment and shared mailboxes
        let mailbox = |kind: &str| {
            matches!(
                kind,
                "1" | "2" | "4" | "16" | "32" | "2147483648" | "8589934592" | "17179869184" | "34359738368"
            )
        };
        !self.slot(HOME_MDB).is_empty()
            || !self.slot(MAILBOX_GUID).is_empty()
            || kind.is_some_and(|kind| mailbox(kind))
    }

    /// The account is not disabled; what is no account counts as enabled.
    pub(super) fn is_enabled(&self) -> bool {
        const ACCOUNT_DISABLED: i64 = 2;
        let flags = self.slot(USER_ACCOUNT_CONTROL).first().and_then(|v| v.parse::<i64>().ok());
        flags.is_none_or(|flags| flags & ACCOUNT_DISABLED == 0)
    }
}

/// Attributes of a person that the rules read, give or take some.
const USUAL: usize = 36;

/// What the rules see of a directory's object: none of a class that they do not check.
///
/// For what lives in the same process; a tool reads the same over LDAP.
pub fn view_of(directory: &Directory, id: ObjectId) -> Option<ObjectView> {
    let entry = directory.entry(id).filter(|entry| !entry.is_deleted())?;
    let class =
        ["user", "inetOrgPerson", "contact", "group"].into_iter().find(|class| entry.is_class(class))?;
    let mut view = ObjectView::new(entry.dn(), class).with_guid(entry.guid());
    view.reserve(USUAL, USUAL);
    for (slot, name) in ATTRIBUTES.iter().enumerate() {
        let slot = slot as Slot;
        if kind(slot) == Kind::Text {
            view.set_slot(slot, entry.texts(*name));
            continue;
        }
        let Some(attribute) = directory.schema().attribute_id(name) else { continue };
        let octets = |value: Value<'_>| {
            let mut octets = Vec::new();
            value.write_ldap(directory, &mut octets);
            octets
        };
        view.add_octets(slot, entry.values(attribute).map(octets));
    }
    Some(view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::DEFAULT_START;
    use crate::directory::{Modification, ModifyOp, UpdateContext};
    use crate::spec::{EstateSpec, PopulationSpec};
    use crate::world::World;

    #[test]
    fn an_object_of_a_directory_is_seen_with_its_texts_and_octets_until_it_is_deleted() {
        let mut spec = EstateSpec::default();
        spec.forests[0].population = PopulationSpec::of_users(20);
        let world = World::generate(spec, 1).unwrap();
        let mut directory = world.directory_mut(0);
        let context = UpdateContext::system(DEFAULT_START);
        let views: Vec<(ObjectId, ObjectView)> =
            directory.ids().filter_map(|id| Some((id, view_of(&directory, id)?))).collect();
        let (id, ada) = views.iter().find(|(_, view)| view.class == "user" && view.has_mailbox()).unwrap();
        let entry = directory.entry(*id).unwrap();
        assert_eq!((&ada.dn, ada.all("proxyAddresses")), (&entry.dn(), &*entry.texts("proxyAddresses")));
        assert!(!ada.all("mail").is_empty());
        let photo = |octets: &[u8]| Modification {
            op: ModifyOp::Replace,
            attribute: "thumbnailPhoto".to_owned(),
            values: vec![octets.to_vec()],
        };
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 0xff, 0xd9];
        directory.modify(&context, &ada.dn, &[photo(&jpeg)]).unwrap();
        let mut expected = ObjectView::new("CN=x", "user");
        expected.set_octets("thumbnailPhoto", vec![jpeg.to_vec()]);
        assert_eq!(view_of(&directory, *id).unwrap().all("thumbnailPhoto"), expected.all("thumbnailPhoto"));
        directory.delete(&context, &ada.dn).unwrap();
        assert_eq!(view_of(&directory, *id), None);
        let domain = directory.ids().find(|id| directory.entry(*id).is_some_and(|e| e.is_class("domainDNS")));
        assert_eq!(view_of(&directory, domain.unwrap()), None, "a class that no rule checks");
    }

    #[test]
    fn values_replace_each_other_and_none_is_absence() {
        let mut view = ObjectView::new("CN=Ada", "user").with("MAIL", vec!["a@contoso.com".to_owned()]);
        view.set("mail", vec!["b@contoso.com".to_owned()]);
        view.set("cn", vec!["Ada".to_owned()]);
        assert_eq!((view.first("Mail"), view.first("cn")), (Some("b@contoso.com"), Some("Ada")));
        view.set("mail", Vec::new());
        assert_eq!(view, ObjectView::new("CN=Ada", "user").with("cn", vec!["Ada".to_owned()]));
        assert_eq!(view.clone().with("description", vec!["x".to_owned()]), view);
    }

    #[test]
    fn what_is_no_utf8_is_kept_as_it_is() {
        let mut view = ObjectView::new("CN=J", "user");
        view.set_octets("displayName", vec![b"J\xfcrgen".to_vec()]);
        view.set_octets("proxyAddresses", vec![b"smtp:a@b.com".to_vec(), b"smtp:\xff@b.com".to_vec()]);
        assert_eq!(view.first("displayName"), Some("J\u{fffd}rgen"));
        let kept: Vec<_> = view.not_utf8().collect();
        let expected: [(&str, usize, &[u8]); 2] =
            [("displayName", 0, b"J\xfcrgen"), ("proxyAddresses", 1, b"smtp:\xff@b.com")];
        assert_eq!(kept, expected);
        view.set("displayName", vec!["Jürgen".to_owned()]);
        assert_eq!(view.not_utf8().count(), 1);
        view.set_octets("proxyAddresses", Vec::new());
        assert_eq!(view.not_utf8().count(), 0);
    }

    #[test]
    fn octets_are_summarised() {
        let mut view = ObjectView::new("CN=x", "user");
        view.set_octets("objectSid", vec![crate::ids::Sid::domain(1, 2, 3).to_bytes()]);
        view.set_octets("thumbnailPhoto", vec![b"\xff\xd8\xff\xe0\xff\xd9".to_vec()]);
        assert_eq!(view.first("objectSid"), Some("S-1-5-21-1-2-3"));
        assert!(view.first("thumbnailPhoto").unwrap().starts_with("image/jpeg; octets=6; digest="));
        assert_eq!(view.not_utf8().count(), 0);
    }
}
