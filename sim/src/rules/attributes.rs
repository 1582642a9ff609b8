//! The attributes that the rules read, and where each one stands.

/// Position of an attribute in [`ATTRIBUTES`].
pub(super) type Slot = u8;

/// What the values of an attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A GUID of 16 octets, kept as its text.
    Guid,
    /// A security identifier, kept as its text.
    Sid,
    /// A picture, kept as a summary.
    Photo,
    /// A certificate, kept as a summary.
    Certificate,
}

macro_rules! attributes {
    ($($constant:ident $variant:ident $name:literal $kind:ident,)*) => {
        #[derive(Clone, Copy)]
        enum Place { $($variant,)* }

        /// The attributes that the rules read: what a checker asks the directory for (and `objectClass`, of
        /// which the last value is the class). Others may be handed in; they are ignored.
        pub const ATTRIBUTES: &[&str] = &[$($name,)*];

        const KINDS: &[Kind] = &[$(Kind::$kind,)*];

        $(#[allow(dead_code, reason = "a place for every attribute, whether or not a rule names it")]
        pub(super) const $constant: Slot = Place::$variant as Slot;)*
    };
}

attributes! {
    CN Cn "cn" Text,
    DISPLAY_NAME DisplayName "displayName" Text,
    GIVEN_NAME GivenName "givenName" Text,
    SN Sn "sn" Text,
    MAIL Mail "mail" Text,
    MAIL_NICKNAME MailNickname "mailNickname" Text,
    PROXY_ADDRESSES ProxyAddresses "proxyAddresses" Text,
    SAM_ACCOUNT_NAME SamAccountName "sAMAccountName" Text,
    TARGET_ADDRESS TargetAddress "targetAddress" Text,
    USER_PRINCIPAL_NAME UserPrincipalName "userPrincipalName" Text,
    GROUP_TYPE GroupType "groupType" Text,
    HOME_MDB HomeMdb "homeMDB" Text,
    IS_CRITICAL IsCritical "isCriticalSystemObject" Text,
    HIDDEN Hidden "msExchHideFromAddressLists" Text,
    MAILBOX_GUID MailboxGuid "msExchMailboxGuid" Guid,
    RECIPIENT_TYPE RecipientType "msExchRecipientTypeDetails" Text,
    USER_ACCOUNT_CONTROL UserAccountControl "userAccountControl" Text,
    WHEN_CREATED WhenCreated "whenCreated" Text,
    TITLE Title "title" Text,
    DEPARTMENT Department "department" Text,
    OFFICE Office "physicalDeliveryOfficeName" Text,
    TELEPHONE_NUMBER TelephoneNumber "telephoneNumber" Text,
    MOBILE Mobile "mobile" Text,
    FAX Fax "facsimileTelephoneNumber" Text,
    STREET_ADDRESS StreetAddress "streetAddress" Text,
    LOCALITY Locality "l" Text,
    STATE State "st" Text,
    POSTAL_CODE PostalCode "postalCode" Text,
    COUNTRY Country "c" Text,
    COUNTRY_NAME CountryName "co" Text,
    COUNTRY_CODE CountryCode "countryCode" Text,
    COMPANY Company "company" Text,
    USAGE_LOCATION UsageLocation "msExchUsageLocation" Text,
    MANAGER Manager "manager" Text,
    MANAGED_BY ManagedBy "managedBy" Text,
    MEMBER Member "member" Text,
    MEMBER_OF MemberOf "memberOf" Text,
    USER_CERTIFICATE UserCertificate "userCertificate" Certificate,
    SMIME_CERTIFICATE SmimeCertificate "userSMIMECertificate" Certificate,
    THUMBNAIL_PHOTO ThumbnailPhoto "thumbnailPhoto" Photo,
    EXTENSION_ATTRIBUTE_1 ExtensionAttribute1 "extensionAttribute1" Text,
    EXTENSION_ATTRIBUTE_2 ExtensionAttribute2 "extensionAttribute2" Text,
    EXTENSION_ATTRIBUTE_3 ExtensionAttribute3 "extensionAttribute3" Text,
    EXTENSION_ATTRIBUTE_4 ExtensionAttribute4 "extensionAttribute4" Text,
    EXTENSION_ATTRIBUTE_5 ExtensionAttribute5 "extensionAttribute5" Text,
    EXTENSION_ATTRIBUTE_6 ExtensionAttribute6 "extensionAttribute6" Text,
    EXTENSION_ATTRIBUTE_7 ExtensionAttribute7 "extensionAttribute7" Text,
    EXTENSION_ATTRIBUTE_8 ExtensionAttribute8 "extensionAttribute8" Text,
    EXTENSION_ATTRIBUTE_9 ExtensionAttribute9 "extensionAttribute9" Text,
    EXTENSION_ATTRIBUTE_10 ExtensionAttribute10 "extensionAttribute10" Text,
    EXTENSION_ATTRIBUTE_11 ExtensionAttribute11 "extensionAttribute11" Text,
    EXTENSION_ATTRIBUTE_12 ExtensionAttribute12 "extensionAttribute12" Text,
    EXTENSION_ATTRIBUTE_13 ExtensionAttribute13 "extensionAttribute13" Text,
    EXTENSION_ATTRIBUTE_14 ExtensionAttribute14 "extensionAttribute14" Text,
    EXTENSION_ATTRIBUTE_15 ExtensionAttribute15 "extensionAttribute15" Text,
    CONSISTENCY_GUID ConsistencyGuid "mS-DS-ConsistencyGuid" Guid,
    OBJECT_SID ObjectSid "objectSid" Sid,
    MASTER_ACCOUNT_SID MasterAccountSid "msExchMasterAccountSid" Sid,
    PRIMARY_GROUP_ID PrimaryGroupId "primaryGroupID" Text,
    PWD_LAST_SET PwdLastSet "pwdLastSet" Text,
    LAST_LOGON_TIMESTAMP LastLogonTimestamp "lastLogonTimestamp" Text,
}

