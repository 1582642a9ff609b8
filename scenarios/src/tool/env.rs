//! The environment contract: what a tool is told, as variables and as a value.

use forestbed_sim::clock::ClockMode;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which kind of cycle a sync engine is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cycle {
    /// Everything, from nothing.
    #[default]
    Initial,
    /// What changed since the last cycle.
    Delta,
}

impl Cycle {
    /// Its name in `FORESTBED_CYCLE` and scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Cycle::Initial => "initial",
            Cycle::Delta => "delta",
        }
    }
}

/// One domain controller as a tool sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ControllerEnv {
    /// `DC1.contoso.local`.
    pub name: String,
    /// `ldap://127.0.0.1:40001` (plain, and StartTLS).
    pub ldap_url: String,
    /// `ldaps://127.0.0.1:40002`.
    pub ldaps_url: String,
    /// Its global catalog.
    pub gc_url: String,
    /// Its global catalog over TLS.
    pub gc_tls_url: String,
}

impl ControllerEnv {
    fn write(&self, prefix: &str, map: &mut BTreeMap<String, String>) {
        let mut put = |name: &str, value: &str| map.insert(format!("{prefix}{name}"), value.to_owned());
        put("DC_NAME", &self.name);
        put("LDAP_URL", &self.ldap_url);
        put("LDAPS_URL", &self.ldaps_url);
        put("GC_URL", &self.gc_url);
        put("GC_TLS_URL", &self.gc_tls_url);
    }

    /// Tools that were told by an older contract know no catalog and no name.
    fn read(prefix: &str, map: &BTreeMap<String, String>) -> Option<ControllerEnv> {
        let get = |name: &str| map.get(&format!("{prefix}{name}")).cloned();
        Some(ControllerEnv {
            name: get("DC_NAME").unwrap_or_default(),
            ldap_url: get("LDAP_URL")?,
            ldaps_url: get("LDAPS_URL")?,
            gc_url: get("GC_URL").unwrap_or_default(),
            gc_tls_url: get("GC_TLS_URL").unwrap_or_default(),
        })
    }
}

/// One domain as a tool sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForestEnv {
    /// Its domain controllers; never empty.
    pub controllers: Vec<ControllerEnv>,
    /// `DC=contoso,DC=local`.
    pub base_dn: String,
    /// `contoso.local`.
    pub domain: String,
    /// The administrator's distinguished name.
    pub bind_dn: String,
    /// The administrator's userPrincipalName.
    pub bind_upn: String,
    /// The administrator's password.
    pub bind_password: String,
}

impl ForestEnv {
    /// Its first domain controller.
    ///
    /// # Panics
    /// When it has none: whoever made it broke the rule.
    pub fn first(&self) -> &ControllerEnv {
        &self.controllers[0]
    }

    fn write(&self, prefix: &str, map: &mut BTreeMap<String, String>) {
        for (index, controller) in self.controllers.iter().enumerate() {
            match index {
                0 => controller.write(prefix, map),
                _ => controller.write(&format!("{prefix}DC{}_", index + 1), map),
            }
        }
        let mut put = |name: &str, value: &str| map.insert(format!("{prefix}{name}"), value.to_owned());
        put("BASE_DN", &self.base_dn);
        put("DOMAIN", &self.domain);
        put("BIND_DN", &self.bind_dn);
        put("BIND_UPN", &self.bind_upn);
        put("BIND_PASSWORD", &self.bind_password);
    }
}

