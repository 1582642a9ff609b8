//! Active Directory on the wire: a domain controller of a forestbed world, as LDAP clients meet it.
//!
//! [`LdapServer`] listens on a plain port (LDAP with StartTLS) and on a TLS port (LDAPS). Behind it,
//! [`Session`] is the whole protocol without a socket: messages in, a [`Reply`] out, for tests in process and
//! for benchmarks. Where the behaviour of Active Directory and of Samba differ, this is Active Directory.
//!
//! What it is not: the directory itself. Objects, schema, filters and the rules of updates live in
//! [`forestbed_sim::directory`]; here lives what is on the wire: BER, message framing, controls, the root DSE,
//! paging, ranges, result codes and texts.

mod ber;
mod data;
mod lldap;
mod reply;
mod request;
mod security;
mod session;
mod shell;

pub use forestbed_sim::directory::Port;
pub use lldap::Login as LldapLogin;
pub use security::SecurityLayer;
pub use session::{Cursor, Effect, Reply, Session};
pub use shell::{LdapOptions, LdapServer};
