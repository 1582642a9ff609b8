//! Portraits for thumbnailPhoto: baseline JPEGs of 96 by 96 pixels, as the address book shows them.
//!
//! Each is drawn in blocks of eight by eight pixels of one colour, so that a coefficient a block says it all and a
//! portrait takes some 300 octets (ITU-T T.81: sequential DCT, Huffman coding, chroma halved both ways).

use super::draw::Draw;

/// Blocks a side.
const SIDE: usize = 12;
/// A value of the quantization table: with 8 a coefficient is the mean of its block less 128.
const STEP: u8 = 8;

type Colour = [i32; 3];

const SKINS: [Colour; 6] =
    [[246, 218, 194], [234, 192, 160], [214, 164, 126], [176, 122, 84], [128, 84, 56], [84, 56, 40]];
const HAIR: [Colour; 6] =
    [[36, 28, 24], [84, 56, 32], [136, 96, 52], [206, 174, 110], [158, 70, 40], [172, 172, 172]];
const SHIRTS: [Colour; 6] =
    [[40, 60, 110], [240, 240, 240], [70, 70, 74], [120, 30, 46], [40, 100, 80], [150, 170, 200]];
const WALLS: [Colour; 6] =
    [[226, 230, 236], [200, 214, 224], [220, 210, 196], [180, 190, 184], [236, 236, 228], [164, 176, 196]];

/// A portrait.
pub(super) fn portrait(draw: &mut Draw) -> Vec<u8> {
    let (skin, hair) = (*draw.pick(&SKINS), *draw.pick(&HAIR));
    let (shirt, wall) = (*draw.pick(&SHIRTS), *draw.pick(&WALLS));
    let look = Look {
        skin,
        hair,
        shirt,
        wall,
        hairline: 5 + 2 * draw.below(2) as i32,
        long: draw.percent(45),
        light: draw.below(9) as i32 - 4,
        turn: draw.below(3) as i32 - 1,
    };
    let mut picture = [[[0; 3]; SIDE]; SIDE];
    for (y, row) in picture.iter_mut().enumerate() {
        for (x, block) in row.iter_mut().enumerate() {
            // a little grain, as no wall and no face is of one colour
            let grain = draw.below(5) as i32 - 2;
            *block = look.at(x as i32, y as i32).map(|part| (part + grain + look.light).clamp(0, 255));
        }
    }
    encode(&picture)
}

struct Look {
    skin: Colour,
    hair: Colour,
    shirt: Colour,
    wall: Colour,
    hairline: i32,
    long: bool,
    light: i32,
    turn: i32,
}

impl Look {
    /// The colour of a block; distances are counted in half blocks from the middle.
    fn at(&self, x: i32, y: i32) -> Colour {
        let (x, y) = (2 * x - 11 - self.turn, 2 * y);
        let within = |x: i32, y: i32, wide: i32, high: i32| {
            x * x * high * high + y * y * wide * wide <= wide * wide * high * high
        };
        if within(x, y - 10, 5, 7) {
            return if y < self.hairline { self.hair } else { self.skin };
        }
        if within(x, y - 8, 7, 7) && (y < 10 || self.long && y < 16) {
            return self.hair;
        }
        if y > 15 && y < 19 && x.abs() < 3 {
            return self.skin;
        }
        if within(x, y - 26, 11, 9) { self.shirt } else { self.wall }
    }
}

/// The code of each category of a difference, by category: its bits and how many.
const DC_CODES: [(u32, u32); 9] = [
    (0b0, 1),
    (0b1000, 4),
    (0b1001, 4),
    (0b1010, 4),
    (0b1011, 4),
    (0b1100, 4),
    (0b1101, 4),
    (0b11100, 5),
    (0b11101, 5),
];

