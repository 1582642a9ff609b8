//! One connection: TLS when it is, then HTTP/1.1 or HTTP/2, with limits on what a client can hold.

use super::effects::Dropped;
use super::service::TenantService;
use axum::body::Body;
use forestbed_sim::limits::Limits;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::future::Future;
use std::io::Cursor;
use std::pin::{Pin, pin};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// Most requests at once on one HTTP/2 connection.
const MAX_STREAMS: u32 = 256;
/// Bytes that every HTTP/2 client sends first (RFC 9113 section 3.4).
const PREFACE_BYTES: usize = 24;
/// Smallest buffer that hyper accepts for a request's head.
pub(super) const MIN_HEAD_BUFFER: usize = 8192;

/// What all connections of a listener share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) service: TenantService,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) limits: Arc<Limits>,
    pub(super) stopping: watch::Receiver<bool>,
}

/// Serves one connection until it ends, or until the server stops and its requests are answered.
pub(super) async fn serve(shared: Shared, stream: TcpStream) {
    // answers are small: waiting for more to send only delays them
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    serve_stream(&shared, stream).await;
}

/// The same over anything that carries octets.
pub(super) async fn serve_stream<S>(shared: &Shared, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let Some(tls) = shared.tls.clone() else {
        return http1(shared, stream).await;
    };
    match tokio::time::timeout(shared.limits.head_timeout, tls.accept(stream)).await {
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => http2(shared, stream).await,
        Ok(Ok(stream)) => http1(shared, stream).await,
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
        Err(_) => tracing::debug!("TLS handshake took too long"),
    }
}

#[derive(Clone)]
struct HyperService(TenantService);

impl hyper::service::Service<Request<Incoming>> for HyperService {
    type Response = Response<Body>;
    type Error = Dropped;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Dropped>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let service = self.0.clone();
        Box::pin(service.answer(request))
    }
}

async fn http1(shared: &Shared, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.limits.head_timeout)
        // twice as much, so that what is not far too large is refused in Graph's own words
        .max_buf_size((2 * shared.limits.max_head_bytes).max(MIN_HEAD_BUFFER))
        .half_close(true)
        .serve_connection(TokioIo::new(stream), HyperService(shared.service.clone()));
    let mut connection = pin!(connection);
    let stopping = shared.stopping.clone();
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

async fn http2(shared: &Shared, mut stream: impl AsyncRead + AsyncWrite + Unpin + Send) {
    // hyper waits for the client's first bytes as long as it takes, so they are read here
    let mut preface = [0; PREFACE_BYTES];
    match tokio::time::timeout(shared.limits.head_timeout, stream.read_exact(&mut preface)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return tracing::debug!(%error, "no HTTP/2 preface"),
        Err(_) => return tracing::debug!("the HTTP/2 preface took too long"),
    }
    let (read, write) = tokio::io::split(stream);
    let stream = tokio::io::join(Cursor::new(preface).chain(read), write);
    let head_bytes = u32::try_from(shared.limits.max_head_bytes).unwrap_or(u32::MAX);
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(head_bytes)
        .keep_alive_interval(Some(shared.limits.head_timeout))
        .keep_alive_timeout(shared.limits.head_timeout)
        .serve_connection(TokioIo::new(stream), HyperService(shared.service.clone()));
    let mut connection = pin!(connection);
    let stopping = shared.stopping.clone();
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

/// Returns when the server stops, or is gone.
pub(super) async fn stopped(mut stopping: watch::Receiver<bool>) {
    // an error means that the server was dropped, which is a stop too
    drop(stopping.wait_for(|stop| *stop).await);
}
