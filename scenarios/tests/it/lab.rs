//! The lab: ports, keys, environment, teardown.

use crate::support::{client, small_lab};
use forestbed_scenarios::lab::Ports;
use forestbed_scenarios::tool::{Cycle, ToolEnv};
use forestbed_scenarios::tools::{ReferenceFixer, ReferenceSync};
use forestbed_scenarios::{ErrorKind, Lab, Role};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::spec::{DomainSpec, EstateSpec, ForestSpec, PopulationSpec};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;

fn two_forests() -> EstateSpec {
    let forest = |domain: &str, suffix: &str| ForestSpec {
        domain: domain.to_owned(),
        upn_suffixes: vec![suffix.to_owned()],
        population: PopulationSpec::of_users(5),
        defects: forestbed_sim::spec::DefectMix::none(),
        decoys: 0,
        ..ForestSpec::default()
    };
    let forests = vec![forest("contoso.local", "contoso.com"), forest("fabrikam.local", "fabrikam.com")];
    EstateSpec { forests, ..EstateSpec::default() }
}

#[tokio::test]
async fn the_environment_names_every_door_and_reads_back() {
    let lab = Lab::builder().spec(two_forests()).start().await.unwrap();
    let env = lab.env();
    for name in [
        "LDAP_URL",
        "LDAPS_URL",
        "BASE_DN",
        "DOMAIN",
        "BIND_DN",
        "BIND_UPN",
        "BIND_PASSWORD",
        "1_LDAP_URL",
        "2_BASE_DN",
        "GRAPH_URL",
        "GRAPH_HTTP_URL",
        "AUTHORITY_URL",
        "TENANT_ID",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "CA_FILE",
        "CONTROL_URL",
        "CONTROL_TOKEN",
        "CLOCK",
        "STATE_DIR",
        "CYCLE",
        "STAGING",
        "REPORT_FILE",
        "LICENSE_PLAN",
        "PLAN",
    ] {
        assert!(env.get(&format!("FORESTBED_{name}")).is_some_and(|value| !value.is_empty()), "{name}");
    }
    assert_eq!(env["FORESTBED_1_DOMAIN"], env["FORESTBED_DOMAIN"]);
    assert_eq!(env["FORESTBED_2_BASE_DN"], "DC=fabrikam,DC=local");
    assert_eq!(env["FORESTBED_CLOCK"], "frozen");
    assert_eq!(ToolEnv::from_map(env).unwrap(), lab.tool_env(Cycle::Initial));
    let all = lab.env_for_tool();
    for name in
        ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "LDAPTLS_CACERT"]
    {
        assert_eq!(all[name], env["FORESTBED_CA_FILE"], "{name}");
    }
    let missing = ToolEnv::from_map(&Default::default()).unwrap_err();
    assert!(missing.contains("FORESTBED_LDAP_URL"), "{missing}");
    lab.shutdown().await;
}

#[tokio::test]
async fn a_client_that_trusts_the_bundle_reaches_the_tenant_by_every_name_of_this_machine() {
    let lab = small_lab().await;
    let env = lab.env();
    let client = client(env["FORESTBED_CA_FILE"].as_ref());
    let url = env["FORESTBED_GRAPH_URL"].replace("127.0.0.1", "localhost");
    for base in [env["FORESTBED_GRAPH_URL"].as_str(), &url] {
        let url = format!("{base}/{}/v2.0/.well-known/openid-configuration", env["FORESTBED_TENANT_ID"]);
        assert_eq!(client.get(url).send().await.unwrap().status(), 200);
    }
    lab.shutdown().await;
}

#[tokio::test]
async fn keys_lie_in_the_runs_folder_for_the_owner_alone() {
    let lab = small_lab().await;
    for name in ["ca.pem", "ca-bundle.pem", "ca-key.pem", "server.pem", "server-key.pem"] {
        let mode = std::fs::metadata(lab.folder().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let bundle = std::fs::read_to_string(&lab.env()["FORESTBED_CA_FILE"]).unwrap();
    let ca = std::fs::read_to_string(lab.folder().join("ca.pem")).unwrap();
    assert!(bundle.ends_with(&ca));
    lab.shutdown().await;
}

#[tokio::test]
async fn dropping_a_lab_frees_its_ports_and_removes_its_folder() {
    let lab = small_lab().await;
    let folder = lab.folder().to_owned();
    let control = lab.control_url().trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(&control).is_ok());
    lab.shutdown().await;
    assert!(!folder.exists());
    assert!(TcpStream::connect(&control).is_err());
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_way_to_choose_another() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for (ports, option) in [
        (Ports { ldap: port, ..Ports::default() }, "--ldap-port"),
        (Ports { ldaps: port, ..Ports::default() }, "--ldaps-port"),
        (Ports { graph: port, ..Ports::default() }, "--graph-port"),
        (Ports { graph_http: port, ..Ports::default() }, "--graph-http-port"),
        (Ports { control: port, ..Ports::default() }, "--control-port"),
    ] {
        let error = Lab::builder().users(5).ports(ports).start().await.unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (ErrorKind::PortInUse, 3));
        assert!(error.to_string().contains(&format!("port {port}")), "{error}");
        assert!(error.help_text().is_some_and(|help| help.contains(option)), "{error:?}");
    }
}

