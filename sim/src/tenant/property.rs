//! The properties of cloud objects by id: names as Graph spells them, and how values are kept and read.

use crate::clock::SimTime;
use crate::ids::Guid;
use serde_json::Value;
use std::sync::LazyLock;

/// The kinds of directory objects that a tenant keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// An organizational contact.
    Contact,
    /// A device.
    Device,
    /// An application: what its owner registers.
    Application,
    /// A service principal: an application (its own or another tenant's) as this tenant knows it.
    ServicePrincipal,
    /// A directory role that is active.
    DirectoryRole,
    /// An administrative unit.
    AdministrativeUnit,
}

impl ObjectKind {
    /// Every kind.
    pub const ALL: [ObjectKind; ObjectKind::COUNT] = [
        ObjectKind::User,
        ObjectKind::Group,
        ObjectKind::Contact,
        ObjectKind::Device,
        ObjectKind::Application,
        ObjectKind::ServicePrincipal,
        ObjectKind::DirectoryRole,
        ObjectKind::AdministrativeUnit,
    ];

    /// Those that a synchronization engine sends.
    pub const SYNCHRONIZED: [ObjectKind; 3] = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact];

    /// How many kinds there are.
    pub const COUNT: usize = 8;

    /// The type's name in Graph's metadata: `user`, `group`, `orgContact`, `device`...
    pub fn graph_type(self) -> &'static str {
        match self {
            ObjectKind::User => "user",
            ObjectKind::Group => "group",
            ObjectKind::Contact => "orgContact",
            ObjectKind::Device => "device",
            ObjectKind::Application => "application",
            ObjectKind::ServicePrincipal => "servicePrincipal",
            ObjectKind::DirectoryRole => "directoryRole",
            ObjectKind::AdministrativeUnit => "administrativeUnit",
        }
    }

    /// The name in the provisioning service and in Graph's error texts: `User`, `Group`, `Contact`...
    pub fn name(self) -> &'static str {
        match self {
            ObjectKind::User => "User",
            ObjectKind::Group => "Group",
            ObjectKind::Contact => "Contact",
            ObjectKind::Device => "Device",
            ObjectKind::Application => "Application",
            ObjectKind::ServicePrincipal => "ServicePrincipal",
            ObjectKind::DirectoryRole => "DirectoryRole",
            ObjectKind::AdministrativeUnit => "AdministrativeUnit",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What a property's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PropertyType {
    /// `Edm.Boolean`.
    Bool,
    /// `Edm.Int32`.
    Int,
    /// `Edm.String`.
    Text,
    /// `Edm.DateTimeOffset`.
    Time,
    /// A collection of strings.
    Texts,
    /// A complex value or a collection of them.
    Json,
}

macro_rules! properties {
    ($($variant:ident $name:literal $kind:ident $mask:literal;)+) => {
        /// A property of one or more kinds of objects.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each variant is the property of Graph with the same name")]
        #[repr(u8)]
        pub enum Property { $($variant,)+ }

        const TABLE: &[(Property, &str, PropertyType, u8)] =
            &[$((Property::$variant, $name, PropertyType::$kind, $mask),)+];
    };
}

