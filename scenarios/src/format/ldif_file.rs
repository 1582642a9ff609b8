//! Reading an LDIF file that a forest starts from.

use crate::Error;
use forestbed_sim::dump::escape_text;
use forestbed_sim::ldif::{Content, refuse_urls};
use std::path::{Path, PathBuf};

/// The largest LDIF file, in bytes: a dump of a million users fits.
const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// The largest file that a value may come from, in bytes.
const MAX_VALUE_BYTES: u64 = 10 * 1024 * 1024;

/// Reads the entries of a file. `folder` is the one whose files `attr:< file:...` may name; none refuses them all.
///
/// # Errors
/// When it cannot be read, and with each line of it that is wrong.
pub fn read_ldif(path: &Path, folder: Option<&Path>) -> Result<Content, Error> {
    let shown = path.display();
    let wrong = |reason: String| Error::input(format!("cannot read the LDIF file {shown}: {reason}"));
    let meta = std::fs::metadata(path).map_err(|e| wrong(e.to_string()))?;
    if meta.is_file() && meta.len() > MAX_FILE_BYTES {
        return Err(wrong(format!("{} bytes, more than {MAX_FILE_BYTES}", meta.len())));
    }
    let bytes = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
    let folder = folder
        .map(|folder| {
            let cannot = |e| Error::input(format!("cannot read the folder {}: {e}", folder.display()));
            folder.canonicalize().map_err(cannot)
        })
        .transpose()?;
    let mut fetch = |url: &str| match &folder {
        None => refuse_urls(url),
        Some(folder) => read_value(folder, url),
    };
    Content::read(&shown.to_string(), &bytes, &mut fetch).map_err(|error| {
        Error::input(error.to_string()).with_help(
            "an LDIF file as ldapsearch -LLL, ldifde -f and forestbed dump write it: entries, no changes",
        )
    })
}

/// The bytes of a `file:` URL, if they lie in the folder.
fn read_value(folder: &Path, url: &str) -> Result<Vec<u8>, String> {
    let told = escape_text(url);
    let path = url.strip_prefix("file:").ok_or_else(|| format!("{told} is no file: URL"))?;
    let path = path.strip_prefix("//localhost").or_else(|| path.strip_prefix("//")).unwrap_or(path);
    let path = unescape(path).ok_or_else(|| format!("{told} is no URL"))?;
    let path: PathBuf = folder.join(path);
    let real = path.canonicalize().map_err(|e| format!("{told}: {e}"))?;
    if !real.starts_with(folder) {
        return Err(format!("{told} lies outside of {}", folder.display()));
    }
    let meta = std::fs::metadata(&real).map_err(|e| format!("{told}: {e}"))?;
    if !meta.is_file() || meta.len() > MAX_VALUE_BYTES {
        return Err(format!("{told} is no file of at most {MAX_VALUE_BYTES} bytes"));
    }
    std::fs::read(&real).map_err(|e| format!("{told}: {e}"))
}

/// `%20` and its kin; none for what is no UTF-8 then.
fn unescape(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_from_the_allowed_folder_only() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("photos");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("a b.jpg"), [0xff, 0xd8]).unwrap();
        std::fs::write(folder.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), inside.join("link")).unwrap();
        let real = inside.canonicalize().unwrap();
        let read = |url: &str| read_value(&real, url);
        assert_eq!(read("file:a%20b.jpg").unwrap(), [0xff, 0xd8]);
        assert_eq!(read(&format!("file://{}/a%20b.jpg", real.display())).unwrap(), [0xff, 0xd8]);
        for url in ["file:../secret", "file:link", "file:///etc/passwd", "file:.", "http://x/y", "file:none"]
        {
            assert!(read(url).is_err(), "{url}");
        }
    }
}
