//! Users and groups as lldap would hold them, read from a directory.
//!
//! What maps to what is decided in docs/decisions/0016: a user is an account of a person, its id the
//! sAMAccountName in lower case (the administrator is `admin`); a group is a security group, with all its members,
//! nested ones too; the three groups of lldap are groups that every domain is born with.

use super::uuid;
use forestbed_sim::clock::SimTime;
use forestbed_sim::directory::{Directory, Entry, ObjectId};
use std::collections::{BTreeMap, BTreeSet};

/// Users with a smaller relative id are the system's own.
const FIRST_USER: u32 = 1000;
/// Groups with a smaller one are: the DNS server's two have 1101 and 1102 (golden/00).
const FIRST_GROUP: u32 = 1103;
const ADMINISTRATOR: u32 = 500;
/// A security group, by the sign of its groupType.
const SECURITY: i64 = 0x8000_0000;
/// lldap's own groups: name, number, and the domain's group that it stands for (512 Domain Admins, 548 Account
/// Operators, 554 Pre-Windows 2000 Compatible Access).
const OWN_GROUPS: [(&str, u32, u32); 3] =
    [("lldap_admin", 1, 512), ("lldap_password_manager", 2, 548), ("lldap_strict_readonly", 3, 554)];

/// What the members of a group may do (lldap.md 33).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Plain,
    ReadOnly,
    PasswordManager,
    Admin,
}

/// A user.
#[derive(Debug)]
pub(super) struct User {
    pub(super) object: ObjectId,
    pub(super) id: String,
    /// None for one without, and for those whose address another user has.
    pub(super) mail: Option<String>,
    pub(super) display: Option<String>,
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
    pub(super) photo: Option<Vec<u8>>,
    pub(super) created: SimTime,
    pub(super) modified: SimTime,
    pub(super) password: SimTime,
    pub(super) uuid: String,
    /// Indices of its groups, in the order of their names' bytes.
    pub(super) groups: Vec<usize>,
    pub(super) role: Role,
}

/// A group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) object: ObjectId,
    pub(super) name: String,
    pub(super) number: u32,
    /// Indices of its users, in the order in which they were made.
    pub(super) members: Vec<usize>,
    pub(super) created: SimTime,
    pub(super) modified: SimTime,
    pub(super) uuid: String,
}

/// Everything that lldap would serve.
#[derive(Debug)]
pub(super) struct View {
    /// Generation of the world and highest USN of the directory that it was read at.
    pub(super) at: (u64, u64),
    /// `dc=contoso,dc=local`.
    pub(super) suffix: String,
    /// The same as pairs.
    pub(super) suffix_parts: Vec<(String, String)>,
    /// Ascending by id.
    pub(super) users: Vec<User>,
    /// Ascending by name, whatever its case.
    pub(super) groups: Vec<Group>,
}

/// How tools sign in to a directory under this profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// `dc=contoso,dc=local`.
    pub base_dn: String,
    /// `uid=admin,ou=people,dc=contoso,dc=local`.
    pub bind_dn: String,
}

impl Login {
    /// Of a domain by its DNS name.
    pub fn of(domain: &str) -> Login {
        let labels: Vec<String> =
            domain.to_lowercase().split('.').map(|label| format!("dc={label}")).collect();
        let base_dn = labels.join(",");
        Login { bind_dn: format!("uid=admin,ou=people,{base_dn}"), base_dn }
    }
}

impl View {
    pub(super) fn of(directory: &Directory, at: (u64, u64)) -> View {
        let suffix = Login::of(&directory.info().dns).base_dn;
        let suffix_parts = super::name::parse(&suffix).unwrap_or_default();
        let mut view = View { at, suffix, suffix_parts, users: users(directory), groups: Vec::new() };
        let members: BTreeMap<ObjectId, usize> =
            view.users.iter().enumerate().map(|(index, user)| (user.object, index)).collect();
        view.groups = groups(directory, &members);
        let mut by_name: Vec<usize> = (0..view.groups.len()).collect();
        by_name.sort_by(|a, b| view.groups[*a].name.cmp(&view.groups[*b].name));
        for index in by_name {
            let role = match view.groups[index].number {
                1 => Role::Admin,
                2 => Role::PasswordManager,
                3 => Role::ReadOnly,
                _ => Role::Plain,
            };
            for member in &view.groups[index].members {
                let user = &mut view.users[*member];
                user.groups.push(index);
                user.role = user.role.max(role);
            }
        }
        view
    }

    pub(super) fn user(&self, id: &str) -> Option<&User> {
        let at = self.users.binary_search_by(|user| user.id.as_str().cmp(id)).ok()?;
        Some(&self.users[at])
    }

    pub(super) fn group(&self, name: &str) -> Option<&Group> {
        let name = name.to_lowercase();
        self.groups.iter().find(|group| group.name.to_lowercase() == name)
    }

    pub(super) fn user_dn(&self, user: &User) -> String {
        format!("uid={},ou=people,{}", user.id, self.suffix)
    }

