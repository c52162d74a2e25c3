//! Eight-bit photographs: the sRGB curve, sensor noise, JPEG.

use super::error::{PhantomError, require};
use super::random::{normal_pair, row_stream};
use crate::geometry::Size;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// An eight-bit sRGB photograph: red, green, blue, row by row from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rgb8 {
    size: Size,
    bytes: Vec<u8>,
}

impl Rgb8 {
    /// A photograph around existing bytes.
    ///
    /// # Errors
    /// If there are not three bytes for every pixel.
    pub fn new(size: Size, bytes: Vec<u8>) -> Result<Self, PhantomError> {
        let expected = 3 * size.area();
        if bytes.len() != expected || expected == 0 {
            return Err(PhantomError::PixelCount { size, expected, found: bytes.len() });
        }
        Ok(Self { size, bytes })
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the bytes back.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Red, green and blue at column `x`, row `y`.
    pub fn at(&self, x: u32, y: u32) -> [u8; 3] {
        let k = 3 * (y as usize * self.size.width as usize + x as usize);
        [self.bytes[k], self.bytes[k + 1], self.bytes[k + 2]]
    }

    /// What lies around its center, at most `most` pixels wide and high.
    ///
    /// # Errors
    /// If nothing is left.
    pub fn middle(&self, most: u32) -> Result<Self, PhantomError> {
        let size = Size::new(self.size.width.min(most), self.size.height.min(most));
        let (left, top) = ((self.size.width - size.width) / 2, (self.size.height - size.height) / 2);
        let places = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (left + x, top + y)));
        Self::new(size, places.flat_map(|(x, y)| self.at(x, y)).collect())
    }

    /// The photograph as PNG file.
    ///
    /// # Errors
    /// What the encoder reports.
    pub fn png(&self) -> Result<Vec<u8>, PhantomError> {
        let mut file = Vec::new();
        PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Adaptive)
            .write_image(&self.bytes, self.size.width, self.size.height, ExtendedColorType::Rgb8)
            .map_err(|source| PhantomError::Encode { what: format!("a {} PNG", self.size), source })?;
        Ok(file)
    }

    /// The photograph as JPEG file of a quality between 1 and 100.
    ///
    /// # Errors
    /// A quality out of range, or what the encoder reports.
    pub fn jpeg(&self, quality: u8) -> Result<Vec<u8>, PhantomError> {
        require("jpeg_quality", f64::from(quality), 1.0..=100.0, "1 to 100")?;
        let mut file = Vec::new();
        JpegEncoder::new_with_quality(&mut file, quality)
            .write_image(&self.bytes, self.size.width, self.size.height, ExtendedColorType::Rgb8)
            .map_err(|source| PhantomError::Encode { what: format!("a {} JPEG", self.size), source })?;
        Ok(file)
    }

    /// The photograph as it comes back from a JPEG file.
    ///
    /// # Errors
    /// A quality out of range, or what the codec reports.
    pub fn through_jpeg(&self, quality: u8) -> Result<Self, PhantomError> {
        let file = self.jpeg(quality)?;
        let decoded = image::load_from_memory_with_format(&file, image::ImageFormat::Jpeg)
            .map_err(|source| PhantomError::Encode { what: format!("a {} JPEG", self.size), source })?;
        Self::new(self.size, decoded.into_rgb8().into_raw())
    }
}

/// Noise of an image sensor, as fractions of white in linear light.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SensorNoise {
    /// Standard deviation of photon noise at white (0–0.2). It grows with the root of brightness.
    pub shot_sigma_at_white: f64,
    /// Standard deviation that is there in the dark (0–0.1).
    pub read_sigma: f64,
}

impl SensorNoise {
    /// A sensor without noise.
    pub const NONE: Self = Self { shot_sigma_at_white: 0.0, read_sigma: 0.0 };
    /// A telephone in a lit room, after its own noise reduction.
    pub const PHONE: Self = Self { shot_sigma_at_white: 0.010, read_sigma: 0.0015 };