fn encode(picture: &[[Colour; SIDE]; SIDE]) -> Vec<u8> {
    let mut out = Vec::with_capacity(420);
    let mut segment = |marker: u8, parts: &[&[u8]]| {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        out.extend([0xff, marker]);
        out.extend(((length + 2) as u16).to_be_bytes());
        parts.iter().for_each(|part| out.extend_from_slice(part));
    };
    let pixels = (SIDE as u16 * 8).to_be_bytes();
    segment(0xe0, &[b"JFIF\0\x01\x01\x00\x00\x01\x00\x01\x00\x00"]);
    segment(0xdb, &[&[0], &[STEP; 64]]);
    segment(0xc0, &[&[8], &pixels, &pixels, &[3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]]);
    // how many codes of each length, and their symbols: DC_CODES, and end of block as the only AC code
    segment(0xc4, &[&[0x00, 1, 0, 0, 6, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[0, 1, 2, 3, 4, 5, 6, 7, 8]]);
    segment(0xc4, &[&[0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[0]]);
    segment(0xda, &[&[3, 1, 0x00, 2, 0x00, 3, 0x00, 0, 63, 0]]);
    let mut bits = Bits::default();
    let mut before = [0; 3];
    for unit in 0..(SIDE / 2) * (SIDE / 2) {
        let (x, y) = (unit % (SIDE / 2) * 2, unit / (SIDE / 2) * 2);
        let blocks =
            [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, down)| to_ycc(picture[y + down][x + right]));
        let mean = |part: usize| blocks.iter().map(|block| block[part]).sum::<i32>() / 4;
        for block in &blocks {
            bits.block(block[0], &mut before[0]);
        }
        bits.block(mean(1), &mut before[1]);
        bits.block(mean(2), &mut before[2]);
    }
    let data = bits.end();
    let mut image = vec![0xff, 0xd8];
    image.append(&mut out);
    image.extend(data);
    image.extend([0xff, 0xd9]);
    image
}

/// Luminance and both chroma parts (ITU-T T.871), each less 128.
fn to_ycc([r, g, b]: Colour) -> [i32; 3] {
    [
        ((77 * r + 150 * g + 29 * b) >> 8) - 128,
        (-43 * r - 85 * g + 128 * b) >> 8,
        (128 * r - 107 * g - 21 * b) >> 8,
    ]
}

#[derive(Default)]
struct Bits {
    out: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    /// One block: the difference to the one before of the same part, and the end of the block.
    fn block(&mut self, value: i32, before: &mut i32) {
        let difference = value - *before;
        *before = value;
        let category = 32 - difference.unsigned_abs().leading_zeros();
        let (code, length) = DC_CODES[(category as usize).min(8)];
        self.put(code, length);
        let low = if difference < 0 { difference - 1 } else { difference };
        self.put(low as u32 & ((1 << category) - 1), category);
        self.put(0, 1);
    }

    fn put(&mut self, bits: u32, count: u32) {
        for place in (0..count).rev() {
            self.held = self.held << 1 | (bits >> place & 1);
            self.count += 1;
            if self.count == 8 {
                self.out.push(self.held as u8);
                if self.held as u8 == 0xff {
                    self.out.push(0);
                }
                (self.held, self.count) = (0, 0);
            }
        }
    }

    /// The octets, the last one filled up with ones.
    fn end(mut self) -> Vec<u8> {
        while self.count != 0 {
            self.put(1, 1);
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::Purpose;
    use super::*;
    use crate::seed::Seed;

    /// Code, its length in bits, symbol.
    type Codes = Vec<(u32, u32, u8)>;

    /// The codes of one table: as many of each length as its first octets say, in rising order.
    fn codes(body: &[u8]) -> Codes {
        let (mut code, mut symbol, mut codes) = (0, 17, Vec::new());
        for bits in 1..=16 {
            for _ in 0..body[bits] {
                codes.push((code, bits as u32, body[symbol]));
                (code, symbol) = (code + 1, symbol + 1);
            }
            assert!(code < 1 << bits, "a code of ones only");
            code <<= 1;
        }
        assert_eq!(symbol, body.len());
        codes
    }

    /// Reads segments and the whole coded data by its own tables, as any decoder must; gives the luminance of each
    /// block.
    fn decode(image: &[u8]) -> Vec<i32> {
        assert_eq!(image[..2], [0xff, 0xd8]);
        let (mut at, mut quantum, mut size) = (2, 0, (0, 0));
        let mut tables: Vec<(u8, Codes)> = Vec::new();
        loop {
            let (marker, length) =
                (image[at + 1], usize::from(image[at + 2]) << 8 | usize::from(image[at + 3]));
            assert_eq!(image[at], 0xff);
            let body = &image[at + 4..at + 2 + length];
            at += 2 + length;
            match marker {
                0xe0 => assert_eq!(&body[..5], b"JFIF\0"),
                0xdb => quantum = i32::from(body[1]),
                0xc0 => {
                    size = (usize::from(body[1]) << 8 | usize::from(body[2]), usize::from(body[4]));
                    assert_eq!((body[0], body[5]), (8, 3));
                }
                0xc4 => tables.push((body[0], codes(body))),
                0xda => break,
                other => panic!("marker {other:x}"),
            }
        }
        let end = image.len() - 2;
        assert_eq!(image[end..], [0xff, 0xd9]);
        let mut data = Vec::new();
        let mut rest = image[at..end].iter();
        while let Some(octet) = rest.next() {
            data.push(*octet);
            if *octet == 0xff {
                assert_eq!(rest.next(), Some(&0), "a marker within the data");
            }
        }
        let mut place = 0;
        let mut bit = || {
            let bit = data[place / 8] >> (7 - place % 8) & 1;
            place += 1;
            u32::from(bit)
        };
        let symbol = |bit: &mut dyn FnMut() -> u32, class: u8| {
            let codes = &tables.iter().find(|(id, _)| *id == class).unwrap().1;
            let (mut code, mut length) = (0, 0);
            loop {
                (code, length) = (code << 1 | bit(), length + 1);
                if let Some((_, _, symbol)) = codes.iter().find(|(c, l, _)| (*c, *l) == (code, length)) {
                    return *symbol;
                }
                assert!(length < 17);
            }
        };
        let (mut before, mut found) = ([0; 3], Vec::new());
        for _ in 0..size.0 / 16 * (size.1 / 16) {
            for part in [0, 0, 0, 0, 1, 2] {
                let category = symbol(&mut bit, 0x00);
                let raw = (0..category).fold(0, |raw, _| raw << 1 | bit()) as i32;
                let negative = category > 0 && raw < 1 << (category - 1);
                before[part] += if negative { raw - (1 << category) + 1 } else { raw };
                assert_eq!(symbol(&mut bit, 0x10), 0, "nothing but the end of the block");
                // the inverse transform of a lone first coefficient is an eighth of it everywhere
                let level = before[part] * quantum / 8 + 128;
                assert!((0..256).contains(&level), "{level}");
                if part == 0 {
                    found.push(level);
                }
            }
        }
        assert!(data.len() * 8 - place < 8, "data is left over");
        assert_eq!(size, (96, 96));
        found
    }

    #[test]
    fn a_portrait_is_a_small_baseline_jpeg_that_decodes_to_what_was_drawn() {
        let purpose = Purpose::new(Seed::new(3), "photo");
        for index in 0..200 {
            let image = portrait(&mut purpose.of(index));
            assert!((300..1000).contains(&image.len()), "{}", image.len());
            assert_eq!(decode(&image).len(), SIDE * SIDE);
        }
        // a picture whose luminance is known: Y of ITU-T T.871 is 0.299 R + 0.587 G + 0.114 B
        let mut picture = [[[255, 255, 255]; SIDE]; SIDE];
        picture[0][0] = [255, 0, 0];
        picture[0][1] = [0, 255, 0];
        picture[1][0] = [0, 0, 255];
        picture[1][1] = [0, 0, 0];
        let levels = decode(&encode(&picture));
        for (level, expected) in levels.iter().zip([76.2, 149.7, 29.1, 0.0, 255.0]) {
            assert!((f64::from(*level) - expected).abs() < 1.5, "{level} {expected}");
        }
    }
}
