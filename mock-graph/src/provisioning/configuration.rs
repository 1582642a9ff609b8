//! What an engine is told of the company, and what it switches.

use super::ARRAYS;
use super::envelope::{Call, Fault, result};
use super::objects::nil;
use super::operations::{Ask, parameter};
use crate::binary_xml::{Element, Text};
use forestbed_sim::tenant::{Prevention, Tenant};

/// Links that one call may carry (directory-sync.md 2.6.3: a sample value).
const MOST_LINKS: i64 = 15_000;

/// The features of synchronization by their bit (directory-sync.md 2.6.4), with their names in Graph.
const FEATURES: [(u32, &str); 15] = [
    (1, "passwordSyncEnabled"),
    (2, "passwordWritebackEnabled"),
    (4, "directoryExtensionsEnabled"),
    (8, "quarantineUponUpnConflictEnabled"),
    (16, "softMatchOnUpnEnabled"),
    (32, "quarantineUponProxyAddressesConflictEnabled"),
    (512, "cloudPasswordPolicyForPasswordSyncedUsersEnabled"),
    (1_024, "unifiedGroupWritebackEnabled"),
    (2_048, "userWritebackEnabled"),
    (4_096, "deviceWritebackEnabled"),
    (8_192, "synchronizeUpnForManagedUsersEnabled"),
    (16_384, "userForcePasswordChangeOnLogonEnabled"),
    (131_072, "passThroughAuthenticationEnabled"),
    (524_288, "blockSoftMatchEnabled"),
    (1_048_576, "blockCloudObjectTakeoverThroughHardMatchEnabled"),
];

fn features(tenant: &Tenant) -> i64 {
    FEATURES.iter().filter(|(_, name)| tenant.sync_feature(name)).map(|(bit, _)| i64::from(*bit)).sum()
}

/// `GetCompanyConfiguration`: the fields that clients read.
pub(super) fn company(tenant: &Tenant, operation: &str) -> Element {
    let organization = tenant.organization();
    let syncing = organization.on_premises_sync_enabled == Some(true);
    let text = |name: &'static str, text: &str| Element::new("", name).with_text(text);
    let flag = |name: &'static str, value: bool| Element::new("", name).with_text(Text::Bool(value));
    let number = |name: &'static str, value: i64| Element::new("", name).with_text(Text::Int(value));
    let (prevention, threshold) = tenant.deletion_prevention();
    let (count, percentage) = match prevention {
        Prevention::ForPercentage => (0, threshold),
        _ => (threshold, 0),
    };
    let (total, successful) = tenant.last_export();
    let synchronized = i64::try_from(tenant.synchronized_count()).unwrap_or(i64::MAX);
    let mode = match prevention {
        Prevention::Disabled => "Disabled",
        Prevention::ForCount => "EnabledForCount",
        Prevention::ForPercentage => "EnabledForPercentage",
    };
    let accidental = Element::new("", "PreventAccidentalDeletion")
        .with(text("DeletionPrevention", mode))
        .with(number("ThresholdCount", i64::from(count)))
        .with(number("ThresholdPercentage", i64::from(percentage)));
    let export = Element::new("", "CurrentExport")
        .with(nil("", "DirSyncClientMachineName"))
        .with(number("SuccessfulExportCount", i64::from(successful)))
        .with(number("TotalConnectorSpaceObjects", synchronized))
        .with(number("TotalExportedCount", i64::from(total)));
    let writeback =
        Element::new("", "Writeback").with(nil("", "UnifiedGroupContainer")).with(nil("", "UserContainer"));
    let own = Element::new("", "DirSyncConfiguration")
        .with(text("AnchorAttribute", "mS-DS-ConsistencyGuid"))
        .with(text("ApplicationVersion", "1651564e-7ce4-4d99-88be-0a65050d8dc3"))
        .with(text("ClientVersion", "8.0"))
        .with(export)
        .with(flag("IsTrackingChanges", false))
        .with(accidental)
        .with(writeback);
    result(operation)
        .with(text("AllowedFeatures", "None"))
        .with(own)
        .with(number("DirSyncFeatures", features(tenant)))
        .with(text("DisplayName", &organization.display_name))
        .with(flag("IsDirSyncing", syncing))
        .with(flag("IsPasswordSyncing", tenant.sync_feature("passwordSyncEnabled")))
        .with(number("MaxLinksSupportedAcrossBatchInProvision2", MOST_LINKS))
        .with(text("SynchronizationInterval", "PT30M"))
        .with(text("TenantId", &tenant.id().to_string()))
}

/// `SetCompanyDirsyncFeatures`: every bit that is known is switched as the number says; bits without a name are let
/// through, as the service has more than its clients know.
pub(super) fn set_features(ask: Ask<'_>, call: &Call<'_>) -> Result<Element, Fault> {
    let number = parameter(call, "dirsyncFeatures").and_then(|text| text.parse::<u32>().ok());
    let wanted = number.ok_or_else(|| Fault::malformed("dirsyncFeatures is not a number".to_owned()))?;
    for (bit, name) in FEATURES {
        let on = wanted & bit != 0;
        if ask.tenant.sync_feature(name) != on {
            let switched = ask.tenant.set_sync_feature(&ask.context, name, on);
            switched.map_err(|_| Fault::malformed(format!("the feature {name} cannot be switched off")))?;
        }
    }
    Ok(result(call.operation))
}

/// `Capabilities`: a document inside a text.
pub(super) fn capabilities(operation: &str) -> Element {
    let document = "<ServiceCapability><MicrosoftOnline><Protocol><Application Name=\"DirSync\">\
         <LatestProductVersion>3.2</LatestProductVersion><MinimumProductVersion>1.0</MinimumProductVersion>\
         <BlackList Enabled=\"false\"><ClientVersion>1.0</ClientVersion></BlackList>\
         </Application></Protocol></MicrosoftOnline></ServiceCapability>";
    result(operation).with_text(document)
}

/// `GetDeviceConfiguration`: no device has been registered, so there are no issuers.
pub(super) fn devices(operation: &str) -> Element {
    let list = |name: &'static str| Element::new("", name).with_namespace("c", ARRAYS);
    result(operation).with(list("CloudPublicIssuerCertificates")).with(list("PublicIssuerCertificates"))
}

/// `FinalizeExport`: the run of an engine is over; the company's configuration tells its figures from now on.
pub(super) fn finalize(ask: Ask<'_>, call: &Call<'_>) -> Result<Element, Fault> {
    let count = |name: &'static str| {
        let number = parameter(call, name).and_then(|text| text.parse::<u32>().ok());
        number.ok_or_else(|| Fault::malformed(format!("{name} is not a number")))
    };
    ask.tenant.finish_export(&ask.context, count("totalExported")?, count("successfulExportCount")?);
    Ok(result(call.operation))
}