// the last column: 1 user, 2 group, 4 contact, 8 device, 16 application, 32 service principal, 64 directory
// role, 128 administrative unit
properties! {
    AccountEnabled "accountEnabled" Bool 41;
    AddIns "addIns" Json 48;
    Addresses "addresses" Json 4;
    AgeGroup "ageGroup" Text 1;
    AlternativeNames "alternativeNames" Texts 32;
    AlternativeSecurityIds "alternativeSecurityIds" Json 8;
    Api "api" Json 16;
    AppDescription "appDescription" Text 32;
    AppDisplayName "appDisplayName" Text 32;
    AppId "appId" Text 48;
    AppOwnerOrganizationId "appOwnerOrganizationId" Text 32;
    AppRoleAssignmentRequired "appRoleAssignmentRequired" Bool 32;
    AppRoles "appRoles" Json 48;
    ApplicationTemplateId "applicationTemplateId" Text 48;
    ApproximateLastSignInDateTime "approximateLastSignInDateTime" Time 8;
    AssignedLabels "assignedLabels" Json 2;
    AssignedLicenses "assignedLicenses" Json 3;
    AssignedPlans "assignedPlans" Json 1;
    AuthenticationBehaviors "authenticationBehaviors" Json 16;
    BusinessPhones "businessPhones" Texts 1;
    Certification "certification" Json 16;
    City "city" Text 1;
    Classification "classification" Text 2;
    CompanyName "companyName" Text 5;
    ComplianceExpirationDateTime "complianceExpirationDateTime" Time 8;
    ConsentProvidedForMinor "consentProvidedForMinor" Text 1;
    Country "country" Text 1;
    CreatedByAppId "createdByAppId" Text 48;
    CreatedDateTime "createdDateTime" Time 19;
    CreationType "creationType" Text 1;
    CustomSecurityAttributes "customSecurityAttributes" Json 32;
    DefaultRedirectUri "defaultRedirectUri" Text 16;
    DeletedDateTime "deletedDateTime" Time 255;
    Department "department" Text 5;
    Description "description" Text 242;
    DeviceCategory "deviceCategory" Text 8;
    DeviceId "deviceId" Text 8;
    DeviceMetadata "deviceMetadata" Text 8;
    DeviceOwnership "deviceOwnership" Text 8;
    DeviceVersion "deviceVersion" Int 8;
    DisabledByMicrosoftStatus "disabledByMicrosoftStatus" Text 48;
    DisplayName "displayName" Text 255;
    EmployeeHireDate "employeeHireDate" Time 1;
    EmployeeId "employeeId" Text 1;
    EmployeeLeaveDateTime "employeeLeaveDateTime" Time 1;
    EmployeeOrgData "employeeOrgData" Json 1;
    EmployeeType "employeeType" Text 1;
    EnrollmentProfileName "enrollmentProfileName" Text 8;
    EnrollmentType "enrollmentType" Text 8;
    ExpirationDateTime "expirationDateTime" Time 2;
    ExternalUserState "externalUserState" Text 1;
    ExternalUserStateChangeDateTime "externalUserStateChangeDateTime" Time 1;
    FaxNumber "faxNumber" Text 1;
    GivenName "givenName" Text 5;
    GroupMembershipClaims "groupMembershipClaims" Text 16;
    GroupTypes "groupTypes" Texts 2;
    HasMembersWithLicenseErrors "hasMembersWithLicenseErrors" Bool 2;
    Homepage "homepage" Text 32;
    Id "id" Text 255;
    IdentifierUris "identifierUris" Texts 16;
    Identities "identities" Json 1;
    ImAddresses "imAddresses" Texts 1;
    Info "info" Json 48;
    IsAssignableToRole "isAssignableToRole" Bool 2;
    IsCompliant "isCompliant" Bool 8;
    IsDeviceOnlyAuthSupported "isDeviceOnlyAuthSupported" Bool 16;
    IsDisabled "isDisabled" Bool 48;
    IsFallbackPublicClient "isFallbackPublicClient" Bool 16;
    IsManaged "isManaged" Bool 8;
    IsManagementRestricted "isManagementRestricted" Bool 11;
    IsMemberManagementRestricted "isMemberManagementRestricted" Bool 128;
    IsResourceAccount "isResourceAccount" Bool 1;
    IsRooted "isRooted" Bool 8;
    JobTitle "jobTitle" Text 5;
    KeyCredentials "keyCredentials" Json 48;
    LastPasswordChangeDateTime "lastPasswordChangeDateTime" Time 1;
    LegalAgeGroupClassification "legalAgeGroupClassification" Text 1;
    LicenseAssignmentStates "licenseAssignmentStates" Json 1;
    LicenseProcessingState "licenseProcessingState" Json 2;
    LoginUrl "loginUrl" Text 32;
    LogoutUrl "logoutUrl" Text 32;
    Mail "mail" Text 7;
    MailEnabled "mailEnabled" Bool 2;
    MailNickname "mailNickname" Text 7;
    ManagementType "managementType" Text 8;
    ManagerApplications "managerApplications" Texts 16;
    Manufacturer "manufacturer" Text 8;
    MdmAppId "mdmAppId" Text 8;
    MembershipRule "membershipRule" Text 130;
    MembershipRuleProcessingState "membershipRuleProcessingState" Text 130;
    MembershipType "membershipType" Text 128;
    MobilePhone "mobilePhone" Text 1;
    Model "model" Text 8;
    NativeAuthenticationApisEnabled "nativeAuthenticationApisEnabled" Text 16;
    Notes "notes" Text 48;
    NotificationEmailAddresses "notificationEmailAddresses" Texts 32;
    Oauth2PermissionScopes "oauth2PermissionScopes" Json 32;
    Oauth2RequirePostResponse "oauth2RequirePostResponse" Bool 16;
    OfficeLocation "officeLocation" Text 1;
    OnPremisesDistinguishedName "onPremisesDistinguishedName" Text 1;
    OnPremisesDomainName "onPremisesDomainName" Text 3;
    OnPremisesExtensionAttributes "onPremisesExtensionAttributes" Json 3;
    OnPremisesImmutableId "onPremisesImmutableId" Text 1;
    OnPremisesLastSyncDateTime "onPremisesLastSyncDateTime" Time 15;
    OnPremisesNetBiosName "onPremisesNetBiosName" Text 2;
    OnPremisesProvisioningErrors "onPremisesProvisioningErrors" Json 7;
    OnPremisesSamAccountName "onPremisesSamAccountName" Text 3;
    OnPremisesSecurityIdentifier "onPremisesSecurityIdentifier" Text 11;
    OnPremisesSyncEnabled "onPremisesSyncEnabled" Bool 15;
    OnPremisesUserPrincipalName "onPremisesUserPrincipalName" Text 1;
    OperatingSystem "operatingSystem" Text 8;
    OperatingSystemVersion "operatingSystemVersion" Text 8;
    OptionalClaims "optionalClaims" Json 16;
    OtherMails "otherMails" Texts 1;
    ParentalControlSettings "parentalControlSettings" Json 16;
    PasswordCredentials "passwordCredentials" Json 48;
    PasswordPolicies "passwordPolicies" Text 1;
    PasswordProfile "passwordProfile" Json 1;
    Phones "phones" Json 4;
    PhysicalIds "physicalIds" Texts 8;
    PostalCode "postalCode" Text 1;
    PreferredDataLocation "preferredDataLocation" Text 3;
    PreferredLanguage "preferredLanguage" Text 3;
    PreferredSingleSignOnMode "preferredSingleSignOnMode" Text 32;
    PreferredTokenSigningKeyThumbprint "preferredTokenSigningKeyThumbprint" Text 32;
    ProfileType "profileType" Text 8;
    ProvisionedPlans "provisionedPlans" Json 1;
    ProxyAddresses "proxyAddresses" Texts 7;
    PublicClient "publicClient" Json 16;
    PublisherDomain "publisherDomain" Text 16;
    RegistrationDateTime "registrationDateTime" Time 8;
    RenewedDateTime "renewedDateTime" Time 2;
    ReplyUrls "replyUrls" Texts 32;
    RequestSignatureVerification "requestSignatureVerification" Json 16;
    RequiredResourceAccess "requiredResourceAccess" Json 16;
    ResourceBehaviorOptions "resourceBehaviorOptions" Texts 2;
    ResourceProvisioningOptions "resourceProvisioningOptions" Texts 2;
    ResourceSpecificApplicationPermissions "resourceSpecificApplicationPermissions" Json 32;
    RoleTemplateId "roleTemplateId" Text 64;
    SamlMetadataUrl "samlMetadataUrl" Text 16;
    SamlSingleSignOnSettings "samlSingleSignOnSettings" Json 32;
    SecurityEnabled "securityEnabled" Bool 2;
    SecurityIdentifier "securityIdentifier" Text 3;
    ServiceManagementReference "serviceManagementReference" Text 16;
    ServicePrincipalLockConfiguration "servicePrincipalLockConfiguration" Json 16;
    ServicePrincipalNames "servicePrincipalNames" Texts 32;
    ServicePrincipalType "servicePrincipalType" Text 32;
    ServiceProvisioningErrors "serviceProvisioningErrors" Json 7;
    ShowInAddressList "showInAddressList" Bool 1;
    SignInAudience "signInAudience" Text 48;
    SignInSessionsValidFromDateTime "signInSessionsValidFromDateTime" Time 1;
    Spa "spa" Json 16;
    State "state" Text 1;
    StreetAddress "streetAddress" Text 1;
    Surname "surname" Text 5;
    SystemLabels "systemLabels" Texts 8;
    Tags "tags" Texts 48;
    Theme "theme" Text 2;
    TokenEncryptionKeyId "tokenEncryptionKeyId" Text 48;
    TrustType "trustType" Text 8;
    UniqueName "uniqueName" Text 18;
    UsageLocation "usageLocation" Text 1;
    UserPrincipalName "userPrincipalName" Text 1;
    UserType "userType" Text 1;
    VerifiedPublisher "verifiedPublisher" Json 48;
    Visibility "visibility" Text 130;
    Web "web" Json 16;
}