/// Everything that a tool is told: the `FORESTBED_*` variables as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolEnv {
    /// The domains: each forest's root and then its children, in the order of the scenario; never empty.
    pub forests: Vec<ForestEnv>,
    /// `https://127.0.0.1:40003`, without version.
    pub graph_url: String,
    /// The same tenant without TLS.
    pub graph_http_url: String,
    /// Where tokens come from: `https://127.0.0.1:40003` (the tenant's id goes behind it).
    pub authority_url: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// The application's id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: String,
    /// PEM file with the certificate and the RSA key by which the application may authenticate instead.
    pub app_certificate: PathBuf,
    /// The user principal name of a global administrator of the tenant.
    pub admin_upn: String,
    /// The password of the administrator and of the tenant's other first users. Synchronized users have none.
    pub cloud_password: String,
    /// PEM file with the system's roots and the lab's CA.
    pub ca_file: PathBuf,
    /// PEM file with a certificate by which the first forest's administrator logs on with SASL EXTERNAL.
    pub client_cert: PathBuf,
    /// PEM file with its key.
    pub client_key: PathBuf,
    /// `http://127.0.0.1:40005`: the control API, with `/api/provision` and `/api/clock`.
    pub control_url: String,
    /// Its bearer token.
    pub control_token: String,
    /// `http://127.0.0.1:40006`: the proxy that answers for Microsoft's host names from this tenant.
    pub proxy_url: String,
    /// How virtual time moves: a tool that must wait asks `POST /api/clock {"wait":"3s"}` unless it is realtime.
    pub clock: ClockMode,
    /// A folder that is kept between the steps of one run.
    pub state_dir: PathBuf,
    /// Initial or delta.
    pub cycle: Cycle,
    /// Whether a sync engine is in staging: it reads and computes, and writes nothing to either side.
    pub staging: bool,
    /// Where a checker or fixer leaves its [`ToolReport`](super::ToolReport).
    pub report_file: PathBuf,
    /// Where the [`LicensePlan`](super::LicensePlan) lies.
    pub license_plan: PathBuf,
    /// Where the [`EstatePlan`](super::EstatePlan) lies; empty for tools that were told by an older contract.
    pub plan: PathBuf,
}

impl ToolEnv {
    /// From variables (`FORESTBED_LDAP_URL`... and, with several forests, `FORESTBED_1_LDAP_URL`...).
    ///
    /// # Errors
    /// The name of the variable that is missing or wrong.
    pub fn from_map(map: &BTreeMap<String, String>) -> Result<ToolEnv, String> {
        let get = |name: &str| {
            map.get(name).cloned().ok_or_else(|| {
                format!("the variable {name} is missing: run inside `forestbed exec` or a scenario")
            })
        };
        let forest = |prefix: &str| -> Result<ForestEnv, String> {
            let get = |name: &str| get(&format!("{prefix}{name}"));
            get("LDAP_URL")?;
            get("LDAPS_URL")?;
            let first = ControllerEnv::read(prefix, map).into_iter();
            let others = (2..).map_while(|n| ControllerEnv::read(&format!("{prefix}DC{n}_"), map));
            Ok(ForestEnv {
                controllers: first.chain(others).collect(),
                base_dn: get("BASE_DN")?,
                domain: get("DOMAIN")?,
                bind_dn: get("BIND_DN")?,
                bind_upn: get("BIND_UPN")?,
                bind_password: get("BIND_PASSWORD")?,
            })
        };
        let mut forests = Vec::new();
        while map.contains_key(&format!("FORESTBED_{}_LDAP_URL", forests.len() + 1)) {
            forests.push(forest(&format!("FORESTBED_{}_", forests.len() + 1))?);
        }
        if forests.is_empty() {
            forests.push(forest("FORESTBED_")?);
        }
        let cycle = match map.get("FORESTBED_CYCLE").map(String::as_str) {
            None | Some("initial") => Cycle::Initial,
            Some("delta") => Cycle::Delta,
            Some(other) => return Err(format!("FORESTBED_CYCLE is '{other}': use initial or delta")),
        };
        let staging = match map.get("FORESTBED_STAGING").map(String::as_str) {
            None | Some("" | "0") => false,
            Some("1") => true,
            Some(other) => return Err(format!("FORESTBED_STAGING is '{other}': use 1 or 0")),
        };
        Ok(ToolEnv {
            forests,
            graph_url: get("FORESTBED_GRAPH_URL")?,
            graph_http_url: get("FORESTBED_GRAPH_HTTP_URL")?,
            authority_url: get("FORESTBED_AUTHORITY_URL")?,
            tenant_id: get("FORESTBED_TENANT_ID")?,
            client_id: get("FORESTBED_CLIENT_ID")?,
            client_secret: get("FORESTBED_CLIENT_SECRET")?,
            app_certificate: get("FORESTBED_APP_CERTIFICATE")?.into(),
            admin_upn: get("FORESTBED_ADMIN_UPN")?,
            cloud_password: get("FORESTBED_CLOUD_PASSWORD")?,
            ca_file: get("FORESTBED_CA_FILE")?.into(),
            client_cert: get("FORESTBED_CLIENT_CERT")?.into(),
            client_key: get("FORESTBED_CLIENT_KEY")?.into(),
            // tools that were told by an older contract know none
            proxy_url: get("FORESTBED_PROXY_URL").unwrap_or_default(),
            control_url: get("FORESTBED_CONTROL_URL")?,
            control_token: get("FORESTBED_CONTROL_TOKEN")?,
            clock: get("FORESTBED_CLOCK")?.parse()?,
            state_dir: get("FORESTBED_STATE_DIR")?.into(),
            cycle,
            staging,
            report_file: get("FORESTBED_REPORT_FILE")?.into(),
            license_plan: get("FORESTBED_LICENSE_PLAN")?.into(),
            plan: get("FORESTBED_PLAN").unwrap_or_default().into(),
        })
    }

