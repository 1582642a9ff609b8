//! forestbed
