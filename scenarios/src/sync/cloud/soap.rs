//! Envelopes of the provisioning service (provisioning-service.md; decision 0035).

use forestbed_mock_graph::binary_xml::{Element, Text};

/// Where the service is.
pub(super) const ADDRESS: &str = "https://adminwebservice.microsoftonline.com/provisioningservice.svc";
/// The type of requests and answers.
pub(super) const CONTENT_TYPE: &str = "application/soap+msbin1";
/// The namespace of objects.
pub(super) const CHANGE_2014: &str = "http://schemas.microsoft.com/online/aws/change/2014/06";
/// The namespace of lists and pairs.
pub(super) const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
/// The namespace of `i:nil` and `i:type`.
pub(super) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The namespace of simple types.
pub(super) const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";

const CHANGE_2010: &str = "http://schemas.microsoft.com/online/aws/change/2010/01";
const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";
const ADDRESSING: &str = "http://www.w3.org/2005/08/addressing";
const SERVICE: &str = "urn:microsoft.online.administrativeservice";
/// The application of an engine that speaks the second version.
const APPLICATION: &str = "6eb59a73-39b2-4c23-a70f-e2e3ce8965b1";
const BUILD: &str = "2.4.21.0";

/// An operation with its parameters, which get its namespace.
pub(super) fn request(
    operation: &'static str,
    parameters: Vec<Element>,
    token: &str,
    number: u64,
) -> Element {
    let message = format!("00000000-0000-4000-8000-{number:012x}");
    let inner = [
        ("ApplicationId", APPLICATION),
        ("BearerToken", token),
        ("ClientVersion", "8.0"),
        ("DirSyncBuildNumber", BUILD),
        ("FIMBuildNumber", BUILD),
        ("IsInstalledOnDC", "False"),
        ("LanguageId", "en-US"),
        ("ProtocolVersion", "2.0"),
        ("TrackingId", &message),
    ];
    let sync_token = Element::new("", "SyncToken")
        .with_namespace("", SERVICE)
        .with_namespace("i", INSTANCE)
        .with_attribute("s", "role", Text::from(SERVICE));
    let sync_token = inner.into_iter().fold(sync_token, |token, (name, text)| {
        token.with(Element::new("", name).with_namespace("", CHANGE_2010).with_text(text))
    });
    let must = |name: &'static str, text: &str| {
        Element::new("a", name).with_attribute("s", "mustUnderstand", Text::Int(1)).with_text(text)
    };
    let anonymous = Element::new("a", "Address").with_text("http://www.w3.org/2005/08/addressing/anonymous");
    let header = Element::new("s", "Header")
        .with(must("Action", &format!("{CHANGE_2010}/IProvisioningWebService/{operation}")))
        .with(sync_token)
        .with(Element::new("a", "MessageID").with_text(&*format!("urn:uuid:{message}")))
        .with(Element::new("a", "ReplyTo").with(anonymous))
        .with(must("To", ADDRESS));
    let call = Element::new("", operation).with_namespace("", CHANGE_2010);
    let call = parameters.into_iter().fold(call, Element::with);
    Element::new("s", "Envelope")
        .with_namespace("s", SOAP)
        .with_namespace("a", ADDRESSING)
        .with(header)
        .with(Element::new("s", "Body").with(call))
}

/// A parameter that is a text; none is nil.
pub(super) fn parameter(name: &'static str, text: Option<&str>) -> Element {
    let element = Element::new("", name);
    match text {
        Some(text) => element.with_text(text),
        None => element.with_namespace("i", INSTANCE).with_attribute("i", "nil", Text::from("true")),
    }
}

/// What an answer holds: the operation's result, or the fault's reason.
pub(super) fn result(envelope: Element, operation: &str) -> Result<Element, String> {
    let body = envelope.into_child("Body");
    if let Some(fault) = body.as_ref().and_then(|body| body.child("Fault")) {
        let reason = fault.descend(&["Reason", "Text"]).map(Element::text);
        return Err(reason.unwrap_or_else(|| "a fault without a reason".to_owned()));
    }
    let names = [format!("{operation}Response"), format!("{operation}Result")];
    let found = body.and_then(|body| body.into_child(&names[0])?.into_child(&names[1]));
    found.ok_or_else(|| format!("the answer holds no {}", names[1]))
}

/// The text of an element in another one; none when it is absent, empty or nil.
pub(super) fn text_of(element: &Element, name: &str) -> Option<String> {
    let child = element.child(name)?;
    Some(child.text()).filter(|text| !is_nil(child) && !text.is_empty())
}

/// `i:nil="true"`.
pub(super) fn is_nil(element: &Element) -> bool {
    element.attribute("nil").is_some_and(|nil| nil.read() == "true")
}
