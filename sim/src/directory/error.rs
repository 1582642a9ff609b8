//! What a directory answers when it refuses: LDAP result codes and Active Directory's texts.

use std::fmt;

/// An LDAP result code (RFC 4511 appendix A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResultCode(u32);

impl ResultCode {
    /// 0.
    pub const SUCCESS: ResultCode = ResultCode(0);
    /// 1.
    pub const OPERATIONS_ERROR: ResultCode = ResultCode(1);
    /// 2.
    pub const PROTOCOL_ERROR: ResultCode = ResultCode(2);
    /// 3.
    pub const TIME_LIMIT_EXCEEDED: ResultCode = ResultCode(3);
    /// 4.
    pub const SIZE_LIMIT_EXCEEDED: ResultCode = ResultCode(4);
    /// 5.
    pub const COMPARE_FALSE: ResultCode = ResultCode(5);
    /// 6.
    pub const COMPARE_TRUE: ResultCode = ResultCode(6);
    /// 8.
    pub const STRONGER_AUTH_REQUIRED: ResultCode = ResultCode(8);
    /// 10.
    pub const REFERRAL: ResultCode = ResultCode(10);
    /// 11.
    pub const ADMIN_LIMIT_EXCEEDED: ResultCode = ResultCode(11);
    /// 12.
    pub const UNAVAILABLE_CRITICAL_EXTENSION: ResultCode = ResultCode(12);
    /// 16.
    pub const NO_SUCH_ATTRIBUTE: ResultCode = ResultCode(16);
    /// 19.
    pub const CONSTRAINT_VIOLATION: ResultCode = ResultCode(19);
    /// 20.
    pub const ATTRIBUTE_OR_VALUE_EXISTS: ResultCode = ResultCode(20);
    /// 21.
    pub const INVALID_ATTRIBUTE_SYNTAX: ResultCode = ResultCode(21);
    /// 32.
    pub const NO_SUCH_OBJECT: ResultCode = ResultCode(32);
    /// 34.
    pub const INVALID_DN_SYNTAX: ResultCode = ResultCode(34);
    /// 49.
    pub const INVALID_CREDENTIALS: ResultCode = ResultCode(49);
    /// 50.
    pub const INSUFFICIENT_ACCESS_RIGHTS: ResultCode = ResultCode(50);
    /// 51.
    pub const BUSY: ResultCode = ResultCode(51);
    /// 53.
    pub const UNWILLING_TO_PERFORM: ResultCode = ResultCode(53);
    /// 64.
    pub const NAMING_VIOLATION: ResultCode = ResultCode(64);
    /// 65.
    pub const OBJECT_CLASS_VIOLATION: ResultCode = ResultCode(65);
    /// 66.
    pub const NOT_ALLOWED_ON_NON_LEAF: ResultCode = ResultCode(66);
    /// 67.
    pub const NOT_ALLOWED_ON_RDN: ResultCode = ResultCode(67);
    /// 68.
    pub const ENTRY_ALREADY_EXISTS: ResultCode = ResultCode(68);
    /// 80.
    pub const OTHER: ResultCode = ResultCode(80);

    /// From its number.
    pub const fn from_number(number: u32) -> ResultCode {
        ResultCode(number)
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// A refusal: what the LDAP result carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryError {
    /// The LDAP result code.
    pub code: ResultCode,
    /// `matchedDN`: the nearest existing ancestor of a name that does not exist, else empty.
    pub matched_dn: String,
    /// `diagnosticMessage`, without the NUL byte that Active Directory appends on the wire.
    pub text: String,
    /// URIs of a referral.
    pub referrals: Vec<String>,
}

impl DirectoryError {
    /// A refusal with a code and a text.
    pub fn new(code: ResultCode, text: impl Into<String>) -> DirectoryError {
        DirectoryError { code, matched_dn: String::new(), text: text.into(), referrals: Vec::new() }
    }
}

impl fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LDAP result {}: {}", self.code.number(), self.text)
    }
}

impl std::error::Error for DirectoryError {}

