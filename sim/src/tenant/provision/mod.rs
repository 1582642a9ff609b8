//! The provisioning service: what the tenant makes of the objects that a synchronization engine sends.

mod types;

pub use types::{
    ProvisionRequest, ProvisionResponse, SyncObject, SyncOperation, SyncOutcome, SyncResult, SyncType,
};
