//! The target of a request: scheme and host of links, version and path, and the shape that the journal shows.

use crate::hosts::is_microsoft;
use crate::resources::{ApiCall, ApiVersion, Caller};
use bytes::Bytes;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use http::Request;
use http::header::HOST;
use std::borrow::Cow;

/// The longest path and query that the journal keeps.
const JOURNAL_TARGET_MAX: usize = 512;
/// Segments after which the next one names an object.
const COLLECTIONS: [&str; 9] = [
    "users",
    "groups",
    "contacts",
    "devices",
    "domains",
    "directoryobjects",
    "members",
    "owners",
    "subscribedskus",
];

/// Scheme and host as the client named them, without a slash at the end; `public_url` goes before, but not for a
/// client that came through the proxy: it knows Microsoft's hosts and nothing else.
pub(crate) fn base<B>(request: &Request<B>, public_url: Option<&str>, secure: bool) -> String {
    let scheme = request.uri().scheme_str().unwrap_or(if secure { "https" } else { "http" });
    let named = request.uri().authority().map(http::uri::Authority::as_str);
    let host = named.or_else(|| request.headers().get(HOST).and_then(|value| value.to_str().ok()));
    if let Some(url) = public_url.filter(|_| !host.is_some_and(is_microsoft)) {
        return url.trim_end_matches('/').to_owned();
    }
    // it goes into JSON, headers and links: nothing but host names, addresses and ports
    let plain = |host: &&str| {
        (1..=255).contains(&host.len())
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
    };
    format!("{scheme}://{}", host.filter(plain).unwrap_or("localhost"))
}

/// A request as Graph's resources read it; one without a version is one of `v1.0`.
pub(super) fn call<'a>(
    request: &'a Request<Bytes>,
    base: &'a str,
    caller: &'a Caller,
    now: SimTime,
    request_id: Guid,
) -> ApiCall<'a> {
    let path = request.uri().path();
    let (version, path) = version(path).unwrap_or((ApiVersion::V1, path));
    ApiCall {
        method: request.method(),
        version,
        path,
        query: request.uri().query().unwrap_or(""),
        headers: request.headers(),
        body: request.body(),
        base,
        caller,
        now,
        request_id,
    }
}

/// The version that a path begins with, and the path after it. Microsoft's Python SDK with all defaults asks for
/// `/v1.0//users`, so slashes there count as one.
pub(crate) fn version(path: &str) -> Option<(ApiVersion, &str)> {
    let rest = path.strip_prefix('/')?;
    let end = rest.find('/').unwrap_or(rest.len());
    let version = match &rest[..end] {
        v if v.eq_ignore_ascii_case("v1.0") => ApiVersion::V1,
        v if v.eq_ignore_ascii_case("beta") => ApiVersion::Beta,
        _ => return None,
    };
    let path = &rest[end..];
    let doubled = path.bytes().take_while(|b| *b == b'/').count().saturating_sub(1);
    Some((version, &path[doubled..]))
}

/// `PATCH /v1.0/users/{id}`: the request with its objects taken out, so that like ones can be counted.
pub(crate) fn shape(method: &http::Method, path: &str) -> String {
    let mut shape = format!("{method} ");
    let mut after = "";
    for segment in path.split('/').skip(1) {
        shape.push('/');
        shape.push_str(&placeholder(after, segment));
        after = segment;
    }
    cut(&shape).into_owned()
}

/// The shape of a request to the token service: `POST /{tenant}/oauth2/v2.0/token`.
pub(crate) fn without_tenant(shape: &str) -> String {
    let (method, path) = shape.split_once(" /").unwrap_or((shape, ""));
    match path.split_once('/') {
        Some((_, rest)) => format!("{method} /{{tenant}}/{rest}"),
        None => shape.to_owned(),
    }
}

fn placeholder<'a>(after: &str, segment: &'a str) -> Cow<'a, str> {
    if let Some((name, _)) = segment.split_once('(').filter(|(_, key)| key.starts_with(['\'', '%'])) {
        return Cow::Owned(format!("{name}/{{id}}"));
    }
    let collection = COLLECTIONS.iter().any(|name| after.eq_ignore_ascii_case(name));
    let operation = segment.starts_with('$')
        || segment.starts_with("delta")
        || segment.starts_with("microsoft.graph.")
        || segment.starts_with("graph.")
        || segment.is_empty();
    let id = Guid::parse(segment).is_some()
        || segment.contains('@')
        || segment.contains("%40")
        || collection && !operation;
    Cow::Borrowed(if id { "{id}" } else { segment })
}

/// Path and query, shortened when they are long.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= JOURNAL_TARGET_MAX {
        return Cow::Borrowed(text);
    }
    let end = (0..=JOURNAL_TARGET_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    Cow::Owned(format!("{}...", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    #[test]
    fn a_shape_has_no_objects_in_it() {
        let check =
            |path: &str, expected: &str| assert_eq!(shape(&Method::GET, path), format!("GET {expected}"));
        let id = "6fd2c87f-b296-42f0-b197-1e91e994b900";
        check("/v1.0/users", "/v1.0/users");
        check("/v1.0/Users/ada%40contoso.com/licenseDetails", "/v1.0/Users/{id}/licenseDetails");
        check("/v1.0/users('ada')/manager", "/v1.0/users/{id}/manager");
        check("/v1.0/users/$count", "/v1.0/users/$count");
        check("/beta/groups/delta()", "/beta/groups/delta()");
        check(&format!("/v1.0/groups/{id}/members/{id}/$ref"), "/v1.0/groups/{id}/members/{id}/$ref");
        check("/v1.0/$batch", "/v1.0/$batch");
        check("/v1.0/domains/contoso.com", "/v1.0/domains/{id}");
        let token = without_tenant(&shape(&Method::POST, "/contoso.com/oauth2/v2.0/token"));
        assert_eq!(token, "POST /{tenant}/oauth2/v2.0/token");
    }

    #[test]
    fn links_begin_with_what_the_client_asked() {
        let check = |uri: &str, host: Option<&str>, public: Option<&str>, expected: &str| {
            let mut request = Request::builder().uri(uri);
            if let Some(host) = host {
                request = request.header(HOST, host);
            }
            assert_eq!(base(&request.body(()).unwrap(), public, true), expected, "{uri}");
        };
        check("/v1.0/users", Some("127.0.0.1:1234"), None, "https://127.0.0.1:1234");
        check("http://localhost:8080/v1.0/users", None, None, "http://localhost:8080");
        check("/v1.0/users", Some("a"), Some("https://lab.contoso.com/"), "https://lab.contoso.com");
        let real = "https://graph.microsoft.com";
        check("/v1.0/users", Some("graph.microsoft.com"), Some("https://lab.contoso.com/"), real);
        check("/v1.0/users", Some("evil\"><script>"), None, "https://localhost");
        check("/v1.0/users", None, None, "https://localhost");
    }

    #[test]
    fn a_version_is_the_first_segment() {
        assert_eq!(version("/v1.0/users"), Some((ApiVersion::V1, "/users")));
        assert_eq!(version("/v1.0//users"), Some((ApiVersion::V1, "/users")));
        assert_eq!(version("/v1.0/"), Some((ApiVersion::V1, "/")));
        assert_eq!(version("/Beta"), Some((ApiVersion::Beta, "")));
        assert_eq!(version("/v1.0x/users"), None);
        assert_eq!(version("*"), None);
    }
}
