//! The server: one listener for https, one for plain http.

use super::connection::{self, Shared};
use super::courier;
use super::service::TenantService;
use crate::core::TenantCore;
use forestbed_sim::world::World;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// How long a shutdown waits for requests that are being answered.
const GRACE: Duration = Duration::from_secs(5);
/// How long a listener rests when the system has no descriptor left for a connection.
const REST: Duration = Duration::from_millis(50);

/// Where a tenant is served.
#[derive(Clone)]
pub struct GraphOptions {
    /// Address of the https listener; port 0 takes a free one.
    pub https: SocketAddr,
    /// Address of the plain http listener; port 0 takes a free one.
    pub http: SocketAddr,
    /// Certificate and key of the https listener. HTTP/2 and HTTP/1.1 are offered when it offers no protocols
    /// of its own.
    pub tls_config: Arc<rustls::ServerConfig>,
    /// What links in answers begin with; none means what each client asked.
    pub public_url: Option<String>,
    /// Whether each answer is held against the property tables ([`TenantCore::checking_answers`]).
    pub check_answers: bool,
}

impl fmt::Debug for GraphOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphOptions")
            .field("https", &self.https)
            .field("http", &self.http)
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

/// A tenant on two ports. Dropping it stops it.
#[derive(Debug)]
pub struct GraphServer {
    https: SocketAddr,
    http: SocketAddr,
    core: Arc<TenantCore>,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
}

impl GraphServer {
    /// Binds both ports and serves the tenant of `world` on them. It must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When a port cannot be bound: the error names the address.
    pub fn start(world: Arc<World>, options: GraphOptions) -> io::Result<GraphServer> {
        let limits = Arc::new(world.limits.clone());
        let core =
            Arc::new(TenantCore::new(world, options.public_url).checking_answers(options.check_answers));
        let mut tls = (*options.tls_config).clone();
        if tls.alpn_protocols.is_empty() {
            tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        let (https, http) = (bind(options.https)?, bind(options.http)?);
        let (https_addr, http_addr) = (https.local_addr()?, http.local_addr()?);
        let (stop, stopping) = watch::channel(false);
        let room = Arc::new(Semaphore::new(limits.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
        let listen = |listener, tls: Option<TlsAcceptor>| {
            let service = TenantService::of_core(Arc::clone(&core), tls.is_some());
            let shared = Shared { service, tls, limits: Arc::clone(&limits), stopping: stopping.clone() };
            let serve = move |stream| connection::serve(shared.clone(), stream);
            tokio::spawn(accept(listener, stopping.clone(), Arc::clone(&room), serve))
        };
        let courier = tokio::spawn(courier::watch(Arc::clone(&core), stopping.clone()));
        let listeners =
            vec![courier, listen(https, Some(TlsAcceptor::from(Arc::new(tls)))), listen(http, None)];
        Ok(GraphServer { https: https_addr, http: http_addr, core, stop, listeners })
    }

    /// Where https is served.
    pub fn https_addr(&self) -> SocketAddr {
        self.https
    }

    /// Where plain http is served.
    pub fn http_addr(&self) -> SocketAddr {
        self.http
    }

    /// The core behind both ports.
    pub fn core(&self) -> &Arc<TenantCore> {
        &self.core
    }

    /// Stops listening, lets requests that are being answered end (for at most five seconds), closes all
    /// connections.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        for listener in std::mem::take(&mut self.listeners) {
            if let Err(error) = listener.await {
                tracing::debug!(%error, "listener ended");
            }
        }
    }
}

impl Drop for GraphServer {
    fn drop(&mut self) {
        // a listener's task owns its connections, so they end with it
        self.listeners.iter().for_each(JoinHandle::abort);
    }
}

pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listen = || {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    };
    listen().map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))
}

/// Accepts connections and serves each with `serve`, as many at once as there is room, until the server stops.
pub(super) async fn accept<S, F>(
    listener: TcpListener,
    stopping: watch::Receiver<bool>,
    room: Arc<Semaphore>,
    serve: S,
) where
    S: Fn(TcpStream) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = connection::stopped(stopping.clone()) => break,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, _)) => {
                // a full server accepts one more, and no further: the others wait in the backlog
                let permit = tokio::select! {
                    Ok(permit) = Arc::clone(&room).acquire_owned() => permit,
                    () = connection::stopped(stopping.clone()) => break,
                };
                let served = serve(stream);
                connections.spawn(async move {
                    served.await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                rest().await;
            }
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, ended).await.is_err() {
        connections.abort_all();
    }
}

#[expect(clippy::disallowed_methods, reason = "a listener without descriptors must not spin")]
async fn rest() {
    tokio::time::sleep(REST).await;
}
