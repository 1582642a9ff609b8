//! Filters: what lldap evaluates, and what it refuses (lldap.md 5). Two values, no undefined.

use super::answer::Refusal;
use super::attributes::{GROUP_CLASSES, GroupField, USER_CLASSES, UserField, group_field, user_field};
use super::name::{Place, place};
use super::view::{Group, User, View, generalized};
use forestbed_sim::directory::Filter;

/// What a term asks of a user or a group.
type Term<T> = Box<dyn Fn(&View, &T) -> bool>;

/// A filter that one side, users or groups, can evaluate.
pub(super) enum Test<T> {
    And(Vec<Test<T>>),
    Or(Vec<Test<T>>),
    Not(Box<Test<T>>),
    Always(bool),
    Term(Term<T>),
}

impl<T> Test<T> {
    pub(super) fn holds(&self, view: &View, object: &T) -> bool {
        match self {
            Test::And(all) => all.iter().all(|test| test.holds(view, object)),
            Test::Or(any) => any.iter().any(|test| test.holds(view, object)),
            Test::Not(test) => !test.holds(view, object),
            Test::Always(value) => *value,
            Test::Term(term) => term(view, object),
        }
    }

    fn term(term: impl Fn(&View, &T) -> bool + 'static) -> Test<T> {
        Test::Term(Box::new(term))
    }
}

/// One of the two sides.
pub(super) trait Side: Sized {
    /// The key of the text that refuses a kind of filter.
    const UNSUPPORTED: &'static str;
    fn equality(view: &View, attribute: &str, value: &str) -> Result<Test<Self>, Refusal>;
    fn present(attribute: &str) -> Test<Self>;
    fn substring(attribute: &str, pattern: Pattern) -> Result<Test<Self>, Refusal>;
}

/// The parts of a substring assertion, in lower case.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Vec<char>);

impl Pattern {
    /// As an SQL LIKE pattern, whose wildcards a value may smuggle in (lldap.md 30).
    fn of(initial: Option<&[u8]>, any: &[Vec<u8>], last: Option<&[u8]>) -> Pattern {
        let mut pattern = text(initial.unwrap_or_default()).into_owned();
        for part in any {
            pattern.push('%');
            pattern.push_str(&text(part));
        }
        pattern.push('%');
        pattern.push_str(&text(last.unwrap_or_default()));
        Pattern(pattern.to_ascii_lowercase().chars().collect())
    }

    fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.to_ascii_lowercase().chars().collect();
        let pattern = &self.0;
        let (mut p, mut t) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while t < text.len() {
            match pattern.get(p) {
                Some('%') => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(c) if *c == '_' || *c == text[t] => {
                    p += 1;
                    t += 1;
                }
                _ => match &mut star {
                    Some((at, from)) => {
                        *from += 1;
                        p = *at + 1;
                        t = *from;
                    }
                    None => return false,
                },
            }
        }
        pattern[p..].iter().all(|c| *c == '%')
    }
}

fn text(value: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(value)
}

/// Whether every value is UTF-8: lldap closes the connection on others (lldap.md 22).
pub(super) fn is_text(filter: &Filter) -> bool {
    let text = |value: &Vec<u8>| std::str::from_utf8(value).is_ok();
    match filter {
        Filter::And(filters) | Filter::Or(filters) => filters.iter().all(is_text),
        Filter::Not(filter) => is_text(filter),
        Filter::Equality { value, .. }
        | Filter::GreaterOrEqual { value, .. }
        | Filter::LessOrEqual { value, .. }
        | Filter::Approx { value, .. }
        | Filter::Extensible { value, .. } => text(value),
        Filter::Substrings { initial, any, last, .. } => initial.iter().chain(any).chain(last).all(text),
        Filter::Present(_) => true,
    }
}

