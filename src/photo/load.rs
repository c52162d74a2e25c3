//! From a path to a photograph: reads the file, chooses the decoder by content, checks limits, and
//! brings the samples upright and to sRGB.

use crate::geometry::Size;
use crate::photo::color::{self, Plan};
use crate::photo::error::{PhotoError, one_line};
use crate::photo::finish::{Alpha, upright, upright_converted};
use crate::photo::format::{Format, Sniffed, sniff};
use crate::photo::limits::Limits;
use crate::photo::orient::Walk;
use crate::photo::source::{Depth, Source, TaggedColor};
use crate::photo::types::{ColorEncoding, Photo, Pixels};
use crate::photo::{jpeg, png, tiff, webp};
use crate::reason::Reason;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;

/// Pixels that a photograph needs on its shorter side.
pub const MIN_SIDE_PX: u32 = 64;
const EXPECTED: &str = "JPEG, PNG, TIFF or WebP";
/// Buffers that a [`Decoder`] keeps for later photographs.
const MAX_SPARE_BUFFERS: usize = 4;

/// Loads photographs one after the other, reusing memory: fresh pages are slow to touch.
#[derive(Debug, Default)]
pub struct Decoder {
    file: Vec<u8>,
    scratch: Scratch,
    spare_eight: Vec<Vec<u8>>,
    spare_sixteen: Vec<Vec<u16>>,
}

/// Samples as a format's decoder leaves them.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub eight: Vec<u8>,
    pub sixteen: Vec<u16>,
}

impl Scratch {
    /// Room for `samples` samples, as bytes.
    pub(crate) fn bytes(&mut self, depth: Depth, samples: usize) -> &mut [u8] {
        match depth {
            Depth::Eight => {
                self.eight.resize(samples, 0);
                &mut self.eight
            }
            Depth::Sixteen => {
                self.sixteen.resize(samples, 0);
                bytemuck::cast_slice_mut(&mut self.sixteen)
            }
        }
    }
}

/// Loads one photograph: see [`Decoder::load`].
///
/// # Errors
/// [`PhotoError`], where the file is not there, not supported, damaged, too large or too small.
pub fn load(path: &Path, limits: &Limits) -> Result<Photo, PhotoError> {
    Decoder::default().load(path, limits)
}

impl Decoder {
    /// A decoder without buffers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Loads a photograph: upright, sRGB-encoded, with what the file tells of its capture.
    ///
    /// The format is told by content, never by name. JPEG is decoded strictly; cut or damaged files
    /// are refused, as are animations, several pages, printing inks, floats, unusable color
    /// profiles, and pictures of less than [`MIN_SIDE_PX`] pixels on the shorter side.
    ///
    /// # Errors
    /// [`PhotoError`], one line with the file, what was expected and what was found.
    pub fn load(&mut self, path: &Path, limits: &Limits) -> Result<Photo, PhotoError> {
        self.load_from(path, limits, MIN_SIDE_PX)
    }

    /// Takes a photograph's pixel buffer back for the next [`Decoder::load`].
    pub fn recycle(&mut self, photo: Photo) {
        match photo.pixels {
            Pixels::Rgba8(data) if self.spare_eight.len() < MAX_SPARE_BUFFERS => self.spare_eight.push(data),
            Pixels::Rgba16(data) if self.spare_sixteen.len() < MAX_SPARE_BUFFERS => {
                self.spare_sixteen.push(data);
            }
            _ => {}
        }
    }

    /// [`Decoder::load`] with a smallest side of one's own.
    pub(crate) fn load_from(
        &mut self,
        path: &Path,
        limits: &Limits,
        min_side: u32,
    ) -> Result<Photo, PhotoError> {
        read_file(path, limits, &mut self.file)?;
        let file = std::mem::take(&mut self.file);
        let job = Job { file: path.display().to_string(), bytes: &file, limits, min_side };
        let loaded = self.decode(&job, path);
        self.file = file;
        loaded
    }

