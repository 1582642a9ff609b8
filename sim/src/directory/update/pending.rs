//! Operations that are still refused.

use super::{Modification, Principal, UpdateContext};
use crate::clock::SimTime;
use crate::directory::{BindError, Directory, DirectoryError, ObjectId, ResultCode};

fn refused() -> DirectoryError {
    DirectoryError::new(
        ResultCode::UNWILLING_TO_PERFORM,
        "00002035: SvcErr: DSID-031A1236, problem 5003 (WILL_NOT_PERFORM), data 0\n",
    )
}

impl Directory {
    /// Adds an object.
    pub fn add(
        &mut self,
        _: &UpdateContext,
        _: &str,
        _: &[(String, Vec<Vec<u8>>)],
    ) -> Result<ObjectId, DirectoryError> {
        Err(refused())
    }

    /// Changes attributes of an object: all or nothing, in order.
    pub fn modify(
        &mut self,
        _: &UpdateContext,
        _: &str,
        _: &[Modification],
    ) -> Result<ObjectId, DirectoryError> {
        Err(refused())
    }

    /// Renames an object, or moves it below another.
    pub fn modify_dn(
        &mut self,
        _: &UpdateContext,
        _: &str,
        _: &str,
        _: bool,
        _: Option<&str>,
    ) -> Result<ObjectId, DirectoryError> {
        Err(refused())
    }

    /// Deletes an object: it becomes a tombstone.
    pub fn delete(&mut self, _: &UpdateContext, _: &str) -> Result<(), DirectoryError> {
        Err(refused())
    }

    /// Whether an object's attribute has a value.
    pub fn compare(&self, _: &str, _: &str, _: &[u8]) -> Result<bool, DirectoryError> {
        Err(refused())
    }

    /// Checks a name and a password as a simple bind does; counts failures and locks accounts out.
    pub fn authenticate(&mut self, _: &str, _: &[u8], _: SimTime) -> Result<Principal, BindError> {
        Err(BindError { data: 0x52e, text: String::new() })
    }
}
