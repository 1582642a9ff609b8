//! How a lab starts: world, keys, servers, control API, environment.

use super::keys::{Keys, write_private};
use super::plan::plan_of;
use super::ports::Door;
use super::{Follower, Lab, LabBuilder, Ports};
use crate::Error;
use crate::control::{Control, ControlServer, Promises};
use crate::estate::{Estate, ToldPlan, write_plan};
use crate::tool::{ControllerEnv, Cycle, EstatePlan, ForestEnv, LicensePlan, ToolEnv};
use forestbed_mock_graph::{GraphOptions, GraphServer, ProxyOptions, ProxyServer};
use forestbed_mock_ldap::{LdapOptions, LdapServer, LldapLogin, Port};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::spec::DirectoryProfile;
use forestbed_sim::tenant::{Client, CloudObject, ObjectKind, Tenant};
use forestbed_sim::world::World;
use ring::rand::{SecureRandom, SystemRandom};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// The port of LDAP, which a URL need not say.
const STANDARD_PORT: u16 = 389;
/// How often a realtime clock follows the wall clock.
const FOLLOW: Duration = Duration::from_millis(50);
/// The variables by which programs find certificate authorities.
const CA_VARIABLES: [&str; 5] =
    ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "LDAPTLS_CACERT"];

/// The variables by which programs find a proxy; some read one spelling, some the other.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
/// What programs reach without the proxy: the lab itself.
const NO_PROXY: &str = "localhost,127.0.0.1,::1";

/// The variables that unmodified programs read.
fn program_variables(keys: &Keys, proxy_url: &str) -> BTreeMap<String, String> {
    let bundle = keys.bundle.display().to_string();
    let mut variables: BTreeMap<String, String> =
        CA_VARIABLES.iter().map(|name| ((*name).to_owned(), bundle.clone())).collect();
    variables.extend(PROXY_VARIABLES.iter().map(|name| ((*name).to_owned(), proxy_url.to_owned())));
    variables.extend(["NO_PROXY", "no_proxy"].map(|name| (name.to_owned(), NO_PROXY.to_owned())));
    // Node's own fetch and http take no proxy from the environment unless they are told to
    variables.insert("NODE_USE_ENV_PROXY".to_owned(), "1".to_owned());
    variables
}

impl Lab {
    pub(super) async fn start(builder: LabBuilder) -> Result<Lab, Error> {
        // ports first: growing a large estate only to find one taken would waste the caller's time
        check_ports(&builder)?;
        let LabBuilder { spec, ports, threads, public_url, check_answers, allow_hosts } = builder;
        let threads =
            if threads == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { threads };
        let world = tokio::task::spawn_blocking(move || World::generate(spec, threads))
            .await
            .map_err(|error| Error::harness(format!("cannot grow the estate: {error}")))??;
        let world = Arc::new(world);
        allow_hosts.iter().for_each(|host| world.allow_host(host));
        raise_descriptor_limit();
        let folder = tempfile::Builder::new()
            .prefix("forestbed-")
            .tempdir()
            .map_err(|e| Error::harness(format!("cannot make the run's folder: {e}")))?;
        let administrator = forest_principal(&world, 0);
        let keys = Keys::make(folder.path(), &domains(&world), &controllers(&world), &administrator)?;
        let ldap = serve_controllers(&world, ports, &keys)?;
        let (https, http) = ports.graph_doors();
        let options = GraphOptions {
            https: https.address(),
            http: http.address(),
            tls_config: keys.https.clone(),
            public_url,
            check_answers,
        };
        let graph = GraphServer::start(world.clone(), options).map_err(|e| https.refused(&e))?;
        let door = ports.proxy_door();
        let options = ProxyOptions { address: door.address(), tls_config: keys.https.clone(), allow_hosts };
        let proxy = ProxyServer::start(graph.core(), options).map_err(|e| door.refused(&e))?;
        let door = ports.control_door();
        let listener = TcpListener::bind(door.address()).await.map_err(|e| door.refused(&e))?;
        let address = listener.local_addr().map_err(|e| door.refused(&e))?;
        let token = random_token()?;
        let plan = plan_of(&world)?;
        let control_url = format!("http://{address}");
        let mut tool_env =
            tool_env(&world, &ldap, &graph, &keys, folder.path(), (&control_url, &token), &plan)?;
        tool_env.proxy_url = format!("http://{}", proxy.addr());
        let env = tool_env.variables();
        let health = health(&world, &tool_env);
        let told = ToldPlan::new(tool_env.plan.clone(), plan);
        let files = (tool_env.report_file.clone(), tool_env.state_dir.clone());
        let estate = Arc::new(Estate::new(world, files, told));
        let control = Control {
            estate: estate.clone(),
            token,
            address,
            health: health.clone(),
            promises: Promises::default(),
        };
        let control = ControlServer::start(listener, control);
        let follower = follow_wall_clock(&estate);
        let program_variables = program_variables(&keys, &tool_env.proxy_url);
        Ok(Lab {
            estate,
            tool_env,
            env,
            program_variables,
            health,
            ldap,
            graph,
            proxy,
            control,
            follower,
            folder,
        })
    }
}

