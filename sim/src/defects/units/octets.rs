//! Photos and source anchors: values that are octets.

use super::super::bench::{Bench, Draft, Subject};
use super::super::octets::to_text;
use crate::population::Draw;

const PHOTO: &str = "thumbnailPhoto";
const PHOTO_MAX: usize = 102_400;

/// A JPEG of this many octets: the shortest header, comments, the end.
pub(in crate::defects) fn jpeg_of(octets: usize) -> Vec<u8> {
    let mut photo = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00".to_vec();
    while photo.len() + 2 < octets {
        // a comment: marker, length with itself, text
        let room = (octets - 2 - photo.len()).min(65_000);
        let room = if (octets - 2 - photo.len() - room) < 4 { room } else { room.max(4) };
        let text = room.saturating_sub(4);
        photo.extend(b"\xff\xfe");
        photo.extend(((text + 2) as u16).to_be_bytes());
        photo.extend(std::iter::repeat_n(b'.', text));
    }
    photo.extend(b"\xff\xd9");
    photo
}

pub(super) fn large_photo(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let before = subject.octets(PHOTO);
    subject.one("mail")?;
    let octets = PHOTO_MAX + 1 + draw.below(60_000);
    let accepted = if before.is_empty() { vec![Vec::new()] } else { vec![before, Vec::new()] };
    Some(Draft::octets(PHOTO, &[jpeg_of(octets)], &accepted).note(format!("{octets} octets")))
}

pub(super) fn no_jpeg(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let before = subject.octets(PHOTO);
    subject.one("mail")?;
    let photo = match draw.below(3) {
        0 => b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x60\0\0\0\x60\x08\x02\0\0\0".to_vec(),
        1 => b"GIF89a\x60\0\x60\0\0\0\0;".to_vec(),
        _ => jpeg_of(4000)[..3000].to_vec(),
    };
    let accepted = if before.is_empty() { vec![Vec::new()] } else { vec![before, Vec::new()] };
    Some(Draft::octets(PHOTO, &[photo], &accepted).note("not a JPEG, or one that breaks off"))
}

/// The second one carries the first one's objectGUID as its anchor, as a script that copies accounts leaves it.
pub(super) fn anchor(_: &Bench<'_>, [owner, other]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    const ANCHOR: &str = "mS-DS-ConsistencyGuid";
    if !owner.octets(ANCHOR).is_empty() || !other.octets(ANCHOR).is_empty() {
        return None;
    }
    let text = |guid: crate::ids::Guid| vec![to_text(&guid.to_bytes_le())];
    let mut draft = Draft::default().change(1, ANCHOR, text(owner.guid)).accept(
        1,
        ANCHOR,
        vec![Vec::new(), text(other.guid)],
    );
    draft.owner = Some(0);
    Some(draft.note("the source anchor of another account"))
}