static BY_NAME: LazyLock<Vec<(String, Property)>> = LazyLock::new(|| {
    let mut names: Vec<_> =
        TABLE.iter().map(|(property, name, ..)| (name.to_ascii_lowercase(), *property)).collect();
    names.sort();
    names
});

impl Property {
    /// Every property, in a stable order.
    pub fn all() -> impl Iterator<Item = Property> {
        TABLE.iter().map(|(property, ..)| *property)
    }

    /// The property of this kind of object with this name, in any case.
    pub fn parse(kind: ObjectKind, name: &str) -> Option<Property> {
        Property::named(name).filter(|property| property.belongs_to(kind))
    }

    /// The property with this name, in any case, whatever object has it.
    pub fn named(name: &str) -> Option<Property> {
        let compare = |entry: &(String, Property)| {
            entry.0.bytes().cmp(name.bytes().map(|byte| byte.to_ascii_lowercase()))
        };
        BY_NAME.binary_search_by(compare).ok().map(|found| BY_NAME[found].1)
    }

    /// The name as Graph spells it.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What its value is.
    pub fn value_type(self) -> PropertyType {
        self.row().2
    }

    /// Whether objects of this kind show it.
    pub fn belongs_to(self, kind: ObjectKind) -> bool {
        self.row().3 & kind.bit() != 0
    }

