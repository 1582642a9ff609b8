//! What the rules see of an object.

use crate::directory::{Directory, ObjectId};
use crate::ids::Guid;

/// The attributes that the rules read: what a checker asks the directory for (and `objectClass`, of which
/// the last value is the class). Others may be handed in; they are ignored.
pub const ATTRIBUTES: &[&str] = &[
    "cn",
    "displayName",
    "givenName",
    "sn",
    "mail",
    "mailNickname",
    "proxyAddresses",
    "sAMAccountName",
    "targetAddress",
    "userPrincipalName",
    "groupType",
    "homeMDB",
    "isCriticalSystemObject",
    "msExchHideFromAddressLists",
    "msExchMailboxGuid",
    "msExchRecipientTypeDetails",
    "userAccountControl",
    "whenCreated",
];

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
    values: Vec<(u8, Vec<String>)>,
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

    /// Sets the values of an attribute (name in any case; a name outside [`ATTRIBUTES`] is ignored). Without
    /// values the attribute is absent.
    pub fn set(&mut self, attribute: &str, values: Vec<String>) {
        let Some(index) = ATTRIBUTES.iter().position(|name| name.eq_ignore_ascii_case(attribute)) else {
            return;
        };
        self.values.retain(|(held, _)| usize::from(*held) != index);
        if !values.is_empty() {
            self.values.push((index as u8, values));
        }
    }

    /// The values of an attribute by its name as [`ATTRIBUTES`] writes it.
    pub fn all(&self, attribute: &str) -> &[String] {
        self.values
            .iter()
            .find(|(held, _)| ATTRIBUTES[usize::from(*held)] == attribute)
            .map_or(&[], |(_, values)| values.as_slice())
    }

    /// The values of the attribute at this place of [`ATTRIBUTES`].
    pub(super) fn slot(&self, slot: u8) -> &[String] {
        self.values.iter().find(|(held, _)| *held == slot).map_or(&[], |(_, values)| values.as_slice())
    }

    /// Its first value.
    pub fn first(&self, attribute: &str) -> Option<&str> {
        self.all(attribute).first().map(String::as_str)
    }

    /// It has a mailbox, here or in the cloud.
    pub(super) fn has_mailbox(&self) -> bool {
        let kind = self.first("msExchRecipientTypeDetails");
        // user, linked, shared, room, equipment, and the remote user, room, equipment and shared mailboxes
        let mailbox = |kind: &str| {
            matches!(
                kind,
                "1" | "2" | "4" | "16" | "32" | "2147483648" | "8589934592" | "17179869184" | "34359738368"
            )
        };
        self.first("homeMDB").is_some()
            || self.first("msExchMailboxGuid").is_some()
            || kind.is_some_and(mailbox)
    }

    /// The account is not disabled; what is no account counts as enabled.
    pub(super) fn is_enabled(&self) -> bool {
        const ACCOUNT_DISABLED: i64 = 2;
        let flags = self.first("userAccountControl").and_then(|v| v.parse::<i64>().ok());
        flags.is_none_or(|flags| flags & ACCOUNT_DISABLED == 0)
    }
}

/// What the rules see of a directory's object: none of a class that they do not check.
///
/// For what lives in the same process; a tool reads the same over LDAP.
pub fn view_of(directory: &Directory, id: ObjectId) -> Option<ObjectView> {
    let entry = directory.entry(id).filter(|entry| !entry.is_deleted())?;
    let class =
        ["user", "inetOrgPerson", "contact", "group"].into_iter().find(|class| entry.is_class(class))?;
    let mut view = ObjectView::new(entry.dn(), class).with_guid(entry.guid());
    for (slot, name) in ATTRIBUTES.iter().enumerate() {
        let values = match *name {
            // bytes, of which only the presence matters
            "msExchMailboxGuid" if entry.has(*name) => vec![String::new()],
            _ => entry.texts(*name),
        };
        if !values.is_empty() {
            view.values.push((slot as u8, values));
        }
    }
    Some(view)
}
