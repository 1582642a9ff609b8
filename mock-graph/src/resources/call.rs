//! What goes into the resources and what comes out: values without a socket.

use crate::core::Asked;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method};

/// What Graph answers with when the body is JSON (microsoft-graph.md section 4).
pub(crate) const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// Which of Graph's two versions is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApiVersion {
    /// `/v1.0`.
    V1,
    /// `/beta`.
    Beta,
}

impl ApiVersion {
    /// As it stands in a path.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ApiVersion::V1 => "v1.0",
            ApiVersion::Beta => "beta",
        }
    }
}

/// Who calls: an application whose token has been checked, for itself or for a user who signed in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    /// The application (client) id.
    pub(crate) app_id: Guid,
    /// The application permissions in the token (`roles`); empty when a user signed in.
    pub(crate) roles: Vec<String>,
    /// The object id of the user who signed in (delegated access): whom `/me` means. None when the application
    /// calls for itself.
    pub(crate) user: Option<Guid>,
    /// Whether nobody asks what it may: the estate's checks of tokens are relaxed.
    pub(crate) unchecked: bool,
    /// The delegated permissions in the token (`scp`); empty when the application calls for itself.
    pub(crate) scopes: Vec<String>,
}

/// One request to Graph, after the token, the permissions and the limits have been checked.
#[derive(Debug, Clone)]
pub(crate) struct ApiCall<'a> {
    /// The HTTP method.
    pub(crate) method: &'a Method,
    /// The version that the path began with.
    pub(crate) version: ApiVersion,
    /// What follows the version, still percent-encoded: `/users/ada%40contoso.com`.
    pub(crate) path: &'a str,
    /// What follows the question mark, still percent-encoded; may be empty.
    pub(crate) query: &'a str,
    /// The request's headers.
    pub(crate) headers: &'a HeaderMap,
    /// The request's body.
    pub(crate) body: &'a [u8],
    /// Scheme and host of links in the answer, without version: `https://127.0.0.1:1234`.
    pub(crate) base: &'a str,
    /// Who calls.
    pub(crate) caller: &'a Caller,
    /// The virtual instant.
    pub(crate) now: SimTime,
    /// What goes into `request-id`.
    pub(crate) request_id: Guid,
}

impl ApiCall<'_> {
    /// The request's `client-request-id`, or the request id when it has none.
    pub(crate) fn client_request_id(&self) -> String {
        self.header("client-request-id").map_or_else(|| self.request_id.to_string(), str::to_owned)
    }

    /// A header's text, when it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether `ConsistencyLevel: eventual` was sent.
    pub(crate) fn eventual(&self) -> bool {
        self.header("consistencylevel").is_some_and(|value| value.trim().eq_ignore_ascii_case("eventual"))
    }
}

/// One answer. It carries Content-Type (exactly once, when there is a body) and Location; the other headers
/// that every answer has (request-id, Date, x-ms-resource-unit...) are the core's.
#[derive(Debug, Clone, Default)]
pub(crate) struct ApiReply {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Headers.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// What the server did not know (a route, a property, a filter function): for the journal.
    pub(crate) unknown: Option<String>,
    /// An address that has to be asked before the answer counts.
    pub(crate) ask: Option<Box<Asked<ApiReply>>>,
    /// How many objects the body holds.
    pub(crate) returned: u32,
}

impl ApiReply {
    /// 204 without a body.
    pub(crate) fn no_content() -> ApiReply {
        ApiReply { status: 204, ..ApiReply::default() }
    }

    /// A JSON body.
    pub(crate) fn json(status: u16, body: Vec<u8>, returned: u32) -> ApiReply {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static(JSON))];
        ApiReply { status, headers, body, unknown: None, ask: None, returned }
    }

    /// A plain text body, as `$count` answers it.
    pub(crate) fn text(body: String) -> ApiReply {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("text/plain"))];
        ApiReply { status: 200, headers, body: body.into_bytes(), unknown: None, ask: None, returned: 0 }
    }

    /// Adds a header; text that no header can hold is left out.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> ApiReply {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}
