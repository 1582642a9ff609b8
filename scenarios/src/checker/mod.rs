//! The checker: reads directories from servers and files, holds them against the rules, and says what it found.

mod gathered;
mod output;
mod run;
mod settings;
pub mod source;
mod tool;
pub(crate) mod trust;

pub use output::{Action, Context, Format, Found, Proposals, Reported, Tally, reported};
pub use run::{Check, Outcome, SourceSpec, Tell};
pub use settings::{add_forest, replace_own_domain, settings_of_estate, virtual_time};
pub use tool::{ReferenceChecker, RuleSetChecker};

/// The columns of the terminal that standard output goes to; none when it goes elsewhere.
pub fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}
