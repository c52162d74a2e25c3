//! How much memory photographs need to be measured, told from the headers of their files.

use std::path::Path;

use image::ImageReader;

use super::{AnalyzeError, Analyzer, Options, PairFiles};
use crate::engine::Backend;

/// Bytes for each pixel of the photographs of a comparison, on the CPU: what is held at the worst moment of a pair without further
/// captures, which need less each (measured: `benches/RESULTS.md`).
const BYTES_PER_PIXEL: u64 = 60;
/// Where planes lie in the memory of a GPU: the decoded photographs and their views.
const BYTES_PER_PIXEL_BESIDE_GPU: u64 = 12;
/// What is held whatever the size: the program, views of 1 and 3 MP.
const WHATEVER_THE_SIZE: u64 = 150 << 20;

impl Analyzer {
    /// Memory that these photographs need at once, in bytes, as an upper bound that was measured; `None` where a file tells no
    /// size, which decoding it will say.
    pub fn memory_needed(&self, pair: &PairFiles) -> Option<u64> {
        self.needed(pair.photographs())
    }

    fn needed(&self, photographs: impl Iterator<Item: AsRef<Path>>) -> Option<u64> {
        let pixels: u64 = photographs.map(|file| pixels(file.as_ref())).sum::<Option<u64>>()?;
        let bytes_per_pixel = match self.engine().backend() {
            Backend::Cpu(_) => BYTES_PER_PIXEL,
            Backend::Gpu(_) => BYTES_PER_PIXEL_BESIDE_GPU,
        };
        Some(pixels.saturating_mul(bytes_per_pixel).saturating_add(WHATEVER_THE_SIZE))
    }

    /// Refuses photographs that need more memory than there may be, before they are decoded.
    pub(super) fn refuse_too_large(
        &self,
        photographs: impl Iterator<Item: AsRef<Path>>,
        options: &Options,
    ) -> Result<(), AnalyzeError> {
        match options.max_memory_bytes.zip(self.needed(photographs)) {
            Some((limit, needed)) if needed > limit => Err(AnalyzeError::Memory { needed, limit }),
            _ => Ok(()),
        }
    }
}

/// Width times height, as the header has it.
fn pixels(file: &Path) -> Option<u64> {
    let (width, height) = ImageReader::open(file).ok()?.with_guessed_format().ok()?.into_dimensions().ok()?;
    Some(u64::from(width) * u64::from(height))
}
