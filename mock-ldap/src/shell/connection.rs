//! One connection: requests are answered in the order they came, an answer is produced only as fast as the
//! client takes it, and an abandon is heard while a search runs.

use super::protected::Protected;
use super::server::Service;
use super::stream::Stream;
use crate::request::{self, Frame, op};
use crate::session::{Effect, Reply, Session};
use bytes::Bytes;
use forestbed_sim::directory::QueryPolicy;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Sleep, timeout};

/// Most requests that wait for their turn; more are not read.
const WAITING_MOST: usize = 1024;
/// How long the TLS handshake may take: InitRecvTimeout of a domain controller.
const HANDSHAKE: Duration = Duration::from_secs(120);
/// How long a closing connection waits for the client's last bytes, and how many it reads.
const LAST_BYTES: (Duration, usize) = (Duration::from_secs(1), 1024 * 1024);
/// Answers are gathered up to this many bytes before they are sent.
const GATHER: usize = 64 * 1024;
/// Chunks that a search gives before others have their turn; each turn wakes another thread.
const CHUNKS_IN_A_ROW: u32 = 8;

struct Connection {
    service: Service,
    session: Session,
    stream: Stream,
    /// What a bind agreed to protect the messages with.
    protected: Option<Protected>,
    /// Whole requests that wait for their turn, and their bytes in all.
    waiting: VecDeque<Bytes>,
    waiting_bytes: usize,
    /// The request that is being answered, and its message id.
    running: Option<(Option<i32>, Reply)>,
    /// The policy as it was when the connection began.
    policy: QueryPolicy,
    /// A first request has come.
    heard: bool,
    /// Until when the answer at hand waits: a scripted fault.
    delayed: Option<Pin<Box<Sleep>>>,
    /// What is to be done once everything is sent.
    effects: VecDeque<Effect>,
    /// Marked after each change of the directory; none while nothing waits for one.
    changed: Option<watch::Receiver<()>>,
    /// The directory may have changed since notifications were last asked.
    stale: bool,
    /// Chunks of searches so far.
    chunks: u32,
    /// Nothing more is read: what came is no LDAP, or too large.
    deaf: Option<&'static str>,
}

/// Serves one connection until it ends.
pub(super) async fn serve(service: Service, socket: TcpStream, secure: bool) -> io::Result<()> {
    let mut stream = Stream::new(socket);
    if secure {
        timeout(HANDSHAKE, stream.start_tls(&service.acceptor)).await??;
    }
    let mut session = Session::new(Arc::clone(&service.world), service.controller, service.port, secure);
    if secure {
        tell_channel(&mut session, &stream, &service);
    }
    let policy = service.policy();
    let mut connection = Connection {
        policy,
        heard: false,
        service,
        session,
        stream,
        protected: None,
        waiting: VecDeque::new(),
        waiting_bytes: 0,
        running: None,
        delayed: None,
        effects: VecDeque::new(),
        changed: None,
        stale: false,
        chunks: 0,
        deaf: None,
    };
    connection.run().await
}

#[expect(
    clippy::disallowed_methods,
    reason = "a scripted fault delays an answer as the client's clock sees it"
)]
fn sleep(span: Duration) -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep(span))
}

/// Ends with the delay; without one, never.
async fn until(delay: Option<&mut Pin<Box<Sleep>>>) {
    match delay {
        Some(delay) => delay.await,
        None => std::future::pending().await,
    }
}

/// Tells a session what TLS knows about the channel.
fn tell_channel(session: &mut Session, stream: &Stream, service: &Service) {
    if let Some(digest) = service.channel_binding {
        session.set_channel_binding(digest);
    }
    if let Some(certificate) = stream.client_certificate() {
        session.set_client_certificate(&certificate);
    }
}

