//! mock-graph
