//! Color conversion against littlecms (numbers by `fixtures/photo/make_photo.py`), and which tags
//! lead to one.

use super::{
    data_folder, fixture, jpeg_with_segments, load_any_size, load_bytes, packed, png_with_chunks,
    textured_jpeg,
};
use crate::geometry::Size;
use crate::photo::color::plan;
use crate::photo::source::TaggedColor;
use crate::photo::{ColorEncoding, Photo, PhotoError, Pixels};
use image::{ExtendedColorType, ImageFormat};

/// littlecms rounds to 8 bits, through 15-bit tables: one step at most.
const LCMS_STEPS: f64 = 1.0;
const SIZE: Size = Size::new(80, 64);

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|k| u8::from_str_radix(&text[k..k + 2], 16).unwrap()).collect()
}

fn profile(name: &str) -> Vec<u8> {
    let cases = fixture("icc.json");
    let case = cases.as_array().unwrap().iter().find(|c| c["name"] == name).unwrap();
    from_hex(case["profile_hex"].as_str().unwrap())
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn conversions_agree_with_littlecms() {
    let cases = fixture("icc.json");
    let mut compared = 0;
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let profile = from_hex(case["profile_hex"].as_str().unwrap());
        let plan = plan(&TaggedColor::Icc(profile), name.starts_with("Gray")).unwrap();
        if name == "Made sRGB" {
            assert_eq!(plan.encoding, ColorEncoding::Srgb);
            assert!(plan.conversion.is_none());
            continue;
        }
        assert_eq!(plan.encoding, ColorEncoding::Icc { description: name.to_owned() });
        let conversion = plan.conversion.unwrap();
        for (from, to) in case["from"].as_array().unwrap().iter().zip(case["to"].as_array().unwrap()) {
            let from = numbers(from);
            let mut pixel = [0, 1, 2].map(|c| from[c.min(from.len() - 1)] as u16 * 257).to_vec();
            pixel.push(12345);
            conversion.apply(&mut pixel, &mut Vec::new()).unwrap();
            assert_eq!(pixel[3], 12345);
            for (found, expected) in pixel.iter().zip(numbers(to)) {
                let found = f64::from(*found) / 257.0;
                assert!(
                    (found - expected).abs() <= LCMS_STEPS,
                    "{name} {from:?}: {found:.2}, littlecms {expected}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared >= 3 * (3 * 15 + 7), "{compared}");
}

/// Files of other projects with profiles, some of them tables; means over quadrants.
#[test]
fn real_profiles_agree_with_littlecms() {
    let Some(data) = data_folder() else { return };
    for case in fixture("icc_files.json").as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let photo = load_any_size(&data.join(file)).unwrap();
        let name = case["name"].as_str().unwrap();
        match &photo.color {
            ColorEncoding::Srgb => assert!(name.contains("sRGB"), "{file}"),
            ColorEncoding::Icc { description } => assert_eq!(description, name, "{file}"),
            ColorEncoding::AssumedSrgb => panic!("{file}: the profile was not seen"),
        }
        for (found, expected) in
            super::reference::quadrant_means(&photo).iter().zip(case["quadrant_means"].as_array().unwrap())
        {
            for (found, expected) in found.iter().zip(numbers(expected)) {
                assert!((found - expected).abs() <= 0.6, "{file}: {found:.2}, littlecms {expected:.2}");
            }
        }
    }
}

fn icc_segments(profile: &[u8], pieces: usize) -> Vec<(u8, Vec<u8>)> {
    let length = profile.len().div_ceil(pieces);
    let head = |k: usize| [b"ICC_PROFILE\0".to_vec(), vec![k as u8 + 1, pieces as u8]].concat();
    profile.chunks(length).enumerate().map(|(k, part)| (0xE2, [head(k), part.to_vec()].concat())).collect()
}

fn rgb_fraction(photo: &Photo, index: usize) -> [f32; 3] {
    photo.pixels.rgb(index).map(|v| v * 255.0)
}

#[test]
fn a_jpeg_profile_in_pieces_is_put_together() {
    let jpeg = textured_jpeg(SIZE);
    let plain = load_bytes(&jpeg).unwrap();
    let mut segments = icc_segments(&profile("Adobe RGB like"), 3);
    let whole = load_bytes(&jpeg_with_segments(&jpeg, &segments)).unwrap();
    assert_eq!(whole.color, ColorEncoding::Icc { description: "Adobe RGB like".to_owned() });
    assert!(matches!(whole.pixels, Pixels::Rgba16(_)));
    // A skin tone grows more saturated: red up, blue hardly.
    let (before, after) = (rgb_fraction(&plain, 1000), rgb_fraction(&whole, 1000));
    assert!(after[0] > before[0] + 3.0, "{before:?} {after:?}");
    segments.reverse();
    assert_eq!(load_bytes(&jpeg_with_segments(&jpeg, &segments)).unwrap().pixels, whole.pixels);
    segments.pop();
    let missing = load_bytes(&jpeg_with_segments(&jpeg, &segments));
    assert!(matches!(missing, Err(PhotoError::BadProfile { .. })), "{:?}", missing.map(|p| p.color));
}

#[test]
fn an_srgb_profile_leaves_the_values_alone() {
    let jpeg = textured_jpeg(SIZE);
    let plain = load_bytes(&jpeg).unwrap();
    let tagged = load_bytes(&jpeg_with_segments(&jpeg, &icc_segments(&profile("Made sRGB"), 1))).unwrap();
    assert_eq!(tagged.color, ColorEncoding::Srgb);
    assert_eq!(tagged.pixels, plain.pixels);
    assert!(tagged.warnings.is_empty() && plain.warnings.len() == 1);
}

#[test]
fn broken_profiles_are_refused() {
    let jpeg = textured_jpeg(SIZE);
    let good = profile("Adobe RGB like");
    let mut foreign = good.clone();
    foreign[16..20].copy_from_slice(b"CMYK");
    let mut unsigned = good.clone();
    unsigned[36] = b'x';
    for bad in [
        &good[..200],
        &good[..good.len() - 8],
        b"no profile at all, but long enough to look",
        &foreign,
        &unsigned,
        &profile("Gray 1.8"),
    ] {
        let result = load_bytes(&jpeg_with_segments(&jpeg, &icc_segments(bad, 1)));
        assert!(matches!(result, Err(PhotoError::BadProfile { .. })), "{:?}", result.map(|p| p.color));
    }
    let png = packed(ImageFormat::Png, &[128; 80 * 64 * 3], SIZE, ExtendedColorType::Rgb8);
    let result = load_bytes(&png_with_chunks(&png, &[(b"iCCP", b"name\0\0not packed data")]));
    assert!(matches!(result, Err(PhotoError::BadProfile { .. })), "{:?}", result.map(|p| p.color));
}

#[test]
fn what_the_file_clipped_is_void_after_conversion() {
    let mut gray: Vec<u8> = vec![128; SIZE.area()];
    gray[..8].copy_from_slice(&[0, 5, 6, 7, 249, 250, 251, 255]);
    let rgb: Vec<u8> = gray.iter().flat_map(|&v| [v, 128, 100]).collect();
    let linear = 100_000u32.to_be_bytes();
    let expected = [true, true, false, false, false, true, true, true];
    for (samples, color) in [(&gray, ExtendedColorType::L8), (&rgb, ExtendedColorType::Rgb8)] {
        let png = packed(ImageFormat::Png, samples, SIZE, color);
        let converted = load_bytes(&png_with_chunks(&png, &[(b"gAMA", &linear)])).unwrap();
        assert!(matches!(converted.color, ColorEncoding::Icc { .. }));
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(|i| converted.pixels.is_void(i)), expected);
        assert!(!(8..SIZE.area()).any(|i| converted.pixels.is_void(i)));
        let plain = load_bytes(&png).unwrap();
        assert!(!(0..SIZE.area()).any(|i| plain.pixels.is_void(i)), "unconverted values are judged later");
    }
}

#[test]
fn png_color_chunks_in_their_order_of_precedence() {
    let png = packed(ImageFormat::Png, &[128; 80 * 64 * 3], SIZE, ExtendedColorType::Rgb8);
    let gamma = |g: u32| g.to_be_bytes().to_vec();
    let chromaticities = |points: [u32; 8]| points.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<u8>>();
    let srgb_points = chromaticities([31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000]);
    let p3_points = chromaticities([31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000]);
    let color =
        |chunks: &[(&[u8; 4], &[u8])]| load_bytes(&png_with_chunks(&png, chunks)).map(|photo| photo.color);
    assert_eq!(color(&[(b"sRGB", &[0])]).unwrap(), ColorEncoding::Srgb);
    assert_eq!(color(&[(b"sRGB", &[0]), (b"gAMA", &gamma(100_000))]).unwrap(), ColorEncoding::Srgb);
    assert_eq!(
        color(&[(b"gAMA", &gamma(45_455)), (b"cHRM", &srgb_points)]).unwrap(),
        ColorEncoding::AssumedSrgb
    );
    assert_eq!(color(&[(b"cICP", &[1, 13, 0, 1])]).unwrap(), ColorEncoding::Srgb);
    for chunks in [
        &[(b"gAMA", &gamma(55_556)[..])][..],
        &[(b"gAMA", &gamma(45_455)), (b"cHRM", &p3_points)],
        &[(b"cICP", &[12, 13, 0, 1][..])],
    ] {
        assert!(matches!(color(chunks).unwrap(), ColorEncoding::Icc { .. }));
    }
    assert!(matches!(color(&[(b"cICP", &[9, 16, 0, 1])]), Err(PhotoError::BadProfile { .. })), "PQ");
    // Gray stays gray under P3 primaries, and Mac gamma lifts mid gray by the two curves' formulas.
    let linear = (128.0f64 / 255.0).powf(1.8);
    let expected = (1.055 * linear.powf(1.0 / 2.4) - 0.055) * 255.0;
    let mac = load_bytes(&png_with_chunks(&png, &[(b"gAMA", &gamma(55_556))])).unwrap();
    for found in rgb_fraction(&mac, 0) {
        assert!((f64::from(found) - expected).abs() < 0.1, "{found} {expected}");
    }
}

#[test]
fn cicp_display_p3_agrees_with_its_profile() {
    let pixel = [200u8, 140, 120];
    let samples: Vec<u8> = pixel.iter().copied().cycle().take(SIZE.area() * 3).collect();
    let png = packed(ImageFormat::Png, &samples, SIZE, ExtendedColorType::Rgb8);
    let photo = load_bytes(&png_with_chunks(&png, &[(b"cICP", &[12, 13, 0, 1])])).unwrap();
    // littlecms, from icc.json.
    for (found, expected) in rgb_fraction(&photo, 0).iter().zip([211.0, 137.0, 116.0]) {
        assert!((found - expected).abs() < 1.0, "{found} {expected}");
    }
}
