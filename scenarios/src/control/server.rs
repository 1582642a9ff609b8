//! The shell of the control API: accepts on loopback, with limits on everything that a peer can send.

use super::{Control, MAX_HEAD, router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// The most connections at once.
const MAX_CONNECTIONS: usize = 256;
/// The most header fields.
const MAX_HEADERS: usize = 64;
/// How long a client may take for its request head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait after an accept that failed.
const RETRY_ACCEPT: Duration = Duration::from_millis(100);

/// The running listener; it ends when this value is dropped.
#[derive(Debug)]
pub(crate) struct ControlServer {
    stop: watch::Sender<bool>,
    accept: JoinHandle<()>,
}

impl ControlServer {
    /// Serves on a listener that is bound already.
    pub(crate) fn start(listener: TcpListener, control: Control) -> ControlServer {
        let (stop, stopped) = watch::channel(false);
        let app = router(Arc::new(control));
        let accept = tokio::spawn(accept(listener, app, stopped));
        ControlServer { stop, accept }
    }

    /// Ends it and waits until it accepts no more.
    pub(crate) async fn shutdown(mut self) {
        // nobody listens any more when the task has ended by itself
        let _ = self.stop.send(true);
        let _ = (&mut self.accept).await;
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        self.accept.abort();
    }
}

async fn accept(listener: TcpListener, app: axum::Router, mut stopped: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let accepted: io::Result<(TcpStream, _)> = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => return,
        };
        let Ok((stream, _)) = accepted else {
            // the peer is gone already, or there is no descriptor left: the next one may succeed
            let pause = tokio::time::timeout(RETRY_ACCEPT, stopped.wait_for(|stop| *stop)).await;
            if pause.is_ok() { return } else { continue }
        };
        let service = TowerToHyperService::new(app.clone());
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_headers(MAX_HEADERS)
                .max_buf_size(MAX_HEAD)
                .serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                // a connection that breaks is the peer's affair
                _ = connection => {}
                _ = stopped.wait_for(|stop| *stop) => {}
            }
            drop(permit);
        });
    }
}
