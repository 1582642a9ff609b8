//! Skip and delta tokens: opaque to clients, bound to what they asked, sealed against invention.

use super::filter::Only;
use super::plan::Plan;
use crate::odata::Entity;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::seed::Seed;

/// The form of these octets.
const FORMAT: u8 = 1;
/// Stands for "no list" where a length is expected.
const NONE: u16 = u16::MAX;

/// Whether a token leads to the next page or to the next round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Page,
    Delta,
}

impl Purpose {
    /// The query option, spelled as real links spell it.
    pub(super) fn option(self) -> &'static str {
        match self {
            Purpose::Page => "$skiptoken",
            Purpose::Delta => "$deltatoken",
        }
    }
}

/// Where a walk goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the first round, which tells everything; what changes meanwhile is told after `since`.
    First {
        /// The number of the last change when the round began.
        since: u64,
        /// Which of the kinds is next, counted from 0.
        kind: u8,
        /// The place in the order of creation, or in the list of ids.
        at: u64,
        /// The member of the object at that place that was told last.
        after: Option<Guid>,
    },
    /// In the change log, after this number.
    Changes {
        /// The number.
        since: u64,
    },
}

impl Place {
    /// The number of the change after which everything is still to be told.
    pub(super) fn since(self) -> u64 {
        match self {
            Place::First { since, .. } | Place::Changes { since } => since,
        }
    }
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// The generation of the world.
    pub(super) generation: u64,
    /// When it was given.
    pub(super) issued: SimTime,
    pub(super) place: Place,
    pub(super) plan: Plan,
}

/// Seals and opens tokens of one set of objects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seal {
    /// The seed of the world: what guards tokens against invention.
    pub(super) seed: Seed,
    /// The set that the path names.
    pub(super) set: &'static str,
}

impl Seal {
    pub(super) fn close(&self, purpose: Purpose, token: &Token) -> String {
        let mut out = vec![FORMAT];
        out.extend_from_slice(&token.generation.to_be_bytes());
        out.extend_from_slice(&token.issued.millis().to_be_bytes());
        let size = token.plan.size.and_then(|size| u16::try_from(size).ok()).unwrap_or(0);
        out.extend_from_slice(&size.to_be_bytes());
        write_list(&mut out, token.plan.select.as_deref());
        write_list(&mut out, Some(&token.plan.only.types));
        out.push(u8::try_from(token.plan.only.ids.len()).unwrap_or(u8::MAX));
        token.plan.only.ids.iter().for_each(|id| out.extend_from_slice(&id.to_bytes()));
        match token.place {
            Place::Changes { since } => {
                out.push(0);
                out.extend_from_slice(&since.to_be_bytes());
            }
            Place::First { since, kind, at, after } => {
                out.push(if after.is_some() { 2 } else { 1 });
                out.extend_from_slice(&since.to_be_bytes());
                out.push(kind);
                out.extend_from_slice(&at.to_be_bytes());
                after.iter().for_each(|id| out.extend_from_slice(&id.to_bytes()));
            }
        }
        let seal = self.seal(purpose, &out);
        out.extend_from_slice(&seal);
        URL_SAFE_NO_PAD.encode(out)
    }

    /// What a token says; none when it was not made here for this set and purpose.
    pub(super) fn open(&self, purpose: Purpose, text: &str) -> Option<Token> {
        let octets = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
        let (body, seal) = octets.split_last_chunk::<8>()?;
        if self.seal(purpose, body) != *seal {
            return None;
        }
        let mut rest = Reader(body);
        if rest.byte()? != FORMAT {
            return None;
        }
        let generation = rest.number()?;
        let issued = SimTime::from_millis(i64::from_be_bytes(rest.chunk()?));
        let size = match u16::from_be_bytes(rest.chunk()?) {
            0 => None,
            size => Some(usize::from(size)),
        };
        let select = rest.list()?;
        let types = rest.list()?.unwrap_or_default();
        let types = types.iter().map(|ty| Some(Entity::named(ty)?.type_name())).collect::<Option<_>>()?;
        let count = rest.byte()?;
        let ids = (0..count).map(|_| rest.guid()).collect::<Option<_>>()?;
        let plan = Plan { select, only: Only { ids, types }, size };
        let place = rest.place()?;
        rest.0.is_empty().then_some(Token { generation, issued, place, plan })
    }

