//! Photos of users and groups: JPEG files, kept as they came, or as on-premises sent them.

use super::{CallContext, ObjectKind, Tenant, TenantError};
use crate::ids::Guid;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most bytes of all photos together: beyond, none is taken.
const PHOTOS_MAX: usize = 256 * 1024 * 1024;
/// The key under which on-premises sends one.
const THUMBNAIL: &str = "thumbnailphoto";
/// Largest photo (documented: 4 MB).
const PHOTO_MAX: usize = 4 * 1024 * 1024;

/// A photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// The file.
    pub bytes: Arc<[u8]>,
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
}

impl Photo {
    /// Reads the head of a JPEG file; none when it is no such file.
    pub fn read(bytes: &[u8]) -> Option<Photo> {
        let (width, height) = jpeg_size(bytes)?;
        Some(Photo { bytes: Arc::from(bytes), width, height })
    }
}

/// Width and height from the first start-of-frame segment (ITU T.81, B.2.2).
fn jpeg_size(bytes: &[u8]) -> Option<(u16, u16)> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let [0xff, marker, after @ ..] = rest else { return None };
        if *marker == 0xff {
            // fill bytes before a marker
            rest = &rest[1..];
            continue;
        }
        let length = usize::from(u16::from_be_bytes([*after.first()?, *after.get(1)?]));
        let frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if frame {
            let height = u16::from_be_bytes([*after.get(3)?, *after.get(4)?]);
            let width = u16::from_be_bytes([*after.get(5)?, *after.get(6)?]);
            return (width > 0 && height > 0).then_some((width, height));
        }
        if length < 2 || *marker == 0xda {
            return None;
        }
        rest = after.get(length..)?;
    }
}

/// The photos by the objects that they show.
pub(crate) type Photos = Arc<BTreeMap<Guid, Photo>>;

impl Tenant {
    /// The photo of a user or group: the one that was put there, else the thumbnailPhoto that a synchronized user
    /// came with. What is no JPEG file is ignored.
    pub fn photo(&self, id: Guid) -> Option<Photo> {
        self.photos.get(&id).cloned().or_else(|| self.synchronized_photo(id))
    }

    fn synchronized_photo(&self, id: Guid) -> Option<Photo> {
        let user = self.object(id).filter(|object| object.kind == ObjectKind::User)?;
        let (_, sent) = user.shadow.as_deref()?.others.iter().find(|(key, _)| &**key == THUMBNAIL)?;
        Photo::read(&BASE64.decode(sent.as_str()?).ok()?)
    }

    /// Takes a photo.
    ///
    /// # Errors
    /// 404 for an unknown object; 400 for what is no JPEG file; 413 for one that is too large.
    pub fn set_photo(&mut self, ctx: &CallContext, id: Guid, bytes: &[u8]) -> Result<(), TenantError> {
        let kinds = [ObjectKind::User, ObjectKind::Group];
        self.slot_of(id, &kinds)?;
        // those of objects that are gone for good count no more; they are dropped below
        let others = self.photos.iter().filter(|(own, _)| **own != id && self.store.any(**own).is_some());
        let held: usize = others.map(|(_, photo)| photo.bytes.len()).sum();
        if bytes.len() > PHOTO_MAX || held + bytes.len() > PHOTOS_MAX {
            return Err(TenantError::of("photo-size", &[]));
        }
        let photo = Photo::read(bytes).ok_or_else(|| TenantError::of("photo-format", &[]))?;
        let photos = Arc::make_mut(&mut self.photos);
        photos.retain(|own, _| self.store.any(*own).is_some());
        photos.insert(id, photo);
        self.audit_life(ctx, ["Update user", "Update group"], id);
        Ok(())
    }

    /// Takes a photo away.
    ///
    /// # Errors
    /// 404 when there is none.
    pub fn delete_photo(&mut self, ctx: &CallContext, id: Guid) -> Result<(), TenantError> {
        if Arc::make_mut(&mut self.photos).remove(&id).is_none() {
            return Err(TenantError::of("photo-absent", &[]));
        }
        self.audit_life(ctx, ["Update user", "Update group"], id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::DEFAULT_START;
    use crate::seed::Seed;
    use crate::spec::TenantSpec;

    #[test]
    fn the_size_stands_in_the_first_frame() {
        // ITU T.81 B.2: SOI, an APP0 segment of 4 bytes, SOF0 with length 11, precision 8, 48 rows of 64
        let good = [
            0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc0, 0, 11, 8, 0, 48, 0, 64, 1, 1, 0x11, 0,
            0xff, 0xd9,
        ];
        assert_eq!(jpeg_size(&good), Some((64, 48)));
        for length in 0..good.len() - 6 {
            assert_eq!(jpeg_size(&good[..length.min(17)]), None, "{length}");
        }
        for bad in
            [&b""[..], b"GIF89a", b"\x89PNG\r\n", &[0xff, 0xd8, 0xff, 0xe0, 0, 0], &[0xff, 0xd8, 0xff, 0xda]]
        {
            assert_eq!(jpeg_size(bad), None);
        }
    }

    #[test]
    fn photos_of_who_is_gone_for_good_leave_room() {
        let mut tenant = Tenant::new(&TenantSpec::default(), 10, Seed::new(1), DEFAULT_START).unwrap();
        let ctx = CallContext { now: DEFAULT_START, app: None };
        let users: Vec<Guid> = tenant.iter(ObjectKind::User).map(|user| user.id()).collect();
        let [_, leaver, stayer, ..] = users[..] else { panic!() };
        let jpeg = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 48, 0, 64, 1, 1, 0x11, 0, 0xff, 0xd9];
        let full = Photo { bytes: vec![0; PHOTOS_MAX].into(), width: 1, height: 1 };
        Arc::make_mut(&mut tenant.photos).insert(leaver, full);
        tenant.delete(&ctx, leaver).unwrap();
        // it may come back, with its photo
        assert_eq!(tenant.set_photo(&ctx, stayer, &jpeg).map_err(|error| error.status), Err(413));
        tenant.purge_deleted(&ctx, leaver).unwrap();
        tenant.set_photo(&ctx, stayer, &jpeg).unwrap();
        assert!(tenant.photo(leaver).is_none() && tenant.photo(stayer).is_some());
    }
}