    fn decode(&mut self, job: &Job<'_>, path: &Path) -> Result<Photo, PhotoError> {
        if self.scratch.eight.capacity() == 0 {
            self.scratch.eight = self.spare_eight.pop().unwrap_or_default();
        }
        let (source, digest) =
            rayon::join(|| decode_source(job, &mut self.scratch), || Sha256::digest(job.bytes));
        let source = source?;
        let plan = job.guarded("color", || {
            color::plan(&source.color, source.is_gray).map_err(|f| job.bad_profile(&f))
        })?;
        let walk = Walk::new(source.exif.orientation, source.size);
        let pixels = self.finish(job, &source, &plan, &walk)?;
        let mut warnings = source.exif.warnings;
        warnings.extend(source.warnings);
        if plan.encoding == ColorEncoding::AssumedSrgb {
            let message = "The file does not say which color space it is in; taken for sRGB";
            warnings.push(Reason::new("color_assumed_srgb", message));
        }
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Photo {
            name,
            sha256: crate::sha256::hex(&digest),
            size: walk.upright,
            pixels,
            decoder: source.decoder.to_owned(),
            color: plan.encoding,
            facts: source.exif.facts,
            jpeg: source.jpeg,
            bits_per_channel: source.bits_per_channel,
            is_gray: source.is_gray,
            has_alpha: source.has_alpha,
            exif_orientation: source.exif.orientation,
            warnings,
        })
    }

    /// Upright sRGB pixels from the scratch samples.
    fn finish(
        &mut self,
        job: &Job<'_>,
        source: &Source,
        plan: &Plan,
        walk: &Walk,
    ) -> Result<Pixels, PhotoError> {
        let alpha = match (source.has_alpha, source.premultiplied) {
            (false, _) => Alpha::Ignored,
            (true, false) => Alpha::Half,
            (true, true) => Alpha::Opaque,
        };
        let (values, channels) = (4 * source.size.area(), source.channels);
        let Scratch { eight, sixteen } = &mut self.scratch;
        let Some(conversion) = &plan.conversion else {
            return Ok(match source.depth {
                // A JPEG is decoded as R, G, B, 255: upright, it is what is wanted.
                Depth::Eight if source.jpeg.is_some() && walk.is_identity() => {
                    Pixels::Rgba8(std::mem::take(eight))
                }
                Depth::Eight => {
                    let mut out = sized(self.spare_eight.pop(), values);
                    upright(eight, channels, walk, alpha, &mut out);
                    Pixels::Rgba8(out)
                }
                Depth::Sixteen => {
                    let mut out = sized(self.spare_sixteen.pop(), values);
                    upright(sixteen, channels, walk, alpha, &mut out);
                    Pixels::Rgba16(out)
                }
            });
        };
        let mut out = sized(self.spare_sixteen.pop(), values);
        job.guarded("color", || {
            match source.depth {
                Depth::Eight => upright_converted(eight, channels, walk, alpha, conversion, &mut out),
                Depth::Sixteen => upright_converted(sixteen, channels, walk, alpha, conversion, &mut out),
            }
            .map_err(|found| job.bad_profile(&found))
        })?;
        Ok(Pixels::Rgba16(out))
    }
}

/// A buffer of `values` values, from a spare one where there is one. Contents are arbitrary.
fn sized<T: Copy + Default>(spare: Option<Vec<T>>, values: usize) -> Vec<T> {
    match spare {
        Some(mut buffer) => {
            buffer.resize(values, T::default());
            buffer
        }
        None => vec![T::default(); values],
    }
}

fn decode_source(job: &Job<'_>, scratch: &mut Scratch) -> Result<Source, PhotoError> {
    match sniff(job.bytes) {
        Sniffed::Known(Format::Jpeg) => jpeg::decode(job, &mut scratch.eight),
        Sniffed::Known(Format::Png) => png::decode(job, scratch),
        Sniffed::Known(Format::Tiff) => tiff::decode(job, scratch),
        Sniffed::Known(Format::WebP) => webp::decode(job, scratch),
        Sniffed::Foreign(found) => {
            Err(PhotoError::NotSupported { file: job.file.clone(), expected: EXPECTED, found })
        }
    }
}

/// Reads a whole file into `bytes`, refusing folders, devices, empty and oversized files.
pub(crate) fn read_file(path: &Path, limits: &Limits, bytes: &mut Vec<u8>) -> Result<(), PhotoError> {
    let file = path.display().to_string();
    let failed = |source: std::io::Error| {
        let file = path.display().to_string();
        match source.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => PhotoError::Missing { file },
            std::io::ErrorKind::PermissionDenied => PhotoError::NoPermission { file },
            _ => PhotoError::Unreadable { file, source },
        }
    };
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(PhotoError::IsFolder { file });
    }
    if !metadata.is_file() {
        return Err(PhotoError::NotAFile { file });
    }
    if metadata.len() == 0 {
        return Err(PhotoError::Empty { file });
    }
    limits.check_bytes(&file, metadata.len())?;
    bytes.clear();
    bytes.reserve(metadata.len() as usize);
    let opened = std::fs::File::open(path).map_err(failed)?;
    // A file that grows meanwhile is read no further than the limit.
    opened.take(limits.max_memory_bytes).read_to_end(bytes).map_err(failed)?;
    if bytes.is_empty() { Err(PhotoError::Empty { file }) } else { Ok(()) }
}

