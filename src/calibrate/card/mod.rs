//! The marker card: a small printed sheet with square markers of known size and gray patches, laid
//! beside the skin. It gives millimetres per pixel, and gains that two photographs with the same
//! card share.
//!
//! `layout` says where everything on the card is, in mm; `print` draws it as SVG or PDF; `codes` are
//! the markers' patterns; `detect` finds the card in a photograph; `gray` reads its patches.

mod codes;
mod detect;
mod gray;
pub mod layout;
mod print;

pub use codes::CODES;
pub use detect::{Card, find_card};
pub use gray::{GrayGains, GrayPatches, gray_gains, gray_patches};
pub use print::{CardFormat, card_file};
