//! A connection's bytes under a layer that a bind agreed to: buffers of four octets of length and what is
//! protected (RFC 4422 3.7).

use crate::security::SecurityLayer;
use bytes::{Buf, BytesMut};

/// The octets that say how long a buffer is.
const LENGTH: usize = 4;

/// The layer, and what has been taken out of whole buffers and not yet been understood.
pub(super) struct Protected {
    layer: SecurityLayer,
    pub(super) input: BytesMut,
}

impl Protected {
    pub(super) fn new(layer: SecurityLayer) -> Protected {
        Protected { layer, input: BytesMut::new() }
    }

    /// Takes whole buffers out of `received`; each may have `limit` octets.
    pub(super) fn receive(&mut self, received: &mut BytesMut, limit: usize) -> Result<(), &'static str> {
        while let Some(head) = received.first_chunk::<LENGTH>() {
            let length = u32::from_be_bytes(*head) as usize;
            if length > limit {
                return Err("a protected buffer claims more bytes than it may have");
            }
            if received.len() < LENGTH + length {
                return Ok(());
            }
            received.advance(LENGTH);
            let buffer = received.split_to(length);
            let plain =
                self.layer.unwrap(&buffer).map_err(|_| "a protected buffer is not what was signed")?;
            self.input.extend_from_slice(&plain);
        }
        Ok(())
    }

    /// Appends whole messages, protected.
    pub(super) fn send(&mut self, messages: &[u8], out: &mut Vec<u8>) {
        if !messages.is_empty() {
            self.layer.wrap(messages, out);
        }
    }
}