/// Compiles a filter for one side; one part that cannot be evaluated spoils the whole.
pub(super) fn compile<T: Side>(view: &View, filter: &Filter) -> Result<Test<T>, Refusal> {
    let refused = |shown: String| Err((T::UNSUPPORTED, vec![shown]));
    let each = |filters: &[Filter]| -> Result<Vec<Test<T>>, Refusal> {
        filters.iter().map(|filter| compile(view, filter)).collect()
    };
    Ok(match filter {
        Filter::And(filters) => Test::And(each(filters)?),
        Filter::Or(filters) => Test::Or(each(filters)?),
        Filter::Not(filter) => Test::Not(Box::new(compile(view, filter)?)),
        Filter::Equality { attribute, value } => T::equality(view, attribute, &text(value))?,
        Filter::Present(attribute) => T::present(attribute),
        Filter::Substrings { attribute, initial, any, last } => {
            T::substring(attribute, Pattern::of(initial.as_deref(), any, last.as_deref()))?
        }
        Filter::GreaterOrEqual { attribute, value } => {
            return refused(format!("GreaterOrEqual({attribute:?}, {:?})", text(value)));
        }
        Filter::LessOrEqual { attribute, value } => {
            return refused(format!("LessOrEqual({attribute:?}, {:?})", text(value)));
        }
        Filter::Approx { attribute, value } => {
            return refused(format!("Approx({attribute:?}, {:?})", text(value)));
        }
        Filter::Extensible { attribute, rule, value, dn_attributes } => {
            let value = text(value);
            return refused(format!(
                "Extensible(LdapMatchingRuleAssertion {{ matching_rule: {rule:?}, type_: {attribute:?}, \
                 match_value: {value:?}, dn_attributes: {dn_attributes} }})"
            ));
        }
    })
}

/// The name that a DN or a bare value means: of a user or of a group, in lower case.
fn named(view: &View, value: &str, users: bool) -> Option<String> {
    if !value.contains('=') && !value.contains(',') {
        return (!value.is_empty()).then(|| value.to_lowercase());
    }
    match place(value, &view.suffix_parts).ok()? {
        Place::User(name, value) if users && (name == "uid" || name == "cn") => Some(value),
        Place::Group(name, value) if !users && (name == "uid" || name == "cn") => Some(value),
        _ => None,
    }
}

impl Side for User {
    const UNSUPPORTED: &'static str = "lldap-user-filter";

    fn equality(view: &View, attribute: &str, value: &str) -> Result<Test<User>, Refusal> {
        use UserField as F;
        let Some(field) = user_field(attribute) else { return Ok(Test::Always(false)) };
        let (value, lower) = (value.to_owned(), value.to_lowercase());
        Ok(match field {
            F::Id => Test::term(move |_: &View, user: &User| user.id == lower),
            F::Mail => Test::term(move |_: &View, user: &User| {
                user.mail.as_ref().is_some_and(|mail| mail.to_lowercase() == lower)
            }),
            F::Display => Test::term(move |_: &View, user: &User| equals(user.display.as_deref(), &value)),
            F::First => Test::term(move |_: &View, user: &User| equals(user.first.as_deref(), &value)),
            F::Last => Test::term(move |_: &View, user: &User| equals(user.last.as_deref(), &value)),
            F::Uuid => Test::term(move |_: &View, user: &User| user.uuid == lower),
            F::MemberOf => match named(view, &value, false) {
                None => Test::Always(false),
                Some(name) => Test::term(move |view: &View, user: &User| {
                    user.groups.iter().any(|group| view.groups[*group].name.to_lowercase() == name)
                }),
            },
            F::Dn | F::DnFilter => match named(view, &value, true) {
                None => Test::Always(false),
                Some(name) => Test::term(move |_: &View, user: &User| user.id == name),
            },
            F::Classes => Test::Always(USER_CLASSES.iter().any(|class| class.eq_ignore_ascii_case(&value))),
            // never what is shown: lldap compares with its own form (lldap.md 26)
            F::Created | F::Modified | F::Password | F::Photo => Test::Always(false),
        })
    }

