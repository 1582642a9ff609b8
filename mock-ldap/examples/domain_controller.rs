//! A domain controller to try clients on: `cargo run --example domain_controller -- USERS`.
//!
//! It prints where it listens and as whom to bind, and stops at the end of its standard input.

use forestbed_mock_ldap::{LdapOptions, LdapServer};
use forestbed_sim::spec::{DefectMix, EstateSpec, ForestSpec, PopulationSpec};
use forestbed_sim::world::World;
use rustls::pki_types::PrivateKeyDer;
use std::sync::Arc;
use tokio::io::AsyncReadExt;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let users = std::env::args().nth(1).map_or(Ok(100), |users| users.parse())?;
    let forest = ForestSpec {
        population: PopulationSpec::of_users(users),
        defects: DefectMix::none(),
        decoys: 0,
        ..ForestSpec::default()
    };
    let spec = EstateSpec { forests: vec![forest], ..EstateSpec::default() };
    let world = Arc::new(World::generate(spec, 2)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(serve(world))
}

async fn serve(world: Arc<World>) -> Result<(), Box<dyn std::error::Error>> {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls_config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![key.cert.der().clone()],
            PrivateKeyDer::Pkcs8(key.signing_key.serialize_der().into()),
        )?;
    let server = LdapServer::start(Arc::clone(&world), 0, LdapOptions::new(Arc::new(tls_config)))?;
    println!("LDAP_URL=ldap://{}", server.plain_addr());
    println!("LDAPS_URL=ldaps://{}", server.tls_addr());
    println!("BASE_DN={}", world.directory(0).info().domain_dn);
    println!("BIND_DN=CN=Administrator,CN=Users,{}", world.directory(0).info().domain_dn);
    println!("BIND_PASSWORD={}", world.domains()[0].admin_password);
    let mut nothing = Vec::new();
    tokio::io::stdin().read_to_end(&mut nothing).await?;
    server.shutdown().await;
    Ok(())
}