fn check_ports(builder: &LabBuilder) -> Result<(), Error> {
    let mut doors = builder.ports.ldap_doors().to_vec();
    let (https, http) = builder.ports.graph_doors();
    doors.extend([https, http, builder.ports.proxy_door(), builder.ports.control_door()]);
    for (index, door) in doors.iter().enumerate() {
        if let Some(first) = doors[..index].iter().find(|first| first.port != 0 && first.port == door.port) {
            return Err(door.asked_twice(*first));
        }
    }
    doors.iter().try_for_each(|door| door.check().map(|_| ()))
}

fn domains(world: &World) -> Vec<String> {
    world.domains().iter().map(|cell| cell.spec.domain.clone()).collect()
}

fn controllers(world: &World) -> Vec<String> {
    let count = world.controllers().len();
    (0..count).map(|controller| world.controller(controller).info().dc_dns_name.clone()).collect()
}

/// A token for the control API: 256 bits of the operating system's randomness.
/// Lets this process have as many connections as the system allows: domain controllers take 5,000 each, and
/// shells often start with a limit of 1,024 descriptors.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

fn random_token() -> Result<String, Error> {
    let mut bytes = [0u8; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::harness("the system gives no random bytes"))?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // writing to a String cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// The principal name of a forest's administrator.
fn forest_principal(world: &World, forest: usize) -> String {
    let directory = world.directory(forest);
    let info = directory.info();
    directory
        .entry(info.administrator)
        .and_then(|entry| entry.text("userPrincipalName").map(|upn| upn.into_owned()))
        .unwrap_or_else(|| format!("Administrator@{}", info.dns))
}

/// A domain controller on the wire: its directory's ports and its global catalog's.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) directory: LdapServer,
    pub(super) catalog: LdapServer,
}

/// Opens the ports of every domain controller.
fn serve_controllers(world: &Arc<World>, ports: Ports, keys: &Keys) -> Result<Vec<Served>, Error> {
    let mut used = BTreeSet::new();
    let mut served = Vec::new();
    for controller in 0..world.controllers().len() {
        let [plain, tls, gc, gc_tls] = ports.ldap_doors_of(controller, &mut used)?;
        let serve = |plain: Door, tls: Door, port| {
            let options = LdapOptions {
                plain: plain.address(),
                tls: tls.address(),
                certificate: Some(keys.leaf.clone()),
                port,
                ..LdapOptions::new(keys.ldap.clone())
            };
            LdapServer::start(world.clone(), controller, options).map_err(|e| plain.refused(&e))
        };
        served.push(Served {
            directory: serve(plain, tls, Port::Directory)?,
            catalog: serve(gc, gc_tls, Port::Catalog)?,
        });
    }
    name_addresses(world, &served);
    Ok(served)
}

/// Where a forest has several domains that are not on port 389, referrals name their addresses: no resolver
/// knows their hosts, and a name says no port.
fn name_addresses(world: &World, served: &[Served]) {
    for domain in world.domains() {
        let alone = world.domains().iter().filter(|other| other.forest == domain.forest).count() < 2;
        let address = served[domain.controllers.start].directory.plain_addr();
        if alone || address.port() == STANDARD_PORT {
            continue;
        }
        let directory = world.controller(domain.controllers.start);
        let held = directory.naming_contexts().iter().filter(|context| context.kind.is_full());
        for context in held.filter(|context| context.dns.to_lowercase().ends_with(&domain.spec.domain)) {
            world.set_authority(&context.dns, address.to_string());
        }
    }
}

fn controller_env(world: &World, controller: usize, served: &Served) -> ControllerEnv {
    ControllerEnv {
        name: world.controller(controller).info().dc_dns_name.clone(),
        ldap_url: format!("ldap://{}", served.directory.plain_addr()),
        ldaps_url: format!("ldaps://{}", served.directory.tls_addr()),
        gc_url: format!("ldap://{}", served.catalog.plain_addr()),
        gc_tls_url: format!("ldaps://{}", served.catalog.tls_addr()),
    }
}

fn forest_env(world: &World, domain: usize, served: &[Served]) -> ForestEnv {
    let bind_upn = forest_principal(world, domain);
    let directory = world.directory(domain);
    let info = directory.info();
    let administrator = directory.entry(info.administrator);
    let controllers = world.domains()[domain].controllers.clone();
    let controllers = controllers.map(|c| controller_env(world, c, &served[c])).collect();
    let bind_password = world.domains()[domain].admin_password.clone();
    if world.spec.profile == DirectoryProfile::Lldap {
        let login = LldapLogin::of(&info.dns);
        return ForestEnv {
            controllers,
            base_dn: login.base_dn,
            domain: info.dns.clone(),
            // lldap binds by distinguished names only
            bind_upn: login.bind_dn.clone(),
            bind_dn: login.bind_dn,
            bind_password,
        };
    }
    ForestEnv {
        controllers,
        base_dn: info.domain_dn.clone(),
        domain: info.dns.clone(),
        bind_dn: administrator.map(|entry| entry.dn()).unwrap_or_default(),
        bind_upn,
        bind_password,
    }
}

