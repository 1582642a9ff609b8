//! What goes through a tunnel: TLS or plain HTTP with the tenant, or octets to a host that is allowed.

use super::Lines;
use crate::shell::connection::{self, stopped};
use std::io::{self, Cursor};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;

/// How long a host that is allowed may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The first octet of a TLS connection: the content type of a handshake (RFC 8446 section 5.1).
const HANDSHAKE: u8 = 0x16;

/// Where a tunnel leads.
pub(super) enum Target {
    /// To the tenant.
    Tenant,
    /// To another host.
    Other(TcpStream),
}

/// Opens a connection to a host that is allowed.
pub(super) async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect((host, port)))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Serves a tunnel until one of its ends closes it, or the proxy stops.
pub(super) async fn serve<S>(lines: &Lines, mut stream: S, target: Target)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut other = match target {
        Target::Tenant => return tenant(lines, stream).await,
        Target::Other(other) => other,
    };
    let both = tokio::io::copy_bidirectional(&mut stream, &mut other);
    let ended = tokio::select! {
        ended = both => ended,
        () = stopped(lines.plain.stopping.clone()) => return,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "tunnel ended");
    }
}

/// Some clients tunnel plain http as well, so the first octet decides.
async fn tenant<S>(lines: &Lines, mut stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut first = [0];
    let patience = lines.plain.limits.head_timeout;
    match tokio::time::timeout(patience, stream.read_exact(&mut first)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return tracing::debug!(%error, "nothing came through a tunnel"),
        Err(_) => return tracing::debug!("a tunnel stayed empty"),
    }
    let shared = if first[0] == HANDSHAKE { &lines.secure } else { &lines.plain };
    let (read, write) = tokio::io::split(stream);
    let stream = tokio::io::join(Cursor::new(first).chain(read), write);
    connection::serve_stream(shared, stream).await;
}
