//! The attributes and classes that the code names, with ids fixed at compile time. The schema's loader gives
//! these their ids first, in this order, and every other row of the tables an id behind them.

/// Declares one constant a name and the list that the loader follows.
macro_rules! known {
    ($id:ident: $($(#[$doc:meta])* $constant:ident = $name:literal),* $(,)?) => {
        use super::super::schema::$id;
        /// The names in the order of their ids.
        pub(crate) const NAMES: &[&str] = &[$($name),*];
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "a counter of the constants")]
        enum Order { $($constant),* }
        $(
            #[doc = concat!("`", $name, "`.")]
            pub const $constant: $id = $id::from_index(Order::$constant as u16);
        )*
    };
}

/// Attributes by their LDAP display names.
pub mod attr {
    known! { AttrId:
        OBJECT_CLASS = "objectClass", CN = "cn", NAME = "name", OU = "ou", DC = "dc",
        DISTINGUISHED_NAME = "distinguishedName", INSTANCE_TYPE = "instanceType",
        WHEN_CREATED = "whenCreated", WHEN_CHANGED = "whenChanged", USN_CREATED = "uSNCreated",
        USN_CHANGED = "uSNChanged", OBJECT_GUID = "objectGUID", OBJECT_SID = "objectSid",
        OBJECT_CATEGORY = "objectCategory", IS_DELETED = "isDeleted", IS_RECYCLED = "isRecycled",
        LAST_KNOWN_PARENT = "lastKnownParent", LAST_KNOWN_RDN = "msDS-LastKnownRDN",
        NT_SECURITY_DESCRIPTOR = "nTSecurityDescriptor", SYSTEM_FLAGS = "systemFlags",
        IS_CRITICAL_SYSTEM_OBJECT = "isCriticalSystemObject",
        SHOW_IN_ADVANCED_VIEW_ONLY = "showInAdvancedViewOnly", DESCRIPTION = "description",
        SAM_ACCOUNT_NAME = "sAMAccountName", SAM_ACCOUNT_TYPE = "sAMAccountType",
        USER_PRINCIPAL_NAME = "userPrincipalName", USER_ACCOUNT_CONTROL = "userAccountControl",
        PRIMARY_GROUP_ID = "primaryGroupID", GROUP_TYPE = "groupType", PWD_LAST_SET = "pwdLastSet",
        ACCOUNT_EXPIRES = "accountExpires", LOCKOUT_TIME = "lockoutTime", LAST_LOGON = "lastLogon",
        LAST_LOGOFF = "lastLogoff", LAST_LOGON_TIMESTAMP = "lastLogonTimestamp",
        BAD_PWD_COUNT = "badPwdCount", BAD_PASSWORD_TIME = "badPasswordTime", LOGON_COUNT = "logonCount",
        CODE_PAGE = "codePage", COUNTRY_CODE = "countryCode", ADMIN_COUNT = "adminCount",
        UNICODE_PWD = "unicodePwd", USER_PASSWORD = "userPassword", SID_HISTORY = "sIDHistory",
        ALT_SECURITY_IDENTITIES = "altSecurityIdentities",
        SERVICE_PRINCIPAL_NAME = "servicePrincipalName", DNS_HOST_NAME = "dNSHostName",
        MEMBER = "member", MEMBER_OF = "memberOf", MANAGER = "manager", DIRECT_REPORTS = "directReports",
        MANAGED_BY = "managedBy", MANAGED_OBJECTS = "managedObjects",
        DISPLAY_NAME = "displayName", GIVEN_NAME = "givenName", SN = "sn", INITIALS = "initials",
        MAIL = "mail", MAIL_NICKNAME = "mailNickname", PROXY_ADDRESSES = "proxyAddresses",
        TARGET_ADDRESS = "targetAddress", LEGACY_EXCHANGE_DN = "legacyExchangeDN",
        TELEPHONE_NUMBER = "telephoneNumber", MOBILE = "mobile", HOME_PHONE = "homePhone", PAGER = "pager",
        FACSIMILE = "facsimileTelephoneNumber", IP_PHONE = "ipPhone", TITLE = "title",
        DEPARTMENT = "department", COMPANY = "company", DIVISION = "division",
        OFFICE = "physicalDeliveryOfficeName", STREET_ADDRESS = "streetAddress", L = "l", ST = "st",
        POSTAL_CODE = "postalCode", C = "c", CO = "co", INFO = "info", EMPLOYEE_ID = "employeeID",
        EMPLOYEE_NUMBER = "employeeNumber", EMPLOYEE_TYPE = "employeeType",
        PREFERRED_LANGUAGE = "preferredLanguage", WWW_HOME_PAGE = "wWWHomePage",
        HOME_DIRECTORY = "homeDirectory", HOME_DRIVE = "homeDrive", SCRIPT_PATH = "scriptPath",
        THUMBNAIL_PHOTO = "thumbnailPhoto", JPEG_PHOTO = "jpegPhoto",
        USER_CERTIFICATE = "userCertificate",
        CONSISTENCY_GUID = "mS-DS-ConsistencyGuid",
        MS_EXCH_HIDE_FROM_ADDRESS_LISTS = "msExchHideFromAddressLists",
        MS_EXCH_MAILBOX_GUID = "msExchMailboxGuid",
        MS_EXCH_RECIPIENT_TYPE_DETAILS = "msExchRecipientTypeDetails",
        MS_EXCH_RECIPIENT_DISPLAY_TYPE = "msExchRecipientDisplayType",
        MS_EXCH_USAGE_LOCATION = "msExchUsageLocation", UPN_SUFFIXES = "uPNSuffixes",
        OPERATING_SYSTEM = "operatingSystem", OPERATING_SYSTEM_VERSION = "operatingSystemVersion",
        WELL_KNOWN_OBJECTS = "wellKnownObjects", OTHER_WELL_KNOWN_OBJECTS = "otherWellKnownObjects",
        LOCKOUT_THRESHOLD = "lockoutThreshold", LOCKOUT_DURATION = "lockoutDuration",
        LOCKOUT_OBSERVATION_WINDOW = "lockOutObservationWindow", MIN_PWD_LENGTH = "minPwdLength",
        MAX_PWD_AGE = "maxPwdAge", PWD_PROPERTIES = "pwdProperties", REPL_PROPERTY_META_DATA = "replPropertyMetaData",
        LDAP_DISPLAY_NAME = "lDAPDisplayName", ATTRIBUTE_ID = "attributeID", GOVERNS_ID = "governsID",
        OBJECT_VERSION = "objectVersion", SUB_REFS = "subRefs", INVOCATION_ID = "invocationId",
        FSMO_ROLE_OWNER = "fSMORoleOwner", NC_NAME = "nCName", DNS_ROOT = "dnsRoot",
        NETBIOS_NAME = "nETBIOSName", DS_HEURISTICS = "dSHeuristics",
        CANONICAL_NAME = "canonicalName", TOKEN_GROUPS = "tokenGroups",
        PRIMARY_GROUP_TOKEN = "primaryGroupToken", CREATE_TIME_STAMP = "createTimeStamp",
        MODIFY_TIME_STAMP = "modifyTimeStamp", PARENT_GUID = "parentGUID",
        STRUCTURAL_OBJECT_CLASS = "structuralObjectClass", SUB_SCHEMA_SUB_ENTRY = "subSchemaSubEntry",
        PRINCIPAL_NAME = "msDS-PrincipalName", UAC_COMPUTED = "msDS-User-Account-Control-Computed",
        PASSWORD_EXPIRY_COMPUTED = "msDS-UserPasswordExpiryTimeComputed",
        ALLOWED_ATTRIBUTES = "allowedAttributes", ALLOWED_ATTRIBUTES_EFFECTIVE = "allowedAttributesEffective",
        ALLOWED_CHILD_CLASSES = "allowedChildClasses", ATTRIBUTE_TYPES = "attributeTypes",
        OBJECT_CLASSES = "objectClasses", DIT_CONTENT_RULES = "dITContentRules",
        EXTENDED_ATTRIBUTE_INFO = "extendedAttributeInfo", EXTENDED_CLASS_INFO = "extendedClassInfo",
        ANR = "aNR", ENABLED_FEATURE = "msDS-EnabledFeature",
        OPTIONAL_FEATURE_GUID = "msDS-OptionalFeatureGUID", TOMBSTONE_LIFETIME = "tombstoneLifetime",
        DELETED_OBJECT_LIFETIME = "msDS-DeletedObjectLifetime", OPERATOR_COUNT = "operatorCount",
        NT_PWD_HISTORY = "ntPwdHistory", PWD_HISTORY_LENGTH = "pwdHistoryLength",
        MIN_PWD_AGE = "minPwdAge", LOGON_HOURS = "logonHours", USER_WORKSTATIONS = "userWorkstations",
        MACHINE_ACCOUNT_QUOTA = "ms-DS-MachineAccountQuota", CREATOR_SID = "mS-DS-CreatorSID",
    }
}

/// Classes by their LDAP display names.
pub mod class {
    known! { ClassId:
        TOP = "top", USER = "user", CONTACT = "contact", GROUP = "group", COMPUTER = "computer",
        INET_ORG_PERSON = "inetOrgPerson", ORGANIZATIONAL_UNIT = "organizationalUnit",
        CONTAINER = "container", DOMAIN_DNS = "domainDNS", PERSON = "person",
        ORGANIZATIONAL_PERSON = "organizationalPerson", SECURITY_PRINCIPAL = "securityPrincipal",
        FOREIGN_SECURITY_PRINCIPAL = "foreignSecurityPrincipal", BUILTIN_DOMAIN = "builtinDomain",
        CONFIGURATION = "configuration", DMD = "dMD", SUB_SCHEMA = "subSchema",
        ATTRIBUTE_SCHEMA = "attributeSchema", CLASS_SCHEMA = "classSchema",
        LOST_AND_FOUND = "lostAndFound", CROSS_REF = "crossRef",
    }
}