    /// As variables: what [`ToolEnv::from_map`] reads. The first domain has the names without a number; with
    /// several domains each also has those with one. Further controllers of a domain: `DC2_` before the name.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let mut map = BTreeMap::new();
        for (index, forest) in self.forests.iter().enumerate() {
            if index == 0 {
                forest.write("FORESTBED_", &mut map);
            }
            if self.forests.len() > 1 {
                forest.write(&format!("FORESTBED_{}_", index + 1), &mut map);
            }
        }
        let mut put = |name: &str, value: String| map.insert(format!("FORESTBED_{name}"), value);
        put("GRAPH_URL", self.graph_url.clone());
        put("GRAPH_HTTP_URL", self.graph_http_url.clone());
        put("AUTHORITY_URL", self.authority_url.clone());
        put("TENANT_ID", self.tenant_id.clone());
        put("CLIENT_ID", self.client_id.clone());
        put("CLIENT_SECRET", self.client_secret.clone());
        put("APP_CERTIFICATE", self.app_certificate.display().to_string());
        put("ADMIN_UPN", self.admin_upn.clone());
        put("CLOUD_PASSWORD", self.cloud_password.clone());
        put("CA_FILE", self.ca_file.display().to_string());
        put("CLIENT_CERT", self.client_cert.display().to_string());
        put("CLIENT_KEY", self.client_key.display().to_string());
        put("PROXY_URL", self.proxy_url.clone());
        put("CONTROL_URL", self.control_url.clone());
        put("CONTROL_TOKEN", self.control_token.clone());
        put("CLOCK", self.clock.to_string());
        put("STATE_DIR", self.state_dir.display().to_string());
        put("CYCLE", self.cycle.name().to_owned());
        put("STAGING", u8::from(self.staging).to_string());
        put("REPORT_FILE", self.report_file.display().to_string());
        put("LICENSE_PLAN", self.license_plan.display().to_string());
        put("PLAN", self.plan.display().to_string());
        map
    }

    /// The names of the variables of this process that tell of further domains and controllers: when an estate is
    /// started inside another one, they are the other one's, and a tool must not inherit them.
    pub fn inherited() -> Vec<String> {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        names.filter(|name| is_numbered(name)).collect()
    }

    /// From the variables of this process.
    ///
    /// # Errors
    /// As [`ToolEnv::from_map`].
    pub fn from_process() -> Result<ToolEnv, String> {
        ToolEnv::from_map(&std::env::vars().filter(|(name, _)| name.starts_with("FORESTBED_")).collect())
    }
}

/// Whether a variable is one of a further domain (`FORESTBED_2_...`) or controller (`FORESTBED_DC2_...`): those
/// without a number are always replaced.
fn is_numbered(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("FORESTBED_") else { return false };
    let count = rest.strip_prefix("DC").unwrap_or(rest);
    count
        .split_once('_')
        .is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::is_numbered;

    #[test]
    fn variables_of_further_domains_and_controllers_are_known_by_their_number() {
        let check = |name: &str, expected: bool| assert_eq!(is_numbered(name), expected, "{name}");
        check("FORESTBED_2_LDAP_URL", true);
        check("FORESTBED_1_DC2_GC_URL", true);
        check("FORESTBED_DC2_DC_NAME", true);
        check("FORESTBED_DC_NAME", false);
        check("FORESTBED_LDAP_URL", false);
        check("FORESTBED_LOG", false);
        check("OTHER_2_LDAP_URL", false);
    }
}
