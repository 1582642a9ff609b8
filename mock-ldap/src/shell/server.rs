//! Listening, accepting, and ending.

use super::connection;
use crate::security;
use forestbed_sim::directory::{Port, QueryPolicy};
use forestbed_sim::signal::ChangeListener;
use forestbed_sim::world::World;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// How long connections may take to end once the server stops.
const GRACE: Duration = Duration::from_secs(2);
/// How long accepting rests when the system is out of descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Where a domain controller listens, and with which certificate.
#[derive(Debug, Clone)]
pub struct LdapOptions {
    /// LDAP, with StartTLS. 127.0.0.1 with a port of the system's choice by default.
    pub plain: SocketAddr,
    /// LDAPS. 127.0.0.1 with a port of the system's choice by default.
    pub tls: SocketAddr,
    /// Certificate and key, for LDAPS and for StartTLS.
    pub tls_config: Arc<rustls::ServerConfig>,
    /// Which of the controller's doors both are: the directory by default.
    pub port: Port,
    /// The server's certificate in DER, to which clients bind NTLM inside TLS (RFC 5929 4). Without it,
    /// channel bindings are not looked at.
    pub certificate: Option<Vec<u8>>,
}

impl LdapOptions {
    /// On 127.0.0.1, ports chosen by the system.
    pub fn new(tls_config: Arc<rustls::ServerConfig>) -> LdapOptions {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        LdapOptions { plain: any, tls: any, tls_config, port: Port::Directory, certificate: None }
    }
}

/// A domain controller on the wire. It stops when it is dropped; [`LdapServer::shutdown`] takes leave of its
/// clients first.
#[derive(Debug)]
pub struct LdapServer {
    plain: SocketAddr,
    tls: SocketAddr,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
    /// Tells connections of changes as long as the server lives.
    _listener: ChangeListener,
}

impl LdapServer {
    /// Binds both ports and serves one domain controller (by its index in the world) from now on.
    ///
    /// # Errors
    /// When a port cannot be bound, when the world has no such controller (`InvalidInput`), or when no tokio
    /// runtime runs here.
    pub fn start(world: Arc<World>, controller: usize, options: LdapOptions) -> io::Result<LdapServer> {
        if controller >= world.controllers().len() {
            let message = format!("the world has no domain controller number {controller}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let plain = listen(options.plain)?;
        let tls = listen(options.tls)?;
        let (stop, stopped) = watch::channel(false);
        let (plain_addr, tls_addr) = (plain.local_addr()?, tls.local_addr()?);
        let acceptor = TlsAcceptor::from(options.tls_config);
        let channel_binding = options.certificate.as_deref().map(security::channel_binding);
        let port = options.port;
        let (tell, changed) = watch::channel(());
        let listener = world.on_change(controller, Arc::new(move || tell.send_replace(())));
        let service = Service { world, controller, port, acceptor, channel_binding, stopped, changed };
        let task = Some(runtime.spawn(service.serve(plain, tls)));
        Ok(LdapServer { plain: plain_addr, tls: tls_addr, stop, task, _listener: listener })
    }

    /// Where LDAP listens.
    pub fn plain_addr(&self) -> SocketAddr {
        self.plain
    }

    /// Where LDAPS listens.
    pub fn tls_addr(&self) -> SocketAddr {
        self.tls
    }

    /// Stops accepting, sends every client a notice of disconnection, and waits until they are gone; two
    /// seconds at most.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}

impl Drop for LdapServer {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let name = |error: io::Error| io::Error::new(error.kind(), format!("{address}: {error}"));
    let listener = std::net::TcpListener::bind(address).map_err(name)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// What every connection of a server shares.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) world: Arc<World>,
    pub(super) controller: usize,
    pub(super) port: Port,
    pub(super) acceptor: TlsAcceptor,
    pub(super) channel_binding: Option<[u8; 16]>,
    pub(super) stopped: watch::Receiver<bool>,
    /// Marked after each change of the directory.
    pub(super) changed: watch::Receiver<()>,
}

impl Service {
    /// Whether the server stops, or is gone.
    pub(super) fn is_stopped(&self) -> bool {
        *self.stopped.borrow() || self.stopped.has_changed().is_err()
    }

    /// The query policy of the domain controller. A time in it that is the estate's own, but for the part of a
    /// second that a policy cannot name, is the estate's.
    pub(super) fn policy(&self) -> QueryPolicy {
        let limits = &self.world.limits;
        let policy = self.world.controller(self.controller).query_policy(limits);
        let time = |policy: Duration, limit: Duration| {
            if policy.as_secs() == limit.as_secs() { limit } else { policy }
        };
        QueryPolicy {
            max_conn_idle_time: time(policy.max_conn_idle_time, limits.max_conn_idle_time),
            init_recv_timeout: time(policy.init_recv_timeout, limits.init_recv_timeout),
            ..policy
        }
    }

    async fn serve(mut self, plain: TcpListener, tls: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            let (accepted, secure) = tokio::select! {
                _ = self.stopped.wait_for(|stopped| *stopped) => break,
                Some(ended) = connections.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "an LDAP connection failed");
                    }
                    continue;
                }
                accepted = plain.accept() => (accepted, false),
                accepted = tls.accept() => (accepted, true),
            };
            match accepted {
                Ok((stream, _)) if connections.len() < self.policy().max_connections => {
                    connections.spawn(self.clone().connect(stream, secure));
                }
                Ok(_) => tracing::warn!("an LDAP connection was refused: too many are open"),
                Err(error) => {
                    tracing::warn!(%error, "no LDAP connection could be accepted");
                    rest().await;
                }
            }
        }
        drop((plain, tls));
        let _ = tokio::time::timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await;
    }

    async fn connect(self, stream: TcpStream, secure: bool) {
        // answers are written whole: waiting to fill a packet only delays them
        let _ = stream.set_nodelay(true);
        if let Err(error) = connection::serve(self, stream, secure).await {
            tracing::debug!(%error, "an LDAP connection ended");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "out of descriptors: accepting again at once would spin")]
async fn rest() {
    tokio::time::sleep(ACCEPT_REST).await;
}
