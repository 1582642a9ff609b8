//! Page tokens: opaque to clients, bound to the query, worthless after a reset.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::seed::Seed;
use std::time::Duration;

/// What real tokens begin with (microsoft-graph.md section 3, nextLink form: "RFNwdA...").
const MAGIC: &[u8; 4] = b"DSpt";

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    /// At this place in the order of creation.
    At(u64),
    /// After this id, in a collection that is sorted by id.
    After(Guid),
    /// After this sort key and id.
    Sorted(String, Guid),
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// It was not made for this query, or not here.
    Invalid,
    /// The world was reset since, or too much time has gone by.
    Expired,
}

/// Makes and reads tokens for one query.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    /// The seed of the world: what guards tokens against invention.
    pub(crate) seed: Seed,
    /// The generation of the world.
    pub(crate) generation: u64,
    /// Path and options that decide which objects there are, and in which order.
    pub(crate) query: String,
    /// The instant: what tokens are stamped with, and held against.
    pub(crate) now: SimTime,
    /// How long a token is taken.
    pub(crate) lifetime: Duration,
}

impl Tokens {
    /// The token of a position.
    pub(crate) fn write(&self, position: &Position) -> String {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&self.now.millis().to_be_bytes());
        match position {
            Position::At(place) => {
                bytes.push(0);
                bytes.extend_from_slice(&place.to_be_bytes());
            }
            Position::After(id) => {
                bytes.push(1);
                bytes.extend_from_slice(&id.to_bytes());
            }
            Position::Sorted(key, id) => {
                bytes.push(2);
                bytes.extend_from_slice(&id.to_bytes());
                bytes.extend_from_slice(key.as_bytes());
            }
        }
        let seal = self.seal(&bytes);
        bytes.extend_from_slice(&seal);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position of a token.
    pub(crate) fn read(&self, token: &str) -> Result<Position, TokenError> {
        let bytes = URL_SAFE_NO_PAD.decode(token.trim_end_matches('=')).map_err(|_| TokenError::Invalid)?;
        let (body, seal) = bytes.split_last_chunk::<8>().ok_or(TokenError::Invalid)?;
        if self.seal(body) != *seal || !body.starts_with(MAGIC) {
            return Err(TokenError::Invalid);
        }
        let (generation, rest) = body[4..].split_first_chunk::<8>().ok_or(TokenError::Invalid)?;
        if u64::from_be_bytes(*generation) != self.generation {
            return Err(TokenError::Expired);
        }
        let (stamp, rest) = rest.split_first_chunk::<8>().ok_or(TokenError::Invalid)?;
        if self.now.since(SimTime::from_millis(i64::from_be_bytes(*stamp))) > self.lifetime {
            return Err(TokenError::Expired);
        }
        let (tag, rest) = rest.split_first().ok_or(TokenError::Invalid)?;
        let guid = |bytes: &[u8]| bytes.first_chunk::<16>().copied().map(Guid::from_bytes);
        let position = match tag {
            0 => rest.first_chunk::<8>().map(|place| Position::At(u64::from_be_bytes(*place))),
            1 => guid(rest).map(Position::After),
            2 => guid(rest)
                .and_then(|id| Some(Position::Sorted(String::from_utf8(rest.get(16..)?.to_vec()).ok()?, id))),
            _ => None,
        };
        position.ok_or(TokenError::Invalid)
    }

    fn seal(&self, bytes: &[u8]) -> [u8; 8] {
        let text = format!("{}\n{}", self.query, URL_SAFE_NO_PAD.encode(bytes));
        self.seed.hash("skiptoken", &text, 0).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forestbed_sim::clock::DEFAULT_START;
    use proptest::prelude::*;

    fn tokens(generation: u64, query: &str) -> Tokens {
        let lifetime = Duration::from_secs(600);
        Tokens { seed: Seed::default(), generation, query: query.to_owned(), now: DEFAULT_START, lifetime }
    }

    #[test]
    fn a_token_holds_for_its_query_and_generation_only() {
        for position in [
            Position::At(42),
            Position::After(Guid::NIL),
            Position::Sorted("søren".to_owned(), Guid::from_bytes([7; 16])),
        ] {
            let token = tokens(1, "users").write(&position);
            // microsoft-graph.md section 3: newer tokens look like RFNwdAIAAQAAAB...
            assert!(token.starts_with("RFNwd"), "{token}");
            assert_eq!(tokens(1, "users").read(&token), Ok(position));
            assert_eq!(tokens(2, "users").read(&token), Err(TokenError::Expired));
            assert_eq!(tokens(1, "groups").read(&token), Err(TokenError::Invalid));
            assert_eq!(tokens(1, "users").read(&token[..token.len() - 2]), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn a_token_dies_of_age() {
        let young = tokens(1, "users");
        let token = young.write(&Position::At(42));
        for (seconds, expected) in [(600, Ok(Position::At(42))), (601, Err(TokenError::Expired))] {
            let old = Tokens { now: young.now.plus(Duration::from_secs(seconds)), ..young.clone() };
            assert_eq!(old.read(&token), expected, "{seconds}");
        }
    }

    proptest! {
        #[test]
        fn no_invented_token_is_accepted(token in "[A-Za-z0-9_=-]{0,80}") {
            prop_assert_eq!(tokens(0, "users").read(&token), Err(TokenError::Invalid));
        }
    }
}
