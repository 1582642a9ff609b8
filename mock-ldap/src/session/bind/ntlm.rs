//! NTLM: a challenge, a proof, and a layer over what follows. And the older dress of it (MS-ADTS 5.1.1.1.3).

use super::negotiation::{Dress, Negotiation};
use super::{BindAnswer, MAX_TOKEN};
use crate::reply::Outcome;
use crate::request::Sicily;
use crate::security::SecurityLayer;
use crate::security::ntlm::{Challenged, Claim, Refused, ServerNames, SessionKey};
use crate::session::Session;
use forestbed_sim::spec::ChannelBinding;

/// The protocols that the older bind can be made with.
const PACKAGES: &[u8] = b"NTLM";
/// Longest NetBIOS name of a computer.
const NETBIOS_NAME: usize = 15;

impl From<Refused> for Outcome {
    fn from(refused: Refused) -> Outcome {
        Outcome::of(match refused {
            Refused::Malformed => "token-malformed",
            Refused::Altered => "token-altered",
        })
    }
}

/// What an NTLM proof comes to.
pub(super) struct Proved {
    pub(super) outcome: Outcome,
    /// What signs with the key of the session; none for a client without a name.
    pub(super) layer: Option<SecurityLayer>,
    /// Whether the client wants it over its messages.
    pub(super) wants_layer: bool,
}

impl From<Outcome> for Proved {
    fn from(outcome: Outcome) -> Proved {
        Proved { outcome, layer: None, wants_layer: false }
    }
}

impl Session {
    pub(super) fn sicily_bind(&mut self, step: &Sicily<'_>, before: Option<Negotiation>) -> BindAnswer {
        let answer = match (step, before) {
            (Sicily::Discovery, _) => {
                BindAnswer { credentials: Some(PACKAGES.to_vec()), ..Outcome::success().into() }
            }
            (Sicily::Negotiate(token), _) => match self.challenge(token) {
                Ok(challenged) => {
                    let credentials = Some(challenged.token().to_vec());
                    let challenged = Box::new(challenged);
                    self.negotiation = Some(Negotiation::Challenged { challenged, dress: Dress::Sicily });
                    BindAnswer { credentials, ..Outcome::success().into() }
                }
                Err(refused) => Outcome::from(refused).into(),
            },
            (Sicily::Response(token), Some(Negotiation::Challenged { challenged, dress: Dress::Sicily })) => {
                let proved = self.prove(&challenged, token);
                self.keep_layer(proved.layer, proved.wants_layer);
                proved.outcome.into()
            }
            (Sicily::Response(_), _) => Outcome::from(Refused::Malformed).into(),
        };
        BindAnswer { sicily: true, ..answer }
    }

    /// Answers a NEGOTIATE message.
    pub(super) fn challenge(&mut self, token: &[u8]) -> Result<Challenged, Refused> {
        if token.len() > MAX_TOKEN {
            return Err(Refused::Malformed);
        }
        let challenge = self.world.nonce("ntlm-challenge").to_le_bytes();
        let directory = self.world.controller(self.controller);
        let info = directory.info();
        let computer: String = info.dc_name.chars().take(NETBIOS_NAME).collect::<String>().to_uppercase();
        let names = ServerNames {
            netbios_domain: &info.netbios,
            netbios_computer: &computer,
            dns_domain: &info.dns,
            dns_computer: &info.dc_dns_name,
            dns_forest: &info.root_dns,
        };
        Challenged::new(token, &names, challenge, self.world.clock.now())
    }

    /// Holds an AUTHENTICATE message against the account that it names, and binds that.
    pub(super) fn prove(&mut self, challenged: &Challenged, token: &[u8]) -> Proved {
        let claim = match challenged.claim(token) {
            Ok(claim) if token.len() <= MAX_TOKEN => claim,
            _ => return Outcome::from(Refused::Malformed).into(),
        };
        if claim.is_anonymous() {
            return Outcome::success().into();
        }
        if let Some(refused) = self.refuse_protection(&claim) {
            return refused.into();
        }
        let now = self.world.clock.now();
        let mut key = None;
        let proved = {
            let mut directory = self.world.controller_mut(self.controller);
            let account = directory.account_of(claim.domain(), claim.user());
            directory.log_on_from(account, claim.workstation(), now, |hash| {
                key = claim.prove(hash);
                key.is_some()
            })
        };
        if let Some(Err(altered)) = key.as_ref().map(|key| claim.check_integrity(key)) {
            return Outcome::from(altered).into();
        }
        let outcome = self.settle(proved);
        let layer = if outcome.code == 0 { key.as_ref().map(SessionKey::layer) } else { None };
        Proved { outcome, layer, wants_layer: claim.asks_for_layer() }
    }

    /// Why a claim is refused whoever makes it: what it asks of the connection, or does not.
    fn refuse_protection(&self, claim: &Claim<'_>) -> Option<Outcome> {
        let required = self.world.spec.ldap;
        match (self.is_tls(), claim.asks_for_layer()) {
            // MS-ADTS 5.1.1.1.2: inside TLS there is no other layer
            (true, true) => return Some(Outcome::of("layer-over-tls")),
            (false, false) if required.signing_required && !self.is_protected() => {
                return Some(Outcome::of("signing-required"));
            }
            _ => {}
        }
        let expected = self.channel_binding.as_ref()?;
        // a digest of zeros says that the client knows none
        let token = claim.channel_binding().filter(|token| token.iter().any(|octet| *octet != 0));
        let fits = match (required.channel_binding, token) {
            (ChannelBinding::Never, _) | (ChannelBinding::WhenSupported, None) => true,
            (ChannelBinding::Always, None) => false,
            (_, Some(token)) => token == expected,
        };
        (!fits).then(|| Outcome::of("channel-binding"))
    }

    /// Keeps a layer until the shell takes it, when the client wants one.
    pub(super) fn keep_layer(&mut self, layer: Option<SecurityLayer>, wanted: bool) {
        self.agreed_layer = layer.filter(|_| wanted);
    }
}
