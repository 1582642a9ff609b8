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

/// 34: not a distinguished name.
pub(super) fn bad_name(dn: &str) -> DirectoryError {
    let text = format!(
        "0000208F: NameErr: DSID-031001BA, problem 2006 (BAD_NAME), data 8350, best match of:\n\t'{dn}'\n"
    );
    DirectoryError::new(ResultCode::INVALID_DN_SYNTAX, text)
}

/// 32: nothing there; the nearest ancestor that exists.
pub(super) fn no_such_object(ancestor: &str) -> DirectoryError {
    let text = format!(
        "0000208D: NameErr: DSID-0310028C, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'{ancestor}'\n"
    );
    DirectoryError {
        matched_dn: ancestor.to_owned(),
        ..DirectoryError::new(ResultCode::NO_SUCH_OBJECT, text)
    }
}

/// 10: another domain answers for this name.
pub(super) fn referral(host: &str, dn: &str) -> DirectoryError {
    let text = format!("0000202B: RefErr: DSID-0310082F, data 0, 1 access points\n\tref 1: '{host}'\n");
    let referrals = vec![format!("ldap://{host}/{dn}")];
    DirectoryError { referrals, ..DirectoryError::new(ResultCode::REFERRAL, text) }
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
