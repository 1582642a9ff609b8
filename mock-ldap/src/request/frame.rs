//! Framing: where one message ends and the next begins, by the length that the message claims.

use crate::ber::tag;

/// What stands at the beginning of the bytes received so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// More bytes are needed; at least so many in all, as far as is known.
    Incomplete(usize),
    /// A whole message of so many bytes.
    Complete(usize),
    /// It claims more than the limit. Nothing has been allocated for it.
    TooLarge,
    /// It is no LDAP message at all.
    Garbage,
}

/// Looks at `input`, of which a message may take at most `limit` bytes.
pub(crate) fn next(input: &[u8], limit: usize) -> Frame {
    let Some(first) = input.first() else { return Frame::Incomplete(2) };
    if *first != tag::SEQUENCE {
        return Frame::Garbage;
    }
    let Some(length) = input.get(1) else { return Frame::Incomplete(2) };
    let total = match length {
        0..=0x7f => 2 + usize::from(*length),
        0x81..=0x84 => {
            let octets = usize::from(length & 0x7f);
            let Some(length) = input.get(2..2 + octets) else { return Frame::Incomplete(2 + octets) };
            2 + octets + length.iter().fold(0usize, |sum, octet| sum << 8 | usize::from(*octet))
        }
        0x85..=0xfe => return Frame::TooLarge,
        _ => return Frame::Garbage,
    };
    match total {
        _ if total > limit => Frame::TooLarge,
        _ if total > input.len() => Frame::Incomplete(total),
        _ => Frame::Complete(total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_where_its_length_says() {
        for (input, expected) in [
            (&[][..], Frame::Incomplete(2)),
            (&[0x30], Frame::Incomplete(2)),
            (&[0x30, 3, 2, 1, 1], Frame::Complete(5)),
            (&[0x30, 3, 2, 1, 1, 0x30], Frame::Complete(5)),
            (&[0x30, 3, 2], Frame::Incomplete(5)),
            (&[0x30, 0x84, 0, 0], Frame::Incomplete(6)),
            (&[0x30, 0x84, 0, 0, 0, 3, 2, 1, 1], Frame::Complete(9)),
            (&[0x30, 0x82, 0x03, 0xe8], Frame::Incomplete(1004)),
            // 100 MB claimed
            (&[0x30, 0x84, 0x05, 0xf5, 0xe1, 0x00], Frame::TooLarge),
            (&[0x30, 0x88, 1, 0, 0, 0, 0, 0, 0, 0], Frame::TooLarge),
            (&[0x30, 0x80], Frame::Garbage),
            (b"GET / HTTP/1.1", Frame::Garbage),
        ] {
            assert_eq!(next(input, 10_485_760), expected, "{input:02x?}");
        }
    }
}
