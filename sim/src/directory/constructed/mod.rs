//! Constructed attributes: computed when they are asked for by name (active-directory.md 3.1).

mod effective;
mod groups;
mod metadata;
mod reader;

pub use reader::Reader;

use super::dn::Dn;
use super::schema::AggregateText;
use super::{AttrId, Directory, Entry, ObjectId, Role, Value, attr, class};
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
    /// The values of a constructed attribute at the instant of the directory's last change, for the system;
    /// none when it is not constructed or this object has no such value. See [`Entry::constructed_for`].
    pub fn constructed(&self, attribute: AttrId) -> Option<Vec<Vec<u8>>> {
        self.constructed_for(attribute, &Reader::system(self.directory.latest))
    }

    /// The objects that a constructed attribute names; none when it names none or is of another syntax. Ascending.
    pub fn constructed_references(&self, attribute: AttrId) -> Option<Vec<ObjectId>> {
        let ids: Vec<ObjectId> = match self.directory.schema().name(attribute) {
            "msds-memberOfTransitive" => self.reached_by(attr::MEMBER_OF).into_iter().collect(),
            "msds-memberTransitive" => self.reached_by(attr::MEMBER).into_iter().collect(),
            "msDS-parentdistname" => self.parent().into_iter().collect(),
            "subSchemaSubEntry" => vec![self.directory.info.aggregate],
            _ => return None,
        };
        (!ids.is_empty()).then_some(ids)
    }

    /// The values of a constructed attribute, each as LDAP carries it; none when it is not constructed or
    /// this object has no such value. What depends on time (a lockout, an expired password) or on who reads
    /// (what may be written) is as `reader` says.
    pub fn constructed_for(&self, attribute: AttrId, reader: &Reader) -> Option<Vec<Vec<u8>>> {
        let text = |text: String| vec![text.into_bytes()];
        let number = |number: i64| vec![number.to_string().into_bytes()];
        let schema = self.directory.schema();
        let names = |ids: &mut dyn Iterator<Item = AttrId>| -> Vec<Vec<u8>> {
            ids.map(|id| schema.name(id).as_bytes().to_vec()).collect()
        };
        let values = match attribute {
            attr::CANONICAL_NAME => text(self.canonical_name()),
            attr::CREATE_TIME_STAMP => text(self.when_created().generalized()),
            attr::MODIFY_TIME_STAMP => text(self.when_changed().generalized()),
            attr::PARENT_GUID => {
                vec![self.directory.entry(self.parent()?)?.guid().to_bytes_le().to_vec()]
            }
            attr::STRUCTURAL_OBJECT_CLASS => self.ldap_values(attr::OBJECT_CLASS),
            attr::PRIMARY_GROUP_TOKEN if self.class() == class::GROUP => {
                number(i64::from(self.sid()?.rid()?))
            }
            attr::TOKEN_GROUPS if reader.of_base && self.has(attr::OBJECT_SID) => self.group_sids(false),
            attr::PRINCIPAL_NAME => text(self.principal_name()?),
            attr::UAC_COMPUTED => number(self.computed_control(reader.now)?),
            attr::PASSWORD_EXPIRY_COMPUTED => number(self.password_expiry()?),
            attr::ALLOWED_ATTRIBUTES => names(&mut schema.allowed_attributes(self.class())),
            attr::ALLOWED_ATTRIBUTES_EFFECTIVE => {
                names(&mut self.allowed_attributes_effective(reader).into_iter())
            }
            attr::ALLOWED_CHILD_CLASSES => class_names(self.allowed_child_classes()),
            attr::ATTRIBUTE_TYPES => self.aggregate(AggregateText::AttributeTypes),
            attr::OBJECT_CLASSES => self.aggregate(AggregateText::ObjectClasses),
            attr::DIT_CONTENT_RULES => self.aggregate(AggregateText::DitContentRules),
            attr::EXTENDED_ATTRIBUTE_INFO => self.aggregate(AggregateText::ExtendedAttributeInfo),
            attr::EXTENDED_CLASS_INFO => self.aggregate(AggregateText::ExtendedClassInfo),
            attr::REPL_PROPERTY_META_DATA => vec![self.property_metadata()],
            _ => self.constructed_by_name(schema.name(attribute), attribute, reader)?,
        };
        (!values.is_empty()).then_some(values)
    }

    /// Those that nothing else in this program asks for.
    fn constructed_by_name(&self, name: &str, attribute: AttrId, reader: &Reader) -> Option<Vec<Vec<u8>>> {
        let number = |number: i64| vec![number.to_string().into_bytes()];
        let flag = |flag: bool| vec![if flag { b"TRUE".to_vec() } else { b"FALSE".to_vec() }];
        Some(match name {
            "tokenGroupsNoGCAcceptable" if reader.of_base && self.has(attr::OBJECT_SID) => {
                self.group_sids(false)
            }
            "tokenGroupsGlobalAndUniversal" if reader.of_base && self.has(attr::OBJECT_SID) => {
                self.group_sids(true)
            }
            "allowedChildClassesEffective" if reader.role == Role::Admin => {
                class_names(self.allowed_child_classes().filter(|row| !row.system_only))
            }
            "sDRightsEffective" => number(Entry::descriptor_rights(reader)),
            "possibleInferiors" => class_names(self.possible_inferiors()?.into_iter()),
            "msDS-Approx-Immed-Subordinates" => number(self.directory.children(self.id).count() as i64),
            "fromEntry" => flag(true),
            "msDS-ReplAttributeMetaData" => self.attribute_metadata(),
            "msDS-ReplValueMetaData" => self.value_metadata(),
            "msDS-NCReplCursors" => self.cursors()?,
            "msDS-KeyVersionNumber" => number(self.key_version()?),
            "msDS-isGC" => flag(self.settings()?.int("options").is_some_and(|options| options & 1 != 0)),
            "msDS-isRODC" => flag(self.settings()?.is_class("nTDSDSARO")),
            "msDS-SiteName" => vec![self.settings()?.site_name()?.into_bytes()],
            _ => {
                let ids = self.constructed_references(attribute)?;
                ids.into_iter().map(|id| self.directory.dn_text(id).into_bytes()).collect()
            }
        })
    }

    /// The classes whose objects may lie below those of the class that this object defines.
    fn possible_inferiors(&self) -> Option<Vec<&'static super::Class>> {
        let schema = *self.directory.schema();
        let parent = (self.class() == class::CLASS_SCHEMA).then(|| self.text(attr::LDAP_DISPLAY_NAME))??;
        let parent = schema.class_id(&parent)?;
        let fits = |row: &&super::Class| row.is_structural() && schema.may_lie_below(row.id, parent);
        Some(schema.classes().filter(fits).collect())
    }

    /// NTDS Settings of a domain controller: of itself, of its server object, of its computer object.
    fn settings(&self) -> Option<Entry<'_>> {
        let directory = self.directory;
        if self.has_class("nTDSDSA") {
            return Some(*self);
        }
        let server = if self.has_class("computer") {
            let references = directory.schema().attribute_id("serverReferenceBL")?;
            match self.values(references).next()? {
                Value::Dn(id) => id,
                _ => return None,
            }
        } else {
            self.id
        };
        directory
            .children(server)
            .filter_map(|id| directory.entry(id))
            .find(|entry| entry.has_class("nTDSDSA"))
    }

    /// The site above NTDS Settings: its server, the servers, the site.
    fn site_name(&self) -> Option<String> {
        let above = |entry: Entry<'_>| entry.parent();
        let server = self.directory.entry(self.parent()?)?;
        let site = self.directory.entry(above(self.directory.entry(above(server)?)?)?)?;
        site.is_class("site").then(|| site.rdn_value().to_owned())
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
        let escaped = |name: &str| name.replace('\\', "\\\\").replace('/', "\\/");
        let mut next = Some(*self);
        while let Some(entry) = next {
            if let Some(context) = self.directory.context_headed_by(entry.id) {
                // domain components are the host, whatever lies between them and the head follows it
                let rdns = &self.directory.contexts[context].rdns;
                let above = rdns.iter().take_while(|rdn| !rdn.attribute.eq_ignore_ascii_case("dc"));
                names.extend(above.map(|rdn| escaped(&rdn.value)));
                break;
            }
            names.push(escaped(entry.rdn_value()));
            next = entry.parent().and_then(|parent| self.directory.entry(parent));
        }
        names.reverse();
        let context = &self.directory.contexts[self.naming_context()];
        let host = Dn { rdns: context.rdns.clone() }.dns_name().unwrap_or_default();
        format!("{host}/{}", names.join("/"))
    }

    /// `CONTOSO\alice`, or the text of the SID when the account has no name.
    fn principal_name(&self) -> Option<String> {
        let sid = self.sid()?;
        Some(match self.text(attr::SAM_ACCOUNT_NAME) {
            Some(name) => {
                let context = &self.directory.contexts[self.naming_context()];
                let netbios = context.netbios.as_deref().unwrap_or(&self.directory.info.netbios);
                format!("{netbios}\\{name}")
            }
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

fn class_names<'c>(rows: impl Iterator<Item = &'c super::Class>) -> Vec<Vec<u8>> {
    rows.map(|row| row.name.as_bytes().to_vec()).collect()
}
