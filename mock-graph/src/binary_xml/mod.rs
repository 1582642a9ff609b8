//! .NET binary XML: what Entra Connect and the provisioning service send each other instead of text.
//!
//! [`decode`] reads the record stream of [MC-NBFX] with the static dictionary of [MC-NBFS] into an [`Element`],
//! [`Element::encode`] writes one. There is no session dictionary ([MC-NBFSE]): the service's clients post bare
//! record streams. Depth, number of nodes and what arrays unfold to are bounded ([`Limits`]).
//!
//! ```
//! use forestbed_mock_graph::binary_xml::{Element, Limits, decode};
//! let envelope = Element::new("s", "Envelope").with_namespace("s", "http://www.w3.org/2003/05/soap-envelope");
//! let octets = envelope.encode();
//! assert_eq!(octets, [0x56, 0x02, 0x0B, 0x01, b's', 0x04, 0x01]);
//! assert_eq!(decode(&octets, &Limits::default()).unwrap(), envelope);
//! ```

mod decode;
mod dictionary;
mod element;
mod encode;
mod input;
#[cfg(test)]
mod tests;

pub use decode::{DecodeError, Limits, decode};
pub use element::{Attribute, Element, Label, Node, Text};
