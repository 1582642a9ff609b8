//! Octets of a file as a stream of UTF-8: byte order marks are taken away, UTF-16 is converted.

use std::io::{self, BufRead, BufReader, Read};

/// Octets that are decoded at once.
const CHUNK: usize = 64 * 1024;

/// A reader that gives UTF-8 where the file was UTF-16 with a byte order mark (either order), and the file's own
/// octets without their mark where it was not.
///
/// A surrogate without its other half becomes U+FFFD.
pub(super) fn decoded<'a>(mut source: Box<dyn Read + Send + 'a>) -> io::Result<Box<dyn BufRead + Send + 'a>> {
    let mut head = [0; 3];
    let mut got = 0;
    // a pipe may give them one by one
    while got < head.len() {
        match source.read(&mut head[got..]) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let head = &head[..got];
    let (mark, big) = match head {
        [0xef, 0xbb, 0xbf] => (3, None),
        [0xfe, 0xff, ..] => (2, Some(true)),
        [0xff, 0xfe, ..] => (2, Some(false)),
        _ => (0, None),
    };
    let source = io::Cursor::new(head[mark..].to_vec()).chain(source);
    let source = BufReader::with_capacity(CHUNK, source);
    Ok(match big {
        None => Box::new(source),
        Some(big) => {
            let utf16 = Utf16 { source, big, units: Vec::new(), text: Vec::new(), at: 0 };
            Box::new(BufReader::with_capacity(CHUNK, utf16))
        }
    })
}

struct Utf16<R> {
    source: R,
    big: bool,
    /// Octets that do not make a whole character yet.
    units: Vec<u8>,
    text: Vec<u8>,
    at: usize,
}

impl<R: BufRead> Utf16<R> {
    /// Decodes the next octets; false at the end.
    fn refill(&mut self) -> io::Result<bool> {
        let chunk = self.source.fill_buf()?;
        let (taken, end) = (chunk.len(), chunk.is_empty());
        self.units.extend_from_slice(chunk);
        self.source.consume(taken);
        let unit = |pair: &[u8]| match self.big {
            true => u16::from_be_bytes([pair[0], pair[1]]),
            false => u16::from_le_bytes([pair[0], pair[1]]),
        };
        let mut whole = self.units.len() / 2 * 2;
        // a pair of surrogates stays together
        if !end && whole >= 2 && (0xd800..0xdc00).contains(&unit(&self.units[whole - 2..])) {
            whole -= 2;
        }
        let decoded = char::decode_utf16(self.units[..whole].chunks_exact(2).map(unit));
        let mut text: String = decoded.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        if end && self.units.len() > whole {
            text.push(char::REPLACEMENT_CHARACTER);
            whole = self.units.len();
        }
        self.units.drain(..whole);
        (self.text, self.at) = (text.into_bytes(), 0);
        Ok(!end || !self.text.is_empty())
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            if !self.refill()? {
                return Ok(0);
            }
        }
        let count = out.len().min(self.text.len() - self.at);
        out[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives its octets in pieces of these sizes.
    struct Pieces(Vec<u8>, usize);

    impl Read for Pieces {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(out.len()).min(self.0.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    fn text_of(octets: Vec<u8>, piece: usize) -> Vec<u8> {
        let mut out = Vec::new();
        decoded(Box::new(Pieces(octets, piece))).unwrap().read_to_end(&mut out).unwrap();
        out
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        let octets = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(octets).collect()
    }

    proptest! {
        #[test]
        fn text_in_any_encoding_with_a_mark_comes_out_as_utf_8(text in "\\PC{0,40}", piece in 1usize..7) {
            prop_assert_eq!(text_of(utf16(&text, true), piece), text.as_bytes());
            prop_assert_eq!(text_of(utf16(&text, false), piece), text.as_bytes());
            let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
            prop_assert_eq!(text_of(marked, piece), text.as_bytes());
        }

        #[test]
        fn any_octets_come_to_an_end(octets in proptest::collection::vec(any::<u8>(), 0..60), piece in 1usize..7) {
            text_of(octets, piece);
        }
    }

    #[test]
    fn what_is_no_character_is_replaced() {
        let check =
            |octets: &[u8], expected: &str| assert_eq!(text_of(octets.to_vec(), 3), expected.as_bytes());
        check(&[0xff, 0xfe, 0x41], "\u{fffd}");
        check(&[0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00], "\u{fffd}A");
        check(&[0xfe, 0xff, 0xd8, 0x00], "\u{fffd}");
        assert_eq!(text_of(b"\xff".to_vec(), 1), b"\xff");
    }
}
