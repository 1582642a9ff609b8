//! The reference tools: a fixer, a sync engine and a licenser that are real clients of the wire.
