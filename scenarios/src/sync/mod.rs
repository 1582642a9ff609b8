//! The shell of the reference sync engine: what `forestbed-sync` asks of a world, answered by real clients.
//!
//! Forests are read over LDAP (DirSync, or USN where that is refused) and written there; the tenant is read and
//! written through the provisioning service as Entra Connect speaks to it, by its host names through the estate's
//! proxy. The engine is synchronous: it runs on a thread of its own and waits there for the clients.

mod bridge;
mod cloud;
mod cycle;
mod forest;
mod kinds;
mod preview;
mod setup;
mod tool;
mod wanted;

pub use forestbed_sync::{Config, Mistake};
pub use setup::{SyncFile, SyncSetup, read_config};
pub use tool::{ReferenceSync, SyncOptions};

/// Whether a name is that of a naming context, or lies in it.
fn lies_in(dn: &str, context: &str) -> bool {
    let (dn, context) = (dn.to_lowercase(), context.to_lowercase());
    dn.strip_suffix(context.as_str()).is_some_and(|head| head.is_empty() || head.ends_with(','))
}

#[cfg(test)]
mod tests;
