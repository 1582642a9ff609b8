//! From the client's first message to its proof.

use super::keys::{self, Key};
use super::layer::SecurityLayer;
use super::message::{self, Authenticate, BadMessage, Challenge, av, flag};
use forestbed_sim::clock::SimTime;
use forestbed_sim::directory::NtHash;

/// What is agreed to when the client offers it.
const OFFERED: u32 = flag::UNICODE
    | flag::OEM
    | flag::REQUEST_TARGET
    | flag::SIGN
    | flag::SEAL
    | flag::NTLM
    | flag::ALWAYS_SIGN
    | flag::EXTENDED_SESSION_SECURITY
    | flag::VERSION
    | flag::KEY_128
    | flag::KEY_EXCHANGE
    | flag::KEY_56;
/// The shortest response of version 2: the proof, the fixed part and the end of the list of attributes.
/// A response of version 1 has 24 octets.
const SHORTEST_RESPONSE: usize = 48;
/// `MsvAvFlags`: the message has an integrity code.
const HAS_INTEGRITY_CODE: u32 = 2;

/// Who answers: what a CHALLENGE tells about the domain controller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerNames<'a> {
    pub(crate) netbios_domain: &'a str,
    pub(crate) netbios_computer: &'a str,
    pub(crate) dns_domain: &'a str,
    pub(crate) dns_computer: &'a str,
    pub(crate) dns_forest: &'a str,
}

/// Why a token gets nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is no message, or not the one that is due.
    Malformed,
    /// Its integrity code does not fit.
    Altered,
}

impl From<BadMessage> for Refused {
    fn from(_: BadMessage) -> Refused {
        Refused::Malformed
    }
}

/// A client that has been given a challenge.
#[derive(Debug)]
pub(crate) struct Challenged {
    negotiate: Vec<u8>,
    sent: Vec<u8>,
    flags: u32,
    challenge: [u8; 8],
}

impl Challenged {
    /// Takes a NEGOTIATE message; its answer is [`Challenged::token`].
    pub(crate) fn new(
        negotiate: &[u8],
        server: &ServerNames<'_>,
        challenge: [u8; 8],
        now: SimTime,
    ) -> Result<Challenged, Refused> {
        let mut flags = message::read_negotiate(negotiate)? & OFFERED;
        if flags & flag::UNICODE != 0 {
            flags &= !flag::OEM;
        } else if flags & flag::OEM == 0 {
            return Err(Refused::Malformed);
        }
        if flags & flag::EXTENDED_SESSION_SECURITY == 0 {
            // what older clients sign and seal with is not served
            flags &= !(flag::SIGN | flag::SEAL);
        }
        flags |= flag::NTLM | flag::TARGET_INFO;
        if flags & flag::REQUEST_TARGET != 0 {
            flags |= flag::TARGET_TYPE_DOMAIN;
        }
        let names = [
            (av::NETBIOS_DOMAIN, server.netbios_domain),
            (av::NETBIOS_COMPUTER, server.netbios_computer),
            (av::DNS_DOMAIN, server.dns_domain),
            (av::DNS_COMPUTER, server.dns_computer),
            (av::DNS_FOREST, server.dns_forest),
        ];
        let target = server.netbios_domain;
        let sent = Challenge { flags, challenge, target, names: &names, now }.write();
        Ok(Challenged { negotiate: negotiate.to_vec(), sent, flags, challenge })
    }

    /// The CHALLENGE message.
    pub(crate) fn token(&self) -> &[u8] {
        &self.sent
    }

    /// Takes an AUTHENTICATE message: who the client claims to be. Nothing is proved yet.
    pub(crate) fn claim<'a>(&'a self, authenticate: &'a [u8]) -> Result<Claim<'a>, Refused> {
        let read = Authenticate::read(authenticate, self.flags)?;
        Ok(Claim { challenged: self, message: authenticate, read })
    }
}

/// What a client claims, with its proof.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    challenged: &'a Challenged,
    message: &'a [u8],
    read: Authenticate<'a>,
}

impl Claim<'_> {
    pub(crate) fn user(&self) -> &str {
        &self.read.user
    }

    pub(crate) fn domain(&self) -> &str {
        &self.read.domain
    }

    /// The client's computer, as it says.
    pub(crate) fn workstation(&self) -> &str {
        &self.read.workstation
    }

    /// The client names nobody.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.read.user.is_empty() && self.read.nt_response.is_empty() && self.read.lm_response.len() <= 1
    }

    /// The digest of the TLS channel that the client saw (MS-NLMP 2.2.2.1, MsvAvChannelBindings). It is
    /// covered by the proof.
    pub(crate) fn channel_binding(&self) -> Option<&[u8]> {
        message::client_attribute(self.read.nt_response, av::CHANNEL_BINDINGS)
    }

    /// The key that both sides share, when the response is one of version 2 and proves this hash.
    pub(crate) fn prove(&self, hash: &NtHash) -> Option<SessionKey> {
        let (read, response) = (&self.read, self.read.nt_response);
        if response.len() < SHORTEST_RESPONSE {
            return None;
        }
        let (proof, client) = response.split_at(16);
        let key = keys::response_key(hash, &read.user, &read.domain);
        if keys::hmac_md5(&key, &[&self.challenged.challenge, client]) != proof {
            return None;
        }
        let flags = self.flags();
        let exported = keys::exported(&keys::hmac_md5(&key, &[proof]), read.session_key, flags)?;
        Some(SessionKey { exported, flags })
    }

    /// Checks the integrity code over all three messages, when the client says that there is one.
    pub(crate) fn check_integrity(&self, key: &SessionKey) -> Result<(), Refused> {
        let flags = message::client_attribute(self.read.nt_response, av::FLAGS);
        let flags = flags.and_then(|flags| flags.try_into().ok()).map_or(0, u32::from_le_bytes);
        if flags & HAS_INTEGRITY_CODE == 0 {
            return Ok(());
        }
        let (code, blank) = message::integrity_code(self.message)?;
        let parts = [&self.challenged.negotiate[..], &self.challenged.sent, &blank];
        if keys::hmac_md5(&key.exported, &parts) == code { Ok(()) } else { Err(Refused::Altered) }
    }

    /// The client wants its messages signed or sealed from now on.
    pub(crate) fn asks_for_layer(&self) -> bool {
        self.flags() & (flag::SIGN | flag::SEAL) != 0
    }

    /// What both sides agreed to.
    fn flags(&self) -> u32 {
        self.read.flags & self.challenged.flags
    }
}

/// The key of a session, proved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionKey {
    exported: Key,
    flags: u32,
}

impl SessionKey {
    /// What signs and seals with it.
    pub(crate) fn layer(&self) -> SecurityLayer {
        SecurityLayer::new(&self.exported, self.flags)
    }
}
