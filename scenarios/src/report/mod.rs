//! Reports: what a run says to a terminal, to a CI server and to a program.

mod escape;

pub use escape::{escape_lines, escape_terminal};
