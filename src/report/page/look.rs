//! What all pages share: style, script, and the policy under which both run.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Style and script of a kind of page, each with what the content policy knows it by.
#[derive(Debug)]
pub(crate) struct Look {
    pub style: &'static str,
    pub script: &'static str,
    pub style_hash: String,
    pub script_hash: String,
}

/// The file that all pages share, then their own.
macro_rules! with_shared {
    ($own:literal, $ending:literal) => {
        concat!(
            include_str!(concat!("../../../templates/page.", $ending)),
            include_str!(concat!("../../../templates/", $own, ".", $ending))
        )
    };
}

impl Look {
    pub fn of_pair() -> Self {
        Self::of(with_shared!("pair", "css"), with_shared!("pair", "js"))
    }

    pub fn of_batch() -> Self {
        Self::of(with_shared!("batch", "css"), with_shared!("batch", "js"))
    }

    pub fn of_series() -> Self {
        Self::of(with_shared!("series", "css"), with_shared!("series", "js"))
    }

    fn of(style: &'static str, script: &'static str) -> Self {
        Self { style, script, style_hash: hash(style), script_hash: hash(script) }
    }
}

/// As a content policy names what may run: base64 of SHA-256.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}
