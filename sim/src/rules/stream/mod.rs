//! A check of more objects than memory holds.

mod checker;
mod codec;
mod error;
mod spill;

pub use checker::Checker;
pub use error::CheckError;
pub(super) use spill::{Blob, Record, Room, Sorted, Sorter};

#[cfg(test)]
mod tests;
