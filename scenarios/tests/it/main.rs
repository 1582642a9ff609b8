//! The harness from outside: scenario files, tools, the control API, snapshots, reports.

mod control;
mod fixer;
mod format;
mod going_back;
mod lab;
mod library;
mod licenser;
mod matrix;
mod plan;
mod run;
mod support;
mod tenant_changes;
mod tool_mistakes;