/// What the values of the attribute at this place are.
pub(super) fn kind(slot: Slot) -> Kind {
    KINDS[usize::from(slot)]
}

const ROOM: usize = 256;
const EMPTY: u8 = u8::MAX;

/// Places by hash of the name, with linear probing.
static PLACES: [u8; ROOM] = {
    let mut table = [EMPTY; ROOM];
    let mut place = 0;
    while place < ATTRIBUTES.len() {
        let mut at = bucket(ATTRIBUTES[place].as_bytes());
        while table[at] != EMPTY {
            at = (at + 1) % ROOM;
        }
        table[at] = place as u8;
        place += 1;
    }
    table
};

/// By length and three characters, in any case: enough to tell most names apart.
const fn bucket(name: &[u8]) -> usize {
    if name.is_empty() {
        return 0;
    }
    let last = name.len() - 1;
    let (first, middle) = (name[0].to_ascii_lowercase(), name[name.len() / 2].to_ascii_lowercase());
    let end = name[last].to_ascii_lowercase();
    let before = name[last.saturating_sub(1)].to_ascii_lowercase();
    (name.len() * 37 + first as usize * 11 + middle as usize * 5 + end as usize * 3 + before as usize * 7)
        % ROOM
}

/// The place of an attribute by its name in any case; none of one that no rule reads.
pub(super) fn slot_of(name: &str) -> Option<Slot> {
    let mut at = bucket(name.as_bytes());
    while PLACES[at] != EMPTY {
        if ATTRIBUTES[usize::from(PLACES[at])].eq_ignore_ascii_case(name) {
            return Some(PLACES[at]);
        }
        at = (at + 1) % ROOM;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_found_by_its_name_in_any_case_and_no_other() {
        for (place, name) in ATTRIBUTES.iter().enumerate() {
            assert_eq!(slot_of(name), Some(place as u8), "{name}");
            assert_eq!(slot_of(&name.to_ascii_uppercase()), Some(place as u8), "{name}");
        }
        for other in ["", "c2", "description", "objectClass", "mails", "extensionAttribute16", "\u{fc}"] {
            assert_eq!(slot_of(other), None, "{other}");
        }
        assert_eq!(ATTRIBUTES[usize::from(PROXY_ADDRESSES)], "proxyAddresses");
    }

    #[test]
    fn names_spread_over_the_table() {
        let probes = |name: &&str| {
            let (place, start) = (slot_of(name).unwrap(), bucket(name.as_bytes()));
            (0..ROOM).find(|step| PLACES[(start + step) % ROOM] == place).unwrap() + 1
        };
        let most = ATTRIBUTES.iter().map(probes).max().unwrap();
        assert!(most <= 4, "{most} probes");
    }
}