impl Connection {
    async fn run(&mut self) -> io::Result<()> {
        loop {
            self.take_requests();
            if self.service.is_stopped() {
                return self.leave().await;
            }
            if self.stream.is_drained() {
                match self.effects.pop_front() {
                    Some(Effect::Close) => return self.close().await,
                    Some(Effect::StartTls) => {
                        self.start_tls().await?;
                        continue;
                    }
                    Some(Effect::Protect) => {
                        self.protect();
                        continue;
                    }
                    Some(Effect::Watch) => {
                        self.changed = Some(self.service.changed.clone());
                        self.stale = true;
                        continue;
                    }
                    Some(Effect::Abandon(id)) => self.abandon(id),
                    None => {}
                }
                if self.work() {
                    // a long search is not the only one who wants to be served, and its client may abandon it
                    self.stream.receive_now(self.may_read()).await?;
                    self.chunks += 1;
                    if self.chunks.is_multiple_of(CHUNKS_IN_A_ROW) {
                        tokio::task::yield_now().await;
                    }
                }
            }
            let rests = self.is_idle() && self.effects.is_empty();
            if !self.stream.is_drained() || rests || self.delayed.is_some() {
                if self.stream.is_drained() && self.stream.ended {
                    return self.close().await;
                }
                if self.is_idle() {
                    self.stream.rest();
                }
                if !self.wait().await? {
                    return self.close().await;
                }
            }
        }
    }