/// Declares the refusals of the catalogue.
macro_rules! refusals {
    ($($variant:ident = $key:literal),* $(,)?) => {
        /// A row of the catalogue.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Refusal { $($variant),* }

        impl Refusal {
            #[cfg(test)]
            const ALL: &[Refusal] = &[$(Refusal::$variant),*];

            fn key(self) -> &'static str {
                match self { $(Refusal::$variant => $key),* }
            }
        }
    };
}

refusals! {
    NoSuchObject = "no-such-object", BadName = "bad-name", OtherDomain = "other-domain",
    EntryExists = "entry-exists", AccountNameExists = "account-name-exists",
    PrincipalNameExists = "principal-name-exists", ServiceNameExists = "service-name-exists",
    BadAccountName = "bad-account-name", InvalidArgument = "invalid-argument",
    ValueExists = "value-exists", NoSuchValue = "no-such-value", NoSuchAttribute = "no-such-attribute",
    NotMultiValued = "not-multi-valued", OutOfRange = "out-of-range", BadSyntax = "bad-syntax",
    BadReferenceSyntax = "bad-reference-syntax", UnknownAttribute = "unknown-attribute",
    NotAllowedByClass = "not-allowed-by-class", MissingAttribute = "missing-attribute",
    MissingClass = "missing-class", NamingViolation = "naming-violation",
    NamesTheObject = "names-the-object", HasChildren = "has-children", SystemOwned = "system-owned",
    WillNotPerform = "will-not-perform", SystemObject = "system-object",
    StructuralClass = "structural-class", NoRightsOnObject = "no-rights-on-object",
    NoRightsOnName = "no-rights-on-name", NoSuchReference = "no-such-reference",
    NoSuchMember = "no-such-member", AlreadyMember = "already-member", NotAMember = "not-a-member",
    PasswordChannel = "password-channel", PasswordForm = "password-form",
    PasswordPolicy = "password-policy", PasswordWrong = "password-wrong",
    PasswordMissing = "password-missing", TooManyValues = "too-many-values", Bind = "bind",
    IllegalOnDeleted = "illegal-on-deleted", NoParent = "no-parent",
    OtherNamingContext = "other-naming-context", NoSuchFeature = "no-such-feature",
    FeatureScope = "feature-scope", RootDseModify = "root-dse-modify",
    InvalidGroupType = "invalid-group-type", GlobalHoldsLocal = "global-holds-local",
    GlobalHoldsUniversal = "global-holds-universal", UniversalHoldsLocal = "universal-holds-local",
    GlobalHoldsForeign = "global-holds-foreign", LocalHoldsForeignLocal = "local-holds-foreign-local",
    HasPrimaryMembers = "has-primary-members", PrimaryGroup = "primary-group",
    MachineQuota = "machine-quota", SchemaDuplicateOid = "schema-duplicate-oid",
    SchemaDuplicateName = "schema-duplicate-name", SchemaSyntax = "schema-syntax",
    SchemaNonexistent = "schema-nonexistent",
}

const CATALOGUE: &str = include_str!("../../data/ad-errors.tsv");
const PREFIXES: &str = include_str!("../../data/ad-oid-prefixes.tsv");

/// The rows of a table: no comments, no heading.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.skip(1).map(|line| line.split('\t').collect())
}

/// The number that error texts show for an attribute: index of its OID's prefix << 16 | last arc. A prefix
/// that the table lacks counts as 0xff.
pub(super) fn att_number(oid: &str) -> u32 {
    let (prefix, last) = oid.rsplit_once('.').unwrap_or(("", oid));
    let index = rows(PREFIXES).find(|row| row.get(1) == Some(&prefix));
    let index: u32 = index.and_then(|row| row[0].parse().ok()).unwrap_or(0xff);
    index << 16 | last.parse::<u32>().unwrap_or(0) & 0xffff
}

impl Refusal {
    /// The error, with what its text names filled in.
    pub(super) fn with(self, fill: &[(&str, &str)]) -> DirectoryError {
        let row = rows(CATALOGUE).find(|row| row[0] == self.key());
        let row = row.filter(|row| row.len() > 2).unwrap_or_else(|| vec!["", "80", ""]);
        let text = row[2].replace("\\n", "\n").replace("\\t", "\t");
        let text = fill.iter().fold(text, |text, (hole, by)| text.replace(&format!("{{{hole}}}"), by));
        DirectoryError::new(ResultCode::from_number(row[1].parse().unwrap_or(80)), text)
    }

