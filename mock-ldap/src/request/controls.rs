//! Controls: what a request asks for beside its operation. Criticality decides what happens to one that the
//! server does not know, and the table controls.tsv says which it knows.

use super::ListViewRequest;
use crate::ber::{Malformed, Reader, boolean, tag, text};
use crate::data::{self, Handling};
use forestbed_sim::directory::SecurityParts;

/// A control as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Control<'a> {
    pub(crate) oid: &'a str,
    pub(crate) critical: bool,
    pub(crate) value: Option<&'a [u8]>,
}

/// OIDs of the controls that the server honours.
pub(crate) mod oid {
    pub(crate) const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
    pub(crate) const SORT: &str = "1.2.840.113556.1.4.473";
    pub(crate) const SORT_ANSWER: &str = "1.2.840.113556.1.4.474";
    pub(crate) const SD_FLAGS: &str = "1.2.840.113556.1.4.801";
    pub(crate) const LIST_VIEW: &str = "2.16.840.1.113730.3.4.9";
    pub(crate) const LIST_VIEW_ANSWER: &str = "2.16.840.1.113730.3.4.10";
    pub(crate) const ATTRIBUTE_SCOPE: &str = "1.2.840.113556.1.4.1504";
    pub(crate) const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";
    pub(crate) const SHOW_RECYCLED: &str = "1.2.840.113556.1.4.2064";
    pub(crate) const SHOW_DEACTIVATED_LINKS: &str = "1.2.840.113556.1.4.2065";
    pub(crate) const POLICY_HINTS: &str = "1.2.840.113556.1.4.2239";
    pub(crate) const POLICY_HINTS_DEPRECATED: &str = "1.2.840.113556.1.4.2066";
    pub(crate) const EXTENDED_DN: &str = "1.2.840.113556.1.4.529";
    pub(crate) const TREE_DELETE: &str = "1.2.840.113556.1.4.805";
    pub(crate) const DOMAIN_SCOPE: &str = "1.2.840.113556.1.4.1339";
    pub(crate) const SEARCH_OPTIONS: &str = "1.2.840.113556.1.4.1340";
    pub(crate) const PERMISSIVE_MODIFY: &str = "1.2.840.113556.1.4.1413";
    pub(crate) const RANGE_NO_ERROR: &str = "1.2.840.113556.1.4.1948";
    pub(crate) const DIR_SYNC: &str = "1.2.840.113556.1.4.841";
    pub(crate) const NOTIFICATION: &str = "1.2.840.113556.1.4.528";
}

/// Bits of the search options control.
const OPTION_DOMAIN_SCOPE: i64 = 1;
const OPTION_PHANTOM_ROOT: i64 = 2;

/// What the controls of one request come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Controls<'a> {
    /// Page size and cookie.
    pub(crate) paged: Option<(u32, &'a [u8])>,
    pub(crate) sort: Option<(SortKey<'a>, bool)>,
    /// A window on a sorted list.
    pub(crate) list_view: Option<ListViewRequest>,
    /// The attribute whose values are searched instead of the base.
    pub(crate) attribute_scope: Option<&'a str>,
    /// The parts of security descriptors that are read or written; none without the control.
    pub(crate) security_parts: Option<SecurityParts>,
    /// Deleted objects are shown too.
    pub(crate) show_deleted: bool,
    /// Deleted and recycled objects are shown too.
    pub(crate) show_recycled: bool,
    /// Links to and from deleted objects are shown too.
    pub(crate) show_deactivated_links: bool,
    /// DNs carry GUID and SID; true means in text form, false in hexadecimal form.
    pub(crate) extended_dn: Option<bool>,
    /// The subtree below an object goes with it.
    pub(crate) tree_delete: bool,
    /// No continuation references.
    pub(crate) domain_scope: bool,
    /// A subtree search covers every naming context below its base.
    pub(crate) phantom_root: bool,
    pub(crate) permissive_modify: bool,
    /// A password that is set anew obeys the history, too.
    pub(crate) policy_hints: bool,
    pub(crate) range_no_error: bool,
    pub(crate) dir_sync: Option<DirSyncRequest<'a>>,
    /// The search stays open and returns entries as they change.
    pub(crate) notification: bool,
    /// Controls that were ignored because the server does not know them.
    pub(crate) unknown: Vec<String>,
}

/// The first key of a sort: the one by which Active Directory sorts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SortKey<'a> {
    pub(crate) attribute: &'a str,
    /// The matching rule to order by.
    pub(crate) rule: Option<&'a str>,
    pub(crate) reverse: bool,
    /// There are more keys behind it.
    pub(crate) more: bool,
}

