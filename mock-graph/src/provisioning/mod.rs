//! The provisioning service that Entra Connect speaks: SOAP 1.2 in .NET binary XML, on
//! `/provisioningservice.svc` of adminwebservice.microsoftonline.com.
//!
//! Microsoft documents none of it. Requests follow what two open-source clients send, answers the fields that
//! they read (decision 0035); the operations work on [`Tenant::provision`](forestbed_sim::tenant::Tenant::provision)
//! as the control API's JSON does.

mod configuration;
mod credentials;
mod envelope;
mod objects;
mod operations;
mod readback;

pub(crate) use envelope::{Call, Fault, envelope, fault};
pub(crate) use operations::{Ask, Outcome, handle, objects_of};

use crate::binary_xml::{Element, Limits, decode};

/// Where it is served.
pub(crate) const PATH: &str = "/provisioningservice.svc";
/// The type of its requests and answers.
pub(crate) const CONTENT_TYPE: &str = "application/soap+msbin1";
/// The namespace of its operations.
pub(crate) const CHANGE_2010: &str = "http://schemas.microsoft.com/online/aws/change/2010/01";
/// The namespace of objects.
pub(crate) const CHANGE_2014: &str = "http://schemas.microsoft.com/online/aws/change/2014/06";
/// The namespace of lists and pairs.
pub(crate) const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
/// The namespace of `i:nil` and `i:type`.
pub(crate) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The namespace of simple types.
pub(crate) const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";

/// Whether a request is the service's.
pub(crate) fn serves(path: &str) -> bool {
    path.eq_ignore_ascii_case(PATH)
}

/// The envelope of a request's body.
pub(crate) fn read(body: &[u8]) -> Result<Element, Fault> {
    decode(body, &Limits::default()).map_err(|error| Fault::malformed(error.to_string()))
}
