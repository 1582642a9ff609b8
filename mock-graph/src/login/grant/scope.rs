//! What a client asks a token for: a resource, and permissions of it.

use super::super::error::StsError;
use super::super::form::Form;
use super::super::route::Version;
use super::super::{LoginCall, without_port};
use super::{GRAPH_APP_ID, GRAPH_URI};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::Client;

const RESOURCES: &str = include_str!("../../../data/token-resources.tsv");
/// Scopes of OpenID Connect, which belong to no resource.
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];
/// More scopes than anybody asks for; the rest is not looked at.
const MAX_SCOPES: usize = 256;

/// A resource that tokens are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// Its name.
    pub(crate) name: String,
    /// Its application id.
    pub(crate) app_id: Guid,
    /// `aud` of its tokens.
    pub(crate) audience: String,
}

impl Resource {
    /// Whether it is Microsoft Graph.
    pub(crate) fn is_graph(&self) -> bool {
        self.audience == GRAPH_URI || self.audience == GRAPH_APP_ID
    }
}

/// What a client asked for on behalf of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The resource.
    pub(crate) resource: Resource,
    /// `resource` of the older endpoint, as the client wrote it.
    pub(crate) written: String,
    /// Permissions by name; none for `.default`, which means all that were consented to.
    pub(crate) permissions: Vec<String>,
    /// The resource as the client wrote it before its permissions: answers say permissions the same way.
    pub(crate) prefix: Option<String>,
    /// Whether `.default` was asked for.
    pub(crate) all: bool,
    /// Those of [`OPENID`] that were asked for.
    pub(crate) openid: Vec<&'static str>,
}

/// The resource that a client names. Clients that are pointed at this tenant ask for Graph by its own host, with
/// and without the port, and some with a double slash (clients.md).
pub(crate) fn resource(call: &LoginCall<'_>, asked: &str) -> Result<Resource, StsError> {
    let plain = asked.trim_end_matches('/');
    for row in RESOURCES.lines().skip(2) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [name, id, uri, ..] = cells[..] else { continue };
        let audience = [id, uri].into_iter().find(|known| plain.eq_ignore_ascii_case(known));
        if let (Some(audience), Some(app_id)) = (audience, Guid::parse(id)) {
            return Ok(Resource { name: name.to_owned(), app_id, audience: audience.to_owned() });
        }
    }
    let host = plain.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(""));
    let own = host.is_some_and(|host| {
        let name = without_port(host);
        name.eq_ignore_ascii_case(without_port(call.authority()))
            || ["localhost", "127.0.0.1", "[::1]"].iter().any(|local| name.eq_ignore_ascii_case(local))
    });
    if own {
        let app_id = Guid::parse(GRAPH_APP_ID).unwrap_or_default();
        return Ok(Resource { name: "Microsoft Graph".to_owned(), app_id, audience: GRAPH_URI.to_owned() });
    }
    // an application of the tenant may be the resource itself
    let application = plain.strip_prefix("api://").unwrap_or(plain);
    if let Some(client) = Guid::parse(application).and_then(|id| call.tenant.client(id)) {
        let audience = client.app_id.to_string();
        return Ok(Resource { name: client.display_name, app_id: client.app_id, audience });
    }
    Err(StsError::new(500_011).with("resource", asked).with("tenant", call.tenant.id().to_string()))
}

/// What a client asks for itself: the resource, and as it wrote it.
pub(crate) fn app_only(
    call: &LoginCall<'_>,
    version: Version,
    form: &Form,
) -> Result<(Resource, String), StsError> {
    let missing = |parameter: &str| StsError::new(900_144).with("parameter", parameter);
    let asked = match version {
        Version::V1 => form.get("resource").ok_or_else(|| missing("resource"))?,
        Version::V2 => {
            let scope = form.get("scope").ok_or_else(|| missing("scope"))?;
            let resource = scope.strip_suffix("/.default").filter(|resource| !resource.contains(' '));
            resource.ok_or_else(|| StsError::new(1_002_012).with("scope", scope))?
        }
    };
    Ok((resource(call, asked)?, asked.to_owned()))
}

