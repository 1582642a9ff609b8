//! What a defect is made from and what comes out: a clean object's values, and a draft of a ledger row.

use super::crowd::Crowd;
use super::octets;
pub(super) use super::subject::{Class, Subject};
use crate::clock::SimTime;
use crate::fault::glob;
use crate::ids::Guid;
use crate::population::{Draw, Taken};
use crate::spec::{ForestSpec, TenantSpec};

/// What every maker may ask.
pub(super) struct Bench<'a> {
    /// The domain of people's mail and UPN.
    pub(super) domain: &'a str,
    /// A domain that the internet does not know.
    pub(super) private_domain: String,
    pub(super) tenant: &'a TenantSpec,
    /// Every name that is in use, with a letter for its space before it: `a` addresses, `n` aliases,
    /// `s` account names. Of a maker over two domains, those of both.
    pub(super) taken: Vec<&'a Taken>,
    /// What the first object's domain has in common; empty when no defect that is asked for looks at it.
    pub(super) crowd: &'a Crowd,
    pub(super) now: SimTime,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        forest: &'a ForestSpec,
        tenant: &'a TenantSpec,
        taken: Vec<&'a Taken>,
        crowd: &'a Crowd,
        now: SimTime,
    ) -> Bench<'a> {
        let routable = psl::suffix(forest.domain.as_bytes()).is_some_and(|suffix| suffix.is_known());
        let private_domain = match routable {
            true => format!("{}.local", forest.netbios().to_lowercase()),
            false => forest.domain.clone(),
        };
        Bench { domain: forest.mail_domain(), private_domain, tenant, taken, crowd, now }
    }

    /// `local@` in people's domain.
    pub(super) fn at(&self, local: &str) -> String {
        format!("{local}@{}", self.domain)
    }

    /// Whether the tenant names this group as one that gives licences.
    pub(super) fn gives_licences(&self, cn: &str) -> bool {
        self.tenant.license_groups.iter().any(|pattern| glob(pattern, cn))
    }

    pub(super) fn is_free(&self, space: char, name: &str) -> bool {
        !self.taken.iter().any(|taken| taken.has(&format!("{space}:{name}")))
    }

    /// Another address of the same person that nobody has: `jansen.jan` for `jan.jansen`.
    pub(super) fn spare_address(&self, local: &str) -> Option<String> {
        let (given, family) = local.split_once('.')?;
        let turned = self.at(&format!("{family}.{given}"));
        self.is_free('a', &turned).then_some(turned)
    }

    /// The address if it is free or the object's own.
    pub(super) fn if_free(&self, address: String, own: &str) -> Option<String> {
        (address.eq_ignore_ascii_case(own) || self.is_free('a', &address)).then_some(address)
    }
}

/// One condition of an outcome: which subject, which attribute, which sets of values.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) subject: usize,
    pub(super) attribute: &'static str,
    pub(super) any_of: Vec<Vec<String>>,
    pub(super) or_numbered: Option<String>,
}

/// One right outcome.
#[derive(Debug, Clone, Default)]
pub(super) struct Right {
    pub(super) wanted: Vec<Wanted>,
    /// Subjects that are deleted.
    pub(super) gone: Vec<usize>,
}