fn tool_env(
    world: &World,
    ldap: &[Served],
    graph: &GraphServer,
    keys: &Keys,
    folder: &Path,
    (control_url, token): (&str, &str),
    plan: &EstatePlan,
) -> Result<ToolEnv, Error> {
    let tenant = world.tenant();
    let Some(application) = tenant.applications().first() else {
        return Err(Error::harness("the tenant has no application for tools to sign in with"));
    };
    let state_dir = folder.join("state");
    std::fs::create_dir(&state_dir).map_err(|e| Error::io(&state_dir, "make", &e))?;
    let license_plan = folder.join("license-plan.json");
    write_json(&license_plan, &LicensePlan::from_rows(&world.spec.tenant.license_plan))?;
    let plan_file = folder.join("plan.json");
    write_plan(&plan_file, plan)?;
    let app_certificate = folder.join("application.pem");
    let (certificate, key) = Client::certificate_and_key();
    write_private(&app_certificate, &format!("{certificate}{key}"))?;
    let graph_url = format!("https://{}", graph.https_addr());
    Ok(ToolEnv {
        forests: (0..world.domains().len()).map(|domain| forest_env(world, domain, ldap)).collect(),
        authority_url: graph_url.clone(),
        graph_url,
        graph_http_url: format!("http://{}", graph.http_addr()),
        tenant_id: tenant.id().to_string(),
        client_id: application.app_id.to_string(),
        client_secret: application.secret.clone(),
        app_certificate,
        admin_upn: administrator(&tenant),
        cloud_password: tenant.first_password(),
        ca_file: keys.bundle.clone(),
        client_cert: keys.client.0.clone(),
        client_key: keys.client.1.clone(),
        control_url: control_url.to_owned(),
        control_token: token.to_owned(),
        proxy_url: String::new(),
        clock: world.clock.mode(),
        state_dir,
        cycle: Cycle::Initial,
        staging: false,
        report_file: folder.join("report.json"),
        license_plan,
        plan: plan_file,
    })
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::harness(e.to_string()))?;
    std::fs::write(path, text).map_err(|e| Error::io(path, "write", &e))
}

/// A global administrator of a tenant, by name; empty when it has none.
fn administrator(tenant: &Tenant) -> String {
    let admins = tenant.iter(ObjectKind::User).filter(|user| tenant.is_global_administrator(user.id()));
    admins.filter_map(CloudObject::user_principal_name).next().unwrap_or("").to_owned()
}

fn health(world: &World, env: &ToolEnv) -> Value {
    let controller = |controller: &ControllerEnv| {
        json!({
            "name": controller.name,
            "ldap": controller.ldap_url,
            "ldaps": controller.ldaps_url,
            "gc": controller.gc_url,
            "gc_tls": controller.gc_tls_url,
        })
    };
    let forests: Vec<Value> = env
        .forests
        .iter()
        .map(|forest| {
            json!({
                "domain": forest.domain,
                "base_dn": forest.base_dn,
                "ldap": forest.first().ldap_url,
                "ldaps": forest.first().ldaps_url,
                "gc": forest.first().gc_url,
                "gc_tls": forest.first().gc_tls_url,
                "controllers": forest.controllers.iter().map(controller).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "ready": true,
        "format": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "seed": world.seed.value(),
        "clock": env.clock.to_string(),
        "forests": forests,
        "tenant": {
            "id": env.tenant_id,
            "graph": env.graph_url,
            "graph_http": env.graph_http_url,
            "authority": env.authority_url,
            "admin": env.admin_upn,
            "password": env.cloud_password,
        },
        "proxy": env.proxy_url,
        "control": env.control_url,
    })
}

/// On a realtime clock, lets virtual time follow the wall clock.
fn follow_wall_clock(estate: &Arc<Estate>) -> Option<Follower> {
    if estate.world.clock.mode() != ClockMode::Realtime {
        return None;
    }
    let world = estate.world.clone();
    Some(Follower(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(FOLLOW);
        let mut last = wall_clock();
        loop {
            ticks.tick().await;
            let now = wall_clock();
            // whole milliseconds only: what is left over counts with the next tick
            let passed = Duration::from_millis(u64::try_from((now - last).as_millis()).unwrap_or(u64::MAX));
            world.advance(passed);
            last += passed;
        }
    })))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a realtime clock follows the wall clock, which only a shell reads"
)]
fn wall_clock() -> Instant {
    Instant::now()
}
