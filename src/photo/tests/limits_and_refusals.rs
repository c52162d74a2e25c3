//! What is refused before decoding, and in which words; masks.

use super::{load_any_size, load_bytes, packed, png_with_chunks, textured_jpeg, textured_rgb};
use crate::geometry::Size;
use crate::photo::{ColorEncoding, Decoder, Limits, MASK_USE, PhotoError, Pixels, load, load_mask};
use image::{ExtendedColorType, ImageFormat};
use std::path::Path;

/// The tags of a little-endian TIFF with one strip in front of its directory.
pub(super) struct TiffTags {
    pub size: Size,
    pub bits: u16,
    pub photometric: u16,
    pub samples: u16,
    pub sample_format: u16,
    pub compression: u16,
    pub extra_sample: Option<u16>,
    pub orientation: u8,
    pub pages: usize,
}

impl TiffTags {
    pub(super) fn rgb(size: Size) -> Self {
        Self {
            size,
            bits: 8,
            photometric: 2,
            samples: 3,
            sample_format: 1,
            compression: 1,
            extra_sample: None,
            orientation: 1,
            pages: 1,
        }
    }
}

pub(super) fn tiff(tags: &TiffTags, strip: &[u8]) -> Vec<u8> {
    const STRIP_AT: u32 = 8;
    let bits_at = STRIP_AT + strip.len() as u32;
    let directory_at = bits_at + 8;
    let mut entries: Vec<(u16, u16, u32, u32)> = vec![
        (256, 4, 1, tags.size.width),
        (257, 4, 1, tags.size.height),
        (
            258,
            3,
            u32::from(tags.samples),
            if tags.samples > 2 { bits_at } else { u32::from(tags.bits) * 0x10001 },
        ),
        (259, 3, 1, u32::from(tags.compression)),
        (262, 3, 1, u32::from(tags.photometric)),
        (273, 4, 1, STRIP_AT),
        (274, 3, 1, u32::from(tags.orientation)),
        (277, 3, 1, u32::from(tags.samples)),
        (278, 4, 1, tags.size.height),
        (279, 4, 1, strip.len() as u32),
        (339, 3, 1, u32::from(tags.sample_format)),
    ];
    if tags.samples == 1 {
        entries[2].3 = u32::from(tags.bits);
    }
    if let Some(extra) = tags.extra_sample {
        entries.insert(10, (338, 3, 1, u32::from(extra)));
    }
    let mut out = b"II\x2A\0".to_vec();
    out.extend(directory_at.to_le_bytes());
    out.extend(strip);
    (0..4).for_each(|_| out.extend(tags.bits.to_le_bytes()));
    for page in 1..=tags.pages {
        out.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in &entries {
            out.extend(tag.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend(count.to_le_bytes());
            out.extend(value.to_le_bytes());
        }
        let next = if page == tags.pages { 0 } else { out.len() as u32 + 4 };
        out.extend(next.to_le_bytes());
    }
    out
}

fn refusal(bytes: &[u8]) -> PhotoError {
    let error = load_bytes(bytes).expect_err("must be refused");
    let line = error.to_string();
    assert!(!line.contains('\n') && line.contains("expected") && line.contains("found"), "{line}");
    error
}

const SIZE: Size = Size::new(80, 64);

#[test]
fn paths_that_are_no_photograph() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default();
    let missing = folder.path().join("missing.jpg");
    let error = load(&missing, &limits).unwrap_err();
    assert!(matches!(&error, PhotoError::Missing { file } if *file == missing.display().to_string()));
    assert!(matches!(load(folder.path(), &limits), Err(PhotoError::IsFolder { .. })));
    let empty = folder.path().join("empty.jpg");
    std::fs::write(&empty, []).unwrap();
    assert!(matches!(load(&empty, &limits), Err(PhotoError::Empty { .. })));
    let beneath = empty.join("x.jpg");
    assert!(matches!(load(&beneath, &limits), Err(PhotoError::Missing { .. })));
    let text = folder.path().join("letter.jpg");
    std::fs::write(&text, "Dear colleague, please find the photographs attached.").unwrap();
    match load(&text, &limits).unwrap_err() {
        PhotoError::NotSupported { found, .. } => assert_eq!(found, "plain text"),
        other => panic!("{other}"),
    }
}

#[cfg(unix)]
#[test]
fn devices_and_locked_files_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let limits = Limits::default();
    assert!(matches!(load(Path::new("/dev/null"), &limits), Err(PhotoError::NotAFile { .. })));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), textured_jpeg(SIZE)).unwrap();
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o000)).unwrap();
    // A superuser may read everything.
    if std::fs::read(file.path()).is_err() {
        assert!(matches!(load(file.path(), &limits), Err(PhotoError::NoPermission { .. })));
    }
}