#[tokio::test]
async fn ports_that_are_asked_for_are_taken_and_further_controllers_get_the_next_free_ones() {
    let listeners: Vec<_> = (0..4).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let asked: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    drop(listeners);
    let ports = Ports { ldap: asked[0], ldaps: asked[1], gc: asked[2], gc_tls: asked[3], ..Ports::default() };
    let lab = Lab::builder().spec(two_forests()).ports(ports).start().await.unwrap();
    let env = lab.env();
    let port = |name: &str| -> u16 { env[name].rsplit(':').next().unwrap().parse().unwrap() };
    let kinds = ["LDAP_URL", "LDAPS_URL", "GC_URL", "GC_TLS_URL"];
    let first: Vec<u16> = kinds.iter().map(|kind| port(&format!("FORESTBED_{kind}"))).collect();
    assert_eq!(first, asked);
    for (kind, asked) in kinds.iter().zip(&asked) {
        let further = port(&format!("FORESTBED_2_{kind}"));
        assert!(further > *asked && !first.contains(&further), "{kind}: {further} of {first:?}");
        assert!(TcpStream::connect(("127.0.0.1", further)).is_ok(), "{kind}");
    }
    lab.shutdown().await;
}

#[tokio::test]
async fn one_port_asked_for_twice_is_the_callers_error() {
    // the ports are compared before any is opened, so it does not matter whether this one is free
    let ports = Ports { ldap: 45_871, ldaps: 45_871, ..Ports::default() };
    let error = Lab::builder().users(5).ports(ports).start().await.expect_err("one port for two");
    let help = error.help_text().unwrap_or_default();
    assert!(error.to_string().contains("45871 is asked for twice: for LDAP and for LDAPS"), "{error}");
    assert!(help.contains("--ldap-port") && help.contains("--ldaps-port"), "{help}");
    assert_eq!(error.exit_code(), 2);
}

#[tokio::test]
async fn the_reference_tools_find_the_configuration_of_a_child_domain() {
    let mut spec = two_forests();
    spec.forests.truncate(1);
    spec.forests[0].children = vec![DomainSpec {
        domain: "emea.contoso.local".to_owned(),
        netbios: None,
        upn_suffixes: Vec::new(),
        population: PopulationSpec::of_users(5),
        defects: forestbed_sim::spec::DefectMix::none(),
        decoys: 0,
        controllers: 2,
    }];
    let lab = Lab::builder().spec(spec).start().await.unwrap();
    lab.run(Role::Fixer, &ReferenceFixer::default()).await.unwrap();
    lab.run(Role::Sync, &ReferenceSync::default()).await.unwrap();
    let score = lab.score().sync.unwrap();
    assert!(score.converged, "{score:?}");
    lab.shutdown().await;
}

#[tokio::test]
async fn an_estate_that_cannot_be_is_the_callers_error() {
    let mut spec = two_forests();
    spec.tenant.licenses = vec![("NO_SUCH_SKU".to_owned(), forestbed_sim::spec::Seats::Exactly(1))];
    let error = Lab::builder().spec(spec).start().await.unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Input, 2));
    assert!(error.to_string().contains("NO_SUCH_SKU"), "{error}");
}

#[tokio::test]
async fn a_realtime_clock_follows_the_wall_clock() {
    let mut spec = two_forests();
    spec.clock = ClockMode::Realtime;
    let start = spec.start;
    let lab = Lab::builder().spec(spec).start().await.unwrap();
    let world = lab.world().clone();
    let moved = async {
        while world.clock.now() <= start {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), moved).await.unwrap();
    lab.shutdown().await;
}
