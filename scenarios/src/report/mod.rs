//! Reports: what a run says to a terminal, to a CI server and to a program.

mod escape;
mod junit;
mod terminal;

pub use escape::{escape_lines, escape_terminal};
pub use junit::junit;
pub use terminal::terminal;

use crate::runner::RunReport;

/// The report of some runs as JSON (`{"format":1,"runs":[...]}`), ending in a newline.
pub fn json(reports: &[RunReport]) -> String {
    let value = serde_json::json!({ "format": 1, "runs": reports });
    format!("{value:#}\n")
}
