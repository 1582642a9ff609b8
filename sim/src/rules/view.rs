//! What the rules see of an object.

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

    /// Its first value.
    pub fn first(&self, attribute: &str) -> Option<&str> {
        self.all(attribute).first().map(String::as_str)
    }
}
