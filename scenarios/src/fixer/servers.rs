//! Live servers as the source of the objects.

use super::run::Source;
use crate::checker::source::ldap::{LdapSource, LdapTarget};
use crate::error::Error;
use crate::tool::BoxFuture;
use forestbed_sim::rules::ObjectView;

/// Several servers, numbered in their order.
pub struct LdapServers {
    targets: Vec<LdapTarget>,
    open: Vec<LdapSource>,
}

impl LdapServers {
    /// Connects to all of them.
    ///
    /// # Errors
    /// When one is not there or refuses.
    pub async fn connect(targets: Vec<LdapTarget>) -> Result<LdapServers, Error> {
        let mut servers = LdapServers { targets, open: Vec::new() };
        servers.reconnect().await?;
        Ok(servers)
    }

    async fn reconnect(&mut self) -> Result<(), Error> {
        self.open.clear();
        for target in &self.targets {
            self.open.push(LdapSource::connect(target).await?);
        }
        Ok(())
    }

    /// The connections, in order.
    pub fn open(&mut self) -> &mut [LdapSource] {
        &mut self.open
    }

    async fn read(&mut self) -> Result<Vec<ObjectView>, Error> {
        let mut views = Vec::new();
        for (forest, source) in self.open.iter_mut().enumerate() {
            let forest = u16::try_from(forest).map_err(|_| Error::input("too many servers"))?;
            let mut sink = |entry: crate::checker::source::Entry| {
                views.extend(entry.view(forest));
                Ok(())
            };
            source.each(&mut sink).await?;
        }
        Ok(views)
    }
}

impl Source for LdapServers {
    fn views(&mut self) -> BoxFuture<'_, Result<Vec<ObjectView>, Error>> {
        Box::pin(async move {
            match self.read().await {
                Ok(views) => Ok(views),
                Err(_) => {
                    // a connection may have been cut between two rounds
                    self.reconnect().await?;
                    self.read().await
                }
            }
        })
    }
}