    pub(super) fn group_dn(&self, group: &Group) -> String {
        format!("cn={},ou=groups,{}", group.name, self.suffix)
    }
}

fn rid(entry: &Entry<'_>) -> u32 {
    entry.sid().and_then(|sid| sid.rid()).unwrap_or(0)
}

fn users(directory: &Directory) -> Vec<User> {
    let (mut ids, mut mails) = (BTreeSet::new(), BTreeSet::new());
    let mut users = Vec::new();
    for entry in directory.ids().filter_map(|id| directory.entry(id)) {
        let person = entry.has_class("user") && !entry.has_class("computer") && !entry.is_deleted();
        if !person || rid(&entry) < FIRST_USER && rid(&entry) != ADMINISTRATOR {
            continue;
        }
        let account = entry.text("sAMAccountName").unwrap_or_default().to_lowercase();
        let id = if rid(&entry) == ADMINISTRATOR { "admin".to_owned() } else { account };
        // the first one made keeps an id; lldap could not hold a second
        if id.is_empty() || !ids.insert(id.clone()) {
            continue;
        }
        let text = |name: &str| entry.text(name).map(|text| text.into_owned());
        let mail = text("mail").filter(|mail| mails.insert(mail.to_lowercase()));
        let photo = ["jpegPhoto", "thumbnailPhoto"].into_iter().find_map(|name| {
            let id = directory.schema().attribute_id(name)?;
            let mut bytes = Vec::new();
            entry.values(id).next()?.write_ldap(directory, &mut bytes);
            bytes.starts_with(&[0xff, 0xd8]).then_some(bytes)
        });
        let created = entry.when_created();
        let set = entry.int("pwdLastSet").filter(|set| *set > 0).map(SimTime::from_filetime);
        let display = text("displayName");
        users.push(User {
            object: entry.id(),
            mail,
            display: if id == "admin" { display.or(Some("Administrator".to_owned())) } else { display },
            first: text("givenName"),
            last: text("sn"),
            photo,
            created,
            modified: entry.when_changed(),
            password: set.unwrap_or(created),
            uuid: uuid::of_name(&format!("{id}{}", rfc3339(created))),
            groups: Vec::new(),
            role: Role::Plain,
            id,
        });
    }
    users.sort_by(|a, b| a.id.cmp(&b.id));
    users
}

fn groups(directory: &Directory, users: &BTreeMap<ObjectId, usize>) -> Vec<Group> {
    let mut names = BTreeSet::new();
    let mut groups = Vec::new();
    let all = directory.ids().filter_map(|id| directory.entry(id));
    for entry in all.filter(|entry| entry.has_class("group") && !entry.is_deleted()) {
        let own = OWN_GROUPS.iter().find(|(.., group)| *group == rid(&entry));
        let security = entry.int("groupType").is_some_and(|kind| kind & SECURITY != 0);
        if own.is_none() && (rid(&entry) < FIRST_GROUP || !security) {
            continue;
        }
        let account = entry.text("sAMAccountName").unwrap_or_default().into_owned();
        let name = own.map_or(account, |(name, ..)| (*name).to_owned());
        if name.is_empty() || !names.insert(name.to_lowercase()) {
            continue;
        }
        let created = entry.when_created();
        groups.push(Group {
            object: entry.id(),
            number: own.map_or(rid(&entry), |(_, number, _)| *number),
            members: members(directory, entry.id(), users),
            created,
            modified: entry.when_changed(),
            uuid: uuid::of_name(&format!("{name}{}", rfc3339(created))),
            name,
        });
    }
    groups.sort_by(|a, b| (a.name.to_lowercase(), &a.name).cmp(&(b.name.to_lowercase(), &b.name)));
    groups
}

/// The users in a group, and in the groups in it: lldap knows no nesting.
fn members(directory: &Directory, group: ObjectId, users: &BTreeMap<ObjectId, usize>) -> Vec<usize> {
    let Some(member) = directory.schema().attribute_id("member") else { return Vec::new() };
    let (mut seen, mut open) = (BTreeSet::from([group]), vec![group]);
    while let Some(id) = open.pop() {
        let Some(entry) = directory.entry(id) else { continue };
        for value in entry.values(member) {
            if let forestbed_sim::directory::Value::Dn(target) = value
                && seen.insert(target)
                && !users.contains_key(&target)
            {
                open.push(target);
            }
        }
    }
    seen.into_iter().filter_map(|id| users.get(&id).copied()).collect()
}

/// `2026-01-05T08:00:00+00:00`, with a fraction where there is one (chrono's form, which lldap prints).
pub(super) fn rfc3339(time: SimTime) -> String {
    let (year, month, day, hour, minute, second) = time.civil();
    let millis = time.millis().rem_euclid(1000);
    let fraction = if millis == 0 { String::new() } else { format!(".{millis:03}") };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}+00:00")
}

/// `20260105080000Z`.
pub(super) fn generalized(time: SimTime) -> String {
    let (year, month, day, hour, minute, second) = time.civil();
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
}
