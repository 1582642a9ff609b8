//! The world of forestbed: an on-premises forest, a cloud tenant, their defects and their judge, as values.
//!
//! What this crate is: the state and the rules of a whole hybrid identity estate, grown from one seed.
//! What it is not: a server. It knows no socket, no wire format, no async runtime, no wall clock and no
//! randomness of the operating system; the two mocks (`forestbed-mock-ldap`, `forestbed-mock-graph`) put it
//! on the wire and hand it the requests.
//!
//! Start at [`world::World`].

pub mod clock;
pub mod defects;
pub mod directory;
pub mod dump;
pub mod error;
pub mod fault;
mod growth;
pub mod ids;
pub mod journal;
pub mod ldif;
pub mod limits;
pub mod oracle;
pub mod population;
mod replication;
pub mod rules;
pub mod score;
pub mod seed;
pub mod signal;
pub mod spec;
pub mod tenant;
mod topology;
pub mod transliteration;
pub mod view;
pub mod world;

pub use error::Error;