/// One file on its way: what the decoders need to check limits and to name errors.
pub(crate) struct Job<'a> {
    /// Path as given.
    pub file: String,
    pub bytes: &'a [u8],
    pub limits: &'a Limits,
    /// Pixels needed on the shorter side.
    pub min_side: u32,
}

impl Job<'_> {
    pub(crate) fn truncated(&self, format: &'static str, found: &str) -> PhotoError {
        PhotoError::Truncated { file: self.file.clone(), format, found: found.to_owned() }
    }

    pub(crate) fn damaged(&self, format: &'static str, found: &str) -> PhotoError {
        PhotoError::Damaged { file: self.file.clone(), format, found: found.to_owned() }
    }

    pub(crate) fn bad_profile(&self, found: &str) -> PhotoError {
        PhotoError::BadProfile { file: self.file.clone(), found: one_line(found) }
    }

    pub(crate) fn unsupported_kind(&self, expected: &'static str, found: &str) -> PhotoError {
        PhotoError::UnsupportedKind { file: self.file.clone(), expected, found: found.to_owned() }
    }

    pub(crate) fn animated(&self, format: &'static str) -> PhotoError {
        PhotoError::Animated { file: self.file.clone(), format }
    }

    pub(crate) fn cmyk(&self, format: &'static str, found: &'static str) -> PhotoError {
        PhotoError::Cmyk { file: self.file.clone(), format, found }
    }

    pub(crate) fn multi_page(&self, found: usize) -> PhotoError {
        PhotoError::MultiPage { file: self.file.clone(), found }
    }

    /// An error of the `image` crate, in the terms of this module.
    pub(crate) fn image_error(&self, format: &'static str, error: image::ImageError) -> PhotoError {
        let message = one_line(&error.to_string());
        match error {
            image::ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                self.truncated(format, "picture data are missing")
            }
            image::ImageError::Unsupported(_) => {
                self.unsupported_kind("a common kind of that format", &message)
            }
            image::ImageError::Limits(_) => PhotoError::TooMuchMemory {
                file: self.file.clone(),
                needed: self.limits.max_memory_bytes.saturating_add(1),
                limit: self.limits.max_memory_bytes,
            },
            _ => self.damaged(format, &message),
        }
    }

    /// Limits for the `image` crate's own buffers.
    pub(crate) fn image_limits(&self) -> image::Limits {
        let mut limits = image::Limits::no_limits();
        limits.max_alloc = Some(self.limits.max_memory_bytes);
        limits
    }

    /// Checks the size in the header against limits and the smallest side.
    pub(crate) fn check_size(&self, size: Size, bytes_per_pixel: u64) -> Result<(), PhotoError> {
        self.limits.check(&self.file, size, bytes_per_pixel, self.bytes.len() as u64)?;
        if size.width.min(size.height) < self.min_side {
            return Err(PhotoError::TooSmall { file: self.file.clone(), size, needed: self.min_side });
        }
        Ok(())
    }

    /// Checks that a second copy of the file fits into the memory allowed.
    pub(crate) fn check_file_copy(&self) -> Result<(), PhotoError> {
        self.limits.check_bytes(&self.file, 2 * self.bytes.len() as u64)
    }

    /// Bytes per pixel of the scratch samples and of the pixels that come out.
    pub(crate) fn bytes_per_pixel_out(
        &self,
        color: &TaggedColor,
        orientation: u8,
        depth: Depth,
        channels: usize,
    ) -> u64 {
        let sample_bytes = if depth == Depth::Eight { 1 } else { 2 };
        let converted = !matches!(color, TaggedColor::Untagged | TaggedColor::Srgb);
        let out = if converted { 8 } else { 4 * sample_bytes };
        // Four channels upright may be handed out as they are decoded.
        let copied = converted || orientation != 1 || channels != 4;
        channels as u64 * sample_bytes + if copied { out } else { 0 }
    }

    /// Runs a decoder; a panic inside it counts as damage of the file, because only a file can cause it.
    pub(crate) fn guarded<T>(
        &self,
        format: &'static str,
        decode: impl FnOnce() -> Result<T, PhotoError>,
    ) -> Result<T, PhotoError> {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode))
            .unwrap_or_else(|_| Err(self.damaged(format, "the decoder gave up")))
    }
}
