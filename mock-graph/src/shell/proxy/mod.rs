//! The proxy: for programs that have Microsoft's host names built in.

mod request;
mod tunnel;

use super::connection::Shared;
use super::server::{accept, bind};
use super::service::TenantService;
use crate::core::TenantCore;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// Where the proxy listens, and what it reaches beside the tenant.
#[derive(Clone)]
pub struct ProxyOptions {
    /// Its address; port 0 takes a free one.
    pub address: SocketAddr,
    /// Certificate and key for [`microsoft_hosts`](crate::microsoft_hosts), whose names the certificate holds.
    pub tls_config: Arc<rustls::ServerConfig>,
    /// Hosts that it passes on to, by name or address, without port. Every other one is refused.
    pub allow_hosts: Vec<String>,
}

impl fmt::Debug for ProxyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyOptions")
            .field("address", &self.address)
            .field("allow_hosts", &self.allow_hosts)
            .finish_non_exhaustive()
    }
}

/// An HTTP proxy (CONNECT, and requests in absolute form) that answers for Microsoft's hosts from a tenant. It
/// reaches nothing else but what it is allowed to; what it refuses is in the journal. Dropping it stops it.
#[derive(Debug)]
pub struct ProxyServer {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    listener: Option<JoinHandle<()>>,
}

/// What all connections of the proxy share.
#[derive(Clone)]
struct Lines {
    secure: Shared,
    plain: Shared,
    allow_hosts: Arc<[String]>,
}

impl Lines {
    fn core(&self) -> &Arc<TenantCore> {
        self.plain.service.core()
    }
}

impl ProxyServer {
    /// Binds the port and answers from the tenant behind `core`. It must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the port cannot be bound: the error names the address.
    pub fn start(core: &Arc<TenantCore>, options: ProxyOptions) -> io::Result<ProxyServer> {
        let limits = Arc::new(core.world().limits.clone());
        let mut tls = (*options.tls_config).clone();
        if tls.alpn_protocols.is_empty() {
            tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        let listener = bind(options.address)?;
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let room = Arc::new(Semaphore::new(limits.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
        let shared = |tls: Option<TlsAcceptor>| Shared {
            service: TenantService::of_core(Arc::clone(core), tls.is_some()),
            tls,
            limits: Arc::clone(&limits),
            stopping: stopping.clone(),
        };
        let lines = Lines {
            secure: shared(Some(TlsAcceptor::from(Arc::new(tls)))),
            plain: shared(None),
            allow_hosts: options.allow_hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
        };
        let serve = move |stream| request::serve(lines.clone(), stream);
        let listener = Some(tokio::spawn(accept(listener, stopping, room, serve)));
        Ok(ProxyServer { address, stop, listener })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening, lets requests that are being answered end (for at most five seconds), closes all
    /// connections.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(listener) = self.listener.take()
            && let Err(error) = listener.await
        {
            tracing::debug!(%error, "the proxy ended");
        }
    }
}

impl Drop for ProxyServer {
    fn drop(&mut self) {
        self.listener.iter().for_each(JoinHandle::abort);
    }
}