    /// The error, when its text names nothing.
    pub(super) fn error(self) -> DirectoryError {
        self.with(&[])
    }

    /// The error about an attribute.
    pub(super) fn on(self, attribute: &super::Attribute) -> DirectoryError {
        let number = format!("{:x}", att_number(attribute.oid));
        self.with(&[("att", &number), ("attr", attribute.name)])
    }
}

/// The rows of the catalogue: key, code, text with its holes. For the test that provokes each.
#[cfg(test)]
pub(super) fn catalogue() -> impl Iterator<Item = (&'static str, u32, String)> {
    rows(CATALOGUE).map(|row| {
        let text = row[2].replace("\\n", "\n").replace("\\t", "\t");
        (row[0], row[1].parse().unwrap(), text)
    })
}

/// 34: not a distinguished name.
pub(super) fn bad_name(dn: &str) -> DirectoryError {
    Refusal::BadName.with(&[("dn", dn)])
}

/// 32: nothing there; the nearest ancestor that exists.
pub(super) fn no_such_object(ancestor: &str) -> DirectoryError {
    DirectoryError { matched_dn: ancestor.to_owned(), ..Refusal::NoSuchObject.with(&[("dn", ancestor)]) }
}

/// 10: another domain answers for this name.
pub(super) fn referral(host: &str, dn: &str) -> DirectoryError {
    let referrals = vec![format!("ldap://{host}/{dn}")];
    DirectoryError { referrals, ..Refusal::OtherDomain.with(&[("host", host)]) }
}

/// 49 with its sub-code.
pub(super) fn bind(data: u32) -> BindError {
    BindError { data, text: Refusal::Bind.with(&[("data", &format!("{data:x}"))]).text }
}

/// Why a bind was refused: result code 49 with a sub-code in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindError {
    /// The `data` of the text: 0x52e, 0x533, 0x775...
    pub data: u32,
    /// `diagnosticMessage`, without the NUL byte that Active Directory appends on the wire.
    pub text: String,
}

impl BindError {
    /// The LDAP result code: always 49.
    pub fn code(&self) -> ResultCode {
        ResultCode::INVALID_CREDENTIALS
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LDAP result 49: {}", self.text)
    }
}

impl std::error::Error for BindError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_one_row_and_every_row_a_refusal() {
        for refusal in Refusal::ALL {
            assert_eq!(rows(CATALOGUE).filter(|row| row[0] == refusal.key()).count(), 1, "{refusal:?}");
        }
        assert_eq!(rows(CATALOGUE).count(), Refusal::ALL.len());
        for row in rows(CATALOGUE) {
            assert!(matches!(row[3], "observed" | "documented" | "assumed") && row.len() == 5, "{row:?}");
        }
    }

    #[test]
    fn att_numbers_agree_with_texts_of_real_directories() {
        // active-directory.md 10: seen in texts of real systems
        for (oid, number) in [
            ("1.2.840.113556.1.4.656", 0x90290),
            ("1.2.840.113556.1.4.771", 0x90303),
            ("1.2.840.113556.1.4.90", 0x9005a),
            ("1.2.840.113556.1.2.244", 0x200f4),
            ("2.5.4.31", 0x1f),
            ("0.9.2342.19200300.100.1.3", 0x15_0003),
            ("1.2.840.113556.1.2.210", 0x200d2),
            ("1.2.840.113556.1.4.221", 0x900dd),
        ] {
            assert_eq!(att_number(oid), number, "{oid}");
        }
    }

    #[test]
    fn texts_are_filled_in() {
        // active-directory.md 6.6 and 8
        assert_eq!(
            no_such_object("DC=contoso,DC=local").text,
            "0000208D: NameErr: DSID-0310028C, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'DC=contoso,DC=local'\n"
        );
        assert_eq!(
            bind(0x52e).text,
            "80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data 52e, v4563"
        );
    }
}
