//! Injection, judged by the rules.