/// What the DirSync control asks for (MS-ADTS 3.1.1.3.4.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DirSyncRequest<'a> {
    /// The client may see what its account may read; else it needs the right to replicate.
    pub(crate) object_security: bool,
    /// Parents come before their children.
    pub(crate) ancestors_first: bool,
    /// Of links that changed, only the values that came and went.
    pub(crate) incremental_values: bool,
    /// Most octets of an answer; zero or less leaves it to the server.
    pub(crate) max_bytes: i64,
    pub(crate) cookie: &'a [u8],
}

/// Why the controls refuse the request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A critical control that the server does not know.
    Unavailable(String),
    /// The value of a control is not what it should be.
    Malformed(String),
}

impl<'a> Controls<'a> {
    /// Reads all of them; the first that refuses decides.
    pub(crate) fn read(controls: &[Control<'a>]) -> Result<Controls<'a>, Refused> {
        let mut read = Controls::default();
        for control in controls {
            let known = data::controls().iter().find(|known| known.oid == control.oid);
            match known.map(|known| known.handling) {
                Some(Handling::Honoured) => {
                    read.honour(control).map_err(|_| Refused::Malformed(control.oid.to_owned()))?;
                }
                Some(Handling::Ignored) => {}
                Some(Handling::Answer | Handling::Absent) | None if control.critical => {
                    return Err(Refused::Unavailable(control.oid.to_owned()));
                }
                Some(Handling::Answer | Handling::Absent) | None => {
                    read.unknown.push(control.oid.to_owned());
                }
            }
        }
        Ok(read)
    }

    fn honour(&mut self, control: &Control<'a>) -> Result<(), Malformed> {
        let value = control.value.unwrap_or_default();
        match control.oid {
            oid::PAGED_RESULTS => self.paged = Some(paged(value)?),
            oid::SORT => self.sort = Some((sort_key(value)?, control.critical)),
            oid::LIST_VIEW => self.list_view = Some(ListViewRequest::read(value)?),
            oid::ATTRIBUTE_SCOPE => {
                let mut fields = Reader::new(value).sequence()?;
                self.attribute_scope = Some(fields.text()?);
                fields.end()?;
            }
            oid::SD_FLAGS => self.security_parts = Some(SecurityParts::from_flags(only_integer(value)?)),
            oid::SHOW_DELETED => self.show_deleted = true,
            oid::SHOW_RECYCLED => self.show_recycled = true,
            oid::SHOW_DEACTIVATED_LINKS => self.show_deactivated_links = true,
            oid::EXTENDED_DN => {
                let form = if value.is_empty() { 0 } else { only_integer(value)? };
                self.extended_dn = Some(form == 1);
            }
            oid::TREE_DELETE => self.tree_delete = true,
            oid::DOMAIN_SCOPE => self.domain_scope = true,
            oid::SEARCH_OPTIONS => {
                let options = only_integer(value)?;
                self.domain_scope |= options & OPTION_DOMAIN_SCOPE != 0;
                self.phantom_root |= options & OPTION_PHANTOM_ROOT != 0;
            }
            oid::POLICY_HINTS | oid::POLICY_HINTS_DEPRECATED => {
                self.policy_hints = only_integer(value)? & 1 != 0;
            }
            oid::PERMISSIVE_MODIFY => self.permissive_modify = true,
            oid::RANGE_NO_ERROR => self.range_no_error = true,
            oid::DIR_SYNC => self.dir_sync = Some(dir_sync(value)?),
            oid::NOTIFICATION => self.notification = true,
            // the others only say that the client can cope with what the server does anyway
            _ => {}
        }
        Ok(())
    }
}

fn paged(value: &[u8]) -> Result<(u32, &[u8]), Malformed> {
    let mut fields = Reader::new(value).sequence()?;
    let size = fields.integer()?;
    let cookie = fields.octets()?;
    fields.end()?;
    Ok((u32::try_from(size).map_err(|_| Malformed::Value)?, cookie))
}

/// `SEQUENCE { flags, maxBytes, cookie }`. The flag for public data only has no effect.
fn dir_sync(value: &[u8]) -> Result<DirSyncRequest<'_>, Malformed> {
    let mut fields = Reader::new(value).sequence()?;
    // clients send the topmost flag as a negative number or as one of five octets
    let flags = fields.integer()? as u32;
    let max_bytes = fields.integer()?;
    let cookie = fields.octets()?;
    fields.end()?;
    Ok(DirSyncRequest {
        object_security: flags & 0x1 != 0,
        ancestors_first: flags & 0x800 != 0,
        incremental_values: flags & 0x8000_0000 != 0,
        max_bytes,
        cookie,
    })
}

/// `SEQUENCE { INTEGER }`, the value of several controls.
fn only_integer(value: &[u8]) -> Result<i64, Malformed> {
    let mut fields = Reader::new(value).sequence()?;
    let number = fields.integer()?;
    fields.end().map(|()| number)
}

/// The first key of `SEQUENCE OF SEQUENCE { attribute, [0] rule, [1] reverse }`.
fn sort_key(value: &[u8]) -> Result<SortKey<'_>, Malformed> {
    let mut keys = Reader::new(value).sequence()?;
    let mut key = keys.sequence()?;
    let attribute = text(key.content(tag::OCTET_STRING)?)?;
    let rule = key.optional(tag::context(0))?.map(text).transpose()?;
    let reverse = key.optional(tag::context(1))?.map(boolean).transpose()?.unwrap_or(false);
    key.end()?;
    Ok(SortKey { attribute, rule, reverse, more: !keys.is_empty() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control<'a>(oid: &'a str, critical: bool, value: &'a [u8]) -> Control<'a> {
        Control { oid, critical, value: Some(value) }
    }

    #[test]
    fn paged_results_carry_size_and_cookie() {
        // golden 11: paged size=1000 cookie=""
        let value = [0x30, 0x06, 0x02, 0x02, 0x03, 0xe8, 0x04, 0x00];
        let controls = [control(oid::PAGED_RESULTS, true, &value)];
        assert_eq!(Controls::read(&controls).unwrap().paged, Some((1000, &[][..])));
        let controls = [control(oid::PAGED_RESULTS, true, &value[..5])];
        assert_eq!(Controls::read(&controls), Err(Refused::Malformed(oid::PAGED_RESULTS.to_owned())));
    }

    #[test]
    fn dir_sync_flags_come_signed_or_in_five_octets() {
        // golden 11: flags 0 and 0x80000801 (ldap3), 0x80000000 (.NET) as a signed number
        let check = |value: &[u8], flags: [bool; 3], max_bytes| {
            let read = Controls::read(&[control(oid::DIR_SYNC, true, value)]).unwrap().dir_sync.unwrap();
            let found = [read.object_security, read.ancestors_first, read.incremental_values];
            assert_eq!((found, read.max_bytes, read.cookie), (flags, max_bytes, &[][..]), "{value:02x?}");
        };
        check(b"\x30\x0a\x02\x01\x00\x02\x03\x10\x00\x00\x04\x00", [false; 3], 0x10_0000);
        let five = b"\x30\x0e\x02\x05\x00\x80\x00\x08\x01\x02\x03\x10\x00\x00\x04\x00";
        check(five, [true; 3], 0x10_0000);
        check(b"\x30\x0b\x02\x04\x80\x00\x00\x00\x02\x01\x00\x04\x00", [false, false, true], 0);
        for value in [&b""[..], b"\x30\x03\x02\x01\x00", b"\x30\x0a\x02\x01\x00\x02\x03\x10\x00\x00\x04\x05"]
        {
            assert!(Controls::read(&[control(oid::DIR_SYNC, false, value)]).is_err(), "{value:02x?}");
        }
    }

    #[test]
    fn extended_dn_comes_in_two_forms() {
        for (value, expected) in
            [(&[][..], false), (&[0x30, 3, 2, 1, 0][..], false), (&[0x30, 3, 2, 1, 1][..], true)]
        {
            let controls = [control(oid::EXTENDED_DN, true, value)];
            assert_eq!(Controls::read(&controls).unwrap().extended_dn, Some(expected), "{value:02x?}");
        }
    }

    #[test]
    fn an_unknown_control_is_refused_when_critical_and_noted_when_not() {
        // active-directory.md 5
        let unknown = "1.2.3.4.5".to_owned();
        let read = |critical| Controls::read(&[control("1.2.3.4.5", critical, &[])]);
        assert_eq!(read(true), Err(Refused::Unavailable(unknown.clone())));
        assert_eq!(read(false).unwrap().unknown, [unknown]);
    }

    #[test]
    fn a_sort_key_may_be_reversed_by_any_octet() {
        let value = [0x30, 0x09, 0x30, 0x07, 0x04, 0x02, b'c', b'n', 0x81, 0x01, 0x01];
        assert_eq!(sort_key(&value), Ok(SortKey { attribute: "cn", rule: None, reverse: true, more: false }));
    }
}