/// An object that a defect adds. Values as the ledger writes them: octets by [`octets::to_text`], links as
/// objectGUIDs.
#[derive(Debug, Clone)]
pub(super) struct Addition {
    /// `user`, `contact`, `group`, `foreignSecurityPrincipal`.
    pub(super) class: &'static str,
    /// The value of its relative distinguished name.
    pub(super) name: String,
    pub(super) below: Below,
    pub(super) attributes: Vec<(&'static str, Vec<String>)>,
}

/// Where an added object lies.
#[derive(Debug, Clone)]
pub(super) enum Below {
    /// In the same container as a subject.
    Beside(usize),
    /// In a container right below the domain's head, such as `ForeignSecurityPrincipals`.
    Container(&'static str),
}

/// A ledger row in the making. Subjects are numbered: those that the maker was given from 0, then those that it
/// adds.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// Subject, attribute, values afterwards: octets by [`octets::to_text`], links as objectGUIDs.
    pub(super) changes: Vec<(usize, &'static str, Vec<String>)>,
    pub(super) additions: Vec<Addition>,
    pub(super) outcomes: Vec<Right>,
    /// Attributes that a wrong repair is likely to touch, though nothing was changed there.
    pub(super) watched: Vec<(usize, &'static str)>,
    pub(super) owner: Option<usize>,
    /// Needs a decision, though the catalogue's row usually does not.
    pub(super) open: bool,
    /// A domain controller would refuse this one, though not every one of its kind.
    pub(super) refused: bool,
    pub(super) note: String,
}

impl Draft {
    /// One value of one object goes wrong; each of `accepted` is a right value.
    pub(super) fn value(attribute: &'static str, injected: String, accepted: Vec<String>) -> Draft {
        Draft::values(attribute, vec![injected], accepted.into_iter().map(|value| vec![value]).collect())
    }

    /// All values of one attribute of one object; each of `accepted` is a right set.
    pub(super) fn values(
        attribute: &'static str,
        injected: Vec<String>,
        accepted: Vec<Vec<String>>,
    ) -> Draft {
        Draft::default().change(0, attribute, injected).accept(0, attribute, accepted)
    }

    /// All values of one attribute that holds octets.
    pub(super) fn octets(attribute: &'static str, injected: &[Vec<u8>], accepted: &[Vec<Vec<u8>>]) -> Draft {
        let texts = |values: &Vec<Vec<u8>>| values.iter().map(|octets| octets::to_text(octets)).collect();
        Draft::values(attribute, texts(&injected.to_vec()), accepted.iter().map(texts).collect())
    }

    /// All targets of a link.
    pub(super) fn links(attribute: &'static str, injected: &[Guid], accepted: &[Vec<Guid>]) -> Draft {
        Draft::values(attribute, guid_texts(injected), accepted.iter().map(|set| guid_texts(set)).collect())
    }

    /// One more change.
    pub(super) fn change(mut self, subject: usize, attribute: &'static str, values: Vec<String>) -> Draft {
        self.changes.push((subject, attribute, values));
        self
    }

    /// One more right outcome.
    pub(super) fn accept(
        mut self,
        subject: usize,
        attribute: &'static str,
        any_of: Vec<Vec<String>>,
    ) -> Draft {
        let wanted = vec![Wanted { subject, attribute, any_of, or_numbered: None }];
        self.outcomes.push(Right { wanted, gone: Vec::new() });
        self
    }

    /// One more right outcome, of several conditions that must hold together.
    pub(super) fn accept_all(mut self, wanted: Vec<Wanted>) -> Draft {
        self.outcomes.push(Right { wanted, gone: Vec::new() });
        self
    }

    /// It is right to delete a subject, too.
    pub(super) fn accept_gone(mut self, subject: usize) -> Draft {
        self.outcomes.push(Right { wanted: Vec::new(), gone: vec![subject] });
        self
    }

    /// Adds an object: the number of the new subject comes after those that the maker was given (one or two).
    pub(super) fn add(mut self, addition: Addition) -> Draft {
        self.additions.push(addition);
        self
    }

    /// How a change or another addition names an added object in a link: by its number among the additions.
    pub(super) fn added(number: usize) -> String {
        format!("added:{number}")
    }

    pub(super) fn open(mut self) -> Draft {
        self.open = true;
        self
    }

    pub(super) fn refused(mut self) -> Draft {
        self.refused = true;
        self
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Draft {
        self.note = note.into();
        self
    }
}

/// Links as the ledger writes them.
pub(super) fn guid_texts(targets: &[Guid]) -> Vec<String> {
    targets.iter().map(Guid::to_string).collect()
}

/// Puts something inside a text: never at its ends.
pub(super) fn insert(text: &str, what: &str, draw: &mut Draw) -> String {
    let places: Vec<usize> = text.char_indices().skip(1).map(|(place, _)| place).collect();
    let mut out = text.to_owned();
    let place = if places.is_empty() { text.len() } else { *draw.pick(&places) };
    out.insert_str(place, what);
    out
}