    fn row(self) -> &'static (Property, &'static str, PropertyType, u8) {
        &TABLE[self as usize]
    }
}

/// A set of properties, as a change of an object names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PropertySet([u128; 2]);

impl PropertySet {
    /// Adds one.
    pub fn insert(&mut self, property: Property) {
        self.0[property as usize / 128] |= 1 << (property as u8 % 128);
    }

    /// Whether it is in the set.
    pub fn contains(self, property: Property) -> bool {
        self.0[property as usize / 128] & (1 << (property as u8 % 128)) != 0
    }

    /// Whether the two sets share one.
    pub fn meets(self, other: PropertySet) -> bool {
        self.0.iter().zip(other.0).any(|(own, other)| own & other != 0)
    }

    /// Whether the set has none.
    pub fn is_empty(self) -> bool {
        self.0 == [0; 2]
    }

    /// Its members in the order of [`Property::all`].
    pub fn iter(self) -> impl Iterator<Item = Property> {
        Property::all().filter(move |property| self.contains(*property))
    }
}

/// A value as it is read. Borrowed where the store has it, made on the fly where it is computed.
#[derive(Debug, Clone, PartialEq)]
pub enum PropertyValue<'a> {
    /// No value.
    Null,
    /// `Edm.Boolean`.
    Bool(bool),
    /// `Edm.Int32`.
    Int(i64),
    /// `Edm.String`.
    Text(&'a str),
    /// `Edm.DateTimeOffset`.
    Time(SimTime),
    /// An identifier (`id` is one).
    Guid(Guid),
    /// A collection of strings; never null, at most empty.
    Texts(Vec<&'a str>),
    /// A complex value or a collection of them, in Graph's JSON form.
    Json(Value),
}

impl PropertyValue<'_> {
    /// The value in Graph's JSON form.
    pub fn to_json(&self) -> Value {
        match self {
            PropertyValue::Null => Value::Null,
            PropertyValue::Bool(value) => Value::Bool(*value),
            PropertyValue::Int(value) => Value::from(*value),
            PropertyValue::Text(value) => Value::from(*value),
            PropertyValue::Time(value) => Value::from(value.rfc3339()),
            PropertyValue::Guid(value) => Value::from(value.to_string()),
            PropertyValue::Texts(values) => Value::from(values.clone()),
            PropertyValue::Json(value) => value.clone(),
        }
    }
}

/// A value as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stored {
    Bool(bool),
    Int(i32),
    Text(Box<str>),
    Time(SimTime),
    Texts(Box<[Box<str>]>),
    Json(Box<Value>),
}

impl Stored {
    pub(crate) fn text(text: impl Into<Box<str>>) -> Stored {
        Stored::Text(text.into())
    }

    pub(crate) fn texts<T: Into<Box<str>>>(texts: impl IntoIterator<Item = T>) -> Stored {
        Stored::Texts(texts.into_iter().map(Into::into).collect())
    }

    pub(crate) fn read(&self) -> PropertyValue<'_> {
        match self {
            Stored::Bool(value) => PropertyValue::Bool(*value),
            Stored::Int(value) => PropertyValue::Int(i64::from(*value)),
            Stored::Text(value) => PropertyValue::Text(value),
            Stored::Time(value) => PropertyValue::Time(*value),
            Stored::Texts(values) => PropertyValue::Texts(values.iter().map(AsRef::as_ref).collect()),
            Stored::Json(value) => PropertyValue::Json((**value).clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_the_properties_in_the_order_of_their_ids() {
        for (index, (property, name, ..)) in TABLE.iter().enumerate() {
            assert_eq!(*property as usize, index, "{name}");
        }
        assert!(TABLE.len() <= 256, "a PropertySet has 256 places");
    }

    #[test]
    fn names_are_read_in_any_case_and_only_for_their_kind() {
        for (kind, name, expected) in [
            (ObjectKind::User, "USERPRINCIPALNAME", Some(Property::UserPrincipalName)),
            (ObjectKind::User, "onPremisesimmutableid", Some(Property::OnPremisesImmutableId)),
            (ObjectKind::Group, "userPrincipalName", None),
            (ObjectKind::Contact, "phones", Some(Property::Phones)),
            (ObjectKind::User, "", None),
            (ObjectKind::User, "nosuch", None),
        ] {
            assert_eq!(Property::parse(kind, name), expected, "{name}");
        }
    }
}
