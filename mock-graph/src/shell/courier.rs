//! Sends what the tenant sends of itself: notifications, and the question before a subscription.
//!
//! To loopback and to allowed hosts only, which the core has checked. The certificate of an address is not
//! checked: what is sent is a lab's, and receivers have certificates of their own making.

use crate::core::{OutgoingPost, PostOutcome, Reply, TenantCore};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// How long an address may take to answer (microsoft-graph.md 2.7: 10 s for the question; 3 to 10 s for
/// notifications).
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer that is read.
const ANSWER_MAX: usize = 64 * 1024;
/// How often it is looked whether something has become due without a request.
const PERIOD: Duration = Duration::from_millis(200);

/// Carries out what a reply asks for: the answer is the reply's own, or the one after an address was asked.
pub(super) async fn settle(core: &Arc<TenantCore>, reply: &mut Reply) {
    if let Some(validation) = reply.validation.take() {
        let outcome = send(&validation.post()).await;
        reply.response = core.validated(*validation, &outcome);
    }
    carry(core);
}

/// The same where nothing can be sent: the address counts as one that nobody listens at.
#[cfg(feature = "wiremock")]
pub(super) fn settle_unsent(core: &TenantCore, reply: &mut Reply) {
    if let Some(validation) = reply.validation.take() {
        reply.response = core.validated(*validation, &PostOutcome::Unreachable);
    }
}

/// Sends what is due, in tasks of their own. Without a runtime nothing is sent.
pub(super) fn carry(core: &Arc<TenantCore>) {
    if !core.has_subscribers() {
        return;
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    for post in core.due_posts() {
        let core = Arc::clone(core);
        runtime.spawn(async move {
            let outcome = send(&post).await;
            core.delivered(post.id, &outcome);
            carry(&core);
        });
    }
}

/// Looks again and again whether something has become due: time passes, and the tenant is changed by others
/// than Graph's clients.
pub(super) async fn watch(core: Arc<TenantCore>, stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        carry(&core);
        tokio::select! {
            () = rest() => {}
            () = super::connection::stopped(stopping.clone()) => break,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "shells live in wall time")]
async fn rest() {
    tokio::time::sleep(PERIOD).await;
}

/// Sends one post and waits for its answer.
pub(super) async fn send(post: &OutgoingPost) -> PostOutcome {
    match tokio::time::timeout(PATIENCE, exchange(post)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            tracing::debug!(url = post.url, %error, "a webhook cannot be reached");
            PostOutcome::Unreachable
        }
        Err(_) => PostOutcome::TimedOut,
    }
}

async fn exchange(post: &OutgoingPost) -> io::Result<PostOutcome> {
    let uri: Uri = post.url.parse().map_err(io::Error::other)?;
    let host = uri.host().ok_or(io::ErrorKind::InvalidInput)?;
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((name, port)).await?;
    if !secure {
        return speak(stream, &uri, post).await;
    }
    let connector = tokio_rustls::TlsConnector::from(tls());
    let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
    speak(connector.connect(name, stream).await?, &uri, post).await
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    uri: &Uri,
    post: &OutgoingPost,
) -> io::Result<PostOutcome> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let request = Request::post(uri.path_and_query().map_or("/", |target| target.as_str()))
        .header(HOST, uri.authority().map_or("", |authority| authority.as_str()))
        .header(CONTENT_TYPE, post.content_type)
        .header(USER_AGENT, "Microsoft Graph")
        .body(Full::new(post.body.clone()))
        .map_err(io::Error::other)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        read(response).await
    };
    tokio::pin!(connection);
    tokio::pin!(answer);
    loop {
        tokio::select! {
            answer = &mut answer => return answer,
            ended = &mut connection => ended.map_err(io::Error::other)?,
        }
    }
}

async fn read(response: Response<hyper::body::Incoming>) -> io::Result<PostOutcome> {
    let (parts, body) = response.into_parts();
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or("").to_owned();
    let body = Limited::new(body, ANSWER_MAX).collect().await.map_err(io::Error::other)?;
    let body: Bytes = body.to_bytes();
    Ok(PostOutcome::Answered { status: parts.status.as_u16(), content_type, body })
}

/// Accepts any certificate: see the head of this file.
#[derive(Debug)]
struct Anybody(Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn tls() -> Arc<rustls::ClientConfig> {
    static CONFIG: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();
    let make = || {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS12, &rustls::version::TLS13]);
        // both versions are what this provider has
        let builder = builder.unwrap_or_else(|error| unreachable!("the ring provider has TLS: {error}"));
        let anybody = Arc::new(Anybody(provider));
        Arc::new(builder.dangerous().with_custom_certificate_verifier(anybody).with_no_client_auth())
    };
    Arc::clone(CONFIG.get_or_init(make))
}
