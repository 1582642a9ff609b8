//! Security descriptors: `nTSecurityDescriptor` as a domain controller would have it.
//!
//! They are not what decides here (roles do: `access`); they are what clients read. A descriptor follows from
//! the default of the object's class, what its ancestors hand down, and who is protected; only what a client
//! has written is stored. Sources: MS-DTYP 2.4 (forms) and 2.5.3.4 (inheritance), MS-ADTS 3.1.1.6 and 6.1.3,
//! the schema.

mod ace;
mod descriptor;
mod effective;
mod sddl;
#[cfg(test)]
mod tests;

pub(in crate::directory) use descriptor::SecurityDescriptor;
pub use descriptor::SecurityParts;
