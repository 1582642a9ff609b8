//! The harness of forestbed: an estate on loopback ([`Lab`]), tools that work on it ([`tool`]), scenario files
//! that replay a whole flow ([`mod@format`], [`runner`]) and the reports that say how it went.
//!
//! What it is not: a judge or a directory. Scores, oracle and state live in `forestbed-sim`; the two mocks put
//! them on the wire; this crate starts them, hands their addresses to a tool and writes down the outcome.

pub mod checker;
mod client;
mod control;
mod error;
mod estate;
pub mod fixer;
pub mod format;
pub mod lab;
pub mod library;
pub mod report;
pub mod runner;
pub mod scorecard;
mod signals;
pub mod sync;
pub mod tool;
pub mod tools;

pub use client::ControlClient;
pub use error::{Error, ErrorKind};
pub use lab::{Lab, LabBuilder};
pub use signals::{EndSignal, EndSignals, ProcessGroup};
pub use tool::{BoxFuture, Role, Tool, ToolEnv, ToolError, ToolOutcome};
