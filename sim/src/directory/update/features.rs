//! Optional features of a forest (MS-ADTS 3.1.1.9): the recycle bin.

use super::UpdateContext;
use crate::clock::SimTime;
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::{Directory, ObjectId, attr};
use crate::ids::Guid;

/// `msDS-OptionalFeatureGUID` of the recycle bin (active-directory.md 4).
pub(in crate::directory) const RECYCLE_BIN: &str = "766ddcd8-acd0-445e-f3b9-a7f9b6744f2a";

impl Directory {
    /// Whether the recycle bin is enabled: `msDS-EnabledFeature` of CN=Partitions names it.
    pub fn recycle_bin_enabled(&self) -> bool {
        let (Some(scope), Some(feature)) = (self.partitions(), self.recycle_bin_feature()) else {
            return false;
        };
        self.has_link(scope, attr::ENABLED_FEATURE, feature)
    }

    fn partitions(&self) -> Option<ObjectId> {
        self.resolve(&format!("CN=Partitions,{}", self.info.configuration_dn)).ok()
    }

    fn optional_features(&self) -> Option<ObjectId> {
        let services = "CN=Optional Features,CN=Directory Service,CN=Windows NT,CN=Services";
        self.resolve(&format!("{services},{}", self.info.configuration_dn)).ok()
    }

    fn recycle_bin_feature(&self) -> Option<ObjectId> {
        self.child_named(self.optional_features()?, attr::CN, "Recycle Bin Feature")
    }

    /// Enables an optional feature as `enableOptionalFeature` of the root DSE does: `value` is the name of the
    /// scope, a colon, and the feature's GUID.
    ///
    /// # Errors
    /// 50 for who may not, 1 for a feature that is none, 32 for a scope that does not exist, 53 for one that
    /// the feature is not made for, 20 when it is enabled already.
    pub fn enable_optional_feature(
        &mut self,
        context: &UpdateContext,
        value: &str,
    ) -> Result<(), DirectoryError> {
        self.require_admin(context)?;
        let (scope, guid) = value.rsplit_once(':').ok_or_else(|| Refusal::NoSuchFeature.error())?;
        let guid = Guid::parse(guid.trim()).ok_or_else(|| Refusal::NoSuchFeature.error())?;
        let scope = self.resolve_live(scope.trim())?;
        let bytes = guid.to_bytes_le();
        let features = self.optional_features().map(|id| self.children(id).collect::<Vec<_>>());
        let named = |id: &ObjectId| self.packed_values(*id, attr::OPTIONAL_FEATURE_GUID) == [bytes.to_vec()];
        let feature = features.unwrap_or_default().into_iter().find(named);
        let feature = feature.ok_or_else(|| Refusal::NoSuchFeature.error())?;
        if Some(scope) != self.partitions() {
            return Err(Refusal::FeatureScope.error());
        }
        if self.has_link(scope, attr::ENABLED_FEATURE, feature) {
            return Err(Refusal::ValueExists.on(self.schema.attribute(attr::ENABLED_FEATURE)));
        }
        self.enable_feature(context.now, scope, feature);
        Ok(())
    }

    /// Enables the recycle bin, unless it is: for estates that begin with it.
    pub fn enable_recycle_bin(&mut self, now: SimTime) {
        if let (Some(scope), Some(feature)) = (self.partitions(), self.recycle_bin_feature())
            && !self.has_link(scope, attr::ENABLED_FEATURE, feature)
        {
            self.enable_feature(now, scope, feature);
        }
    }

    /// The scope names the feature, and the server's own settings do. Tombstones are recycled objects from
    /// now on.
    fn enable_feature(&mut self, now: SimTime, scope: ObjectId, feature: ObjectId) {
        let settings = self.resolve(&self.info.ds_service_dn).ok();
        for id in [Some(scope), settings].into_iter().flatten() {
            let write = self.begin(now);
            self.put_link(write, id, attr::ENABLED_FEATURE, feature, true);
            self.touch(write, id);
        }
        self.next_sweep = now;
    }
}
