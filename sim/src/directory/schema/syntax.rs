//! Attribute syntaxes: how values look on the wire and how they match.

/// The syntax of an attribute (MS-ADTS 3.1.1.2.2.2; `attributeSyntax` and `oMSyntax`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Syntax {
    /// 2.5.5.1: the distinguished name of an object.
    Dn,
    /// 2.5.5.2: the name or OID of a class or attribute.
    ObjectIdentifier,
    /// 2.5.5.4 and 2.5.5.12: a string whose case does not matter.
    CaseIgnoreString,
    /// 2.5.5.5 with oMSyntax 19 or 22 and 2.5.5.13: a string whose case matters.
    CaseExactString,
    /// 2.5.5.6: digits and spaces.
    NumericString,
    /// 2.5.5.7: bytes and a distinguished name (`B:32:...:CN=...`).
    DnBinary,
    /// 2.5.5.14: text and a distinguished name (`S:5:...:CN=...`).
    DnString,
    /// 2.5.5.8: TRUE or FALSE.
    Boolean,
    /// 2.5.5.9: 32 bits, signed.
    Integer,
    /// 2.5.5.16: 64 bits, signed.
    LargeInteger,
    /// 2.5.5.10: bytes.
    OctetString,
    /// 2.5.5.11: GeneralizedTime, in whole seconds.
    Time,
    /// 2.5.5.15: a security descriptor.
    SecurityDescriptor,
    /// 2.5.5.17: a security identifier.
    Sid,
}

impl Syntax {
    /// From the two numbers of a row.
    pub(super) fn from_numbers(attribute_syntax: &str, _om_syntax: i64) -> Option<Syntax> {
        Some(match attribute_syntax {
            "2.5.5.1" => Syntax::Dn,
            "2.5.5.2" => Syntax::ObjectIdentifier,
            "2.5.5.4" | "2.5.5.12" => Syntax::CaseIgnoreString,
            "2.5.5.5" | "2.5.5.13" => Syntax::CaseExactString,
            "2.5.5.6" => Syntax::NumericString,
            "2.5.5.7" => Syntax::DnBinary,
            "2.5.5.14" => Syntax::DnString,
            "2.5.5.8" => Syntax::Boolean,
            "2.5.5.9" => Syntax::Integer,
            "2.5.5.16" => Syntax::LargeInteger,
            "2.5.5.10" => Syntax::OctetString,
            "2.5.5.11" => Syntax::Time,
            "2.5.5.15" => Syntax::SecurityDescriptor,
            "2.5.5.17" => Syntax::Sid,
            _ => return None,
        })
    }

    /// Values are text: substrings match, lengths count characters.
    #[inline]
    pub fn is_string(self) -> bool {
        matches!(self, Syntax::CaseIgnoreString | Syntax::CaseExactString | Syntax::NumericString)
    }

    /// A value is text when it is UTF-8.
    pub(in crate::directory) fn is_text(self) -> bool {
        self.is_string() || self == Syntax::ObjectIdentifier
    }

    /// The store keeps the bytes that LDAP carries.
    #[inline]
    pub(in crate::directory) fn is_stored_as_carried(self) -> bool {
        self.is_string()
            || matches!(
                self,
                Syntax::ObjectIdentifier | Syntax::OctetString | Syntax::SecurityDescriptor | Syntax::Sid
            )
    }

    /// Values name another object, alone or with data.
    pub fn is_reference(self) -> bool {
        matches!(self, Syntax::Dn | Syntax::DnBinary | Syntax::DnString)
    }

    /// The syntax OID that `attributeTypes` shows (active-directory.md 4; MS-ADTS 3.1.1.3.1.1.1).
    pub fn ldap_oid(self, attribute_syntax: &str, om_syntax: i64) -> &'static str {
        match (self, attribute_syntax, om_syntax) {
            (Syntax::Dn, ..) => "1.3.6.1.4.1.1466.115.121.1.12",
            (Syntax::ObjectIdentifier, ..) => "1.3.6.1.4.1.1466.115.121.1.38",
            (Syntax::CaseIgnoreString, "2.5.5.4", _) => "1.2.840.113556.1.4.905",
            (Syntax::CaseIgnoreString, ..) => "1.3.6.1.4.1.1466.115.121.1.15",
            (Syntax::CaseExactString, "2.5.5.13", _) => "1.3.6.1.4.1.1466.115.121.1.43",
            (Syntax::CaseExactString, _, 19) => "1.3.6.1.4.1.1466.115.121.1.44",
            (Syntax::CaseExactString, ..) => "1.3.6.1.4.1.1466.115.121.1.26",
            (Syntax::NumericString, ..) => "1.3.6.1.4.1.1466.115.121.1.36",
            (Syntax::DnBinary, ..) => "1.2.840.113556.1.4.903",
            (Syntax::DnString, ..) => "1.2.840.113556.1.4.904",
            (Syntax::Boolean, ..) => "1.3.6.1.4.1.1466.115.121.1.7",
            (Syntax::Integer, ..) => "1.3.6.1.4.1.1466.115.121.1.27",
            (Syntax::LargeInteger, ..) => "1.2.840.113556.1.4.906",
            (Syntax::OctetString | Syntax::Sid, ..) => "1.3.6.1.4.1.1466.115.121.1.40",
            (Syntax::Time, _, 23) => "1.3.6.1.4.1.1466.115.121.1.53",
            (Syntax::Time, ..) => "1.3.6.1.4.1.1466.115.121.1.24",
            (Syntax::SecurityDescriptor, ..) => "1.2.840.113556.1.4.907",
        }
    }
}
