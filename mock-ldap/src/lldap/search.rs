//! Searching and comparing (lldap.md 1, 4, 7).

use super::answer::{Answers, Refusal, op};
use super::attributes::{group_field, group_values, of_group, of_user, user_field, user_values};
use super::filter::{Test, compile, is_text};
use super::name::{Place, place};
use super::view::{Group, Role, User, View, generalized};
use super::{Call, Hangup};
use crate::data;
use crate::request::SearchRequest;
use forestbed_sim::directory::{Filter, Scope};

/// `compareFalse` and `compareTrue`.
const FALSE_OR_TRUE: [u32; 2] = [5, 6];
const NO_SUCH_OBJECT: u32 = 32;

/// Who looks: everything, or only what concerns one user.
struct Eyes<'v> {
    view: &'v View,
    /// The id of a plain user.
    only: Option<&'v str>,
}

impl<'v> Eyes<'v> {
    fn user(&self, user: &User) -> bool {
        self.only.is_none_or(|only| only == user.id)
    }

    fn group(&self, group: &Group) -> bool {
        let view = self.view;
        self.only.is_none_or(|only| group.members.iter().any(|member| view.users[*member].id == only))
    }

    fn users(&self, test: &Test<User>) -> impl Iterator<Item = &'v User> {
        self.view.users.iter().filter(|user| self.user(user) && test.holds(self.view, user))
    }

    fn groups(&self, test: &Test<Group>) -> impl Iterator<Item = &'v Group> {
        self.view.groups.iter().filter(|group| self.group(group) && test.holds(self.view, group))
    }
}

/// The entries of an answer, not yet written.
type Entries = Vec<(String, Vec<(String, Vec<Vec<u8>>)>)>;

impl Call<'_> {
    pub(super) fn search(
        &mut self,
        request: &SearchRequest<'_>,
        answers: &mut Answers<'_>,
    ) -> Result<(), Hangup> {
        if !is_text(&request.filter) {
            return Err(Hangup);
        }
        let base_scope = request.scope == Scope::Base;
        let any =
            matches!(&request.filter, Filter::Present(name) if name.eq_ignore_ascii_case("objectClass"));
        let view = self.view();
        if request.base.is_empty() && base_scope && any {
            answers.entry("", &root_dse(&view));
            answers.success(op::SEARCH_DONE, "");
            return Ok(());
        }
        let Some(bound) = self.state.bound.clone() else {
            answers.result(op::SEARCH_DONE, "lldap-unbound", &[]);
            return Ok(());
        };
        if request.base == "cn=Subschema" && base_scope {
            answers.entry("cn=Subschema", &subschema(&generalized(self.world.clock.now())));
            answers.success(op::SEARCH_DONE, "");
            return Ok(());
        }
        let plain = view.user(&bound).is_none_or(|user| user.role == Role::Plain);
        let eyes = Eyes { view: &view, only: plain.then_some(bound.as_str()) };
        match eyes.find(request) {
            Err(refusal) => answers.refuse(op::SEARCH_DONE, &refusal),
            Ok(entries) if entries.is_empty() && base_scope => {
                answers.result(op::SEARCH_DONE, "lldap-no-object", &[]);
            }
            Ok(entries) => {
                entries.iter().for_each(|(dn, attributes)| answers.entry(dn, attributes));
                answers.success(op::SEARCH_DONE, "");
            }
        }
        Ok(())
    }

    pub(super) fn compare(&mut self, dn: &str, attribute: &str, value: &[u8], answers: &mut Answers<'_>) {
        let Some(bound) = self.state.bound.clone() else {
            // lldap answers with the wrong kind of message here
            return answers.result(op::SEARCH_DONE, "lldap-unbound", &[]);
        };
        let view = self.view();
        let plain = view.user(&bound).is_none_or(|user| user.role == Role::Plain);
        let eyes = Eyes { view: &view, only: plain.then_some(bound.as_str()) };
        let values = match place(dn, &view.suffix_parts) {
            Ok(Place::User(name, id)) if name == "uid" || name == "cn" => {
                let user = view.user(&id).filter(|user| eyes.user(user));
                user.map(|user| user_field(attribute).and_then(|field| user_values(&view, user, field)))
            }
            Ok(Place::Group(name, group)) if name == "uid" || name == "cn" => {
                let group = view.group(&group).filter(|group| eyes.group(group));
                let values = |group| group_values(&view, group, group_field(attribute)?, eyes.only);
                group.map(values)
            }
            _ => None,
        };
        match values {
            None => answers.code(op::COMPARE, NO_SUCH_OBJECT, &view.suffix),
            Some(values) => {
                let held = values.is_some_and(|values| values.iter().any(|held| held == value));
                answers.code(op::COMPARE, FALSE_OR_TRUE[usize::from(held)], dn);
            }
        }
    }
}

