//! A server on sockets, and a client that sends bytes.

use super::core::{Answer, decode};
use forestbed_mock_ldap::{LdapOptions, LdapServer};
use forestbed_sim::world::World;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::sync::{Arc, LazyLock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A certificate for localhost and its key.
static KEY: LazyLock<CertifiedKey<rcgen::KeyPair>> = LazyLock::new(|| {
    generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("a certificate")
});

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A server of a world, on ports that the system chose.
pub(crate) fn server(world: &Arc<World>) -> LdapServer {
    let key = PrivateKeyDer::Pkcs8(KEY.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![KEY.cert.der().clone()], key)
        .expect("a usable key");
    LdapServer::start(Arc::clone(world), 0, LdapOptions::new(Arc::new(config))).expect("free ports")
}

/// What makes a client trust the server.
pub(crate) fn trust() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(KEY.cert.der().clone()).expect("a root");
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("protocol versions");
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

/// A socket to the plain port.
pub(crate) struct Wire(TcpStream);

impl Wire {
    pub(crate) async fn connect(server: &LdapServer) -> Wire {
        Wire(TcpStream::connect(server.plain_addr()).await.expect("a connection"))
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.expect("sent");
    }

    /// The client ends its side.
    pub(crate) async fn end(&mut self) {
        self.0.shutdown().await.expect("ended");
    }

    /// Everything until the server closes.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).await.expect("received");
        bytes
    }

    /// The next whole message.
    pub(crate) async fn message(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 6];
        self.0.read_exact(&mut bytes).await.expect("a head");
        assert_eq!(bytes[..2], [0x30, 0x84]);
        let length = u32::from_be_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]) as usize;
        bytes.resize(6 + length, 0);
        self.0.read_exact(&mut bytes[6..]).await.expect("a body");
        bytes
    }

    /// The next protected buffer, without its length.
    pub(crate) async fn buffer(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 4];
        self.0.read_exact(&mut bytes).await.expect("a length");
        let length = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
        bytes.resize(length, 0);
        self.0.read_exact(&mut bytes).await.expect("a buffer");
        bytes
    }

    /// The next whole message, which ends an operation.
    pub(crate) async fn answer(&mut self) -> Answer {
        decode(&self.message().await)
    }
}
