//! The lab: one estate, its servers on loopback, its keys and its control API.

mod builder;
mod keys;

pub use builder::LabBuilder;

/// A running estate. Dropping it stops every server and removes its run folder.
#[derive(Debug)]
pub struct Lab {}

impl Lab {
    /// Starts describing an estate; what is not said is the default estate's.
    pub fn builder() -> LabBuilder {
        LabBuilder::default()
    }
}