impl Eyes<'_> {
    fn find(&self, request: &SearchRequest<'_>) -> Result<Entries, Refusal> {
        let base = place(request.base, &self.view.suffix_parts)?;
        let pair = |name: &str, value: &str| Filter::Equality {
            attribute: name.to_owned(),
            value: value.as_bytes().to_vec(),
        };
        Ok(match base {
            Place::Suffix => {
                // an error of one side is swallowed, as long as the other one answers (lldap.md 25)
                match (self.find_users(request, None), self.find_groups(request, None)) {
                    (Err(refusal), Err(_)) => return Err(refusal),
                    (users, groups) => {
                        let mut all = users.unwrap_or_default();
                        all.extend(groups.unwrap_or_default());
                        all
                    }
                }
            }
            Place::People | Place::Groups if request.scope == Scope::Base => {
                let classes = vec![b"top".to_vec(), b"organizationalUnit".to_vec()];
                vec![(request.base.to_owned(), vec![("objectClass".to_owned(), classes)])]
            }
            Place::People => self.find_users(request, None)?,
            Place::Groups => self.find_groups(request, None)?,
            Place::User(name, value) => self.find_users(request, Some(&pair(&name, &value)))?,
            Place::Group(name, value) => self.find_groups(request, Some(&pair(&name, &value)))?,
            Place::Unknown | Place::Outside => Vec::new(),
        })
    }

    fn find_users(&self, request: &SearchRequest<'_>, rdn: Option<&Filter>) -> Result<Entries, Refusal> {
        let mut tests = vec![compile(self.view, &request.filter)?];
        tests.extend(rdn.map(|rdn| compile(self.view, rdn)).transpose()?);
        let test = Test::And(tests);
        let entry = |user: &User| (self.view.user_dn(user), of_user(self.view, user, &request.attributes));
        Ok(self.users(&test).map(entry).collect())
    }

    fn find_groups(&self, request: &SearchRequest<'_>, rdn: Option<&Filter>) -> Result<Entries, Refusal> {
        let mut tests = vec![compile(self.view, &request.filter)?];
        tests.extend(rdn.map(|rdn| compile(self.view, rdn)).transpose()?);
        let test = Test::And(tests);
        let entry = |group: &Group| {
            (self.view.group_dn(group), of_group(self.view, group, &request.attributes, self.only))
        };
        Ok(self.groups(&test).map(entry).collect())
    }
}

/// The root DSE (lldap.md 18).
fn root_dse(view: &View) -> Vec<(String, Vec<Vec<u8>>)> {
    let row = |name: &str, values: &[&str]| {
        (name.to_owned(), values.iter().map(|value| value.as_bytes().to_vec()).collect())
    };
    vec![
        row("objectClass", &["top"]),
        row("vendorName", &["LLDAP"]),
        row("vendorVersion", &["lldap_0.1.1"]),
        row("supportedLDAPVersion", &["3"]),
        row("supportedExtension", &[super::PASSWORD_MODIFY, super::WHO_AM_I]),
        row("supportedControl", &[]),
        row("supportedFeatures", &["1.3.6.1.4.1.4203.1.5.1"]),
        row("defaultNamingContext", &[&view.suffix]),
        row("namingContexts", &[&view.suffix]),
        row("isGlobalCatalogReady", &["false"]),
        row("subschemaSubentry", &["cn=Subschema"]),
    ]
}

/// The schema, as of now (lldap.md 19).
fn subschema(now: &str) -> Vec<(String, Vec<Vec<u8>>)> {
    let mut out: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
    for (name, value) in data::lldap_schema() {
        let value = value.replace("{now}", now).into_bytes();
        match out.last_mut().filter(|(last, _)| last == name) {
            Some((_, values)) => values.push(value),
            None => out.push(((*name).to_owned(), vec![value])),
        }
    }
    out
}