#[test]
fn content_decides_not_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("really-a-png.jpg");
    std::fs::write(&path, packed(ImageFormat::Png, &textured_rgb(SIZE), SIZE, ExtendedColorType::Rgb8))
        .unwrap();
    let photo = load(&path, &Limits::default()).unwrap();
    assert_eq!(photo.name, "really-a-png.jpg");
    assert!(photo.decoder.starts_with("png "));
    assert_eq!(photo.color, ColorEncoding::AssumedSrgb);
    assert!(photo.warnings.iter().any(|w| w.code == "color_assumed_srgb"));
}

#[test]
fn a_huge_header_is_refused_before_anything_is_allocated() {
    let mut png = packed(ImageFormat::Png, &textured_rgb(SIZE), SIZE, ExtendedColorType::Rgb8);
    png[16..20].copy_from_slice(&60_000u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000u32.to_be_bytes());
    let crc = super::crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    match refusal(&png) {
        PhotoError::TooManyPixels { found, limit, .. } => {
            assert_eq!((found, limit), (3_600_000_000, 200_000_000))
        }
        other => panic!("{other}"),
    }
    assert!(refusal(&png).to_string().contains("--max-pixels"));
    let huge = tiff(&TiffTags::rgb(Size::new(60_000, 60_000)), &[0; 100]);
    assert!(matches!(refusal(&huge), PhotoError::TooManyPixels { .. }));
    let mut jpeg = textured_jpeg(SIZE);
    let frame = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
    assert!(matches!(refusal(&jpeg), PhotoError::TooManyPixels { .. }));
}

#[test]
fn memory_limits_hold_for_every_format() {
    let pixels = textured_rgb(SIZE);
    let files = [
        textured_jpeg(SIZE),
        packed(ImageFormat::Png, &pixels, SIZE, ExtendedColorType::Rgb8),
        packed(ImageFormat::WebP, &pixels, SIZE, ExtendedColorType::Rgb8),
        tiff(&TiffTags::rgb(SIZE), &pixels),
    ];
    for bytes in files {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let with = |max_memory_bytes| load(file.path(), &Limits { max_memory_bytes, ..Limits::default() });
        let error = with(bytes.len() as u64 + 10_000).unwrap_err();
        assert!(matches!(error, PhotoError::TooMuchMemory { .. }), "{error}");
        assert!(error.to_string().contains("--max-memory"));
        let error = with(100).unwrap_err();
        assert!(matches!(error, PhotoError::TooMuchMemory { .. }), "{error}");
        with(1 << 20).unwrap();
    }
}