/// What is asked on behalf of a user, from the text of `scope`.
pub(crate) fn delegated(call: &LoginCall<'_>, client: &Client, scope: &str) -> Result<Asked, StsError> {
    let mut asked = Asked {
        resource: resource(call, GRAPH_URI)?,
        written: GRAPH_URI.to_owned(),
        permissions: Vec::new(),
        prefix: None,
        all: false,
        openid: Vec::new(),
    };
    let mut found: Option<Resource> = None;
    for text in scope.split_ascii_whitespace().take(MAX_SCOPES) {
        if let Some(openid) = OPENID.into_iter().find(|known| known.eq_ignore_ascii_case(text)) {
            asked.openid.push(openid);
            continue;
        }
        let (owner, name) = match text.rsplit_once('/') {
            Some((owner, name)) => {
                asked.prefix = Some(owner.to_owned());
                (resource(call, owner)?, name)
            }
            None => (resource(call, GRAPH_URI)?, text),
        };
        if found.as_ref().is_some_and(|found| found.app_id != owner.app_id) {
            return Err(StsError::new(28_000).with("scope", scope));
        }
        match name.eq_ignore_ascii_case(".default") {
            true => asked.all = true,
            false => asked.permissions.push(known(client, &owner, name)?),
        }
        found = Some(owner);
    }
    if let Some(found) = found {
        asked.written.clone_from(&found.audience);
        asked.resource = found;
    }
    Ok(asked)
}

/// A permission in the spelling of its resource. Only Graph's are known; other resources take any name.
fn known(client: &Client, owner: &Resource, name: &str) -> Result<String, StsError> {
    if !owner.is_graph() {
        return Ok(name.to_owned());
    }
    Client::scope(name).map(str::to_owned).ok_or_else(|| {
        StsError::new(650_053)
            .with("app", client.display_name.as_str())
            .with("scope", name)
            .with("resource", owner.app_id.to_string())
    })
}

impl Asked {
    /// `scp` of the access token: the permissions, and what OpenID Connect adds.
    pub(crate) fn claim(&self, granted: &[String]) -> Vec<String> {
        let openid = self.openid.iter().filter(|scope| **scope != "offline_access");
        granted.iter().cloned().chain(openid.map(|scope| (*scope).to_owned())).collect()
    }

    /// `scope` of the answer: the permissions as the client writes them.
    pub(crate) fn answer(&self, granted: &[String]) -> String {
        let prefix = self.prefix.as_ref().map(|prefix| format!("{prefix}/")).unwrap_or_default();
        let openid = self.openid.iter().filter(|scope| **scope != "offline_access");
        let mut parts: Vec<String> = openid.map(|scope| (*scope).to_owned()).collect();
        parts.extend(granted.iter().map(|name| format!("{prefix}{name}")));
        if self.all {
            parts.push(format!("{prefix}.default"));
        }
        parts.join(" ")
    }

    /// Whether a refresh token was asked for.
    pub(crate) fn offline(&self) -> bool {
        self.openid.contains(&"offline_access")
    }

    /// Whether an ID token was asked for.
    pub(crate) fn openid(&self) -> bool {
        self.openid.contains(&"openid")
    }

    /// The permissions that the client gets for a user: all that were consented to, as the real service gives
    /// them; refused when one that was asked for is not among them.
    pub(crate) fn granted(
        &self,
        call: &LoginCall<'_>,
        client: &Client,
        user: Guid,
    ) -> Result<Vec<String>, StsError> {
        if !self.resource.is_graph() {
            let own = || vec!["user_impersonation".to_owned()];
            return Ok(if self.permissions.is_empty() { own() } else { self.permissions.clone() });
        }
        let consented = call.tenant.consented(client.app_id, user);
        if consented.is_empty() || self.permissions.iter().any(|wanted| !consented.contains(wanted)) {
            let id = client.app_id.to_string();
            return Err(StsError::new(65_001).with("client", id).with("app", client.display_name.as_str()));
        }
        Ok(consented)
    }
}
