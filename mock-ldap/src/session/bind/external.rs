//! Client certificates (MS-ADTS 5.1.1.2): over LDAPS they bind at once, after StartTLS with SASL EXTERNAL.

use crate::reply::Outcome;
use crate::security::certificate::Certificate;
use crate::session::Session;
use crate::session::record::Record;
use forestbed_sim::directory::{BindError, Principal};

/// The form of an authorization identity that is understood (RFC 2829 9).
const BY_NAME: &str = "dn:";

impl Session {
    /// The client has given a certificate that TLS trusts, in DER. When TLS began with the connection, it is
    /// bound as whom the certificate names; else it waits for a bind with EXTERNAL.
    pub fn set_client_certificate(&mut self, der: &[u8]) {
        let certificate = Certificate::read(der).unwrap_or_default();
        if self.tls_from_the_start {
            let record = Record::new(self, "bind", "client certificate", false);
            let proved = self.certified(&certificate);
            let outcome = self.settle(proved);
            record.finish(outcome.code, 0);
        }
        self.certificate = Some(certificate);
    }

    pub(super) fn external_bind(&mut self, authorization: &[u8]) -> Outcome {
        let Some(certificate) = self.certificate.take() else {
            return Outcome::of("external-no-certificate");
        };
        let outcome = if self.tls_from_the_start {
            Outcome::of("external-not-allowed")
        } else {
            let proved = self.certified(&certificate);
            match &proved {
                Ok(principal) if !self.may_act_as(principal, authorization) => {
                    Outcome::of("external-no-certificate")
                }
                _ => self.settle(proved),
            }
        };
        self.certificate = Some(certificate);
        outcome
    }

    fn certified(&self, certificate: &Certificate) -> Result<Principal, BindError> {
        let now = self.world.clock.now();
        let mut directory = self.world.controller_mut(self.controller);
        let account =
            directory.account_of_certificate(certificate.principal.as_deref(), &certificate.identities);
        directory.log_on_by_certificate(account, now)
    }

    /// MS-ADTS 5.1.1.1.2: an authorization identity is a name, and that of the account itself.
    fn may_act_as(&self, principal: &Principal, authorization: &[u8]) -> bool {
        if authorization.is_empty() {
            return true;
        }
        let name = std::str::from_utf8(authorization).ok().and_then(|text| text.strip_prefix(BY_NAME));
        let directory = self.world.controller(self.controller);
        name.is_some_and(|name| directory.resolve(name).is_ok_and(|id| id == principal.id))
    }
}
