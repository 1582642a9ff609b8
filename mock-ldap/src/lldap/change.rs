//! Adding, deleting, modifying (lldap.md 7).

use super::answer::{Answers, Refusal, op};
use super::attributes::{UserField, user_field};
use super::name::{Place, user_or_group};
use super::view::{Role, View};
use super::{Call, Hangup};
use base64::Engine as _;
use forestbed_sim::directory::{
    AttrId, Directory, Modification, ModifyOp, NewObject, ObjectId, UpdateContext,
};

/// `userAccountControl` of an ordinary account.
const NORMAL_ACCOUNT: &[u8] = b"512";
/// `groupType` of a global security group.
const GLOBAL_SECURITY: &[u8] = b"-2147483646";

/// What a user is added with.
#[derive(Default)]
struct NewUser {
    mail: Option<String>,
    display: Option<String>,
    first: Option<String>,
    last: Option<String>,
    photo: Option<Vec<u8>>,
}

impl Call<'_> {
    fn is_admin(&mut self) -> bool {
        let view = self.view();
        let bound = self.state.bound.as_ref().and_then(|id| view.user(id));
        bound.is_some_and(|user| user.role == Role::Admin)
    }

    pub(super) fn modify(
        &mut self,
        dn: &str,
        changes: &[Modification],
        answers: &mut Answers<'_>,
    ) -> Result<(), Hangup> {
        if self.state.bound.is_none() {
            // lldap answers with the wrong kind of message here
            answers.result(op::EXTENDED, "lldap-unbound", &[]);
            return Ok(());
        }
        no_capitals(dn)?;
        match self.try_modify(dn, changes) {
            Ok(()) => answers.success(op::MODIFY, ""),
            Err(refusal) => answers.refuse(op::MODIFY, &refusal),
        }
        Ok(())
    }

    fn try_modify(&mut self, dn: &str, changes: &[Modification]) -> Result<(), Refusal> {
        super::account::user_named(&self.view(), dn)?;
        for change in changes {
            let kind = match change.op {
                ModifyOp::Add => "Add",
                ModifyOp::Delete => "Delete",
                ModifyOp::Replace => "Replace",
            };
            if change.op != ModifyOp::Replace || !change.attribute.eq_ignore_ascii_case("userPassword") {
                return Err(("lldap-modify", vec![kind.to_owned(), change.attribute.clone()]));
            }
            let [password] = &change.values[..] else {
                return Err(("lldap-password-count", vec![change.values.len().to_string()]));
            };
            let password = String::from_utf8_lossy(password);
            self.set_password(dn, &password, "lldap-modify-other")?;
        }
        Ok(())
    }

    pub(super) fn add(
        &mut self,
        dn: &str,
        attributes: &[(String, Vec<Vec<u8>>)],
        answers: &mut Answers<'_>,
    ) -> Result<(), Hangup> {
        if !self.is_admin() {
            answers.result(op::ADD, "lldap-write", &[]);
            return Ok(());
        }
        no_capitals(dn)?;
        match self.try_add(dn, attributes) {
            Ok(()) => answers.success(op::ADD, ""),
            Err(refusal) => answers.refuse(op::ADD, &refusal),
        }
        Ok(())
    }

    fn try_add(&mut self, dn: &str, attributes: &[(String, Vec<Vec<u8>>)]) -> Result<(), Refusal> {
        let view = self.view();
        let place = user_or_group(dn, &view.suffix_parts, &view.suffix)?;
        let mut directory = self.world.controller_mut(self.controller);
        let context = UpdateContext::lenient(self.world.clock.now());
        match place {
            Place::User(_, id) => {
                let new = NewUser::read(&id, attributes)?;
                new.check_unique(&view, &id)?;
                let values = new.values(&id);
                load(&mut directory, &context, "user", &id, &values);
            }
            Place::Group(_, name) => {
                if view.group(&name).is_some() {
                    return Err(exists("group", "2067", "groups.lowercase_display_name"));
                }
                let values =
                    [("sAMAccountName", name.clone().into_bytes()), ("groupType", GLOBAL_SECURITY.to_vec())];
                load(&mut directory, &context, "group", &name, &values);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, dn: &str, answers: &mut Answers<'_>) -> Result<(), Hangup> {
        if !self.is_admin() {
            answers.result(op::DELETE, "lldap-write", &[]);
            return Ok(());
        }
        no_capitals(dn)?;
        match self.try_delete(dn) {
            Ok(()) => answers.success(op::DELETE, ""),
            Err(refusal) => answers.refuse(op::DELETE, &refusal),
        }
        Ok(())
    }

    fn try_delete(&mut self, dn: &str) -> Result<(), Refusal> {
        let view = self.view();
        let object = match user_or_group(dn, &view.suffix_parts, &view.suffix)? {
            Place::User(_, id) => {
                view.user(&id).map(|user| user.object).ok_or(("lldap-delete-user", Vec::new()))?
            }
            Place::Group(_, name) => {
                view.group(&name).map(|group| group.object).ok_or(("lldap-delete-group", Vec::new()))?
            }
            _ => return Ok(()),
        };
        let mut directory = self.world.controller_mut(self.controller);
        let name = directory.entry(object).map(|entry| entry.dn()).unwrap_or_default();
        let context = UpdateContext::system(self.world.clock.now());
        // what the domain was born with stays
        directory.delete(&context, &name).map_err(|_| ("lldap-write", Vec::new()))
    }
}

/// lldap fails an assertion over capitals in a name, and the connection with it (lldap.md 39).
fn no_capitals(dn: &str) -> Result<(), Hangup> {
    if dn.bytes().any(|byte| byte.is_ascii_uppercase()) { Err(Hangup) } else { Ok(()) }
}

fn exists(what: &str, code: &str, constraint: &str) -> Refusal {
    ("lldap-exists", vec![what.to_owned(), code.to_owned(), constraint.to_owned()])
}

/// Makes an object in CN=Users, under a name that is free there.
fn load(
    directory: &mut Directory,
    context: &UpdateContext,
    class: &'static str,
    name: &str,
    values: &[(&str, Vec<u8>)],
) -> ObjectId {
    let parent = directory.info().users;
    let taken = |directory: &Directory, name: &str| {
        let named =
            |id: ObjectId| directory.entry(id).is_some_and(|e| e.rdn_value().eq_ignore_ascii_case(name));
        directory.children(parent).any(named)
    };
    let mut rdn = name.to_owned();
    while taken(directory, &rdn) {
        rdn.push('_');
    }
    let attributes: Vec<(AttrId, Vec<Vec<u8>>)> = values
        .iter()
        .filter_map(|(name, value)| Some((directory.schema().attribute_id(name)?, vec![value.clone()])))
        .collect();
    directory.load(context, NewObject { parent, rdn, class, attributes, guid: None, rid: None })
}

impl NewUser {
    fn read(id: &str, attributes: &[(String, Vec<Vec<u8>>)]) -> Result<NewUser, Refusal> {
        let mut new = NewUser::default();
        for (name, values) in attributes {
            let lower = name.to_ascii_lowercase();
            let field = user_field(&lower);
            if field == Some(UserField::Classes) {
                continue;
            }
            let writable = matches!(
                field,
                Some(
                    UserField::Id
                        | UserField::Mail
                        | UserField::Display
                        | UserField::First
                        | UserField::Last
                        | UserField::Photo
                )
            );
            if !writable {
                return Err(("lldap-add-undefined", vec![lower]));
            }
            let [value] = &values[..] else { return Err(("lldap-add-values", vec![lower])) };
            let text = std::str::from_utf8(value).map_err(|error| {
                ("lldap-add-utf8", vec![lower.clone(), format!("{error:#?}"), format!("{value:?}")])
            })?;
            let many = |what: &str| ("lldap-add-many", vec![what.to_owned()]);
            match field {
                Some(UserField::Id) if text.to_lowercase() != id => {
                    return Err(("lldap-add-uid", Vec::new()));
                }
                Some(UserField::Mail) if new.mail.is_some() => return Err(many("email attributes")),
                Some(UserField::Display) if new.display.is_some() => return Err(many("display names")),
                Some(UserField::Mail) => new.mail = Some(text.to_owned()),
                Some(UserField::Display) => new.display = Some(text.to_owned()),
                Some(UserField::First) => new.first = Some(text.to_owned()),
                Some(UserField::Last) => new.last = Some(text.to_owned()),
                Some(UserField::Photo) => new.photo = Some(jpeg(text)?),
                _ => {}
            }
        }
        Ok(new)
    }

    /// An id and a mail address are given once; having none counts as one of them.
    fn check_unique(&self, view: &View, id: &str) -> Result<(), Refusal> {
        if view.user(id).is_some() {
            return Err(exists("user", "1555", "users.user_id"));
        }
        let asked = self.mail.as_deref().unwrap_or_default().to_lowercase();
        let held = |mail: &Option<String>| mail.as_deref().unwrap_or_default().to_lowercase() == asked;
        match view.users.iter().any(|user| user.id != "admin" && held(&user.mail)) {
            true => Err(exists("user", "2067", "users.lowercase_email")),
            false => Ok(()),
        }
    }

    fn values(&self, id: &str) -> Vec<(&'static str, Vec<u8>)> {
        let mut values =
            vec![("sAMAccountName", id.as_bytes().to_vec()), ("userAccountControl", NORMAL_ACCOUNT.to_vec())];
        let texts = [
            ("mail", &self.mail),
            ("displayName", &self.display),
            ("givenName", &self.first),
            ("sn", &self.last),
        ];
        let given = texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        values.extend(given.map(|(name, text)| (name, text.clone().into_bytes())));
        values.extend(self.photo.clone().map(|photo| ("jpegPhoto", photo)));
        values
    }
}

/// A photograph, which is added as base64 text though searches answer bytes.
fn jpeg(text: &str) -> Result<Vec<u8>, Refusal> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).unwrap_or_default();
    match bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        true => Ok(bytes),
        false => Err(("lldap-add-jpeg", Vec::new())),
    }
}
