//! What domain controllers ask of connections.

use forestbed_sim::spec::{ChannelBinding, LdapSecurity};
use schemars::JsonSchema;
use serde::Deserialize;

/// What domain controllers ask of connections before they let an account log on. What is left out asks nothing.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LdapSection {
    /// LDAP server signing requirements (none unless said).
    pub signing: Option<Signing>,
    /// LDAP server channel binding token requirements (never unless said).
    pub channel_binding: Option<Binding>,
}

/// Whether binds must be signed or protected by TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Signing {
    /// They need not be.
    None,
    /// They must be; others get strongerAuthRequired.
    Required,
}

/// Whether NTLM inside TLS must be bound to its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// Tokens are not looked at.
    Never,
    /// A token must fit; none is fine.
    WhenSupported,
    /// There must be a token, and it must fit.
    Always,
}

impl LdapSection {
    pub(super) fn spec(&self) -> LdapSecurity {
        LdapSecurity {
            signing_required: self.signing == Some(Signing::Required),
            channel_binding: match self.channel_binding {
                None | Some(Binding::Never) => ChannelBinding::Never,
                Some(Binding::WhenSupported) => ChannelBinding::WhenSupported,
                Some(Binding::Always) => ChannelBinding::Always,
            },
        }
    }
}