#[test]
fn small_pictures_are_no_photographs() {
    for (size, loads) in [(Size::new(64, 64), true), (Size::new(63, 500), false), (Size::new(1, 1), false)] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), textured_jpeg(size)).unwrap();
        match load(file.path(), &Limits::default()) {
            Ok(photo) => assert!(loads && photo.size == size),
            Err(PhotoError::TooSmall { size: found, needed, .. }) => {
                assert_eq!((found, needed, loads), (size, 64, false));
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn printing_inks_pages_floats_and_animations_are_refused() {
    let strip = vec![128; SIZE.area() * 16];
    let with = |change: &dyn Fn(&mut TiffTags)| {
        let mut tags = TiffTags::rgb(SIZE);
        change(&mut tags);
        refusal(&tiff(&tags, &strip))
    };
    let cmyk = with(&|t| (t.photometric, t.samples) = (5, 4));
    assert!(matches!(cmyk, PhotoError::Cmyk { found: "CMYK", format: "TIFF", .. }), "{cmyk}");
    let pages = with(&|t| t.pages = 3);
    assert!(matches!(pages, PhotoError::MultiPage { found: 3, .. }), "{pages}");
    let float = with(&|t| (t.bits, t.sample_format) = (32, 3));
    assert!(float.to_string().contains("floating-point"), "{float}");
    for (compression, photometric, words) in
        [(7, 2, "JPEG inside TIFF"), (1, 3, "palette"), (1, 6, "YCbCr"), (1, 8, "CIELAB")]
    {
        let error = with(&|t| (t.compression, t.photometric) = (compression, photometric));
        assert!(error.to_string().contains(words), "{error}");
    }
    let png = packed(ImageFormat::Png, &textured_rgb(SIZE), SIZE, ExtendedColorType::Rgb8);
    let apng = png_with_chunks(&png, &[(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0])]);
    assert!(matches!(refusal(&apng), PhotoError::Animated { format: "PNG", .. }));
    let webp = packed(ImageFormat::WebP, &textured_rgb(SIZE), SIZE, ExtendedColorType::Rgb8);
    let extended = [b"VP8X\x0A\0\0\0\x02\0\0\0", &[79u8, 0, 0, 63, 0, 0][..]].concat();
    let body = [b"WEBP", &extended[..], &webp[12..]].concat();
    let animated = [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat();
    assert!(matches!(refusal(&animated), PhotoError::Animated { format: "WebP", .. }));
}

#[test]
fn four_channel_jpegs_are_refused_by_name() {
    let jpeg = textured_jpeg(SIZE);
    let frame = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    let mut cmyk = jpeg.clone();
    // One more component in the frame header.
    cmyk.splice(frame + 2..frame + 4, [0, 20]);
    cmyk[frame + 9] = 4;
    cmyk.splice(frame + 19..frame + 19, [4, 0x11, 0]);
    assert!(matches!(refusal(&cmyk), PhotoError::Cmyk { found: "CMYK", .. }));
    let adobe = super::jpeg_with_segments(&cmyk, &[(0xEE, b"Adobe\0\x64\0\0\0\0\x02".to_vec())]);
    assert!(matches!(refusal(&adobe), PhotoError::Cmyk { found: "YCCK", .. }));
    let mut arithmetic = jpeg.clone();
    arithmetic[frame + 1] = 0xC9;
    assert!(refusal(&arithmetic).to_string().contains("arithmetic"));
    let mut deep = jpeg;
    deep[frame + 4] = 12;
    assert!(refusal(&deep).to_string().contains("12-bit"));
}

#[test]
fn transparency_becomes_void() {
    let mut rgba: Vec<u8> =
        textured_rgb(SIZE).chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    (rgba[3], rgba[7], rgba[11]) = (0, 127, 128);
    let photo = load_bytes(&packed(ImageFormat::Png, &rgba, SIZE, ExtendedColorType::Rgba8)).unwrap();
    assert!(photo.has_alpha);
    let Pixels::Rgba8(data) = &photo.pixels else { panic!("8 bits expected") };
    assert_eq!([data[3], data[7], data[11], data[15]], [0, 0, 255, 255]);
    assert!(data.iter().skip(3).step_by(4).all(|a| [0, 255].contains(a)));
    let tags = |extra| TiffTags { samples: 4, extra_sample: Some(extra), ..TiffTags::rgb(SIZE) };
    let void = |extra| {
        let photo = load_bytes(&tiff(&tags(extra), &rgba)).unwrap();
        [0, 1, 2, 3].map(|i| photo.pixels.is_void(i))
    };
    assert_eq!(void(2), [true, true, false, false], "plain alpha");
    assert_eq!(void(1), [true, true, true, false], "premultiplied alpha");
    assert_eq!(void(0), [false; 4], "not an alpha channel");
}

#[test]
fn buffers_are_reused_without_leaking_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.jpg");
    let small = folder.path().join("small.png");
    std::fs::write(&large, textured_jpeg(Size::new(200, 150))).unwrap();
    std::fs::write(&small, packed(ImageFormat::Png, &textured_rgb(SIZE), SIZE, ExtendedColorType::Rgb8))
        .unwrap();
    let limits = Limits::default();
    let mut decoder = Decoder::new();
    let mut addresses = std::collections::HashSet::new();
    for _ in 0..6 {
        for path in [&large, &small] {
            let photo = decoder.load(path, &limits).unwrap();
            assert_eq!(photo, load(path, &limits).unwrap());
            if let Pixels::Rgba8(data) = &photo.pixels {
                addresses.insert(data.as_ptr() as usize);
            }
            decoder.recycle(photo);
        }
    }
    assert!(addresses.len() <= 6, "twelve photographs in {} buffers", addresses.len());
}

#[test]
fn masks_are_white_from_one_half_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mask.png");
    let size = Size::new(4, 1);
    let limits = Limits::default();
    let read = |samples: &[u8], color| {
        std::fs::write(&path, packed(ImageFormat::Png, samples, size, color)).unwrap();
        load_mask(&path, &limits).unwrap().into_vec()
    };
    let (yes, no) = (MASK_USE, 0);
    assert_eq!(read(&[0, 127, 128, 255], ExtendedColorType::L8), [no, no, yes, yes]);
    let deep: Vec<u8> = [0u16, 32767, 32768, 65535].iter().flat_map(|v| v.to_ne_bytes()).collect();
    assert_eq!(read(&deep, ExtendedColorType::L16), [no, no, yes, yes]);
    let rgb = [255, 255, 255, 255, 0, 0, 255, 128, 0, 0, 0, 0];
    assert_eq!(read(&rgb, ExtendedColorType::Rgb8), [yes, no, yes, no]);
    assert_eq!(read(&[255, 0, 255, 127, 255, 128, 0, 255], ExtendedColorType::La8), [no, no, yes, no]);
    std::fs::write(&path, textured_jpeg(SIZE)).unwrap();
    let error = load_mask(&path, &limits).unwrap_err();
    assert!(error.to_string().contains("mask as PNG") && error.to_string().contains("JPEG"), "{error}");
    assert!(matches!(load_mask(folder.path(), &limits), Err(PhotoError::IsFolder { .. })));
    assert!(load_any_size(&path).is_ok());
}
