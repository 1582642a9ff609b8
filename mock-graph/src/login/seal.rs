//! What clients carry back unread: refresh tokens and authorization codes, sealed with a key of the estate.
//!
//! They are not kept: a sealed one says by itself what was granted. They live on virtual time.

use crate::jwt::{base64url, from_base64url};
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::seed::Seed;
use ring::hmac;
use serde::{Deserialize, Serialize};

/// The longest one that is looked at.
const MAX_BYTES: usize = 8 * 1024;
/// Bytes of the seal before what it seals.
const TAG_BYTES: usize = 32;
/// As Microsoft's begin.
const PREFIX: &str = "1.";

/// What a ticket is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Use {
    /// A refresh token.
    #[serde(rename = "r")]
    Refresh,
    /// An authorization code.
    #[serde(rename = "c")]
    Code,
}

/// What was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    /// What it is good for.
    pub(crate) purpose: Use,
    /// The client that got it.
    pub(crate) client: String,
    /// The user who signed in.
    pub(crate) user: String,
    /// The user's session in which it was given.
    pub(crate) session: u32,
    /// When it was given, in virtual milliseconds.
    pub(crate) issued: i64,
    /// What the client asked for, as it wrote it.
    pub(crate) scope: String,
    /// How the user signed in: `pwd`, `mfa`.
    pub(crate) methods: Vec<String>,
    /// A number of its own: a code is good once.
    pub(crate) serial: u64,
    /// The `nonce` of the request that led to a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    /// Where a code was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redirect_uri: Option<String>,
    /// The code challenge, and whether it is S256 (otherwise plain).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) challenge: Option<(String, bool)>,
}

impl Ticket {
    /// When it was given.
    pub(crate) fn issued(&self) -> SimTime {
        SimTime::from_millis(self.issued)
    }

    /// The user who signed in.
    pub(crate) fn user(&self) -> Option<Guid> {
        Guid::parse(&self.user)
    }
}

/// The key that seals. It comes from the seed, so that an estate that is grown again takes back what it gave.
pub(crate) struct Seal(hmac::Key);

impl Seal {
    /// The key of an estate.
    pub(crate) fn new(seed: Seed) -> Seal {
        let words = (0..4).flat_map(|nth| seed.hash("ticket seal", "", nth).to_be_bytes());
        Seal(hmac::Key::new(hmac::HMAC_SHA256, &words.collect::<Vec<u8>>()))
    }

    /// Bytes that nobody guesses who does not know the seed.
    pub(crate) fn draw(&self, purpose: &str, serial: u64) -> Vec<u8> {
        hmac::sign(&self.0, format!("{purpose} {serial}").as_bytes()).as_ref().to_vec()
    }

    /// The text of a ticket.
    pub(crate) fn seal(&self, ticket: &Ticket) -> String {
        let body = serde_json::to_vec(ticket).unwrap_or_default();
        let mut bytes = hmac::sign(&self.0, &body).as_ref().to_vec();
        bytes.extend_from_slice(&body);
        format!("{PREFIX}{}", base64url(&bytes))
    }

    /// What a text says; none when it was not sealed here for this use.
    pub(crate) fn open(&self, purpose: Use, text: &str) -> Option<Ticket> {
        let bytes = from_base64url(text.strip_prefix(PREFIX).filter(|text| text.len() <= MAX_BYTES)?)?;
        let (tag, body) = bytes.split_at_checked(TAG_BYTES)?;
        hmac::verify(&self.0, body, tag).ok()?;
        serde_json::from_slice::<Ticket>(body).ok().filter(|ticket| ticket.purpose == purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ticket(purpose: Use, scope: &str, serial: u64) -> Ticket {
        Ticket {
            purpose,
            client: "c".to_owned(),
            user: "u".to_owned(),
            session: 3,
            issued: 1,
            scope: scope.to_owned(),
            methods: vec!["pwd".to_owned()],
            serial,
            nonce: None,
            redirect_uri: Some("http://localhost".to_owned()),
            challenge: Some(("x".to_owned(), true)),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_ticket_comes_back_only_unchanged_from_its_estate_and_for_its_use(
            scope in ".{0,64}", serial in any::<u64>(), at in any::<prop::sample::Index>(), with in any::<u8>(),
        ) {
            let seal = Seal::new(Seed::new(42));
            let given = ticket(Use::Refresh, &scope, serial);
            let text = seal.seal(&given);
            prop_assert_eq!(seal.open(Use::Refresh, &text), Some(given));
            prop_assert_eq!(seal.open(Use::Code, &text), None);
            prop_assert_eq!(Seal::new(Seed::new(43)).open(Use::Refresh, &text), None);
            let mut changed = text.clone().into_bytes();
            let place = at.index(changed.len());
            changed[place] = with & 0x7f;
            let changed = String::from_utf8(changed).unwrap();
            if changed != text {
                prop_assert_eq!(seal.open(Use::Refresh, &changed), None);
            }
        }

        #[test]
        fn arbitrary_text_is_no_ticket(text in "(1\\.)?[A-Za-z0-9_-]{0,512}|.{0,64}") {
            let seal = Seal::new(Seed::new(42));
            prop_assert_eq!(seal.open(Use::Refresh, &text), None);
            prop_assert_eq!(seal.open(Use::Code, &text), None);
        }
    }
}
