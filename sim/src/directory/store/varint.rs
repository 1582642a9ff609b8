//! Numbers of variable length: seven bits a byte, the low ones first.

/// Appends a number.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a signed number, small magnitudes short.
pub(crate) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, (number << 1 ^ number >> 63) as u64);
}

/// A number in its packed form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed {
    octets: [u8; 10],
    length: u8,
}

impl AsRef<[u8]> for Packed {
    fn as_ref(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }
}

/// What [`put`] appends.
pub(crate) fn packed(mut number: u64) -> Packed {
    let (mut octets, mut length) = ([0; 10], 0);
    while number >= 0x80 {
        octets[length] = number as u8 | 0x80;
        number >>= 7;
        length += 1;
    }
    octets[length] = number as u8;
    Packed { octets, length: length as u8 + 1 }
}

/// What [`put_signed`] appends.
pub(crate) fn packed_signed(number: i64) -> Packed {
    packed((number << 1 ^ number >> 63) as u64)
}

/// Takes a number off the front; a cut-off one reads as far as it goes.
#[inline]
pub(crate) fn take(bytes: &mut &[u8]) -> u64 {
    if let [byte @ 0..=0x7f, rest @ ..] = *bytes {
        *bytes = rest;
        return u64::from(*byte);
    }
    take_long(bytes)
}

fn take_long(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0u64, 0);
    while let Some((byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    number
}

/// Takes a signed number off the front.
pub(crate) fn take_signed(bytes: &mut &[u8]) -> i64 {
    let number = take(bytes);
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_they_were_written() {
        for number in [0, 1, -1, 63, 64, -64, -65, i64::from(i32::MIN), i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            put_signed(&mut bytes, number);
            put(&mut bytes, number as u64);
            assert_eq!([packed_signed(number).as_ref(), packed(number as u64).as_ref()].concat(), bytes);
            let mut rest = &bytes[..];
            assert_eq!((take_signed(&mut rest), take(&mut rest), rest.len()), (number, number as u64, 0));
        }
    }
}