    fn present(attribute: &str) -> Test<User> {
        use UserField as F;
        match user_field(attribute) {
            None => Test::Always(false),
            Some(F::First) => Test::term(|_: &View, user: &User| user.first.is_some()),
            Some(F::Last) => Test::term(|_: &View, user: &User| user.last.is_some()),
            Some(F::Photo) => Test::term(|_: &View, user: &User| user.photo.is_some()),
            Some(_) => Test::Always(true),
        }
    }

    fn substring(attribute: &str, pattern: Pattern) -> Result<Test<User>, Refusal> {
        use UserField as F;
        let Some(field) = user_field(attribute) else { return Ok(Test::Always(false)) };
        Ok(match field {
            F::Id => Test::term(move |_: &View, user: &User| pattern.matches(&user.id)),
            F::Mail => Test::term(move |_: &View, user: &User| {
                user.mail.as_ref().is_some_and(|m| pattern.matches(m))
            }),
            F::Display => Test::term(move |_: &View, user: &User| {
                user.display.as_ref().is_some_and(|d| pattern.matches(d))
            }),
            F::Modified => {
                Test::term(move |_: &View, user: &User| pattern.matches(&generalized(user.modified)))
            }
            F::Password => {
                Test::term(move |_: &View, user: &User| pattern.matches(&generalized(user.password)))
            }
            _ => return Err(("lldap-user-substring", vec![attribute.to_ascii_lowercase()])),
        })
    }
}

/// Whether a text is the value as it was asked for, or the value in lower case (lldap.md 26).
fn equals(stored: Option<&str>, asked: &str) -> bool {
    stored.is_some_and(|stored| stored == asked || stored == asked.to_lowercase())
}

impl Side for Group {
    const UNSUPPORTED: &'static str = "lldap-group-filter";

    fn equality(view: &View, attribute: &str, value: &str) -> Result<Test<Group>, Refusal> {
        use GroupField as F;
        let Some(field) = group_field(attribute) else { return Ok(Test::Always(false)) };
        let lower = value.to_lowercase();
        Ok(match field {
            F::Name => Test::term(move |_: &View, group: &Group| group.name.to_lowercase() == lower),
            F::Number => match value.parse::<u32>() {
                Ok(number) => Test::term(move |_: &View, group: &Group| group.number == number),
                Err(_) => Test::Always(false),
            },
            F::Members => match named(view, value, true) {
                None => Test::Always(false),
                Some(name) => Test::term(move |view: &View, group: &Group| {
                    group.members.iter().any(|member| view.users[*member].id == name)
                }),
            },
            F::Dn | F::DnFilter => match named(view, value, false) {
                None => Test::Always(false),
                Some(name) => Test::term(move |_: &View, group: &Group| group.name.to_lowercase() == name),
            },
            F::Uuid => {
                let wrong = value.char_indices().find(|(_, c)| !c.is_ascii_hexdigit() && *c != '-');
                if let Some((at, c)) = wrong {
                    let shown = format!("invalid character: found `{c}` at {}", at + 1);
                    return Err(("lldap-bad-uuid", vec![shown]));
                }
                Test::term(move |_: &View, group: &Group| group.uuid == lower)
            }
            F::Classes => Test::Always(GROUP_CLASSES.iter().any(|class| class.eq_ignore_ascii_case(value))),
            F::Created => return Err(("lldap-group-created", Vec::new())),
            F::Modified => return Err(("lldap-group-modified", Vec::new())),
        })
    }

    fn present(attribute: &str) -> Test<Group> {
        Test::Always(group_field(attribute).is_some())
    }

    fn substring(attribute: &str, pattern: Pattern) -> Result<Test<Group>, Refusal> {
        match group_field(attribute) {
            None => Ok(Test::Always(false)),
            Some(GroupField::Name) => {
                Ok(Test::term(move |_: &View, group: &Group| pattern.matches(&group.name)))
            }
            Some(_) => Err(("lldap-group-substring", vec![attribute.to_owned()])),
        }
    }
}
