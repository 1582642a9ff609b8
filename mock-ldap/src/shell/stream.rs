//! A connection's bytes: plain or through TLS, read and written at the same time.

use bytes::BytesMut;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How much is read at once.
const READ: usize = 16 * 1024;
/// What a connection that waits for its client keeps of its output buffer.
const KEPT: usize = 8 * 1024;

enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// While TLS begins; and for good, when it fails.
    Gone,
}

/// A socket with what was received and not yet understood, and what is to be sent and not yet sent.
pub(super) struct Stream {
    socket: Socket,
    pub(super) input: BytesMut,
    pub(super) output: Vec<u8>,
    sent: usize,
    unflushed: bool,
    /// The client will send no more.
    pub(super) ended: bool,
}

impl Stream {
    pub(super) fn new(socket: TcpStream) -> Stream {
        Stream {
            socket: Socket::Plain(socket),
            input: BytesMut::new(),
            output: Vec::new(),
            sent: 0,
            unflushed: false,
            ended: false,
        }
    }

    /// Whether everything has been sent.
    pub(super) fn is_drained(&self) -> bool {
        self.output.is_empty()
    }

    /// Gives memory back before a long wait.
    pub(super) fn rest(&mut self) {
        if self.output.is_empty() {
            self.output.shrink_to(KEPT);
        }
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
    }

    /// Waits until something was sent, or received if `read` allows it.
    pub(super) async fn exchange(&mut self, read: bool) -> io::Result<()> {
        poll_fn(|cx| {
            let sent = self.poll_send(cx)?;
            let received = if read && !self.ended { self.poll_receive(cx)? } else { Poll::Pending };
            if sent.is_ready() || received.is_ready() { Poll::Ready(Ok(())) } else { Poll::Pending }
        })
        .await
    }

    /// Takes what has come in already, without waiting for more.
    pub(super) async fn receive_now(&mut self, read: bool) -> io::Result<()> {
        poll_fn(|cx| {
            let received = if read && !self.ended { self.poll_receive(cx)? } else { Poll::Pending };
            let _ = received;
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Ready when something was sent.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.output.is_empty() {
            if self.unflushed && self.poll_socket_flush(cx)?.is_ready() {
                self.unflushed = false;
            }
            return Poll::Pending;
        }
        let rest = &self.output[self.sent..];
        let sent = ready!(match &mut self.socket {
            Socket::Plain(socket) => Pin::new(socket).poll_write(cx, rest),
            Socket::Tls(socket) => Pin::new(socket.as_mut()).poll_write(cx, rest),
            Socket::Gone => Poll::Ready(Ok(0)),
        })?;
        if sent == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.sent += sent;
        if self.sent == self.output.len() {
            self.output.clear();
            self.sent = 0;
            self.unflushed = true;
            // what TLS still holds goes out as far as the socket takes it; the rest while we wait
            if self.poll_socket_flush(cx)?.is_ready() {
                self.unflushed = false;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_socket_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Socket::Tls(socket) => Pin::new(socket.as_mut()).poll_flush(cx),
            Socket::Gone => Poll::Ready(Ok(())),
        }
    }

    /// Ready when something was received, or the end of it.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.input.reserve(READ);
        // reading is one poll without a state of its own: a future a poll does no harm
        let received = ready!(match &mut self.socket {
            Socket::Plain(socket) => pin!(socket.read_buf(&mut self.input)).poll(cx),
            Socket::Tls(socket) => pin!(socket.read_buf(&mut self.input)).poll(cx),
            Socket::Gone => Poll::Ready(Ok(0)),
        })?;
        self.ended = received == 0;
        Poll::Ready(Ok(()))
    }

    /// Begins TLS. What came in before it in the clear is thrown away: it could have been put there by others.
    pub(super) async fn start_tls(&mut self, acceptor: &TlsAcceptor) -> io::Result<()> {
        self.input.clear();
        match std::mem::replace(&mut self.socket, Socket::Gone) {
            Socket::Plain(socket) => {
                self.socket = Socket::Tls(Box::new(acceptor.accept(socket).await?));
                Ok(())
            }
            other => {
                self.socket = other;
                Err(io::Error::other("TLS is in effect"))
            }
        }
    }

    /// The certificate that the client gave when TLS began, in DER.
    pub(super) fn client_certificate(&self) -> Option<Vec<u8>> {
        match &self.socket {
            Socket::Tls(socket) => socket.get_ref().1.peer_certificates()?.first().map(|der| der.to_vec()),
            _ => None,
        }
    }

    /// Sends what is left, ends the sending side, and reads the client's last bytes: closing with unread bytes
    /// would make the system throw away what the client has not read yet.
    pub(super) async fn close(&mut self, most: usize) -> io::Result<()> {
        while !self.is_drained() {
            self.exchange(false).await?;
        }
        match &mut self.socket {
            Socket::Plain(socket) => socket.shutdown().await?,
            Socket::Tls(socket) => socket.shutdown().await?,
            Socket::Gone => return Ok(()),
        }
        let mut left = most;
        while !self.ended && left > 0 {
            self.input.clear();
            self.exchange(true).await?;
            left = left.saturating_sub(self.input.len());
        }
        Ok(())
    }
}