    pub(super) fn check(&self) -> Result<(), PhantomError> {
        require("shot_sigma_at_white", self.shot_sigma_at_white, 0.0..=0.2, "0 to 0.2")?;
        require("read_sigma", self.read_sigma, 0.0..=0.1, "0 to 0.1")
    }

    /// Standard deviation at a linear brightness.
    fn sigma(&self, linear: f64) -> f64 {
        (self.shot_sigma_at_white.powi(2) * linear.max(0.0) + self.read_sigma.powi(2)).sqrt()
    }
}

/// Exposes linear planes: gain, noise, the sRGB curve, rounding to eight bits.
pub(super) fn expose(
    size: Size,
    linear: [&[f32]; 3],
    gains: [f64; 3],
    noise: &SensorNoise,
    noise_seed: u64,
) -> Rgb8 {
    let width = size.width as usize;
    let mut bytes = vec![0; 3 * size.area()];
    let silent = *noise == SensorNoise::NONE;
    bytes.par_chunks_mut(3 * width).enumerate().for_each(|(y, row)| {
        let mut rng = row_stream(noise_seed, y);
        for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let deviates = if silent {
                [0.0; 3]
            } else {
                let [a, b] = normal_pair(&mut rng);
                let [c, _] = normal_pair(&mut rng);
                [a, b, c]
            };
            for (channel, byte) in pixel.iter_mut().enumerate() {
                let light = f64::from(linear[channel][y * width + x]) * gains[channel];
                let seen = light + deviates[channel] * noise.sigma(light);
                *byte = (255.0 * encoded(seen)).round() as u8;
            }
        }
    });
    Rgb8 { size, bytes }
}

/// IEC 61966-2-1, linear light to code value, both 0–1; what lies outside is clipped.
fn encoded(linear: f64) -> f64 {
    let v = linear.clamp(0.0, 1.0);
    if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

/// Linear light of every eight-bit code.
pub(super) fn linear_of_code() -> [f32; 256] {
    std::array::from_fn(|code| {
        let v = code as f64 / 255.0;
        (if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_decoding_and_encoding() {
        for (code, &linear) in linear_of_code().iter().enumerate() {
            assert_eq!((255.0 * encoded(f64::from(linear))).round() as usize, code);
        }
        // Middle gray of 18 % is code 118; half of full light is 188 (tables of the standard).
        assert_eq!((255.0 * encoded(0.18)).round(), 118.0);
        assert_eq!((255.0 * encoded(0.5)).round(), 188.0);
    }

    #[test]
    fn noise_has_the_variance_asked_for() {
        let size = Size::new(400, 300);
        let level = 0.3;
        let plane = vec![level; size.area()];
        let noise = SensorNoise { shot_sigma_at_white: 0.05, read_sigma: 0.02 };
        let photo = expose(size, [&plane; 3], [1.0; 3], &noise, 9);
        let decode = linear_of_code();
        let asked = 0.05f64.powi(2) * f64::from(level) + 0.02f64.powi(2);
        for channel in 0..3 {
            let values: Vec<f64> = photo
                .bytes()
                .iter()
                .skip(channel)
                .step_by(3)
                .map(|&b| f64::from(decode[b as usize]))
                .collect();
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
            // Rounding to codes adds a twelfth of a step squared (0.5 %); sampling error is 0.4 %.
            assert!((variance / asked - 1.0).abs() < 0.02, "{variance} against {asked}");
            assert!((mean - f64::from(level)).abs() < 5e-4, "{mean}");
        }
    }

    #[test]
    fn rows_and_seeds_have_noise_of_their_own() {
        let size = Size::new(64, 3);
        let plane = vec![0.3; size.area()];
        let photo = |seed| expose(size, [&plane; 3], [1.0; 3], &SensorNoise::PHONE, seed).into_bytes();
        let first = photo(1);
        assert!(first[..192] != first[192..384] && first[192..384] != first[384..]);
        assert!(first != photo(2) && first == photo(1));
    }

    #[test]
    fn buffers_of_the_wrong_length_are_refused() {
        assert!(matches!(
            Rgb8::new(Size::new(2, 2), vec![0; 11]),
            Err(PhantomError::PixelCount { expected: 12, found: 11, .. })
        ));
    }
}
