//! The attributes of users and groups: names, aliases, what `*` gives (lldap.md 2 and 3).

use super::view::{Group, User, View, generalized, rfc3339};
use std::collections::BTreeMap;

/// The object classes of users.
pub(super) const USER_CLASSES: [&str; 4] = ["inetOrgPerson", "posixAccount", "mailAccount", "person"];
/// The object classes of groups.
pub(super) const GROUP_CLASSES: [&str; 2] = ["groupOfUniqueNames", "groupOfNames"];

/// What `*` gives of a user.
const OF_USERS: [&str; 12] = [
    "avatar",
    "cn",
    "createtimestamp",
    "entryuuid",
    "first_name",
    "givenname",
    "jpegPhoto",
    "last_name",
    "mail",
    "objectclass",
    "sn",
    "uid",
];
/// What `*` gives of a group.
const OF_GROUPS: [&str; 6] = ["cn", "entryuuid", "member", "objectclass", "uid", "uniquemember"];

/// What an attribute of a user means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserField {
    Id,
    Mail,
    Display,
    First,
    Last,
    Photo,
    Created,
    Modified,
    Password,
    Uuid,
    MemberOf,
    /// `entryDN`.
    Dn,
    /// `dn` and `distinguishedName`: for filters only.
    DnFilter,
    Classes,
}

/// What an attribute of a group means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupField {
    Name,
    Number,
    Members,
    Created,
    Modified,
    Uuid,
    Dn,
    DnFilter,
    Classes,
}

/// A user's field by one of its names, in any case.
pub(super) fn user_field(name: &str) -> Option<UserField> {
    use UserField as F;
    Some(match name.to_ascii_lowercase().as_str() {
        "uid" | "user_id" | "id" => F::Id,
        "mail" | "email" => F::Mail,
        "cn" | "displayname" | "display_name" => F::Display,
        "givenname" | "first_name" | "firstname" => F::First,
        "sn" | "last_name" | "lastname" => F::Last,
        "jpegphoto" | "avatar" => F::Photo,
        "createtimestamp" | "creationdate" | "creation_date" => F::Created,
        "modifytimestamp" | "modifydate" | "modified_date" => F::Modified,
        "pwdchangedtime" | "passwordmodifydate" | "password_modified_date" => F::Password,
        "entryuuid" | "uuid" => F::Uuid,
        "memberof" | "ismemberof" => F::MemberOf,
        "entrydn" => F::Dn,
        "dn" | "distinguishedname" => F::DnFilter,
        "objectclass" => F::Classes,
        _ => return None,
    })
}

/// A group's field by one of its names, in any case.
pub(super) fn group_field(name: &str) -> Option<GroupField> {
    use GroupField as F;
    Some(match name.to_ascii_lowercase().as_str() {
        "cn" | "uid" | "id" | "displayname" | "display_name" => F::Name,
        "groupid" | "group_id" => F::Number,
        "member" | "uniquemember" => F::Members,
        "createtimestamp" | "creationdate" | "creation_date" => F::Created,
        "modifytimestamp" | "modifydate" | "modified_date" => F::Modified,
        "entryuuid" | "uuid" => F::Uuid,
        "entrydn" => F::Dn,
        "dn" | "distinguishedname" => F::DnFilter,
        "objectclass" => F::Classes,
        _ => return None,
    })
}

/// The attributes that are asked for, by name in lower case as they are to be spelt.
fn selected(asked: &[&str], all: &[&'static str]) -> BTreeMap<String, String> {
    let mut chosen = BTreeMap::new();
    let mut choose = |name: &str| chosen.insert(name.to_lowercase(), name.to_owned());
    if asked.is_empty() {
        all.iter().for_each(|name| drop(choose(name)));
    }
    for name in asked {
        match *name {
            "*" => all.iter().for_each(|name| drop(choose(name))),
            "+" | "1.1" => {}
            name => drop(choose(name)),
        }
    }
    chosen
}

fn one(text: &str) -> Vec<Vec<u8>> {
    vec![text.as_bytes().to_vec()]
}

fn many<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Vec<u8>> {
    texts.into_iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The values of a user's field; none when it has none.
pub(super) fn user_values(view: &View, user: &User, field: UserField) -> Option<Vec<Vec<u8>>> {
    use UserField as F;
    let text = |text: &Option<String>| text.as_deref().map(one);
    match field {
        F::Id => Some(one(&user.id)),
        F::Mail => text(&user.mail),
        F::Display => text(&user.display),
        F::First => text(&user.first),
        F::Last => text(&user.last),
        F::Photo => user.photo.clone().map(|photo| vec![photo]),
        F::Created => Some(one(&generalized(user.created))),
        F::Modified => Some(one(&generalized(user.modified))),
        F::Password => Some(one(&generalized(user.password))),
        F::Uuid => Some(one(&user.uuid)),
        F::MemberOf => {
            let names = user.groups.iter().map(|index| view.group_dn(&view.groups[*index]).into_bytes());
            Some(names.collect())
        }
        F::Dn => Some(one(&view.user_dn(user))),
        F::DnFilter => None,
        F::Classes => Some(many(USER_CLASSES)),
    }
}

/// The values of a group's field; `only` is the one member that is shown to a plain user.
pub(super) fn group_values(
    view: &View,
    group: &Group,
    field: GroupField,
    only: Option<&str>,
) -> Option<Vec<Vec<u8>>> {
    use GroupField as F;
    match field {
        F::Name => Some(one(&group.name)),
        F::Number => Some(one(&group.number.to_string())),
        F::Members => {
            let users = group.members.iter().map(|index| &view.users[*index]);
            let shown = users.filter(|user| only.is_none_or(|only| only == user.id));
            Some(shown.map(|user| view.user_dn(user).into_bytes()).collect())
        }
        F::Created => Some(one(&rfc3339(group.created))),
        F::Modified => Some(one(&rfc3339(group.modified))),
        F::Uuid => Some(one(&group.uuid)),
        F::Dn => Some(one(&format!("uid={},ou=groups,{}", group.name, view.suffix))),
        F::DnFilter => None,
        F::Classes => Some(many(GROUP_CLASSES)),
    }
}

/// A user's entry as it was asked for, by name in lower case.
pub(super) fn of_user(view: &View, user: &User, asked: &[&str]) -> Vec<(String, Vec<Vec<u8>>)> {
    let chosen = selected(asked, &OF_USERS);
    let values = |name: &str| user_values(view, user, user_field(name)?);
    chosen.into_iter().filter_map(|(lower, name)| Some((name, values(&lower)?))).collect()
}

/// A group's entry as it was asked for, by name in lower case.
pub(super) fn of_group(
    view: &View,
    group: &Group,
    asked: &[&str],
    only: Option<&str>,
) -> Vec<(String, Vec<Vec<u8>>)> {
    let chosen = selected(asked, &OF_GROUPS);
    let values = |name: &str| group_values(view, group, group_field(name)?, only);
    chosen.into_iter().filter_map(|(lower, name)| Some((name, values(&lower)?))).collect()
}
