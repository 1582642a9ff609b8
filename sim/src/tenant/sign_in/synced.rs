//! Password hashes as a synchronization engine sends them: never the password, never the hash that a domain
//! controller keeps, but one made of it (directory-sync.md 3.1).

use crate::directory::nt_hash_of;
use pbkdf2::pbkdf2_hmac_array;
use sha2::Sha256;
use std::fmt;
use std::fmt::Write as _;

/// Octets of the hash.
const LENGTH: usize = 32;
/// Most octets of salt; engines send ten.
const SALT_MAX: usize = 64;
/// Most iterations; engines send a thousand. Each sign-in costs as many.
const ITERATIONS_MAX: u32 = 20_000;

/// A salted hash of a password: PBKDF2 with HMAC-SHA256 over the upper-case hexadecimal text, in UTF-16LE, of the
/// password's NT hash.
///
/// Its text is `v1;PPH1_MD4,<salt>,<iterations>,<hash>;`, salt and hash in hexadecimal.
///
/// ```
/// use forestbed_sim::tenant::SyncedHash;
/// let hash = SyncedHash::of("password", &[0x31, 0x7e], 1000).unwrap();
/// assert!(hash.is_of("password") && !hash.is_of("Password"));
/// assert_eq!(SyncedHash::parse(&hash.to_string()), Some(hash));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncedHash {
    salt: Vec<u8>,
    iterations: u32,
    hash: [u8; LENGTH],
}

impl SyncedHash {
    /// The hash of a password; none for more than 64 octets of salt, or iterations outside 1 to 20,000.
    pub fn of(password: &str, salt: &[u8], iterations: u32) -> Option<SyncedHash> {
        let fits = salt.len() <= SALT_MAX && (1..=ITERATIONS_MAX).contains(&iterations);
        fits.then(|| SyncedHash { salt: salt.to_vec(), iterations, hash: derive(password, salt, iterations) })
    }

    /// Reads `CredentialData`; none for every other form, for other algorithms, and beyond the limits of
    /// [`SyncedHash::of`].
    pub fn parse(text: &str) -> Option<SyncedHash> {
        let fields = text.strip_prefix("v1;PPH1_MD4,")?.strip_suffix(';')?;
        let mut fields = fields.split(',');
        let (salt, iterations, hash) = (fields.next()?, fields.next()?, fields.next()?);
        let plain = iterations.bytes().all(|digit| digit.is_ascii_digit());
        if fields.next().is_some() || !plain || salt.len() > 2 * SALT_MAX {
            return None;
        }
        let iterations = iterations.parse().ok().filter(|count| (1..=ITERATIONS_MAX).contains(count))?;
        Some(SyncedHash { salt: octets(salt)?, iterations, hash: octets(hash)?.try_into().ok()? })
    }

    /// Whether it is the hash of this password.
    pub fn is_of(&self, password: &str) -> bool {
        derive(password, &self.salt, self.iterations) == self.hash
    }
}

impl fmt::Display for SyncedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1;PPH1_MD4,{},{},{};", hexadecimal(&self.salt), self.iterations, hexadecimal(&self.hash))
    }
}

fn derive(password: &str, salt: &[u8], iterations: u32) -> [u8; LENGTH] {
    // upper case: lower-case digits give another hash, which no engine means
    let digits = hexadecimal(&nt_hash_of(password)).to_ascii_uppercase();
    let wide: Vec<u8> = digits.encode_utf16().flat_map(u16::to_le_bytes).collect();
    pbkdf2_hmac_array::<Sha256, LENGTH>(&wide, salt, iterations)
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

fn octets(digits: &str) -> Option<Vec<u8>> {
    let values = digits.chars().map(|digit| digit.to_digit(16)).collect::<Option<Vec<u32>>>()?;
    let pairs = values.chunks_exact(2);
    let even = pairs.remainder().is_empty();
    let read = pairs.map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect::<Option<Vec<u8>>>();
    read.filter(|_| even)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// directory-sync.md 3.1.3: password, and what an engine sends for it.
    const VECTORS: [(&str, &str); 3] = [
        (
            "password",
            "v1;PPH1_MD4,317ee9d1dec6508fa510,1000,15063accda1fbd262c6e750169dd59c15e194e7965436c8e552f6f0cc0b69450;",
        ),
        (
            "P@ssw0rd!",
            "v1;PPH1_MD4,b477124de54c2030378f,1000,4b4098ff6bde6cdd85040320b368911351e4f3add84f04b0579e0f72a87d0b24;",
        ),
        (
            "Za\u{17c}\u{f3}\u{142}\u{107}-\u{f1}-\u{1f600}",
            "v1;PPH1_MD4,00010203040506070809,1000,5529e528a6944f607cc6dff67a83e8c2c39d740a39270e972c772d4bfa718066;",
        ),
    ];

    #[test]
    fn the_vectors_of_the_reference_come_out() {
        for (password, text) in VECTORS {
            let hash = SyncedHash::parse(text).unwrap();
            assert_eq!(hash.to_string(), text);
            assert!(hash.is_of(password), "{password}");
            assert!(!hash.is_of(&password.to_uppercase()) || password == password.to_uppercase());
            assert_eq!(SyncedHash::of(password, &hash.salt, 1000), Some(hash));
        }
    }

    #[test]
    fn lower_case_digits_of_the_inner_hash_give_another_one() {
        // directory-sync.md 3.1.3, the typical mistake of an engine: the fourth vector, which must not come out
        let (password, text) = VECTORS[0];
        let hash = SyncedHash::parse(text).unwrap();
        let digits = "8846f7eaee8fb117ad06bdd830b7586c";
        assert_eq!(hexadecimal(&nt_hash_of(password)), digits);
        let wide: Vec<u8> = digits.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_ne!(pbkdf2_hmac_array::<Sha256, LENGTH>(&wide, &hash.salt, 1000), hash.hash);
    }

    #[test]
    fn what_is_no_such_hash_is_refused() {
        let hash = "15063accda1fbd262c6e750169dd59c15e194e7965436c8e552f6f0cc0b69450";
        let long = "00".repeat(SALT_MAX + 1);
        for text in [
            String::new(),
            "v1;PPH1_MD4,;".to_owned(),
            format!("v1;PPH1_MD4,00,1000,{hash}"),
            format!("v2;PPH1_MD4,00,1000,{hash};"),
            format!("v1;PPH1_MD5,00,1000,{hash};"),
            format!("v1;PPH1_MD4,0,1000,{hash};"),
            format!("v1;PPH1_MD4,0g,1000,{hash};"),
            format!("v1;PPH1_MD4,00,0,{hash};"),
            format!("v1;PPH1_MD4,00,+5,{hash};"),
            format!("v1;PPH1_MD4,00,4294967296,{hash};"),
            format!("v1;PPH1_MD4,00,20001,{hash};"),
            format!("v1;PPH1_MD4,00,1000,{hash}00;"),
            format!("v1;PPH1_MD4,00,1000,{hash},;"),
            format!("v1;PPH1_MD4,{long},1000,{hash};"),
        ] {
            assert_eq!(SyncedHash::parse(&text), None, "{text}");
        }
        assert!(SyncedHash::parse(&format!("v1;PPH1_MD4,,1,{hash};")).is_some());
    }
}
