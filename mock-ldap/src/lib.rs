//! mock-ldap
