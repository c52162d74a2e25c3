//! How large a photograph may be. Both limits are checked against the header of the file, before
//! anything of the picture's size is allocated.

use crate::geometry::Size;
use crate::photo::error::PhotoError;

/// Upper bounds on one photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels (width × height). Raised by `--max-pixels`.
    pub max_pixels: u64,
    /// Most bytes that loading one photograph may take: the file, the decoder's own planes and the
    /// pixels that come out. Raised by `--max-memory`.
    pub max_memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_pixels: 200_000_000, max_memory_bytes: 4 << 30 }
    }
}

impl Limits {
    /// Refuses a picture that is too large, `bytes_per_pixel` being the sum over all buffers that
    /// are alive at once and `file_bytes` the length of the file.
    ///
    /// # Errors
    /// [`PhotoError::TooManyPixels`] or [`PhotoError::TooMuchMemory`].
    pub(crate) fn check(
        &self,
        file: &str,
        size: Size,
        bytes_per_pixel: u64,
        file_bytes: u64,
    ) -> Result<(), PhotoError> {
        let pixels = u64::from(size.width) * u64::from(size.height);
        if pixels > self.max_pixels {
            return Err(PhotoError::TooManyPixels {
                file: file.to_owned(),
                size,
                found: pixels,
                limit: self.max_pixels,
            });
        }
        self.check_bytes(file, pixels.saturating_mul(bytes_per_pixel).saturating_add(file_bytes))
    }

    /// Refuses what needs more than the memory allowed.
    ///
    /// # Errors
    /// [`PhotoError::TooMuchMemory`].
    pub(crate) fn check_bytes(&self, file: &str, needed: u64) -> Result<(), PhotoError> {
        if needed > self.max_memory_bytes {
            return Err(PhotoError::TooMuchMemory {
                file: file.to_owned(),
                needed,
                limit: self.max_memory_bytes,
            });
        }
        Ok(())
    }
}