    fn seal(&self, purpose: Purpose, octets: &[u8]) -> [u8; 8] {
        let text = format!("{}\n{}\n{}", purpose.option(), self.set, URL_SAFE_NO_PAD.encode(octets));
        self.seed.hash("deltatoken", &text, 0).to_be_bytes()
    }
}

fn write_list(out: &mut Vec<u8>, list: Option<&[impl AsRef<str>]>) {
    let joined = list.map(|list| list.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(","));
    let length = joined.as_ref().map_or(NONE, |text| u16::try_from(text.len()).unwrap_or(NONE));
    out.extend_from_slice(&length.to_be_bytes());
    if let Some(text) = joined.filter(|_| length != NONE) {
        out.extend_from_slice(text.as_bytes());
    }
}

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.chunk::<1>().map(|[byte]| byte)
    }

    fn number(&mut self) -> Option<u64> {
        self.chunk().map(u64::from_be_bytes)
    }

    fn guid(&mut self) -> Option<Guid> {
        self.chunk().map(Guid::from_bytes)
    }

    fn list(&mut self) -> Option<Option<Vec<String>>> {
        let length = u16::from_be_bytes(self.chunk()?);
        if length == NONE {
            return Some(None);
        }
        let (head, rest) = self.0.split_at_checked(usize::from(length))?;
        self.0 = rest;
        let names = std::str::from_utf8(head).ok()?.split(',').filter(|name| !name.is_empty());
        Some(Some(names.map(str::to_owned).collect()))
    }

    fn place(&mut self) -> Option<Place> {
        match self.byte()? {
            0 => Some(Place::Changes { since: self.number()? }),
            tag @ (1 | 2) => {
                let (since, kind, at) = (self.number()?, self.byte()?, self.number()?);
                let after = if tag == 2 { Some(self.guid()?) } else { None };
                Some(Place::First { since, kind, at, after })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seal(set: &'static str) -> Seal {
        Seal { seed: Seed::default(), set }
    }

    fn token(place: Place, select: Option<&[&str]>, ids: u8) -> Token {
        let select = select.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let ids = (0..ids).map(|nth| Guid::from_bytes([nth; 16])).collect();
        let only = Only { ids, types: vec!["group", "user"] };
        let plan = Plan { select, only, size: Some(5) };
        Token { generation: 3, issued: SimTime::from_millis(1_767_600_000_000), place, plan }
    }

    #[test]
    fn a_token_says_what_was_put_in_for_its_set_and_purpose_only() {
        let first = |after| Place::First { since: 7, kind: 2, at: 40, after };
        for token in [
            token(Place::Changes { since: u64::MAX }, None, 0),
            token(first(None), Some(&["displayName", "members"]), 1),
            token(first(Some(Guid::from_bytes([9; 16]))), Some(&[]), 50),
        ] {
            let text = seal("users").close(Purpose::Delta, &token);
            assert_eq!(seal("users").open(Purpose::Delta, &text), Some(token.clone()));
            assert_eq!(seal("users").open(Purpose::Page, &text), None);
            assert_eq!(seal("groups").open(Purpose::Delta, &text), None);
            let other = Seal { seed: Seed::new(7), set: "users" };
            assert_eq!(other.open(Purpose::Delta, &text), None);
            assert_eq!(seal("users").open(Purpose::Delta, &text[1..]), None);
        }
    }

    proptest! {
        #[test]
        fn any_octets_under_a_good_seal_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let seal = seal("users");
            let mut sealed = octets.clone();
            sealed.extend_from_slice(&seal.seal(Purpose::Page, &octets));
            let read = seal.open(Purpose::Page, &URL_SAFE_NO_PAD.encode(sealed));
            if let Some(token) = read {
                prop_assert_eq!(octets[0], FORMAT);
                prop_assert!(seal.open(Purpose::Page, &seal.close(Purpose::Page, &token)).is_some());
            }
        }
    }
}
