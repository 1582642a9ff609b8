//! The checker: reads directories from servers and files, holds them against the rules, and says what it found.

mod settings;
pub mod source;
mod trust;

pub use settings::{replace_own_domain, settings_of_estate};
