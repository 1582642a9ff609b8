//! What stands around an operation: addressing, the token, faults.

use super::{CHANGE_2010, INSTANCE};
use crate::binary_xml::{Element, Text};
use forestbed_sim::ids::Guid;

const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";
const ADDRESSING: &str = "http://www.w3.org/2005/08/addressing";
const ACTION: &str = "http://schemas.microsoft.com/online/aws/change/2010/01/IProvisioningWebService/";
/// The longest name of an operation that an answer repeats.
const NAME_MAX: usize = 64;

/// One request, as far as it could be read.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Name of the operation: `ProvisionAzureADSyncObjects`.
    pub(crate) operation: &'a str,
    /// Its element.
    pub(crate) body: &'a Element,
    /// The bearer token of the header.
    pub(crate) token: String,
    /// The application id of the header, which tells the version that the engine speaks.
    pub(crate) application: String,
    /// The request's id, which the answer relates to.
    pub(crate) message_id: Option<&'a Text>,
}

/// Why a whole call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The HTTP status that it comes with.
    pub(crate) status: u16,
    /// Whose fault it is: `Sender` or `Receiver`.
    pub(crate) code: &'static str,
    /// What the client shows.
    pub(crate) text: String,
}

impl Fault {
    /// Octets that are no document, or a document that is no envelope.
    pub(crate) fn malformed(text: String) -> Fault {
        Fault { status: 400, code: "Sender", text }
    }

    /// directory-sync.md 2.4.
    pub(crate) fn denied() -> Fault {
        let text = "Access to Azure Active Directory has been denied. Contact Technical Support.";
        Fault { status: 500, code: "Receiver", text: text.to_owned() }
    }

    /// directory-sync.md 2.4.
    pub(crate) fn not_activated() -> Fault {
        let text = "Identity synchronization is not yet activated for this company";
        Fault { status: 500, code: "Receiver", text: text.to_owned() }
    }

    /// [WS-Addressing 1.0 SOAP Binding] 6.4.1.6; the text is WCF's, from memory.
    pub(crate) fn unknown(action: &str) -> Fault {
        let action: String = action.chars().take(256).collect();
        let text = format!(
            "The message with Action '{action}' cannot be processed at the receiver, due to a ContractFilter \
             mismatch at the EndpointDispatcher."
        );
        Fault { status: 500, code: "Sender", text }
    }

    /// An operation that the real service has, and this one does not serve.
    pub(crate) fn unserved(operation: &str) -> Fault {
        Fault {
            status: 500,
            code: "Receiver",
            text: format!("The operation {operation} is not served by this tenant."),
        }
    }

    /// What the tenant refuses as a whole.
    pub(crate) fn refused(text: String) -> Fault {
        Fault { status: 500, code: "Receiver", text }
    }

    /// The limit of writes is used up (the form is assumed).
    pub(crate) fn throttled(seconds: u64) -> Fault {
        let text = format!("Too many requests: come back in {seconds} s");
        Fault { status: 429, code: "Receiver", text }
    }
}

impl<'a> Call<'a> {
    /// What an envelope asks for.
    pub(crate) fn of(envelope: &'a Element) -> Result<Call<'a>, Fault> {
        if &*envelope.name != "Envelope" {
            return Err(Fault::malformed("the document is no SOAP envelope".to_owned()));
        }
        let Some(body) = envelope.child("Body").and_then(|body| body.elements().next()) else {
            return Err(Fault::malformed("the envelope has no body".to_owned()));
        };
        let header = |names: &[&str]| envelope.child("Header")?.descend(names);
        let action = header(&["Action"]).map(Element::text).unwrap_or_default();
        let operation = &*body.name;
        if action.strip_prefix(ACTION) != Some(operation) || operation.len() > NAME_MAX {
            return Err(Fault::unknown(&action));
        }
        let token = header(&["SyncToken", "BearerToken"]).map(Element::text).unwrap_or_default();
        let application = header(&["SyncToken", "ApplicationId"]).map(Element::text).unwrap_or_default();
        let message_id = header(&["MessageID"]).and_then(|id| id.texts().next());
        Ok(Call { operation, body, token, application, message_id })
    }
}

/// An answer: `result` is what the operation's result element holds.
pub(crate) fn envelope(operation: &str, relates_to: Option<&Text>, result: Element) -> Element {
    let response = Element::new("", format!("{operation}Response")).with_namespace("", CHANGE_2010);
    around(&format!("{ACTION}{operation}Response"), relates_to, response.with(result))
}

/// The result element of an operation, empty.
pub(crate) fn result(operation: &str) -> Element {
    Element::new("", format!("{operation}Result")).with_namespace("i", INSTANCE)
}

/// The answer to a call that fails as a whole.
pub(crate) fn fault(fault: &Fault, relates_to: Option<&Text>, tracking: Guid) -> Element {
    let code =
        Element::new("s", "Code").with(Element::new("s", "Value").with_text(&*format!("s:{}", fault.code)));
    let language = Text::from("en-US");
    let text = Element::new("s", "Text").with_attribute("xml", "lang", language).with_text(&*fault.text);
    let detail = Element::new("s", "Detail").with(
        Element::new("", "AdminWebServiceFault")
            .with_namespace("", "http://schemas.microsoft.com/online/administrativeservice/2010/01")
            .with(Element::new("", "TrackingId").with_text(Text::Guid(tracking))),
    );
    let body =
        Element::new("s", "Fault").with(code).with(Element::new("s", "Reason").with(text)).with(detail);
    around("http://www.w3.org/2005/08/addressing/soap/fault", relates_to, body)
}

fn around(action: &str, relates_to: Option<&Text>, body: Element) -> Element {
    let action =
        Element::new("a", "Action").with_attribute("s", "mustUnderstand", Text::Int(1)).with_text(action);
    let mut header = Element::new("s", "Header").with(action);
    if let Some(id) = relates_to {
        header = header.with(Element::new("a", "RelatesTo").with_text(id.clone()));
    }
    Element::new("s", "Envelope")
        .with_namespace("s", SOAP)
        .with_namespace("a", ADDRESSING)
        .with(header)
        .with(Element::new("s", "Body").with(body))
}