    /// Waits until something was sent or received, or the server stops. False when the client was idle for
    /// too long.
    async fn wait(&mut self) -> io::Result<bool> {
        let idle = self.policy.max_conn_idle_time;
        let idle = if self.heard { idle } else { idle.min(self.policy.init_recv_timeout) };
        let read = self.may_read();
        if !self.session.awaits_changes() {
            self.changed = None;
        }
        // who waits for changes is not idle, unless it does not take what it is sent
        let idle = if self.changed.is_some() && self.stream.is_drained() { Duration::MAX } else { idle };
        tokio::select! {
            progress = timeout(idle, self.stream.exchange(read)) => match progress {
                Ok(progress) => progress.map(|()| true),
                Err(_) => Ok(false),
            },
            () = change(&mut self.changed) => {
                self.stale = true;
                Ok(true)
            }
            _ = self.service.stopped.wait_for(|stopped| *stopped) => Ok(true),
            () = until(self.delayed.as_mut()) => {
                self.delayed = None;
                Ok(true)
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.running.is_none() && self.waiting.is_empty() && !self.stale
    }

    fn may_read(&self) -> bool {
        let limit = self.policy.max_receive_buffer_bytes;
        // what comes after an answer that changes the stream is for the changed stream
        let changes = |effect: &Effect| matches!(effect, Effect::StartTls | Effect::Protect);
        self.deaf.is_none()
            && !self.effects.iter().any(changes)
            && self.waiting.len() < WAITING_MOST
            && self.waiting_bytes + self.stream.input.len() <= limit
    }

    /// Cuts what has come in into requests. Abandons are carried out at once.
    fn take_requests(&mut self) {
        let limit = self.policy.max_receive_buffer_bytes;
        if let Some(protected) = self.protected.as_mut().filter(|_| self.deaf.is_none()) {
            self.deaf = protected.receive(&mut self.stream.input, limit).err();
        }
        while self.deaf.is_none() && self.waiting.len() < WAITING_MOST {
            let input = self.protected.as_mut().map_or(&mut self.stream.input, |layer| &mut layer.input);
            match request::next(input, limit) {
                Frame::Incomplete(_) => return,
                Frame::Complete(length) => {
                    let message = input.split_to(length).freeze();
                    self.heard = true;
                    if matches!(request::peek(&message), Some((_, op::ABANDON))) {
                        for effect in self.session.handle(&message).effects {
                            if let Effect::Abandon(id) = effect {
                                self.abandon(id);
                            }
                        }
                    } else {
                        self.waiting_bytes += message.len();
                        self.waiting.push_back(message);
                    }
                }
                Frame::TooLarge => self.deaf = Some("a message claims more bytes than it may have"),
                Frame::Garbage => self.deaf = Some("what came is no LDAP message"),
            }
        }
    }

    /// Produces answers until there is enough to send, or nothing to do. True when a search has more to do.
    fn work(&mut self) -> bool {
        while self.effects.is_empty() && self.delayed.is_none() && self.stream.output.len() < GATHER {
            let (id, mut reply) = match self.running.take() {
                Some(running) => running,
                None => match self.next_reply() {
                    Some(next) => next,
                    None => return self.notify(),
                },
            };
            if let Some(span) = reply.delay.take() {
                self.delayed = Some(sleep(span));
                self.running = Some((id, reply));
                return false;
            }
            if self.produce(&mut reply) {
                self.running = Some((id, reply));
                return true;
            }
            self.effects.extend(reply.effects);
        }
        false
    }

    /// Appends what the directory's changes mean to those who wait for them. True when there is more.
    fn notify(&mut self) -> bool {
        if self.stale {
            let mut messages = Vec::new();
            self.stale = self.session.notify(&mut messages);
            match &mut self.protected {
                Some(protected) => protected.send(&messages, &mut self.stream.output),
                None => self.stream.output.append(&mut messages),
            }
        }
        self.stale
    }

    /// Appends the next chunk of an answer to what is to be sent. False when there is none after it.
    fn produce(&mut self, reply: &mut Reply) -> bool {
        let Some(protected) = &mut self.protected else {
            return reply.messages.next_chunk(&mut self.session, &mut self.stream.output);
        };
        let mut messages = Vec::new();
        let more = reply.messages.next_chunk(&mut self.session, &mut messages);
        protected.send(&messages, &mut self.stream.output);
        more
    }

    /// The reply to the next request in turn; after the last one, the farewell to a client that is not
    /// understood.
    fn next_reply(&mut self) -> Option<(Option<i32>, Reply)> {
        if let Some(message) = self.waiting.pop_front() {
            self.waiting_bytes -= message.len();
            let id = request::peek(&message).map(|(id, _)| id);
            return Some((id, self.session.handle(&message)));
        }
        self.deaf.map(|why| (None, self.session.not_understood(why)))
    }

    fn abandon(&mut self, id: i32) {
        if self.running.as_ref().is_some_and(|(running, _)| *running == Some(id)) {
            self.running = None;
            self.delayed = None;
        }
        let before = self.waiting.len();
        // RFC 4511 4.11: these cannot be abandoned; StartTLS is an extended operation
        let exempt = |tag| matches!(tag, op::BIND | op::UNBIND | op::EXTENDED);
        self.waiting.retain(|message| {
            request::peek(message).is_none_or(|(waiting, tag)| waiting != id || exempt(tag))
        });
        if self.waiting.len() != before {
            self.waiting_bytes = self.waiting.iter().map(Bytes::len).sum();
        }
    }

    /// What came in before the layer, without its protection, is thrown away: it could have been put there by
    /// others.
    fn protect(&mut self) {
        if let Some(layer) = self.session.take_layer() {
            self.waiting.clear();
            self.waiting_bytes = 0;
            match &mut self.protected {
                Some(old) => old.input.clear(),
                None => self.stream.input.clear(),
            }
            self.protected = Some(Protected::new(layer));
        }
    }

    async fn start_tls(&mut self) -> io::Result<()> {
        self.waiting.clear();
        self.waiting_bytes = 0;
        timeout(HANDSHAKE, self.stream.start_tls(&self.service.acceptor)).await??;
        self.session.set_secure();
        tell_channel(&mut self.session, &self.stream, &self.service);
        Ok(())
    }

    /// The server stops: what runs is cut off and the client is told.
    async fn leave(&mut self) -> io::Result<()> {
        self.running = None;
        match &mut self.protected {
            Some(protected) => protected.send(&Session::farewell(), &mut self.stream.output),
            None => self.stream.output.extend_from_slice(&Session::farewell()),
        }
        self.close().await
    }

    async fn close(&mut self) -> io::Result<()> {
        let (time, most) = LAST_BYTES;
        timeout(time, self.stream.close(most)).await?
    }
}

/// Ready when the directory changed; never when nothing waits for it, or the server is gone.
async fn change(changed: &mut Option<watch::Receiver<()>>) {
    if let Some(changed) = changed
        && changed.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}
