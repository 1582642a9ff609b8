//! SASL: GSS-SPNEGO with NTLM inside, and EXTERNAL.

use super::negotiation::{Dress, Negotiation};
use super::ntlm::Proved;
use super::{BindAnswer, MAX_TOKEN};
use crate::reply::Outcome;
use crate::security::ntlm::{Challenged, Refused, SIGNATURE};
use crate::security::spnego::{self, State};
use crate::session::Session;
use crate::session::record::Record;

/// A bind that goes on with the client's next step (RFC 4511 4.2.2).
const IN_PROGRESS: u32 = 14;
/// What is served, as `supportedSASLMechanisms` lists it.
const SPNEGO: &str = "GSS-SPNEGO";
const EXTERNAL: &str = "EXTERNAL";

impl Session {
    pub(super) fn sasl_bind(
        &mut self,
        record: &mut Record,
        mechanism: &str,
        credentials: Option<&[u8]>,
        before: Option<Negotiation>,
    ) -> BindAnswer {
        match mechanism {
            SPNEGO => match credentials {
                Some(token) if token.len() <= MAX_TOKEN => {
                    self.negotiate(token, before).unwrap_or_else(|refused| Outcome::from(refused).into())
                }
                _ => Outcome::from(Refused::Malformed).into(),
            },
            EXTERNAL => self.external_bind(credentials.unwrap_or_default()).into(),
            _ => {
                record.unknown([mechanism]);
                Outcome::of("authentication-method").into()
            }
        }
    }

    /// One step of the negotiation.
    fn negotiate(&mut self, token: &[u8], before: Option<Negotiation>) -> Result<BindAnswer, Refused> {
        match before {
            Some(Negotiation::Chosen(list)) => {
                let inner = spnego::read_response(token).ok().and_then(|response| response.token);
                let challenged = self.challenge(inner.ok_or(Refused::Malformed)?)?;
                Ok(self.hand_out(challenged, Dress::Spnego { list, must_sign: true }))
            }
            Some(Negotiation::Challenged { challenged, dress }) if dress != Dress::Sicily => {
                self.finish_negotiation(&challenged, &dress, token)
            }
            _ if token.starts_with(SIGNATURE) => {
                let challenged = self.challenge(token)?;
                Ok(self.hand_out(challenged, Dress::Bare))
            }
            _ => self.begin_negotiation(token),
        }
    }

    fn begin_negotiation(&mut self, token: &[u8]) -> Result<BindAnswer, Refused> {
        let initial = spnego::read_initial(token).map_err(|_| Refused::Malformed)?;
        if !initial.has_ntlm {
            let rejected = spnego::write_response(State::Rejected, false, None, None);
            return Ok(BindAnswer { credentials: Some(rejected), ..Outcome::of("mechanism-unknown").into() });
        }
        let list = initial.list.to_vec();
        match initial.token {
            Some(token) if initial.prefers_ntlm => {
                let challenged = self.challenge(token)?;
                Ok(self.hand_out(challenged, Dress::Spnego { list, must_sign: false }))
            }
            _ => {
                self.negotiation = Some(Negotiation::Chosen(list));
                let state = if initial.prefers_ntlm { State::Incomplete } else { State::RequestSignature };
                let credentials = Some(spnego::write_response(state, true, None, None));
                Ok(BindAnswer { credentials, ..Outcome::code(IN_PROGRESS).into() })
            }
        }
    }

    /// Answers with a challenge, in the dress that the client came in.
    fn hand_out(&mut self, challenged: Challenged, dress: Dress) -> BindAnswer {
        let token = challenged.token();
        let credentials = match dress {
            Dress::Spnego { .. } => spnego::write_response(State::Incomplete, true, Some(token), None),
            Dress::Bare | Dress::Sicily => token.to_vec(),
        };
        self.negotiation = Some(Negotiation::Challenged { challenged: Box::new(challenged), dress });
        BindAnswer { credentials: Some(credentials), ..Outcome::code(IN_PROGRESS).into() }
    }

    fn finish_negotiation(
        &mut self,
        challenged: &Challenged,
        dress: &Dress,
        token: &[u8],
    ) -> Result<BindAnswer, Refused> {
        let Dress::Spnego { list, must_sign } = dress else {
            let proved = self.prove(challenged, token);
            self.keep_layer(proved.layer, proved.wants_layer);
            return Ok(proved.outcome.into());
        };
        let response = spnego::read_response(token).map_err(|_| Refused::Malformed)?;
        let proved = self.prove(challenged, response.token.ok_or(Refused::Malformed)?);
        if proved.outcome.code != 0 {
            return Ok(proved.outcome.into());
        }
        let Proved { outcome, mut layer, wants_layer } = proved;
        let mut signature = None;
        if let (Some(layer), Some(theirs)) = (&mut layer, response.signature) {
            if !layer.client_signed_list(list, theirs) {
                self.bound = None;
                return Err(Refused::Altered);
            }
            signature = Some(layer.sign_list(list));
        } else if *must_sign {
            self.bound = None;
            return Err(Refused::Altered);
        }
        let signature = signature.as_ref().map(|signature| &signature[..]);
        let credentials = Some(spnego::write_response(State::Completed, false, None, signature));
        self.keep_layer(layer, wants_layer);
        Ok(BindAnswer { credentials, ..outcome.into() })
    }
}
