//! Constructed attributes: computed when they are asked for by name (active-directory.md 3.1).

use super::schema::AggregateText;
use super::{AttrId, Directory, Entry, ObjectId, Value, attr, class};
use crate::clock::SimTime;
use std::collections::BTreeSet;

/// `userAccountControl` bits that matter here.
const LOCKOUT: i64 = 0x10;
const NEVER_EXPIRES: i64 = 0x1_0000;
const SMART_CARD: i64 = 0x4_0000;
const PASSWORD_EXPIRED: i64 = 0x80_0000;
/// Trust accounts of the three kinds: their passwords never expire.
const TRUST_ACCOUNTS: i64 = 0x800 | 0x1000 | 0x2000;
/// The instant that stands for never.
const NEVER: i64 = i64::MAX;

impl Directory {
    /// A duration that an attribute of the domain holds as a negative number of 100 ns; none for "never".
    pub(super) fn policy_interval(&self, id: AttrId) -> Option<i64> {
        let interval = self.entry(self.info.domain)?.int(id)?;
        (interval != i64::MIN && interval != 0).then(|| interval.saturating_abs())
    }
}

impl Entry<'_> {
    /// The values of a constructed attribute at the instant of the directory's last change; none when it is
    /// not constructed or this object has no such value. See [`Entry::constructed_at`].
    pub fn constructed(&self, attribute: AttrId) -> Option<Vec<Vec<u8>>> {
        self.constructed_at(attribute, self.directory.latest)
    }

    /// The values of a constructed attribute, each as LDAP carries it; none when it is not constructed or
    /// this object has no such value. What depends on time (a lockout, an expired password) is as of `now`.
    pub fn constructed_at(&self, attribute: AttrId, now: SimTime) -> Option<Vec<Vec<u8>>> {
        let text = |text: String| vec![text.into_bytes()];
        let number = |number: i64| vec![number.to_string().into_bytes()];
        let schema = self.directory.schema();
        let values = match attribute {
            attr::CANONICAL_NAME => text(self.canonical_name()),
            attr::CREATE_TIME_STAMP => text(self.when_created().generalized()),
            attr::MODIFY_TIME_STAMP => text(self.when_changed().generalized()),
            attr::SUB_SCHEMA_SUB_ENTRY => text(self.directory.dn_text(self.directory.info.aggregate)),
            attr::PARENT_GUID => {
                vec![self.directory.entry(self.parent()?)?.guid().to_bytes_le().to_vec()]
            }
            attr::STRUCTURAL_OBJECT_CLASS => self.ldap_values(attr::OBJECT_CLASS),
            attr::PRIMARY_GROUP_TOKEN if self.class() == class::GROUP => {
                number(i64::from(self.sid()?.rid()?))
            }
            attr::TOKEN_GROUPS if self.has(attr::OBJECT_SID) => {
                let groups = self.security_groups();
                groups.iter().filter_map(|id| Some(self.directory.entry(*id)?.sid()?.to_bytes())).collect()
            }
            attr::PRINCIPAL_NAME => text(self.principal_name()?),
            attr::UAC_COMPUTED => number(self.computed_control(now)?),
            attr::PASSWORD_EXPIRY_COMPUTED => number(self.password_expiry()?),
            attr::ALLOWED_ATTRIBUTES => {
                let ids = schema.allowed_attributes(self.class());
                ids.map(|id| schema.name(id).as_bytes().to_vec()).collect()
            }
            attr::ALLOWED_ATTRIBUTES_EFFECTIVE => {
                let ids = schema.allowed_attributes(self.class()).filter(|id| {
                    let row = schema.attribute(*id);
                    !row.system_only && !row.constructed && !row.is_back_link()
                });
                ids.map(|id| schema.name(id).as_bytes().to_vec()).collect()
            }
            attr::ALLOWED_CHILD_CLASSES => {
                let fits =
                    |row: &&super::Class| row.is_structural() && schema.may_lie_below(row.id, self.class());
                schema.classes().filter(fits).map(|row| row.name.as_bytes().to_vec()).collect()
            }
            attr::ATTRIBUTE_TYPES => self.aggregate(AggregateText::AttributeTypes),
            attr::OBJECT_CLASSES => self.aggregate(AggregateText::ObjectClasses),
            attr::DIT_CONTENT_RULES => self.aggregate(AggregateText::DitContentRules),
            attr::EXTENDED_ATTRIBUTE_INFO => self.aggregate(AggregateText::ExtendedAttributeInfo),
            attr::EXTENDED_CLASS_INFO => self.aggregate(AggregateText::ExtendedClassInfo),
            _ => return None,
        };
        (!values.is_empty()).then_some(values)
    }

    fn aggregate(&self, text: AggregateText) -> Vec<Vec<u8>> {
        if self.class() != class::SUB_SCHEMA {
            return Vec::new();
        }
        self.directory.schema().aggregate(text).into_iter().map(String::into_bytes).collect()
    }

    /// The values of a stored attribute as LDAP carries them.
    pub fn ldap_values(&self, attribute: AttrId) -> Vec<Vec<u8>> {
        let write = |value: Value<'_>| {
            let mut out = Vec::new();
            value.write_ldap(self.directory, &mut out);
            out
        };
        self.values(attribute).map(write).collect()
    }

    /// `contoso.local/Staff/Alice`; the domain itself ends in a slash.
    pub fn canonical_name(&self) -> String {
        let mut names = Vec::new();
        let mut next = Some(*self);
        while let Some(entry) = next.filter(|entry| entry.id != self.directory.info.domain) {
            names.push(entry.rdn_value().replace('\\', "\\\\").replace('/', "\\/"));
            next = entry.parent().and_then(|parent| self.directory.entry(parent));
        }
        names.reverse();
        format!("{}/{}", self.directory.info.dns, names.join("/"))
    }

    /// `CONTOSO\alice`, or the text of the SID when the account has no name.
    fn principal_name(&self) -> Option<String> {
        let sid = self.sid()?;
        Some(match self.text(attr::SAM_ACCOUNT_NAME) {
            Some(name) => format!("{}\\{name}", self.directory.info.netbios),
            None => sid.to_string(),
        })
    }

    /// The security groups that an account is in, directly, through its primary group or through other
    /// groups; ascending.
    pub fn security_groups(&self) -> BTreeSet<ObjectId> {
        let directory = self.directory;
        let is_security = |id: ObjectId| {
            directory.entry(id).and_then(|g| g.int(attr::GROUP_TYPE)).is_some_and(|t| t & 0x8000_0000 != 0)
        };
        let primary = self.int(attr::PRIMARY_GROUP_ID).and_then(|rid| u32::try_from(rid).ok());
        let primary = primary.and_then(|rid| directory.by_sid(&directory.info.sid.with_rid(rid)));
        let (mut found, mut todo) = (BTreeSet::new(), vec![self.id]);
        todo.extend(primary.filter(|id| found.insert(*id)));
        while let Some(id) = todo.pop() {
            let Some(entry) = directory.entry(id) else { continue };
            for value in entry.values(attr::MEMBER_OF) {
                if let Value::Dn(group) = value
                    && is_security(group)
                    && found.insert(group)
                {
                    todo.push(group);
                }
            }
        }
        found
    }

    /// `msDS-User-Account-Control-Computed`: locked out, password expired.
    fn computed_control(&self, now: SimTime) -> Option<i64> {
        self.int(attr::USER_ACCOUNT_CONTROL)?;
        let locked = if self.is_locked_out(now) { LOCKOUT } else { 0 };
        let expired = self.password_expiry().is_some_and(|at| at != 0 && at < now.filetime());
        Some(locked | if expired { PASSWORD_EXPIRED } else { 0 })
    }

    /// Whether too many failures have locked the account, and its time is not over.
    pub fn is_locked_out(&self, now: SimTime) -> bool {
        let since = self.int(attr::LOCKOUT_TIME).unwrap_or(0);
        let lasts = self.directory.policy_interval(attr::LOCKOUT_DURATION);
        since > 0 && lasts.is_none_or(|lasts| since.saturating_add(lasts) > now.filetime())
    }

    /// `msDS-UserPasswordExpiryTimeComputed`: 0 when it must be changed, never when nothing makes it expire.
    pub(super) fn password_expiry(&self) -> Option<i64> {
        let control = self.int(attr::USER_ACCOUNT_CONTROL)?;
        if control & (NEVER_EXPIRES | SMART_CARD | TRUST_ACCOUNTS) != 0 {
            return Some(NEVER);
        }
        match (self.int(attr::PWD_LAST_SET)?, self.directory.policy_interval(attr::MAX_PWD_AGE)) {
            (0, _) => Some(0),
            (_, None) => Some(NEVER),
            (set, Some(age)) => Some(set.saturating_add(age)),
        }
    }
}
