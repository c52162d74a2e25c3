//! The key that pseudonyms rest on.

use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::sha256::hex;

/// Fewest bytes of a key: what is shorter can be tried out.
const LEAST_BYTES: usize = 16;
/// Hexadecimal digits of a pseudonym: among ten thousand names two are alike once in 10¹¹ times.
const DIGITS: usize = 16;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum ShareKeyError {
    /// It cannot be read.
    #[error("{}: expected a key, found: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is too short.
    #[error("{}: expected a key of {LEAST_BYTES} bytes or more, found {found}", path.display())]
    Short {
        /// The file.
        path: PathBuf,
        /// Its bytes, without white space at the end.
        found: usize,
    },
    /// The system has no random numbers.
    #[error("no random key: {0}")]
    Random(getrandom::Error),
}

/// A secret key. Who has it can tell whether a pseudonym is that of a name, and nobody else.
#[derive(Clone)]
pub struct ShareKey {
    mac: Hmac<Sha256>,
    kept: bool,
}

impl std::fmt::Debug for ShareKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShareKey")
    }
}

impl ShareKey {
    /// A key for one run, which nobody keeps: no pseudonym of it can be linked to another run's.
    ///
    /// # Errors
    /// [`ShareKeyError::Random`].
    pub fn random() -> Result<Self, ShareKeyError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(ShareKeyError::Random)?;
        Ok(Self { kept: false, ..Self::of(&bytes) })
    }

    /// The bytes of a file, but for white space at its end.
    ///
    /// # Errors
    /// [`ShareKeyError`] where it cannot be read or is shorter than 16 bytes.
    pub fn load(path: &Path) -> Result<Self, ShareKeyError> {
        let bytes =
            std::fs::read(path).map_err(|source| ShareKeyError::Read { path: path.to_owned(), source })?;
        let bytes = bytes.trim_ascii_end();
        if bytes.len() < LEAST_BYTES {
            return Err(ShareKeyError::Short { path: path.to_owned(), found: bytes.len() });
        }
        Ok(Self::of(bytes))
    }

    /// A key of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mac = Hmac::new_from_slice(bytes).expect("HMAC takes keys of any length");
        Self { mac, kept: true }
    }

    /// Whether somebody has it, so that another run gives the same pseudonyms.
    pub fn is_kept(&self) -> bool {
        self.kept
    }

    /// A keyed hash, as 64 hexadecimal digits. What is hashed for one purpose tells nothing of another.
    pub fn hash(&self, purpose: &str, text: &str) -> String {
        let mac = self.mac.clone().chain_update(purpose).chain_update([0]).chain_update(text);
        hex(&mac.finalize().into_bytes())
    }

    /// What stands for a name: its kind and 16 hexadecimal digits.
    pub fn pseudonym(&self, kind: &str, name: &str) -> String {
        format!("{kind}-{}", &self.hash(kind, name)[..DIGITS])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_rfc_4231() {
        // Its second case has the key "Jefe"; here the text is preceded by a purpose and a zero byte, so the expected value was
        // computed with another program: Python's hmac.
        let key = ShareKey::of(b"Jefe");
        assert_eq!(
            key.hash("pair", "what do ya want for nothing?"),
            "f65c1af43b10e1fb3495426bcc93a26d35d2ee41509b4432885d062162242f99"
        );
    }

    #[test]
    fn names_of_one_key_are_the_same_and_of_others_are_not() {
        let key = ShareKey::of(b"0123456789abcdef");
        let name = key.pseudonym("pair", "Ann");
        assert_eq!(ShareKey::of(b"0123456789abcdef").pseudonym("pair", "Ann"), name);
        assert_eq!(name.len(), "pair-".len() + DIGITS);
        let (once, again) = (ShareKey::random().unwrap(), ShareKey::random().unwrap());
        let others = [
            key.pseudonym("pair", "Eve"),
            key.pseudonym("subject", "Ann").replace("subject", "pair"),
            once.pseudonym("pair", "Ann"),
            again.pseudonym("pair", "Ann"),
        ];
        for (i, other) in others.iter().enumerate() {
            assert!(*other != name && !others[..i].contains(other), "{i}");
        }
        assert!(key.is_kept() && !once.is_kept());
        assert_eq!(format!("{key:?}"), "ShareKey");
    }

    #[test]
    fn a_key_that_can_be_tried_out_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let load = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            ShareKey::load(&path)
        };
        let line = load(b"0123456789abcde\n\n").unwrap_err().to_string();
        assert!(line.contains("expected a key of 16 bytes or more, found 15"), "{line}");
        let name = |key: ShareKey| key.pseudonym("pair", "Ann");
        // An editor may end the line.
        assert_eq!(name(load(b"0123456789abcdef\r\n").unwrap()), name(load(b"0123456789abcdef").unwrap()));
        assert!(ShareKey::load(&folder.path().join("none")).unwrap_err().to_string().contains("none"));
    }
}
