//! The operations, from their element to the one that is answered.

use super::envelope::{Call, Fault, result};
use super::{CHANGE_2014, configuration, credentials, objects, readback};
use crate::binary_xml::{Element, Text};
use forestbed_sim::tenant::{CallContext, ProvisionRequest, ServiceVersion, SyncObject, SyncOutcome, Tenant};

/// Operations of the service that are known by name only (directory-sync.md 2.6.2): nothing says what they answer.
const UNSERVED: [&str; 4] = [
    "GetKerberosDomain",
    "GetKerberosDomainSyncConfig",
    "GetMonitoringTenantCertificate",
    "GetWindowsCredentialsSyncConfig",
];

/// What an operation is asked with.
pub(crate) struct Ask<'a> {
    /// The tenant that it changes.
    pub(crate) tenant: &'a mut Tenant,
    /// Who calls, and when.
    pub(crate) context: CallContext,
}

/// What it comes to.
pub(crate) struct Outcome {
    /// The result element.
    pub(crate) result: Element,
    /// How many objects it took or tells.
    pub(crate) count: u32,
}

/// The objects of a call that provisions, for the limit of writes; none of every other call.
pub(crate) fn objects_of(call: &Call<'_>) -> Result<Option<Vec<SyncObject>>, Fault> {
    if !matches!(call.operation, "ProvisionAzureADSyncObjects" | "ProvisionAzureADSyncObjects2") {
        return Ok(None);
    }
    let objects = objects::objects(call.body).map_err(Fault::malformed)?;
    let most = ProvisionRequest::OBJECTS_MAX;
    if objects.len() > most {
        return Err(Fault::malformed(format!("{} objects in one call, at most {most}", objects.len())));
    }
    Ok(Some(objects))
}

/// Carries a call out. `objects` are those of [`objects_of`].
pub(crate) fn handle(
    ask: Ask<'_>,
    call: &Call<'_>,
    objects: Option<Vec<SyncObject>>,
) -> Result<Outcome, Fault> {
    let synchronized = ask.tenant.organization().on_premises_sync_enabled == Some(true);
    let one = |result| Ok(Outcome { result, count: 1 });
    match call.operation {
        "Capabilities" => one(configuration::capabilities(call.operation)),
        "GetCompanyConfiguration" => one(configuration::company(ask.tenant, call.operation)),
        "SetCompanyDirsyncFeatures" => one(configuration::set_features(ask, call)?),
        "GetDeviceConfiguration" => one(configuration::devices(call.operation)),
        _ if !synchronized => match is_known(call.operation) {
            true => Err(Fault::not_activated()),
            false => Err(Fault::unknown(call.operation)),
        },
        "ProvisionAzureADSyncObjects" | "ProvisionAzureADSyncObjects2" => {
            Ok(provision(ask, call, &objects.unwrap_or_default()))
        }
        "ProvisionCredentials" => credentials::provision(ask, call),
        "ReadBackAzureADSyncObjects" | "ReadBackAzureADSyncObjects2" => readback::read_back(ask.tenant, call),
        "FinalizeExport" => one(configuration::finalize(ask, call)?),
        known if UNSERVED.contains(&known) => Err(Fault::unserved(known)),
        _ => Err(Fault::unknown(call.operation)),
    }
}

fn is_known(operation: &str) -> bool {
    let operation = operation.strip_suffix('2').unwrap_or(operation);
    UNSERVED.contains(&operation)
        || matches!(
            operation,
            "ProvisionAzureADSyncObjects"
                | "ReadBackAzureADSyncObjects"
                | "FinalizeExport"
                | "ProvisionCredentials"
        )
}

/// The application id of an engine that speaks the second version (provisioning-service.md).
const SECOND_VERSION: &str = "6eb59a73-39b2-4c23-a70f-e2e3ce8965b1";

/// The second version has an operation of its own, and engines an application id of their own for it.
fn version(call: &Call<'_>) -> ServiceVersion {
    let second = call.operation.ends_with('2') || call.application.eq_ignore_ascii_case(SECOND_VERSION);
    if second { ServiceVersion::Second } else { ServiceVersion::First }
}

fn provision(ask: Ask<'_>, call: &Call<'_>, objects: &[SyncObject]) -> Outcome {
    let operation = call.operation;
    let results = ask.tenant.provision_as(&ask.context, objects, version(call));
    let count = results.iter().filter(|result| result.result == SyncOutcome::Success).count();
    let pairs = objects.iter().zip(&results);
    let list = pairs.fold(Element::new("b", "SyncObjectResults"), |list, (object, result)| {
        list.with(objects::result_of(object.object_type, result))
    });
    let result = result(operation).with_namespace("b", CHANGE_2014).with(list);
    Outcome { result, count: u32::try_from(count).unwrap_or(u32::MAX) }
}

/// The text of a parameter, whatever record it came in; none when it is absent or nil.
pub(super) fn parameter(call: &Call<'_>, name: &str) -> Option<String> {
    let element = call.body.child(name)?;
    let is_nil = element.attribute("nil").map(Text::read).as_deref() == Some("true");
    Some(element.text()).filter(|text| !is_nil && !text.is_empty())
}
